"""What member lists call their columns."""
import re
import unicodedata

_NOISE = re.compile(r'[\s*＊:：.。·"“”\'‘’_\-]+')
_NOTE = re.compile(r'\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】')
_NUMBERING = re.compile(r'^(?:\d+|[一二三四五六七八九十]+)[、,.]')
_FIRST = re.compile(r'^((?:第一)?联[系络]人)(?:1|一)')
_ALTERNATIVES = re.compile(r'[/、,|或及]')

# field → what lists call it, the best name first
SYNONYMS = {
    'number': (
        '会员证号', '会员证编号', '会员编号', '会员号', '会员号码', '会员证书编号', '会员证书号', '证书编号',
        '证书号', '会籍号', '会员代码', '会员ID', '会员卡号', '入会编号', '档案编号', '档案号', '单位编号',
        '证号', '编号', 'member number', 'member no', 'membership number', 'membership no',
    ),
    'name': (
        '单位名称', '会员单位名称', '会员名称', '企业名称', '公司名称', '单位全称', '企业全称', '公司全称',
        '会员单位', '入会单位', '收件单位', '收刊单位', '订阅单位', '参展商', '参展商名称', '参展单位', '参展企业', '观众单位', '展商名称', '单位中文名称', '中文名称', '机构名称', '单位', '会员', '企业', '公司', '名称',
        'company', 'company name', 'unit', 'unit name', 'name',
    ),
    'name_en': ('单位名称(英文)', '单位名称(英)', '英文名称', '单位英文名称', '英文名', '企业英文名称', 'english name'),
    'former_name': ('曾用名', '曾用名称', '原名称', '原单位名称', '原名', '更名前名称', 'former name'),
    'uscc': (
        '统一社会信用代码', '社会信用代码', '统一信用代码', '统一代码', '信用代码', '信用代码证号', '社会统一信用代码',
        '统一社会信用代码证号', '税号', '纳税人识别号', '纳税识别号', 'uscc', 'credit code',
    ),
    'grade': (
        '会员级别', '会员等级', '级别', '等级', '会员类别', '会员类型', '会员职务', '协会职务', '会内职务', '在会职务',
        '本会职务', '担任职务', '会员资格', '会籍级别', '职级', 'grade', 'level',
    ),
    'category': (
        '企业类别', '行业类别', '专业类别', '企业分类', '行业分类', '所属行业', '行业', '专业', '类别', '主类别', '企业类型',
        '主营类别', '所属专业', '分类', 'category', 'trade',
    ),
    'ownership': (
        '单位性质', '企业性质', '所有制', '所有制性质', '经济类型', '经济性质', '企业所有制', '性质', 'ownership',
    ),
    'size': ('企业规模', '单位规模', '规模', 'size'),
    'province': (
        '省份', '所在省份', '省', '所在省', '所属省份', '省市', '省市区', '所在省市', '所属省市', '省自治区直辖市',
        '省区市', '省级', '地区', '所在地区', '所属地区', '区域', '所在地', '行政区划', 'province', 'region',
    ),
    'city': ('城市', '所在城市', '市', '地市', '所在市', 'city'),
    'address': (
        '通讯地址', '通信地址', '联系地址', '邮寄地址', '单位地址', '企业地址', '公司地址', '详细地址', '办公地址', '地址',
        '注册地址', '住所', '收件地址', '收刊地址', '收件人地址', 'address',
    ),
    'zip': ('邮编', '邮政编码', '邮码', '邮政编号', 'zip', 'zip code', 'postcode', 'postal code'),
    'website': ('网址', '网站', '单位网址', '公司网址', 'website'),
    'legal_representative': (
        '法定代表人', '法人代表', '法人', '法人姓名', '法定代表人姓名', '法人代表姓名', '企业法人', '单位负责人', '负责人',
        'legal representative',
    ),
    'representative': ('会员代表', '代表姓名', '代表', '会员代表姓名', '单位代表', 'representative'),
    'contact': ('联系人', '联系人姓名', '单位联系人', '联络人', '联络员', '经办人', '姓名', 'contact'),
    'function': ('职务', '联系人职务', '职位', '岗位', '职称职务', 'position', 'job', 'title'),
    'phone': (
        '电话', '联系电话', '固定电话', '办公电话', '单位电话', '电话号码', '联系人电话', '固话', '座机', '联系方式', '电话手机',
        'phone', 'telephone', 'tel',
    ),
    'mobile': ('手机', '手机号', '手机号码', '移动电话', '联系人手机', '联系手机', 'mobile', 'cell'),
    'email': (
        '电子邮箱', '电子邮件', '邮箱', '邮箱地址', '电子信箱', '邮件', '联系人邮箱', '信箱', '电邮', '邮件地址', 'e-mail',
        'email', 'mail',
    ),
    'magazine': (
        '杂志收件人', '刊物收件人', '期刊收件人', '收件人', '杂志收刊人', '收刊人', '杂志联系人', '杂志接收人', '收件人姓名',
        '杂志收件人姓名', 'magazine recipient',
    ),
    'joined': (
        '入会日期', '入会时间', '入会年月', '入会年月日', '入会年份', '批准日期', '批准入会日期', '加入日期', '加入时间', '发证日期',
        '入会', 'joined', 'joining date', 'date joined',
    ),
    'paid_to': (
        '会费缴至', '会费交至', '会费缴至年度', '会费缴纳至', '会费交纳至', '会费已缴至', '缴费至', '已缴至', '缴至', '交至',
        '会费缴至年份', '会费到期', '会费到期日', '会费截止', '会费有效期', '缴费年度', '会费年度', '会费缴纳年度', '会费',
        '会费缴纳情况', '会费情况', 'paid to', 'paid until',
    ),
    'status': ('会员状态', '会籍状态', '状态', '会员情况', '会籍', 'status'),
    'exit_date': ('退会日期', '退会时间', '退会年份', '退会年月', '离会日期', '除名日期', 'exit date'),
    'remark': ('备注', '说明', '附注', '备注说明', '其他', '其它', '备考', 'remark', 'remarks', 'note', 'notes', 'memo'),
}

