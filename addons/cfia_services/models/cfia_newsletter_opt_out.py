from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize


class CfiaNewsletterOptOut(models.Model):
    """An address that wants no newsletter (退订).

    It says nothing of other letters: what must reach all members, such as rounds of needs and letters on
    dues, does not ask it, and the general blocklist of mailings is left alone.
    """

    _name = 'cfia.newsletter.opt.out'
    _description = "Address without Newsletter"
    _rec_name = 'email'
    _order = 'id desc'

    email = fields.Char(string="E-mail", required=True)
    create_date = fields.Datetime(string="Since", readonly=True)
    source = fields.Selection(
        selection=[('link', "Link in the mail"), ('portal', "Portal"), ('staff', "Entered by staff")],
        string="Opted Out By", required=True, readonly=True, default='staff')
    note = fields.Char(string="Reason")

    _email_unique = models.UniqueIndex('(email)', "This address gets no newsletter already.")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Keep addresses as they are compared.

        :raise UserError: for what is no address
        """
        return super().create([{**vals, 'email': self._normalize(vals.get('email'))} for vals in vals_list])

    def write(self, vals):
        if 'email' in vals:
            vals = {**vals, 'email': self._normalize(vals['email'])}
        return super().write(vals)

    # === BUSINESS METHODS === #

    @api.model
    def _normalize(self, email):
        normalized = email_normalize(email or '')
        if not normalized:
            raise UserError(self.env._("“%(email)s” is no e-mail address.", email=email or ''))
        return normalized

    @api.model
    def _set(self, email, is_out, source):
        """Note that an address wants no newsletter, or wants it again. In superuser mode; repeating changes nothing.

        :param str email: the address
        :param bool is_out: whether it wants none
        :param str source: value of :attr:`source`
        """
        email = self._normalize(email)
        known = self.search([('email', '=', email)])
        if is_out and not known:
            self.create({'email': email, 'source': source})
        elif not is_out:
            known.unlink()

    @api.model
    def _is_out(self, email):
        """Return whether an address wants no newsletter."""
        return bool(self.search_count([('email', '=', email_normalize(email or ''))], limit=1))

    @api.model
    def _get_emails(self):
        """Return the addresses that want no newsletter.

        :rtype: set
        """
        return set(self.search([]).mapped('email'))
