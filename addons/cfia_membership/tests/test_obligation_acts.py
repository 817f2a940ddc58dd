import base64

from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.test_enquiry import make_pdf
from odoo.addons.cfia_membership.tests.test_obligation import OF_OTHER_ADD_ONS, ObligationCommon
from odoo.addons.cfia_membership.tools.dates import association_today

# act, a method of the case below → duties that it leaves evidence of
ACTS = {
    '_act_execute': ('1.1',),
    '_act_disclose': ('1.2',),
    '_act_register_target': ('2.0a', '2.0c', '2.1a'),
    '_act_recruitment_mailing': ('2.1b',),
    '_act_fair': ('2.0c', '2.2'),
    '_act_measures': ('2.3',),
    '_act_contact_local_association': ('2.3',),
    '_act_call': ('2.4',),
    '_act_referral': ('2.4',),
    '_act_receive_in_department': ('4.0a',),
    '_act_report_change': ('4.0b', '5.3b'),
    '_act_file_paper': ('5.3b',),
    '_act_enquiry': ('5.1a', '5.1c'),
    '_act_hand_over': ('4.1.1', '5.1b'),
    '_act_follow_up': ('5.1d', '5.1e'),
    '_act_forward': ('5.2a',),
    '_act_verify': ('2.0b', '5.2b'),
    '_act_sign': ('4.1.2', '5.2c', '5.3a'),
    '_act_admit': ('4.2.0', '4.2.1a'),
    '_act_post': ('4.1.4', '5.2d'),
    '_act_enclose': ('5.2e',),
    '_act_stocktake': ('4.2.1b',),
    '_act_mend': ('4.2.1b',),
    '_act_survey': ('4.2.2a',),
    '_act_full_survey': ('4.2.2b',),
    '_act_release_changes': ('4.2.2c',),
    '_act_bulletin': ('4.2.3', '5.4a'),
    '_act_statistics': ('4.2.4', '5.5'),
}


