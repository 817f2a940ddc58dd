"""A generated member list as messy as real ones, for benchmarks: everything in it is invented (演示)."""
import datetime
import io
import random

from openpyxl import Workbook

PROVINCES = (
    ('北京', '市', '11'), ('天津', '市', '12'), ('河北', '省', '13'), ('山西', '省', '14'), ('内蒙古', '自治区', '15'),
    ('辽宁', '省', '21'), ('上海', '市', '31'), ('江苏', '省', '32'), ('浙江', '省', '33'), ('山东', '省', '37'),
    ('广西', '壮族自治区', '45'), ('重庆', '市', '50'), ('四川', '省', '51'), ('陕西', '省', '61'), ('新疆', '维吾尔自治区', '65'),
)
TRADES = ('精密锻造', '环锻', '冲压科技', '钣金制作', '紧固件', '模具', '锻压装备', '热处理', '特材', '自动化')
CATEGORIES = ('模锻', '自由锻', '环件', '冷温锻', '冲压', '精冲', '钣金', '封头', '紧固件', '模具', '锻压装备', '自动化', '热处理')
GRADES = ('会员', '会员', '会员', '会员', '理事', '理事', '常务理事', '副理事长')
OWNERSHIPS = ('民营', '民营', '国有及国有控股', '股份制', '合资', '外资', '港澳台资')
HEADINGS = (
    '会员证号', '单位名称', '统一社会信用代码', '会员级别', '企业类别', '单位性质', '省份', '通讯地址', '邮编', '法定代表人', '联系人',
    '职务', '电话', '电子邮箱', '杂志收件人', '入会日期', '会费缴至', '备注',
)
_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
_FULL_WIDTH = {ord(digit): ord(digit) + 0xFEE0 for digit in '0123456789'}


def make_uscc(region, serial):
    """Return a code that passes GB 32100 and can belong to nobody: its organisation part is invented."""
    code = f'91{region}0000MAX{serial:06d}'[:17]
    total = sum(_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(code))
    return code + _ALPHABET[-total % 31]


def make_roster(count, seed=1, first=1):
    """Return a workbook with ``count`` rows of members, doubles, mistakes and blanks among them.

    :param int first: number of the first member
    :rtype: bytes
    """
    rng = random.Random(seed)
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet('会员名册')
    sheet.append(['会员名册（演示数据，全部虚构）'])
    sheet.append(['填表日期：2026年1月8日'])
    sheet.append([])
    sheet.append(HEADINGS)
    previous = None
    for serial in range(first, first + count):
        previous = _make_row(rng, serial, previous)
        sheet.append(previous)
        if rng.random() < 0.03:
            sheet.append([])
    sheet.append(['合计', f'{count} 家'])
    output = io.BytesIO()
    workbook.save(output)
    return output.getvalue()


def _make_row(rng, serial, previous):
    province, suffix, region = rng.choice(PROVINCES)
    number = rng.choice((f'CFIA-{serial:05d}', f'CFIA-{serial:05d}', f'CFIA-{serial:05d}', str(serial), serial))
    name = f'{province}演示{70000 + serial}{rng.choice(TRADES)}有限公司'
    uscc = make_uscc(region, serial)
    day = datetime.date(1990, 1, 1) + datetime.timedelta(days=rng.randrange(12000))
    joined = rng.choice((
        day.isoformat(), f'{day.year}年{day.month}月{day.day}日', f'{day.year}.{day.month}.{day.day}',
        day.strftime('%Y/%m/%d'), (day - datetime.date(1899, 12, 30)).days,
        datetime.datetime.combine(day, datetime.time()),
    ))
    category, email, remark = rng.choice(CATEGORIES), f'contact{serial}@member.example', None
    paid_to = rng.choice((2022, 2023, 2024, 2025, '2025', '2024年', '2025年', 2026))
    fault = rng.random()
    if fault < 0.03:
        uscc = uscc[:-1] + _ALPHABET[(_ALPHABET.index(uscc[-1]) + 1) % 31]
    elif fault < 0.05:
        category = '航天飞船'
    elif fault < 0.06:
        email = email.replace('@', '.')
    elif fault < 0.09:
        remark = f'{day.year + 2}年已退会'
    elif fault < 0.11:
        joined = rng.choice(('2013年13月45日', '2099-01-01'))
    elif fault < 0.12:
        name = None
    elif fault < 0.14 and previous and previous[1]:
        name, uscc = previous[1].replace('有限公司', ' 有限公司'), previous[2]
    elif fault < 0.16 and previous:
        number = previous[0]
    elif fault < 0.19:
        number, uscc = f'CFIA-{serial:05d}'.translate(_FULL_WIDTH), uscc.translate(_FULL_WIDTH)
    elif fault < 0.22:
        name, uscc = f'　{name[:6]} {name[6:]} ', uscc.lower()
    return [
        number, name, uscc, rng.choice(GRADES), category, rng.choice(OWNERSHIPS),
        province + rng.choice(('', suffix)), f'{province}演示路{serial}号', f'0{rng.randrange(10000, 100000)}',
        f'演示法人{serial}', f'演示联系{serial}', rng.choice(('办公室主任', '市场部长', '总经理助理', None)),
        f'0{rng.randrange(300, 1000)}-0000{rng.randrange(10000):04d}', email,
        rng.choice((f'演示收件{serial}', None)), joined, paid_to, remark,
    ]
