from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import formatLang

from odoo.addons.cfia_membership.models.res_partner import EXIT_STATES
from odoo.addons.cfia_membership.tools.task import assign

ACCOUNTANT = 'cfia_membership.group_cfia_accountant'


class CfiaDuesExit(models.TransientModel):
    """Decide on the money of a unit that left: pay it back, carry it over, or leave it."""

    _name = 'cfia.dues.exit'
    _description = "Decide on the Money of a Unit That Left"

    partner_id = fields.Many2one('res.partner', string="Unit", required=True, readonly=True)
    currency_id = fields.Many2one('res.currency', default=lambda self: self.env.company.currency_id)
    amount_credit = fields.Monetary(string="Credit to Decide On", compute='_compute_money')
    note = fields.Text(string="What There Is", compute='_compute_money')
    way = fields.Selection(
        selection=[
            ('refund', "Pay back"),
            ('carry', "Carry over to the unit that goes on"),
            ('leave', "Leave as it is"),
        ],
        string="What Is Done", compute='_compute_way', store=True, readonly=False, precompute=True, required=True)
    successor_id = fields.Many2one(
        'res.partner', string="Unit That Goes On", compute='_compute_way', store=True, readonly=False, precompute=True,
        domain="[('member_state', '=', 'member'), ('id', '!=', partner_id)]")
    reason = fields.Char(required=True, help="Kept with the decision on the unit.")

    # === COMPUTE METHODS === #

    @api.depends('partner_id')
    def _compute_money(self):
        notes = self.partner_id._get_dues_exit_notes()
        for decision in self:
            decision.amount_credit = decision.partner_id.dues_amount_credit
            decision.note = "\n".join(notes.get(decision.partner_id._origin, [])) or False

    @api.depends('partner_id')
    def _compute_way(self):
        """Propose the unit that it merged into, else to pay back what there is."""
        heirs = self.partner_id._get_dues_heirs()
        for decision in self:
            heir = heirs.get(decision.partner_id, decision.partner_id)
            decision.successor_id = heir if heir != decision.partner_id and heir.member_state == 'member' else False
            decision.way = 'carry' if decision.successor_id else 'refund' if decision.partner_id.dues_amount_credit else 'leave'

    # === ACTION METHODS === #

    def action_decide(self):
        """Do what was decided, put it on record and end the task.

        :raise AccessError: for others than finance
        :raise UserError: for a member, where there is no money, or without a member that takes it
        """
        self.ensure_one()
        if not self.env.user.has_group(ACCOUNTANT):
            raise AccessError(self.env._("Finance decides on the money of units that left."))
        unit = self.partner_id
        if unit.member_state not in EXIT_STATES:
            raise UserError(self.env._("%(unit)s has not left: its money pays its own dues.", unit=unit.display_name))
        if self.way != 'leave' and self.currency_id.is_zero(self.amount_credit):
            raise UserError(self.env._("%(unit)s has no open credit.", unit=unit.display_name))
        if self.way == 'carry' and (self.successor_id.member_state != 'member' or self.successor_id == unit):
            raise UserError(self.env._("Choose a member as the unit that goes on."))
        amount = formatLang(self.env, self.amount_credit, currency_obj=self.currency_id)
        text = self._get_decision_text(amount)
        if self.way == 'carry':
            unit._carry_dues_credit(self.successor_id)
        # sudo: the decision is kept with the units, whoever may write to contacts
        for record in (unit | self.successor_id if self.way == 'carry' else unit).sudo():
            record.message_post(body=text, author_id=self.env.user.partner_id.id)
        unit_sudo = unit.sudo()  # sudo: the task on the unit ends with the decision, whosever it is
        unit_sudo.activity_feedback(['cfia_dues.mail_act_dues_exit'], feedback=self.reason)
        if self.way == 'refund':
            # ends by itself once the outgoing transfer is matched
            assign(unit_sudo, 'cfia_dues.mail_act_dues_exit', self.env.user, note=self.env._(
                "Pay back %(amount)s and match the outgoing transfer. %(reason)s", amount=amount, reason=self.reason))
        return {'type': 'ir.actions.act_window_close'}

    def _get_decision_text(self, amount):
        """Return the decision as a sentence.

        :param str amount: what is in credit, as people read it
        """
        if self.way == 'refund':
            return self.env._(
                "The credit of %(unit)s, %(amount)s, is paid back: %(reason)s",
                unit=self.partner_id.display_name, amount=amount, reason=self.reason)
        if self.way == 'carry':
            return self.env._(
                "The credit of %(unit)s, %(amount)s, is carried over to %(successor)s: %(reason)s",
                unit=self.partner_id.display_name, amount=amount, successor=self.successor_id.display_name,
                reason=self.reason)
        return self.env._(
            "The money of %(unit)s is left as it is: %(reason)s", unit=self.partner_id.display_name, reason=self.reason)
