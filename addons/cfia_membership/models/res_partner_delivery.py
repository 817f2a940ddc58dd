from odoo import api, fields, models

from odoo.addons.cfia_membership.models.cfia_document_delivery import UNDELIVERED
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.email import clean_email
from odoo.addons.cfia_membership.tools.task import assign

READERS = (
    'cfia_membership.group_cfia_organisation,cfia_membership.group_cfia_secretary_general,'
    'cfia_membership.group_cfia_accountant,cfia_membership.group_cfia_auditor')


class ResPartner(models.Model):
    """What did not reach a unit stands on the unit; its addresses are written as mail servers take them."""

    _inherit = 'res.partner'

    undelivered_letter_count = fields.Integer(
        string="Letters Not Delivered", compute='_compute_undelivered_letter_count', groups=READERS)

    # === COMPUTE METHODS === #

    def _compute_undelivered_letter_count(self):
        counts = dict(self.env['cfia.document']._read_group(
            [('partner_id', 'in', self.ids), ('delivery_state', 'in', UNDELIVERED)], ['partner_id'], ['__count']))
        for partner in self:
            partner.undelivered_letter_count = counts.get(partner, 0)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([
            {**vals, 'email': clean_email(vals['email'])} if vals.get('email') else vals for vals in vals_list])

    def write(self, vals):
        if vals.get('email'):
            vals = {**vals, 'email': clean_email(vals['email'])}
        return super().write(vals)

    # === ACTION METHODS === #

    def action_view_undelivered_letters(self):
        """Open the letters that did not reach this unit."""
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_document_action'),
            'domain': [('partner_id', 'in', self.ids)],
            'context': {'search_default_filter_undelivered': 1},
        }

    # === BUSINESS METHODS === #

    def _schedule_undelivered(self, letter, error=''):
        """Put a unit that something did not reach before the department, once until it is dealt with.

        :param str letter: what did not arrive
        :param str error: what the mail server or the post said
        """
        activity_type = self.env.ref('cfia_membership.mail_act_undelivered')
        # sudo: the task is the department's, whoever sent
        units_sudo = self.sudo().commercial_partner_id.filtered(
            lambda unit: activity_type not in unit.activity_ids.activity_type_id)
        assign(
            units_sudo, 'cfia_membership.mail_act_undelivered',
            self.env['cfia.department']._get_responsible_of('organisation'),
            summary=lambda user: self.with_context(lang=user._get_reader_lang()).env._(
                "Not delivered: %(letter)s", letter=letter),
            note=error or '', date_deadline=association_today())

    def _close_undelivered(self):
        """Mark as done what told of letters that did not arrive."""
        # sudo: as above
        self.sudo().commercial_partner_id.activity_feedback(['cfia_membership.mail_act_undelivered'])
