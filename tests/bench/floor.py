"""Odoo without the suite, and OCA's membership on it, grown like the association: what its figures are compared with."""
import sys
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

import odoo.addons

sys.path.append(str(Path(__file__).parent))
from association import grow_plain, settle  # noqa: E402  (run by the benchmark, not imported as a package)
from pages import make_user  # noqa: E402

USER = 'bench_user'
MEMBER = 'bench_member'


def open_database(name):
    """Return the superuser's environment on another database, in this process.

    :param str name: the database
    """
    return api.Environment(Registry(name).cursor(), SUPERUSER_ID, {})


def reopen(env):
    """Return a new environment on the same database, with its registry as it is now."""
    name = env.cr.dbname
    env.cr.close()
    return open_database(name)


def grow_floor(env, first, last):
    """Add partners number ``first`` to ``last`` and an invoice for each.

    Billing is compared while the other ledger grows from none to two invoices for each: the second of the floor
    comes afterwards, so that both are as long on average.

    :return: ids of the units
    :rtype: list[int]
    """
    units = grow_plain(env, first, last)
    clone_invoices(env, units, 1)
    return units


def make_users(env, groups, unit):
    """Make a user with the rights that the suite's has in Odoo's own modules, and a member's.

    :param list groups: external ids
    :param int unit: whose contact the member is
    """
    if not env['res.users'].search_count([('login', '=', USER)]):
        make_user(env, USER, groups)
        make_user(env, MEMBER, ['base.group_portal'], env['res.partner'].search([('parent_id', '=', unit)], limit=1))
        env.cr.commit()


def clone_invoices(env, units, number):
    """Give each unit a posted invoice, a copy of one that Odoo itself made.

    :param int number: told apart by it, with room for the names that Odoo gives after it; a number of nine digits is
        no year to it
    """
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
    changed = {'name': f"'BENCH/' || lpad(unit::text, 9, '0') || '/{number}000000'", 'partner_id': 'unit', 'commercial_partner_id': 'unit',
               'partner_shipping_id': 'unit', 'sequence_number': 'unit', 'access_token': 'NULL', 'ref': 'NULL',
               # as many columns of a board have cards as those of the suite's applications
               'payment_state': "(ARRAY['not_paid', 'in_payment', 'paid', 'partial', 'reversed'])[1 + unit %% 5]"}
    env.cr.execute(f"""
        INSERT INTO account_move ({', '.join(move_columns)})
             SELECT {', '.join(changed.get(name, name) for name in move_columns)}
               FROM account_move CROSS JOIN UNNEST(%s::int[]) AS unit
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


def open_peer(name, fetch):
    """Return the environment of a database with OCA's membership, installing it there once.

    :param str name: the database
    :param fetch: method that returns the folder with the add-on, or None where it cannot be had
    :return: the environment and the product that is billed, or None
    """
    folder = fetch()
    if folder is None:
        return None
    odoo.addons.__path__.append(f'{folder}/odoo/addons')
    env = open_database(name)
    module = env['ir.module.module'].search([('name', '=', 'membership')])
    if module.state != 'installed':
        env['ir.module.module'].update_list()
        env['ir.module.module'].search([('name', '=', 'membership')]).button_immediate_install()
        env.cr.commit()
        env = reopen(env)
    return env
