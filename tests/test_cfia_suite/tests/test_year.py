import base64
from datetime import date

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tests import test_simulated_year
from odoo.addons.cfia_membership.tests.test_simulated_year import MISSED, YEAR
from odoo.addons.test_cfia_suite.tests.year_services import ServicesYear

MEMBERS = 500


@tagged('post_install', '-at_install')
class TestYear(ServicesYear, test_simulated_year.TestSimulatedYear, DuesCommon):
    """The same year with 500 members, dues and services: finance and the departments work, too."""

    modules = ('cfia_membership', 'cfia_dues', 'cfia_services')
    rounds = ('cfia.recruitment.mailing', 'cfia.data.survey', 'cfia.need.round', 'cfia.dues.round')
    counted = {
        **test_simulated_year.TestSimulatedYear.counted,
        '3.1': 6, '3.2': 1, '3.4a': 12, '3.5a': 12, '3.7b': 1, '4.3.1': 4, '4.3.2': 1, '5.4b': 12, '5.6': 4,
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code, user in (('finance', cls.user_accountant), ('editorial', cls.user_editorial),
                           ('network', cls.user_network)):
            cls.env.ref(f'cfia_membership.cfia_department_{code}').user_ids = user
        cls.company.cfia_dues_user_id = cls.user_organisation
        # of earlier days nothing is owed
        cls.env['cfia.dues.line'].search([]).move_id.filtered(lambda move: move.state == 'posted').button_draft()
        cls.env.cr.execute("DELETE FROM cfia_roster_copy; DELETE FROM cfia_roster_release")
        cls.env.invalidate_all()
        cls.env['cfia.need.form'].create({'version': "演示全年", 'intro': "请填写（演示）"}).action_release()

    def happen(self, day):
        if day.month == 1 and day.year == YEAR:
            self.make_applications([f"演示全年会员{number:03}有限公司" for number in range(MEMBERS)], state='approved')
        if day > MISSED[1]:
            self.make_good()
        return super().happen(day)

    def make_good(self):
        """Enter late, with scans, the lists that went out on paper in the months that were missed."""
        Act = self.env['cfia.obligation.act'].with_user(self.user_organisation)
        for code in ('3_4a', '3_5a'):
            duty = self.env.ref(f'cfia_membership.cfia_obligation_{code}')
            for month in (4, 5):
                day = date(YEAR, month, 20)
                if not Act.search_count([('obligation_id', '=', duty.id), ('date', '=', day)]):
                    Act.create({
                        'obligation_id': duty.id, 'date': day, 'name': "演示补录变更名单",
                        'scan': base64.b64encode(b'scan'), 'scan_name': "scan.pdf"})

    def work(self):
        # nothing is printed here, hence no reminder mailed: it is taken as arrived
        self.env['cfia.dues.round.recipient'].search([('delivery_state', '=', 'outgoing')])._set_delivery('sent')
        for kind in ('editorial', 'network'):
            self.env['cfia.change.list'].with_user(getattr(self, f'user_{kind}')).search([
                ('kind', '=', kind), ('state', '=', 'waiting')]).action_receive()
        for copy in self.env['cfia.roster.copy'].search([('state', '=', 'waiting')]):
            copy.with_user(copy.department_id.user_ids[:1]).action_receive()
        activities = self.env['mail.activity'].search([
            ('user_id', '=', self.user_accountant.id), ('res_model', '=', 'cfia.obligation.term')])
        terms = self.env['cfia.obligation.term'].browse(activities.mapped('res_id'))
        for term in terms.filtered(lambda term: term.code == '4.3.1'):
            self.submit_statement(term)
        return super().work()

    def submit_statement(self, term):
        """Submit the quarter's dues statistics, once, and acknowledge them."""
        values = {'year': term.year, 'quarter': str(term.date_to.month // 3)}
        Statement = self.env['cfia.dues.statement'].with_user(self.user_accountant)
        if Statement.search_count([(name, '=', value) for name, value in values.items()]):
            return
        statement = Statement.create({**values, 'leader_ids': [Command.set(self.user_leader.ids)]})
        statement.action_submit()
        statement.with_user(self.user_leader).action_acknowledge()

    def check_nothing_twice(self):
        statements = self.env['cfia.dues.statement'].search([('year', '=', YEAR)])
        self.assertEqual(sorted(statements.mapped('quarter')), ['1', '2', '3', '4'])
        lists = self.env['cfia.change.list'].search([
            ('month', '>=', date(YEAR, 1, 1)), ('month', '<=', date(YEAR, 12, 1))])
        self.assertEqual(len(lists), 2 * 10)
        self.assertEqual(len(lists), len({(one.kind, one.month) for one in lists}))
        rosters = self.env['cfia.roster.release'].search([
            ('date', '>=', date(YEAR, 1, 1)), ('date', '<=', date(YEAR, 12, 31))], order='date')
        self.assertEqual([roster.date.month for roster in rosters], [1, 3, 5, 7, 9, 11])
        needs = self.env['cfia.need.round'].search([('year', '=', YEAR), ('date_opened', '!=', False)])
        self.assertEqual(sorted(needs.mapped('number')), [1, 2, 3, 4])
        collections = self.env['cfia.dues.round'].search([('year', '=', YEAR), ('date_opened', '!=', False)])
        self.assertEqual(sorted(collections.mapped('number')), [1, 2])
        return super().check_nothing_twice()
