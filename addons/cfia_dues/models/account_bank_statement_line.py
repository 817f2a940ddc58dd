from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ..tools.remark import find_member_numbers, find_years
from .cfia_dues_line import OPEN_STATES
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.text import normalise_unit_name, to_half_width

_lt = LazyTranslate(__name__)

# Context of our own writes on entries that are posted already.
SETTLE_CONTEXT = {
    'dynamic_unlink': True,
    'force_delete': True,
    'skip_account_move_synchronization': True,
    'skip_invoice_sync': True,
    'skip_readonly_check': True,
    'tracking_disable': True,
}


class AccountBankStatementLine(models.Model):
    """Bank lines are matched to members by what is certain, never by what is similar (DOMAIN §1)."""

    _name = 'account.bank.statement.line'
    _inherit = ['cfia.guard.mixin', 'account.bank.statement.line']
    _guard_readonly = False
    _guarded_fields = ('dues_match', 'dues_member_id', 'dues_note', 'dues_alias_id', 'dues_return_id')
    _guard_texts = {
        'write': _lt("A receipt gets its member by matching or claiming it, which settles the dues as well."),
    }

    bank_reference = fields.Char(
        compute='_compute_bank_reference', store=True, readonly=False,
        help="The bank's own number of the transaction (流水号).")
    dues_match = fields.Selection(
        selection=[
            ('number', "Member number"),
            ('name', "Payer's name"),
            ('alias', "Registered payer"),
            ('manual', "Claimed by hand"),
            ('unidentified', "Unidentified"),
            ('duplicate', "Duplicate reference"),
            ('returned', "Returned by the bank"),
            ('refund', "Credit paid back"),
        ],
        string="Matched By",
        readonly=True,
        copy=False,
    )
    dues_member_id = fields.Many2one(
        'res.partner', string="Paid for Member", readonly=True, copy=False, index='btree_not_null')
    dues_note = fields.Char(string="Why Not", readonly=True, copy=False)
    dues_return_id = fields.Many2one(
        'account.bank.statement.line', string="Takes Back", readonly=True, copy=False, index='btree_not_null',
        help="The receipt that this outgoing transfer gives back.")
    dues_alias_id = fields.Many2one(
        'cfia.dues.payer.alias', string="Payer Remembered", readonly=True, copy=False, index='btree_not_null',
        help="Registered when this receipt was claimed; undoing the match forgets it.")

    # The lock against posting one receipt twice: duplicates may be listed, only one is settled.
    _dues_reference_unique = models.UniqueIndex(
        '(journal_id, bank_reference) WHERE dues_member_id IS NOT NULL AND bank_reference IS NOT NULL',
        "The receipt with this bank reference was matched already.",
    )
    _bank_reference_idx = models.Index(
        '(journal_id, bank_reference) WHERE bank_reference IS NOT NULL')

    # === COMPUTE METHODS === #

    @api.depends('move_id.ref')
    def _compute_bank_reference(self):
        """Take the reference that statement imports write, unless one was given."""
        for line in self:
            reference = to_half_width(line.bank_reference or line.ref or '')
            line.bank_reference = ''.join(reference.split()) or False

    # === CRUD METHODS === #

    def write(self, vals):
        """Forget the match where an edit makes accounting drop what the line had paid."""
        result = super().write(vals)
        if not self.env.context.get('skip_account_move_synchronization') and set(vals) & {
                'payment_ref', 'amount', 'amount_currency', 'foreign_currency_id', 'partner_id'}:
            self.filtered(lambda line: line.dues_member_id and not line.is_reconciled)._forget_dues_match()
        return result

    # === ACTION METHODS === #

    def action_match_dues(self):
        """Match receipts to members and settle their dues.

        Order: member number in the remark, exact payer name, former name, registered payer. Never a
        similar name. Lines settled already are left alone, so repeating is safe.

        :return: a client notification with the numbers of lines matched and not
        """
        waiting = self.filtered(
            lambda line: line.state == 'posted' and not line.is_reconciled
        ).sorted(lambda line: (line.date, line.id))
        lines = waiting.filtered(lambda line: line.amount > 0)
        for company_lines in lines.grouped('company_id').values():
            company_lines._match_dues()
        (waiting - lines)._match_returns()
        return (lines | waiting.filtered('dues_return_id'))._get_match_notification()

    def action_claim_dues(self):
        """Ask for the member that these receipts are of."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Claim Receipts"),
            'res_model': 'cfia.dues.claim',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_statement_line_ids': self.ids},
        }

    def action_unmatch_dues(self):
        """Undo the match: the dues are open again and the lines unidentified."""
        matched = self.filtered(lambda line: line.dues_member_id or line.dues_match in ('returned', 'refund'))
        # sudo: what one's own claim had registered
        aliases_sudo = matched.dues_alias_id.sudo()
        matched.action_undo_reconciliation()
        aliases_sudo.unlink()
        return True

    def action_undo_reconciliation(self):
        """Undo, and forget the member that was matched.

        Invoices that were posted over this money, where income is recognised at receipt, are cancelled: the income did
        not come. What other money paid of them is recognised anew.
        """
        # a receipt and the transfer that took it back are undone together
        returns = self.search([('dues_return_id', 'in', self.ids)]) | self.filtered('dues_return_id')
        twins = (returns | returns.dues_return_id) - self
        if twins:
            return (self | twins).action_undo_reconciliation()
        receivables = self.filtered('dues_member_id').line_ids.matched_debit_ids.debit_move_id.filtered(
            # sudo: how the income is recognised, whoever undoes
            lambda item: item.sudo().dues_line_id.recognition == 'receipt')
        result = super().action_undo_reconciliation()
        receivables.filtered(lambda item: not item.reconciled)._recognise_what_is_left()
        self.filtered('dues_match')._forget_dues_match()
        return result

    # === BUSINESS METHODS - MATCH === #

    def _match_dues(self):
        """Identify the members of receipts of one company and settle them."""
        duplicates = self._find_duplicates()
        duplicates._to_settle().write({
            'dues_match': 'duplicate',
            'dues_note': self.env._("The same bank reference stands on another line of this journal."),
        })
        answers = (self - duplicates)._identify_members()
        for line, (match, _member, note) in answers.items():
            line._to_settle().write({
                'dues_match': match,
                'dues_note': note,
            })
        self._settle_dues({line: member for line, (_match, member, _note) in answers.items() if member})

    def _claim_dues(self, member, portions=None):
        """Settle receipts for a member that a person identified.

        :param member: the member
        :param list portions: [(member, amount)] where one receipt pays for several
        :raise UserError: when a receipt is settled already, or repeats one that is
        """
        settled = self.filtered('is_reconciled')[:1]
        if settled:
            raise UserError(self.env._(
                "“%(receipt)s” is settled already. Undo its match first.", receipt=settled.payment_ref))
        duplicate = self._find_duplicates()[:1]
        if duplicate:
            raise UserError(self.env._(
                "Bank reference %(reference)s stands on another line already: this receipt would be posted twice.",
                reference=duplicate.bank_reference))
        self._to_settle().write({'dues_match': 'manual', 'dues_note': False})
        member = member._get_dues_heirs()[member]
        self._settle_dues(
            {line: member for line in self.sorted(lambda line: (line.date, line.id))},
            {line: portions for line in self} if portions else None)

    def _find_duplicates(self):
        """Return those of these lines whose bank reference another line of the journal holds first."""
        with_reference = self.filtered('bank_reference')
        if not with_reference:
            return self.browse()
        holders = {}
        twins = self.search([
            ('journal_id', 'in', with_reference.journal_id.ids),
            ('bank_reference', 'in', with_reference.mapped('bank_reference')),
            # money given back may quote the number under which it came
            ('amount', '>', 0),
        ])
        for line in twins.sorted(lambda line: (not line.dues_member_id, line.id)):
            holders.setdefault((line.journal_id, line.bank_reference), line)
        return with_reference.filtered(
            lambda line: holders[line.journal_id, line.bank_reference] != line)

    def _identify_members(self):
        """Say whose dues each line pays, in the order of certainty.

        :return: {line: (match, member, note)}; the member is empty where nothing is certain
        :rtype: dict
        """
        by_number = self._get_members_by_remark()
        keys = {line: normalise_unit_name(line.partner_name) for line in self}
        by_name, by_former_name = self._get_members_by_name({key for key in keys.values() if key})
        by_alias = self._get_members_by_alias({key for key in keys.values() if key})
        none = self.env['res.partner']
        found = {
            line: (
                by_number[line],
                by_name.get(keys[line], none),
                by_former_name.get(keys[line], none),
                by_alias.get(keys[line], none),
            )
            for line in self
        }
        answers = {line: self._choose_member(*members) for line, members in found.items()}
        doubtful = self.filtered(lambda line: answers[line][0] == 'unidentified')
        answers.update(doubtful._settle_doubts(found, keys))
        heirs = none.union(*(member for _match, member, _note in answers.values()))._get_dues_heirs()
        answers = {line: (match, heirs.get(member, member), note) for line, (match, member, note) in answers.items()}
        # the members are read together from here on
        members = none.union(*(member for _match, member, _note in answers.values()))
        return {
            line: (match, member.with_prefetch(members.ids), note)
            for line, (match, member, note) in answers.items()
        }

    @api.model
    def _choose_member(self, by_number, by_name, by_former_name, by_alias):
        """Choose the member of one line among those that number, name and alias point to.

        :return: (match, member, note)
        :rtype: tuple
        """
        nobody = self.env['res.partner']
        payer = by_name or by_former_name
        if len(by_number) > 1:
            return 'unidentified', nobody, self.env._(
                "The remark names several members: %(members)s.",
                members=", ".join(by_number.mapped('display_name')))
        if by_number and payer and by_number not in payer:
            return 'unidentified', nobody, self.env._(
                "The number in the remark belongs to %(member)s, the payer is %(payer)s.",
                member=by_number.display_name, payer=payer[:1].display_name)
        if by_number:
            return 'number', by_number, False
        if len(payer) > 1:
            return 'unidentified', nobody, self.env._(
                "Several members have the payer's name: %(members)s.",
                members=", ".join(payer.mapped('display_name')))
        if payer:
            return 'name', payer, False
        if by_alias:
            return 'alias', by_alias, False
        return 'unidentified', nobody, False

    def _get_members_by_remark(self):
        """Return the members whose numbers the remarks of these lines quote.

        :return: {line: members}
        :rtype: dict
        """
        prefix, width = self.env['cfia.member.number']._get_format()
        numbers = {line: find_member_numbers(line.payment_ref, prefix, width) for line in self}
        by_number = self._get_members_by_number({value for found in numbers.values() for value in found})
        return {
            line: self.env['res.partner'].union(*(by_number[value] for value in found if value in by_number))
            for line, found in numbers.items()
        }

    @api.model
    def _get_members_by_number(self, values):
        """Return the members that hold numbers.

        :param values: numbers without prefix
        :return: {value: member}
        """
        # sudo: the register is read by nobody directly
        register = self.env['cfia.member.number'].sudo()
        return {
            number.value: number.partner_id.sudo(False)
            for number in register.search([('value', 'in', list(values)), ('partner_id', '!=', False)])
        }

    @api.model
    def _get_members_by_name(self, keys):
        """Return the members whose present, or whose former, name has one of the keys.

        Names are compared after normalisation, which the database cannot do: all numbered units are
        read, at two queries whatever their number.

        :param keys: normalised names
        :return: two dicts {key: members}
        """
        Partner = self.env['res.partner']
        by_name = defaultdict(Partner.browse)
        by_former_name = defaultdict(Partner.browse)
        if not keys:
            return by_name, by_former_name
        members = Partner.with_context(active_test=False).search_fetch(
            [('member_number', '!=', False)], ['name', 'former_name'], order='id')
        for member in members:
            key = normalise_unit_name(member.name)
            if key in keys:
                by_name[key] += member
            former = normalise_unit_name(member.former_name)
            if former in keys:
                by_former_name[former] |= member
        # sudo: earlier names are in the ledger, which accountants need not read otherwise
        for event in self.env['cfia.member.event'].sudo().search_fetch(
                [('partner_id.member_event_ids.kind', '=', 'renamed')], ['partner_id', 'unit_name']):
            key = normalise_unit_name(event.unit_name)
            if key in keys and event.partner_id not in by_name[key]:
                by_former_name[key] |= event.partner_id.sudo(False)
        return by_name, by_former_name

    @api.model
    def _get_members_by_alias(self, keys):
        """Return the members for whom payers are registered.

        :param keys: normalised names
        :return: {key: member}
        """
        aliases = self.env['cfia.dues.payer.alias'].search([
            ('name_key', 'in', list(keys)), ('company_id', '=', self.env.company.id),
        ])
        return {alias.name_key: alias.partner_id for alias in aliases}

    # === BUSINESS METHODS - SETTLE === #

    def _settle_dues(self, member_by_line, portions=None):
        """Pay the members' dues from these lines: years named first, then the oldest.

        What is left stays open as the member's credit. One pass for all lines: entries are rewritten
        and reconciled in a batch.

        :param dict member_by_line: line → member, in the order in which they pay
        :param dict portions: line → [(member, amount)] of those that pay for several
        """
        lines = self.browse([line.id for line in member_by_line]).filtered(
            lambda line: line.currency_id == line.company_id.currency_id and not line.foreign_currency_id)
        for line in self.browse([line.id for line in member_by_line]) - lines:
            line._to_settle().write({
                'dues_match': 'unidentified',
                'dues_note': self.env._("Received in another currency: reconcile it by hand."),
            })
        if not lines:
            return
        shares = [
            (line, *share) for line, allocated in lines._allocate_dues(member_by_line, portions).items() for share in allocated]
        vals_list = [
            line._prepare_dues_counterpart_values(member, receivable, amount)
            for line, receivable, amount, member in shares
        ]
        self.env['res.partner'].union(*member_by_line.values()).fetch(['company_id'])
        moves = lines.move_id
        Item = self.env['account.move.line']
        # a fiscal position maps taxes, and dues bear none: do not look for one
        with (
            moves._check_balanced({'records': moves}),
            self.env.protecting([moves._fields['fiscal_position_id']], moves),
        ):
            for member, member_lines in lines.grouped(member_by_line.get).items():
                member_lines = member_lines._to_settle()
                member_lines.write({'partner_id': member.id, 'dues_member_id': member.id})
                member_lines.move_id.write({'partner_id': member.id})
            suspense = Item.union(*(line._seek_for_lines()[1] for line in lines))
            suspense.with_context(**SETTLE_CONTEXT).unlink()
            counterparts = Item.with_context(**SETTLE_CONTEXT).create(vals_list).with_env(self.env)
        receivables = [receivable for _line, receivable, _amount, _member in shares]
        # read together what accounting will read of each pair
        items = Item.union(counterparts, *receivables)
        items.mapped('matching_number')
        items.move_id.line_ids.mapped('tax_ids')
        Item._reconcile_plan([
            counterpart + receivable
            for counterpart, receivable in zip(counterparts, receivables) if receivable
        ])

    def _allocate_dues(self, member_by_line, portions=None):
        """Share out each line over what its member owes.

        :param dict member_by_line: line → member
        :param dict portions: line → [(member, amount)] of those that pay for several
        :return: {line: [(receivable or empty, amount, member)]}
        :rtype: dict
        """
        portions = {line: (portions or {}).get(line) or [(member_by_line[line], line.amount)] for line in self}
        prefix, width = self.env['cfia.member.number']._get_format()
        members = self.env['res.partner'].union(*(member for parts in portions.values() for member, _amount in parts))
        merged = self.env['cfia.dues.line']._get_merged_units(members)
        owed = self.env['cfia.dues.line'].search([
            ('company_id', '=', self.company_id.id),
            ('partner_id', 'in', [*members.ids, *merged]),
            ('state', 'in', OPEN_STATES),
        ], order='year, id').grouped(lambda dues: merged.get(dues.partner_id.id, dues.partner_id))
        nothing, no_dues = self.env['account.move.line'], self.env['cfia.dues.line']
        due = {
            (line, member): line._choose_dues(
                member, owed.get(member, no_dues),
                set(find_years(line.payment_ref, prefix, width, line.date.year)))
            for line in self for member, _amount in portions[line]
        }
        due.update({
            (line, member_by_line[line]): dues
            for line, dues in self._choose_dues_of_payers(member_by_line).items() if len(portions[line]) == 1})
        left = {}
        allocations = {}
        ahead = {
            (line, member): due[line, member]._grant_early_payment(amount, line.date)
            for line in self for member, amount in portions[line]}
        for line in self:
            shares = allocations[line] = []
            received = {}
            for member, amount in portions[line]:
                for dues in due[line, member]:
                    # what is recognised at receipt has no receivable before there is money for it
                    at_receipt = dues.recognition == 'receipt'
                    for owing in [dues] if at_receipt else dues._get_open_receivables():
                        open_amount = left.get(owing, owing.amount_residual)
                        share = min(amount, open_amount)
                        if line.currency_id.compare_amounts(share, 0.0) <= 0:
                            continue
                        if at_receipt:
                            received[dues] = share
                        else:
                            shares.append((owing, share, member))
                        left[owing] = line.currency_id.round(open_amount - share)
                        amount = line.currency_id.round(amount - share)
                for dues, share in ahead[line, member].items():
                    # the years to come are each member's own, whoever pays for them
                    share = min(share, amount)
                    if line.currency_id.compare_amounts(share, 0.0) > 0:
                        shares.append((nothing, share, dues.partner_id))
                    amount = line.currency_id.round(amount - share)
                if line.currency_id.compare_amounts(amount, 0.0) > 0:
                    shares.append((nothing, amount, member))
            if received:
                receivables = no_dues._recognise(received, line.date)
                shares += [(receivables[dues], share, dues.partner_id) for dues, share in received.items()]
        return allocations

    @api.model
    def _choose_dues(self, member, owed, years):
        """Return what a receipt pays of what its member owes, in the order in which it does.

        :param member: the member
        :param owed: the member's open dues lines
        :param set years: years that the remark names
        """
        return owed.sorted(lambda dues_line: (dues_line.year not in years, dues_line.year))

    def _prepare_dues_counterpart_values(self, member, receivable, amount):
        """Return the item that takes the place of the suspense line.

        :param member: whose dues are paid
        :param receivable: the item it pays, empty for a credit
        :param float amount: in the currency of the company
        """
        self.ensure_one()
        account = receivable.account_id or member.with_company(
            self.company_id).property_account_receivable_id
        return {
            'move_id': self.move_id.id,
            'name': self.payment_ref or self.env._("Membership dues"),
            'account_id': account.id,
            'partner_id': member.id,
            'currency_id': self.currency_id.id,
            'amount_currency': -amount,
            'balance': -amount,
            'dues_member_id': (receivable.dues_line_id.partner_id or member).id,
        }

    def _to_settle(self):
        """Return these lines with the right to write their match, past the checks on posted entries."""
        return unlocked(self.with_context(**SETTLE_CONTEXT))

    def _forget_dues_match(self):
        self._to_settle().write({
            'dues_match': False,
            'dues_member_id': False,
            'dues_note': False,
            'dues_alias_id': False,
            'dues_return_id': False,
        })

    def _get_match_notification(self):
        """Return a client notification that sums up the match of these lines."""
        matched = self.filtered(lambda line: line.dues_member_id or line.dues_match in ('returned', 'refund'))
        duplicates = self.filtered(lambda line: line.dues_match == 'duplicate')
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success' if matched else 'warning',
                'message': self.env._(
                    "%(matched)s receipts matched, %(unidentified)s unidentified, "
                    "%(duplicates)s duplicate bank references.",
                    matched=len(matched),
                    unidentified=len(self - matched - duplicates),
                    duplicates=len(duplicates),
                ),
                'next': {'type': 'ir.actions.client', 'tag': 'soft_reload'},
            },
        }
