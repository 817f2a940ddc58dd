"""The suite on one generated association, each figure beside its floor: what ``./cfia bench all`` measures of one size.

Ours and Odoo without the suite live in two databases of one process, and OCA's membership in a third, so that each
is measured by turns with the others. Sizes up to :data:`BILLED_UP_TO` are billed two years by the suite itself and
written to; larger ones have a ledger written by SQL and are read.
"""
import json
import runpy
import statistics
import sys
import time
import traceback
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import api
from odoo.tools import config

FOLDER = Path(__file__).parent
sys.path.append(str(FOLDER))
import dues  # noqa: E402  (run by the benchmark, not imported as a package)
import floor  # noqa: E402
import services  # noqa: E402
from association import grow_members, open_entitlements, pay_most, seed_dues  # noqa: E402
from meter import compare, measure, statements_of  # noqa: E402
from pages import Screens, Visitor, make_user, read_views  # noqa: E402

BILLED_UP_TO = 20_000
#: An import is undone, and the rows of a sheet are read one after the other: no more are needed to see its course.
IMPORTED_UP_TO = 2_000
#: So many batches of the slower ways of billing, spread over the run: all would take most of an hour.
SAMPLES = 2
#: One member in so many has not paid, as the collection round finds them.
UNPAID = 5
YEARS = (2024, 2025)
#: Up to here both years are billed; above, the first is written by SQL: the run's rate is seen from one.
BOTH_YEARS_UP_TO = 5_000
ORGANISATION = 'bench_organisation'
MEMBER = 'bench_member'
PDF = b'%PDF-1.4\n%%EOF\n'
#: Files whose names Python has modules of its own for, or are none.
STATISTICS, SEARCH, IMPORT = (
    runpy.run_path(str(FOLDER / f'{name}.py')) for name in ('statistics', 'search', 'import'))


class Association:
    """The three databases at one size, and what was added to them for it."""

    def __init__(self, env, floor_name, peer_name, first, last):
        # the databases that requests may name
        config['db_name'] = [env.cr.dbname, floor_name]
        self.env = env
        self.size = last
        self.is_billed = last <= BILLED_UP_TO
        self.floor_env = floor.open_database(floor_name)
        self.floor_units = floor.grow_floor(self.floor_env, first, last)
        self.peer_env = None
        if self.is_billed:
            self.peer_env = floor.open_peer(peer_name, dues.fetch_peer)
            self.peer_units = self.peer_env and floor.grow_floor(self.peer_env, first, last)
        prepare(env)
        self.units = env['res.partner'].browse(grow_members(env, first, last))
        self.members = self.units.filtered(lambda unit: unit.member_state == 'member')
        open_entitlements(env, self.units.ids)
        self.billed_years = YEARS if last <= BOTH_YEARS_UP_TO else YEARS[1:] if self.is_billed else ()
        if seeded := YEARS[:len(YEARS) - len(self.billed_years)]:
            seed_dues(env, self.units.ids, seeded)
        if not env['res.users'].search_count([('login', '=', ORGANISATION)]):
            make_user(env, ORGANISATION, [
                'cfia_membership.group_cfia_organisation', 'cfia_membership.group_cfia_accountant'])
            make_user(env, MEMBER, ['base.group_portal'],
                      env['res.partner'].search([('parent_id', '=', self.members[0].id)], limit=1))
            env.cr.commit()
        user = env['res.users'].search([('login', '=', ORGANISATION)])
        floor.make_users(self.floor_env, [
            name for name in user.all_group_ids.get_external_id().values()
            if not name.startswith('cfia_') and self.floor_env.ref(name, raise_if_not_found=False)
        ], self.floor_units[0])

    def as_user(self, env, login):
        """Return the environment of a user who works in Chinese."""
        return env(user=env['res.users'].search([('login', '=', login)]).id,
                   context={'lang': 'zh_CN', 'tz': 'Asia/Shanghai'})

    def finish(self):
        """Give the floor its second invoice of each unit, once billing was measured."""
        floor.clone_invoices(self.floor_env, self.floor_units, 2)
        if self.peer_env:
            floor.clone_invoices(self.peer_env, self.peer_units, 2)

    def rollback(self):
        """Leave nothing open of a part that failed."""
        for env in filter(None, (self.env, self.floor_env, self.peer_env)):
            env.cr.rollback()
            env.invalidate_all()


