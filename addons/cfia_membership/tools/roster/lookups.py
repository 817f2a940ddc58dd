"""Names under which lists write classifications and provinces.

The tables go by the codes of the seeded records; names that the association has given its own
records are added to a :class:`Lookup` by whoever builds it.
"""
import re

from odoo.addons.cfia_membership.tools.roster.values import cell_text
from odoo.addons.cfia_membership.tools.text import normalise_unit_name

GRADES = {
    'president': ('理事长', '理事长单位', '会长', '会长单位'),
    'vice_president': ('副理事长', '副理事长单位', '副会长', '副会长单位'),
    'standing_director': ('常务理事', '常务理事单位', '常理', '常务'),
    'director': ('理事', '理事单位', '一般理事', '普通理事'),
    'member': ('会员', '会员单位', '普通会员', '一般会员', '单位会员', '团体会员', '普通', '一般'),
}

CATEGORIES = {
    'forging': ('锻造', '锻造企业', '锻件', '锻造件', '锻件生产'),
    'die_forging': ('模锻', '模锻件', '模锻企业', '热模锻', '精密模锻', '精密锻造', '精锻'),
    'open_die_forging': ('自由锻', '自由锻件', '自由锻造', '自由锻企业', '大型锻件'),
    'ring_rolling': ('环件', '环锻', '环锻件', '环件锻造', '辗环', '碾环', '环件轧制', '环轧'),
    'cold_warm_forging': ('冷温锻', '冷锻', '温锻', '冷温锻造', '冷锻造', '温锻造', '冷挤压', '冷锻温锻', '冷温挤压'),
    'stamping': ('冲压', '冲压件', '冲压企业', '冲压加工', '汽车冲压'),
    'fine_blanking': ('精冲', '精冲件', '精密冲裁', '精冲企业'),
    'sheet_metal': ('钣金与制作', '钣金', '钣金制作', '钣金加工', '钣金和制作', '钣金及制作', '钣金件', '钣金企业'),
    'heads': ('封头', '封头制造', '封头企业', '封头加工'),
    'fasteners': ('紧固件', '标准件', '紧固件企业', '紧固件制造'),
    'wire_drawing': ('拉丝', '拉拔', '拉丝企业'),
    'dies': ('模具', '模具制造', '模具企业', '模具加工'),
    'equipment': ('锻压装备', '装备', '锻压设备', '设备', '锻压机械', '锻压机床', '设备制造', '装备制造', '压力机', '装备企业'),
    'automation': ('自动化', '自动化设备', '自动化装备', '机器人', '自动化集成'),
    'heat_treatment': ('热处理', '热处理企业', '热处理加工', '热表处理'),
    'materials': ('原辅材料', '原材料', '辅料', '辅助材料', '材料', '润滑剂', '原材料及辅料', '原辅料'),
    'institute': ('科研院所', '科研', '研究院', '研究所', '研究院所', '科研机构', '科研单位', '设计院', '设计研究院'),
    'university': ('院校', '高校', '大学', '学院', '学校', '高等院校', '大专院校', '高等学校', '职业院校'),
    'local_association': ('地方协会', '协会', '行业协会', '商会', '地方行业协会'),
    'trade_other': ('经销/其他', '经销其他', '经销', '其他', '经销商', '贸易', '贸易商', '商贸', '代理', '代理商', '其它'),
}

OWNERSHIPS = {
    'state': ('国有及国有控股', '国有', '国有企业', '国企', '国有控股', '国有独资', '国营', '国营企业', '央企', '国有或国有控股',
              '全民', '全民所有制', '国资'),
    'collective': ('集体', '集体企业', '集体所有制', '集体所有', '乡镇企业', '集体所有制企业'),
    'private': ('民营', '民营企业', '民企', '私营', '私营企业', '私企', '私有', '个体', '个体工商户', '个人独资', '自然人独资', '民办'),
    'joint_stock': ('股份制', '股份', '股份公司', '股份有限公司', '股份制企业', '股份合作', '股份合作制', '上市公司'),
    'joint_venture': ('中外合资', '合资', '合资企业', '中外合资企业', '中外合作', '合作', '合资合作', '中外合资合作'),
    'foreign': ('外商独资', '外资', '外资企业', '外商独资企业', '外商投资', '外商投资企业', '外企', '外商', '独资'),
    'hk_mo_tw': ('港澳台资', '港澳台', '港资', '澳资', '台资', '港澳台商投资', '港澳台投资', '港澳台独资', '港澳台合资',
                 '港澳台企业', '台资企业', '港资企业', '港澳台商'),
    'public_institution': ('事业单位', '事业', '事业法人', '事业编制'),
    'social_organisation': ('社会团体', '社团', '社团法人', '社会组织', '社团组织', '民办非企业'),
    'other': ('其他', '其它'),
}

