"""Change list, member roster and magazine labels of 20,000 members: made, and written as xlsx beside plain xlsxwriter
writing the same cells.

Units and entitlements are written by SQL into the open transaction and are gone afterwards. The plain
writer has the values ready in memory and writes each cell with the same format into a workbook with the same
options: it is the least that any spreadsheet of these cells takes. Ours is what people wait for: lines read from the
database, the disclosure noted. Queries are counted by the thousand members: each batch takes the same number.
The labels as PDF are measured by the page, apart: wkhtmltopdf takes what it takes.
"""
import io
import time
from unittest.mock import patch

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from odoo.addons.cfia_membership.tools.guard import unlocked

MEMBERS = 20_000
LIMIT_RATIO = 2
# by the batch of a thousand members, never by the member
LIMIT_QUERIES = 15
LABEL_PAGES = 5


def run(env, members=MEMBERS):
    """Run the benchmark.

    :param env: environment of the superuser on a database with the suite
    :param int members: how many members the lists have
    :return: name → figure, ``limits`` among them
    :rtype: dict
    """
    figures = {'members': members}
    measure(env, members, figures)
    most = max(count for name, count in figures.items() if name.endswith('_queries'))
    figures['queries_a_thousand'] = round(most / (members / 1000), 1)
    figures['limits'] = {
        'list_xlsx_ratio': LIMIT_RATIO, 'roster_xlsx_ratio': LIMIT_RATIO, 'labels_xlsx_ratio': LIMIT_RATIO,
        'queries_a_thousand': LIMIT_QUERIES}
    figures['passed'] = all(figures[name] <= limit for name, limit in figures['limits'].items())
    return figures


def measure(env, members, figures):
    """Add members, make and write all lists of those that are there, and return the figures."""
    seed(env, members)
    change_list = timed(env, figures, 'list_made', lambda: env['cfia.change.list']._make('network'))
    figures['list_lines'] = change_list.line_count
    report = env['report.cfia_services.change_list_xlsx']
    compare(env, figures, 'list_xlsx', report.get_workbook_options(), lambda: write_ours(report, change_list))

    release = timed(env, figures, 'roster_made', lambda: make_roster(env))
    figures['roster_lines'] = release.member_count
    compare(env, figures, 'roster_xlsx', {'in_memory': True}, lambda: write_roster(env, release))

    issue = make_issue(env)
    timed(env, figures, 'labels_made', issue._make_list)
    issue.invalidate_recordset()
    figures['labels_lines'] = issue.copy_count
    labels = env['report.cfia_services.magazine_xlsx']
    compare(env, figures, 'labels_xlsx', labels.get_workbook_options(), lambda: write_ours(labels, issue))
    figures['labels_pdf_s_a_page'] = print_labels(env, issue)
    return figures


def timed(env, figures, name, act):
    """Do something, enter seconds and queries, and return what it gives."""
    env.flush_all()
    env.invalidate_all()
    start, queries = time.perf_counter(), env.cr.sql_log_count
    result = act()
    env.flush_all()
    figures[f'{name}_s'] = round(time.perf_counter() - start, 2)
    figures[f'{name}_queries'] = env.cr.sql_log_count - queries
    return result


def compare(env, figures, name, options, write):
    """Write a workbook as people get it, then the same cells by plain xlsxwriter, and enter the ratio."""
    cells = record_cells(write)
    timed(env, figures, name, write)
    plain = min(write_plain(options, cells) for _time in range(2))
    figures[f'{name}_cells'] = len(cells)
    figures[f'{name}_plain_s'] = round(plain, 2)
    figures[f'{name}_ratio'] = round(figures[f'{name}_s'] / plain, 2)


def write_ours(report, records):
    """Write a report's workbook into memory."""
    workbook = xlsxwriter.Workbook(io.BytesIO(), report.get_workbook_options())
    report.generate_xlsx_report(workbook, {}, records)
    workbook.close()


def make_roster(env):
    """Make the roster afresh, for a department with staff: of one that was made before, nothing is left."""
    env.ref('cfia_membership.cfia_department_organisation').user_ids += env.ref('base.user_admin')
    env.cr.execute("DELETE FROM cfia_roster_copy; DELETE FROM cfia_roster_release")
    env.invalidate_all()
    return env['cfia.roster.release']._make(env.cr.now().date().replace(month=1, day=1))


def write_roster(env, release):
    """Write a department's copy with all the columns that there are, for one of its staff."""
    from odoo.addons.cfia_services.controllers.roster import write_roster as write  # noqa: PLC0415

    copy = release.copy_ids.filtered(lambda copy: copy.department_id.code == 'organisation')
    unlocked(copy).write({'column_ids': env['cfia.roster.column'].search([]).ids})
    columns, rows = copy.with_user(env.ref('base.user_admin'))._take_rows()
    return write(columns, rows)


