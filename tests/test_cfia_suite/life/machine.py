"""Does what staff and banks do, in any order and on any day, and compares with the oracle after each step."""
import random
from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tests import new_test_user

from .oracle import Association
from odoo.addons.cfia_membership.tools.guard import unlocked

FIRST_DAY = date(2027, 2, 1)
LONGEST_PAUSE = 45
MEMBERS = 4
#: One life in so many books its income when it is received.
LIVES_AT_RECEIPT = 4
#: Causes of differences between accounting, lines, bank and receipts that are no more than work to be done.
WORK = {'bank_open', 'bank_duplicate', 'receipt_missing', 'receipt_requested'}
#: What accounting may refuse for reasons of its own.
REFUSABLE = ('do_reverse', 'do_waive', 'do_close_period')


def plant(env):
    """Give the association accounting, a resolution and a bank journal of its own."""
    company = env.company
    if not company.chart_template:
        env['account.chart.template'].try_loading('generic_coa', company, install_demo=False)
    company._set_up_dues_accounting()
    grades = {name: env.ref(f'cfia_membership.cfia_grade_{name}') for name in ('member', 'director')}
    congress = env['cfia.congress'].search([], limit=1) or env['cfia.congress'].create({
        'name': "第七届", 'number': 7, 'date_start': '2022-01-01', 'date_end': '2032-12-31'})
    unlocked(env['cfia.dues.standard'].search([])).write({'state': 'draft'})
    env['cfia.dues.standard'].create({
        'name': "演示决议", 'congress_id': congress.id, 'date': '2019-11-20', 'entitled_count': 120, 'present_count': 90,
        'vote_count': 80, 'year_from': 2020,
        'line_ids': [
            Command.create({'grade_id': grades['member'].id, 'amount': 2000}),
            Command.create({'grade_id': grades['director'].id, 'amount': 5000})],
        'rule_ids': [Command.create({
            'sequence': 1, 'name': "下半年入会减半", 'kind': 'second_half', 'clause': "第四条", 'percent': 50, 'month_from': 7})],
    }).action_put_in_force()
    return grades


