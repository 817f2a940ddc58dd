"""Calls of somebody inside who means no good: every public method of every model, from a seed.

Ids, contexts and values are forged. What only a signature, a run or another department may write stays as it is, and
no answer holds what the caller may not read.
"""
import inspect
import random
import warnings
from collections import Counter
from unittest.mock import patch

import psycopg2

from odoo.exceptions import AccessDenied, AccessError, MissingError, RedirectWarning, UserError, ValidationError
from odoo.fields import Command
from odoo.service.model import get_public_method
from odoo.tests import new_test_user
from odoo.tools import SQL, mute_logger

ROLES = (
    'staff', 'organisation', 'secretary_general', 'leader', 'editorial', 'network', 'training', 'accountant', 'treasurer',
    'auditor', 'manager', 'portal',
)
TEXTS = ('', 'x', '\u202eelif', '0', '-1', '<t t-out="object.env"/>', "' OR 1=1 --", '%', 'base.user_admin', '演示' * 50)
#: Methods of Odoo that do nothing a caller could gain by, or that end the run.
NOT_CALLED = {
    'init', 'browse', 'invalidate_model', 'invalidate_recordset', 'flush_model', 'flush_recordset', 'modified',
    'button_immediate_install', 'button_immediate_upgrade', 'button_immediate_uninstall', 'module_uninstall',
}
#: Written by numbers, signatures and the congress alone, whoever calls: table → columns.
GUARDED = {
    'res_partner': ('member_number', 'member_state', 'date_member_joined', 'date_member_left'),
    'cfia_member_number': ('name', 'partner_id'),
    'cfia_member_event': ('partner_id', 'kind', 'date_effective'),
    'res_groups_users_rel': ('gid', 'uid'),
    'ir_rule': ('domain_force', 'active'),
    'ir_model_access': ('group_id', 'perm_read', 'perm_write', 'perm_create', 'perm_unlink', 'active'),
}
#: Who moves numbers, states and the ledger by an act of their own.
MOVERS = {'organisation', 'secretary_general', 'manager'}
#: What is refused says so by its error; forged values make the rest of the noise.
LOGGERS = ('odoo', 'py.warnings')
REFUSALS = (
    AccessDenied, AccessError, MissingError, RedirectWarning, UserError, ValidationError, psycopg2.Error, ValueError,
    TypeError, KeyError, AttributeError, IndexError, NotImplementedError, AssertionError, RecursionError, LookupError,
    OverflowError, SyntaxError, ImportError, OSError, RuntimeError, ArithmeticError)


