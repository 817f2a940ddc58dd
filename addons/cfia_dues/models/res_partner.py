from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import formatLang

from .account_bank_statement_line import SETTLE_CONTEXT
from .cfia_dues_line import OPEN_STATES
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.task import assign

DUES_READER_GROUPS = ','.join(
    f'cfia_membership.group_cfia_{role}'
    for role in ('organisation', 'secretary_general', 'leader', 'accountant', 'auditor')
)


class ResPartner(models.Model):
    _inherit = 'res.partner'

    dues_line_ids = fields.One2many(
        'cfia.dues.line', 'partner_id', string="Dues", groups=DUES_READER_GROUPS)
    dues_payer_id = fields.Many2one(
        'res.partner', string="Dues Paid By", groups=DUES_READER_GROUPS, copy=False, index='btree_not_null',
        help="A parent company or other unit to which invoices and notices of this member's dues go.")
    dues_paid_member_ids = fields.One2many(
        'res.partner', 'dues_payer_id', string="Pays Dues Of", groups=DUES_READER_GROUPS)
    dues_amount_open = fields.Monetary(
        string="Open Dues", compute='_compute_dues_amount_open', groups=DUES_READER_GROUPS)
    # sudo: a sum; whoever may read the dues may know it
    dues_amount_credit = fields.Monetary(
        string="Open Credit", compute='_compute_dues_amount_credit', compute_sudo=True, groups=DUES_READER_GROUPS)

    # === COMPUTE METHODS === #

    @api.depends('dues_line_ids.amount_residual')
    def _compute_dues_amount_open(self):
        amounts = dict(self.env['cfia.dues.line']._read_group(
            [('partner_id', 'in', self.ids)], ['partner_id'], ['amount_residual:sum']))
        for partner in self:
            partner.dues_amount_open = amounts.get(partner, 0.0)

    def _compute_dues_amount_credit(self):
        amounts = dict(self.env['account.move.line']._read_group(
            self._get_dues_credits_domain(), ['dues_member_id'], ['amount_residual:sum']))
        for partner in self:
            partner.dues_amount_credit = -amounts.get(partner, 0.0)

    # === CONSTRAINT METHODS === #

    @api.constrains('dues_payer_id')
    def _check_dues_payer(self):
        """Refuse payers that in the end pay for themselves, also by way of others."""
        # sudo: a circle is one whoever looks
        for partner in self.sudo().filtered('dues_payer_id'):
            seen, payer = partner, partner.dues_payer_id
            while payer and payer not in seen:
                seen, payer = seen | payer, payer.dues_payer_id
            if payer:
                raise ValidationError(self.env._(
                    "%(unit)s and %(payer)s would pay for one another. Leave the payer empty where a unit pays itself.",
                    unit=partner.display_name, payer=partner.dues_payer_id.display_name))

    # === CRUD METHODS === #

    def write(self, vals):
        """Tell finance of members whose payer is archived."""
        result = super().write(vals)
        if vals.get('active') is False:
            # sudo: whoever archives a contact need not read dues
            self.sudo()._report_payer_gone()
        return result

    # === ACTION METHODS === #

    def action_view_dues_lines(self):
        """Open the dues of these members."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_dues.cfia_dues_line_action')
        action['domain'] = [('partner_id', 'in', self.ids)]
        action['context'] = {'default_partner_id': self.id} if len(self) == 1 else {}
        return action

    def action_decide_dues_exit(self):
        """Ask what becomes of the money of a unit that left."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Decide on Money"),
            'res_model': 'cfia.dues.exit',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_partner_id': self.id},
        }

    # === BUSINESS METHODS - COURSE === #

    def _get_dues_credits_domain(self):
        """Return the domain of the items by which these units have money that pays nothing yet."""
        return [
            ('dues_member_id', 'in', self.ids), ('parent_state', '=', 'posted'), ('reconciled', '=', False),
            ('account_type', '=', 'asset_receivable'), ('amount_residual', '<', 0)]

    def _carry_dues_credit(self, successor):
        """Let another member have what these units have as credit; it pays what that one owes.

        Receipts over the money become a matter of finance: they name another unit.

        :param successor: a member
        """
        # sudo: finance decides, the entries follow from it
        credits = self.env['account.move.line'].sudo().with_context(**SETTLE_CONTEXT).search([
            *self._get_dues_credits_domain(), ('company_id', '=', self.env.company.id)])
        unlocked(credits.receipt_item_ids.receipt_id)._note_moved(credits)
        credits.write({'dues_member_id': successor.id})
        # what has paid a bill of the unit stays in its ledger
        credits.filtered(lambda item: not item.matched_debit_ids).write({'partner_id': successor.id})
        lines = self.env['cfia.dues.line'].sudo().search([
            ('partner_id', '=', successor.id), ('company_id', '=', self.env.company.id), ('state', 'in', OPEN_STATES)])
        lines._settle_from_credits()
        (self | successor).invalidate_recordset(['dues_amount_credit'])

    def _get_dues_owed(self, company):
        """Return what each of these members owes an association.

        :rtype: dict
        """
        owed = dict(self.env['cfia.dues.line']._read_group([
            ('partner_id', 'in', self.ids), ('company_id', '=', company.id), ('state', 'in', OPEN_STATES),
        ], ['partner_id'], ['amount_residual:sum']))
        return {member: owed.get(member, 0.0) for member in self}

    def _report_payer_gone(self):
        """Put before finance for whom these units pay, which are archived or left. In superuser mode."""
        for payer in self.filtered('dues_paid_member_ids'):
            members = payer.dues_paid_member_ids
            assign(members[:1], 'cfia_dues.mail_act_dues_exit', self.env.company._get_dues_user(), note=self.env._(
                "%(payer)s, which pays the dues of %(members)s, is archived or has left. Register another payer or none: "
                "their dues are held back until then.",
                payer=payer.display_name, members=", ".join(members.mapped('display_name'))))

    def _get_dues_heirs(self):
        """Return the unit that goes on for each of these units: itself, or the one it merged into at last.

        :rtype: dict
        """
        heirs = {}
        # sudo: who took over whom is no secret to who settles money
        for unit in self.sudo():
            heir, seen = unit, unit
            while heir.member_state == 'merged' and heir.merged_into_id and heir.merged_into_id not in seen:
                heir = heir.merged_into_id
                seen |= heir
            heirs[unit.sudo(False)] = heir.sudo(False)
        return heirs

    def _get_dues_exit_notes(self):
        """Return what money ties these units to the association, as sentences: what an exit has to settle.

        :return: {unit: sentences}
        :rtype: dict
        """
        # sudo: who records an exit sees what it leaves, whoever keeps the books
        units = self.sudo()
        lines = self.env['cfia.dues.line'].sudo().search([('partner_id', 'in', self.ids)], order='year')
        credits = dict(self.env['account.move.line'].sudo()._read_group(
            self._get_dues_credits_domain(), ['dues_member_id'], ['amount_residual:sum']))
        year = association_today().year
        notes = {}
        for unit in units:
            own = lines.filtered(lambda line, unit=unit: line.partner_id == unit)
            owed = own.filtered(lambda line: line.state in OPEN_STATES)
            ahead = own.filtered(lambda line: line.year > year and line.state == 'paid')
            agreed = own.filtered(lambda line: line.year > year and line.years > 1 and line.state == 'to_bill')
            credit = -credits.get(unit, 0.0)
            sentences = []
            if owed:
                sentences.append(self.env._(
                    "Open bills: %(amount)s for %(years)s.", amount=formatLang(self.env, sum(owed.mapped('amount_residual'))),
                    years="、".join(map(str, owed.mapped('year')))))
            if ahead or agreed:
                sentences.append(self.env._(
                    "Paid or agreed in advance: %(years)s.", years="、".join(map(str, sorted((ahead | agreed).mapped('year'))))))
            if credit:
                sentences.append(self.env._("Open credit: %(amount)s.", amount=formatLang(self.env, credit)))
            if unit.dues_paid_member_ids:
                sentences.append(self.env._(
                    "Pays the dues of: %(members)s.", members=", ".join(unit.dues_paid_member_ids.mapped('display_name'))))
            notes[unit.sudo(False).with_env(self.env)] = sentences
        return notes

    def _leave(self, state, date=None, note=None, survivor=None, **vals):
        """Settle what an exit means for dues: nothing is billed any more, finance decides on the money."""
        leaving = self.filtered(lambda unit: unit.member_state != state)
        notes = leaving._get_dues_exit_notes()
        result = super()._leave(state, date, note=note, survivor=survivor, **vals)
        # sudo: what an exit does to dues follows from it, whoever records it
        lines = self.env['cfia.dues.line'].sudo().search([
            ('partner_id', 'in', leaving.ids), ('state', '=', 'to_bill'), ('origin', '!=', 'opening')])
        if lines:
            lines._price()
            lines._drop_undue()
        # sudo: who pays for whom follows from the exit
        if survivor:
            paid = leaving.sudo().dues_paid_member_ids
            (paid - survivor).write({'dues_payer_id': survivor.id})
            (paid & survivor).write({'dues_payer_id': False})
        else:
            leaving.sudo()._report_payer_gone()
        ways = self.env._(
            "Ways: “Decide on Money” on the unit pays an open credit back, carries it over or leaves it; waive what is open "
            "by a decision; correct the bills of years that are not owed any more.")
        for unit, sentences in notes.items():
            if sentences:
                # sudo: finance gets the task, whoever records the exit
                assign(unit.sudo(), 'cfia_dues.mail_act_dues_exit', self.env.company._get_dues_user(),
                       note=" ".join((*sentences, ways)))
        return result

    def _rejoin(self, date=None, note=None, grade=None, **vals):
        """Bill the dues of units that come back by the resolution's rule, as of units that are admitted."""
        returning = self.filtered(lambda unit: unit.member_state != 'member')
        result = super()._rejoin(date, note=note, grade=grade, **vals)
        day, today = date or association_today(), association_today()
        # sudo: bills follow from the return, whoever records it
        Line = self.env['cfia.dues.line'].sudo()
        # entered late, the year of return is billed as well
        first = day.year if day.year >= today.year - 1 else today.year
        for year in range(first, today.year + 1):
            Line._admit(returning, max(day, day.replace(year=year, month=1, day=1)))
        return result
