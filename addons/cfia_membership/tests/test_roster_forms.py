import io

from openpyxl import Workbook

from odoo.tests import BaseCase, tagged

from odoo.addons.cfia_membership.tests.sheets import to_xlsx
from odoo.addons.cfia_membership.tests.test_roster_parse import TODAY
from odoo.addons.cfia_membership.tools.roster import lookups
from odoo.addons.cfia_membership.tools.roster.dues import read_paid_to
from odoo.addons.cfia_membership.tools.roster.evaluate import Known, Setting, judge, read_rows
from odoo.addons.cfia_membership.tools.roster.people import read_people
from odoo.addons.cfia_membership.tools.roster.prospects import REQUIRED_FIELDS, read_prospect_rows
from odoo.addons.cfia_membership.tools.roster.reader import read_roster
from odoo.addons.cfia_membership.tools.roster.sections import read_section

SETTING = Setting(
    TODAY, 'CFIA-', lookups.Lookup(lookups.GRADES), lookups.Lookup(lookups.CATEGORIES), lookups.Lookup(lookups.OWNERSHIPS))


def evaluate(*rows, merge=()):
    workbook = Workbook()
    for row in rows:
        workbook.active.append(list(row))
    for cells in merge:
        workbook.active.merge_cells(cells)
    content = io.BytesIO()
    workbook.save(content)
    found = read_rows(read_roster(content.getvalue()), SETTING)
    judge(found, Known())
    return found


