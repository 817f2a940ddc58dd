import io
import json
from datetime import date, datetime

from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import MAC_EPOCH

from odoo.tests import BaseCase, tagged
from odoo.tools.misc import file_path

from odoo.addons.cfia_membership.tools.member_number import canonical_number
from odoo.addons.cfia_membership.tools.roster import lookups, values
from odoo.addons.cfia_membership.tools.roster.columns import HEADINGS as NAMES
from odoo.addons.cfia_membership.tools.roster.evaluate import Known, Reservation, Setting, Unit, judge, read_rows
from odoo.addons.cfia_membership.tools.roster.reader import read_roster
from odoo.addons.cfia_membership.tools.sheet import ListError, SheetError
from odoo.addons.cfia_membership.tools.sheet.cells import parse_day
from odoo.addons.cfia_membership.tools.text import clean_unit_name, normalise_unit_name, to_half_width
from odoo.addons.cfia_membership.tools.unit_match import UnitKeys
from odoo.addons.cfia_membership.tools.uscc import compute_check_character, is_valid_uscc, normalise_uscc

TODAY = date(2026, 11, 23)
HEADINGS = ('会员证号', '单位名称', '统一社会信用代码', '会员级别', '企业类别', '省份', '电子邮箱', '入会日期', '会费缴至', '备注')
USCC_1, USCC_2 = '91320000MATE5T01XM', '91330000MATE5T02XT'


def make_workbook(*rows, headings=HEADINGS, above=(), sheet='名册', epoch=None):
    """Return an xlsx file with a member list."""
    workbook = Workbook()
    if epoch:
        workbook.epoch = epoch
    workbook.active.title = sheet
    for cells in [*above, headings, *rows]:
        workbook.active.append(cells)
    output = io.BytesIO()
    workbook.save(output)
    return output.getvalue()


def make_row(number, name, uscc=None, joined='2010-05-06', **cells):
    """Return the cells of one row under :data:`HEADINGS`."""
    return [
        number, name, uscc, cells.get('grade', '会员'), cells.get('category', '模锻'), cells.get('province', '江苏'),
        cells.get('email'), joined, cells.get('paid_to', 2025), cells.get('remark'),
    ]


def evaluate(content, known=None, prefix='CFIA-'):
    """Return the judged rows of a list, in the names of the seeded classifications."""
    setting = Setting(
        TODAY, prefix, lookups.Lookup(lookups.GRADES), lookups.Lookup(lookups.CATEGORIES),
        lookups.Lookup(lookups.OWNERSHIPS))
    rows = read_rows(read_roster(content), setting)
    judge(rows, known or Known())
    return rows


