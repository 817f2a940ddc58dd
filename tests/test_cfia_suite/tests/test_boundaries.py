from datetime import date

from odoo.fields import Command, Domain
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.dates import association_today, period_end
from odoo.addons.cfia_services.tests.common import ServicesCommon

# the last half hour of a year in Shanghai and the first one, as servers count them; the next year is a leap year
EVE = '2031-12-31 15:30:00'
MORNING = '2031-12-31 16:30:00'


class BoundaryCommon(ServicesCommon, DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute("UPDATE cfia_member_event SET date_effective = '2200-01-01', is_backdated = FALSE")
        cls.env.cr.execute("UPDATE res_partner SET member_state = NULL WHERE member_state IS NOT NULL")
        cls.env.invalidate_all()
        cls.congress.write({'date_start': '2022-01-01', 'date_end': '2034-12-31'})

    def admit(self, name, user=None):
        """Return a unit signed now, by the secretary-general or somebody with a clock of his own."""
        application = self.make_application(name, state='verified')
        application.with_user(user or self.user_secretary).action_approve()
        return application.partner_id.sudo()

    def run_schedule(self, xmlid):
        with self.enter_registry_test_mode():
            self.env.ref(xmlid).method_direct_trigger()


@tagged('post_install', '-at_install')
class TestYearBoundary(BoundaryCommon):
    """What happens around midnight of New Year's Eve in Shanghai belongs to the association's year, not the server's."""

    def check_year(self, unit, day):
        """Check every date and year that an admission leaves behind."""
        year = day.year
        self.assertEqual(unit.date_member_joined, day)
        self.assertRecordValues(unit.member_event_ids, [{'kind': 'joined', 'date_effective': day}])
        line = unit.dues_line_ids
        self.assertRecordValues(line, [{'year': year, 'date_billed': day}])
        self.assertRecordValues(line.move_id, [{'invoice_date': day, 'date': day, 'state': 'posted'}])
        self.assertIn(str(year), line.move_id.name)
        self.assertGreaterEqual(line.move_id.invoice_date_due, day)
        self.assertEqual(line.date_due, day + (date(2000, 1, 31) - date(2000, 1, 1)))
        documents = self.env['cfia.document'].search([('partner_id', '=', unit.id)])
        self.assertEqual(set(documents.mapped('kind')), {'certificate', 'entry_notice', 'dues_notice'})
        self.assertEqual(set(documents.mapped('date')), {day})
        letters = documents.filtered(lambda document: document.kind != 'certificate')
        self.assertEqual(set(letters.mapped('year')), {year})
        for letter in letters:
            self.assertIn(f'〔{year}〕', letter.name)
        certificate = documents - letters
        self.assertEqual((certificate.date_from, certificate.date_to), (day, date(2034, 12, 31)))
        self.assertEqual(set(unit.entitlement_ids.mapped('date_from')), {day})
        application = self.env['cfia.membership.application'].search([('partner_id', '=', unit.id)])
        self.assertEqual(application.date_approved, day)

    def test_last_half_hour_of_the_year(self):
        with freeze_time(EVE):
            self.assertEqual(association_today(), date(2031, 12, 31))
            unit = self.admit("演示除夕前有限公司")
            self.check_year(unit, date(2031, 12, 31))

    def test_first_half_hour_of_the_year(self):
        with freeze_time(MORNING):
            self.assertEqual(association_today(), date(2032, 1, 1))
            unit = self.admit("演示元旦后有限公司")
            self.check_year(unit, date(2032, 1, 1))

    def test_numbers_of_the_register_begin_anew(self):
        with freeze_time(EVE):
            last = self.admit("演示除夕前有限公司")
        with freeze_time(MORNING):
            first, second = self.admit("演示元旦后甲有限公司"), self.admit("演示元旦后乙有限公司")
        Document = self.env['cfia.document']

        def number(unit):
            return Document.search([('partner_id', '=', unit.id), ('kind', '=', 'entry_notice')]).number

        self.assertEqual((number(last), number(first), number(second)), (1, 1, 2))
        self.assertEqual(
            [int(unit.member_number[-5:]) - int(last.member_number[-5:]) for unit in (first, second)], [1, 2],
            "member numbers know no years")

    def test_somebody_in_another_time_zone(self):
        # there it is noon of the day before
        abroad = new_test_user(
            self.env, login='cfia_test_abroad', groups='cfia_membership.group_cfia_secretary_general', tz='America/New_York',
            email='abroad@association.example')
        self.env.company.cfia_secretary_general_id = abroad
        with freeze_time(MORNING):
            unit = self.admit("演示异地签批有限公司", abroad.with_context(tz='America/New_York'))
            self.check_year(unit, date(2032, 1, 1))
        self.user_organisation.tz = 'Pacific/Kiritimati'  # the day after
        with freeze_time('2031-12-31 12:00:00'):
            unit = self.make_application("演示异地受理有限公司", state='approved').partner_id
            self.check_year(unit.sudo(), date(2031, 12, 31))

    def test_period_of_bulletin_and_statistics(self):
        with freeze_time(EVE):
            before = self.admit("演示除夕前有限公司")
        with freeze_time(MORNING):
            after = self.admit("演示元旦后有限公司")
            bulletin = self.env['cfia.bulletin'].create({})
            self.assertEqual(bulletin.date, date(2031, 12, 1), "December has ended")
            bulletin._count()
            self.assertEqual(bulletin.line_ids.partner_id, before)
            statistics = self.env['cfia.statistics'].create({})
            self.assertEqual(statistics.date, date(2031, 12, 31), "so has the quarter")
            statistics._count()
            self.assertEqual((statistics.member_count, statistics.entry_count), (1, 1))
        with freeze_time('2032-01-31 15:59:00'):
            self.assertEqual(self.env['cfia.bulletin']._default_date(), date(2031, 12, 1))
        with freeze_time('2032-01-31 16:00:00'):
            self.assertEqual(self.env['cfia.bulletin']._default_date(), date(2032, 1, 1))
            january = self.env['cfia.bulletin'].create({})
            january._count()
            self.assertEqual(january.line_ids.partner_id - before, after)

    def test_years_of_rounds_lists_and_needs(self):
        with freeze_time(EVE):
            self.assertEqual(self.env['cfia.dues.round'].new({}).year, 2031)
            self.assertEqual(self.env['cfia.dues.run'].new({}).year, 2031)
            self.run_schedule('cfia_services.ir_cron_cfia_change_list')
        with freeze_time(MORNING):
            self.assertEqual(self.env['cfia.dues.round'].new({}).year, 2032)
            self.assertEqual(self.env['cfia.dues.run'].new({}).year, 2032)
            self.assertEqual(self.env['cfia.dues.opening'].new({}).date, date(2032, 1, 1))
            self.run_schedule('cfia_services.ir_cron_cfia_change_list')
        lists = self.env['cfia.change.list'].search([('is_scheduled', '=', True), ('month', '>=', '2031-12-01')])
        self.assertEqual(
            sorted((item.kind, item.month, item.name) for item in lists),
            [(kind, date(year, month, 1), f'{year}-{month:02}-1') for kind in ('editorial', 'network')
             for year, month in ((2031, 12), (2032, 1))])

    def test_needs_round_made_in_the_first_hours(self):
        """The spacing of the rounds is counted in the association's days."""
        self.env['cfia.need.form'].create({'version': "演示跨年", 'intro': "请填写（演示）"}).action_release()
        Round = self.env['cfia.need.round']
        with freeze_time('2032-01-01 16:30:00'):  # 2 January
            Round._cron_plan()
        [first] = Round.search([('year', '=', 2032)])
        self.env.cr.execute(
            "UPDATE cfia_need_round SET create_date = '2032-03-01 16:30:00' WHERE id = %s", [first.id])  # 2 March
        self.env.invalidate_all()
        with freeze_time('2032-03-31 16:30:00'):  # 1 April is the thirtieth day
            Round._cron_plan()
        self.assertEqual(len(Round.search([('year', '=', 2032)])), 2)
        self.env.cr.execute(
            "UPDATE cfia_need_round SET create_date = '2032-06-01 16:30:00' WHERE year = 2032")
        self.env.invalidate_all()
        with freeze_time('2032-07-01 12:00:00'):  # 29 days after 2 June
            Round._cron_plan()
        self.assertEqual(len(Round.search([('year', '=', 2032)])), 2, "one day early")


@tagged('post_install', '-at_install')
class TestLeapDay(BoundaryCommon):
    """29 February: nobody gains or loses a day."""

    def test_periods(self):
        for first, length, last in (
            (date(2032, 2, 29), {'years': 1}, date(2033, 2, 28)),
            (date(2032, 2, 29), {'years': 4}, date(2036, 2, 28)),
            (date(2031, 3, 1), {'years': 1}, date(2032, 2, 29)),
            (date(2032, 1, 31), {'months': 1}, date(2032, 2, 29)),
            (date(2032, 2, 29), {'months': 1}, date(2032, 3, 28)),
            (date(2031, 12, 31), {'months': 2}, date(2032, 2, 29)),
        ):
            with self.subTest(first=first, **length):
                self.assertEqual(period_end(first, **length), last)

    def test_joined_on_the_leap_day(self):
        self.env.company.write({'cfia_certificate_validity': 'years', 'cfia_certificate_years': 1})
        with freeze_time('2032-02-28 16:30:00'):
            unit = self.admit("演示闰日有限公司")
        self.assertEqual(unit.date_member_joined, date(2032, 2, 29))
        certificate = self.env['cfia.document'].search([('partner_id', '=', unit.id), ('kind', '=', 'certificate')])
        self.assertEqual((certificate.date_from, certificate.date_to), (date(2032, 2, 29), date(2033, 2, 28)), "a whole year")
        for moment, valid in (('2033-02-28 15:59:00', 'valid'), ('2033-02-28 16:00:00', 'expired')):
            with freeze_time(moment):
                self.assertEqual(self.env['cfia.document']._verify(certificate.token)['result'], valid)

    def test_learning_account(self):
        with freeze_time('2032-01-30 16:30:00'):
            unit = self.admit("演示学习有限公司")
            learning = self.open_learning(unit)
        self.assertEqual((learning.date_from, learning.date_to), (date(2032, 1, 31), date(2032, 2, 29)))
        for moment, state in (('2032-02-29 15:59:00', 'open'), ('2032-02-29 16:00:00', 'expired')):
            with freeze_time(moment):
                learning.invalidate_recordset(['state'])
                self.assertEqual(learning.state, state)
        with freeze_time('2032-02-29 15:30:00'):
            self.run_schedule('cfia_services.ir_cron_cfia_account_end')
            self.assertFalse(learning.date_account_ended)
        with freeze_time('2032-02-29 16:30:00'):
            self.run_schedule('cfia_services.ir_cron_cfia_account_end')
            self.assertEqual(learning.date_account_ended, date(2032, 3, 1))

    def test_dues(self):
        with freeze_time('2032-02-29 02:00:00'):
            unit = self.admit("演示会费闰日有限公司")
            line = unit.dues_line_ids
            self.assertEqual((line.year, line.date_billed, line.date_due), (2032, date(2032, 2, 29), date(2032, 3, 30)))
            self.env.company.write({'cfia_dues_due_month': 2, 'cfia_dues_due_day': 29})
            ahead = line._open_following(5).sorted('year')
        self.assertEqual(ahead.mapped('year'), [2033, 2034, 2035, 2036])
        self.assertEqual(ahead.mapped('date_due'), [
            date(2033, 2, 28), date(2034, 2, 28), date(2035, 2, 28), date(2036, 2, 29)])
        with freeze_time('2032-03-01 02:00:00'):
            relief = self.env['cfia.dues.relief'].with_user(self.user_organisation).create({
                'partner_id': unit.id, 'line_ids': [Command.set(line.ids)], 'kind': 'deferral',
                'date_due_new': '2036-02-29', 'reason': "演示困难"})
            relief.with_user(self.user_secretary).action_grant()
        self.assertEqual(line.date_due, date(2036, 2, 29))
        for moment, found in (('2036-02-29 15:30:00', False), ('2036-02-29 16:30:00', True)):
            with freeze_time(moment):
                overdue = self.env['cfia.dues.round'].new({'company_id': self.env.company.id})._get_chosen_domain()
                self.assertEqual(bool(self.Line.search_count(overdue & Domain('id', '=', line.id))), found)

    def test_statistics_of_a_february(self):
        with freeze_time('2032-02-29 02:00:00'):
            unit = self.admit("演示统计闰日有限公司")
        with freeze_time('2032-03-01 02:00:00'):
            bulletin = self.env['cfia.bulletin'].create({})
            bulletin._count()
            self.assertEqual((bulletin.date, bulletin.date_to), (date(2032, 2, 1), date(2032, 2, 29)))
            self.assertEqual(bulletin.line_ids.partner_id, unit)
