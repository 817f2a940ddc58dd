"""The suite on one generated association: what ``./cfia bench all`` measures of it, with the floor of each.

Sizes up to :data:`BILLED_UP_TO` are billed two years by the suite itself; larger ones are read only.
"""
import runpy
import sys
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

sys.path.append(str(Path(__file__).parent))
import dues  # noqa: E402  (run by the benchmark, not imported as a package)
import services  # noqa: E402
from association import grow_members  # noqa: E402
from floor import measure_kanban, measure_model  # noqa: E402
from meter import measure, measure_statements  # noqa: E402
from pages import Visitor, make_user  # noqa: E402

BILLED_UP_TO = 20_000
SAMPLE = 1_000
YEARS = (2024, 2025)
ORGANISATION = 'bench_organisation'
MEMBER = 'bench_member'
PDF = b'%PDF-1.4\n%%EOF\n'
#: The benchmark of this name; Python has a module called like it.
STATISTICS = runpy.run_path(str(Path(__file__).with_name('statistics.py')))


def run(env, first, last):
    """Grow the association to ``last`` members and measure.

    :return: name → {ours, floor (or None where it is measured without the suite)}, each as of :func:`meter.measure`
    :rtype: dict
    """
    prepare(env)
    units = env['res.partner'].browse(grow_members(env, first, last))
    members = units.filtered(lambda unit: unit.member_state == 'member')
    if not env['res.users'].search_count([('login', '=', ORGANISATION)]):
        make_user(env, ORGANISATION, ['cfia_membership.group_cfia_organisation', 'cfia_membership.group_cfia_accountant'])
        make_user(env, MEMBER, ['base.group_portal'], env['res.partner'].search([('parent_id', '=', members[0].id)], limit=1))
        env.cr.commit()
    found = {}
    if last <= BILLED_UP_TO:
        found['billing'] = measure_billing(env, members)
        found['collection_round'] = measure_round(env)
    found['obligations'] = with_statements(env, env['cfia.obligation.term']._refresh)
    found['statistics'] = measure_statistics(env)
    found.update(measure_lists(env))
    user_env = env(user=env['res.users'].search([('login', '=', ORGANISATION)]).id,
                   context={'lang': 'zh_CN', 'tz': 'Asia/Shanghai'})
    screens = {
        **measure_model(user_env, 'partner', 'res.partner', members[-1].id),
        **measure_model(user_env, 'dues', 'cfia.dues.line', None),
        'application_kanban': measure_kanban(user_env, 'cfia.membership.application', 'state'),
        **measure_pages(env),
    }
    found.update({name: {'ours': figures, 'floor': None} for name, figures in screens.items()})
    for figures in found.values():
        for side in filter(None, figures.values()):
            side.pop('result', None)
    return found


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


def with_statements(env, method):
    """Measure a method and the same SELECT statements by themselves."""
    method()  # enters what is not there yet
    env.cr.commit()
    return {'ours': measure(env, method), 'floor': measure_statements(env, method)}


def measure_billing(env, members):
    """Bill two years in batches as the run does, and a sample the plain way on the same ledger."""
    def bill():
        for year in YEARS:
            dues.bill(env, members, year)

    ours = measure(env, bill, times=1)
    sample = members[:SAMPLE]
    plain = measure(env, lambda: dues.in_batches(env, sample, lambda batch: dues.plain(env, batch)), times=1)
    # both for the same number of invoices
    share = len(members) * len(YEARS) / len(sample)
    return {'ours': ours, 'floor': {**plain, 'seconds': plain['seconds'] * share, 'queries': round(plain['queries'] * share)}}


def measure_round(env):
    """Open a collection round and queue its mails, PDFs apart, beside Odoo queueing the same mails."""
    Round = env['cfia.dues.round']
    record = Round.create({'date_deadline': date.today() + timedelta(days=30), 'year': YEARS[-1],
                           'number': Round._get_next_number(env.company, YEARS[-1])})

    def collect():
        record.action_open()
        record._cron_send()
        with patch.object(type(env['ir.actions.report']), '_render_qweb_pdf', print_nothing):
            while env['cfia.document'].search_count(env['cfia.document']._get_render_domain()):
                env['cfia.document']._cron_render()

    ours = measure(env, collect, times=1)
    recipients = record.recipient_ids
    assert len(recipients) == len(recipients.filtered(lambda recipient: recipient.state == 'sent'))
    report = env.ref('cfia_dues.action_report_dues_reminder').copy({'print_report_name': False})
    template = record.mail_template_id.copy({'report_template_ids': [(6, 0, report.ids)]})

    def queue():
        """Queue mails with a PDF each, as Odoo does by itself."""
        with patch.object(type(env['ir.actions.report']), '_render_qweb_pdf', print_nothing):
            for start in range(0, len(recipients), 100):
                template.send_mail_batch(recipients[start:start + 100].ids)
                env.cr.commit()

    floor = measure(env, queue, times=1)
    record.action_close()
    env.cr.execute("DELETE FROM mail_mail")
    env.cr.commit()
    return {'ours': ours, 'floor': floor}


def print_nothing(report, *args, **kwargs):
    """Stand in for the printing, which the figure leaves out; what follows the PDF goes on."""
    return PDF, 'pdf'


def measure_statistics(env):
    """Count the quarter's tables beside the same tables in one plain statement."""
    Statistics = env['cfia.statistics']
    statistics = Statistics.search([], limit=1) or Statistics.create({'date': STATISTICS['DAY']})
    return {
        'ours': measure(env, statistics._read_counts),
        'floor': measure(env, lambda: STATISTICS['read_plain'](env, STATISTICS['COLUMNS'])),
    }


def measure_lists(env):
    """Write the change list to the website beside plain xlsxwriter writing the same cells."""
    change_list = env['cfia.change.list']._make('network')
    report = env['report.cfia_services.change_list_xlsx']
    cells = services.record_cells(lambda: services.write_ours(report, change_list))
    return {'change_list_xlsx': {
        'ours': measure(env, lambda: services.write_ours(report, change_list), times=2),
        'floor': measure(env, lambda: services.write_plain(report.get_workbook_options(), cells), times=2),
    }}


def measure_pages(env):
    """Measure the portal's first page and the way from signing in to the workplace."""
    member, user = Visitor(env, MEMBER), Visitor(env, ORGANISATION)
    member.get('/my')

    def workplace():
        user.call_method('cfia.workplace', 'get_workplace')

    found = {'portal_home': measure(env, lambda: member.get('/my'), times=5)}
    if 'cfia.workplace' in env:
        workplace()
        found['contact_list_opened'] = measure(env, workplace, times=5)
    return found
