import json

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import ROLES, MembershipCommon
from odoo.addons.cfia_membership.tools.dates import association_today

READERS = ('organisation', 'secretary_general', 'leader', 'auditor', 'manager')


@tagged('post_install', '-at_install')
class TestMembersDashboard(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboard = cls.env.ref('cfia_membership_spreadsheet.dashboard_members')
        cls.snapshot = json.loads(cls.dashboard.spreadsheet_data)

    def get_sources(self):
        """Return what the dashboard reads: (model, fields, domain) of each pivot and chart."""
        for pivot in self.snapshot['pivots'].values():
            names = [row['fieldName'] for row in pivot['rows']] + [measure['fieldName'] for measure in pivot['measures']]
            yield pivot['model'], names, pivot['domain'], pivot['fieldMatching']
        for sheet in self.snapshot['sheets']:
            for figure in sheet['figures']:
                if 'metaData' in figure['data']:
                    meta = figure['data']['metaData']
                    names = [name.split(':')[0] for name in (*meta['groupBy'], meta['measure']) if name != '__count']
                    yield meta['resModel'], names, figure['data']['searchParams']['domain'], figure['data']['fieldMatching']

    def test_what_it_reads_is_there(self):
        """Fields, domains and filters are those of the models, and each reader may read them."""
        sources = list(self.get_sources())
        self.assertEqual(len(sources), 12)
        for model, names, domain, filters in sources:
            with self.subTest(model=model, names=names):
                self.assertLessEqual(set(names), set(self.env[model]._fields))
                for role in READERS:
                    Model = self.env[model].with_user(getattr(self, f'user_{role}'))
                    Model.search_count(domain)
                    for matching in filters.values():
                        Model.search_count(Domain(matching['chain'], '!=', False))

    def test_figures_are_those_of_the_ledger(self):
        def read(pivot, name):
            [(value,)] = self.env['cfia.member.quarter.report']._read_group(
                self.snapshot['pivots'][pivot]['domain'], [], [f'{name}:sum'])
            return value
        members, joined = read('3', 'member_count'), read('5', 'entry_count')
        self.assertEqual(members, self.env['res.partner'].search_count([
            ('member_state', '=', 'member'), ('is_company', '=', True)]))
        unit = self.make_member("演示表格有限公司")
        self.assertEqual((read('3', 'member_count'), read('5', 'entry_count')), (members + 1, joined + 1))
        unit._leave('withdrawn', association_today())
        self.assertEqual(read('3', 'member_count'), members)
        self.assertGreaterEqual(read('5', 'exit_count'), 1)

    def test_who_sees_it(self):
        for role in ROLES:
            with self.subTest(role=role):
                dashboards = self.dashboard.with_user(getattr(self, f'user_{role}')).search([])
                self.assertEqual(self.dashboard in dashboards, role in READERS)

    def test_a_link_is_on_record(self):
        Share = self.env['spreadsheet.dashboard.share']
        vals = {'dashboard_id': self.dashboard.id, 'spreadsheet_data': '{}'}
        with self.assertRaises(UserError):
            Share.with_user(self.user_leader).create(vals)
        before = self.env['cfia.disclosure'].search([])
        self.assertTrue(Share.with_user(self.user_organisation).create(vals))
        note = self.env['cfia.disclosure'].search([]) - before
        self.assertEqual((len(note), note.user_id), (1, self.user_organisation))
