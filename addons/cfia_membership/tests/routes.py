import csv
import inspect
import io
import threading

from odoo.http import Request
from odoo.tests import new_test_user
from odoo.tools import file_open, mute_logger

from odoo.addons.cfia_membership.controllers.round import LINK_RATE
from odoo.addons.cfia_membership.controllers.verify import VERIFY_LIMIT
from odoo.addons.cfia_membership.tests.common import ROLES

# the contact person of the member whose records the addresses name, of another member, and nobody
ASKING = (*ROLES, 'portal', 'other', 'public')
REFUSALS = 'odoo.http', 'odoo.addons.base.models.ir_http', 'odoo.addons.web.controllers.report'


def get_own_routes(env):
    """Return the routes in which an add-on of the suite has a hand.

    :return: list of (rule, modules of the suite that define or override it, the last one first)
    """
    # Odoo's map looks its registry up by the name on the thread
    threading.current_thread().dbname = env.cr.dbname
    found = []
    for rule in env['ir.http'].routing_map().iter_rules():
        bound = rule.endpoint.func
        modules = [
            cls.__module__.split('.')[2] for cls in inspect.getmro(type(bound.__self__))
            if bound.__name__ in vars(cls) and cls.__module__.startswith('odoo.addons.cfia_')
        ]
        if modules:
            found.append((rule, modules))
    return found


class RouteMatrixMixin:
    """Ask every route of a module as every role and compare with its ``tests/route_matrix.csv``.

    To be mixed into a case of ``HttpCase`` and ``MembershipCommon``; ``module`` names the module. A
    cell holds the status of the answer, ``login`` for who is sent to the log-in page, ``moved`` for
    who is sent elsewhere, ``error`` for a refused call of JSON. Routes of others that the module
    overrides have their lines, too.
    """

    module = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit_other = cls.make_member("演示测试他家有限公司")
        cls.user_other = new_test_user(
            cls.env, login='cfia_test_other', groups='base.group_portal', name="演示他家联系人",
            email='portal@other.example')
        cls.user_other.partner_id.parent_id = cls.unit_other

    def setUp(self):
        super().setUp()
        LINK_RATE.clear()
        VERIFY_LIMIT.clear()

    def _get_address(self, rule, role):
        """Return the address to ask, with records of ``unit_member`` in its places.

        :param str rule: the route as the code writes it
        """
        raise NotImplementedError

    def _get_form(self, rule, method):
        """Return what is sent with a POST beside the token of the form: nothing unless overridden."""
        return {}

    def _read_matrix(self):
        with file_open(f'{self.module}/tests/route_matrix.csv') as matrix_file:
            return {(row.pop('route'), row.pop('method')): row for row in csv.DictReader(matrix_file)}

    def _get_routes(self):
        """Return (rule, method) → type of the routes that the module defines or is the first to override."""
        found = {}
        for rule, modules in get_own_routes(self.env):
            if modules[-1] == self.module:
                routing = rule.endpoint.routing
                for method in routing['methods'] or (['POST'] if routing['type'] == 'jsonrpc' else ['GET']):
                    found[rule.rule, method] = routing['type']
        return {key: kind for key, kind in found.items() if key[1] != 'OPTIONS'}

    def _ask(self, rule, method, kind, role):
        address = self._get_address(rule, role)
        if kind == 'jsonrpc':
            answer = self.url_open(
                address, json={'jsonrpc': '2.0', 'method': 'call', 'params': self._get_form(rule, method)})
            assert answer.status_code == 200, answer.status_code
            error = answer.json().get('error')
            if not error:
                return '200'
            return 'login' if 'SessionExpired' in error['data']['name'] else 'error'
        data = None
        if method == 'POST':
            data = {'csrf_token': Request.csrf_token(self), **self._get_form(rule, method)}
        answer = self.url_open(address, data=data, allow_redirects=False)
        if answer.is_redirect:
            return 'login' if '/web/login' in answer.headers['Location'] else 'moved'
        return str(answer.status_code)

    def test_every_route_has_its_line(self):
        self.assertEqual(set(self._get_routes()), set(self._read_matrix()))

    def test_every_role_gets_what_the_matrix_says(self):
        routes, matrix = self._get_routes(), self._read_matrix()
        answers = {key: {} for key in routes}
        for role in ASKING:
            if role == 'public':
                self.authenticate(None, None)
            else:
                login = f'cfia_test_{role}'
                self.authenticate(login, login)
            for (rule, method), kind in sorted(routes.items()):
                with self.env.cr.savepoint(flush=True) as savepoint, mute_logger(*REFUSALS):
                    answers[rule, method][role] = self._ask(rule, method, kind, role)
                    self.env.invalidate_all()
                    savepoint.rollback()
        lines = io.StringIO()
        csv.writer(lines).writerows(
            [*key, *cells.values()] for key, cells in sorted(answers.items()) if cells != matrix.get(key))
        self.assertFalse(lines.getvalue(), "answers as given, where the matrix says otherwise")