class Inside:
    """A run over the public methods.

    :param env: environment of the superuser; everything is undone call by call
    :param int seed: the same seed makes the same calls
    :param dict users: role → user
    :param dict secrets: role → words in records that the role does not read
    """

    def __init__(self, env, seed, users, secrets):
        self.env, self.users, self.secrets = env, users, secrets
        self.random = random.Random(seed)
        self.ids = {}
        self.calls = sorted(self._find_calls())

    def _find_calls(self):
        """Yield (model, method) of what a client may call of the suite's models, and of core's by methods of ours."""
        for name, model in self.env.registry.items():
            own = name.startswith('cfia.')
            if model._abstract and not own or name.startswith(('ir.module', 'base.module', 'base.language')):
                continue
            for method in dir(model):
                if method.startswith('_') or method in NOT_CALLED:
                    continue
                function = inspect.getattr_static(model, method, None)
                if not inspect.isfunction(function):
                    continue
                ours = any(
                    method in vars(cls) and cls.__module__.startswith('odoo.addons.cfia_') for cls in model.mro())
                if own or ours or name in ('res.partner', 'mail.message', 'ir.attachment', 'account.move', 'res.users'):
                    yield name, method

    def run(self, count):
        """Make ``count`` calls.

        :return: dictionary with ``calls``, ``results`` (Counter of what became of them) and ``complaints``
        """
        with (
            patch.object(type(self.env.cr), 'commit', lambda cr: None),
            patch.object(self.env.registry['ir.mail_server'], 'send_email', lambda *args, **kwargs: 'not sent'),
            patch.object(self.env.registry['ir.actions.report'], '_run_wkhtmltopdf', lambda *args, **kwargs: b'%PDF-1.4'),
            mute_logger(*LOGGERS), warnings.catch_warnings(action='ignore'),
        ):
            return self._run(count)

    def _run(self, count):
        # what is read is counted elsewhere: here everything is tried
        self.env.company.cfia_read_limit = 0
        self.env.flush_all()
        before = self._read_guarded()
        report = {'calls': count, 'results': Counter(), 'complaints': []}
        for _number in range(count):
            role = self.random.choice(ROLES)
            name, method = self.random.choice(self.calls)
            what = f"{role}: {name}.{method}"
            self.env.cr.execute("SAVEPOINT cfia_inside")
            answer = None
            try:
                answer = self._call(role, name, method)
                self.env.flush_all()
                report['results']['answered'] += 1
                if role not in MOVERS and (changed := self._find_changed(before)):
                    report['complaints'].append(f"{what} changed {changed}")
                shown = str(answer) if not hasattr(answer, '_name') else str(answer.ids)
                report['complaints'] += [
                    f"{what} shows {word}" for word in self.secrets.get(role, ()) if word in shown]
            except REFUSALS as error:
                report['results'][type(error).__name__] += 1
                report['complaints'] += [
                    f"{what} shows {word} in its refusal" for word in self.secrets.get(role, ()) if word in str(error)]
            finally:
                self.env.cr.execute("ROLLBACK TO SAVEPOINT cfia_inside")
                self.env.cr.precommit.clear()
                self.env.cr.postcommit.clear()
                self.env.transaction.clear()
        return report

    # === PIECES === #

    def _call(self, role, name, method):
        env = self.env(user=self.users[role].id, su=False, context=self._make_context(name))
        records = env[name]
        function = get_public_method(records, method)
        if not getattr(function, '_api_model', False):
            records = records.browse(self._pick_ids(name))
        return getattr(records, method)(*self._make_arguments(function, name, method))

    def _make_context(self, name):
        rand = self.random
        context = {'lang': rand.choice(('en_US', 'zh_CN')), 'tz': 'Asia/Shanghai'}
        for _index in range(rand.choice((0, 0, 1, 3))):
            field = rand.choice(sorted(self.env[name]._fields))
            context[f'default_{field}'] = self._make_value(self.env[name]._fields[field])
        if rand.random() < 0.2:
            context[rand.choice((
                'cfia_guard', 'install_mode', 'import_file', 'active_test', 'bin_size', 'tracking_disable', 'su', 'uid',
                'show_address', 'mail_notrack', 'cfia_known_model', 'cfia_disclosure_reason', 'active_id', 'active_ids',
            ))] = rand.choice((True, 1, 'x', self._pick_ids('res.partner')))
        if rand.random() < 0.2:
            context |= {'active_model': name, 'active_ids': self._pick_ids(name), 'active_id': 1}
        return context

    def _make_arguments(self, function, name, method):
        model = self.env[name]
        names = sorted(model._fields)
        rand = self.random
        known = {
            'vals': lambda: self._make_values(model), 'vals_list': lambda: [self._make_values(model)],
            'values': lambda: self._make_values(model), 'fields': lambda: rand.sample(names, min(8, len(names))),
            'field_names': lambda: rand.sample(names, 1), 'fields_spec': lambda: {field: {} for field in names},
            'specification': lambda: {field: {} for field in names}, 'domain': lambda: rand.choice(([], [('id', '>', 0)])),
            'groupby': lambda: rand.sample(names, 1), 'aggregates': lambda: ['__count', 'id:array_agg'],
            'fields_to_export': lambda: rand.sample(names, min(5, len(names))), 'default': dict,
            'limit': lambda: 1000, 'offset': lambda: 0, 'name': lambda: rand.choice(TEXTS), 'load': lambda: '_classic_read',
        }
        arguments = []
        for parameter in list(inspect.signature(function).parameters.values())[1:]:
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.KEYWORD_ONLY):
                break
            if parameter.default is not parameter.empty and (parameter.name not in known or rand.random() < 0.5):
                break
            make = known.get(parameter.name)
            arguments.append(make() if make else rand.choice((
                1, True, False, None, self._pick_ids(name), rand.choice(TEXTS), {}, [], self._make_values(model))))
        return arguments

    def _make_values(self, model):
        rand = self.random
        fields = sorted(model._fields)
        return {
            name: self._make_value(model._fields[name]) for name in rand.sample(fields, min(rand.randrange(1, 5), len(fields)))}

    def _make_value(self, field):
        rand = self.random
        if field.type == 'many2one':
            return rand.choice((False, *self._pick_ids(field.comodel_name)))
        if field.type in ('one2many', 'many2many'):
            ids = self._pick_ids(field.comodel_name)
            return rand.choice(([Command.set(ids)], [Command.link(ids[0])], [Command.delete(ids[0])], [Command.update(
                ids[0], {})], [Command.create({})]))
        if field.type == 'selection':
            selection = field.selection if isinstance(field.selection, list) else []
            return rand.choice([value for value, _label in selection] or ['x'])
        if field.type == 'boolean':
            return rand.choice((True, False))
        if field.type in ('integer', 'float', 'monetary', 'many2one_reference'):
            return rand.choice((0, 1, -1, 2, 888_000))
        if field.type in ('date', 'datetime'):
            return rand.choice((False, '2020-01-01', '2099-12-31'))
        return rand.choice((False, *TEXTS))

    def _pick_ids(self, name):
        """Return ids of a model, of records that exist for the most part."""
        if name not in self.ids:
            model = self.env.get(name)
            usable = model is not None and model._auto and not model._abstract
            self.ids[name] = usable and model.with_context(active_test=False).search([], limit=40, order='id desc').ids or [1]
        return self.random.sample(self.ids[name], min(len(self.ids[name]), self.random.choice((1, 1, 3))))

    # === WHAT STAYS === #

    def _read_guarded(self):
        """Return a digest of the guarded columns of each table."""
        digests = {}
        for table, columns in GUARDED.items():
            row = SQL("concat_ws('|', %s)", SQL(', ').join(map(SQL.identifier, columns)))
            # in one pass and without order: a sum of hashes
            [[digests[table]]] = self.env.execute_query(SQL(
                "SELECT sum(hashtextextended(%s, 0)::numeric) FROM %s", row, SQL.identifier(table)))
        return digests

    def _find_changed(self, before):
        now = self._read_guarded()
        return ', '.join(table for table in before if before[table] != now[table])


