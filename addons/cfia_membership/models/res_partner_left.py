from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.cfia_membership.models.cfia_personal_request import ERASED_FIELDS
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

BLANKED_FIELDS = ('phone', 'mobile', 'email')
# how long beforehand a person stands on the list of those to be blanked
ANNOUNCED = relativedelta(days=30)


class ResPartner(models.Model):
    """Persons who left their unit: telephone and e-mail are kept for a set period (article 1)."""

    _inherit = 'res.partner'

    date_contact_left = fields.Date(
        string="Left the Unit On", copy=False, index='btree_not_null',
        help="Set when a contact person is archived. Telephone and e-mail are blanked after the period set.")
    date_contact_blank = fields.Date(
        string="Blanked On", compute='_compute_date_contact_blank',
        help="Day from which the schedule blanks telephone and e-mail.")

    # === COMPUTE METHODS === #

    @api.depends('date_contact_left')
    def _compute_date_contact_blank(self):
        months = self._get_blank_months()
        for partner in self:
            left = partner.date_contact_left
            partner.date_contact_blank = left and months and left + relativedelta(months=months)

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if 'active' in vals and 'date_contact_left' not in vals:
            # archived with its unit, a person has not left it
            # persons of other apps' customers and suppliers are no matter of the association's
            persons = self.filtered(
                lambda partner: partner.parent_id and not partner.is_company
                and partner.commercial_partner_id.member_state)
            if vals['active']:
                persons = persons.filtered('date_contact_left')
            else:
                persons = persons.filtered(
                    lambda partner: not partner.date_contact_left and partner.parent_id not in self)
            if persons:
                persons.date_contact_left = not vals['active'] and association_today()
        return result

    # === ACTION METHODS === #

    @api.model
    def action_view_contacts_to_blank(self):
        """Open the dry run: the persons whose telephone and e-mail the schedule will blank."""
        action = self.env['ir.actions.act_window']._for_xml_id(
            'cfia_membership.res_partner_action_contact_to_blank')
        action['domain'] = list(self._get_blank_domain(association_today() + ANNOUNCED))
        return action

    # === BUSINESS METHODS === #

    @api.model
    def _get_blank_months(self):
        """Return how many months contact data are kept after a person left, 0 for ever."""
        # sudo: the period is a setting
        return self.env.company.sudo().cfia_contact_blank_months

    @api.model
    def _get_blank_domain(self, day):
        """Return the domain of the persons whose data are to be blanked on ``day``."""
        months = self._get_blank_months()
        if not months:
            return Domain.FALSE
        return (
            Domain('active', '=', False)
            & Domain('is_company', '=', False)
            & Domain('commercial_partner_id.member_state', '!=', False)
            & Domain('date_contact_left', '<=', day - relativedelta(months=months))
            & Domain.OR(Domain(name, '!=', False) for name in BLANKED_FIELDS)
        )

    def _blank_contact_data(self):
        """Blank telephone and e-mail of these persons, in the history of their records, too."""
        # sudo: the schedule blanks members' data, which are guarded
        unlocked(self.sudo()).with_context(tracking_disable=True).write(dict.fromkeys(BLANKED_FIELDS, False))
        # sudo: old values stand in the tracking of the chatter
        self.env['mail.tracking.value'].sudo().search([
            ('field_id.model', '=', 'res.partner'),
            ('field_id.name', 'in', BLANKED_FIELDS),
            ('mail_message_id.model', '=', 'res.partner'),
            ('mail_message_id.res_id', 'in', self.ids),
        ]).unlink()
        self._message_log_batch(bodies=dict.fromkeys(self.ids, self.env._(
            "Telephone and e-mail were blanked: the period after leaving the unit is over.")))

    def _erase_person(self):
        """Blank all that is known of persons who ask for it, save for the name on record."""
        # sudo: members' data are guarded; the request checks the role
        unlocked(self.sudo()).with_context(tracking_disable=True).write(dict.fromkeys(ERASED_FIELDS, False))
        self._blank_contact_data()

    # === CRON METHODS === #

    @api.model
    def _cron_blank_contacts(self):
        """Blank the contact data of persons who left longer ago than the period set."""
        # the schedule has no language: notes are in the association's
        Partner = self.with_context(active_test=False, lang=self.env.company._get_association_lang())
        persons = Partner.search(self._get_blank_domain(association_today()), limit=1000)
        Cron = self.env['ir.cron']
        Cron._commit_progress(remaining=len(persons))
        while persons:
            batch, persons = persons[:100], persons[100:]
            batch._blank_contact_data()
            if not Cron._commit_progress(len(batch)):
                break
