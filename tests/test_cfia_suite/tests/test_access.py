import csv

from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import file_open, file_path

from odoo.addons.cfia_membership.tests.access import OPERATIONS
from odoo.addons.cfia_membership.tests.common import ROLES, MembershipCommon
from odoo.addons.cfia_membership.tests.routes import get_own_routes

#: Pages of the portal whose records are not one member's.
FOR_EVERY_MEMBER = {
    # published to all members
    '/my/membership/bulletins/<int:bulletin_id>',
    '/my/membership/statistics/<int:statistics_id>',
    '/my/membership/newsletters/<int:issue_id>',
    '/my/membership/newsletters/<int:issue_id>/pdf',
    # the catalogue's services, asked for by each unit for itself
    '/my/membership/services/<int:service_id>/request',
    # a bill of dues is nobody's page: dues have papers of their own
    '/my/invoices/<int:invoice_id>',
}


def read_matrix(path):
    """Return the rows of a matrix, each keyed by its first column."""
    with file_open(path) as matrix_file:
        return {next(iter(row.values())): row for row in csv.DictReader(matrix_file)}


@tagged('post_install', '-at_install')
class TestCompleteness(TransactionCase):
    """No add-on of the suite is without matrices, whoever adds it."""

    def _get_modules(self):
        return [name for name in self.env.registry._init_modules if name.startswith('cfia_')]

    def _get_lines(self, module, name):
        try:
            file_path(f'{module}/tests/{name}.csv')
        except FileNotFoundError:
            return set()
        return set(read_matrix(f'{module}/tests/{name}.csv'))

    def test_models(self):
        missing = []
        for module in self._get_modules():
            lines = self._get_lines(module, 'access_matrix')
            missing += [
                name for name, model in self.env.registry.items()
                if model._original_module == module and not model._abstract and name not in lines
            ]
        self.assertFalse(missing, "models without their line in tests/access_matrix.csv")

    def test_routes(self):
        known = set().union(*(self._get_lines(module, 'route_matrix') for module in self._get_modules()))
        missing = {rule.rule for rule, _modules in get_own_routes(self.env)}
        self.assertFalse(missing - known, "routes without their line in tests/route_matrix.csv")

    def test_records_of_others_are_not_found(self):
        """A page of the portal that names a record answers another member as if there were none.

        The matrix is held against every route by every role; here it is read for what it must say.
        """
        open_pages = set()
        for module in self._get_modules():
            try:
                file_path(f'{module}/tests/route_matrix.csv')
            except FileNotFoundError:
                continue
            with file_open(f'{module}/tests/route_matrix.csv') as matrix_file:
                open_pages |= {
                    row['route'] for row in csv.DictReader(matrix_file)
                    if row['route'].startswith('/my') and '_id>' in row['route'] and (row['other'], row['public']) != ('404', 'login')}
        self.assertEqual(open_pages, FOR_EVERY_MEMBER)


@tagged('post_install', '-at_install')
class TestForeignModels(MembershipCommon):
    """What the roles may do with models of Odoo, beyond what any user may: nothing comes by accident."""

    def test_foreign_models(self):
        users = {role: getattr(self, f'user_{role}') for role in (*ROLES, 'portal', 'public')}
        users['internal'] = new_test_user(self.env, login='cfia_test_internal', groups='base.group_user')
        plain_portal = new_test_user(self.env, login='cfia_test_plain_portal', groups='base.group_portal')
        columns = ('internal', *ROLES, 'portal', 'public')
        found = {}
        for name, model in self.env.registry.items():
            if model._abstract or (model._original_module or '').startswith('cfia_'):
                continue
            cells = {role: self._get_letters(name, users[role]) for role in columns}
            if (
                any(cells[role] != cells['internal'] for role in ROLES)
                or cells['portal'] != self._get_letters(name, plain_portal)
            ):
                found[name] = {'model': name, **cells}
        matrix = read_matrix('test_cfia_suite/tests/foreign_matrix.csv')
        wrong = [','.join(row.values()) for name, row in sorted(found.items()) if matrix.get(name) != row]
        self.assertFalse(wrong, "rights as they are, where the matrix says otherwise:\n" + '\n'.join(wrong))
        self.assertFalse(set(matrix) - set(found), "lines of the matrix in which no role differs any more")

    def _get_letters(self, model_name, user):
        records = self.env[model_name].with_user(user)
        return ''.join(
            letter for letter, operation in OPERATIONS.items() if records.has_access(operation)) or '-'
