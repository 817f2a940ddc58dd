from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon

#: Both roles of each act in one account: what only two people may do together.
ROLES = ('staff', 'organisation', 'secretary_general', 'accountant', 'treasurer')
MINE, OTHER = "演示一人", "演示另一人"


@tagged('post_install', '-at_install')
class TestFourEyes(DuesCommon):
    """What takes two people is not done by one: not alone with every role, not with two accounts.

    Every act is prepared by one account and finished by another; they differ in whether a person stands behind both.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()

        def make(login, **vals):
            return new_test_user(
                cls.env, login=login, groups=','.join(f'cfia_membership.group_cfia_{role}' for role in ROLES), **vals)
        cls.first = make('four_eyes_first', name=MINE, email='mine@association.example')
        cls.second = make('four_eyes_second', name=OTHER, email='other@association.example')
        # second accounts of the first person: told by address, by log-in and by mobile
        cls.by_address = make('four_eyes_address', name=OTHER, email='Mine@Association.example')
        cls.by_login = make('mine@association.example', name=OTHER, email='alias@association.example')
        cls.by_mobile = make('four_eyes_mobile', name=OTHER, email='mobile@association.example')
        cls.first.partner_id.mobile, cls.by_mobile.partner_id.mobile = '139 1234 5678', '13912345678'
        cls.make_dues(cls.unit_member, 2027)

    # each act: prepares as a user, returns the record, what finishes it and how it stands then

    def _prepare_application_act(self, user):
        application = self.make_application("演示四眼有限公司", state='submitted')
        application.check_ids.with_user(user).action_pass()
        application.with_user(user).action_verify()
        return application, 'action_approve', 'approved'

    def _prepare_seal(self, user):
        use = self.env['cfia.seal.use'].with_user(user).create({'subject': "演示公函", 'purpose': "寄送"})
        return use, 'action_approve', 'approved'

    def _prepare_authority(self, user):
        paper = self.env['ir.attachment'].with_user(user).create({'name': "授权书.pdf", 'raw': b'%PDF'})
        authority = self.env['cfia.signing.authority'].with_user(user).create({
            'deputy_id': user.id, 'date_to': '2099-12-31', 'reason': "出差",
            'attachment_ids': [Command.set(paper.ids)]})
        return authority, 'action_grant', 'granted'

    def _prepare_relief(self, user):
        lines = self.unit_member.dues_line_ids.filtered(lambda line: line.state == 'billed')
        relief = self.env['cfia.dues.relief'].with_user(user).create({
            'partner_id': self.unit_member.id, 'line_ids': [Command.set(lines.ids)],
            'kind': 'deferral', 'date_due_new': '2099-12-31', 'reason': "演示困难"})
        return relief, 'action_grant', 'granted'

    def test_one_person_does_not_finish_what_he_began(self):
        for prepare in (self._prepare_application_act, self._prepare_seal, self._prepare_authority, self._prepare_relief):
            record, method, done = prepare(self.first)
            before = record.sudo().state
            for user in (self.first, self.by_address, self.by_login, self.by_mobile):
                with self.subTest(act=record._name, user=user.login), self.assertRaises(UserError), \
                        self.env.cr.savepoint():
                    getattr(record.with_user(user), method)()
                record.invalidate_recordset()
                self.assertEqual(record.sudo().state, before)
            getattr(record.with_user(self.second), method)()
            self.assertEqual(record.sudo().state, done, record._name)
