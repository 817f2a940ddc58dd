from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .cfia_dues_line import BATCH_CONTEXT
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import is_unlocked, unlocked

# Why a unit owes nothing for a year: nothing finance could mend.
UNDUE_REASONS = ('not_yet_member', 'away', 'left', 'return_free')


class CfiaDuesLine(models.Model):
    """What happens to a bill that is wrong: the year is free again, or the bill is corrected in one step.

    A member has one line for a year, whatever became of its bills. A bill that another one replaced stays in the
    books; from that day on its items count for the line no more (``dues_superseded_from``).
    """

    _inherit = 'cfia.dues.line'

    is_free = fields.Boolean(
        string="To Bill Anew", compute='_compute_is_free',
        help="Its bill was cancelled or reversed, without a decision to waive it.")

    # === COMPUTE METHODS === #

    @api.depends('state', 'amount_paid', 'amount_credited', 'adjustment_ids.amount')
    def _compute_is_free(self):
        for line in self:
            line.is_free = line._is_free()

    def _is_free(self):
        """Tell whether the bill of this line was cancelled or reversed whole, so that the year can be billed anew."""
        self.ensure_one()
        if self.origin == 'opening':
            return False
        if self.state == 'cancelled':
            return not self.is_cancelled or not self.move_id
        # sudo: what was decided, whoever asks
        decided = sum(self.sudo().adjustment_ids.mapped('amount'))
        return (
            self.state == 'waived'
            and bool(self.move_id)
            and self.recognition == 'billing'
            and self.currency_id.compare_amounts(self.amount_credited, decided) > 0
        )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Name the line that is there, where somebody opens a second one for a year.

        :raise UserError: naming member, year and the way out
        """
        if not is_unlocked(self):
            for vals in vals_list:
                # sudo: a year has one line, whoever may read it
                twin = self.sudo().search([
                    ('partner_id', '=', vals.get('partner_id')), ('year', '=', vals.get('year')),
                    ('company_id', '=', vals.get('company_id') or self.env.company.id)], limit=1)
                if twin:
                    raise UserError(self.env._(
                        "%(line)s is there already. Open it: “Price and Bill” bills it, “Correct Bill” replaces its bill.",
                        line=twin.display_name))
        return super().create(vals_list)

    # === ACTION METHODS === #

    def action_correct(self):
        """Ask why the bills are wrong, and show what they become."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Correct Bill"),
            'res_model': 'cfia.dues.correction',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_line_ids': self.ids},
        }

    # === BUSINESS METHODS === #

    def _get_undue(self):
        """Return those of these lines for which their members owe nothing now, by the course of their membership."""
        undue = self.browse()
        for company, lines in self.grouped('company_id').items():
            _standards, _members, prices = lines._get_present_prices(company)
            undue += lines.filtered(lambda line, prices=prices: prices[line].reason in UNDUE_REASONS)
        return undue

    def _drop_undue(self):
        """Remove lines opened just now for years in which nothing is owed."""
        unlocked(self.filtered(
            lambda line: line.hold_reason in UNDUE_REASONS and not line._is_kept() and not line.item_ids)).unlink()

    def _release_free(self, day=None):
        """Free the lines whose bills were cancelled or reversed, where the year is owed.

        :param date day: from which day on the old bills count no more, default the association's day
        :return: the lines released
        """
        free = self.filtered(lambda line: line._is_free())
        if not free:
            return free
        free -= free._get_undue()
        # sudo: what reversed them is accounting's
        free.sudo()._unbill(self.env._("Billed anew"), day or association_today())
        for line in free:
            # sudo: who pays is no secret to those who bill
            unlocked(line).payer_id = line.partner_id.sudo().dues_payer_id.sudo(False) or line.partner_id
        return free

    def _unbill(self, reason, day):
        """Take these lines' bills back by credit notes and detach them: the lines are priced and billed anew.

        What paid or waived the old bills stays with them, so that every past day is told as it was. What the notes
        give back is the members' and pays the next bills.

        :param str reason: printed on the credit notes
        :param date day: from which day on the old bills count no more
        """
        for line in self:
            line._undo_grants(is_kept=True)
        for line in self.filtered(lambda line: line.recognition == 'receipt' and line.date_billed):
            line._enter_adjustment('corrected', day, amount_before=line.amount, date_billed_before=line.date_billed)
        self._credit_bills(reason, day)
        for line in self:
            items = line.item_ids.filtered(lambda item: not item.dues_superseded_from)
            unlocked(items.with_context(skip_invoice_sync=True)).write({'dues_superseded_from': day})
        unlocked(self).write({
            'move_id': False, 'date_billed': False, 'recognition': False, 'is_cancelled': False, 'rule_id': False,
            'hold_reason': False, 'hold_note': False,
        })

    def _settle_from_waivers(self):
        """Let waivers that were decided for earlier bills of these lines hold for their new ones."""
        # sudo: who bills need not read decisions
        decided = self.env['cfia.dues.adjustment'].sudo().search([
            ('dues_line_id', 'in', self.ids), ('kind', 'in', ('waiver', 'corrected')), ('move_id', '!=', False)], order='id')
        gone = decided.filtered(lambda entry: entry.kind == 'corrected').move_id
        for waiver in decided.filtered(lambda entry: entry.kind == 'waiver' and entry.move_id not in gone):
            line, note = waiver.dues_line_id, waiver.move_id
            items = line._get_open_receivables()
            if note.state != 'posted' or not items:
                continue
            credit = note.line_ids.filtered(lambda item: item.account_type == 'asset_receivable')
            if not credit.reconciled:
                unlocked(credit + items).reconcile()
            elif not credit.matched_debit_ids.debit_move_id & items:
                line._enter_adjustment('corrected', association_today(), amount=-waiver.amount, move_id=note.id)
                line._waive({line: min(waiver.amount, line.amount_residual)}, note.ref or '')

    def _correct(self, reason, payer=None):
        """Replace the bills of these lines: credit notes, present price and payer, new bills and notices.

        All or nothing. Money that had come follows to the new bills, waivers that were decided hold for them.

        :param str reason: printed on the credit notes and kept on the lines
        :param payer: whom to bill, default the registered payer of each member
        :return: the lines that have a bill again
        :raise UserError: for lines without a bill, and where the new one cannot be made
        """
        today = association_today()
        unbilled = self.filtered(lambda line: line.origin == 'opening' or not (line.move_id or line.date_billed))[:1]
        if unbilled:
            raise UserError(self.env._(
                "%(line)s has no bill that could be corrected.", line=unbilled.display_name))
        for line in self:
            if line.move_id.state == 'draft':
                raise UserError(self.env._(
                    "The bill of %(line)s is a draft: post or cancel it first.", line=line.display_name))
        replaced = self._get_issued_notices()
        old_bills = {line.id: line.move_id for line in self}
        # sudo: who corrects need not hold every right in accounting; the new bill is at the resolution's price
        lines_sudo = self.sudo().with_context(**BATCH_CONTEXT)
        lines_sudo._unbill(reason, today)
        for line in lines_sudo:
            unlocked(line).payer_id = payer or line.partner_id.dues_payer_id or line.partner_id
        lines_sudo._price()
        due = lines_sudo.filtered(lambda line: line.hold_reason not in UNDUE_REASONS)
        held = due.filtered('hold_reason')[:1]
        if held:
            reasons = dict(held._fields['hold_reason']._description_selection(self.env))
            raise UserError(self.env._(
                "%(line)s cannot be billed anew: %(reason)s.", line=held.display_name, reason=reasons[held.hold_reason]))
        due._hold_without_payer()
        if due.filtered('hold_reason'):
            raise UserError(self.env._(
                "%(payer)s is archived or no more. Register another payer first.", payer=due.filtered('hold_reason')[:1].payer_id.name))
        due._bill(today)
        for line in lines_sudo:
            line.message_post(body=self.env._(
                "Bill corrected: %(reason)s. %(old)s is replaced by %(new)s.", reason=reason,
                old=old_bills[line.id].name or self.env._("the old bill"),
                new=line.move_id.name or self.env._("no bill: nothing is owed for this year")))
        due.filtered(lambda line: line.amount_residual > 0)._issue_notices(replaced=replaced)
        return due.with_env(self.env)

    def _take_over(self, bill, invoice, day):
        """Let an invoice that was made in place of a bill carry these lines, at the price that is right now.

        :param bill: the bill, reversed by a credit note
        :param invoice: the draft made in its place
        :param date day: from which day on the bill counts no more
        """
        billed, copied = (
            move.invoice_line_ids.filtered(lambda item: item.display_type == 'product') for move in (bill, invoice))
        items = {
            old.dues_line_id: new for old, new in zip(billed, copied) if old.dues_line_id in self}
        self._unbill(self.env._("Replaced"), day)
        self._price()
        for line in self:
            unlocked(line).write({'move_id': invoice.id, 'recognition': 'billing', 'date_billed': day})
            item = items.get(line)
            if item:
                item.write({'dues_line_id': line.id, 'price_unit': line.amount})

    def _take_back_waivers(self):
        """Take back the credit notes of waivers whose bills are cancelled; the next bill gets new ones."""
        today = association_today()
        # sudo: who cancels a bill need not read decisions
        for waiver in self.sudo().adjustment_ids.filtered(lambda entry: entry.kind == 'waiver' and entry.move_id):
            note = waiver.move_id
            credit = note.line_ids.filtered(lambda item: item.account_type == 'asset_receivable')
            if note.state == 'posted' and not credit.reconciled:
                note._reverse_moves([{
                    'date': today, 'invoice_date': today,
                    'ref': self.env._("Bill cancelled: %(line)s", line=waiver.dues_line_id.display_name)}], cancel=True)

    def _credit_bills(self, reason, day):
        """Post one credit note for each bill over what is left of it for these lines, and settle both.

        :param str reason: printed on them
        :param date day: their day
        """
        items = self.item_ids._filtered_dues_receivables()
        credited = items._get_dues_credited()
        amounts = {item: item.balance - credited.get(item, (0.0, 0.0))[0] for item in items}
        amounts = {item: amount for item, amount in amounts.items() if item.company_currency_id.compare_amounts(amount, 0.0) > 0}
        vals_list = []
        for move, items in self.env['account.move.line'].union(*amounts).grouped('move_id').items():
            vals_list.append({
                'move_type': 'out_refund',
                'company_id': move.company_id.id,
                'journal_id': move.journal_id.id,
                'partner_id': move.partner_id.id,
                'currency_id': move.currency_id.id,
                'invoice_date': day,
                'date': day,
                'invoice_payment_term_id': False,
                'reversed_entry_id': move.id,
                'ref': reason,
                'invoice_line_ids': [
                    Command.create({
                        'name': f'{item.dues_line_id._get_label()} {reason}',
                        'account_id': item.company_id.cfia_dues_account_id.id,
                        'price_unit': amounts[item],
                        'tax_ids': [],
                        'dues_note_line_id': item.dues_line_id.id,
                    })
                    for item in items
                ],
            })
        if vals_list:
            notes = unlocked(self.env['account.move'].with_context(**BATCH_CONTEXT)).create(vals_list)
            notes._post(soft=False)

    def _get_issued_notices(self):
        """Return the numbers of the last notice of each line.

        :return: {line id: number of the letter}
        :rtype: dict
        """
        wanted = set(self.ids)
        # sudo: the register of letters
        notices = self.env['cfia.document'].sudo().search([
            ('kind', '=', 'dues_notice'), ('res_model', '=', self._name), ('partner_id', 'in', self.payer_id.ids),
        ], order='id')
        return {
            row['line_id']: notice.name
            for notice in notices for row in (notice.data or {}).get('lines', []) if row['line_id'] in wanted
        }
