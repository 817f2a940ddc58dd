import threading
from contextlib import closing

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tests.common import BaseCase, get_db_name

from odoo.addons.cfia_membership.models.cfia_member_number import PREFIX_PARAMETER
from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.guard import GUARD_KEY, unlocked


@tagged('post_install', '-at_install')
class TestMemberNumber(MembershipCommon):

    def _make_units(self, count):
        return self.env['res.partner'].create(
            [{'name': f"演示编号{index}有限公司", 'is_company': True} for index in range(count)])

    def test_numbers_follow_each_other(self):
        units = self._make_units(3)
        highest = self.env['cfia.member.number'].search([], limit=1).value
        self.env['cfia.member.number']._issue(units)
        self.assertEqual(
            units.mapped('member_number'),
            [f'CFIA-{highest + offset:05d}' for offset in (1, 2, 3)],
        )

    def test_a_unit_gets_one_number_only(self):
        unit = self.unit_member
        number = unit.member_number
        self.env['cfia.member.number']._issue(unit)
        self.assertEqual(unit.member_number, number)

    def test_sequence_goes_above_imported_and_reserved_numbers(self):
        old, new = self._make_units(2)
        Number = self.env['cfia.member.number']
        Number._enter_numbers([(95000, old, 'imported'), (95005, self.env['res.partner'], 'reserved')])
        self.assertEqual(old.member_number, 'CFIA-95000')
        Number._issue(new)
        self.assertEqual(new.member_number, 'CFIA-95006')

    def test_reserved_number_can_be_registered_once(self):
        first, second = self._make_units(2)
        Number = self.env['cfia.member.number']
        Number._enter_numbers([(95000, self.env['res.partner'], 'reserved')])
        Number._enter_numbers([(95000, first, 'imported')])
        self.assertEqual(first.member_number, 'CFIA-95000')
        with self.assertRaises(UserError):
            Number._enter_numbers([(95000, second, 'imported')])

    def test_number_is_closed_to_everybody(self):
        unit = self.unit_member
        for records in (
            unit, unit.sudo(), unit.with_user(self.user_manager), unit.with_user(SUPERUSER_ID),
            unit.with_context(**{GUARD_KEY: True}), unit.with_context(**{GUARD_KEY: 'object'}),
        ):
            for value in ('CFIA-99999', False):
                with self.assertRaises(UserError):
                    records.write({'member_number': value})
            with self.assertRaises(UserError):
                records.write({'member_state': 'withdrawn'})
            with self.assertRaises(UserError):
                records.unlink()
        with self.assertRaises(UserError):
            self.env['res.partner'].create({'name': "演示伪造有限公司", 'member_number': 'CFIA-88888'})
        result = self.env['res.partner'].load(
            ['.id', 'member_number'], [[str(unit.id), 'CFIA-99999']])
        self.assertTrue(result['messages'])
        self.assertNotEqual(unit.member_number, 'CFIA-99999')

    def test_copy_carries_no_membership(self):
        copy = self.unit_member.copy()
        self.assertFalse(copy.member_number)
        self.assertFalse(copy.member_state)
        self.assertFalse(copy.member_grade_id)

    def test_register_is_append_only(self):
        number = self.env['cfia.member.number'].search([], limit=1)
        with self.assertRaises(UserError):
            number.sudo().write({'value': 5})
        with self.assertRaises(UserError):
            number.sudo().unlink()
        unlocked(number.sudo()).write({'origin': 'imported'})
        self.assertEqual(number.origin, 'imported')

    def test_two_members_never_merge(self):
        other = self.make_member("演示另一会员有限公司")
        Wizard = self.env['base.partner.merge.automatic.wizard']
        with self.assertRaises(UserError):
            Wizard._merge((self.unit_member | other).ids, self.unit_member)
        plain = self._make_units(1)
        with self.assertRaises(UserError):
            Wizard._merge((self.unit_member | plain).ids, plain)
        Wizard._merge((self.unit_member | plain).ids, self.unit_member)
        self.assertFalse(plain.exists())
        self.assertTrue(self.unit_member.exists())

    def test_a_merge_keeps_what_is_known_of_a_unit(self):
        Wizard = self.env['base.partner.merge.automatic.wizard']
        plain, prospect, applicant = self._make_units(3)
        prospect._set_member_state('prospect')
        applicant._set_member_state('applicant')
        Wizard._merge((plain | prospect).ids, plain)
        self.assertEqual((plain.member_state, prospect.exists()), ('prospect', prospect.browse()))
        Wizard._merge((plain | applicant).ids, plain)
        self.assertEqual(plain.member_state, 'applicant')

    def test_form_of_numbers_is_locked_with_the_first(self):
        settings = self.env['res.config.settings'].create({})
        self.assertTrue(settings.cfia_number_locked)
        with self.assertRaises(UserError):
            self.env['ir.config_parameter'].set_param(PREFIX_PARAMETER, 'X-')

    def test_issuing_takes_constant_queries(self):
        self.env['cfia.member.number']._issue(self._make_units(1))
        few, many = self._make_units(2), self._make_units(20)
        self.env.flush_all()
        counts = []
        for units in (few, many):
            units.invalidate_recordset()
            before = self.env.cr.sql_log_count
            self.env['cfia.member.number']._issue(units)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])


@tagged('post_install', '-at_install')
class TestMemberNumberConcurrency(BaseCase):
    """Two real sessions issue numbers at the same instant, a hundred times over."""

    ROUNDS = 100
    MARK = "演示并发"

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.addCleanup(self._clean)

    def _clean(self):
        with closing(self.registry.cursor()) as cr:
            cr.execute(
                "DELETE FROM cfia_member_number WHERE partner_id IN (SELECT id FROM res_partner WHERE name LIKE %s)",
                [self.MARK + '%'])
            cr.execute("DELETE FROM res_partner WHERE name LIKE %s", [self.MARK + '%'])
            cr.commit()

    def _issue_many(self, worker, barrier, errors, transaction_class):
        try:
            for index in range(self.ROUNDS):
                barrier.wait(timeout=60)
                with closing(self.registry.cursor()) as cr:
                    # not through Registry(): the thread that runs the tests may hold its lock
                    cr.transaction = transaction_class(self.registry)
                    env = api.Environment(cr, SUPERUSER_ID, {})

                    def issue(env=env, index=index):
                        unit = env['res.partner'].with_context(tracking_disable=True).create({
                            'name': f'{self.MARK}{worker}-{index}', 'is_company': True})
                        env['cfia.member.number']._issue(unit)

                    retrying(issue, env)
                    cr.commit()
        except Exception as error:  # noqa: BLE001 - reported by the test
            errors.append(error)
            barrier.abort()

    def test_no_gap_no_duplicate_no_error(self):
        with closing(self.registry.cursor()) as cr:
            cr.execute("SELECT COALESCE(MAX(value), 0) FROM cfia_member_number")
            [highest] = cr.fetchone()
            transaction_class = type(api.Environment(cr, SUPERUSER_ID, {}).transaction)
        barrier, errors = threading.Barrier(2), []
        threads = [
            threading.Thread(target=self._issue_many, args=(worker, barrier, errors, transaction_class)) for worker in (1, 2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        with closing(self.registry.cursor()) as cr:
            cr.execute(
                "SELECT n.value FROM cfia_member_number n JOIN res_partner p ON p.id = n.partner_id"
                " WHERE p.name LIKE %s ORDER BY n.value", [self.MARK + '%'])
            values = [value for [value] in cr.fetchall()]
        self.assertEqual(values, list(range(highest + 1, highest + 1 + 2 * self.ROUNDS)))
