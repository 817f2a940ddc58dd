from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestServiceDues(DuesCommon):
    """A service with a dues condition follows the dues; by default none does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.env.ref('cfia_services.cfia_service_magazine')
        cls.newsletter = cls.env.ref('cfia_services.cfia_service_newsletter')
        with freeze_time('2027-01-10 02:00:00'):
            cls.service.write({'dues_condition': 'no_arrears', 'date_start': False})
            cls.unit = cls.make_member("演示会费条件")

    def rows(self, service=None):
        return [(row.date_from, row.date_to or None) for row in self.env['cfia.entitlement'].search([
            ('partner_id', '=', self.unit.id), ('service_id', '=', (service or self.service).id)], order='date_from')]

    def sync(self, day):
        with freeze_time(f'{day} 02:00:00'), self.enter_registry_test_mode():
            self.env.invalidate_all()
            self.env.ref('cfia_services.ir_cron_cfia_entitlement_sync').method_direct_trigger()
        self.env.invalidate_all()

    def test_closed_while_overdue(self):
        lines = self.Line.search([('partner_id', '=', self.unit.id)]) or self.Line._open(self.unit, 2027)
        with freeze_time('2027-02-01 02:00:00'):
            lines = self.make_dues(self.unit, 2027) or lines
        line = self.Line.search([('partner_id', '=', self.unit.id), ('year', '=', 2027)])
        self.assertIn(line.state, ('billed', 'partial'))
        unlocked(line).date_due = date(2027, 3, 31)
        self.sync('2027-03-31')
        self.assertEqual(self.rows(), [(date(2027, 1, 10), None)], "unpaid is normal until it is overdue")
        self.sync('2027-04-03')
        self.assertEqual(self.rows(), [(date(2027, 1, 10), date(2027, 3, 31))])
        self.assertEqual(self.rows(self.newsletter), [(date(2027, 1, 10), None)], "by default dues do not matter")
        receipt = self.make_receipt(line.amount_residual, line._get_remark(), date='2027-06-01')
        receipt.action_match_dues()
        self.assertEqual(line.state, 'paid')
        self.sync('2027-06-02')
        expected = [(date(2027, 1, 10), date(2027, 3, 31)), (date(2027, 6, 1), None)]
        self.assertEqual(self.rows(), expected)
        self.sync('2027-06-03')
        self.assertEqual(self.rows(), expected)
        for day, is_entitled in (('2027-03-31', True), ('2027-04-01', False), ('2027-05-31', False), ('2027-06-01', True)):
            entitled = self.service._get_entitled(date.fromisoformat(day))[self.service]
            self.assertEqual(self.unit in entitled, is_entitled, day)