@tagged('post_install', '-at_install')
class TestRosterParse(BaseCase):

    def check(self, parse, cases, *args):
        """Compare ``parse`` with a table of cell → value; ValueError stands for a refusal."""
        for cell, expected in cases:
            with self.subTest(cell=cell):
                if expected is ValueError:
                    with self.assertRaises(ValueError):
                        parse(cell, *args)
                else:
                    self.assertEqual(parse(cell, *args), expected)

    # === FORMS === #

    def test_text(self):
        self.assertEqual(to_half_width('ＣＦＩＡ－０１　（a）'), 'CFIA-01 (a)')
        self.assertEqual(clean_unit_name('　江苏演示70 021精密锻造有限公司 '), '江苏演示70021精密锻造有限公司')
        self.assertEqual(clean_unit_name('ABC  Forging Co., Ltd'), 'ABC Forging Co., Ltd')
        self.assertEqual(clean_unit_name('演示（中国）有限公司'), '演示（中国）有限公司')
        self.assertEqual(normalise_unit_name('演示（中国） a公司'), normalise_unit_name('演示(中国)A公司'))
        self.assertNotEqual(normalise_unit_name('演示甲公司'), normalise_unit_name('演示乙公司'))

    def test_uscc(self):
        for code in (USCC_1, '12210000MADEM020XR', ' ９１３２００００mate5t01xm '):
            self.assertTrue(is_valid_uscc(code), code)
        for code in ('91320000MATE5T01X6', '9132000MADEM001X5', '', None, '91320000MADEM00IX5', 913200001234567890):
            self.assertFalse(is_valid_uscc(code if code is None else str(code)), code)
        self.assertEqual(normalise_uscc(' 91320000 mate5t01xm'), USCC_1)
        # letters are lawful in the first two places, not in the region
        for stem, is_lawful in (('N2320000MADEM001X', True), ('9132A000MADEM001X', False)):
            self.assertEqual(is_valid_uscc(stem + compute_check_character(stem)), is_lawful, stem)

    def test_member_number(self):
        for text in (12, 12.0, '12', '00012', 'ＣＦＩＡ－０００１２', 'CFIA00012', 'cfia-12', ' CFIA - 12 ', 'No.12', '第12号', '12.0'):
            self.assertEqual(canonical_number(text, 'CFIA-', 5), 'CFIA-00012', text)
        for text in (None, '', 0, '0', 12.5, 'ABC-12', 'CFIA', '二十', True, '12-13'):
            self.assertIsNone(canonical_number(text, 'CFIA-', 5), text)
        self.assertEqual(canonical_number('A1-7', 'A1-', 4), 'A1-0007')
        self.assertEqual(canonical_number('123456', 'CFIA-', 5), 'CFIA-123456')

    # === CELLS === #

    def test_dates(self):
        day = date(2015, 4, 26)
        self.check(parse_day, [
            ('2015/04/26', (day, True)), ('2015年4月26日', (day, True)), ('2015.4.26', (day, True)),
            ('2015-04-26', (day, True)), ('20150426', (day, True)), (20150426, (day, True)), (42120, (day, True)),
            ('42120', (day, True)), (42120.0, (day, True)), (datetime(2015, 4, 26), (day, True)), (day, (day, True)),
            ('２０１５年４月２６日', (day, True)), ('2015-04-26 00:00:00', (day, True)), ('二〇一五年四月二十六日', (day, True)),
            (' 2015. 4. 26 ', (day, True)),
            ('2015-04', (date(2015, 4, 1), False)), ('2015年4月', (date(2015, 4, 1), False)),
            (1998, (date(1998, 1, 1), False)), ('1998年', (date(1998, 1, 1), False)),
            (None, None), ('', None), ('　', None), ('-', None), ('无', None), ('#N/A', None),
            ('2013年13月45日', ValueError), ('2013-02-30', ValueError), ('15.4.26', ValueError), ('去年', ValueError),
            (5, ValueError), (99999999, ValueError), ('0001-01-01', ValueError),
        ])

    def test_paid_to(self):
        self.check(values.parse_year, [
            ('2022年', 2022), (2025, 2025), ('2025', 2025), ('2025年12月', 2025), ('2025-12-31', 2025), ('２０２５年', 2025),
            ('2025年度', 2025), ('已缴至2025年', 2025), ('2023-2025', 2025), (datetime(2025, 12, 31), 2025),
            (None, None), ('未缴', None), ('已缴清', ValueError), ('25', ValueError),
        ])

    def test_exit(self):
        Exit = values.Exit
        self.check(values.parse_exit, [
            ('1996年已退会', Exit('withdrawn', 1996, date(1996, 12, 31))),
            ('2020年退会', Exit('withdrawn', 2020, date(2020, 12, 31))),
            ('已退会(2019.3)', Exit('withdrawn', 2019, date(2019, 3, 31))),
            ('2019年3月5日退会', Exit('withdrawn', 2019, date(2019, 3, 5))),
            ('２０１９年 已 退 会', Exit('withdrawn', 2019, date(2019, 12, 31))),
            ('96年已退会', Exit('withdrawn', 1996, date(1996, 12, 31))),
            ('2026年已退会', Exit('withdrawn', 2026, TODAY)),
            ('因欠费2020年除名', Exit('expelled', 2020, date(2020, 12, 31))),
            ('已退会', Exit('withdrawn')),
            ('未缴费，已退会', Exit('withdrawn')),
            ('未退会', None), ('没有退会', None), ('取消退会', None), ('2015年更名', None), ('', None), (None, None),
        ], TODAY)
        for remark in ('2020年申请退会', '2010年退会，2015年重新入会', '2030年已退会', '拟退会'):
            with self.assertRaises(values.UnclearExit, msg=remark):
                values.parse_exit(remark, TODAY)

    def test_contact_data(self):
        self.check(values.parse_email, [
            ('a.b@c.cn', 'a.b@c.cn'), ('a@b.cn；c@d.com', 'a@b.cn, c@d.com'), ('ａ＠b.cn', 'a@b.cn'), ('', None), ('无', None),
            ('contact20.member.example', ValueError), ('a@b', ValueError), ('a@@b.cn', ValueError), ('a b@c.cn', ValueError),
        ])
        self.check(values.parse_phone, [
            ('0958-00000755', ('0958-00000755', None)), (13800000000, (None, '13800000000')),
            ('0510-00000000/13800000000', ('0510-00000000', '13800000000')), ('+86 13800000000', (None, '13800000000')),
            ('010-00000000转801', ('010-00000000转801', None)), (None, None), ('见备注', ValueError), ('12', ValueError),
        ])
        self.check(values.parse_zip, [
            ('039348', '039348'), (39348, '039348'), ('１００１２３', '100123'), ('', None), ('1234567', ValueError), ('邮编', ValueError),
        ])

    def test_provinces(self):
        for code, names in lookups.PROVINCES.items():
            for name in names:
                self.assertEqual(lookups.parse_province(name), code)
        self.check(lookups.parse_province, [
            ('江苏省', 'JS'), ('内蒙古自治区', 'NM'), ('广西壮族自治区', 'GX'), ('香港特别行政区', 'HK'), ('江苏省南京市', 'JS'),
            ('上海市', 'SH'), ('', None), ('火星', ValueError), ('华东', ValueError),
        ])

    def test_classifications(self):
        categories = lookups.Lookup(lookups.CATEGORIES)
        self.check(categories.parse_many, [
            ('钣金', ['sheet_metal']), ('模锻、冲压', ['die_forging', 'stamping']), ('经销/其他', ['trade_other']), ('', []),
            ('航天飞船', ValueError), ('模锻、航天飞船', ValueError),
        ])
        self.check(lookups.Lookup(lookups.OWNERSHIPS).parse, [
            ('合资', 'joint_venture'), ('外资', 'foreign'), ('国有', 'state'), ('港澳台资', 'hk_mo_tw'), ('民营企业', 'private'),
        ])
        self.check(lookups.Lookup(lookups.GRADES).parse, [
            ('会员单位', 'member'), ('副理事长单位', 'vice_president'), ('常务理事', 'standing_director'), ('名誉', ValueError),
        ])
        # the association's own names win
        self.assertEqual(lookups.Lookup(lookups.CATEGORIES, {'dies': 7}, [('航天飞船', 9)]).parse('航天飞船'), 9)

    def test_columns(self):
        self.assertEqual(
            NAMES.match_first(['序号', '企业名称（全称）', '*会员\n编号：', '法人', '单位所在省', '加入协会的时间', '会费交到哪一年', '备注']),
            {'name': 1, 'number': 2, 'legal_representative': 3, 'province': 4, 'joined': 5, 'paid_to': 6, 'remark': 7})
        self.assertEqual(NAMES.match_first(['编号', '会员证号', '名称', '单位名称'])['number'], 1)
        self.assertEqual(NAMES.match_first(['编号', '会员证号', '名称', '单位名称'])['name'], 3)
        self.assertFalse(NAMES.match_first(['中国锻压协会会员名册', None, 3]))

    # === TABLES === #

    def test_find_table(self):
        workbook = Workbook()
        workbook.active.append(['封面'])
        sheet = workbook.create_sheet('数据')
        for cells in (['会员名册'], [], ['填表日期：2026年'], ['备注', '单位', '会员号']):
            sheet.append(cells)
        sheet.append([None, '演示甲有限公司', 3])
        sheet.append([])
        sheet.append(['合计', '1 家'])
        output = io.BytesIO()
        workbook.save(output)
        [row] = evaluate(output.getvalue())
        self.assertEqual((row.number, row.member, row.values['name'], row.state), (5, 3, '演示甲有限公司', 'accepted'))

    def test_two_line_headings(self):
        [row] = evaluate(make_workbook(
            [None, None, '姓名', '电话', '姓名', '职务', '电话', None],
            [1, '演示甲有限公司', '演示甲', '010-00000001', '演示乙', '主任', '010-00000002', '2001-02-03'],
            headings=['会员证号', '单位名称', '法定代表人', None, '联系人信息', None, None, '入会日期'],
        ))
        self.assertEqual(row.number, 3)
        self.assertEqual(
            [row.values[name] for name in ('legal_representative', 'contact', 'function', 'phone')],
            ['演示甲', '演示乙', '主任', '010-00000002'])

    def test_any_order_and_synonyms(self):
        """The sample means the same with its columns turned round and called otherwise."""
        with open(file_path('cfia_membership/tests/data/legacy_roster.xlsx'), 'rb') as stream:
            content = stream.read()
        cells = list(load_workbook(io.BytesIO(content)).active.iter_rows(min_row=5, values_only=True))
        headings = [
            '会员编号', '企业全称', '信用代码（18位）', '等级', '行业类别', '企业性质', '所在省份', '联系地址', '邮政编码', '法人代表',
            '联络人', '职位', '联系电话', 'E-mail', '刊物收件人', '入会\n时间', '缴费至', '说明',
        ]
        turned = make_workbook(
            *([*reversed(row), None] for row in cells), headings=[*reversed(headings), '经办'], above=[['名册'], [], []])
        self.assertEqual(
            [(row.state, row.reason_code, row.values) for row in evaluate(turned)],
            [(row.state, row.reason_code, row.values) for row in evaluate(content)])

    def test_no_table(self):
        broken = make_workbook(make_row(1, '演示甲有限公司'))[:-300]
        for content, code in (
            (b'', 'empty'), (b'a,b\n1,2', 'no_header'), (broken, 'damaged'),
            (b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + b'\0' * 600, 'damaged'),
            (make_workbook(headings=['甲', '乙']), 'no_header'), (make_workbook(headings=['单位名称', '电话']), 'no_header'),
            (make_workbook(), 'no_rows'),
        ):
            with self.assertRaises((ListError, SheetError)) as caught:
                read_roster(content)
            self.assertEqual(caught.exception.code, code)

    def test_rows_without_member(self):
        rows = evaluate(make_workbook(
            ['一、理事单位'],
            make_row('CFIA-00001', '演示甲有限公司'),
            ['江苏省（15家）'],
            HEADINGS,
            make_row('CFIA-00002', '演示乙有限公司'),
            ['小计', 2], [None, '合 计：2家'], ['总计', '2 家'], ['共2家'],
            ['注：以上数据截至2025年底'], [None, None, None, None, '制表人：演示', None, None, '审核：演示'],
        ))
        self.assertEqual([row.member for row in rows], [1, 2])

    def test_epoch_1904(self):
        [row] = evaluate(make_workbook(make_row(1, '演示甲有限公司', joined=42120 - 1462), epoch=MAC_EPOCH))
        self.assertEqual(row.values['joined'], date(2015, 4, 26))

    # === VERDICTS === #

    def verdicts(self, *rows, **kwargs):
        return [(row.state, row.reason_code) for row in evaluate(make_workbook(*rows), **kwargs)]

    def test_rejections(self):
        self.assertEqual(
            self.verdicts(
                make_row('CFIA-00001', '演示甲有限公司', USCC_1),
                make_row('1', '演示乙有限公司'),
                make_row('3', '演示丙有限公司', USCC_1.lower()),
                make_row('4', '演示 甲有限公司'),
                make_row('5', None, USCC_2),
                make_row('6', '演示丁有限公司', joined='2013年13月45日'),
                make_row('7', '演示戊有限公司', joined='2031-01-01'),
                make_row(None, '演示己有限公司'),
                make_row('ABC-9', '演示庚有限公司'),
                make_row(10, '演示辛有限公司'),
            ),
            [
                ('accepted', None), ('rejected', 'duplicate_number'), ('rejected', 'duplicate_unit'),
                ('rejected', 'duplicate_unit'), ('rejected', 'missing_name'), ('rejected', 'date'),
                ('rejected', 'future_date'), ('rejected', 'missing_number'), ('rejected', 'number'), ('accepted', None),
            ],
        )

    def test_first_of_two_stands_even_rejected(self):
        """The mended first row must still find its number and its unit free."""
        self.assertEqual(
            self.verdicts(
                make_row('1', '演示甲有限公司', joined='2031-01-01'),
                make_row('1', '演示乙有限公司'),
                make_row('2', '演示甲有限公司'),
            ),
            [('rejected', 'future_date'), ('rejected', 'duplicate_number'), ('rejected', 'duplicate_unit')],
        )

    def test_first_reason(self):
        rows = evaluate(make_workbook(
            make_row('1', '演示甲有限公司'),
            make_row('1', '演示甲有限公司', joined='2031-01-01', email='x', category='航天飞船'),
            make_row('2', '演示乙有限公司', email='x', category='航天飞船', uscc=USCC_1[:-1] + '6'),
        ))
        self.assertEqual(
            [problem.code for problem in rows[1].problems],
            ['duplicate_number', 'duplicate_unit', 'future_date', 'unknown_category', 'email'])
        self.assertEqual(
            [problem.code for problem in rows[2].problems], ['uscc_checksum', 'unknown_category', 'email'])
        self.assertEqual(rows[2].state, 'questioned')

    def test_questions_leave_the_value_empty(self):
        rows = evaluate(make_workbook(
            make_row('1', '演示甲有限公司', USCC_1[:-1] + '6'),
            make_row('2', '演示乙有限公司', email='contact.member.example'),
            make_row('3', '演示丙有限公司', category='航天飞船'),
            make_row('4', '演示丁有限公司', paid_to='2023年', remark='2022年已退会'),
            make_row('5', '演示戊有限公司', paid_to='2022年', remark='2022年已退会'),
            make_row('6', '演示己有限公司', province='火星'),
            make_row('7', '演示庚有限公司', joined=None),
            make_row('8', '演示辛有限公司', joined='2012-03'),
            make_row('9', '演示壬有限公司', remark='已退会', paid_to=None),
            make_row('10', '演示癸有限公司', remark='2001年退会', paid_to=None),
            make_row('11', '演示子有限公司', remark='拟退会'),
            make_row('12', '演示丑有限公司', paid_to='缴清'),
            make_row('13', '演示寅有限公司', grade=None),
        ))
        self.assertEqual([row.reason_code for row in rows], [
            'uscc_checksum', 'email', 'unknown_category', 'paid_after_exit', None, 'unknown_province', 'missing_date',
            'partial_date', 'exit_date', 'exit_before_joined', 'exit_unclear', 'paid_to', 'unknown_grade'])
        empty = ['uscc', 'email', 'category', 'paid_to', None, 'province', 'joined', None, None, None, 'exit', 'paid_to', 'grade']
        for row, name in zip(rows, empty):
            if name:
                self.assertFalse(row.values[name], row.reason_code)
        self.assertEqual(rows[4].values['paid_to'], 2022)
        self.assertEqual(rows[7].values['joined'], date(2012, 3, 1))
        self.assertEqual((rows[8].values['exit'], rows[9].values['exit']), (values.Exit('withdrawn'),) * 2)

    def test_wrong_uscc_is_no_identity(self):
        self.assertEqual(
            self.verdicts(
                make_row('1', '演示甲有限公司', '000000000000000000'), make_row('2', '演示乙有限公司', '000000000000000000')),
            [('questioned', 'uscc_checksum')] * 2,
        )

    def test_exit_columns(self):
        headings = ['会员证号', '单位名称', '入会日期', '会员状态', '退会日期']
        rows = evaluate(make_workbook(
            ['1', '演示甲有限公司', '2001-01-01', '退会', '2010年5月'],
            ['2', '演示乙有限公司', '2001-01-01', '在册', None],
            ['3', '演示丙有限公司', '2001-01-01', '除名', datetime(2011, 6, 7)],
            headings=headings,
        ))
        self.assertEqual([row.values['exit'] for row in rows], [
            values.Exit('withdrawn', 2010, date(2010, 5, 31)), None, values.Exit('expelled', 2011, date(2011, 6, 7))])

    def test_other_prefix(self):
        content = make_workbook(make_row('ZG-001', '演示甲有限公司'), make_row('CFIA-00002', '演示乙有限公司'), make_row(3, '演示丙有限公司'))
        self.assertEqual(
            [(row.member, row.reason_code) for row in evaluate(content, prefix='ZG-')],
            [(1, None), (None, 'number'), (3, None)])

    def test_known_units(self):
        known = Known(
            units=[
                Unit(1, '演示甲有限公司', UnitKeys.of('演示甲有限公司', USCC_1, '演示旧有限公司'), member=1),
                Unit(2, '演示乙有限公司', UnitKeys.of('演示乙有限公司')),
                Unit(3, '演示丙有限公司', UnitKeys.of('演示丙有限公司'), is_applicant=True),
            ],
            reservations={
                8: Reservation('演示辛有限公司', '演示辛有限公司', '', 'date'),
                9: Reservation('', '', '', 'missing_name'),
                10: Reservation('演示子有限公司', '演示子有限公司', '', 'future_date'),
            },
        )
        rows = evaluate(make_workbook(
            make_row('CFIA-00001', '演示旧有限公司'),
            make_row('00001', '演示丁有限公司'),
            make_row('2', '演示甲有限公司'),
            make_row('3', '演示乙有限公司'),
            make_row('4', '演示丙有限公司'),
            make_row('8', '演示辛 有限公司'),
            make_row('9', '演示壬有限公司'),
            make_row('10', '演示癸有限公司'),
        ), known)
        self.assertEqual([(row.reason_code, row.is_unchanged, row.unit and row.unit.id) for row in rows], [
            (None, True, 1), ('duplicate_number', False, None), ('duplicate_unit', False, None), (None, False, 2),
            ('application_open', False, None), (None, False, None), (None, False, None), ('reserved_number', False, None),
        ])

    def test_legacy_roster(self):
        """The association's own sample comes out row by row as its key says."""
        with open(file_path('cfia_membership/tests/data/legacy_roster.xlsx'), 'rb') as stream:
            rows = {row.number: row for row in evaluate(stream.read())}
        with open(file_path('cfia_membership/tests/data/legacy_roster_expected.json'), encoding='utf-8') as stream:
            key = json.load(stream)
        self.assertEqual(len(rows), key['rows'])
        self.assertEqual(
            {number: row.reason_code for number, row in rows.items() if row.state == 'rejected'},
            {entry['row']: entry['reason'] for entry in key['rejected']})
        self.assertEqual(
            {number: [problem.code for problem in row.problems] for number, row in rows.items() if row.state == 'questioned'},
            {entry['row']: [entry['question']] for entry in key['questions']})
        categories, grades = lookups.Lookup(lookups.CATEGORIES), lookups.Lookup(lookups.GRADES)
        for entry in key['accepted']:
            row = rows[entry['row']]
            self.assertEqual(
                (f'{row.member:05d}', row.values['name'], row.values['uscc'], row.values['province'], row.values['grade'],
                 row.values['category'], row.values['joined'].isoformat(), bool(row.values['exit'])),
                (entry['number'], entry['name'], entry['uscc'], lookups.parse_province(entry['province']),
                 grades.get(entry['grade']), categories.get(entry['category']), entry['joined'], entry['withdrawn']))
            if row.reason_code != 'paid_after_exit':
                self.assertEqual(row.values['paid_to'], entry['paid_to'])