def run(env, floor_name, peer_name, first, last, found_path):
    """Grow the association to ``last`` members and measure.

    :param str found_path: file in which each row stands as soon as it is measured, one JSON object a line
    :return: how many rows there are
    :rtype: int
    """
    association = Association(env, floor_name, peer_name, first, last)
    count = 0
    with open(found_path, 'a', encoding='utf-8') as lines:
        def enter(rows):
            nonlocal count
            for name, row in rows.items():
                for figures in row.values():
                    if isinstance(figures, dict):
                        figures.pop('result', None)
                lines.write(json.dumps({'name': name, 'size': last, **row}) + '\n')
                count += 1
            lines.flush()

        for part in PARTS:
            if part in WRITING_PARTS and not association.is_billed:
                continue
            start = time.perf_counter()
            try:
                rows = part(association)
            except Exception:  # noqa: BLE001 whatever went wrong, the other parts are measured
                association.rollback()
                rows = {part.__name__.removeprefix('measure_'): {'error': traceback.format_exc(limit=-4)}}
            enter(rows)
            lines.write(json.dumps({'part': part.__name__, 'size': last, 'took': time.perf_counter() - start}) + '\n')
    return count


def prepare(env):
    """Set up dues on this database, once."""
    env.company._set_up_dues_accounting()
    if env['cfia.dues.standard'].search_count([]):
        return
    congress = env['cfia.congress'].create(
        {'name': "演示", 'number': 1, 'date_start': '2020-01-01', 'date_end': '2039-12-31'})
    env['cfia.dues.standard'].create({
        'name': "演示", 'congress_id': congress.id, 'date': date(2019, 11, 1), 'year_from': 2020,
        'line_ids': [(0, 0, {'grade_id': grade.id, 'amount': dues.AMOUNT}) for grade in env['cfia.grade'].search([])],
    }).action_put_in_force()
    env.cr.commit()


