import base64
from datetime import timedelta

from odoo.fields import Command
from odoo.modules.neutralize import neutralize_database
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.cfia_membership.tests.test_roster_parse import make_row, make_workbook
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.modules import MODULES_PARAMETER


@tagged('post_install', '-at_install')
class TestGoLive(TransactionCase):
    """From a database without demo data to the first member signed, step by step, as docs/go-live says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, 'tracking_disable': True, 'no_reset_password': True, 'lang': 'zh_CN'})
        cls.today = association_today()
        cls.manager = new_test_user(
            cls.env, login='cfia_golive_manager', groups='cfia_membership.group_cfia_manager,base.group_system',
            name="演示上线管理员", email='manager@association.example', lang='zh_CN')
        cls.env['ir.mail_server'].search([]).active = False
        cls.env.company.partner_id.write(dict.fromkeys(('street', 'city', 'zip', 'phone', 'email'), False))

    def see(self):
        """Return what the manager sees: key → status."""
        action = self.env['cfia.golive'].with_user(self.manager).action_open()
        self.golive = self.env['cfia.golive'].with_user(self.manager).browse(action['res_id'])
        return {step.key: step.state for step in self.golive.step_ids}

    def assertDone(self, *keys):
        states = self.see()
        for key in keys:
            step = self.golive.step_ids.filtered(lambda step, key=key: step.key == key)
            self.assertEqual((key, states[key]), (key, 'done'), step.detail)

    def make_user(self, role, **vals):
        return new_test_user(
            self.env, login=f'cfia_golive_{role}', groups=f'cfia_membership.group_cfia_{role}', lang='zh_CN',
            name=f"演示上线{role}", email=f'{role}@association.example', **vals)

    def test_from_nothing_to_the_first_member(self):
        states = self.see()
        self.assertEqual(
            {key: states[key] for key in ('company', 'mail', 'departments', 'roster', 'portal', 'first', 'opening', 'dues_standard')},
            {'company': 'open', 'mail': 'open', 'departments': 'open', 'roster': 'blocked', 'portal': 'blocked',
             'first': 'blocked', 'opening': 'blocked', 'dues_standard': 'blocked'})
        self.assertEqual((states['grades'], states['privacy']), ('done', 'done'))
        self.assertIn("代表大会届次", "".join(
            self.golive.step_ids.filtered(lambda step: step.key == 'roster').mapped('blocker')))
        for step in self.golive.step_ids:
            with self.subTest(step=step.key):
                self.assertIn('res_model', step.action_open())
        # association
        self.env.company.write({
            'street': "演示路1号", 'city': "北京市", 'zip': '100000', 'phone': '010-00000000',
            'email': 'info@association.example', 'country_id': self.env.ref('base.cn').id})
        self.env.company.partner_id.lang = 'zh_CN'
        self.env['ir.mail_server'].create({'name': "演示", 'smtp_host': 'mail.association.example'})
        self.env['ir.config_parameter'].set_param(
            MODULES_PARAMETER, ','.join(self.env['ir.module.module']._get_unlisted().mapped('name')))
        self.assertEqual(states['address'], 'open')
        parameters = self.env['ir.config_parameter']
        parameters.set_param('web.base.url', 'https://members.association.example')
        parameters.set_param('web.base.url.freeze', False)
        self.assertEqual(self.see()['address'], 'open')
        parameters.set_param('web.base.url.freeze', 'True')
        self.assertDone('company', 'address', 'mail', 'modules')
        # people
        organisation = self.make_user('organisation')
        secretary = self.make_user('secretary_general')
        treasurer = self.make_user('treasurer')
        self.env.ref('cfia_membership.cfia_department_organisation').user_ids = organisation
        self.env.company.cfia_secretary_general_id = secretary
        self.assertDone('departments', 'roles')
        self.env['ir.config_parameter'].set_param('web.base.url', 'https://members.association.example')
        self.env['ir.config_parameter'].set_param('web.base.url.freeze', 'True')
        self.assertDone('address')
        # rules
        congress = self.env['cfia.congress'].create({
            'name': "第七届", 'number': 7, 'date_start': self.today.replace(month=1, day=1),
            'date_end': self.today.replace(year=self.today.year + 4, month=12, day=31)})
        settings = self.env['res.config.settings'].with_user(self.manager).create({
            'cfia_number_prefix': 'CFIA-', 'cfia_number_width': 5, 'cfia_date_in_force': self.today})
        settings.execute()
        grade = self.env.ref('cfia_membership.cfia_grade_member')
        standard = self.env['cfia.dues.standard'].create({
            'name': "演示会费标准", 'congress_id': congress.id, 'date': self.today - timedelta(days=60),
            'entitled_count': 120, 'present_count': 90, 'vote_count': 80, 'year_from': self.today.year, 'is_course_agreed': True,
            'line_ids': [Command.create({'grade_id': grade.id, 'amount': 2000})]})
        standard.action_put_in_force()
        self.env['res.partner.bank'].create({
            'acc_number': '演示0001', 'partner_id': self.env.company.partner_id.id})
        self.assertDone('congress', 'number', 'in_force', 'dues_standard', 'dues_course', 'bank', 'services', 'editions')
        # members of old
        roster = self.env['cfia.roster.import'].with_user(organisation).create({
            'file': base64.b64encode(make_workbook(
                make_row(101, "江苏演示上线甲有限公司", paid_to=self.today.year - 2), make_row(102, "江苏演示上线乙有限公司"))),
            'filename': "名册.xlsx"})
        self.assertEqual(self.see()['roster'], 'open')
        roster.action_check()
        roster.action_import()
        members = self.env['res.partner'].search([('member_number', 'in', ('CFIA-00101', 'CFIA-00102'))], order='member_number')
        self.assertEqual(len(members), 2)
        review = self.env['cfia.review.item'].search([('state', '=', 'open')])
        if review:
            self.assertEqual(self.see()['review'], 'open')
            review.with_user(organisation).note = "演示核对"
            review.with_user(organisation).action_dismiss()
        self.assertDone('roster', 'review')
        # certificates issued before: one is taken over, the other is reissued with its number
        step = self.golive.step_ids.filtered(lambda step: step.key == 'certificates')
        self.assertEqual(step.state, 'open')
        gap = self.env['res.partner'].search(step.action_open()['domain'])
        self.assertEqual(gap, members)
        takeover = self.env['cfia.certificate.takeover'].with_user(organisation).with_context(
            active_model='res.partner', active_ids=members[0].ids).create({})
        self.assertEqual(takeover.date_end, congress.date_end)
        takeover.action_confirm()
        self.assertEqual(self.env['res.partner'].search(self.env['res.partner']._get_certificate_gap_domain()), members[1])
        members[1].with_user(organisation)._issue_certificates('renewal')
        self.assertEqual(
            self.env['cfia.document'].search([('partner_id', '=', members[1].id), ('kind', '=', 'certificate')]).name,
            'CFIA-00102')
        # opening balances
        opening = self.env['cfia.dues.opening'].create({
            'date': self.today.replace(month=1, day=1) - timedelta(days=1), 'amount_books': 2000,
            'account_id': self.env['account.account'].search([
                ('company_ids', 'in', self.env.company.id), ('account_type', '=', 'equity')], limit=1).id,
            'row_ids': [Command.create({
                'partner_id': members[0].id, 'year': self.today.year - 1, 'kind': 'owed', 'amount': 2000})]})
        opening.with_user(treasurer).action_sign()
        opening.with_user(treasurer).action_post()
        self.assertDone('certificates', 'opening')
        # invitations
        members[0].email = 'unit@member.example'
        invitation = self.env['cfia.portal.invitation'].with_user(organisation).create({})
        invitation.action_start()
        self.assertEqual(self.see()['portal'], 'open')
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref('cfia_membership.ir_cron_cfia_portal_invitation').method_direct_trigger()
        self.env.invalidate_all()
        self.assertDone('portal')
        # the first member
        application = self.env['cfia.membership.application'].with_user(organisation).create({
            'name': "江苏演示上线首家有限公司", 'legal_representative': "演示法人",
            'enterprise_category_id': self.env.ref('cfia_membership.cfia_enterprise_category_die_forging').id,
            'ownership_id': self.env.ref('cfia_membership.cfia_ownership_private').id,
            'state_id': self.env.ref('base.state_cn_JS').id, 'representative_name': "演示代表", 'contact_name': "演示联系人",
            'contact_email': 'first@member.example', 'grade_id': grade.id, 'is_committed': True, 'is_informed': True})
        application.action_submit()
        application.check_ids.action_pass()
        application.action_verify()
        application.with_user(secretary).action_approve()
        self.assertEqual(application.partner_id.member_number, 'CFIA-00103')
        self.assertEqual(set(self.see().values()), {'done'})
        self.assertEqual(self.golive.progress, 100)

    def test_nothing_is_ticked_by_hand(self):
        self.see()
        step = self.golive.step_ids.filtered(lambda step: step.key == 'company')
        step.state = 'done'
        self.golive.action_refresh()
        self.assertEqual(self.golive.step_ids.filtered(lambda step: step.key == 'company').state, 'open')

    def test_copy_for_rehearsal_sends_nothing(self):
        mail = self.env['mail.mail'].create({'email_to': 'x@member.example', 'state': 'outgoing'})
        self.env['ir.mail_server'].create({'name': "演示", 'smtp_host': 'mail.association.example'})
        self.env.flush_all()
        neutralize_database(self.env.cr)
        self.env.invalidate_all()
        self.assertEqual(mail.state, 'cancel')
        self.env.registry.clear_cache()
        self.assertTrue(self.env['cfia.document']._is_address_public(), "papers are tried, too")
        self.assertEqual(self.env['ir.mail_server'].search([]).mapped('smtp_host'), ['invalid'])
        crons = self.env['ir.cron'].search([])
        self.assertEqual(crons, self.env.ref('base.autovacuum_job'))