@tagged('post_install', '-at_install')
class TestObligationActs(ObligationCommon):
    """Each duty of articles 1, 2, 4 and 5: the act is done and stands on the board."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = association_today()
        # last year and this one are a period of two
        cls.env.company.cfia_date_in_force = cls.today.replace(year=cls.today.year - 1, month=1, day=1)
        cls.env.company.write({'cfia_survey_month': 0, 'cfia_survey_full_month': 0, 'cfia_mailings_per_year': 0})
        cls.env['cfia.data.survey'].search([]).filtered(lambda survey: survey.state == 'draft').unlink()
        cls.env.ref('cfia_membership.cfia_department_editorial').user_ids = cls.user_editorial
        cls.association = cls.make_member("演示地方协会会员", enterprise_category_id=cls.env.ref(
            'cfia_membership.cfia_enterprise_category_local_association').id)
        cls.application = cls.make_application("演示流程有限公司")
        cls.enquiry = cls.make_enquiry("演示咨询有限公司")

    @classmethod
    def make_enquiry(cls, name):
        return cls.env['cfia.enquiry'].with_user(cls.user_staff).create({'name': name})

    def get_terms(self, codes):
        """Return the periods of duties, last year's and this one's, counted afresh."""
        self.env.flush_all()
        self.Term._refresh_years([self.today.year - 1, self.today.year, self.today.year + 1])
        return self.Term.search([('code', 'in', codes)])

    def test_every_act_is_found_on_the_board(self):
        for name, codes in ACTS.items():
            with self.subTest(act=name):
                before = {term: term.done_count for term in self.get_terms(codes)}
                record = getattr(self, name)().sudo()
                grown = self.get_terms(codes).filtered(lambda term: term.done_count > before.get(term, 0))
                self.assertEqual(sorted(grown.mapped('code')), sorted(codes), "each in one period")
                for term in grown:
                    self.assertIn(term.state, ('met', 'late', 'due', 'overdue'), term.code)
                    lines = term.line_ids.filtered(lambda line: line.evidence_id.model == record._name)
                    found = record.browse().union(*(record.search(line.action_open()['domain']) for line in lines))
                    self.assertIn(record, found, term.code)

    def test_no_duty_is_left_out(self):
        duties = self.env['cfia.obligation'].search([('sequence', '<', 1000)]).filtered(
            lambda duty: duty.code.split('.')[0] in ('1', '2', '4', '5'))
        tested = {code for codes in ACTS.values() for code in codes}
        self.assertEqual(set(duties.mapped('code')) - OF_OTHER_ADD_ONS, tested)
        self.assertEqual(set(duties.filtered('evidence_ids').mapped('code')) & tested, tested)

    # === ACTS === #

    def _act_execute(self):
        duty = self.make_counted(period='month', evidence_ids=[])
        self.enter_for(duty, self.today)
        return self.get_terms([duty.code]).filtered(lambda term: term.date_from <= self.today <= term.date_to)

    def enter_for(self, duty, day):
        return self.env['cfia.obligation.act'].create({
            'obligation_id': duty.id, 'date': day, 'name': "演示补录",
            'scan': base64.b64encode(b'scan'), 'scan_name': "scan.pdf"})

    def _act_disclose(self):
        return self.env['cfia.disclosure']._disclose(
            'label', self.unit_member, ['name'], reason="演示邮寄", recipient="组织部")

    def _act_register_target(self):
        return self.env['res.partner'].with_user(self.user_organisation).create({
            'name': "演示发行库对象有限公司", 'is_company': True, 'prospect_source': 'magazine',
            'street': "演示路8号", 'zip': '210000', 'state_id': self.state_jiangsu.id,
            'recruitment_channel': 'letter'})

    def _release_paper(self, kind):
        handout = self.env['cfia.handout'].with_user(self.user_organisation).create({
            'kind': kind, 'title': "演示", 'version': 'acts', 'file': base64.b64encode(make_pdf())})
        handout.action_release()
        return handout

    def _act_recruitment_mailing(self):
        self._release_paper('recruitment')
        mailing = self.env['cfia.recruitment.mailing'].with_user(self.user_organisation).create({
            'partner_domain': "[('name', '=', '演示发行库对象有限公司')]"})
        mailing.action_open()
        self.assertFalse(
            self.get_terms(['2.1b']).filtered('done_count'), "letters that lie about are no evidence")
        mailing.action_mark_posted()
        return mailing

    def _act_fair(self):
        return self.env['cfia.recruitment.activity'].with_user(self.user_staff).create({
            'name': "演示兄弟展会", 'kind': 'sister_exhibition', 'date_from': self.today})

    def _act_measures(self):
        return self._release_paper('measures')

    def _act_contact_local_association(self):
        return self.env['cfia.contact.log'].with_user(self.user_organisation).create({
            'subject': "演示走访", 'kind': 'visit', 'partner_id': self.association.id})

    def _act_call(self):
        self.make_member("演示号召理事有限公司", grade_id=self.grade_director.id)
        call = self.env['cfia.referral.call'].with_user(self.user_organisation).create({})
        call.action_open()
        return self._send(call)

    def _act_referral(self):
        return self.env['cfia.referral'].with_user(self.user_staff).create({
            'name': "演示被荐单位有限公司", 'referrer_id': self.unit_member.id})

    def _act_receive_in_department(self):
        return self.env['cfia.membership.application'].with_user(self.user_editorial).create(
            self._prepare_application("演示编辑部受理有限公司"))

    def _act_report_change(self):
        request = self.env['cfia.change.request'].with_user(self.user_editorial)._file([{
            'partner': self.unit_member, 'changes': {self.unit_member: {'street': "演示迁址1号"}}}])
        request.with_user(self.user_organisation).action_apply()
        return request

    def _act_file_paper(self):
        return self.env['cfia.member.file.paper'].with_user(self.user_organisation).create({
            'file_id': self.unit_member.member_file_ids.id, 'name': "演示来函", 'kind': 'change'})

    def _act_enquiry(self):
        return self.make_enquiry("演示来访有限公司")

    def _act_hand_over(self):
        self.enquiry.action_hand_over()
        return self.enquiry

    def _act_follow_up(self):
        self.enquiry.intention = 'none'
        return self.enquiry

    def _act_forward(self):
        self.application.with_user(self.user_organisation).action_submit()
        return self.application

    def _act_verify(self):
        application = self.application.with_user(self.user_organisation)
        application.check_ids.action_pass()
        application.action_verify()
        return self.application

    def _act_sign(self):
        self.application.with_user(self.user_secretary).action_approve()
        return self.application

    def _act_admit(self):
        return self.make_member("演示建档有限公司").member_file_ids

    def _act_post(self):
        dispatch = self.env['cfia.dispatch'].with_user(self.user_organisation).search([
            ('partner_id', '=', self.application.partner_id.id)])
        dispatch.action_sent()
        return dispatch

    def _act_enclose(self):
        return self.env['cfia.dispatch.insert'].with_user(self.user_editorial).create({
            'name': "演示邀请函", 'date_from': self.today,
            'department_id': self.env.ref('cfia_membership.cfia_department_editorial').id})

    def _act_stocktake(self):
        self.unit_member.member_file_ids.place = "演示统计柜"
        stocktake = self.env['cfia.file.stocktake'].with_user(self.user_organisation).create({
            'name': "演示盘点", 'place': "演示统计柜"})
        stocktake.action_start()
        stocktake.line_ids.action_found()
        stocktake.action_close()
        return stocktake

    def _act_mend(self):
        file = self.association.member_file_ids
        difference = self.env['cfia.file.difference']
        difference._check_units(self.association)
        file.with_user(self.user_organisation).place = "演示统计柜"
        difference._check_units(self.association)
        return difference.search([('partner_id', '=', self.association.id), ('kind', '=', 'no_place')])

    def _open_survey(self, kind):
        survey = self.env['cfia.data.survey'].with_user(self.user_organisation).create({
            'kind': kind, 'year': self.today.year + 9})
        survey.action_open()
        return self._send(survey)

    def _send(self, record):
        """Send what is due in a round, as the schedule and the post do."""
        with self.enter_registry_test_mode():
            self.env.ref('cfia_membership.ir_cron_cfia_round').method_direct_trigger()
        record.recipient_ids.filtered('is_due').action_mark_posted()
        self.assertGreater(record.sent_count, 0)
        return record

    def _act_survey(self):
        return self._open_survey('basic')

    def _act_full_survey(self):
        return self._open_survey('full')

    def _release(self, paper):
        paper.with_user(self.user_organisation).action_release()
        return paper

    def _act_release_changes(self):
        Release = self.env['cfia.change.release']
        Release._cron_draft()
        return self._release(Release.search([('state', '=', 'draft')], order='date desc', limit=1))

    def _act_bulletin(self):
        Bulletin = self.env['cfia.bulletin']
        Bulletin._cron_draft()
        return self._release(Bulletin.search([('state', '=', 'draft')], order='date', limit=1))

    def _act_statistics(self):
        Statistics = self.env['cfia.statistics']
        Statistics._cron_draft()
        return self._release(Statistics.search([('state', '=', 'draft')], order='date', limit=1))
