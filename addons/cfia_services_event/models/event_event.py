import base64
import io

import xlsxwriter

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.dates import to_association_tz

# headings as the import of contact targets reads them
HEADINGS = ('单位名称', '联系人', '电话', '邮箱')


class EventEvent(models.Model):
    """An event of the association as an activity where members are won (articles 2.2, 3.6)."""

    _inherit = 'event.event'

    recruitment_activity_id = fields.Many2one(
        'cfia.recruitment.activity', readonly=True, copy=False, index='btree_not_null',
        ondelete='set null', groups='base.group_user')

    def action_collect_prospects(self):
        """Put those who registered and are no members before the organisation department, as a list of contact targets.

        Units that the association knows stand beside the row that names them; nothing is merged by
        itself. Who was collected before is left out.

        :raise UserError: for users outside the organisation department, or when there is nobody
        """
        self.ensure_one()
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department takes contact targets into the register."))
        # sudo: the organisation department collects from events that it does not organise
        event_sudo = self.sudo()
        registrations_sudo = event_sudo._get_prospect_registrations()
        if not registrations_sudo:
            raise UserError(self.env._(
                "“%(event)s” has no registrations of non-members to collect.", event=event_sudo.name))
        if not event_sudo.recruitment_activity_id:
            event_sudo.recruitment_activity_id = self.env['cfia.recruitment.activity'].create(
                event_sudo._prepare_activity_values())
        roster = self.env['cfia.prospect.import'].create({
            'file': self._write_list(registrations_sudo),
            'filename': f'{event_sudo.name}.xlsx',
            'source': 'activity',
            'activity_id': event_sudo.recruitment_activity_id.id,
        })
        registrations_sudo.prospect_import_id = roster
        roster.action_check()
        return {
            'type': 'ir.actions.act_window',
            'res_model': roster._name,
            'res_id': roster.id,
            'view_mode': 'form',
        }

    def _get_prospect_registrations(self):
        """Return the registrations of units that are no members and were not collected, in superuser mode."""
        return self.registration_ids.filtered(
            lambda registration: registration.state in ('open', 'done')
            and not registration.prospect_import_id
            and registration.partner_id.commercial_partner_id.member_state != 'member'
            and self._get_unit_name(registration))

    def _get_unit_name(self, registration):
        """Return the unit that somebody registered for, as written or as the customer is called."""
        unit = registration.partner_id.commercial_partner_id
        return registration.company_name or (unit.name if unit.is_company else '')

    def _prepare_activity_values(self):
        self.ensure_one()
        return {
            'name': self.name,
            'kind': 'own',
            'place': self.address_id.display_name or False,
            'date_from': to_association_tz(self.date_begin).date(),
            'date_to': to_association_tz(self.date_end).date(),
        }

    def _write_list(self, registrations):
        """Return the registrations as the list that the import reads, one row a unit and person.

        :rtype: bytes
        """
        output = io.BytesIO()
        with xlsxwriter.Workbook(output, {'in_memory': True}) as workbook:
            sheet = workbook.add_worksheet()
            for column, heading in enumerate(HEADINGS):
                sheet.write_string(0, column, heading)
            for row, registration in enumerate(registrations, 1):
                values = (
                    self._get_unit_name(registration), registration.name, registration.phone, registration.email)
                for column, value in enumerate(values):
                    # text only: nothing that somebody wrote is to be taken for a formula
                    sheet.write_string(row, column, value or '')
        return base64.b64encode(output.getvalue())
