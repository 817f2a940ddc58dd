from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.access import AccessMatrixMixin
from odoo.addons.cfia_services.tests.common import ServicesCommon


@tagged('post_install', '-at_install')
class TestAccessMatrix(AccessMatrixMixin, ServicesCommon):
    module = 'cfia_services'


@tagged('post_install', '-at_install')
class TestRules(ServicesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.learning = cls.open_learning(cls.unit_member)
        cls.usage = cls.env['cfia.service.usage'].create({'entitlement_id': cls.learning.id})

    def test_departments_see_their_services(self):
        for user, services in (
            (self.user_editorial, self.service_magazine),
            (self.user_network, self.service_website_vip),
            (self.user_training, self.service_learning),
            (self.user_organisation, self.at_entry + self.service_learning),
            (self.user_secretary, self.at_entry + self.service_learning),
            (self.user_leader, self.at_entry + self.service_learning),
            (self.user_auditor, self.at_entry + self.service_learning),
        ):
            seen = self.Entitlement.with_user(user).search([('partner_id', '=', self.unit_member.id)])
            self.assertEqual(seen.service_id, services.sorted(lambda service: seen.service_id.ids.index(service.id)))
            self.env.invalidate_all()
            self.assertEqual(self.unit_member.with_user(user).entitlement_ids, seen)
            usage = self.env['cfia.service.usage'].with_user(user).search([('id', '=', self.usage.id)])
            self.assertEqual(bool(usage), self.service_learning in services)
        with self.assertRaises(AccessError):
            self.learning.with_user(self.user_editorial).read(['state'])

    def test_departments_see_their_lists(self):
        lists = self.ChangeList._make('editorial') + self.ChangeList._make('network')
        for user, kinds in (
            (self.user_editorial, ['editorial']),
            (self.user_network, ['network']),
            (self.user_organisation, ['editorial', 'network']),
            (self.user_auditor, ['editorial', 'network']),
        ):
            seen = self.ChangeList.with_user(user).search([('id', 'in', lists.ids)])
            self.assertEqual(sorted(seen.mapped('kind')), kinds)
            lines = self.env['cfia.change.list.line'].with_user(user).search([('list_id', 'in', lists.ids)])
            self.assertEqual(lines.list_id, seen.sorted('id', reverse=True))
        with self.assertRaises(AccessError):
            lists[1].line_ids[:1].with_user(self.user_editorial).read(['phone'])

    def test_departments_open_their_services(self):
        other = self.make_member("演示另一会员")
        self.assertTrue(self.open_learning(other, user=self.user_training))
        self.service_learning.department_id = self.env.ref('cfia_membership.cfia_department_office')
        another = self.make_member("演示又一会员")
        with self.assertRaises(AccessError):
            self.open_learning(another, user=self.user_training)
        with self.assertRaises(AccessError):
            self.env['cfia.service.usage'].with_user(self.user_editorial).create({
                'entitlement_id': self.learning.id})

    def test_counters_follow_the_rules(self):
        self.assertEqual(self.unit_member.with_user(self.user_editorial).open_entitlement_count, 1)
        self.assertEqual(
            self.unit_member.with_user(self.user_organisation).open_entitlement_count, len(self.at_entry) + 1)
        self.assertEqual(self.service_magazine.with_user(self.user_staff).open_entitlement_count, 0)

    def test_partner_fields_are_for_readers(self):
        for user in (self.user_staff, self.user_accountant, self.user_treasurer, self.user_portal):
            for field in ('entitlement_ids', 'open_entitlement_count'):
                with self.assertRaises(AccessError):
                    self.unit_member.with_user(user).read([field])

    def test_partner_form_opens_for_every_role(self):
        for role in ('staff', 'organisation', 'secretary', 'leader', 'editorial', 'network', 'training',
                     'accountant', 'treasurer', 'auditor', 'manager'):
            user = getattr(self, f'user_{role}')
            partner = self.unit_member.with_user(user)
            view = partner.get_view(self.env.ref('base.view_partner_form').id, 'form')
            self.assertEqual(
                'entitlement_ids' in view['arch'], role not in ('staff', 'accountant', 'treasurer'), role)

    def test_portal_sees_its_own_unit(self):
        other = self.make_member("演示他家会员")
        entitlements = self.Entitlement.with_user(self.user_portal)
        self.assertEqual(entitlements.search([]).partner_id, self.unit_member)
        with self.assertRaises(AccessError):
            other.entitlement_ids.with_user(self.user_portal).read(['state'])
        self.assertEqual(self.env['cfia.service.usage'].with_user(self.user_portal).search([]), self.usage)
        other_usage = self.env['cfia.service.usage'].create({'entitlement_id': self.open_learning(other).id})
        with self.assertRaises(AccessError):
            other_usage.with_user(self.user_portal).read(['quantity'])
