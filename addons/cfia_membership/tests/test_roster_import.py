import base64
import io
import json
from datetime import date, datetime
from types import SimpleNamespace
from unittest.mock import patch

from openpyxl import load_workbook

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import tagged, users
from odoo.tools.misc import file_path, format_date

from odoo.addons.cfia_membership.models.cfia_roster_import import CfiaRosterImport
from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tests.test_roster_parse import HEADINGS, USCC_1, USCC_2, make_row, make_workbook


@tagged('post_install', '-at_install')
class TestRosterImport(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Import = cls.env['cfia.roster.import'].with_user(cls.user_organisation)
        # numbers well above those that other tests and the demo give
        cls.base = 95_000

    def make_import(self, *rows, content=None, filename='名册.xlsx', **kwargs):
        content = content or make_workbook(*rows, **kwargs)
        return self.Import.create({'file': base64.b64encode(content), 'filename': filename})

    def find(self, offset):
        return self.env['res.partner'].search([('member_number', '=', f'CFIA-{self.base + offset}')])

    def row(self, offset, name, *args, **kwargs):
        return make_row(self.base + offset, name, *args, **kwargs)

    def read_errors(self, roster):
        sheet = load_workbook(io.BytesIO(base64.b64decode(roster.error_file))).active
        return [list(cells) for cells in sheet.iter_rows(values_only=True)]

    # === THE ASSOCIATION'S SAMPLE === #

    def test_legacy_roster(self):
        """Check, import, repeat: as the key says, row by row."""
        with open(file_path('cfia_membership/tests/data/legacy_roster_expected.json'), encoding='utf-8') as stream:
            key = json.load(stream)
        with open(file_path('cfia_membership/tests/data/legacy_roster.xlsx'), 'rb') as stream:
            content = stream.read()
        # free the sample's low numbers, past every guard
        self.env.cr.execute("DELETE FROM cfia_member_number")
        self.env.cr.execute("UPDATE res_partner SET member_number = NULL WHERE member_number IS NOT NULL")
        self.env.invalidate_all()
        roster = self.make_import(content=content)
        before = self.env['res.partner'].search_count([])
        roster.action_check()
        self.assertEqual(roster.state, 'checked')
        self.assertEqual(self.env['res.partner'].search_count([]), before)
        roster.action_import()
        self.assertRecordValues(roster, [{
            'state': 'imported', 'accepted_count': len(key['accepted']), 'rejected_count': len(key['rejected']),
            'questioned_count': len(key['questions']), 'unchanged_count': 0,
        }])
        outcome = {row.row: row for row in roster.row_ids}
        self.assertEqual(
            {number: row.reason_code for number, row in outcome.items() if row.state == 'rejected'},
            {entry['row']: entry['reason'] for entry in key['rejected']})
        self.assertEqual(
            {number: row.reason_code for number, row in outcome.items() if row.state == 'questioned'},
            {entry['row']: entry['question'] for entry in key['questions']})
        for entry in key['accepted']:
            partner = outcome[entry['row']].partner_id
            self.assertEqual(
                (partner.member_number, partner.name, partner.uscc or '', str(partner.date_member_joined),
                 partner.member_state == 'withdrawn', bool(partner.enterprise_category_id)),
                (f"CFIA-{entry['number']}", entry['name'], entry['uscc'], entry['joined'],
                 entry['withdrawn'], bool(entry['category'])))
            self.assertTrue(partner.state_id.name.startswith(entry['province']))
        members = roster.row_ids.partner_id
        self.assertEqual(len(members), len(key['accepted']))
        self.assertEqual(self.env['cfia.member.file'].search_count([('partner_id', 'in', members.ids)]), len(members))
        after = self.env['res.partner'].search_count([])
        again = self.make_import(content=content)
        again.action_import()
        self.assertEqual(self.env['res.partner'].search_count([]), after)
        self.assertEqual(again.unchanged_count, len(key['accepted']))
        self.assertEqual(again.rejected_count, len(key['rejected']))

    # === WHAT IS WRITTEN === #

    def test_check_writes_nothing(self):
        before = self.env['res.partner'].search_count([]), self.env['cfia.member.number'].sudo().search_count([])
        roster = self.make_import(self.row(1, '演示甲有限公司'), self.row(2, None))
        roster.action_check()
        self.assertEqual(
            (self.env['res.partner'].search_count([]), self.env['cfia.member.number'].sudo().search_count([])), before)
        self.assertEqual(roster.row_ids.mapped('state'), ['accepted', 'rejected'])
        self.assertFalse(roster.row_ids.partner_id)
        self.assertTrue(roster.error_file)

    def test_unit_with_contacts(self):
        headings = [
            '会员证号', '单位名称', '统一社会信用代码', '会员级别', '企业类别', '单位性质', '省份', '通讯地址', '邮编', '法定代表人', '联系人',
            '职务', '电话', '电子邮箱', '杂志收件人', '入会日期', '会费缴至', '备注',
        ]
        roster = self.make_import([
            f'ＣＦＩＡ－{self.base + 1}', ' 演示 甲有限公司', USCC_1.lower(), '理事单位', '模锻、冲压', '合资', '江苏省', '演示路1号', 14000,
            '演示甲', '演示乙', '主任', '025-00000001', 'contact@member.example', '演示甲', 42120, '2025年', None,
        ], headings=headings)
        roster.action_import()
        unit = self.find(1)
        self.assertRecordValues(unit, [{
            'name': '演示甲有限公司', 'uscc': USCC_1, 'is_company': True, 'member_state': 'member',
            'member_number_legacy': f'ＣＦＩＡ－{self.base + 1}', 'date_member_joined': date(2015, 4, 26),
            'member_grade_id': self.grade_director.id, 'enterprise_category_id': self.category_forging.id,
            'ownership_id': self.env.ref('cfia_membership.cfia_ownership_joint_venture').id,
            'state_id': self.state_jiangsu.id, 'street': '演示路1号', 'zip': '014000',
            'country_id': self.env.ref('base.cn').id,
        }])
        self.assertEqual(unit.enterprise_category_ids, self.category_stamping)
        legal = unit.child_ids.filtered(lambda contact: contact.name == '演示甲')
        contact = unit.child_ids - legal
        self.assertEqual(legal.contact_role_ids.mapped('code'), ['legal_representative', 'magazine'])
        self.assertRecordValues(contact, [{
            'name': '演示乙', 'function': '主任', 'phone': '025-00000001', 'email': 'contact@member.example',
            'street': '演示路1号', 'commercial_partner_id': unit.id,
        }])
        self.assertEqual(contact.contact_role_ids.mapped('code'), ['contact'])
        [event] = unit.member_event_ids
        self.assertRecordValues(event, [{
            'kind': 'joined', 'date_effective': date(2015, 4, 26), 'member_state': 'member',
            'grade_id': self.grade_director.id, 'enterprise_category_id': self.category_forging.id,
            'state_id': self.state_jiangsu.id, 'reporter_id': self.user_organisation.id,
            'res_model': 'cfia.roster.import', 'res_id': roster.id,
        }])
        self.assertEqual(unit.member_file_ids.name, unit.member_number)
        self.assertEqual(self.env['cfia.member.number'].search([('partner_id', '=', unit.id)]).origin, 'imported')

    def test_units_that_left(self):
        self.make_import(
            self.row(1, '演示甲有限公司', joined='2001-02-03', remark='2010年已退会', paid_to=2009),
            self.row(2, '演示乙有限公司', joined='2001-02-03', remark='2010年除名', paid_to=None),
        ).action_import()
        for offset, state in ((1, 'withdrawn'), (2, 'expelled')):
            unit = self.find(offset)
            self.assertEqual((unit.member_state, unit.date_member_left), (state, date(2010, 12, 31)))
            self.assertRecordValues(unit.member_event_ids.sorted('date_effective'), [
                {'kind': 'joined', 'date_effective': date(2001, 2, 3), 'member_state': 'member'},
                {'kind': state, 'date_effective': date(2010, 12, 31), 'member_state': state},
            ])

    def test_known_contact_is_taken_over(self):
        prospect = self.env['res.partner'].create({'name': '演示甲有限公司', 'is_company': True, 'email': 'old@member.example'})
        self.env['res.partner'].create({'name': '演示乙', 'parent_id': prospect.id})
        self.make_import(
            [self.base + 1, '演示甲有限公司', '演示乙'], headings=['会员证号', '单位名称', '联系人'],
        ).action_import()
        self.assertEqual(self.find(1), prospect)
        self.assertEqual(prospect.member_state, 'member')
        self.assertEqual(prospect.email, 'old@member.example')
        self.assertEqual(len(prospect.child_ids), 1)
        self.assertEqual(prospect.child_ids.contact_role_ids.mapped('code'), ['contact'])

    def test_dues_history_hook(self):
        given = {}

        def _import_dues_history(_self, paid_to_by_partner):
            given.update({unit.member_number: year for unit, year in paid_to_by_partner.items()})

        with patch.object(CfiaRosterImport, '_import_dues_history', _import_dues_history):
            self.make_import(
                self.row(1, '演示甲有限公司', paid_to='2024年'),
                self.row(2, '演示乙有限公司', paid_to=None),
                self.row(3, '演示丙有限公司', paid_to=2023, remark='2020年已退会'),
            ).action_import()
            self.assertEqual(given, {f'CFIA-{self.base + 1}': 2024})
            item = self.env['cfia.review.item'].search([('partner_id', '=', self.find(3).id)])
            item.with_user(self.user_organisation).value_year = 2020
            item.with_user(self.user_organisation).action_settle()
        self.assertEqual(given[f'CFIA-{self.base + 3}'], 2020)

    # === NUMBERS === #

    def test_numbers_stay_for_life(self):
        self.make_import(self.row(1, '演示甲有限公司'), self.row(900, None)).action_import()
        self.assertEqual(
            self.env['cfia.member.number'].sudo().search([('value', '=', self.base + 900)]).origin, 'reserved')
        # the next number goes above the highest, reserved ones included
        self.assertEqual(self.make_member("演示新会员有限公司").member_number, f'CFIA-{self.base + 901}')

    def test_mended_rows(self):
        """What comes back in the error file goes in once it is mended, with the numbers reserved."""
        roster = self.make_import(
            self.row(1, '演示甲有限公司', USCC_1),
            self.row(2, '演示 甲有限公司', USCC_1),
            self.row(1, '演示丙有限公司'),
            self.row(4, None, USCC_2),
            self.row(5, '演示戊有限公司', joined='2013年13月45日'),
            self.row(6, '演示己有限公司', joined='2099-01-01'),
            above=[['会员名册'], []],
        )
        roster.action_import()
        headings, *rows = self.read_errors(roster)
        self.assertEqual(len(rows), 5)
        self.assertEqual(tuple(headings[:-1]), HEADINGS)
        for text in (headings[-1], *(row[-1] for row in rows)):
            self.assertRegex(text, '[\u4e00-\u9fff]', "the list goes back in Chinese")
        rows[0][1:3] = ['演示乙有限公司', None]
        rows[1][0] = self.base + 3
        rows[2][1] = '演示丁有限公司'
        rows[3][7] = rows[4][7] = '2013年12月4日'
        mended = self.make_import(content=make_workbook(*rows, headings=headings))
        mended.action_import()
        self.assertEqual((mended.accepted_count, mended.rejected_count), (5, 0))
        self.assertEqual(
            [self.find(offset).name for offset in range(1, 7)],
            [f'演示{name}有限公司' for name in '甲乙丙丁戊己'])
        numbers = self.env['cfia.member.number'].sudo().search(
            [('value', '>', self.base), ('value', '<=', self.base + 6)])
        self.assertEqual(set(numbers.mapped('origin')), {'imported'})

    def test_reserved_number_is_for_its_unit(self):
        self.make_import(self.row(1, '演示甲有限公司', joined='2099-01-01')).action_import()
        other = self.make_import(self.row(1, '演示乙有限公司'))
        other.action_import()
        self.assertEqual(other.row_ids.reason_code, 'reserved_number')
        self.assertFalse(self.find(1))

    def test_check_reserves_nothing(self):
        self.make_import(self.row(1, '演示甲有限公司', joined='2099-01-01')).action_check()
        other = self.make_import(self.row(1, '演示乙有限公司'))
        other.action_import()
        self.assertEqual(self.find(1).name, '演示乙有限公司')

    # === REPEATING === #

    def test_repeat(self):
        rows = [
            self.row(1, '演示甲有限公司', USCC_1), self.row(2, '演示乙有限公司', email='contact.member.example'),
            self.row(2, '演示丙有限公司'),
        ]
        first = self.make_import(*rows)
        first.action_import()
        counts = self._count()
        second = self.make_import(*rows)
        second.action_import()
        self.assertEqual(self._count(), counts)
        self.assertRecordValues(second, [{
            'accepted_count': 2, 'questioned_count': 1, 'rejected_count': 1, 'unchanged_count': 2}])
        self.assertRecordValues(second.row_ids, [
            {'state': 'accepted', 'is_unchanged': True, 'partner_id': self.find(1).id},
            {'state': 'questioned', 'is_unchanged': True, 'partner_id': self.find(2).id},
            {'state': 'rejected', 'is_unchanged': False, 'partner_id': False},
        ])
        self.assertIn("Nothing was changed", second.with_context(lang='en_US').summary)
        first.action_import()
        self.assertEqual(self._count(), counts)

    def test_repeat_is_told_by_the_associations_day(self):
        importer = self.env['cfia.dispatch.waybills'].with_context(tz=False, lang='zh_CN').new({})
        twin = SimpleNamespace(create_date=datetime(2027, 2, 28, 16, 30), user_id=self.user_organisation)
        self.assertIn(format_date(importer.env, date(2027, 3, 1)), importer._get_twin_notice(twin, SimpleNamespace(taken=[1])))

    def test_repeat_after_changes(self):
        """A list never writes over what happened since: renamed, edited, left."""
        self.make_import(self.row(1, '演示甲有限公司', USCC_1), self.row(2, '演示乙有限公司')).action_import()
        self.find(1).name = '演示改名有限公司'
        self.find(2).name = '演示改名二有限公司'
        self.find(2)._leave('withdrawn', date(2026, 1, 1))
        again = self.make_import(self.row(1, '演示甲有限公司', USCC_1), self.row(2, '演示乙有限公司'))
        again.action_import()
        self.assertEqual(again.unchanged_count, 2)
        self.assertEqual(self.find(1).name, '演示改名有限公司')
        self.assertEqual(self.find(2).member_state, 'withdrawn')

    def test_members_admitted_here(self):
        number = self.unit_member.member_number
        roster = self.make_import(
            make_row(number, '演示别家有限公司'), self.row(1, self.unit_member.name), self.row(2, '演示丙有限公司'))
        roster.action_import()
        self.assertEqual(
            roster.row_ids.mapped('reason_code'), ['duplicate_number', 'duplicate_unit', False])
        # the number is held: nothing to reserve
        self.assertEqual(self.env['cfia.member.number'].search([('name', '=', number)]).partner_id, self.unit_member)

    def _count(self):
        return [
            self.env[model].sudo().search_count([])
            for model in ('res.partner', 'cfia.member.event', 'cfia.member.number', 'cfia.member.file', 'cfia.review.item')
        ]

    # === FILES === #

    def test_bad_files(self):
        for content, part in (
            (b'not a workbook', "会员证号"),
            (b'%PDF-1.4', "PDF"),
            (b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + 'EncryptedPackage'.encode('utf-16-le'), "password"),
            (b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + b'\0' * 600, "damaged"),
            (make_workbook(headings=['甲', '乙']), "会员证号"),
            (make_workbook(), "no member"),
        ):
            roster = self.make_import(content=content)
            for action in (roster.action_check, roster.action_import):
                with self.assertRaisesRegex((RedirectWarning, UserError), part):
                    action()
            self.assertFalse(roster.row_ids)

    def test_all_or_nothing(self):
        roster = self.make_import(self.row(1, '演示甲有限公司'))
        with (
            self.assertRaises(RuntimeError), self.env.cr.savepoint(),
            patch.object(CfiaRosterImport, '_import_dues_history', side_effect=RuntimeError),
        ):
            roster.action_import()
        self.assertFalse(self.find(1))
        self.assertEqual(roster.state, 'draft')

    def test_formula_texts_stay_texts(self):
        roster = self.make_import(self.row(1, None, remark="'=1+1"))
        roster.action_check()
        sheet = load_workbook(io.BytesIO(base64.b64decode(roster.error_file))).active
        self.assertTrue(all(cell.data_type != 'f' for cells in sheet.iter_rows() for cell in cells))

    def test_kept_as_evidence(self):
        roster = self.make_import(self.row(1, '演示甲有限公司'))
        roster.action_import()
        with self.assertRaises(UserError):
            roster.file = base64.b64encode(b'another')
        with self.assertRaises(UserError):
            roster.unlink()
        draft = self.make_import(self.row(2, '演示乙有限公司'))
        draft.action_check()
        draft.file = base64.b64encode(make_workbook(self.row(3, '演示丙有限公司')))
        self.assertEqual(draft.state, 'draft')
        draft.unlink()

    # === QUESTIONS === #

    def settle(self, code, **vals):
        item = self.env['cfia.review.item'].search(
            [('reason_code', '=', code), ('partner_id.member_number', '=like', f'CFIA-{self.base // 1000}%')]
        ).with_user(self.user_organisation)
        item.ensure_one()
        self.assertTrue(item.hint and item.field_name and item.message)
        with self.assertRaises(UserError):
            item.action_settle()
        item.write(vals)
        item.action_settle()
        self.assertEqual((item.state, item.settled_by_id), ('settled', self.user_organisation))
        self.assertTrue(item.date_settled)
        with self.assertRaises(UserError):
            item.note = "again"
        return item.partner_id.sudo()

    def test_settle_questions(self):
        headings = ['会员证号', '单位名称', '统一社会信用代码', '会员级别', '企业类别', '单位性质', '省份', '邮编', '联系人', '电话', '电子邮箱', '入会日期', '备注']

        def row(offset, **cells):
            values = dict(zip(headings, [
                self.base + offset, f'演示{offset}有限公司', None, '会员', '模锻', '民营', '江苏', '210000', '演示联系', None, None,
                '2001-02-03', None]))
            return list({**values, **cells}.values())

        roster = self.make_import(
            row(1, 统一社会信用代码='91320000MATE5T01X6'), row(2, 会员级别='名誉'), row(3, 企业类别='航天飞船'), row(4, 单位性质='甲'),
            row(5, 省份='火星'), row(6, 邮编='1234567'), row(7, 电话='见备注'), row(8, 电子邮箱='x'), row(9, 入会日期=None),
            row(10, 入会日期='2001年'), row(11, 备注='已退会'), row(12, 备注='拟退会'), headings=headings,
        )
        roster.action_import()
        self.assertEqual((roster.questioned_count, roster.open_review_count), (12, 12))
        self.assertFalse(self.find(9).member_event_ids)
        self.assertFalse(self.find(11).member_event_ids, "neither joining nor exit is counted before both are known")
        self.assertEqual(self.settle('uscc_checksum', value_char='91320000 mate5t01xm').uscc, USCC_1)
        self.assertEqual(self.settle('unknown_grade', value_grade_id=self.grade_director.id).member_grade_id, self.grade_director)
        unit = self.settle('unknown_category', value_category_id=self.category_stamping.id)
        self.assertEqual(unit.enterprise_category_id, self.category_stamping)
        self.assertIn('category', unit.member_event_ids.mapped('kind'))
        self.assertEqual(self.settle('unknown_ownership', value_ownership_id=self.ownership_private.id).ownership_id, self.ownership_private)
        self.assertEqual(self.settle('unknown_province', value_province_id=self.state_sichuan.id).state_id, self.state_sichuan)
        self.assertEqual(self.settle('postcode', value_char='610000').zip, '610000')
        self.assertEqual(self.settle('phone', value_char='028-00000001').child_ids.phone, '028-00000001')
        self.assertEqual(self.settle('email', value_char='contact@member.example').child_ids.email, 'contact@member.example')
        unit = self.settle('missing_date', value_date='1999-09-09')
        self.assertRecordValues(unit.member_event_ids, [{'kind': 'joined', 'date_effective': date(1999, 9, 9)}])
        self.assertEqual(self.settle('partial_date', value_date='2001-05-06').date_member_joined, date(2001, 5, 6))
        unit = self.settle('exit_date', value_date='2010-01-02')
        self.assertRecordValues(unit.member_event_ids.sorted('date_effective'), [
            {'kind': 'joined', 'date_effective': date(2001, 2, 3), 'member_state': 'member'},
            {'kind': 'withdrawn', 'date_effective': date(2010, 1, 2), 'member_state': 'withdrawn'},
        ])
        unit = self.settle('exit_unclear', value_date='2020-06-07')
        self.assertEqual((unit.member_state, unit.date_member_left), ('withdrawn', date(2020, 6, 7)))
        self.assertEqual(roster.open_review_count, 0)

    def test_wrong_answers(self):
        self.make_import(
            self.row(1, '演示甲有限公司', email='x'), self.row(2, '演示乙有限公司', joined=None),
            self.row(3, '演示丙有限公司', remark='已退会', paid_to=None), self.row(4, '演示丁有限公司', '91320000MATE5T01X6'),
        ).action_import()
        items = self.env['cfia.review.item'].search([('partner_id.member_number', '=like', f'CFIA-{self.base // 1000}%')])
        by_code = items.with_user(self.user_organisation).grouped('reason_code')
        for code, vals in (
            ('email', {'value_char': 'y'}), ('missing_date', {'value_date': '2099-01-01'}),
            ('exit_date', {'value_date': '1990-01-01'}), ('uscc_checksum', {'value_char': '123'}),
        ):
            by_code[code].write(vals)
            with self.assertRaises(UserError, msg=code), self.env.cr.savepoint():
                by_code[code].action_settle()
            self.assertEqual(by_code[code].state, 'open')

    def test_dismiss(self):
        self.make_import(
            self.row(1, '演示甲有限公司', email='x'), self.row(2, '演示乙有限公司', joined=None)).action_import()
        item = self.env['cfia.review.item'].with_user(self.user_organisation).search([('partner_id', '=', self.find(1).id)])
        with self.assertRaises(UserError):
            item.action_dismiss()
        item.note = "no address"
        item.action_dismiss()
        self.assertEqual((item.state, item.settled_by_id), ('dismissed', self.user_organisation))
        ledger = self.env['cfia.review.item'].with_user(self.user_organisation).search([('partner_id', '=', self.find(2).id)])
        ledger.note = "nobody knows"
        with self.assertRaises(UserError):
            ledger.action_dismiss()
        with self.assertRaises(UserError):
            ledger.state = 'settled'

    # === RIGHTS AND COST === #

    @users('cfia_test_organisation', 'cfia_test_manager')
    def test_roles_that_import(self):
        roster = self.env['cfia.roster.import'].create({
            'file': base64.b64encode(make_workbook(self.row(self.env.uid, f'演示{self.env.uid}有限公司'))), 'filename': 'a.xlsx'})
        roster.action_import()
        self.assertEqual(roster.accepted_count, 1)

    def test_roles_that_do_not(self):
        roster = self.make_import(self.row(1, '演示甲有限公司', email='x'))
        roster.action_import()
        item = self.env['cfia.review.item'].search([('import_id', '=', roster.id)])
        item.note = "x"
        for user in (
            self.user_staff, self.user_secretary, self.user_leader, self.user_editorial, self.user_network,
            self.user_training, self.user_accountant, self.user_treasurer, self.user_auditor, self.user_portal,
        ):
            for action in (
                roster.with_user(user).action_check, roster.with_user(user).action_import,
                item.with_user(user).action_settle, item.with_user(user).action_dismiss,
            ):
                with self.assertRaises(AccessError, msg=user.login):
                    action()
        self.assertEqual(roster.with_user(self.user_auditor).row_ids.state, 'questioned')
        with self.assertRaises(AccessError):
            roster.row_ids.with_user(self.user_organisation).state = 'accepted'

    def test_query_count(self):
        """One row more never costs a query more."""
        headings = ['会员证号', '单位名称', '入会日期', '电子邮箱', '联系人', '法定代表人']

        def count(first, rows):
            roster = self.make_import(*(
                [self.base + first + index, f'演示{first + index}有限公司', '2010-05-06', 'x' if index % 5 else None,
                 f'演示甲{index}', f'演示乙{index}'] for index in range(rows)
            ), headings=headings)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            roster.action_import()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        # what a process reads once, for a list as long as the one that is measured, is read before
        count(0, 3)
        count(400, 30)
        # within the ORM's blocks of 100 records, here units with two contacts each
        self.assertEqual(count(200, 30), count(100, 10))
