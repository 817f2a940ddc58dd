from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.remark import find_member_numbers
from ..tools.similar import NameIndex
from .cfia_dues_line import OPEN_STATES
from odoo.addons.cfia_membership.tools.text import normalise_unit_name

# How many members are offered for one receipt.
SUGGESTION_LIMIT = 3


class AccountBankStatementLine(models.Model):
    """What may be meant by a receipt that says nothing certain. A person decides, by one click."""

    _inherit = 'account.bank.statement.line'

    dues_suggestion_ids = fields.Many2many(
        'res.partner', string="Suggested Members", compute='_compute_dues_suggestion_ids',
        help="Members that a receipt to claim may be of, the likeliest first. Nothing is posted by a suggestion.")
    dues_suggestion_id = fields.Many2one(
        'res.partner', string="Suggestion", compute='_compute_dues_suggestion_ids')
    dues_suggestion_note = fields.Char(string="Why", compute='_compute_dues_suggestion_ids')

    # === COMPUTE METHODS === #

    @api.depends('partner_name', 'payment_ref', 'amount', 'account_number', 'dues_match', 'is_reconciled')
    def _compute_dues_suggestion_ids(self):
        """Suggest by what the remark names, the account that paid before, and likeness of the name."""
        # those who keep the books of something else see the receipts without them
        readers = self if self.env['cfia.dues.line'].has_access('read') else self.browse()
        waiting = readers.filtered(
            lambda line: line.amount > 0 and not line.is_reconciled and line.dues_match != 'duplicate')
        suggestions = waiting._suggest_members() if waiting else {}
        nobody = self.env['res.partner']
        for line in self:
            found = suggestions.get(line, [])
            line.dues_suggestion_ids = nobody.union(*(member for member, _note in found))
            line.dues_suggestion_id = found[0][0] if found else nobody
            line.dues_suggestion_note = found[0][1] if found else False

    # === ACTION METHODS === #

    def action_claim_suggestion(self):
        """Settle each receipt for the member suggested first.

        :raise UserError: naming a receipt without a suggestion
        """
        bare = self.filtered(lambda line: not line.dues_suggestion_id)[:1]
        if bare:
            raise UserError(self.env._(
                "Nobody is suggested for “%(receipt)s”. Claim it for a member that you choose.",
                receipt=bare.payment_ref))
        for member, lines in self.grouped('dues_suggestion_id').items():
            lines._claim_dues(member)
        return True

    # === BUSINESS METHODS === #

    def _suggest_members(self):
        """Return whom each receipt may be of, at constant queries.

        :return: {line: [(member, why)]}, the likeliest first
        :rtype: dict
        """
        prefix, width = self.env['cfia.member.number']._get_format()
        numbers = {line: find_member_numbers(line.payment_ref, prefix, width) for line in self}
        by_number = self._get_members_by_number({value for found in numbers.values() for value in found})
        members = self.env['res.partner'].with_context(active_test=False).search_fetch(
            [('member_number', '!=', False)], ['name', 'former_name', 'member_number'], order='id')
        names = {(member.id, False): normalise_unit_name(member.name) for member in members}
        names |= {
            (member.id, True): normalise_unit_name(member.former_name) for member in members if member.former_name}
        index = NameIndex(names)
        by_account = self._get_members_by_account()
        open_amounts = self._get_open_amounts()
        result = {}
        for line in self:
            payer = normalise_unit_name(line.partner_name)
            remark = normalise_unit_name(line.payment_ref)
            found = {}
            for value in numbers[line]:
                if value in by_number:
                    found.setdefault(by_number[value].id, self.env._("Number in the remark"))
            for (member_id, is_former), _likeness in index.find(payer, limit=8):
                if names[member_id, is_former] == payer:
                    found.setdefault(member_id, self.env._("Name of the payer"))
            for (member_id, is_former), _likeness in index.find(remark, limit=8, least=0.2):
                if names[member_id, is_former] in remark:
                    found.setdefault(member_id, self.env._("Named in the remark"))
            for member in by_account.get(line.account_number, ()):
                found.setdefault(member.id, self.env._("Paid from this account before"))
            similar = [member_id for (member_id, _is_former), _likeness in index.find(payer, limit=8)]
            # among names equally like it, the one that owes this very amount
            for member_id in sorted(
                    similar, key=lambda member_id: line.amount not in open_amounts.get(member_id, ())):
                found.setdefault(member_id, self.env._("Similar name"))
            result[line] = [
                (self.env['res.partner'].browse(member_id).with_prefetch(members.ids), note)
                for member_id, note in list(found.items())[:SUGGESTION_LIMIT]
            ]
        return result

    def _get_members_by_account(self):
        """Return the members for whom money came from these payers' accounts before.

        :return: {account number: members}
        :rtype: dict
        """
        accounts = [number for number in set(self.mapped('account_number')) if number]
        if not accounts:
            return {}
        return {
            account: self.env['res.partner'].browse(partner_ids)
            for account, partner_ids in self.env['account.bank.statement.line']._read_group([
                ('account_number', 'in', accounts), ('dues_member_id.member_number', '!=', False),
                ('company_id', 'in', self.company_id.ids),
            ], ['account_number'], ['dues_member_id:array_agg_distinct'])
        }

    def _get_open_amounts(self):
        """Return the amounts that members owe: each line's, and each member's in all.

        :return: {member id: set of amounts}
        :rtype: dict
        """
        amounts = {}
        for partner, residuals in self.env['cfia.dues.line']._read_group([
            ('company_id', 'in', self.company_id.ids), ('state', 'in', OPEN_STATES),
        ], ['partner_id'], ['amount_residual:array_agg']):
            amounts[partner.id] = {*residuals, sum(residuals)}
        return amounts
