"""Lists, searches, look-ups and schedules of a hundred thousand members find their records by an index."""
from datetime import date

from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import datetime as safe_datetime
from odoo.tools.safe_eval import safe_eval
from odoo.tools.safe_eval import time as safe_time

from .large import LEDGERS, PARENTS, LargeDatabase
from .plans import full_scans, listen
from odoo.addons.cfia_membership.tools.unit_match import UnitKeys

#: What is typed into a search box.
TERM = '锻造43210'
#: Models whose lists are Odoo's own.
FOREIGN = {'account.move', 'account.move.line', 'account.bank.statement.line', 'mail.activity'}
#: Filters and search fields of contacts that are Odoo's own.
FOREIGN_STEPS = {'res.partner': {
    'customer', 'supplier', 'inactive', 'user_id', 'properties', 'fiscal_country_codes', 'type_person', 'type_company'}}


@tagged('post_install', '-at_install')
class TestIndex(HttpCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = LargeDatabase(cls.env)
        cls.large = cls.database.seed()
        cls.unit = cls.env['res.partner'].browse(cls.database.first['res.partner'] + 5)
        cls.env = cls.env(context={'lang': 'zh_CN', 'tz': 'Asia/Shanghai'})

    def assertIndexed(self, name, statements):
        """Fail for each statement that reads a large table from first row to last."""
        self.assertTrue(statements, name)
        for statement in statements:
            with self.subTest(name):
                text = str(getattr(statement[0], 'code', statement[0]))
                self.assertFalse(full_scans(self.env.cr, statement, self.large), ' '.join(text.split())[-1000:])

    def look(self, name, call):
        """Fail when a call reads a large table from first row to last."""
        self.env.flush_all()
        self.env.invalidate_all()
        with listen() as statements:
            call()
        self.assertIndexed(name, statements)

    def test_lists(self):
        """Each list's first page, each filter and each field of its search box."""
        for model in ('res.partner', *LEDGERS):
            if model not in FOREIGN:
                self._test_list(self.env[model])

    def _test_list(self, Model):
        views = Model.get_views([(False, 'list'), (False, 'search')])['views']
        arch, search = (etree.fromstring(views[kind]['arch']) for kind in ('list', 'search'))
        spec = {
            name: {'fields': {'display_name': {}}} if Model._fields[name].type in ('many2one', 'many2many') else {}
            for name in arch.xpath('//field[not(ancestor::field)][not(ancestor::groupby)]/@name')}
        within = self._get_within(Model)

        def read(domain):
            Model.web_search_read(
                within + domain, spec, limit=80, count_limit=10001, order=arch.get('default_order'))

        self.look(f'{Model._name}: list', lambda: read([]))
        left_out = FOREIGN_STEPS.get(Model._name, set()) | {name for name, _operator, _value in within}
        for name, domain in self._get_steps(Model, search):
            if name not in left_out:
                self.look(f'{Model._name}: {name}', lambda domain=domain: read(domain))

    def _get_within(self, Model):
        """Return the domain of one round, issue or list, where a list of the model is always one's."""
        for field in Model._fields.values():
            if field.type == 'many2one' and field.required and field.comodel_name in PARENTS:
                return [(field.name, '=', self.database.first[field.comodel_name] + 3)]
        return []

    def _get_steps(self, Model, search):
        """Yield the filters and the fields of a search view: (name, domain)."""
        today = date.today()
        names = {
            'uid': self.env.uid, 'context_today': lambda: today, 'datetime': safe_datetime, 'time': safe_time,
            'relativedelta': relativedelta, 'self': TERM}
        for node in search.iter('filter'):
            if node.get('date'):
                first = today.replace(day=1)
                yield node.get('name'), [
                    (node.get('date'), '>=', first), (node.get('date'), '<', first + relativedelta(months=1))]
            elif domain := safe_eval(node.get('domain') or '[]', names):
                yield node.get('name'), domain
        for node in search.xpath('//field[not(ancestor::searchpanel)]'):
            field = Model._fields[node.get('name')]
            if node.get('filter_domain'):
                yield field.name, safe_eval(node.get('filter_domain'), names)
            elif field.type == 'many2one':
                if record := Model.search([(field.name, '!=', False)], limit=1)[field.name]:
                    yield field.name, [(field.name, node.get('operator', '='), record.id)]
            elif field.type not in ('selection', 'properties'):
                value = {'date': today, 'datetime': today, 'integer': 3, 'float': 3.0, 'monetary': 3.0}.get(field.type, TERM)
                yield field.name, [(field.name, node.get('operator', 'ilike' if value == TERM else '='), value)]

    def test_look_ups(self):
        """What people type into fields, what comes in from outside, and what a unit's page asks for."""
        Partner = self.env['res.partner']
        number, uscc = self.unit.member_number, self.unit.uscc
        for term in (number, number[5:], uscc, TERM, '农机厂4321', '010-00043210', '没有这家单位'):
            self.look(f'contact {term}', lambda term=term: Partner.name_search(term))
        self.look('spelling', lambda: Partner._search_alike([UnitKeys.of('演示锻造43210有限公司', uscc)]))
        self.look('number', lambda: Partner.search([('member_number', '=', number)]))
        application = self.env['cfia.membership.application'].new({'name': self.unit.name, 'uscc': uscc})
        self.look('applicant', application._match_units)
        Line = self.env['cfia.dues.line']
        for state in ('to_bill', 'billed', 'partial'):
            self.look(f'dues {state}', lambda state=state: Line.search(
                [('state', '=', state), ('date_due', '<', date.today())], limit=80, order='id'))
        self.look('dues of a year', lambda: Line.search([('year', '=', 2026), ('state', '=', 'billed')], limit=80))
        self.look('standing', self.unit._compute_dues_amount_open)
        Event = self.env['cfia.member.event']
        self.look('events', lambda: Event.search([
            ('date_effective', '>=', date.today()), ('kind', 'in', ('joined', 'withdrawn'))]))
        self.look('events of a unit', lambda: Event._get_standings(self.unit))
        receipts = self.env['account.bank.statement.line'].browse(
            [self.database.first['account.bank.statement.line'] + 5])
        self.look('open dues of a payer', lambda: receipts._get_open_dues_by_payer(self.unit))
        self.look('accounts that paid before', receipts._get_members_by_account)
        self.look('members by number', lambda: receipts._get_members_by_number({500005}))

    def test_portal(self):
        """The pages of a member."""
        contact = self.env['res.partner'].create({'name': "演示人员", 'parent_id': self.unit.id, 'email': 'person@large.example'})
        new_test_user(self.env, 'large_portal', groups='base.group_portal', partner_id=contact.id)
        self.authenticate('large_portal', 'large_portal')
        for path in ('/my', '/my/membership', '/my/membership/changes', '/my/membership/publications', '/my/referrals',
                     '/my/membership/needs', '/my/membership/magazine', '/my/membership/newsletters'):
            self.env.flush_all()
            with listen() as statements:
                answer = self.url_open(path)
            self.assertEqual(answer.status_code, 200, path)
            self.assertIndexed(path, statements)

    def test_schedules(self):
        """What each schedule selects before it begins to work."""
        crons = self.env['ir.model.data'].search([('model', '=', 'ir.cron'), ('module', '=like', 'cfia_%')])
        self.assertGreater(len(crons), 15)
        for data in crons:
            with self.registry.cursor() as cr:
                env = self.env(cr=cr, user=self.env.ref('base.user_root').id, context={})
                # a letter of nothing cannot be printed, and the schedule says so
                with listen(until_write=True) as statements, mute_logger('odoo.addons.cfia_membership.models.cfia_document'):
                    env['ir.cron'].browse(data.res_id).ir_actions_server_id.run()
                env.clear()
                cr.rollback()
            self.assertIndexed(data.complete_name, statements)
