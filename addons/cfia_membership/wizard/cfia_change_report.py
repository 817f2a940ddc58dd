from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.cfia_membership.models.res_partner_guard import (
    CONTACT_CHANGE_FIELDS,
    UNIT_CHANGE_FIELDS,
)
from odoo.addons.cfia_membership.tools.change_value import read_value
from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaChangeReport(models.TransientModel):
    """A member's present data, to be overwritten with what changed (《会员信息变更表》)."""

    _name = 'cfia.change.report'
    _description = "Report a Change of Member Data"

    partner_id = fields.Many2one('res.partner', string="Unit", required=True, readonly=True)
    member_number = fields.Char(related='partner_id.member_number')

    # Unit
    name = fields.Char(string="Unit Name")
    name_en = fields.Char(string="English Name")
    uscc = fields.Char(string="USCC")
    enterprise_category_id = fields.Many2one('cfia.enterprise.category', string="Enterprise Category")
    enterprise_category_ids = fields.Many2many(
        'cfia.enterprise.category', 'cfia_change_report_category_rel', string="Secondary Categories")
    ownership_id = fields.Many2one('cfia.ownership', string="Ownership")
    enterprise_size = fields.Selection(
        selection=lambda self: self.env['res.partner']._fields['enterprise_size']._description_selection(self.env))
    date_founded = fields.Date(string="Founded On")
    registered_capital = fields.Float(string="Registered Capital (10,000 yuan)", digits=(16, 2))
    staff_count = fields.Integer()
    annual_revenue = fields.Float(string="Annual Revenue (10,000 yuan)", digits=(16, 2))
    main_products = fields.Text()
    state_id = fields.Many2one(
        'res.country.state', string="Province", domain=[('country_id.code', '=', 'CN')])
    city = fields.Char()
    street = fields.Char()
    street2 = fields.Char()
    zip = fields.Char()
    phone = fields.Char()
    email = fields.Char()
    website = fields.Char()
    contact_ids = fields.One2many('cfia.change.report.contact', 'report_id', string="Contact Persons")

    # Report
    reason = fields.Text()
    date_effective = fields.Date(string="Effective On", required=True, default=lambda self: association_today())
    attachment_ids = fields.Many2many('ir.attachment', string="Proof")

    @api.model
    def default_get(self, fields):
        """Show the present data of the unit, with what the user tried to write laid over it."""
        values = super().default_get(fields)
        partner = self.env['res.partner'].browse(
            values.get('partner_id') or self.env.context.get('active_id')).commercial_partner_id
        if not partner:
            return values
        changes = self.env.context.get('cfia_changes') or {}
        values['partner_id'] = partner.id
        values.update(self._read_partner(partner, UNIT_CHANGE_FIELDS, changes))
        values['contact_ids'] = [
            Command.create({
                **self._read_partner(contact, self.env['cfia.change.report.contact']._fields, changes),
                'contact_id': contact.id,
                'has_left': changes.get(str(contact.id), {}).get('active') is False,
            })
            for contact in partner.child_ids
        ] + [
            Command.create(self._to_commands(contact))
            for contact in self.env.context.get('cfia_new_contacts') or []
        ]
        return values

    @api.model
    def _read_partner(self, partner, names, changes):
        """Return the columns ``names`` of ``partner`` with its changes laid over them."""
        return self._to_commands({
            **{name: read_value(partner, name) for name in names
               if name in UNIT_CHANGE_FIELDS + CONTACT_CHANGE_FIELDS},
            **{name: value for name, value in changes.get(str(partner.id), {}).items() if name in names},
        })

    @api.model
    def _to_commands(self, values):
        return {
            name: [Command.set(value)] if isinstance(value, list) else value
            for name, value in values.items() if name != 'active'
        }

    def action_file(self):
        """File what differs as a change request, and show it.

        :raise UserError: when nothing differs
        """
        self.ensure_one()
        requests = self.env['cfia.change.request']._file([{
            'partner': self.partner_id,
            'changes': {
                self.partner_id: {name: self[name] for name in UNIT_CHANGE_FIELDS},
                **{line.contact_id: line._prepare_changes() for line in self.contact_ids if line.contact_id},
            },
            'new_contacts': [
                line._prepare_changes() for line in self.contact_ids if not line.contact_id],
            'reason': self.reason,
            'date_effective': self.date_effective,
            'attachment_ids': self.attachment_ids.ids,
        }])
        if not requests:
            raise UserError(self.env._("Nothing differs from the present data of %s.", self.partner_id.name))
        self._answer_survey(requests)
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'cfia.change.request',
            'view_mode': 'form',
            'res_id': requests.id,
        }

    def _answer_survey(self, request):
        """Note the change as the member's answer where it was entered from a data survey."""
        recipient = self.env['cfia.data.survey.recipient'].browse(
            self.env.context.get('cfia_survey_recipient_id')).exists()
        if recipient and recipient.partner_id == self.partner_id:
            recipient._enter_change(request)


class CfiaChangeReportContact(models.TransientModel):
    """A contact person of the unit on the report."""

    _name = 'cfia.change.report.contact'
    _description = "Contact Person on a Report"

    report_id = fields.Many2one('cfia.change.report', string="Change Report", required=True, ondelete='cascade')
    contact_id = fields.Many2one('res.partner', readonly=True)
    name = fields.Char(string="Name of Person", required=True)
    function = fields.Char(string="Job Position")
    mobile = fields.Char()
    phone = fields.Char()
    email = fields.Char()
    contact_role_ids = fields.Many2many(
        'cfia.contact.role', 'cfia_change_report_contact_role_rel', string="Contact Roles")
    has_left = fields.Boolean(string="Left")

    def _prepare_changes(self):
        """Return the person's columns as reported."""
        values = {
            name: self[name] for name in CONTACT_CHANGE_FIELDS
            if name in self._fields and name != 'active'
        }
        if self.has_left:
            return {'active': False}
        return values
