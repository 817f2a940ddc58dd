from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import MembershipCommon
from odoo.addons.cfia_membership.models import cfia_read_count
from odoo.addons.cfia_membership.tools.dates import association_today

LIMIT = 3
FIELDS = ['name', 'email', 'phone']


@tagged('post_install', '-at_install')
class TestReadCount(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.cfia_read_limit = LIMIT
        cls.contacts = cls.env['res.partner'].create([
            {'name': f"演示人员{index}", 'parent_id': cls.unit_member.id, 'email': f'p{index}@member.example',
             'phone': '025', 'street': "演示路"}
            for index in range(20)])
        cls.strangers = cls.env['res.partner'].create([
            {'name': f"Supplier {index}", 'email': f's{index}@supplier.example'} for index in range(20)])

    def setUp(self):
        super().setUp()
        CfiaReadCount = self.env.registry['cfia.read.count']

        @contextmanager
        def own_cursor(records):
            # the test's contacts are in this transaction alone
            records.env.flush_all()
            try:
                yield records.env.cr
            finally:
                records.env.invalidate_all()

        self.startPatcher(patch.object(CfiaReadCount, '_own_cursor', own_cursor))
        self.startPatcher(patch.object(cfia_read_count, 'BATCH', 1))
        self.startPatcher(patch.dict(cfia_read_count._tallies, clear=True))

    def get_count(self, user):
        return self.env['cfia.read.count'].search([('user_id', '=', user.id)])

    def as_user(self, user):
        return self.env['res.partner'].with_user(user).browse(self.contacts.ids)

    def test_course_of_a_day(self):
        contacts = self.as_user(self.user_staff)
        contacts[:LIMIT].read(FIELDS)
        self.assertRecordValues(self.get_count(self.user_staff), [{
            'row_count': LIMIT, 'state': 'quiet', 'date': association_today()}])
        contacts[:LIMIT].read(FIELDS)
        self.assertEqual(self.get_count(self.user_staff).row_count, LIMIT, "each contact counts once a day")
        contacts[:LIMIT + 1].read(FIELDS)
        self.assertEqual(self.get_count(self.user_staff).state, 'noted')
        with self.assertRaises(RedirectWarning):
            contacts[:2 * LIMIT + 1].read(FIELDS)
        with self.assertRaises(RedirectWarning):
            contacts[:2 * LIMIT + 1].read(FIELDS)
        self.assertEqual(self.get_count(self.user_staff).row_count, LIMIT + 1, "what was not given counts not")
        self.env['cfia.read.purpose'].with_user(self.user_staff).create({'purpose': "演示电话回访"}).action_confirm()
        contacts[:2 * LIMIT + 1].read(FIELDS)
        self.assertRecordValues(self.get_count(self.user_staff), [{
            'row_count': 2 * LIMIT + 1, 'state': 'purpose', 'purpose': "演示电话回访"}])
        try:
            # the test's own way would undo what the other cursor keeps
            contacts[:5 * LIMIT + 1].read(FIELDS)
            self.fail("nothing was refused")
        except UserError:
            pass
        self.assertEqual(self.get_count(self.user_staff).state, 'refused')
        contacts[:LIMIT].read(FIELDS)
        with self.assertRaises(UserError):
            self.get_count(self.user_staff).with_user(self.user_organisation).action_allow_more()
        self.get_count(self.user_staff).with_user(self.user_manager).action_allow_more()
        contacts[:5 * LIMIT + 1].read(FIELDS)
        self.assertEqual(self.get_count(self.user_staff).allowed_by_id, self.user_manager)

    def test_every_method(self):
        ids = self.contacts.ids
        domain = [('id', 'in', ids)]
        specification = {name: {} for name in FIELDS}
        ways = {
            'read': lambda model: model.browse(ids).read(FIELDS),
            'search_read': lambda model: model.search_read(domain, FIELDS),
            'web_read': lambda model: model.browse(ids).web_read(specification),
            'web_search_read': lambda model: model.web_search_read(domain, specification),
            'web_name_search': lambda model: model.web_name_search("演示人员", specification, domain),
            'formatted_read_group': lambda model: model.formatted_read_group(domain, ['email'], ['__count']),
            'array of a group': lambda model: model.formatted_read_group(domain, ['active'], ['email:array_agg']),
            'grouping sets': lambda model: model.formatted_read_grouping_sets(domain, [['email']], ['__count']),
            'web_read_group': lambda model: model.web_read_group(
                domain, ['active'], auto_unfold=True, unfold_read_specification=specification,
                unfold_read_default_limit=100),
            'read_progress_bar': lambda model: model.read_progress_bar(
                domain, 'email', {'field': 'type', 'colors': {'contact': 'success'}}),
            'copy_data': lambda model: model.browse(ids).copy_data(),
            'names with addresses': lambda model: model.with_context(show_address=True).browse(ids).read(['display_name']),
            'names with e-mail': lambda model: model.with_context(show_email=True).name_search("演示人员", domain, limit=100),
            'mentions': lambda model: model.get_mention_suggestions("演示人员", limit=100),
            'lines of a dialog': lambda model: model.env['mail.compose.message'].onchange(
                {'partner_ids': [Command.set(ids)]}, [], {'partner_ids': {'fields': specification}}),
        }
        for way, take in ways.items():
            with self.subTest(way=way):
                self.env.invalidate_all()
                with self.env.cr.savepoint() as savepoint:
                    try:
                        take(self.env['res.partner'].with_user(self.user_auditor))
                    except (UserError, RedirectWarning):
                        savepoint.rollback()
                    else:
                        self.fail("nothing was counted")
        self.assertEqual(self.get_count(self.user_auditor).row_count, 0)

    def test_through_other_models(self):
        self.env['mail.followers'].search([]).unlink()
        self.unit_member.message_subscribe(self.contacts.ids)
        with self.assertRaises(UserError):
            self.env['mail.followers'].with_user(self.user_auditor).search_read(
                [('partner_id', 'in', self.contacts.ids)], ['email'])
        users = self.env['res.users'].browse(
            new_test_user(self.env, login=f'cfia_read_{index}', groups='base.group_portal', email=f'u{index}@x.example').id
            for index in range(20))
        users.partner_id.parent_id = self.unit_member
        with self.assertRaises(UserError):
            users.with_user(self.user_auditor).read(['email'])

    def test_others_are_not_counted(self):
        strangers = self.strangers.with_user(self.user_staff)
        strangers.read(FIELDS)
        self.assertEqual(self.get_count(self.user_staff).row_count, 0)
        # names alone, as every list shows them
        self.as_user(self.user_staff).read(['name', 'display_name', 'city'])
        self.env['res.partner'].with_user(self.user_staff).formatted_read_group([], ['state_id'], ['__count'])
        self.assertEqual(self.get_count(self.user_staff).row_count, 0)
        self.contacts.read(FIELDS)
        self.as_user(self.user_portal)[:1].read(['name', 'email'])
        self.assertFalse(self.get_count(self.user_portal))

    def test_who_hands_out_data_says_the_purpose(self):
        contacts = self.as_user(self.user_organisation)
        with self.assertRaises(RedirectWarning):
            contacts.read(FIELDS)
        self.env['cfia.read.purpose'].with_user(self.user_organisation).create({'purpose': "年会通知"}).action_confirm()
        contacts.read(FIELDS)
        self.assertRecordValues(self.get_count(self.user_organisation), [{'row_count': 20, 'state': 'purpose'}])

    def test_pages_cause_no_query(self):
        with patch.object(cfia_read_count, 'BATCH', 100):
            contacts = self.as_user(self.user_staff)
            self.env.invalidate_all()
            contacts.read(['name', 'city'])
            with patch.object(self.env.registry['cfia.read.count'], '_write_count') as write:
                # fetched with the first ones: counting alone would query
                with self.assertQueryCount(1):
                    contacts.read(['name', 'email'])
            write.assert_not_called()

    def test_count_is_nobodys_to_write(self):
        contacts = self.as_user(self.user_staff)
        contacts[:2].read(FIELDS)
        count = self.get_count(self.user_staff)
        for user in (self.user_staff, self.user_organisation, self.user_manager):
            with self.assertRaises(UserError):
                count.with_user(user).write({'row_count': 0})
            with self.assertRaises(UserError):
                count.with_user(user).unlink()
        with self.assertRaises(UserError):
            count.with_user(self.user_staff).action_allow_more()
        own = self.env['cfia.read.count'].create({'user_id': self.user_manager.id, 'date': association_today()})
        with self.assertRaises(UserError):
            own.with_user(self.user_manager).action_allow_more()

    def test_earlier_days_are_forgotten(self):
        self.env.cr.execute("INSERT INTO cfia_read_seen VALUES (%s, '2020-01-01', 'res.partner', 1)", [self.user_staff.id])
        self.env['cfia.read.count']._gc_seen()
        self.env.cr.execute("SELECT count(*) FROM cfia_read_seen WHERE day = '2020-01-01'")
        self.assertEqual(self.env.cr.fetchone()[0], 0)
