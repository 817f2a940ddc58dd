"""A year's dues against plain invoices and against OCA's ``membership``.

Three ways bill the same amounts to the same units, 400 at a time and committed between, as their
schedules would: dues lines billed by the run's own method, ``account.move`` created and posted with the
values of the invoice form, and ``create_membership_invoice`` with posting. The database is dropped
afterwards. The peers' rate at the end of a long ledger is measured on its last thousand units: they
would take most of an hour for all.
"""
import subprocess
import sys
import tempfile
import time
from datetime import date

from odoo import SUPERUSER_ID, api
from odoo.fields import Command

import odoo.addons

SIZES = (2_000, 20_000)
BATCH = 400
SAMPLE = 1_000
AMOUNT = 2_000.0
YEAR = 2030
PEER = 'odoo-addon-membership==19.0.1.1.0.10'
AT_LEAST = {'ratio_to_plain': 2.0}


def run(env, sizes=SIZES, sample=SAMPLE):
    """Run the benchmark.

    :param env: environment of the superuser on a database with the suite
    :param sizes: numbers of members, the first billed in all three ways, the others by dues in full
    :param int sample: units on which the peers are measured on a long ledger
    :return: name → figure, and whether dues are fast enough
    :rtype: dict
    """
    figures = {}
    company = env.company
    company._set_up_dues_accounting()
    year = YEAR
    peer_env = None
    for size in sizes:
        units = make_members(env, size)
        rates = bill(env, units, year)
        first, last = rates[:max(1, len(rates) // 20)], rates[-max(1, len(rates) // 20):]
        figures[f'dues_per_second_{size}'] = average(rates)
        figures[f'dues_first_batches_{size}'] = average(first)
        figures[f'dues_last_batches_{size}'] = average(last)
        compared = units[:size if size == sizes[0] else sample]
        figures[f'plain_per_second_{size}'] = average(in_batches(env, compared, lambda batch: plain(env, batch)))
        # once more, so that both saw the same ledger
        figures[f'ratio_to_plain_{size}'] = round(
            average(bill(env, compared, year + 1)) / figures[f'plain_per_second_{size}'], 2)
        figures[f'flat_{size}'] = round(average(last) / average(first), 2)
        year += 2
    peer_env = install_peer(env)
    if peer_env is None:
        figures['oca_membership'] = 'not to be had'
    else:
        product = make_membership_product(peer_env)
        units = peer_env['res.partner'].browse(units.ids)[:sample]
        figures[f'oca_per_second_{sizes[-1]}'] = average(
            in_batches(peer_env, units, lambda batch: membership(batch, product)))
        figures[f'ratio_to_oca_{sizes[-1]}'] = round(
            figures[f'dues_last_batches_{sizes[-1]}'] / figures[f'oca_per_second_{sizes[-1]}'], 2)
    figures['passed'] = all(figures[f'ratio_to_plain_{size}'] >= AT_LEAST['ratio_to_plain'] for size in sizes)
    return figures


def make_members(env, count):
    """Enter members as the import of a list does."""
    grade = env.ref('cfia_membership.cfia_grade_member')
    Congress = env['cfia.congress']
    congress = Congress.search([], limit=1) or Congress.create({'name': "演示", 'number': 1, 'date_start': '2020-01-01', 'date_end': '2039-12-31'})
    Standard = env['cfia.dues.standard']
    if not Standard.search_count([('state', '=', 'in_force')]):
        Standard.create({
            'name': "演示", 'congress_id': congress.id, 'date': date(YEAR - 1, 11, 1), 'year_from': YEAR - 10,
            'line_ids': [Command.create({'grade_id': grade.id, 'amount': AMOUNT})],
        }).action_put_in_force()
    units = env['res.partner'].create([
        {'name': f"演示{count}第{index}有限公司", 'is_company': True, 'street': "演示路1号"} for index in range(count)])
    env.cr.execute(
        "UPDATE res_partner SET member_grade_id = %s, member_state = 'member', date_member_joined = '2020-01-01' "
        "WHERE id = ANY(%s)", [grade.id, units.ids])
    env.cr.commit()
    env.invalidate_all()
    return units


def bill(env, units, year):
    """Bill units by dues; return units a second of each batch."""
    return in_batches(env, units, lambda batch: bill_batch(env, batch, year))


def bill_batch(env, units, year):
    """Bill units of one batch by dues."""
    lines = env['cfia.dues.line']._open(units, year)
    lines._price()
    lines._bill_or_hold()
    env.flush_all()
    assert set(lines.mapped('state')) == {'billed'}, lines.mapped('hold_note')


def plain(env, units, journal=None, account=None):
    """Create and post as the invoice form and the list's “Post” do.

    :param journal: by default that of dues
    :param account: by default that of dues
    """
    journal = journal or env.company.cfia_dues_journal_id
    account = account or env.company.cfia_dues_account_id
    moves = env['account.move'].create([
        {
            'move_type': 'out_invoice',
            'partner_id': unit.id,
            'journal_id': journal.id,
            'invoice_date': date.today(),
            'invoice_line_ids': [Command.create({
                'name': "Dues", 'price_unit': AMOUNT, 'quantity': 1, 'tax_ids': [],
                'account_id': account.id,
            })],
        }
        for unit in units
    ])
    moves.action_post()
    env.flush_all()


def membership(units, product):
    """Bill by OCA's membership and post."""
    units.create_membership_invoice(product=product, amount=AMOUNT).action_post()
    units.env.flush_all()


def in_batches(env, units, step):
    """Let ``step`` work on the units, committed between; return units a second of each batch."""
    rates = []
    ids = units.ids
    for start in range(0, len(ids), BATCH):
        batch = env['res.partner'].browse(ids[start:start + BATCH])
        begin = time.perf_counter()
        step(batch)
        env.cr.commit()
        rates.append(len(batch) / (time.perf_counter() - begin))
        env.invalidate_all()
        if start // BATCH % 5 == 0:
            env.cr.execute("ANALYZE account_move, account_move_line, cfia_dues_line")
            env.cr.commit()
    return rates


def average(rates):
    return round(len(rates) / sum(1 / rate for rate in rates), 1)


def fetch_peer():
    """Return the folder to which OCA's membership was fetched, None where it cannot be had."""
    folder = tempfile.mkdtemp()
    done = subprocess.run(
        [sys.executable, '-m', 'pip', 'install', '-q', '--no-deps', '--target', folder, PEER],
        capture_output=True, text=True, check=False)
    return None if done.returncode else folder


def install_peer(env):
    """Install OCA's membership in this database; return an environment with it, None without it."""
    folder = fetch_peer()
    if folder is None:
        return None
    odoo.addons.__path__.append(f'{folder}/odoo/addons')
    env['ir.module.module'].update_list()
    module = env['ir.module.module'].search([('name', '=', 'membership')])
    module.button_immediate_install()
    return api.Environment(env.cr, SUPERUSER_ID, {})


def make_membership_product(env):
    return env['product.product'].create({
        'name': "Membership", 'type': 'service', 'membership': True, 'list_price': AMOUNT, 'taxes_id': False,
        'membership_date_from': date(YEAR, 1, 1), 'membership_date_to': date(YEAR, 12, 31),
    })
