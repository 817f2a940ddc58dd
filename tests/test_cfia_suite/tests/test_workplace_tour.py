from odoo.tests import tagged

from odoo.addons.test_cfia_suite.tests.common import AMOUNT, JourneyCommon

SIZES = {'desk': '1400x900', 'telephone': '390x844'}
FIRST_TIMEOUT = 180  # the first tour waits for the assets


@tagged('post_install', '-at_install')
class TestWorkplaceTour(JourneyCommon):
    """What people do from their start screen, on the desk and on the telephone."""

    def _start(self, size, *args, **kwargs):
        self.browser_size = SIZES[size]
        self.touch_enabled = size == 'telephone'
        self.start_tour(*args, timeout=FIRST_TIMEOUT, **kwargs)

    def _sign(self, size):
        application = self.make_application("演示工作台申请有限公司", state='verified')
        self._start(size, '/odoo/member-work', 'cfia_workplace_sign', login=self.user_secretary.login)
        self.assertRecordValues(application, [{'state': 'approved', 'approved_by_id': self.user_secretary.id}])

    def _verify(self, size):
        application = self.make_application("演示工作台核实有限公司", state='submitted')
        self._start(size, '/odoo/member-work', 'cfia_workplace_verify', login=self.user_organisation.login)
        self.assertRecordValues(application, [{'state': 'verified', 'verified_by_id': self.user_organisation.id}])

    def _claim(self, size):
        unit = self.make_member("演示工作台会员有限公司")
        line = self.env['cfia.dues.line'].search([('partner_id', '=', unit.id)]) or self._bill(unit)
        receipt = self.env['account.bank.statement.line'].create({
            'journal_id': self.bank_journal.id, 'date': self.today, 'amount': AMOUNT, 'payment_ref': "会费",
            'partner_name': "演示工作台会员有限公司财务部"})
        receipt.action_match_dues()
        self.assertFalse(receipt.is_reconciled)
        self._start(size, '/odoo/member-work', 'cfia_workplace_claim', login=self.user_accountant.login)
        self.assertRecordValues(receipt, [{'dues_match': 'manual', 'dues_member_id': unit.id}])
        self.assertEqual(line.state, 'paid')

    def _reconcile(self, size):
        receipt = self.env['account.bank.statement.line'].create({
            'journal_id': self.bank_journal.id, 'date': self.today, 'amount': 70, 'payment_ref': "演示不明款项",
            'partner_name': "演示不明付款人"})
        receipt.action_match_dues()
        self.assertFalse(receipt.is_reconciled)
        self._start(size, '/odoo/dues-reconciliation', 'cfia_dues_reconcile', login=self.user_accountant.login)

    def _bill(self, unit):
        line = self.env['cfia.dues.line']._open(unit, self.today.year)
        line.action_bill()
        return line

    def _reply(self, size):
        self.env.ref('cfia_membership.cfia_department_training').user_ids = self.user_training
        need = self.env['cfia.need'].create({
            'name': "演示工作台需求", 'description': "演示培训", 'partner_id': self.unit_member.id,
            'kind_id': self.env.ref('cfia_services.cfia_need_kind_training').id})
        self._start(size, '/odoo/member-work', 'cfia_workplace_reply', login=self.user_training.login)
        self.assertRecordValues(need, [{'state': 'replied', 'replied_by_id': self.user_training.id}])
        self.assertIn("已安排培训", need.reply)

    def _confirm(self, size):
        survey = self.env['cfia.data.survey'].with_user(self.user_organisation).create({
            'kind': 'basic', 'year': 2031})
        survey.action_open()
        self._start(size, '/my/membership', 'cfia_portal_confirm', login=self.user_portal.login)
        recipient = survey.recipient_ids.filtered(lambda recipient: recipient.partner_id == self.unit_member)
        self.assertRecordValues(recipient, [{'state': 'responded'}])

    def test_secretary_general_signs_with_two_clicks_desk(self):
        self._sign('desk')

    def test_secretary_general_signs_with_two_clicks_telephone(self):
        self._sign('telephone')

    def test_organisation_department_verifies_desk(self):
        self._verify('desk')

    def test_organisation_department_verifies_telephone(self):
        self._verify('telephone')

    def test_accountant_claims_a_payment_desk(self):
        self._claim('desk')

    def test_accountant_claims_a_payment_telephone(self):
        self._claim('telephone')

    def test_accountant_opens_a_cause_of_difference_desk(self):
        self._reconcile('desk')

    def test_accountant_opens_a_cause_of_difference_telephone(self):
        self._reconcile('telephone')

    def test_training_centre_replies_desk(self):
        self._reply('desk')

    def test_training_centre_replies_telephone(self):
        self._reply('telephone')

    def test_member_confirms_the_data_desk(self):
        self._confirm('desk')

    def test_member_confirms_the_data_telephone(self):
        self._confirm('telephone')
