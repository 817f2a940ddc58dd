from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked


class CfiaRepairMake(models.TransientModel):
    """The one way to change a number, an event or a filed paper; it is logged."""

    _name = 'cfia.repair.make'
    _description = "Repair a Number, Event or Paper"

    kind = fields.Selection(
        selection=[('number', "Member number"), ('event', "Event"), ('paper', "Paper in a file")],
        required=True, default='number')
    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True,
        domain="[('member_number', '!=', False), ('is_company', '=', True)]")
    present_number = fields.Char(related='partner_id.member_number', string="Present Number")
    value = fields.Integer(string="Right Number", help="Without prefix. The wrong one stays reserved.")
    event_id = fields.Many2one('cfia.member.event', domain="[('partner_id', '=', partner_id)]")
    date_effective = fields.Date(
        string="Right Date", compute='_compute_event_values', store=True, readonly=False)
    note = fields.Char(string="Right Note", compute='_compute_event_values', store=True, readonly=False)
    paper_id = fields.Many2one('cfia.member.file.paper', domain="[('partner_id', '=', partner_id)]")
    file_id = fields.Many2one('cfia.member.file', string="Belongs in the File")
    paper_name = fields.Char(
        string="Right Name", compute='_compute_paper_values', store=True, readonly=False)
    reason = fields.Text(required=True)

    @api.depends('event_id')
    def _compute_event_values(self):
        for repair in self:
            repair.date_effective = repair.event_id.date_effective
            repair.note = repair.event_id.note

    @api.depends('paper_id')
    def _compute_paper_values(self):
        for repair in self:
            repair.paper_name = repair.paper_id.name

    def action_repair(self):
        """Repair and log it, at once or not at all.

        :raise UserError: for others than the manager, or when the right value cannot be
        """
        self.ensure_one()
        if not self.env.user.has_group('cfia_membership.group_cfia_manager'):
            raise UserError(self.env._("Repairs belong to the manager."))
        if not (self.reason or '').strip():
            raise UserError(self.env._("Say why the repair is needed."))
        # sudo: the records repaired here are nobody's to write
        date_before = self.kind == 'event' and self.sudo().event_id.date_effective
        record, before, after = getattr(self.sudo(), f'_repair_{self.kind}')()
        self.env['cfia.repair'].sudo().create({
            'kind': self.kind,
            'partner_id': self.partner_id.id,
            'before': before,
            'date_before': date_before,
            'after': after,
            'reason': self.reason,
            'res_model': record._name,
            'res_id': record.id,
        })
        return {'type': 'ir.actions.act_window_close'}

    def _repair_number(self):
        """Give the unit the right number; the wrong one stays reserved and is never given again."""
        if self.value <= 0:
            raise UserError(self.env._("Enter the right number."))
        before = self.partner_id.member_number
        number = self.env['cfia.member.number']._repair(self.partner_id, self.value)
        return number, before, number.name

    def _repair_event(self):
        """Correct day or note of an event."""
        event = self.event_id
        if not event or event.partner_id != self.partner_id or not self.date_effective:
            raise UserError(self.env._("Choose an event of %(unit)s and its right date.", unit=self.partner_id.name))
        if self.date_effective > association_today():
            raise UserError(self.env._(
                "%(date)s lies in the future. Record it on that day.", date=self.date_effective))
        before = f"{event.date_effective} {event.note or ''}".strip()
        unlocked(event).write({'date_effective': self.date_effective, 'note': self.note})
        return event, before, f"{event.date_effective} {event.note or ''}".strip()

    def _repair_paper(self):
        """Move a misfiled paper to its file, or correct its name."""
        paper = self.paper_id
        if not paper or paper.partner_id != self.partner_id or not self.paper_name:
            raise UserError(self.env._("Choose a paper of %(unit)s and its right name.", unit=self.partner_id.name))
        before = f"{paper.file_id.name} {paper.name}"
        unlocked(paper).write({'file_id': (self.file_id or paper.file_id).id, 'name': self.paper_name})
        return paper, before, f"{paper.file_id.name} {paper.name}"