SIZES = {
    'large': ('大', '大型', '大型企业'),
    'medium': ('中', '中型', '中型企业'),
    'small': ('小', '小型', '小型企业'),
    'micro': ('微', '微型', '微型企业', '小微', '小微企业'),
}

# last part of the XML id of Odoo's province → short name, one-character forms
PROVINCES = {
    'BJ': ('北京', '京'), 'TJ': ('天津', '津'), 'HE': ('河北', '冀'), 'SX': ('山西', '晋'),
    'NM': ('内蒙古', '内蒙', '蒙'), 'LN': ('辽宁', '辽'), 'JL': ('吉林', '吉'), 'HL': ('黑龙江', '黑'),
    'SH': ('上海', '沪'), 'JS': ('江苏', '苏'), 'ZJ': ('浙江', '浙'), 'AH': ('安徽', '皖'),
    'FJ': ('福建', '闽'), 'JX': ('江西', '赣'), 'SD': ('山东', '鲁'), 'HA': ('河南', '豫'),
    'HB': ('湖北', '鄂'), 'HN': ('湖南', '湘'), 'GD': ('广东', '粤'), 'GX': ('广西', '桂'),
    'HI': ('海南', '琼'), 'CQ': ('重庆', '渝'), 'SC': ('四川', '川', '蜀'), 'GZ': ('贵州', '黔', '贵'),
    'YN': ('云南', '滇', '云'), 'XZ': ('西藏', '藏'), 'SN': ('陕西', '陕', '秦'), 'GS': ('甘肃', '甘', '陇'),
    'QH': ('青海', '青'), 'NX': ('宁夏', '宁'), 'XJ': ('新疆', '新'), 'TW': ('台湾', '臺灣', '台'),
    'HK': ('香港', '港'), 'MO': ('澳门', '澳門', '澳'),
}
# their postcodes are not six digits
PROVINCES_WITHOUT_ZIP = ('TW', 'HK', 'MO')

_SEPARATOR = re.compile(r'[、,;/|+&]|(?<=\w)和(?=\w)')
_SUFFIX = re.compile(r'(?:类|类企业|企业|单位|行业|业)$')
_COUNTRY = re.compile(r'^(?:中国|中华人民共和国)')


class Lookup:
    """Finds a record's key by any of its names.

    :param dict table: code → names
    :param dict keys: code → key to return, by default the code itself; codes without key are unknown
    :param names: pairs (name, key) of further names, which win over those of the table
    """

    def __init__(self, table, keys=None, names=()):
        self._keys = {
            normalise_unit_name(name): keys[code] if keys is not None else code
            for code, code_names in table.items() if keys is None or code in keys
            for name in code_names
        }
        self._keys.update((normalise_unit_name(name), key) for name, key in names if name)

    def get(self, text):
        """Return the key for one name, None when nothing is called so."""
        name = normalise_unit_name(text)
        return self._keys.get(name) or self._keys.get(_SUFFIX.sub('', name))

    def parse(self, cell):
        """Read a cell with one name.

        :return: the key, None for a blank cell
        :raise ValueError: when nothing is called so
        """
        keys = self.parse_many(cell, split=False)
        return keys[0] if keys else None

    def parse_many(self, cell, split=True):
        """Read a cell with one or several names.

        :return: the keys in the order given, each once
        :rtype: list
        :raise ValueError: when nothing is called so
        """
        text = cell_text(cell)
        if not text:
            return []
        keys = [self.get(text)]
        if keys == [None] and split:
            keys = [self.get(part) for part in _SEPARATOR.split(normalise_unit_name(text)) if part]
        if not keys or None in keys:
            raise ValueError(text)
        return list(dict.fromkeys(keys))


def parse_province(cell):
    """Read a province in its short or full name, also with a city behind it.

    :return: last part of the XML id of Odoo's province, such as ``JS``
    :rtype: str | None
    :raise ValueError: when it is no province of China
    """
    text = cell_text(cell)
    if not text:
        return None
    name = _COUNTRY.sub('', normalise_unit_name(text))
    for code, names in PROVINCES.items():
        if name in names or any(len(short) > 1 and name.startswith(short) for short in names):
            return code
    raise ValueError(text)
