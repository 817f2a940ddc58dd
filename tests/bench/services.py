"""Change list of 20,000 members: made, and written as xlsx beside plain xlsxwriter writing the same cells.

Units and entitlements are written by SQL into the open transaction and are gone afterwards. The plain
writer has the values ready in memory and writes each cell with the same format into a workbook with the same
options: it is the least that any spreadsheet of these cells takes.
"""
import io
import time
from unittest.mock import patch

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

MEMBERS = 20_000
LIMIT_RATIO = 2


def run(env, members=MEMBERS):
    """Run the benchmark.

    :param env: environment of the superuser on a database with the suite
    :param int members: how many members the list has
    :return: name → figure, ``limits`` among them
    :rtype: dict
    """
    seed(env, members)
    start, queries = time.perf_counter(), env.cr.sql_log_count
    change_list = env['cfia.change.list']._make('network')
    env.flush_all()
    figures = {
        'members': members,
        'list_made_s': round(time.perf_counter() - start, 1),
        'list_made_queries': env.cr.sql_log_count - queries,
        'lines': change_list.line_count,
    }
    report = env['report.cfia_services.change_list_xlsx']
    cells = record_cells(report, change_list)
    # what people wait for: lines read from the database, the disclosure noted
    env.flush_all()
    env.invalidate_all()
    start, queries = time.perf_counter(), env.cr.sql_log_count
    write_ours(report, change_list)
    env.flush_all()
    ours = time.perf_counter() - start
    figures['list_xlsx_queries'] = env.cr.sql_log_count - queries
    plain = min(write_plain(report, cells) for _time in range(2))
    figures['cells'] = len(cells)
    figures['list_xlsx_s'] = round(ours, 2)
    figures['plain_xlsx_s'] = round(plain, 2)
    figures['list_xlsx_ratio'] = round(ours / plain, 2)
    figures['limits'] = {'list_xlsx_ratio': LIMIT_RATIO}
    figures['passed'] = figures['list_xlsx_ratio'] <= LIMIT_RATIO
    return figures


def write_ours(report, records):
    """Write a report's workbook into memory."""
    workbook = xlsxwriter.Workbook(io.BytesIO(), report.get_workbook_options())
    report.generate_xlsx_report(workbook, {}, records)
    workbook.close()


def record_cells(report, records):
    """Return the cells that a report writes.

    :return: list of (row, column, text, whether the cell has a format)
    """
    cells = []
    write_string = Worksheet.write_string

    def record(sheet, row, column, text, *formats):
        cells.append((row, column, text, bool(formats)))
        return write_string(sheet, row, column, text, *formats)

    with patch.object(Worksheet, 'write_string', record):
        write_ours(report, records)
    return cells


def write_plain(report, cells):
    """Write cells with plain xlsxwriter.

    :return: seconds
    """
    start = time.perf_counter()
    workbook = xlsxwriter.Workbook(io.BytesIO(), report.get_workbook_options())
    sheet = workbook.add_worksheet()
    box = workbook.add_format({'font_name': 'SimSun', 'font_size': 10.5, 'valign': 'vcenter', 'border': 1, 'text_wrap': True})
    for row, column, text, has_format in cells:
        sheet.write_string(row, column, text, box if has_format else None)
    workbook.close()
    return time.perf_counter() - start


def seed(env, members):
    """Write members, each with a contact, entitled to the services of the network department."""
    env.cr.execute("""
        WITH unit AS (
            INSERT INTO res_partner (name, complete_name, is_company, member_number, member_state, type, active, lang,
                                     phone, email, street, autopost_bills, create_uid, write_uid, create_date, write_date)
                 SELECT '演示名单' || n || '有限公司', '演示名单' || n || '有限公司', true, 'CFIA-' || (n + 300000),
                        'member', 'contact', true, 'zh_CN', '010-' || (n + 10000000), 'unit' || n || '@list.example',
                        '演示路' || n || '号', 'ask', 1, 1, now(), now()
                   FROM generate_series(1, %(members)s) AS n
              RETURNING id
        ), contact AS (
            INSERT INTO res_partner (name, complete_name, is_company, parent_id, commercial_partner_id, type, active, lang,
                                     phone, autopost_bills, create_uid, write_uid, create_date, write_date)
                 SELECT '演示联系人', '演示联系人', false, id, id, 'contact', true, 'zh_CN', '138', 'ask', 1, 1, now(), now()
                   FROM unit
        )
        INSERT INTO cfia_entitlement (partner_id, service_id, date_from, date_requested, quota, quota_used,
                                      create_uid, write_uid, create_date, write_date)
             SELECT unit.id, service.id, DATE '2026-01-01', DATE '2026-01-01', 0, 0, 1, 1, now(), now()
               FROM unit
         CROSS JOIN cfia_service service
              WHERE service.change_list = 'network'
    """, {'members': members})
    for table in ('res_partner', 'cfia_entitlement'):
        env.cr.execute(f"ANALYZE {table}")
    env.invalidate_all()
