import base64
import io
from datetime import date, timedelta

import openpyxl
from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_services.tests.common import ServicesCommon


class PriceCommon(ServicesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pricelist, cls.other_pricelist = cls.env['product.pricelist'].create([
            {'name': "演示会员价", 'item_ids': [Command.create({
                'compute_price': 'percentage', 'percent_price': 20, 'applied_on': '3_global'})]},
            {'name': "演示特别价"},
        ])
        cls.exhibition = cls.env.ref('cfia_membership.cfia_department_exhibition')
        cls.user_exhibition = new_test_user(
            cls.env, login='cfia_test_exhibition', groups='cfia_membership.group_cfia_staff', name="演示展览部",
            tz='Asia/Shanghai')
        cls.exhibition.user_ids = cls.user_exhibition
        cls.prospect = cls.env['res.partner'].create({'name': "演示非会员有限公司", 'is_company': True})

    @classmethod
    def set_price(cls, pricelist=None):
        cls.service_event_price.with_user(cls.user_organisation).pricelist_id = pricelist or cls.pricelist

    def price_of(self, partner):
        return partner.specific_property_product_pricelist


@tagged('post_install', '-at_install')
class TestServicePrice(PriceCommon):

    def test_setting_puts_it_on_members_and_their_contacts(self):
        self.assertFalse(self.price_of(self.unit_member))
        self.set_price()
        self.assertTrue(self.pricelist.is_member_price)
        for partner in (self.unit_member, *self.unit_member.child_ids):
            self.assertEqual(self.price_of(partner), self.pricelist)
            self.assertEqual(partner.property_product_pricelist, self.pricelist)
        self.assertFalse(self.price_of(self.prospect))
        self.set_price(self.other_pricelist)
        self.assertEqual(self.price_of(self.unit_member), self.other_pricelist)
        self.service_event_price.pricelist_id = False
        self.assertFalse(self.price_of(self.unit_member))

    def test_never_the_fallback_of_others(self):
        self.env['product.pricelist'].search([('id', '!=', self.pricelist.id)]).action_archive()
        self.set_price()
        self.assertNotEqual(self.prospect.property_product_pricelist, self.pricelist)
        self.env['product.pricelist'].search([('id', '!=', self.pricelist.id)]).action_archive()
        self.prospect.invalidate_recordset()
        self.assertFalse(self.prospect.property_product_pricelist)

    def test_odoo_uses_pricelists_from_then_on(self):
        group = self.env.ref('product.group_product_pricelist')
        self.env.ref('base.group_user').implied_ids -= group
        self.assertFalse(self.env['res.groups']._is_feature_enabled('product.group_product_pricelist'))
        self.set_price()
        self.assertTrue(self.env['res.groups']._is_feature_enabled('product.group_product_pricelist'))

    def test_follows_membership(self):
        self.set_price()
        unit = self.make_member("演示入会得价")
        self.assertEqual(self.price_of(unit), self.pricelist)
        self.assertEqual(self.price_of(unit.child_ids[0]), self.pricelist)
        unit._leave('withdrawn')
        self.assertFalse(self.price_of(unit))
        self.assertFalse(self.price_of(unit.child_ids[0]))
        unit._rejoin()
        self.assertEqual(self.price_of(unit), self.pricelist)

    def test_follows_grade(self):
        self.service_event_price.write({'grade_ids': self.grade_director.ids, 'date_start': False})
        self.set_price()
        unit = self.make_member("演示升级得价")
        self.assertFalse(self.price_of(unit))
        unit.member_grade_id = self.grade_director
        self.assertEqual(self.price_of(unit), self.pricelist)

    def test_chosen_by_hand_stays(self):
        special = self.other_pricelist
        self.unit_member.specific_property_product_pricelist = special
        self.set_price()
        self.assertEqual(self.price_of(self.unit_member), special)
        self.unit_member._leave('withdrawn')
        self.assertEqual(self.price_of(self.unit_member), special)

    def test_time_runs_out_by_schedule(self):
        self.service_event_price.write({'opens': 'on_request', 'validity_months': 1})
        self.set_price()
        with freeze_time('2027-03-01 02:00:00'):
            unit = self.make_member("演示限期得价")
            entitlement = self.Entitlement.with_user(self.user_organisation).create({
                'partner_id': unit.id, 'service_id': self.service_event_price.id, 'date_from': date(2027, 3, 5)})
            self.assertFalse(self.price_of(unit))
        for day, price in (('2027-03-05', self.pricelist), ('2027-03-31', self.pricelist), ('2027-04-10', self.env['product.pricelist'])):
            with freeze_time(f'{day} 02:00:00'), self.enter_registry_test_mode():
                self.env.ref('cfia_services.ir_cron_cfia_pricelist').method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual(self.price_of(unit), price, day)
        with freeze_time('2027-03-20 02:00:00'):
            self.env['cfia.service']._put_pricelists(unit)
            self.assertEqual(self.price_of(unit), self.pricelist)
            entitlement.with_user(self.user_organisation).action_close()
            self.assertFalse(self.price_of(unit))

    def test_other_companies(self):
        company = self.env['res.company'].create({'name': "演示第二公司"})
        own = self.env['product.pricelist'].create({'name': "演示本部价", 'company_id': self.env.company.id})
        self.pricelist.company_id = False
        self.set_price(own)
        self.assertEqual(self.price_of(self.unit_member), own)
        self.assertFalse(self.unit_member.with_company(company).specific_property_product_pricelist)
        self.set_price()
        self.assertEqual(self.unit_member.with_company(company).specific_property_product_pricelist, self.pricelist)

    def test_only_price_services_have_one(self):
        with self.assertRaisesRegex(ValidationError, "no member price"):
            self.service_magazine.pricelist_id = self.pricelist

    def test_constant_queries(self):
        self.set_price()
        counts = []
        for number in (1, 12):
            units = self.make_applications([f"演示价{number}-{index}" for index in range(number)], state='approved').partner_id
            dates = dict.fromkeys(units, association_today())
            self.env['cfia.service']._put_pricelists()
            self.env.flush_all()
            # as a batch of entries does: entitlements are there, prices are not
            self.env.cr.execute("UPDATE res_partner SET specific_property_product_pricelist = NULL WHERE id = ANY(%s)", [units.ids])
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env['cfia.entitlement']._sync(dates, self.service_event_price)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(units.specific_property_product_pricelist, self.pricelist)
            before = self.env.cr.sql_log_count
            self.env['cfia.service']._put_pricelists()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2:], counts[:2])

    # === USE === #

    def record(self, user, **vals):
        self.env['cfia.price.usage.record'].with_user(user).create({
            'service_id': self.service_event_price.id, 'partner_id': self.unit_member.id, 'event_name': "演示展览会",
            **vals}).action_record()

    def get_usage(self):
        return self.env['cfia.service.usage'].search([('service_id', '=', self.service_event_price.id)], order='id')

    def test_department_records_use(self):
        before = self.get_usage()
        for user in (self.user_staff, self.user_editorial):
            with self.assertRaisesRegex(UserError, "which records its use"):
                self.record(user)
        self.record(self.user_exhibition, quantity=2)
        [usage] = self.get_usage() - before
        self.assertRecordValues(usage, [{
            'partner_id': self.unit_member.id, 'quantity': 2, 'note': "演示展览会", 'user_id': self.user_exhibition.id}])
        self.record(self.user_organisation)
        with self.assertRaisesRegex(UserError, "no right"):
            self.record(self.user_exhibition, partner_id=self.prospect.id)
        # the department sees the uses of its service, and no other's
        usages = self.env['cfia.service.usage']
        self.assertIn(usage, usages.with_user(self.user_exhibition).search([]))
        self.assertFalse(usages.with_user(self.user_staff).search([]))
        learning = self.open_learning(self.unit_member)
        self.assertNotIn(learning, self.Entitlement.with_user(self.user_exhibition).search([]))
        with self.assertRaises(AccessError):
            usages.with_user(self.user_exhibition).create({'entitlement_id': usage.entitlement_id.id})

    def make_list(self, *rows):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        content = io.BytesIO()
        book.save(content)
        return base64.b64encode(content.getvalue())

    def read_list(self, *rows, user=None, **vals):
        return self.env['cfia.price.usage.import'].with_user(user or self.user_exhibition).create({
            'service_id': self.service_event_price.id, 'file': self.make_list(*rows), 'filename': 'list.xlsx',
            **vals}).action_import()

    def test_import(self):
        unit = self.make_member("演示名单参展会员")
        today = association_today()
        digits = unit.member_number.split('-')[-1].lstrip('0')
        rows = [
            ("演示展览会参展名单",), ("会员证号", "单位", "日期", "数量", "活动"),
            (self.unit_member.member_number, "甲", today, 2, "演示展览会"),
            (digits, "乙", today.strftime('%Y年%m月%d日'), None, "演示年会"),
        ]
        before = self.get_usage()
        with self.assertRaisesRegex(UserError, "which records its use"):
            self.read_list(*rows, user=self.user_staff)
        action = self.read_list(*rows)
        usages = self.get_usage() - before
        self.assertEqual(set(action['domain'][0][2]), set(usages.ids))
        self.assertEqual(
            [(usage.partner_id, usage.quantity, usage.note, usage.date) for usage in usages],
            [(self.unit_member, 2, "演示展览会", today), (unit, 1, "演示年会", today)])
        # the same list again makes nothing
        self.read_list(*rows)
        self.assertEqual(self.get_usage() - before, usages)

    def test_who_did_not_come_used_nothing(self):
        unit = self.make_member("演示已报名会员")
        today, before = association_today(), self.get_usage()
        for heading, come, away in (("报名状态", "已确认", "已取消"), ("是否到场", "是", "否"), ("签到", "√", "未签到"), ("是否取消", "否", "是")):
            self.read_list(("会员证号", "日期", "活动", heading), (self.unit_member.member_number, today, heading, come),
                           (unit.member_number, today, heading, away))
        self.assertEqual((self.get_usage() - before).mapped('partner_id'), self.unit_member)
        self.assertEqual(len(self.get_usage() - before), 4)

    def test_import_all_or_nothing(self):
        today = association_today()
        before = self.get_usage()
        with self.assertRaises(UserError) as caught:
            self.read_list(
                ("Member Number", "Quantity"), (self.unit_member.member_number, 1), ("999999", 1),
                (self.unit_member.member_number, "许多"), date=today)
        self.assertIn("999999", str(caught.exception))
        self.assertIn("4", str(caught.exception))
        with self.assertRaisesRegex(UserError, "no date"):
            self.read_list(("会员证号",), (self.unit_member.member_number,))
        with self.assertRaisesRegex(UserError, "会员证号"):
            self.read_list(("单位",), ("甲",))
        with self.assertRaisesRegex(UserError, "“x”"):
            self.env['cfia.price.usage.import'].with_user(self.user_exhibition).create({
                'service_id': self.service_event_price.id, 'file': base64.b64encode(b'no'), 'filename': 'x'}).action_import()
        self.assertEqual(self.get_usage(), before)

    def test_use_is_evidence(self):
        duty = self.env.ref('cfia_membership.cfia_obligation_3_6')
        today = association_today()
        count = lambda: sum(month['done'] for month in duty.evidence_ids._count(today - timedelta(days=40), today).values())  # noqa: E731
        before = count()
        self.record(self.user_exhibition)
        self.env.flush_all()
        self.assertEqual(count(), before + 1)
