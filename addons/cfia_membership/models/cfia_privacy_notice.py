from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import is_unlocked, unlocked

CONTENT_FIELDS = {'version', 'body', 'state', 'date_released', 'released_by_id'}


class CfiaPrivacyNotice(models.Model):
    """A version of 《个人信息告知同意》, to which applicants agree online (PIPL 13, 14 and 17).

    Once released, its text is frozen: every consent names the version and the time.
    """

    _name = 'cfia.privacy.notice'
    _description = "Privacy Notice"
    _rec_name = 'version'
    _order = 'date_released desc, id desc'

    version = fields.Char(required=True, copy=False)
    body = fields.Html(string="Text", required=True, translate=True, sanitize_attributes=True)
    state = fields.Selection(
        selection=[('draft', "Draft"), ('released', "Released")],
        required=True, readonly=True, default='draft', copy=False)
    date_released = fields.Date(string="Released On", readonly=True, copy=False)
    released_by_id = fields.Many2one('res.users', string="Released By", readonly=True, copy=False)
    is_current = fields.Boolean(compute='_compute_is_current')

    _version_unique = models.UniqueIndex(
        '(version)', "There is this version already. Give the new one another number.")

    # === COMPUTE METHODS === #

    @api.depends('version')
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = self.env._("Privacy notice %(version)s", version=notice.version or '')

    @api.depends('state', 'date_released')
    def _compute_is_current(self):
        current = self._get_current()
        for notice in self:
            notice.is_current = notice._origin == current and bool(current)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Begin every version as a draft, whatever a client sends."""
        if not is_unlocked(self):
            vals_list = [
                {**vals, 'state': 'draft', 'date_released': False, 'released_by_id': False} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        """Keep released versions as they are.

        :raise UserError: naming the version
        """
        if not is_unlocked(self) and not CONTENT_FIELDS.isdisjoint(vals):
            released = self.filtered(lambda notice: notice.state == 'released')[:1]
            if released or {'state', 'date_released', 'released_by_id'} & set(vals):
                raise UserError(self.env._(
                    "%(notice)s stays as it was released. Make a new version.",
                    notice=(released or self[:1]).display_name))
        return super().write(vals)

    def update_field_translations(self, field_name, translations, source_lang=''):
        """Keep the translations of released versions, too."""
        released = self.filtered(lambda notice: notice.state == 'released')[:1]
        if released and not is_unlocked(self) and not self.env.su:
            raise UserError(self.env._(
                "%(notice)s stays as it was released. Make a new version.", notice=released.display_name))
        return super().update_field_translations(field_name, translations, source_lang=source_lang)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_released(self):
        released = self.filtered(lambda notice: notice.state == 'released')[:1]
        if released:
            raise UserError(self.env._(
                "%(notice)s was released: applicants agreed to it.", notice=released.display_name))

    # === ACTION METHODS === #

    def action_release(self):
        """Freeze the text; from now on applicants agree to this version."""
        self.check_access('write')
        unlocked(self.filtered(lambda notice: notice.state == 'draft')).write({
            'state': 'released',
            'date_released': association_today(),
            'released_by_id': self.env.uid,
        })
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _get_current(self):
        """Return the version to which applicants agree now, or an empty recordset."""
        return self.search([('state', '=', 'released')], order='date_released desc, id desc', limit=1)
