import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tests.sheets import to_xlsx
from odoo.addons.cfia_membership.tests.test_roster_parse import make_row, make_workbook

FIRST = 96_000
NAMES = [f"演示撤回{at}号锻造有限公司" for at in range(3)]
TABLES = ('res_partner', 'cfia_member_number', 'cfia_member_event', 'cfia_member_file', 'cfia_review_item')


@tagged('post_install', '-at_install')
class TestListTakeBack(MembershipCommon):
    """A wrong list of units goes as it came, as long as nothing was built on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_manager = new_test_user(
            cls.env, 'take_back_manager', groups='cfia_membership.group_cfia_manager', email='take_back_manager@demo.example')

    def import_roster(self, *rows):
        rows = rows or [
            *(make_row(FIRST + at, name, email=f'm{at}@member.example') for at, name in enumerate(NAMES)),
            make_row(FIRST + 8, "演示疑问有限公司", joined='2010'), make_row(FIRST + 9, NAMES[0])]
        roster = self.env['cfia.roster.import'].with_user(self.user_organisation).create(
            {'file': base64.b64encode(make_workbook(*rows)), 'filename': "错名册.xlsx"})
        roster.action_check()
        roster.action_import()
        return roster.with_user(self.user_manager)

    def find_unit(self, name=NAMES[0]):
        return self.env['res.partner'].search([('name', '=', name)])

    def count(self):
        self.env.flush_all()
        counts = []
        for table in TABLES:
            self.env.cr.execute(f"SELECT COUNT(*) FROM {table}")  # pylint: disable=sql-injection
            counts += self.env.cr.fetchone()
        return counts

    def test_a_roster_goes_as_it_came(self):
        before = self.count()
        roster = self.import_roster()
        rows = roster.row_ids
        self.assertTrue(self.find_unit().member_number)
        self.assertIn('questioned', rows.mapped('state'))
        self.assertTrue(self.env['cfia.member.number'].search([('value', '=', FIRST + 9), ('origin', '=', 'reserved')]))
        roster.action_take_back()
        self.assertEqual(self.count(), before)
        self.assertEqual((roster.state, len(rows.exists()), bool(roster.file)), ('undone', 5, True))
        self.assertFalse(rows.partner_id)
        # what went is told, and the list stays as it is
        for act in (roster.action_take_back, roster.with_user(self.user_organisation).action_import):
            with self.assertRaisesRegex(UserError, "错名册"):
                act()
        with self.assertRaises(UserError):
            roster.with_user(self.user_organisation).write({'filename': "x.xlsx"})
        # the right list gives the same numbers to others
        again = self.import_roster(make_row(FIRST, "演示撤回正确锻造有限公司"), make_row(FIRST + 9, "演示又一家有限公司"))
        self.assertEqual((again.accepted_count, again.rejected_count), (2, 0))

    def test_who_takes_back(self):
        roster = self.import_roster()
        for user in (self.user_organisation, self.user_leader, self.user_staff):
            with self.assertRaises(AccessError):
                roster.with_user(user).action_take_back()
        self.assertTrue(self.find_unit())

    def test_nothing_goes_on_which_something_was_built(self):
        roster = self.import_roster()
        unit = self.find_unit()
        other = self.find_unit(NAMES[1])
        built = {
            "a letter": lambda: self.env['cfia.document']._issue('entry_notice', [{'partner_id': other.id}]),
            "a change": lambda: unit.with_user(self.user_organisation).write({'street': "演示新路1号"}),
            "an exit": lambda: unit._leave('withdrawn'),
            "a log": lambda: self.env['cfia.contact.log'].with_user(self.user_organisation).create(
                {'partner_id': unit.id, 'kind': 'call', 'subject': "x", 'summary': "x"}),
            "a place": lambda: self.env['cfia.member.file'].search([('partner_id', '=', unit.id)]).write({'place': "A1"}),
            "a referral": lambda: self.env['res.partner'].create(
                {'name': "演示被推荐有限公司", 'is_company': True, 'prospect_source': 'other', 'referrer_id': unit.id}),
            "a user": lambda: self.env['res.users'].create({'name': unit.name, 'login': 'x@x.example', 'partner_id': unit.id}),
            "an answer": lambda: self.env['cfia.review.item'].search([('import_id', '=', roster.id)])._close('dismissed'),
        }
        for what, build in built.items():
            with self.subTest(what=what), self.env.cr.savepoint() as savepoint:
                build()
                before = self.count()
                with self.assertRaisesRegex(UserError, "演示"):
                    roster.action_take_back()
                self.assertEqual(self.count(), before)
                savepoint.rollback()
            self.env.invalidate_all()
        roster.action_take_back()
        self.assertFalse(self.find_unit())

    def test_a_unit_that_was_known_stays(self):
        known = self.env['res.partner'].create({'name': NAMES[0], 'is_company': True})
        roster = self.import_roster()
        self.assertEqual(known.member_state, 'member')
        with self.assertRaisesRegex(UserError, NAMES[0]):
            roster.action_take_back()
        self.assertEqual(len(self.find_unit(NAMES[1])), 1)

    def test_the_same_list_twice(self):
        before = self.count()
        first, second = self.import_roster(), self.import_roster()
        second.action_take_back()
        self.assertEqual(len(self.find_unit()), 1)
        first.action_take_back()
        self.assertEqual(self.count(), before)

    def test_contact_targets(self):
        def import_targets(*names):
            roster = self.env['cfia.prospect.import'].with_user(self.user_organisation).create({
                'file': base64.b64encode(to_xlsx([["单位名称", "联系人", "手机"], *([name, "演示甲", '13900000001'] for name in names)])),
                'filename': "错观众.xlsx", 'source': 'visitor'})
            roster.action_import()
            return roster.with_user(self.user_manager)

        before = self.count()
        roster = import_targets(*NAMES)
        self.assertEqual(self.find_unit().member_state, 'prospect')
        with self.assertRaises(AccessError):
            roster.with_user(self.user_organisation).action_take_back()
        again = import_targets(NAMES[0])
        again.with_user(self.user_organisation).row_ids.action_merge()
        with self.assertRaisesRegex(UserError, NAMES[0]):
            again.action_take_back()
        roster.action_take_back()
        self.assertEqual(self.count(), before)
        self.assertEqual(roster.state, 'undone')
