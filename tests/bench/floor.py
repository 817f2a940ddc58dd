"""Odoo without the suite, grown like the association: what ``./cfia bench all`` compares screens and pages with."""
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from association import grow_plain, settle  # noqa: E402  (run by the benchmark, not imported as a package)
from meter import measure  # noqa: E402
from pages import Visitor, make_user, open_form, open_kanban, open_list, read_views, searches  # noqa: E402

USER = 'bench_user'
MEMBER = 'bench_member'


def run(env, first, last):
    """Grow the database to ``last`` partners with two posted invoices each and measure.

    :return: name → figures of :func:`meter.measure`, without its result
    :rtype: dict
    """
    units = grow_plain(env, first, last)
    if not env['res.users'].search_count([('login', '=', USER)]):
        make_user(env, USER, ['base.group_user', 'base.group_partner_manager', 'account.group_account_invoice'])
        make_user(env, MEMBER, ['base.group_portal'], env['res.partner'].search([('parent_id', '=', units[0])], limit=1))
    clone_invoices(env, units)
    env.cr.commit()
    user_env = env(user=env['res.users'].search([('login', '=', USER)]).id, context={'lang': 'zh_CN', 'tz': 'Asia/Shanghai'})
    found = {
        **measure_model(user_env, 'partner', 'res.partner', units[-1]),
        **measure_model(user_env, 'dues', 'account.move', None),
        'application_kanban': measure_kanban(user_env, 'account.move', 'state'),
        **measure_pages(env),
    }
    return {name: {key: value for key, value in figures.items() if key != 'result'} for name, figures in found.items()}


def measure_model(env, name, model, record):
    """Measure list, form and every filter and grouping of a model's search view."""
    views = read_views(env, model, ('list', 'form', 'search'))
    spec = views['list'][0]
    found = {f'{name}_list': measure(env, lambda: open_list(env, model, spec))}
    if record:
        found[f'{name}_form'] = measure(env, lambda: open_form(env, model, views['form'][0], record))
    steps = list(searches(env, model, views['search'][1]))

    def search_all():
        for _filter, domain, groupby in steps:
            if groupby:
                env[model].web_read_group([], [groupby], ['__count'], limit=80)
            else:
                open_list(env, model, spec, domain)

    # by step, since the search views differ
    found[f'{name}_search'] = measure(env, search_all, times=2)
    for key in ('seconds', 'queries'):
        found[f'{name}_search'][key] /= len(steps)
    return found


def measure_kanban(env, model, groupby):
    spec = read_views(env, model, ('kanban', 'search'))['kanban'][0]
    return measure(env, lambda: open_kanban(env, model, spec, groupby))


def measure_pages(env):
    """Measure the portal's first page and the way from signing in to the list of contacts."""
    member, user = Visitor(env, MEMBER), Visitor(env, USER)
    member.get('/my')
    spec = {'display_name': {}, 'email': {}, 'phone': {}, 'activity_ids': {}}

    def contacts():
        user.call_method('res.partner', 'get_views', views=[[False, 'list'], [False, 'search']], options={})
        user.call_method('res.partner', 'web_search_read', domain=[], specification=spec, limit=80)

    contacts()
    return {'portal_home': measure(env, lambda: member.get('/my'), times=5),
            'contact_list_opened': measure(env, contacts, times=5)}


def clone_invoices(env, units):
    """Give each unit two posted invoices, copies of one that Odoo itself made."""
    Move = env['account.move']
    model = Move.search([('ref', '=', 'bench')], limit=1)
    if not model:
        model = Move.create({
            'move_type': 'out_invoice', 'partner_id': units[0], 'ref': 'bench', 'invoice_date': '2026-01-01',
            'invoice_line_ids': [(0, 0, {'name': 'Dues', 'price_unit': 2000.0, 'quantity': 1, 'tax_ids': []})],
        })
        model.action_post()
        env.flush_all()
    move_columns, line_columns = columns(env, 'account_move'), columns(env, 'account_move_line')
    changed = {'name': "'BENCH/' || unit || '/' || copy", 'partner_id': 'unit', 'commercial_partner_id': 'unit',
               'partner_shipping_id': 'unit', 'sequence_number': 'unit', 'access_token': 'NULL', 'ref': 'NULL'}
    env.cr.execute(f"""
        INSERT INTO account_move ({', '.join(move_columns)})
             SELECT {', '.join(changed.get(name, name) for name in move_columns)}
               FROM account_move CROSS JOIN UNNEST(%s::int[]) AS unit CROSS JOIN generate_series(1, 2) AS copy
              WHERE account_move.id = %s
          RETURNING id""", [units, model.id])
    moves = [row[0] for row in env.cr.fetchall()]
    changed = {'move_id': 'clone.id', 'partner_id': 'clone.partner_id', 'move_name': 'clone.name'}
    env.cr.execute(f"""
        INSERT INTO account_move_line ({', '.join(line_columns)})
             SELECT {', '.join(changed.get(name, f'line.{name}') for name in line_columns)}
               FROM account_move_line line CROSS JOIN account_move clone
              WHERE line.move_id = %s AND clone.id = ANY(%s)""", [model.id, moves])
    settle(env, 'account_move', 'account_move_line')


def columns(env, table):
    """Return the columns of a table that a copy takes over."""
    env.cr.execute("""
        SELECT quote_ident(column_name) FROM information_schema.columns
         WHERE table_name = %s AND column_name NOT IN ('id', 'full_reconcile_id') AND is_generated = 'NEVER'""", [table])
    return [row[0] for row in env.cr.fetchall()]
