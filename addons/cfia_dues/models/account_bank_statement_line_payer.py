from odoo import api, models

from ..tools.remark import find_years
from .cfia_dues_line import OPEN_STATES
from odoo.addons.cfia_membership.tools.text import normalise_unit_name


class AccountBankStatementLine(models.Model):
    """Money of a unit that pays the dues of others: what number and name leave open, its bill decides."""

    _inherit = 'account.bank.statement.line'

    # === BUSINESS METHODS === #

    def _settle_doubts(self, found, keys):
        """Decide receipts that number and name leave open, where the bill or the amount leaves no doubt.

        A number and the name of the unit that pays for this member are no contradiction. Several
        numbers, or the payer's name alone, are certain where the sum is the payer's bill to the cent.
        Of several members of one name, the only one that owes this very amount is meant.

        :param dict found: line → members by number, by name, by former name, by registered payer
        :param dict keys: line → normalised name of the payer
        :return: answers in place of the doubtful ones, as :meth:`_identify_members` gives them
        :rtype: dict
        """
        if not self:
            return {}
        payers_by_key = self._get_payers_by_name()
        nobody = self.env['res.partner']
        candidates = nobody.union(*(payers_by_key.get(keys[line], nobody) for line in self))
        dues_by_payer = self._get_open_dues_by_payer(candidates)
        open_amounts = {}
        answers = {}
        for line in self:
            numbered, by_name, by_former_name, _by_alias = found[line]
            payers = payers_by_key.get(keys[line], nobody)
            same_name = by_name or by_former_name
            if len(numbered) == 1:
                if numbered.dues_payer_id and numbered.dues_payer_id in payers:
                    answers[line] = 'number', numbered, False
            elif numbered:
                for payer in payers:
                    if line._choose_dues_of_payer(payer, dues_by_payer.get(payer), numbered):
                        answers[line] = 'number', payer, False
            elif len(same_name) > 1:
                open_amounts = open_amounts or self._get_open_amounts()
                owing = same_name.filtered(lambda member: line.amount in open_amounts.get(member.id, ()))
                if len(owing) == 1:
                    answers[line] = 'name', owing, False
            elif len(payers) == 1:
                answers[line] = line._identify_by_payer(payers, dues_by_payer.get(payers))
        return answers

    def _identify_by_payer(self, payer, dues):
        """Say whose dues a unit pays that is no member itself. One receipt.

        :param payer: the unit
        :param dues: open dues that it pays, or None
        :return: (match, member or payer, note)
        :rtype: tuple
        """
        members = payer.dues_paid_member_ids
        if len(members) == 1:
            return 'alias', members, False
        if self._choose_dues_of_payer(payer, dues):
            return 'alias', payer, False
        return 'unidentified', self.env['res.partner'], self.env._(
            "%(payer)s pays for %(count)s members, and the amount is none of its bills.",
            payer=payer.display_name, count=len(members))

    @api.model
    def _get_payers_by_name(self):
        """Return the units that pay for others.

        :return: {normalised name: units}
        :rtype: dict
        """
        # sudo: who pays for whom is no secret to those who match receipts
        payers = self.env['res.partner'].sudo().search_fetch(
            [('dues_paid_member_ids', '!=', False)], ['name'], order='id').sudo(False)
        return payers.grouped(lambda payer: normalise_unit_name(payer.name))

    def _get_open_dues_by_payer(self, payers):
        """Return the open dues of others and their own that units pay.

        :return: {payer: dues lines, the oldest first}
        :rtype: dict
        """
        return self.env['cfia.dues.line'].search([
            ('company_id', 'in', self.company_id.ids),
            ('payer_id', 'in', payers.ids),
            ('state', 'in', OPEN_STATES),
        ], order='year, id').grouped('payer_id') if payers else {}

    def _choose_dues_of_payer(self, payer, dues, members=None):
        """Return the dues that this receipt pays to the cent, none where it is no bill of the payer's.

        A bill is what is open of the years that the remark names, of all years, or of one year.

        :param payer: the unit that pays
        :param dues: its open dues lines, or None
        :param members: those whose dues are meant, default all
        """
        self.ensure_one()
        if not dues or dues.partner_id == payer:
            return self.env['cfia.dues.line']
        if members:
            dues = dues.filtered(lambda line: line.partner_id in members)
            if members - dues.partner_id:
                return self.env['cfia.dues.line']
        years = find_years(
            self.payment_ref, *self.env['cfia.member.number']._get_format(), self.date.year)
        bills = [dues.filtered(lambda line: line.year in years)] if years else [
            dues, *dues.grouped('year').values()]
        for bill in bills:
            discounts = bill._get_early_discounts(self.amount, self.date)
            ahead = [line for line, (_discount, rule) in discounts.items() if rule.kind == 'years_ahead']
            if ahead and len(ahead) < len(bill):
                # for whom would be anybody's guess
                continue
            total = sum(bill.mapped('amount_residual')) - sum(discount for discount, _rule in discounts.values())
            total += sum(bill._get_ahead_costs(discounts).values())
            if bill and self.currency_id.compare_amounts(total, self.amount) == 0:
                return bill
        return self.env['cfia.dues.line']

    def _choose_dues_of_payers(self, member_by_line):
        """Return what these receipts pay of what their payers' bills ask for others.

        :param dict member_by_line: line → member or payer
        :return: {line: dues lines}, only of those that pay for others
        :rtype: dict
        """
        payers = self.env['res.partner'].union(*member_by_line.values()).filtered('dues_paid_member_ids')
        dues_by_payer = self._get_open_dues_by_payer(payers)
        numbered = self._get_members_by_remark() if dues_by_payer else {}
        chosen = {}
        for line in self:
            payer = member_by_line[line]
            dues = dues_by_payer.get(payer)
            if not dues:
                continue
            # a number that names the payer alone is about its own dues
            bill = numbered[line] != payer and line._choose_dues_of_payer(payer, dues, numbered[line])
            if bill:
                chosen[line] = bill
            elif not payer.member_number:
                chosen[line] = dues
        return chosen
