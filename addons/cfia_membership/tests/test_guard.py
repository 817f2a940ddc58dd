from datetime import date

from freezegun import freeze_time
from lxml import etree

from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import MembershipCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestGuard(MembershipCommon):
    """What the suite's own steps write is written by nothing else, whichever way it comes."""

    def _make_draft(self, **vals):
        return self.env['cfia.signing.authority'].with_user(self.user_secretary).create({
            'deputy_id': self.user_staff.id, 'date_to': '2099-12-31', 'reason': "出差", **vals})

    def test_create_takes_no_guarded_value(self):
        with self.assertRaisesRegex(UserError, "State"):
            self._make_draft(state='granted')

    def test_default_of_the_context_is_not_taken(self):
        authority = self.env['cfia.signing.authority'].with_user(self.user_secretary).with_context(
            default_state='granted', default_granted_by_id=self.user_secretary.id).create({
                'deputy_id': self.user_staff.id, 'date_to': '2099-12-31', 'reason': "出差"})
        self.assertRecordValues(authority, [{'state': 'draft', 'granted_by_id': False}])

    def test_default_of_a_user_is_not_taken(self):
        self.env['ir.default'].with_user(self.user_secretary).set(
            'cfia.signing.authority', 'state', 'granted', user_id=True)
        self.assertEqual(self._make_draft().state, 'draft')

    def test_import_takes_no_guarded_value(self):
        result = self.env['cfia.signing.authority'].with_user(self.user_secretary).load(
            ['deputy_id/.id', 'date_to', 'reason', 'state'],
            [[str(self.user_staff.id), '2099-12-31', "出差", 'granted']])
        self.assertFalse(result['ids'])
        self.assertIn("State", result['messages'][0]['message'])

    def test_command_of_a_parent_is_judged(self):
        application = self.make_application("演示命令有限公司", state='submitted')
        check = application.check_ids[:1]
        with self.assertRaisesRegex(UserError, "Checked By"):
            application.with_user(self.user_organisation).write({
                'check_ids': [Command.update(check.id, {'checked_by_id': self.user_secretary.id})]})

    def test_superuser_mode_opens_nothing(self):
        with self.assertRaisesRegex(UserError, "State"):
            self._make_draft().sudo().state = 'granted'

    def test_token_opens(self):
        authority = self._make_draft()
        unlocked(authority).state = 'granted'
        self.assertEqual(authority.state, 'granted')
        with self.assertRaisesRegex(UserError, "Reason"):
            authority.reason = "改"

    def test_what_changes_nothing_passes(self):
        authority = self._make_draft()
        authority.write({'state': 'draft', 'name': authority.name, 'reason': "改"})
        self.assertEqual(authority.reason, "改")

    def test_flag_of_a_client_opens_nothing(self):
        with self.assertRaises(UserError):
            self._make_draft().with_context(cfia_guard=True, install_mode=True).state = 'granted'

    def test_contact_of_a_member_by_a_default(self):
        editor = new_test_user(
            self.env, login='cfia_contacts', email='contacts@association.example',
            groups='cfia_membership.group_cfia_staff,base.group_partner_manager')
        with self.assertRaisesRegex((UserError, RedirectWarning), "organisation department keeps its data"):
            self.env['res.partner'].with_user(editor).with_context(
                default_parent_id=self.unit_member.id).create({'name': "演示塞入"})

    def test_member_stands_by_itself(self):
        """Not even 组织部 archives a member or makes it a part of another unit, which would read it."""
        unit, other = self.unit_member.with_user(self.user_organisation), self.make_member("演示母公司有限公司")
        for vals in ({'active': False}, {'parent_id': other.id}, {'is_company': False}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "stands by itself"), self.env.cr.savepoint():
                unit.write(vals)
        unit.write({'active': True, 'parent_id': False})
        unlocked(self.unit_member).member_state = 'withdrawn'
        unit.active = False
        self.assertFalse(self.unit_member.active)

    def test_copy_begins_anew(self):
        authority = self._make_draft()
        unlocked(authority).state = 'granted'
        self.assertEqual(authority.copy().state, 'draft')