def plant_inside(env, make_application):
    """Make a user of each role, and records marked by words that only some of them may read.

    :param make_application: function that makes an application by name and state
    :return: (role → user, role → words that it may not be shown)
    :rtype: tuple
    """
    unit = make_application("演示内部试探甲有限公司", 'approved').partner_id
    users = {}
    for role in ROLES:
        group = 'base.group_portal' if role == 'portal' else f'cfia_membership.group_cfia_{role}'
        users[role] = new_test_user(env, login=f'cfia_inside_{role}', groups=group, name=f"演示试探{role}")
    users['portal'].partner_id.parent_id = make_application("演示内部试探乙有限公司", 'approved').partner_id
    marked = []
    for state in ('submitted', 'verified'):
        application = make_application(f"演示内部试探{state}有限公司", state)
        mark = f'MARKMESSAGE{state}'
        application.sudo().message_post(body=mark)
        marked.append((application, mark))
    kind = env['cfia.need.kind'].search([], limit=1)
    for index in range(2):
        need = env['cfia.need'].create({
            'name': f'MARKNEED{index}', 'description': f'MARKQUESTION{index}', 'partner_id': unit.id, 'kind_id': kind.id})
        marked += [(need, f'MARKNEED{index}'), (need, f'MARKQUESTION{index}')]
    log = env['cfia.contact.log'].create({'partner_id': unit.id, 'subject': 'MARKLOG', 'summary': 'MARKLOG'})
    marked.append((log, 'MARKLOG'))
    file = env['cfia.member.file'].search([('partner_id', '=', unit.id)], limit=1)
    file.place = 'MARKPLACE'
    marked.append((file, 'MARKPLACE'))
    unit.comment = 'MARKCOMMENT'
    env.flush_all()
    secrets = {
        role: sorted({word for record, word in marked if not record.with_user(user).has_access('read')})
        for role, user in users.items()}
    secrets['portal'].append('MARKCOMMENT')
    return users, secrets
