from datetime import date, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked

ONE_DAY = timedelta(days=1)


@tagged('post_install', '-at_install')
class TestDuesStanding(DuesCommon):
    """On which days dues stand in the way of what depends on them."""

    def gaps(self, condition='no_arrears', unit=None):
        unit = unit or self.unit_member
        return sorted(unit._get_dues_gaps(condition).get(unit, []))

    def make_line(self):
        with freeze_time('2027-02-01 02:00:00'):
            line = self.make_dues(self.unit_member, 2027)
        unlocked(line).date_due = date(2027, 3, 31)
        return line

    def pay(self, line, day, amount=2000):
        receipt = self.make_receipt(amount, line._get_remark(), date=day)
        receipt.action_match_dues()
        return receipt

    def test_overdue_until_paid(self):
        self.assertFalse(self.gaps())
        line = self.make_line()
        self.assertEqual(self.gaps(), [(date(2027, 4, 1), None)])
        self.assertEqual(self.gaps('paid'), [(line.date_billed, None)])
        self.pay(line, '2027-05-05', 500)
        self.assertEqual(self.gaps(), [(date(2027, 4, 1), None)])
        receipt = self.pay(line, '2027-05-20', 1500)
        self.assertEqual(line.state, 'paid')
        self.assertEqual(self.gaps(), [(date(2027, 4, 1), date(2027, 5, 19))])
        self.assertEqual(self.gaps('paid'), [(line.date_billed, date(2027, 5, 19))])
        receipt.action_unmatch_dues()
        self.assertEqual(self.gaps(), [(date(2027, 4, 1), None)])

    def test_paid_in_time(self):
        self.pay(self.make_line(), '2027-03-31')
        self.assertFalse(self.gaps())

    def test_deferred_and_waived(self):
        line = self.make_line()
        with freeze_time('2027-06-15 02:00:00'):
            line._defer(date(2027, 12, 31))
        expected = [(date(2027, 4, 1), date(2027, 6, 14))]
        self.assertEqual(self.gaps(), [*expected, (date(2028, 1, 1), None)])
        with freeze_time('2028-02-10 02:00:00'):
            line._waive({line: line.amount_residual}, "Decision 9")
        self.assertEqual(line.state, 'waived')
        self.assertEqual(self.gaps(), [*expected, (date(2028, 1, 1), date(2028, 2, 9))])

    def test_nothing_billed_stands_in_the_way_of_nothing(self):
        self.Line._open(self.unit_member, 2027)
        self.assertFalse(self.gaps())
        self.assertFalse(self.gaps('paid'))

    def test_queries_do_not_grow_with_the_members(self):
        counts = []
        for number in (2, 12):
            units = self.env['res.partner'].union(*(
                self.make_member(f"演示会费状况{number}-{index}") for index in range(number)))
            lines = self.make_dues(units, 2027)
            unlocked(lines).date_due = date(2027, 3, 31)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(units._get_dues_gaps('no_arrears')), number)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