@tagged('post_install', '-at_install')
class TestSeenThenSigned(MembershipCommon):
    """Nobody signs what he was not shown."""

    def _open_dialog(self, application):
        return self.env['cfia.membership.application.sign'].with_user(self.user_secretary).create({
            'application_id': application.id, 'enterprise_category_id': application.enterprise_category_id.id})

    def test_dialog_signs_what_it_showed(self):
        application = self.make_application("演示先阅后签有限公司", state='verified')
        self._open_dialog(application).action_confirm()
        self.assertEqual(application.state, 'approved')
        self.assertTrue(application.is_content_intact)

    def test_dialog_refuses_what_changed_meanwhile(self):
        application = self.make_application("演示先阅后签二有限公司", state='verified')
        dialog = self._open_dialog(application)
        unlocked(application).name = "演示从未出示有限公司"
        with self.assertRaisesRegex(UserError, "changed since you opened it"):
            dialog.action_confirm()

    def test_signature_covers_the_unit(self):
        application = self.make_application("演示换单位有限公司", state='verified')
        before = application._get_content_hash()
        with self.assertRaisesRegex(UserError, "Unit Record"):
            application.with_user(self.user_organisation).partner_id = self.unit_member
        unlocked(application).partner_id = self.unit_member
        self.assertNotEqual(application._get_content_hash(), before)
        with self.assertRaisesRegex(UserError, "is a member already"):
            application.with_user(self.user_secretary).action_approve()

    def test_one_person_with_two_accounts_is_one(self):
        application = self.make_application("演示两账号有限公司", state='verified')
        self.user_secretary.email = application.verified_by_id.email = 'one@association.example'
        with self.assertRaisesRegex(UserError, "Another person has to sign it"):
            application.with_user(self.user_secretary).action_approve()

    def test_authority_is_granted_as_it_was_shown(self):
        authority = self.env['cfia.signing.authority'].with_user(self.user_secretary).create({
            'deputy_id': self.user_staff.id, 'date_to': '2099-12-31', 'reason': "出差"})
        shown = authority.with_context(cfia_shown_hash=authority.shown_hash)
        authority.reason = "改"
        with self.assertRaisesRegex(UserError, "changed since you opened it"):
            shown.action_grant()

    def test_seal_is_approved_as_it_was_shown(self):
        use = self.env['cfia.seal.use'].with_user(self.user_staff).create({'subject': "演示公函", 'purpose': "寄送"})
        shown = use.with_user(self.user_secretary).with_context(cfia_shown_hash=use.shown_hash)
        use.copies = 9
        with self.assertRaisesRegex(UserError, "changed since you opened it"):
            shown.action_approve()
        use.invalidate_recordset()
        shown.with_context(cfia_shown_hash=use.shown_hash).action_approve()
        self.assertEqual((use.state, len(use.content_hash)), ('approved', 64))

    def test_release_is_made_as_it_was_shown(self):
        with freeze_time('2027-03-02 04:00:00'):
            bulletin = self.env['cfia.bulletin'].create({'date': '2027-02-01'})
            bulletin.action_count()
            shown = bulletin.with_context(cfia_shown_hash=bulletin.shown_hash)
            event = unlocked(self.unit_member)._record_member_event('data', date(2027, 2, 10))
            with self.assertRaisesRegex(UserError, "changed since you opened it"), self.env.cr.savepoint():
                shown.action_release()
            self.assertTrue(event)
            bulletin.action_count()
            bulletin.invalidate_recordset()
            bulletin.with_context(cfia_shown_hash=bulletin.shown_hash).action_release()
        self.assertEqual(bulletin.state, 'released')


@tagged('post_install', '-at_install')
class TestButtons(MembershipCommon):
    """Who may not write a record is shown no button that would refuse him."""

    def get_buttons(self, model, user, view_type='form'):
        arch = etree.fromstring(self.env[model].with_user(user).get_view(view_type=view_type)['arch'])
        return {button.get('name') for button in arch.iter('button') if button.get('type') == 'object'}

    def test_acts_are_for_those_who_may_write(self):
        for model, act in (
                ('cfia.data.survey', 'action_remind'), ('cfia.recruitment.mailing', 'action_close'),
                ('cfia.referral.call', 'action_open'), ('cfia.data.survey.recipient', 'action_enter_change')):
            self.assertIn(act, self.get_buttons(model, self.user_organisation), model)
            for user in (self.user_secretary, self.user_auditor):
                buttons = self.get_buttons(model, user)
                self.assertNotIn(act, buttons, model)
        # what only shows something stays
        self.assertIn('action_view_recipients', self.get_buttons('cfia.data.survey', self.user_secretary))

    def test_acts_of_readers_stay(self):
        """Leaders acknowledge what they may not write, and so do all acts that look for themselves who presses."""
        self.assertFalse(self.env['cfia.change.release'].with_user(self.user_leader).has_access('write'))
        self.assertIn('action_acknowledge', self.get_buttons('cfia.change.release', self.user_leader))

    def test_lists_in_forms_are_judged_by_their_own_model(self):
        self.assertFalse(self.env['cfia.prospect.import.row'].with_user(self.user_auditor).has_access('write'))
        self.assertIn('action_merge', self.get_buttons('cfia.prospect.import', self.user_organisation))
        self.assertNotIn('action_import', self.get_buttons('cfia.prospect.import', self.user_auditor))

    def test_who_copies_a_contact_is_who_had_it(self):
        log = self.env['cfia.contact.log'].with_user(self.user_organisation).create(
            {'partner_id': self.unit_member.id, 'kind': 'call', 'subject': "演示"})
        self.assertEqual(log.with_user(self.user_training).copy().user_id, self.user_training)
