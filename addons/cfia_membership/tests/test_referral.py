from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.cfia_membership.controllers.round import LINK_RATE
from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.dates import association_today


class ReferralCommon(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute(
            "UPDATE res_partner SET member_state = NULL WHERE member_state = 'member' AND id != %s",
            [cls.unit_member.id])
        cls.env.invalidate_all()
        cls.env.ref('cfia_membership.cfia_department_organisation').user_ids = cls.user_organisation
        cls.director = cls.make_member("演示理事单位有限公司", grade_id=cls.grade_director.id)
        cls.call = cls.env['cfia.referral.call'].with_user(cls.user_organisation).create({})

    def refer(self, name, referrer=None, **vals):
        return self.env['cfia.referral'].with_user(self.user_staff).create({
            'name': name, 'referrer_id': (referrer or self.unit_member).id, **vals})


@tagged('post_install', '-at_install')
class TestReferral(ReferralCommon):

    def test_the_call_goes_to_the_council_alone(self):
        self.call.action_open()
        self.assertEqual(self.call.recipient_ids.partner_id, self.director)
        self.assertEqual(self.call.recipient_ids.addressee, "演示代表")

    def test_the_call_goes_to_every_grade_that_sits_on_the_council(self):
        executive = self.env['cfia.grade'].create({
            'name': "执行理事单位", 'code': 'executive_director', 'is_council_post': True})
        unit = self.make_member("演示执行理事")
        unit._set_member_state('member', {unit: {'member_grade_id': executive.id}})
        call = self.env['cfia.referral.call'].with_user(self.user_organisation).create({})
        call.action_open()
        self.assertEqual(call.recipient_ids.partner_id, self.director | unit)

    def test_a_unit_recommended_becomes_a_contact_target_with_a_next_step(self):
        referral = self.refer("演示被荐 有限公司", contact_name="演示联系")
        unit = referral.sudo().partner_id
        self.assertRecordValues(unit, [{
            'name': "演示被荐有限公司", 'member_state': 'prospect', 'prospect_source': 'member',
            'referrer_id': self.unit_member.id}])
        self.assertEqual(unit.activity_ids.user_id, self.user_organisation)
        association = self.env['res.partner'].create({
            'name': "演示地方协会", 'is_company': True,
            'enterprise_category_id': self.env.ref('cfia_membership.cfia_enterprise_category_local_association').id})
        other = self.refer("演示协会荐单位有限公司", association)
        self.assertEqual(other.sudo().partner_id.prospect_source, 'local_association')
        self.assertEqual(association.referral_count, 1)
        with self.assertRaisesRegex(UserError, "演示协会荐单位有限公司"):
            self.refer("演示协会荐单位有限公司", association)
        again = self.refer("演示协会荐单位有限公司", self.director)
        self.assertEqual(again.sudo().partner_id.referrer_id, association, "who came first stays")

    def test_progress_is_what_happened_since(self):
        referral = self.refer("演示进度有限公司")
        unit = referral.sudo().partner_id
        self.assertEqual(referral.progress, 'received')
        self.env['cfia.contact.log'].create({'subject': "演示去电", 'partner_id': unit.id})
        referral.invalidate_recordset()
        self.assertEqual(referral.progress, 'contacted')
        application = self.make_application(unit.name, state='verified', partner_id=unit.id)
        referral.invalidate_recordset()
        self.assertEqual(referral.progress, 'applied')
        application.with_user(self.user_secretary).action_approve()
        referral.invalidate_recordset()
        self.assertEqual(referral.progress, 'member')
        self.assertEqual(self.unit_member.referral_member_count, 1)
        lines = self.env['cfia.referral']._get_progress_lines(self.unit_member)
        self.assertEqual(set(lines[0]), {'name', 'date', 'progress', 'label'}, "stages alone, no data of the unit")

    def test_who_may_see_and_none_may_delete(self):
        referral = self.refer("演示谁见有限公司")
        with self.assertRaises(AccessError):
            referral.with_user(self.user_editorial).read(['name'])
        referral.with_user(self.user_auditor).read(['name'])
        with self.assertRaises(UserError):
            referral.sudo().unlink()

    def test_referrals_at_constant_queries(self):
        counts = []
        for size in (5, 45):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            referrals = self.env['cfia.referral'].with_user(self.user_organisation).create([
                {'name': f"演示荐批量{size}-{index}有限公司", 'referrer_id': self.director.id} for index in range(size)])
            referrals.mapped('progress')
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 10, counts)

    def test_a_unit_spelt_otherwise_is_put_before_the_responsible_user(self):
        known = self.env['res.partner'].create({'name': "演示荐旧（中国）有限公司", 'is_company': True, 'former_name': "演示荐更旧（中国）厂"})
        referral = self.refer("演示荐更旧(中国)厂")
        self.assertEqual((referral.partner_id, referral.candidate_ids), (known.browse(), known))
        self.assertEqual(referral.progress, 'received')
        self.assertEqual(referral.sudo().activity_ids.mapped('user_id'), referral.user_id)
        referral.action_take_unit(known.id)
        self.assertEqual((referral.partner_id, known.member_state), (known, 'prospect'))
        self.assertFalse(referral.sudo().activity_ids)
        again = self.refer("演示荐更旧(中国) 厂")
        with self.assertRaisesRegex(UserError, "already"):
            again.action_take_unit(known.id)
        again.action_new_unit()
        self.assertNotIn(again.partner_id, known + self.unit_member)


@tagged('post_install', '-at_install')
class TestReferralPages(ReferralCommon, HttpCase):

    def setUp(self):
        super().setUp()
        LINK_RATE.clear()

    def _post(self, url, **values):
        page = self.url_open(url)
        self.assertEqual(page.status_code, 200)
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        return self.url_open(url, data={'csrf_token': token, **values})

    def test_a_council_unit_recommends_by_its_link(self):
        self.call.action_open()
        recipient = self.call.recipient_ids
        link = recipient._make_link()
        self.assertIn('alert-danger', self._post(link, name=' ').text)
        self._post(link, name="演示链接荐有限公司", recommender="演示人")
        self.env.invalidate_all()
        referral = self.env['cfia.referral'].search([('name', '=', "演示链接荐有限公司")])
        self.assertRecordValues(referral, [{
            'referrer_id': self.director.id, 'via': 'call', 'recommender': "演示人", 'date': association_today()}])
        self.assertRecordValues(recipient, [{'state': 'responded', 'referral_count': 1}])
        self.assertEqual(self.call.referral_count, 1)
        page = self._post(f'{link}?again=1', name="演示链接荐有限公司")
        self.assertIn('alert-danger', page.text)
        self.assertIn('data-progress="received"', page.text)

    def test_a_member_recommends_in_the_portal_and_sees_its_own_alone(self):
        self.refer("演示他人所荐有限公司", self.director)
        self.authenticate('cfia_test_portal', 'cfia_test_portal')
        self._post('/my/referrals', name="演示门户荐有限公司")
        page = self.url_open('/my/referrals').text
        self.assertIn("演示门户荐有限公司", page)
        self.assertNotIn("演示他人所荐有限公司", page)
        with self.assertRaises(AccessError):
            self.env['cfia.referral'].with_user(self.user_portal).search([])
        self.unit_member._leave('withdrawn')
        self.assertNotIn('name="reason"', self.url_open('/my/referrals').text)