class Life:
    """One random life of a few members.

    :param env: environment of a database that was planted
    :param grades: grades by their names in the oracle
    :param int seed: the same seed lives the same life
    """

    def __init__(self, env, grades, seed):
        self.env = env
        self.grades = grades
        self.random = random.Random(seed)
        self.rules = Association()
        self.day = FIRST_DAY
        self.units = {}
        self.transfers = {}
        self.past = {}
        self.log = []
        self.refused = 0
        self.count = 0
        self.closed = None
        # the day of the entry that an act is about to change
        self.touched = None
        self.is_at_receipt = seed % LIVES_AT_RECEIPT == 0
        env.company.cfia_dues_recognition = 'receipt' if self.is_at_receipt else 'billing'
        self.journal = env['account.journal'].search([
            ('type', '=', 'bank'), ('company_id', '=', env.company.id)], limit=1)

    # === What is done === #

    def live(self, steps):
        """Live so many steps.

        :return: what differed, an empty list where nothing did
        """
        with freeze_time(f'{self.day} 02:00:00'):
            self._admit()
        for _step in range(steps):
            self.day += timedelta(days=self.random.choice((0, 0, 0, 1, self.random.randrange(LONGEST_PAUSE))))
            with freeze_time(f'{self.day} 02:00:00'):
                self._act()
                differences = self._compare()
            if differences:
                return differences
        return []

    def _act(self):
        acts = [name for name in dir(self) if name.startswith('do_')]
        weights = [getattr(getattr(self, name), 'weight', 2) for name in acts]
        act = self.random.choices(acts, weights)[0]
        self.touched = None
        try:
            with self.env.cr.savepoint():
                done = getattr(self, act)()
                self.env.flush_all()
        except (UserError, RedirectWarning) as error:
            self.refused += 1
            self.env.invalidate_all(flush=False)
            done = f'refused: {str(error)[:120]}'
            if act not in REFUSABLE and not self._is_closed(self.touched):
                self.log.append(f'{self.day} {act} {done}')
                raise AssertionError('\n'.join(self.log)) from error
        if done:
            self.log.append(f'{self.day} {act[3:]} {done}')

    def _is_closed(self, day):
        """Tell whether accounting has closed the period of a day: what stands there is refused to be changed."""
        return bool(self.closed and day and day <= self.closed)

    def _admit(self):
        Partner = self.env['res.partner']
        for index in range(MEMBERS):
            name = f'演示人生{index}有限公司'
            joined = date(2026, 9, 1) if index == 3 else date(2018 + index, 3, 1)
            unit = Partner.create({
                'name': name, 'is_company': True, 'street': "演示路1号", 'email': f'life{index}@member.example', 'lang': 'zh_CN'})
            Partner._enter_members([{
                'partner_id': unit.id, 'number': 90_000 + index, 'date_joined': joined, 'grade_id': self.grades['member'].id}])
            self.units[name] = unit
            self.rules.admit(name, joined)
        self.group = Partner.create({'name': "演示人生集团", 'is_company': True, 'street': "演示路2号"})
        [first] = list(self.units.values())[:1]
        self.portal = new_test_user(
            self.env, 'life_portal', groups='base.group_portal', email='life_portal@member.example', context={'no_reset_password': True})
        self.portal.partner_id.write({
            'parent_id': first.id, 'contact_role_ids': [Command.set(self.env['cfia.contact.role'].search([]).ids)]})
        self.portal_unit = first

    def _pick(self, condition=lambda member: True):
        found = [member for member in self.rules.members.values() if condition(member)]
        return self.random.choice(found).name if found else None

    def _pick_booked(self, condition=lambda entry: True):
        """Pick a bill that is an invoice: where income is booked at receipt, entries stand over money alone."""
        return (None, None) if self.is_at_receipt else self._pick_bill(condition)

    def _pick_bill(self, condition=lambda entry: True):
        found = [
            (member.name, year) for member in self.rules.members.values()
            for year, entry in member.years.items() if entry.is_open and condition(entry)]
        return self.random.choice(found) if found else (None, None)

    def _line(self, name, year):
        return self.units[name].dues_line_ids.filtered(lambda line: line.year == year)

    def _forget_past(self):
        """What is undone was never there: past days are told anew."""
        self.past.clear()

    def do_bill(self):
        name, year = self._pick(), self.day.year + self.random.choice((0, 0, 1))
        line = self._line(name, year)
        if not line:
            line = self.env['cfia.dues.line'].create({'partner_id': self.units[name].id, 'year': year})
        line.action_bill()
        self.rules.bill(name, year)
        return f'{name} {year}'
    do_bill.weight = 6

    def do_run(self):
        year = self.day.year + self.random.choice((0, 0, 1))
        names = [name for name in self.units if self.random.random() < 0.7] or list(self.units)
        run = self.env['cfia.dues.run'].create({
            'year': year, 'scope': 'selected', 'with_notices': False,
            'partner_ids': [Command.set([self.units[name].id for name in names])]})
        run.action_start()
        half = run.member_ids[:len(run.member_ids) // 2]
        run._bill_members(half)
        if self.random.random() < 0.3:
            run.action_pause()
            run.action_resume()
        run._bill_members(run.member_ids - half)
        if self.random.random() < 0.3:
            run.action_retry()
            run._bill_members(run.member_ids.filtered(lambda member: member.state == 'pending'))
        unlocked(run).write({'state': 'done'})
        for name in names:
            self.rules.bill(name, year)
        return f'{year} {names}'

    def do_pay(self):
        name = self._pick()
        years = list(self.rules.members[name].years) or [self.day.year]
        year = self.random.choice((None, self.random.choice(years)))
        amount = self.random.choice((2000, 2000, 500, 1500, 2500, 5000, 4000, 7000))
        self.count += 1
        number = f'L{self.count}'
        receipt = self.env['account.bank.statement.line'].create({
            'journal_id': self.journal.id, 'date': self.day, 'amount': amount, 'ref': number, 'partner_name': "某付款人",
            'payment_ref': f'{year or ""}会费 {self.units[name].member_number}'})
        receipt.action_match_dues()
        self.transfers[number] = receipt
        self.rules.pay(name, number, amount, year)
        return f'{number} {name} {amount} {year or ""}'
    do_pay.weight = 8

    def do_import_twice(self):
        if not self.transfers:
            return None
        number = self.random.choice(list(self.transfers))
        old = self.transfers[number]
        again = self.env['account.bank.statement.line'].create({
            'journal_id': self.journal.id, 'date': self.day, 'amount': old.amount, 'ref': number,
            'partner_name': old.partner_name, 'payment_ref': old.payment_ref})
        again.action_match_dues()
        assert again.dues_match == 'duplicate', again.dues_match
        again.unlink()
        return number
    do_import_twice.weight = 1

    def do_undo(self):
        if not self.transfers:
            return None
        number = self.random.choice(list(self.transfers))
        receipt = self.transfers[number]
        self.touched = receipt.date
        # by the button of dues or by that of accounting
        self.random.choice((receipt.action_unmatch_dues, receipt.action_undo_reconciliation))()
        if self.random.random() < 0.5:
            receipt.unlink()
        else:
            receipt.ref = False
            receipt.bank_reference = False
        del self.transfers[number]
        self.rules.undo(number)
        self._forget_past()
        return number

    def do_bounce(self):
        if not self.transfers:
            return None
        number = self.random.choice(list(self.transfers))
        receipt = self.transfers[number]
        self.touched = receipt.date
        back = self.env['account.bank.statement.line'].create({
            'journal_id': self.journal.id, 'date': self.day, 'amount': -receipt.amount, 'ref': number,
            'partner_name': receipt.partner_name, 'payment_ref': f'退汇 {number}'})
        back.action_match_dues()
        assert back.dues_match == 'returned', back.dues_match
        del self.transfers[number]
        self.rules.undo(number)
        self._forget_past()
        return number

    def do_cancel(self):
        name, year = self._pick_booked()
        if not name:
            return None
        bill = self._line(name, year).move_id
        if len(bill.dues_line_ids) != 1:
            return None
        self.touched = bill.date
        bill.button_draft()
        bill.button_cancel()
        self.rules.cancel(name, year)
        self._forget_past()
        return f'{name} {year}'

    def do_reverse(self):
        name, year = self._pick_booked()
        if not name:
            return None
        line = self._line(name, year)
        bill = line.move_id
        if not bill:
            return None
        note = bill._reverse_moves([{'date': self.day, 'invoice_date': self.day}])
        if len(bill.dues_line_ids) > 1:
            note.invoice_line_ids.filtered(lambda item: item.dues_note_line_id != line).unlink()
        note.action_post()
        self.rules.reverse(name, year)
        return f'{name} {year}'

    def do_reverse_and_create(self):
        name, year = self._pick_booked(lambda entry: not entry.waived)
        if not name:
            return None
        bill = self._line(name, year).move_id
        price = self.rules.get_price(name, year)
        if len(bill.dues_line_ids) != 1 or price is None:
            return None
        wizard = self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=bill.ids,
        ).create({'journal_id': bill.journal_id.id, 'reason': "演示", 'date': self.day})
        wizard.modify_moves()
        wizard.new_move_ids.invoice_date = self.day
        wizard.new_move_ids.action_post()
        payer = self.rules.members[name].years[year].payer
        self.rules.correct(name, year)
        # made of the old one, the new invoice is to the same payer
        self.rules.members[name].years[year].payer = payer
        self._forget_past()
        return f'{name} {year}'
    do_reverse_and_create.weight = 1

    def do_correct(self):
        name, year = self._pick_bill()
        if not name:
            return None
        self._line(name, year)._correct("演示")
        self.rules.correct(name, year)
        return f'{name} {year}'
    do_correct.weight = 4

    def do_waive(self):
        name, year = self._pick_bill(lambda entry: entry.owed > 0)
        if not name:
            return None
        amount = min(self.random.choice((300, 800, 10_000)), self.rules.members[name].years[year].owed)
        line = self._line(name, year)
        line._waive({line: amount}, "演示决定")
        self.rules.waive(name, year, amount)
        return f'{name} {year} {amount}'

    def do_defer(self):
        name, year = self._pick_bill(lambda entry: entry.owed > 0)
        if not name:
            return None
        self._line(name, year)._defer(self.day + timedelta(days=100))
        return f'{name} {year}'
    do_defer.weight = 1

    def do_leave(self):
        name = self._pick(lambda member: member.state == 'member')
        if not name:
            return None
        state = self.random.choice(('withdrawn', 'expelled'))
        self.units[name]._leave(state, self.day)
        self.rules.leave(name, self.day, state)
        return f'{name} {state}'

    def do_merge(self):
        name = self._pick(lambda member: member.state == 'member')
        heir = self._pick(lambda member: member.state == 'member' and member.name != name)
        if not name or not heir:
            return None
        self.units[name]._leave('merged', self.day, survivor=self.units[heir])
        self.rules.leave(name, self.day, 'merged', heir)
        return f'{name} into {heir}'
    do_merge.weight = 0.5

    def do_come_back(self):
        name = self._pick(lambda member: member.state in ('withdrawn', 'expelled'))
        if not name:
            return None
        self.units[name]._rejoin(self.day)
        self.rules.come_back(name, self.day)
        return name
    do_come_back.weight = 4

    def do_decide_exit(self):
        name = self._pick(lambda member: member.state in ('withdrawn', 'expelled') and member.credit)
        heir = self._pick(lambda member: member.state == 'member')
        if not name or not heir:
            return None
        way = self.random.choice(('carry', 'carry', 'refund', 'leave'))
        self.env['cfia.dues.exit'].create({
            'partner_id': self.units[name].id, 'way': way, 'reason': "演示决定",
            'successor_id': self.units[heir].id if way == 'carry' else False}).action_decide()
        if way == 'carry':
            self.rules.carry(name, heir)
        return f'{name} {way} {heir if way == "carry" else ""}'
    do_decide_exit.weight = 4

    def do_change_payer(self):
        name = self._pick()
        payer = self.random.choice(('', self.group.name))
        self.units[name].dues_payer_id = self.group if payer else False
        self.rules.members[name].payer = payer
        return f'{name} {payer}'

    def do_change_grade(self):
        name = self._pick(lambda member: member.state == 'member')
        if not name:
            return None
        grade = self.random.choice(list(self.grades))
        unit = self.units[name]
        unlocked(unit).member_grade_id = self.grades[grade]
        unit._record_member_event('grade', self.day)
        self.rules.members[name].grade = grade
        return f'{name} {grade}'

    def do_close_period(self):
        last = self.day.replace(day=1) - timedelta(days=1)
        if self.closed and last <= self.closed:
            return None
        self.env.company.fiscalyear_lock_date = last
        self.closed = last
        return str(last)
    do_close_period.weight = 0.5

    def do_archive(self):
        name = self._pick(lambda member: member.state == 'member')
        if name:
            try:
                with self.env.cr.savepoint():
                    self.units[name].action_archive()
            except UserError:
                return name
            raise AssertionError(f'{name} is a member and was archived')
        return None
    do_archive.weight = 0.3

    # === What is compared === #

    def _compare(self):
        """Return in what lines, recount, credits and payers differ from the rules."""
        self.env.flush_all()
        self.env.invalidate_all()
        Report = self.env['cfia.dues.report']
        company, found = self.env.company, []
        rows = {row['id']: row for row in Report._recount(company, self.day)}
        for name, unit in self.units.items():
            lines = {line.year: line for line in unit.dues_line_ids}
            for year in sorted({*lines, *self.rules.members[name].years}):
                wanted = self.rules.get_figures(name, year)
                line = lines.get(year)
                row = rows.pop(line.id, None) if line else None
                recounted = tuple(round(float(row[key])) for key in (
                    'amount', 'amount_paid', 'amount_credited', 'amount_open')) if row else (0, 0, 0, 0)
                shown = (
                    round(line.amount_paid), round(line.amount_credited), round(line.amount_residual)) if line else (0, 0, 0)
                if recounted != wanted:
                    found.append(f'{name} {year}: recount {recounted}, rules {wanted}')
                if shown != wanted[1:]:
                    found.append(f'{name} {year}: line {shown}, rules {wanted[1:]}')
                entry = self.rules.members[name].years.get(year)
                if entry and entry.is_open and line.payer_id.name != entry.payer:
                    found.append(f'{name} {year}: billed to {line.payer_id.name}, rules {entry.payer}')
            # what a unit had that merged is the heir's
            family = [other for other in self.units if self.rules.get_heir(other) == name]
            credit = -round(sum(self.env['account.move.line'].search([
                ('dues_member_id', 'in', [self.units[other].id for other in family]), ('parent_state', '=', 'posted'),
                ('reconciled', '=', False), ('account_type', '=', 'asset_receivable'), ('amount_residual', '<', 0),
            ]).mapped('amount_residual')))
            wanted = sum(map(self.rules.get_credit, family))
            if credit != wanted:
                found.append(f'{name}: credit {credit}, rules {wanted}')
        ledger = Report._recount_ledger(company, self.day)
        owed = sum(entry.owed for member in self.rules.members.values() for entry in member.years.values())
        booked = 0 if self.is_at_receipt else owed
        if round(ledger['dues']) != booked or ledger['astray']:
            found.append(f"accounting: dues {ledger['dues']}, astray {ledger['astray']}, rules {booked}")
        credit = sum(map(self.rules.get_credit, self.units))
        if round(ledger['balance']) != booked - credit:
            found.append(f"accounting: balance {ledger['balance']}, rules {booked - credit}")
        found += self._compare_payers()
        found += self._compare_agreement(company)
        found += self._compare_past(Report, company)
        self.past[self.day] = Report._recount(company, self.day)
        return found

    def _compare_payers(self):
        """Return in what the ledger of a payer and the member's own pages differ from the rules."""
        found, entries = [], [
            (member.name, entry) for member in self.rules.members.values() for entry in member.years.values() if entry.is_open]
        for payer in (*self.units.values(), self.group):
            wanted = 0 if self.is_at_receipt else sum(entry.owed for _name, entry in entries if entry.payer == payer.name)
            [(booked,)] = self.env['account.move.line']._read_group([
                ('partner_id', '=', payer.id), ('account_type', '=', 'asset_receivable'), ('parent_state', '=', 'posted'),
                ('amount_residual', '>', 0)], [], ['amount_residual:sum'])
            if round(booked or 0) != wanted:
                found.append(f'{payer.name}: owes {booked} in accounting, rules {wanted}')
        unit = self.portal_unit
        lines = self.env['cfia.dues.line'].with_user(self.portal).search([])
        seen = {(line.sudo().partner_id.name, line.year): round(line.amount_residual) for line in lines if line.amount_residual}
        wanted = {
            (member.name, year): entry.owed for member in self.rules.members.values() for year, entry in member.years.items()
            if entry.owed and unit.name in (member.name, entry.payer)}
        if seen != wanted:
            found.append(f'pages of {unit.name}: {seen}, rules {wanted}')
        return found

    def _compare_agreement(self, company):
        """Return what the page of reconciliation finds beside work to be done: it must find nothing."""
        differences = self.env['cfia.dues.agreement']._find_differences(company)
        return [f'reconciliation: {key} {sorted(ids)} {amount}' for key, (ids, amount) in differences.items() if key not in WORK]

    def _compare_past(self, Report, company):
        """Return in what a past day is told differently from how it was told then."""
        days = [day for day in self.past if day < self.day]
        if not days:
            return []
        day = self.random.choice(days)
        keys = ('amount', 'amount_paid', 'amount_credited', 'amount_open')
        then, now = (
            {row['id']: tuple(float(row[key]) for key in keys) for row in rows}
            for rows in (self.past[day], Report._recount(company, day)))
        return [f'{day}: {then.get(line)} is told as {now.get(line)}'
                for line in sorted({*then, *now}) if then.get(line) != now.get(line)]


def live(env, seed, steps, lives=1):
    """Live some lives, each taken back afterwards.

    :return: dictionary with how many ``lives`` and ``steps`` were lived, and ``complaints``
    """
    report = {'lives': 0, 'steps': 0, 'refused': 0, 'complaints': []}
    with env.cr.savepoint() as outer:
        with freeze_time(f'{FIRST_DAY} 01:00:00'):
            grades = plant(env)
        for number in range(seed, seed + lives):
            life = None
            with env.cr.savepoint() as savepoint:
                life = Life(env, grades, number)
                try:
                    differences = life.live(steps)
                except Exception as error:  # noqa: BLE001 whatever goes wrong is a finding
                    differences = [f'{type(error).__name__}: {str(error)[-600:]}']
                env.invalidate_all(flush=False)
                savepoint.rollback()
            env.invalidate_all(flush=False)
            env.registry.clear_all_caches()
            report['lives'] += 1
            report['steps'] += len(life.log)
            report['refused'] += life.refused
            if differences:
                report['complaints'].append({'seed': number, 'differences': differences, 'log': life.log})
        outer.rollback()
    return report
