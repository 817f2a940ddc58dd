import io
from datetime import date

from freezegun import freeze_time
from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.test_obligation import ObligationCommon


@tagged('post_install', '-at_install')
class TestComplianceReport(ObligationCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.env.company.write({
            'cfia_date_in_force': '2021-01-01', 'cfia_secretary_general_id': cls.user_secretary.id})
        cls.env['cfia.compliance.report'].search([]).sudo()._write({'year': 2000})
        cls.Report = cls.env['cfia.compliance.report'].with_user(cls.user_organisation)

    def setUp(self):
        super().setUp()
        clock = freeze_time('2022-02-10')
        clock.start()
        self.addCleanup(clock.stop)

    def make_report(self, year=2021):
        self.env.flush_all()
        return self.Report.create({'year': year})

    def row(self, report, table, code):
        duty = self.env['cfia.obligation'].search([('code', '=', code)]).with_context(lang=report._get_paper_lang())
        [row] = [row for row in report.data[table] if row['name'].endswith(f' {duty.name}')]
        return row

    def test_the_year_duty_by_duty(self):
        self.enter('2.1b', '2021-02-01')
        self.enter('2.1b', '2021-09-01')
        self.enter('4.2.2a', '2021-05-01')
        self.env.ref('cfia_membership.cfia_obligation_3_2').write({
            'is_overridden': True, 'override_reason': "章程另有规定（演示）", 'date_overridden': '2021-01-01'})
        report = self.make_report()
        self.assertEqual(len(report.data['duties']), self.env['cfia.obligation'].search_count([]) - 1, "4.2.2b: two years")
        duty = self.row(report, 'duties', '2.1b')
        self.assertEqual((duty['required'], duty['done'], duty['periods']), (4, 2, '0/1'))
        self.assertIn('2', duty['evidence'])
        self.assertEqual(self.row(report, 'missing', '2.1b')['missing'], 2)
        self.assertEqual(self.row(report, 'duties', '4.2.2a')['periods'], '1/1')
        self.assertEqual([row['date'] for row in report.data['late']], ['2021-02-01', '2021-05-01', '2021-09-01'])
        self.assertEqual([row['reason'] for row in report.data['overrides']], ["章程另有规定（演示）"])
        total = report.data['departments'][-1]
        self.assertEqual(total['overdue'], report.overdue_count)
        self.assertEqual(
            total['overdue'], sum(row['overdue'] for row in report.data['departments'][:-1]))
        self.assertEqual(report.overdue_count, self.Term.search_count([('year', '=', 2021), ('state', '=', 'overdue')]))
        self.assertAlmostEqual(report.rate, report.kept_count / (report.kept_count + report.overdue_count))

    def test_what_was_signed_stays(self):
        report = self.make_report()
        for user in (self.user_organisation, self.user_leader, self.user_manager):
            with self.assertRaises(AccessError):
                report.with_user(user).action_release()
        report.with_user(self.user_secretary).action_release()
        self.assertRecordValues(report, [{'state': 'released', 'released_by_id': self.user_secretary.id}])
        kept = report.data
        self.enter('4.2.2a', '2021-05-01')
        report.action_count()
        self.assertEqual(report.data, kept)
        self.assertEqual(self.make_report().kept_count, report.kept_count + 1)
        for change in (lambda: report.write({'note': "改"}), lambda: report.write({'year': 2020}), report.unlink):
            with self.assertRaisesRegex(UserError, "2021"):
                change()

    def test_a_running_year_is_shown_but_not_signed(self):
        report = self.make_report(2022)
        self.assertGreater(report.open_count, 0)
        with self.assertRaisesRegex(UserError, "2022"):
            report.with_user(self.user_secretary).action_release()

    def test_figures_are_never_entered(self):
        report = self.make_report()
        for change in (
            lambda: self.Report.create({'year': 2021, 'kept_count': 99}),
            lambda: report.write({'overdue_count': 0}),
            lambda: report.write({'state': 'released'}),
        ):
            with self.assertRaises(UserError):
                change()

    def test_signed_reports_are_for_everybody_drafts_are_not(self):
        report = self.make_report()
        readers = self.user_staff + self.user_leader + self.user_editorial
        for user in readers:
            self.assertFalse(self.Report.with_user(user).search([('id', '=', report.id)]))
        for user in self.user_secretary + self.user_auditor:
            self.assertTrue(self.Report.with_user(user).search([('id', '=', report.id)]))
        report.with_user(self.user_secretary).action_release()
        for user in readers:
            self.assertEqual(self.Report.with_user(user).search([('id', '=', report.id)]), report)

    def test_pdf_and_spreadsheet_say_the_same(self):
        self.enter('2.1b', '2021-02-01')
        self.env.company.partner_id.lang = 'zh_CN'
        report = self.make_report()
        self.assertIn("办法", report.with_context(lang='zh_CN').name)
        report.with_user(self.user_secretary).action_release()
        html = self.env['ir.actions.report'].with_user(self.user_leader)._render_qweb_html(
            'cfia_membership.report_compliance', report.ids)[0].decode()
        content, kind = self.env.ref('cfia_membership.action_report_compliance_xlsx')._render_xlsx(
            'cfia_membership.compliance_xlsx', report.ids, {})
        self.assertEqual(kind, 'xlsx')
        sheet = load_workbook(io.BytesIO(content)).active
        cells = [str(cell.value) for row in sheet for cell in row if cell.value is not None]
        self.assertEqual(report.data['departments'][0]['name'], "组织部")
        for text in ("第二条第1项 向非会员联络对象邮寄会员征集文件", "2022年2月10日", "演示补录", "补录"):
            self.assertIn(text, html)
            self.assertTrue(any(text in cell for cell in cells), text)
        self.assertIn(self.user_secretary.name, html)
        self.assertNotIn("Draft", html)

    def test_drafted_once_for_the_year_that_ended(self):
        Report = self.env['cfia.compliance.report']
        for _time in range(2):
            Report._cron_draft()
        report = Report.search([('year', '=', 2021)])
        self.assertRecordValues(report, [{'state': 'draft', 'date': date(2022, 2, 10)}])
        self.assertEqual(report.activity_ids.user_id, self.user_secretary)
        report.with_user(self.user_secretary).action_release()
        self.assertFalse(report.activity_ids)
        self.env.company.cfia_date_in_force = '2022-01-01'
        report.sudo()._write({'year': 2000})
        Report._cron_draft()
        self.assertFalse(Report.search([('year', '=', 2021)]))

    def test_what_is_counted_costs_no_queries(self):
        report = self.make_report()
        counts = []
        for number in range(2):
            self.env['cfia.enquiry'].create([
                {'name': f"演示年度{number} {index}", 'date': '2021-05-01', 'channel': 'phone'} for index in range(1 + 60 * number)])
            report.action_count()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            report.action_count()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