REQUIRED_FIELDS = ('number', 'name')

# What a heading under no known name says, tried for fields that have no column yet.
_KEYWORDS = (
    ('uscc', re.compile(r'信用代码')),
    ('exit_date', re.compile(r'(退会|离会|除名).*(日期|时间|年)')),
    ('joined', re.compile(r'(入会|加入|批准).*(日期|时间|年)')),
    ('paid_to', re.compile(r'(会费|[缴交]费).*(至|到|截止|年度)')),
    ('number', re.compile(r'会(员|籍).*(号|编码|代码)')),
    ('magazine', re.compile(r'(杂志|刊物?|期刊).*(收|接).*人')),
    ('legal_representative', re.compile(r'法(定代表)?人')),
    ('name', re.compile(r'(单位|企业|公司|会员)(的)?(中文)?(全称|名称|名)')),
    ('address', re.compile(r'地址')),
    ('email', re.compile(r'邮箱|邮件|E-?MAIL')),
    ('zip', re.compile(r'邮编|邮政')),
    ('mobile', re.compile(r'手机|移动电话')),
    ('phone', re.compile(r'电话')),
    ('grade', re.compile(r'(级别|等级)')),
    ('ownership', re.compile(r'(性质|所有制)')),
    ('category', re.compile(r'(企业|行业|专业).*(类|行业)')),
    ('province', re.compile(r'省')),
    ('remark', re.compile(r'备注')),
)


def normalise_heading(text):
    """Return the key under which spellings of one heading meet.

    :param text: a string, or None
    :rtype: str
    """
    key = unicodedata.normalize('NFKC', str(text or '')).strip()
    return _NOISE.sub('', _NUMBERING.sub('', key)).upper()


_BY_HEADING = {
    normalise_heading(synonym): (field, rank)
    for field, synonyms in SYNONYMS.items()
    for rank, synonym in enumerate(synonyms)
}


def match_columns(headings):
    """Tell which column holds which field.

    :param list headings: the cells of one row
    :return: field → index of its column; where two columns claim a field, the better name wins
    :rtype: dict[str, int]
    """
    best = {}
    unknown = []
    for index, heading in enumerate(headings):
        if not isinstance(heading, str) or not 0 < len(heading) <= 40:
            continue
        match = _match_heading(heading)
        if not match:
            unknown.append((index, normalise_heading(heading)))
            continue
        field, rank = match
        if field not in best or rank < best[field][0]:
            best[field] = (rank, index)
    columns = {field: index for field, (_rank, index) in best.items()}
    for index, key in unknown if REQUIRED_FIELDS[0] in columns or REQUIRED_FIELDS[1] in columns else ():
        field = next((
            field for field, pattern in _KEYWORDS if field not in columns and pattern.search(key)
        ), None)
        if field:
            columns[field] = index
    return columns


def _match_heading(heading):
    """Return (field, rank) for a heading, trying it whole, without notes in brackets, and in parts."""
    whole = unicodedata.normalize('NFKC', heading)
    bare = _NOTE.sub('', whole)
    # 联系人1 is the first contact person, of which lists without a second have one
    first = _FIRST.sub(r'\1', bare)
    for text in (whole, bare, first, *_ALTERNATIVES.split(first)):
        match = _BY_HEADING.get(normalise_heading(text))
        if match:
            return match
    return None
