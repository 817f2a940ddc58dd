from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_dues.tests.common import DuesCommon


@tagged('post_install', '-at_install')
class TestStandard(DuesCommon):

    def test_locked_once_used(self):
        self.standard.line_ids[0].amount = 2100
        self.make_dues(self.unit_member, 2027)
        self.assertTrue(self.standard.is_used)
        for change in (
            lambda: self.standard.line_ids[0].write({'amount': 1}),
            self.standard.line_ids[0].unlink,
            lambda: self.standard.rule_ids[0].write({'percent': 10}),
            lambda: self.standard.write({'year_from': 1990}),
            lambda: self.standard.write({'line_ids': [(0, 0, {
                'grade_id': self.env.ref('cfia_membership.cfia_grade_president').id, 'amount': 1})]}),
            lambda: self.standard.write({'present_count': 110}),
            lambda: self.standard.write({'name': "Other"}),
            self.standard.unlink,
            self.standard.action_reset_to_draft,
        ):
            with self.assertRaises(UserError):
                change()
        # what does not price may still be entered
        self.standard.date_published = '2000-01-01'

    def test_new_one_supersedes_from_its_year(self):
        newer = self.make_standard(2030)
        self.make_standard(2028, in_force=False)
        found = self.env['cfia.dues.standard']._get_by_year(self.company, [1999, 2000, 2029, 2030, 2031])
        self.assertEqual(found, {
            1999: self.env['cfia.dues.standard'], 2000: self.standard, 2029: self.standard,
            2030: newer, 2031: newer,
        })

    def test_supersede(self):
        draft = self.env['cfia.dues.standard'].browse(self.standard.action_supersede()['res_id'])
        self.assertEqual(draft.state, 'draft')
        self.assertEqual(sorted(draft.line_ids.mapped('amount')), [2000, 5000])
        self.assertEqual(len(draft.rule_ids), len(self.standard.rule_ids))
        self.assertFalse(draft.entitled_count)
        self.assertEqual(draft.supersedes_id, self.standard)
        draft.action_put_in_force()
        self.assertEqual(self.standard.superseded_by_id, draft)

    def test_last_year(self):
        newer = self.make_standard(2030, year_to=2031)
        found = self.env['cfia.dues.standard']._get_by_year(self.company, [2029, 2030, 2031, 2032])
        self.assertEqual(
            list(found.values()), [self.standard, newer, newer, self.env['cfia.dues.standard']])

    def test_one_standard_a_year(self):
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.make_standard(2000)
            self.env.flush_all()

    def test_needs_amounts(self):
        empty = self.make_standard(2040, in_force=False, line_ids=[])
        with self.assertRaises(UserError):
            empty.action_put_in_force()

    def test_warnings(self):
        self.assertIn("to be published by", self.standard.with_context(lang='en_US').warning)
        self.standard.date_published = '1999-12-20'
        self.assertFalse(self.standard.warning)
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.make_standard(2060, in_force=False, present_count=121)
        for vals in (
            {'present_count': 79, 'vote_count': 79},
            {'vote_count': 45},
            {'ballot': 'hands'},
            {'date_published': '2051-01-01'},
            {'entitled_count': 0, 'present_count': 0, 'vote_count': 0},
        ):
            standard = self.make_standard(2050, in_force=False, **vals)
            self.assertTrue(standard.warning, vals)
        self.assertEqual(str(self.standard.date_publish_by), '1999-12-20')
