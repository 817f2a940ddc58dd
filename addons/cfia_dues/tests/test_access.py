from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tests.access import AccessMatrixMixin


@tagged('post_install', '-at_install')
class TestAccessMatrix(AccessMatrixMixin, DuesCommon):
    module = 'cfia_dues'


@tagged('post_install', '-at_install')
class TestRules(DuesCommon):

    def test_portal_sees_its_own_unit(self):
        other = self.make_member("演示他家有限公司")
        self.make_dues(self.unit_member + other, 2027)
        seen = self.Line.with_user(self.user_portal).search([])
        self.assertEqual(seen.partner_id, self.unit_member)
        with self.assertRaises(AccessError):
            other.sudo().dues_line_ids.with_user(self.user_portal).read(['amount'])

    def test_partner_fields_are_for_dues_readers(self):
        self.make_dues(self.unit_member, 2027)
        for user in (self.user_organisation, self.user_accountant, self.user_auditor, self.user_leader):
            self.assertTrue(self.unit_member.with_user(user).dues_line_ids)
            self.unit_member.with_user(user).read(['dues_amount_open'])
        for user in (self.user_staff, self.user_editorial, self.user_portal):
            with self.assertRaises(AccessError):
                self.unit_member.with_user(user).read(['dues_amount_open'])

    def test_another_company_sees_nothing(self):
        lines = self.make_dues(self.unit_member, 2027)
        company = self.env['res.company'].create({'name': "演示另一协会"})
        self.user_accountant.write({'company_ids': [(4, company.id)]})
        Line = self.Line.with_user(self.user_accountant)
        self.assertFalse(Line.with_context(allowed_company_ids=company.ids).search([('id', 'in', lines.ids)]))
        self.assertTrue(Line.search([('id', 'in', lines.ids)]))

    def test_accountant_does_the_work(self):
        line = self.Line.with_user(self.user_accountant).create({
            'partner_id': self.unit_member.id, 'year': 2027})
        line.action_bill()
        self.assertEqual(line.state, 'billed')
        receipt = self.make_receipt(remark=line._get_remark()).with_user(self.user_accountant)
        receipt.action_match_dues()
        self.assertEqual(line.state, 'paid')
        receipt.action_unmatch_dues()
        self.assertEqual(line.state, 'billed')

    def test_treasurer_alone_puts_a_standard_in_force(self):
        standard = self.make_standard(2030, in_force=False)
        with self.assertRaises(AccessError):
            standard.with_user(self.user_accountant).action_put_in_force()
        standard.with_user(self.user_treasurer).action_put_in_force()
        self.assertEqual(standard.state, 'in_force')
