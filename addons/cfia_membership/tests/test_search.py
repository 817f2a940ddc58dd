import re

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestSearch(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls.env['res.partner'].create({
            'name': "演示搜索齿轮锻造有限公司", 'is_company': True, 'former_name': "演示红星农机厂",
            'uscc': '91320000MAX743957B'})
        cls.env['res.partner']._enter_members([{
            'partner_id': cls.unit.id, 'number': 71234, 'legacy': 'B-71234号', 'date_joined': '2001-05-01'}])
        cls.person = cls.make_contact(
            cls.unit, "演示张工", 'contact', phone='025-8600 1234', mobile='138 0013 9999')

    def find(self, term):
        """Search as the member list does: units only."""
        return self.env['res.partner'].search([
            ('display_name', 'ilike', term), ('member_state', '!=', False), ('is_company', '=', True)])

    def test_every_term_finds_the_unit(self):
        for term in (
            'CFIA-71234', 'cfia71234', '71234', 'ＣＦＩＡ－７１２３４', 'B-71234号', '71234号', '齿轮', '齿轮锻造',
            '农机', '红星农机', '91320000MAX743957B', '91320000max743957b', 'MAX743957B',
            '025-8600 1234', '02586001234', '86001234', '13800139999', '138-0013-9999',
        ):
            with self.subTest(term=term):
                self.assertIn(self.unit, self.find(term))

    def test_a_telephone_finds_person_and_unit(self):
        found = self.env['res.partner'].name_search('13800139999')
        self.assertEqual({partner_id for partner_id, _name in found}, {self.unit.id, self.person.id})

    def test_strangers_are_not_found(self):
        for term in ('71235', '不存在的厂', '02586001235', '91320000MAX7439570'):
            with self.subTest(term=term):
                self.assertNotIn(self.unit, self.find(term))

    def test_rules_hold(self):
        self.env['ir.rule'].create({
            'name': "Test: hide", 'model_id': self.env.ref('base.model_res_partner').id,
            'domain_force': [('id', '!=', self.unit.id)]})
        for term in ('71234', '齿轮锻造', '13800139999'):
            found = self.env['res.partner'].with_user(self.user_staff).search([('display_name', 'ilike', term)])
            self.assertNotIn(self.unit, found)

    def test_plans_use_the_indexes(self):
        """Each branch of the search has its index: none is left to read the whole table."""
        self.env.flush_all()
        # on a few rows a full scan would be cheaper: ask what is possible at all
        self.env.cr.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        for term, expected in (
            ('CFIA-71234', {'member_number_unique', 'member_number_legacy_trigram_idx'}),
            ('齿轮锻造', {'complete_name_trigram_idx', 'former_name_trigram_idx'}),
            ('91320000MAX743957B', {'uscc_trigram_idx', 'vat_trigram_idx'}),
            ('13800139999', {'phone_digits_trigram_idx'}),
        ):
            plan = self.explain(term)
            with self.subTest(term=term):
                for index in expected:
                    self.assertIn(f'res_partner_{index}', plan)
                self.assertNotIn('Seq Scan on res_partner', plan)
                # no column is searched twice
                self.assertEqual(plan.count('res_partner_complete_name_trigram_idx'), 1)

    def explain(self, term):
        query = self.env['res.partner']._search([('display_name', 'ilike', term)], limit=80)
        rows = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
        return re.sub(r'\s+', ' ', '\n'.join(row[0] for row in rows))
