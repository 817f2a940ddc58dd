import io
from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from lxml import etree
from openpyxl import load_workbook
from PIL import Image

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import pdf

from odoo.addons.cfia_membership.tests.test_statistics import StatisticsCommon


@tagged('post_install', '-at_install')
class TestStatisticsPaper(StatisticsCommon, HttpCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enter("演示图表一", '2024-12-05')
        cls.unit = cls.enter("演示图表二", '2025-02-05', state_id=cls.state_other.id)
        with freeze_time('2025-04-05 02:00:00'):
            cls.statistics = cls.count('2025-03-31')
            cls.statistics.action_release()

    def test_chart_shows_each_group_at_three_days(self):
        chart, width, height = self.statistics._get_chart(('region',))
        svg = etree.fromstring(chart)
        self.assertEqual((svg.get('role'), svg.find('{*}title').text), ('img', self.statistics.with_context(lang=self.statistics._get_paper_lang()).name))
        texts = [''.join(text.itertext()) for text in svg.iter('{*}text')]
        for line in self.row(self.statistics, 'region'):
            self.assertIn(line.name, texts)
        bars = [rect for rect in svg.iter('{*}rect') if 'fill: rgb(12%' in rect.get('style', '')]
        self.assertEqual(len(bars), 1 + len(self.row(self.statistics, 'region')), "legend and a bar for each region")
        self.assertGreater(width, 0)
        self.assertFalse(svg.xpath('//@id'), "several can be shown on one page")
        self.assertGreater(self.statistics._get_chart()[2], height, "two charts are higher than one")
        self.assertEqual(self.statistics._get_newsletter_data()['chart'], self.statistics._get_chart()[0])

    def test_chart_for_mails(self):
        pages = []

        def draw(report, bodies, width, height, image_format):
            pages.extend(bodies)
            content = io.BytesIO()
            Image.effect_noise((width, height), 40).convert('RGBA').save(content, image_format)
            return [content.getvalue()]

        with patch.object(type(self.env['ir.actions.report']), '_run_wkhtmltoimage', draw):
            image = self.statistics._get_chart_image()
        self.assertIn(self.row(self.statistics, 'region')[0].name, pages[0])
        size = self.statistics._get_chart()[1:]
        self.assertEqual((Image.open(io.BytesIO(image)).format, Image.open(io.BytesIO(image)).size), ('PNG', size))
        self.assertFalse(self.statistics._get_chart_image(), "tests draw none")

    def test_chart_without_members_is_drawn_too(self):
        empty = self.count('2023-03-31')
        self.assertTrue(etree.fromstring(empty._get_chart()[0]).tag.endswith('svg'))

    def test_papers(self):
        report = self.env['ir.actions.report'].with_user(self.user_leader).with_context(force_report_rendering=True)
        content = report._render_qweb_pdf('cfia_membership.report_statistics', self.statistics.ids)[0]
        self.assertGreaterEqual(pdf.OdooPdfFileReader(io.BytesIO(content), strict=False).getNumPages(), 2)
        content = report._render('cfia_membership.statistics_xlsx', self.statistics.ids, {})[0]
        [sheet] = load_workbook(io.BytesIO(content)).worksheets
        values = [cell for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
        for line in self.statistics.line_ids:
            self.assertTrue(any(line.name in str(value) for value in values), line.name)

    def test_draft_papers_are_not_for_all(self):
        draft = self.count('2025-06-30')
        with self.assertRaises(AccessError):
            self.env['ir.actions.report'].with_user(self.user_staff)._render(
                'cfia_membership.statistics_xlsx', draft.ids, {})

    def test_dashboard_counts_today_before_any_release(self):
        with freeze_time('2025-05-10 02:00:00'):
            self.unit._leave('withdrawn', date(2025, 3, 20))
            self.enter("演示图表三", '2025-05-02', enterprise_category_id=False)
            for user in (self.user_organisation, self.user_secretary, self.user_leader, self.user_auditor):
                Dashboard = self.env['cfia.statistics.dashboard'].with_user(user)
                dashboard = Dashboard.create({})
                self.assertRecordValues(dashboard, [{
                    'date': date(2025, 5, 10), 'member_count': 2, 'entry_count': 1, 'exit_count': 0, 'net_count': 1,
                    'previous_change': 1, 'last_year_change': 2, 'unclassified_category_count': 1,
                    'unclassified_region_count': 0, 'previous_id': self.statistics.id, 'late_count': 1, 'draft_count': 0}])
                board = Dashboard.get_board()
                figures = {figure['key']: figure for section in board['sections'] for figure in section['figures']}
                self.assertEqual(
                    [figures[name]['value'] for name in ('member_count', 'entry_count', 'exit_count', 'last_year_change')],
                    ['2', '1', '0', '+2'])
                self.assertEqual(figures['unclassified_category_count']['tone'], 'warning')
                self.check_behind(user, figures.values())
                for chart in board['charts']:
                    self.assertEqual(sum(chart['series'][0]['values']), 2, chart['key'])
        for user in (self.user_staff, self.user_accountant, self.user_portal):
            with self.assertRaises(AccessError):
                self.env['cfia.statistics.dashboard'].with_user(user).get_board()
        # nobody opens another's
        self.assertFalse(self.env['cfia.statistics.dashboard'].with_user(self.user_leader).search(
            [('create_uid', '=', self.user_auditor.id)]))

    def check_behind(self, user, figures):
        """Check that what the figures open can be read by the user."""
        for figure in figures:
            if figure['action']:
                window = self.env['ir.actions.act_window'].with_user(user)._for_xml_id(figure['action']['xmlid'])
                self.env[window['res_model']].with_user(user).search_count(figure['action']['domain'])

    def test_dashboard_costs_the_same_for_any_number(self):
        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env['cfia.statistics.dashboard'].get_board()
            return self.env.cr.sql_log_count - before
        cost()
        few = cost()
        for number in range(20):
            self.enter(f"演示图表增{number}", '2025-02-05')
        self.assertLessEqual(cost(), few)

    def test_members_see_the_chart(self):
        self.authenticate(self.user_portal.login, self.user_portal.login)
        page = self.url_open(f'/my/membership/statistics/{self.statistics.id}').text
        self.assertIn('<svg', page)
        self.assertIn(self.row(self.statistics, 'region')[0].name, page)