@tagged('post_install', '-at_install')
class TestRosterForms(BaseCase):
    """Lists as associations really keep them."""

    def test_a_heading_within_the_list_gives_the_grade(self):
        rows = evaluate(
            ("会员名录",), ('序号', '会员证号', '单位名称'), ("一、副理事长单位",), (1, '11', "演示一有限公司"),
            ("二、理事单位（共1家）",), (2, '12', "演示二有限公司"), ("（三）会员单位",), (3, '13', "演示三有限公司"))
        self.assertEqual([row.values['grade'] for row in rows], ['vice_president', 'director', 'member'])
        self.assertTrue(all(row.state == 'accepted' for row in rows))

    def test_a_heading_within_the_list_tells_who_left(self):
        rows = evaluate(
            ('序号', '会员证号', '单位名称'), (1, '11', "演示一有限公司"), (None, "以下为已退会单位"), (2, '12', "演示二有限公司"),
            ("二、停止会籍单位",), (3, '13', "演示三有限公司"), ("三、已除名",), (4, '14', "演示四有限公司"),
            ("四、会员单位",), (5, '15', "演示五有限公司"), ("五、拟退会单位",), (6, '16', "演示六有限公司"))
        self.assertEqual(
            [row.values['exit'] and row.values['exit'].state for row in rows],
            [None, 'withdrawn', 'withdrawn', 'expelled', None, None])
        self.assertEqual(rows[5].reason_code, 'exit_unclear', "nobody has left yet")

    def test_a_word_of_standing_that_nobody_knows_is_asked(self):
        words = ("在册", "欠费", "已退会", "停权", "失联", "2", "暂缓", "待", "吊销", "停止会籍")
        rows = evaluate(('会员证号', '单位名称', '会员状态'), *(
            (str(at), f"演示{at}号有限公司", word) for at, word in enumerate(words, 1)))
        self.assertEqual([row.reason_code for row in rows], [
            None, None, 'exit_date', *['exit_unclear'] * 6, 'exit_date'])
        rows = evaluate(('会员证号', '单位名称', '是否退会'), ('1', "演示一有限公司", "否"), ('2', "演示二有限公司", "是"))
        self.assertEqual([row.values['exit'] and row.values['exit'].state for row in rows], [None, 'withdrawn'])
        rows = evaluate(('会员证号', '单位名称', '是否在会'), ('1', "演示一有限公司", "是"), ('2', "演示二有限公司", "否"))
        self.assertEqual([row.reason_code for row in rows], [None, 'exit_unclear'])

    def test_a_heading_of_units_in_doubt_is_asked(self):
        rows = evaluate(
            ('会员证号', '单位名称'), ("已注销企业",), ('1', "演示一有限公司"), ("失联会员单位",), ('2', "演示二有限公司"),
            ("暂缓入会单位",), ('3', "演示三有限公司"), ("理事单位",), ('4', "演示四有限公司"))
        self.assertEqual([row.reason_code for row in rows], [*['exit_unclear'] * 3, None])

    def test_what_stands_behind_a_name(self):
        rows = evaluate(
            ('会员证号', '单位名称', '级别'), ('1', "演示一有限公司（原演示老厂）", "理事"), ('2', "★演示二有限公司*", "理事（2020年退会）"),
            ('3', "演示三有限公司(2019年退会)", "理事"), ('4', "演示四有限公司【已注销】", "理事"), ('5', "5、演示五有限公司（集团）", "理事"))
        self.assertEqual([row.values['name'] for row in rows], [
            "演示一有限公司", "演示二有限公司", "演示三有限公司", "演示四有限公司", "演示五有限公司（集团）"])
        self.assertEqual(rows[0].values['former_name'], "演示老厂")
        self.assertEqual([row.values['exit'] and row.values['exit'].year for row in rows], [None, 2020, 2019, None, None])
        self.assertEqual([row.reason_code for row in rows], [None, None, None, 'exit_unclear', None])
        self.assertEqual({row.values['grade'] for row in rows}, {'director'})

    def test_a_code_that_the_spreadsheet_has_rounded_is_asked(self):
        rows = evaluate(('会员证号', '单位名称', '统一社会信用代码'), ('1', "演示一有限公司", 9.132e17), ('2', "演示二有限公司", '9.132E+17'))
        self.assertEqual([(row.reason_code, row.values['uscc']) for row in rows], [('uscc_checksum', '')] * 2)

    def test_a_sheet_for_each_grade(self):
        head = ('会员证号', '单位名称', '联系人')
        content = to_xlsx([head, ('11', "演示一有限公司", "甲")], name='副理事长单位', 理事单位=[("理事名单",), (*head, '手机'), ('12', "演示二有限公司", "乙", '13900000001')], 已退会=[head, ('13', "演示三有限公司", None)], 往来=[('单位名称', '会员证号', '备注'), ("演示四有限公司", '14', None)])
        passed = []
        roster = read_roster(content, is_section=lambda name: bool(
            (section := read_section(name, SETTING)).grade or section.exit))
        rows = read_rows(roster, SETTING, passed)
        self.assertEqual([(row.values['grade'], row.values['exit'] and row.values['exit'].state) for row in rows], [
            ('vice_president', None), ('director', None), (None, 'withdrawn')])
        self.assertEqual((roster.other_sheets, passed), ({'往来': 1}, []))

    def test_every_row_stands_in_one_place(self):
        head = ('會員證號', '單位名稱', '聯繫人')
        passed = []
        roster = read_roster(to_xlsx([
            ("会员名录",), head, ("（数字）", "（全称）", "（姓名）"), ("例：1", "某某公司", "张三"), ("一、理事单位",),
            ('1', "演示一有限公司", "甲"), (None, None, "乙"), (None,), head, ('2', "演示二有限公司", "丙"), ("合计", "2家"),
            ("注：供参考",)]))
        rows = read_rows(roster, SETTING, passed)
        self.assertEqual([row.number for row in rows], [6, 10])
        self.assertEqual(sorted((number, reason) for _sheet, number, _cells, reason in passed), [
            (3, 'units'), (4, 'units'), (5, 'section'), (7, 'person'), (9, 'heading'), (11, 'total'), (12, 'note')])
        self.assertEqual([person['name'] for person in rows[0].values['more_contacts']], ["乙"])

    def test_halves_beside_one_another(self):
        rows = evaluate(
            ('会员证号', '单位名称', '会员证号', '单位名称'), ('1', "演示一有限公司", '3', "演示三有限公司"), ('2', "演示二有限公司", None, None))
        self.assertEqual([row.member for row in rows], [1, 2, 3])

    def test_sections(self):
        for text, grade, province, has_left in (
            ("一、常务理事单位", 'standing_director', None, False), ("江苏省（15家）", None, 'JS', False),
            ("2.已退会企业名单", None, None, True), ("杂项", None, None, False),
        ):
            section = read_section(text, SETTING)
            self.assertEqual((section.grade, section.province, bool(section.exit)), (grade, province, has_left), text)

    def test_two_persons_in_a_cell(self):
        rows = evaluate(
            ('会员证号', '单位名称', '联系人', '职务', '电话', '手机'),
            ('1', "演示甲有限公司", "演示张\n演示李", "总经理\n主任", "010-50000003\n010-50000004", "13900000003\n13900000004"))
        [row] = rows
        self.assertEqual((row.values['contact'], row.values['mobile']), ("演示张", '13900000003'))
        self.assertEqual(row.values['more_contacts'], [
            {'name': "演示李", 'function': "主任", 'phone': '010-50000004', 'mobile': '13900000004', 'email': None}])

    def test_name_and_telephone_in_a_cell(self):
        for cell, expected in (
            ("演示王 13900000005", ("演示王", None, None, '13900000005')),
            ("演示赵（部长）010-50000006", ("演示赵", "部长", '010-50000006', None)),
            ("演示李/13900000006", ("演示李", None, None, '13900000006')), ("演示周（女）", ("演示周", None, None, None)),
            ("联系人：演示张，手机：13900000007", ("演示张", None, None, '13900000007')),
            ("演示孙", ("演示孙", None, None, None)), ("演示甲123", ("演示甲123", None, None, None)),
        ):
            [person], wrong = read_people({'contact': cell})
            self.assertEqual(tuple(person[name] for name in ('name', 'function', 'phone', 'mobile')), expected)
            self.assertFalse(wrong)
        [person], _wrong = read_people({'contact': "演示吴 wu@demo.example"})
        self.assertEqual((person['name'], person['email']), ("演示吴", 'wu@demo.example'))
        [row] = evaluate(('会员证号', '单位名称', '联系人及电话', '通讯地址及邮编'),
                         ('1', "演示甲有限公司", "演示王 13900000005", "天津市演示路6号（300006）"))
        self.assertEqual((row.values['address'], row.values['zip']), ("天津市演示路6号", '300006'))

    def test_a_unit_in_two_rows(self):
        for merge in (('A2:A3', 'B2:B3'), ()):
            rows = evaluate(
                ('会员证号', '单位名称', '联系人', '手机'), ('1', "演示甲有限公司", "演示甲", '13900000061'),
                (None, None, "演示乙", '13900000062'), ('2', "演示丙有限公司", "演示丙", '13900000063'), merge=merge)
            self.assertEqual([row.state for row in rows], ['accepted'] * 2)
            self.assertEqual([person['name'] for person in rows[0].values['more_contacts']], ["演示乙"])

    def test_a_second_person_in_columns_of_its_own(self):
        [row] = evaluate(('*会员证号\n（必填）', '单位名称（盖章）', '联系人1', '联系人1手机', '联系人2', '联系人2手机'),
                         ('1', "演示甲有限公司", "演示甲", '13900000221', "演示乙", '13900000222'))
        self.assertEqual((row.values['contact'], row.values['mobile']), ("演示甲", '13900000221'))
        self.assertEqual([(person['name'], person['mobile']) for person in row.values['more_contacts']], [("演示乙", '13900000222')])

    def test_a_post_in_the_association_is_the_grade(self):
        rows = evaluate(('会员编号', '单位名称', '职务', '联系人'), ('1', "演示一有限公司", "副会长单位", "甲"),
                        ('2', "演示二有限公司", "理事单位", "乙"))
        self.assertEqual([row.values['grade'] for row in rows], ['vice_president', 'director'])
        [row] = evaluate(('证书编号', '会员单位', '职务', '联系人', '职务'), ('1', "演示一有限公司", "副会长", "演示甲", "经理"))
        self.assertEqual((row.values['grade'], row.values['function']), ('vice_president', "经理"))
        [row] = evaluate(('证书编号', '会员单位', '联系人', '职务'), ('1', "演示一有限公司", "演示甲", "经理"))
        self.assertEqual((row.values['grade'], row.values['function']), (None, "经理"))

    def test_dues_year_by_year(self):
        rows = evaluate(
            ('会员证号', '单位名称', '2022年会费', '2023年会费', '2024年会费', '2025年会费'),
            ('1', "演示一有限公司", 2000, 2000, 2000, None), ('2', "演示二有限公司", 2000, '√', '√', '√'),
            ('3', "演示三有限公司", 2000, None, None, None), ('4', "演示四有限公司", None, None, None, None),
            ('5', "演示五有限公司", 2000, None, 2000, None), ('6', "演示六有限公司", '待查', None, None, None))
        self.assertEqual([row.values['paid_to'] for row in rows], [2024, 2025, 2022, None, None, None])
        self.assertEqual([row.reason_code for row in rows[3:]], [None, 'paid_to', 'paid_to'], "a gap is asked, not guessed")
        self.assertEqual(read_paid_to({2024: '已缴', 2025: '未缴'}), 2024)
        self.assertEqual(read_paid_to({2024: '2000元', 2025: '2025.3.1到账'}), 2025)
        rows = evaluate(('会员证号', '单位名称', '23年', '24年'), ('1', "演示一有限公司", 2000, 2000), ('2', "演示二有限公司", '已交', '免'))
        self.assertEqual([(row.values['paid_to'], row.reason_code) for row in rows], [(2024, None), (None, 'paid_to')])

    def test_years_paid_in_a_cell(self):
        rows = evaluate(
            ('会员证号', '单位名称', '已缴年度'), ('1', "演示一有限公司", '2023、2024、2025'), ('2', "演示二有限公司", '2022、2024'),
            ('3', "演示三有限公司", '截止2025年底'))
        self.assertEqual([(row.values['paid_to'], row.reason_code) for row in rows], [(2025, None), (None, 'paid_to'), (2025, None)])

    def test_several_persons_of_a_unit_in_a_list_of_visitors(self):
        workbook = Workbook()
        for row in (('公司名称', '姓名', '手机'), ("演示一有限公司", "演示甲", '13900001001'), ("演示一有限公司", "演示乙", '13900001002'),
                    ("演示二有限公司", "演示丙", '13900001003')):
            workbook.active.append(row)
        content = io.BytesIO()
        workbook.save(content)
        rows = read_prospect_rows(read_roster(content.getvalue(), REQUIRED_FIELDS), SETTING)
        self.assertEqual([row.values['name'] for row in rows], ["演示一有限公司", "演示二有限公司"])
        self.assertEqual([person['name'] for person in rows[0].values['more_contacts']], ["演示乙"])

    def test_a_list_of_visitors_by_person(self):
        content = to_xlsx([
            ('姓名', '公司', '手机号码'), ("演示甲", "演示一有限公司", '+49 170 0000000'), ("演示乙", "个人", None),
            ("演示丙", None, '13900000003'), ("演示丁", "演示二有限公司【已注销】", None)])
        rows = read_prospect_rows(read_roster(content, REQUIRED_FIELDS), SETTING)
        self.assertEqual([(row.values['contact'], row.reason_code) for row in rows], [
            ("演示甲", None), ("演示乙", 'missing_name'), ("演示丙", 'missing_name'), ("演示丁", None)])
        self.assertEqual(rows[3].values['name'], "演示二有限公司（已注销）")
        self.assertEqual(rows[0].values['phone'], '+49-170 0000000')
