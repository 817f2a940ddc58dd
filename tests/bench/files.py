"""Reading a bank's list of 200,000 rows against calamine's own time, and its import against Odoo's own of statement lines.

Reading takes the file to cells, in its process with bounds; judging them (headings, days, sides, amounts, balances) is told
beside it, for calamine judges nothing. Importing writes the statement lines and
matches them as the background does, batch by batch; beside it Odoo's ``load()`` writes as many plain ones. Nothing is
committed.
"""
import io
import resource
import time

import python_calamine as calamine
import xlsxwriter

from odoo.addons.cfia_dues.tools.bank.read import read_bank_sheet
from odoo.addons.cfia_membership.models.cfia_sheet_import import BATCH_SIZE
from odoo.addons.cfia_membership.tools.sheet import read_sheets

ROWS, IMPORTED_ROWS = 200_000, 2_000
LIMITS = {'read_ratio': 1.5, 'import_ratio': 0.33, 'peak_memory_mb': 500}
HEADINGS = ('交易时间', '对方户名', '对方账号', '借方金额', '贷方金额', '余额', '摘要', '附言', '流水号')


def run(env, rows=ROWS, imported_rows=IMPORTED_ROWS):
    """Run the benchmark.

    :param env: environment of the superuser on a database with the suite
    :return: name → figure, ``limits`` and ``passed`` among them
    :rtype: dict
    """
    content = make_list(rows)
    calamine_seconds = measure(lambda: calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python())
    read_seconds = measure(lambda: read_sheets(content))
    judged_seconds = measure(lambda: read_bank_sheet(content))
    peak_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    journal = env['account.journal'].search([('type', '=', 'bank'), ('company_id', '=', env.company.id)], limit=1)
    transactions = read_bank_sheet(make_list(imported_rows)).rows
    importer = env['cfia.dues.bank.import'].new({'journal_id': journal.id})
    importer._take(transactions[:20])
    begin = time.perf_counter()
    for at in range(20, len(transactions), BATCH_SIZE):
        importer._take(transactions[at:at + BATCH_SIZE])
        env.flush_all()
        env.invalidate_all()
    import_rate = (len(transactions) - 20) / (time.perf_counter() - begin)
    env.cr.rollback()
    begin = time.perf_counter()
    plain = [[str(row.date), str(row.amount), row.remark, row.payer, row.reference, str(journal.id)] for row in transactions]
    env['account.bank.statement.line'].load(
        ['date', 'amount', 'payment_ref', 'partner_name', 'ref', 'journal_id/.id'], plain)
    env.flush_all()
    odoo_rate = len(plain) / (time.perf_counter() - begin)
    env.cr.rollback()
    figures = {
        'rows': rows,
        'calamine_seconds': round(calamine_seconds, 2),
        'read_seconds': round(read_seconds, 2),
        'read_ratio': round(read_seconds / calamine_seconds, 2),
        'judged_seconds': round(judged_seconds, 2),
        'imported_per_second': round(import_rate, 1),
        'odoo_per_second': round(odoo_rate, 1),
        'import_ratio': round(odoo_rate / import_rate, 2),
        'peak_memory_mb': round(peak_memory),
        'limits': LIMITS,
    }
    figures['passed'] = all(figures[name] <= limit for name, limit in LIMITS.items())
    return figures


def measure(act):
    """Return the seconds of the faster of two runs."""
    seconds = []
    for _time in range(2):
        begin = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def make_list(rows):
    """Return a bank's list of receipts, each with its balance."""
    content, balance = io.BytesIO(), 0
    workbook = xlsxwriter.Workbook(content, {'constant_memory': True})
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, HEADINGS)
    for at in range(1, rows + 1):
        amount = 2000 + at % 500
        balance += amount
        sheet.write_row(at, 0, (
            f'2026-{1 + at % 12:02d}-{1 + at % 28:02d} 10:{at % 60:02d}:00', f'演示{at % 900}锻造有限公司', f'6222{at % 900:012d}',
            '', f'{amount:,.2f}', f'{balance:,.2f}', '转账', f'会费{at % 5000:05d}', f'BF{at:09d}'))
    workbook.close()
    return content.getvalue()