def measure_billing(association):
    """Bill two years in batches as the run does; now and then a batch by plain Odoo and one by OCA's membership."""
    env, floor_env, peer_env = association.env, association.floor_env, association.peer_env
    journal = floor_env['account.journal'].search([('type', '=', 'sale')], limit=1)
    account = journal.default_account_id
    product = peer_env and dues.make_membership_product(peer_env)
    batches = [(year, association.members[start:start + dues.BATCH].ids)
               for year in association.billed_years for start in range(0, len(association.members), dues.BATCH)]
    step = max(1, len(batches) // SAMPLES)
    sides = {'ours': [], 'plain': [], 'oca': []}

    def enter(side, own_env, ids, method):
        figures = measure(own_env, lambda: (method(own_env['res.partner'].browse(ids)), own_env.cr.commit()))
        sides[side].append({**figures, 'count': len(ids)})

    for place, (year, ids) in enumerate(batches):
        enter('ours', env, ids, lambda batch, year=year: dues.bill_batch(env, batch, year))
        if place % step == step // 2:
            ids = association.floor_units[:dues.BATCH]
            enter('plain', floor_env, ids, lambda batch: dues.plain(floor_env, batch, journal, account))
            if peer_env:
                ids = association.peer_units[:dues.BATCH]
                enter('oca', peer_env, ids, lambda batch: dues.membership(batch, product))
        if place % 10 == 9:
            env.cr.execute('ANALYZE account_move, account_move_line, cfia_dues_line')
            env.cr.commit()
    pay_most(env, association.units.ids, UNPAID)
    ours, plain, oca = (scale(sides[side], association.size * len(YEARS)) for side in sides)
    rows = {'billing': {'ours': ours, 'floor': plain}, 'billing_oca': {'ours': ours, 'floor': oca}}
    if len(batches) >= 20:
        tenth = len(batches) // 10
        rows['billing_flat'] = {
            'ours': scale(sides['ours'][-tenth:], dues.BATCH), 'floor': scale(sides['ours'][:tenth], dues.BATCH)}
    if not peer_env:
        rows['billing_oca'] = {'error': "OCA's membership cannot be had here"}
    return rows


def scale(batches, count):
    """Return the figures of ``count`` records from those of some batches: the median of a record's time."""
    if not batches:
        return None
    return {
        'seconds': statistics.median(batch['seconds'] / batch['count'] for batch in batches) * count,
        'queries': statistics.median(batch['queries'] / batch['count'] for batch in batches) * count,
        'memory_mb': max(batch['memory_mb'] for batch in batches),
    }


def measure_standing(association):
    """Ask how members stand with their dues, beside OCA's membership computing the state of as many."""
    if not association.peer_env:
        return {'standing_oca': {'error': "OCA's membership cannot be had here"}}
    ids = association.peer_units[:dues.BATCH]
    members = association.members[:len(ids)]
    peers = association.peer_env['res.partner'].browse(ids)
    return {'standing_oca': compare(
        (association.env, lambda: (members._get_dues_gaps('no_arrears'), members.mapped('dues_amount_open'))),
        (association.peer_env, lambda: (peers._compute_membership_state(), association.peer_env.flush_all())))}


def measure_round(association):
    """Open a collection round and queue its mails, PDFs apart, beside Odoo queueing the same mails, by turns."""
    env = association.env
    Round = env['cfia.dues.round']
    record = Round.create({'date_deadline': date.today() + timedelta(days=30), 'year': YEARS[-1],
                           'number': Round._get_next_number(env.company, YEARS[-1])})
    with patch.object(type(env['ir.actions.report']), '_render_qweb_pdf', print_nothing):
        opened = measure(env, lambda: (record.action_open(), env.cr.commit()))
        todo = record.recipient_ids.filtered(lambda recipient: recipient.state != 'excluded').ids
        other = api.Environment(env.registry.cursor(), env.uid, {})
        report = other.ref('cfia_dues.action_report_dues_reminder').copy({'print_report_name': False})
        template = other['cfia.dues.round'].browse(record.id).mail_template_id.copy({'report_template_ids': [(6, 0, report.ids)]})
        other.cr.commit()
        figures = {'seconds': 0, 'queries': 0, 'memory_mb': 0}
        # what the measuring of the floor takes besides, within our own time
        aside = 0

        def queue():
            """Queue the next mails with a PDF each, as Odoo does by itself."""
            nonlocal aside
            ids, todo[:] = todo[:100], todo[100:]
            if ids:
                start = time.perf_counter()
                done = measure(other, lambda: (template.send_mail_batch(ids), other.cr.commit()))
                aside += time.perf_counter() - start - done['seconds']
                figures.update({key: figures[key] + done[key] for key in ('seconds', 'queries')}, memory_mb=done['memory_mb'])

        def collect():
            record._cron_send()
            while env['cfia.document'].search_count(env['cfia.document']._get_render_domain()):
                env['cfia.document']._cron_render()

        progress = type(env['ir.cron'])._commit_progress

        def commit_progress(cron, processed=0, **kwargs):
            seconds = progress(cron, processed, **kwargs)
            if processed:
                queue()
            return seconds

        with patch.object(type(env['ir.cron']), '_commit_progress', commit_progress):
            ours = measure(env, collect)
        ours = {'seconds': ours['seconds'] + opened['seconds'] - figures['seconds'] - aside, 'memory_mb': ours['memory_mb'],
                'queries': ours['queries'] + opened['queries'] - figures['queries']}
        while todo:
            queue()
    recipients = record.recipient_ids.filtered(lambda recipient: recipient.state != 'excluded')
    unsent = recipients.filtered(lambda recipient: recipient.state != 'sent')
    other.cr.close()
    record.action_close()
    env.cr.execute("DELETE FROM mail_mail")
    env.cr.commit()
    assert recipients and not unsent, f"{len(unsent)} of {len(recipients)} were not sent"
    return {'collection_round': {'ours': ours, 'floor': figures}}


def print_nothing(report, *args, **kwargs):
    """Stand in for the printing, which the figure leaves out; what follows the PDF goes on."""
    return PDF, 'pdf'


def measure_schedules(association):
    """Count the duties' board and look for services to open and close, each beside its SELECTs by themselves."""
    env = association.env
    rows = {}
    # the first run of the board enters what is not there yet
    env['cfia.obligation.term']._refresh()
    env.cr.commit()
    for name, method in (
            ('obligations', env['cfia.obligation.term']._refresh),
            ('daily_status', lambda: find_unsynced(env))):
        method()
        rows[name] = compare((env, method), (env, statements_of(env, method)))
        env.cr.rollback()
    return rows


def find_unsynced(env):
    """Ask of each service who lacks it and who should not have it, as the daily schedule does."""
    for service in env['cfia.service'].with_context(active_test=False).search([]):
        service._get_unsynced_partners()
        service._get_unserved_partners()


def measure_statistics(association):
    """Count the quarter's tables beside the same tables in one plain statement."""
    env = association.env
    Quarter = env['cfia.statistics']
    quarter = Quarter.search([], limit=1) or Quarter.create({'date': STATISTICS['DAY']})
    return {'statistics': compare(
        (env, quarter._read_counts), (env, lambda: STATISTICS['read_plain'](env, STATISTICS['COLUMNS'])))}


def measure_lists(association):
    """Write change list, roster and mailing list beside plain xlsxwriter writing the same cells."""
    env = association.env
    rows = {}
    change_list = env['cfia.change.list']._make('network')
    report = env['report.cfia_services.change_list_xlsx']
    rows['change_list_xlsx'] = compare_xlsx(
        association, report.get_workbook_options(), lambda: services.write_ours(report, change_list))
    release = services.make_roster(env)
    rows['roster_xlsx'] = compare_xlsx(association, {'in_memory': True}, lambda: services.write_roster(env, release))
    issue = services.make_issue(env)
    issue._make_list()
    labels = env['report.cfia_services.magazine_xlsx']
    rows['mailing_list_xlsx'] = compare_xlsx(
        association, labels.get_workbook_options(), lambda: services.write_ours(labels, issue))
    env.cr.rollback()
    return rows


def compare_xlsx(association, options, write):
    env, cells = association.env, services.record_cells(write)
    # the longest take a minute
    times = (2, 5) if association.is_billed else (1, 5)
    return compare((env, write), (env, lambda: services.write_plain(options, cells)), times=times)


def measure_import(association):
    """Import a list of members beside Odoo loading as many partner rows; both are undone."""
    rows = min(association.size, IMPORTED_UP_TO)
    IMPORT['measure_import'](association.env, 50)  # caches are warm for both
    imported = IMPORT['measure_import'](association.env, rows)
    # on the database of the association, whose partners are written like these
    seconds = IMPORT['measure_load'](association.env, imported['units'], imported['contacts'])
    factor = association.size / rows
    return {'roster_import': {
        'ours': {'seconds': imported['seconds'] * factor, 'queries': imported['queries'] * factor, 'memory_mb': imported['memory_mb']},
        'floor': {'seconds': seconds * factor}}}


def measure_search(association):
    """Find a member by each kind of term; the slowest may take a tenth of a second in the database."""
    env = association.env
    unit = association.members[-1]
    terms = {
        'number': unit.member_number, 'digits': unit.member_number[5:], 'part_of_name': unit.name[2:9], 'uscc': unit.uscc,
        'telephone': unit.phone, 'two_characters': unit.name[-6:-4], 'nobody': '没有这家单位'}
    slowest = max(SEARCH['measure'](env, term)[0] for term in terms.values()) / 1000
    return {'search': {'ours': {'seconds': slowest, 'queries': 1}, 'floor': {'seconds': 0.1}}}


def measure_screens(association):
    """Open lists, forms and boards beside Odoo's own without the suite."""
    env = association.as_user(association.env, ORGANISATION)
    floor_env = association.as_user(association.floor_env, floor.USER)
    mine = {
        'partner': Screens(env, 'res.partner', association.members[-1].id),
        'dues': Screens(env, 'cfia.dues.line'),
        'application': Screens(env, 'cfia.membership.application', groupby='state'),
    }
    theirs = {
        'partner': Screens(floor_env, 'res.partner', association.floor_units[-1]),
        'dues': Screens(floor_env, 'account.move', groupby='payment_state'),
    }
    theirs['application'] = theirs['dues']
    rows = {}
    for name, screen in (('partner', 'list'), ('partner', 'form'), ('partner', 'search'), ('dues', 'list'),
                         ('dues', 'search'), ('application', 'kanban')):
        row = rows[f'{name}_{screen}'] = compare(
            (env, getattr(mine[name], screen)), (floor_env, getattr(theirs[name], screen)))
        if screen == 'search':
            # by step, since the search views differ
            for side, screens in (('ours', mine[name]), ('floor', theirs[name])):
                for key in ('seconds', 'queries'):
                    row[side][key] /= len(screens.steps)
    return rows


def measure_pages(association):
    """Measure the portal's first page, and what a user waits for from the password to the first screen."""
    env, floor_env = association.env, association.floor_env
    mine, theirs = Visitor(env, MEMBER), Visitor(floor_env, floor.MEMBER)
    user, other = Visitor(env, ORGANISATION), Visitor(floor_env, floor.USER)
    spec = read_views(association.as_user(floor_env, floor.USER), 'res.partner')['list'][0]

    def workplace(visitor):
        visitor.call_method('cfia.workplace', 'get_workplace')

    def contacts(visitor):
        visitor.call_method('res.partner', 'get_views', views=[[False, 'list'], [False, 'search']], options={})
        visitor.call_method('res.partner', 'web_search_read', domain=[], specification=spec, limit=80, count_limit=10001)

    for visitor in (mine, theirs):
        visitor.get('/my')
    workplace(user)
    contacts(other)
    return {
        'portal_home': compare((env, lambda: mine.get('/my')), (floor_env, lambda: theirs.get('/my')), times=(9, 31)),
        'workplace': compare((env, lambda: workplace(user)), (floor_env, lambda: contacts(other)), times=(5, 21)),
        'sign_in': compare(
            (env, lambda: workplace(Visitor(env, ORGANISATION))),
            (floor_env, lambda: contacts(Visitor(floor_env, floor.USER)))),
    }


def finish(association):
    """No figure: the floor's ledger grows to its full length once billing was measured."""
    association.finish()
    return {}


#: In this order. What changes the database comes first, so that all else reads the same.
PARTS = (measure_billing, finish, measure_standing, measure_round, measure_import, measure_schedules, measure_statistics,
         measure_lists, measure_search, measure_screens, measure_pages)
WRITING_PARTS = {measure_billing, measure_standing, measure_round, measure_import}
