from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_services.tests.common import ServicesCommon


@tagged('post_install', '-at_install')
class TestServiceUsage(ServicesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.learning = cls.open_learning(cls.unit_member)
        cls.Usage = cls.env['cfia.service.usage'].with_user(cls.user_training)

    def use(self, quantity=1, **vals):
        return self.Usage.create({'entitlement_id': self.learning.id, 'quantity': quantity, **vals})

    def test_balance(self):
        usage = self.use(4)
        self.assertRecordValues(usage, [{
            'partner_id': self.unit_member.id, 'service_id': self.service_learning.id,
            'user_id': self.user_training.id}])
        self.use(3)
        self.assertEqual((self.learning.quota_used, self.learning.quota_left), (7, 3))
        self.use(-2, note="更正")
        self.assertEqual((self.learning.quota_used, self.learning.quota_left), (5, 5))

    def test_never_beyond_the_quota(self):
        self.use(9)
        with self.assertRaisesRegex(UserError, "1 of 10 left"):
            self.use(2)
        with self.assertRaisesRegex(UserError, "left"):
            self.Usage.create([{'entitlement_id': self.learning.id}] * 2)
        self.assertEqual(sum(self.learning.usage_ids.mapped('quantity')), 9)
        self.use(1)
        self.assertEqual(self.learning.quota_left, 0)
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            unlocked(self.learning.sudo()).quota_used = 11
            self.env.flush_all()

    def test_only_while_it_is_good(self):
        today = association_today()
        for days in (-1, 40):
            with self.assertRaisesRegex(UserError, "not good on"):
                self.use(date=today + timedelta(days=days))

    def test_append_only(self):
        usage = self.use()
        for user in (self.user_training, self.user_manager):
            with self.assertRaises(UserError):
                usage.with_user(user).write({'quantity': 0})
        with self.assertRaises(UserError):
            usage.sudo().write({'quantity': 0})
        with self.assertRaises(UserError):
            usage.sudo().unlink()

    def test_recorded_by_who_did(self):
        self.assertEqual(self.use(user_id=self.user_manager.id).user_id, self.user_training)

    def test_constant_queries(self):
        units = self.make_applications([f"演示学习{number}" for number in range(8)], state='approved').partner_id
        accounts = self.Usage.env['cfia.entitlement'].create([
            {'partner_id': unit.id, 'service_id': self.service_learning.id, 'account_name': f'yadao-{unit.id}'}
            for unit in units])
        counts = []
        for some in (self.learning, accounts):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Usage.create([{'entitlement_id': account.id} for account in some for _lesson in range(3)])
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
        self.assertEqual(set(accounts.mapped('quota_left')), {7})