def make_issue(env):
    """Return a new magazine issue of the edition of the members' category."""
    category = env.ref('cfia_membership.cfia_enterprise_category_forging')
    edition = env['cfia.magazine.edition']._get_by_category(category)[category]
    number = env['cfia.magazine.issue'].search_count([]) + 900
    return env['cfia.magazine.issue'].create({
        'edition_id': edition.id, 'year': env.cr.now().year, 'number': number})


def print_labels(env, issue):
    """Print some pages of labels: all but their copies are taken off the list first.

    :return: seconds a page
    """
    columns, rows = issue._get_label_grid() or (3, 8)
    kept = issue.copy_ids[:LABEL_PAGES * columns * rows]
    env.flush_all()
    env.cr.execute("DELETE FROM cfia_magazine_copy WHERE issue_id = %s AND id != ALL(%s)", [issue.id, kept.ids])
    env.invalidate_all()
    start = time.perf_counter()
    env['ir.actions.report'].with_context(force_report_rendering=True)._render_qweb_pdf(
        'cfia_services.action_report_magazine_labels', issue.ids)
    return round((time.perf_counter() - start) / LABEL_PAGES, 2)


def record_cells(write):
    """Return the cells that a workbook writes.

    :return: list of (sheet, kind, row, column, value, whether the cell has a format)
    """
    cells = []

    def recorder(kind, original):
        def record(sheet, row, column, value, *formats):
            cells.append((sheet.index, kind, row, column, value, bool(formats)))
            return original(sheet, row, column, value, *formats)
        return record

    with (
        patch.object(Worksheet, 'write_string', recorder('string', Worksheet.write_string)),
        patch.object(Worksheet, 'write_number', recorder('number', Worksheet.write_number)),
    ):
        write()
    return cells


def write_plain(options, cells):
    """Write cells with plain xlsxwriter.

    :return: seconds
    """
    start = time.perf_counter()
    workbook = xlsxwriter.Workbook(io.BytesIO(), options)
    sheets = [workbook.add_worksheet() for _sheet in range(max(cell[0] for cell in cells) + 1)]
    box = workbook.add_format({'font_name': 'SimSun', 'font_size': 10.5, 'valign': 'vcenter', 'border': 1, 'text_wrap': True})
    for sheet, kind, row, column, value, has_format in cells:
        write = sheets[sheet].write_string if kind == 'string' else sheets[sheet].write_number
        write(row, column, value, box if has_format else None)
    workbook.close()
    return time.perf_counter() - start


def seed(env, members):
    """Write members, each with a contact, entitled to the services that stand on lists."""
    env.cr.execute("""
        WITH unit AS (
            INSERT INTO res_partner (name, complete_name, is_company, member_number, member_state, type, active, lang,
                                     phone, email, street, zip, autopost_bills, enterprise_category_id, member_grade_id,
                                     create_uid, write_uid, create_date, write_date)
                 SELECT '演示名单' || n || '有限公司', '演示名单' || n || '有限公司', true, 'CFIA-' || (n + 300000),
                        'member', 'contact', true, 'zh_CN', '010-' || (n + 10000000), 'unit' || n || '@list.example',
                        '演示路' || n || '号', '210000', 'ask',
                        %(category_id)s,
                        (SELECT id FROM cfia_grade WHERE code = 'member'), 1, 1, now(), now()
                   FROM generate_series(%(first)s, %(last)s) AS n
              RETURNING id
        ), contact AS (
            INSERT INTO res_partner (name, complete_name, is_company, parent_id, commercial_partner_id, type, active, lang,
                                     phone, autopost_bills, create_uid, write_uid, create_date, write_date)
                 SELECT '演示联系人', '演示联系人', false, id, id, 'contact', true, 'zh_CN', '138', 'ask', 1, 1, now(), now()
                   FROM unit
              RETURNING id
        ), role AS (
            INSERT INTO cfia_contact_role_res_partner_rel (res_partner_id, cfia_contact_role_id)
                 SELECT contact.id, role.id FROM contact CROSS JOIN cfia_contact_role role WHERE role.code = 'contact'
        )
        INSERT INTO cfia_entitlement (partner_id, service_id, date_from, date_requested, quota, quota_used, is_waiting,
                                      create_uid, write_uid, create_date, write_date)
             SELECT unit.id, service.id, DATE '2026-01-01', DATE '2026-01-01', 0, 0, false, 1, 1, now(), now()
               FROM unit
         CROSS JOIN cfia_service service
              WHERE service.change_list IS NOT NULL
    """, {
        'category_id': env.ref('cfia_membership.cfia_enterprise_category_forging').id,
        'first': env['res.partner'].search_count([('name', '=like', '演示名单%')]) + 1,
        'last': env['res.partner'].search_count([('name', '=like', '演示名单%')]) + members,
    })
    for table in ('res_partner', 'cfia_entitlement', 'cfia_contact_role_res_partner_rel'):
        env.cr.execute(f"ANALYZE {table}")
    env.invalidate_all()
