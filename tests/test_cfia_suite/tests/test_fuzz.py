import requests

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.controllers.round import LINK_RATE
from odoo.addons.cfia_membership.controllers.verify import VERIFY_LIMIT
from odoo.addons.test_cfia_suite.fuzz import drive
from odoo.addons.test_cfia_suite.fuzz.inside import Inside, plant_inside
from odoo.addons.test_cfia_suite.fuzz.plant import LOGINS, count, plant

COUNT = 400
INSIDE_COUNT = 600
LOGGERS = (
    'odoo.http', 'odoo.addons.base.models.ir_http', 'odoo.addons.rpc.controllers.json2', 'odoo.sql_db', 'werkzeug',
    'odoo.addons.web.controllers.report', 'odoo.addons.base.models.ir_rule', 'odoo.service.server',
)


@tagged('post_install', '-at_install')
class TestFuzz(HttpCase, DuesCommon):
    """A seeded sample of what ``./cfia fuzz`` sends by the ten thousand."""

    def test_sample(self):
        self.env['res.lang']._activate_lang('zh_CN')
        plan = plant(self.env, self.make_member)
        openers = {}
        for identity in ('public', *LOGINS):
            login = LOGINS.get(identity)
            self.session = None
            self.authenticate(login, login)
            openers[identity] = self.opener

        def send(identity, method, path, **kwargs):
            LINK_RATE.clear()
            VERIFY_LIMIT.clear()
            self.opener = openers[identity]
            try:
                return self.opener.request(
                    method, self.base_url() + path, timeout=60, allow_redirects=False, **kwargs)
            except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError, ValueError):
                return None
            except requests.exceptions.ConnectionError:
                return None

        with mute_logger(*LOGGERS):
            report = drive.run(plan, 20261126, COUNT, send)
        self.assertFalse(report['complaints'], '\n'.join(report['complaints'][:20]))
        self.assertEqual(count(self.env), plan['counts'])
        # most reach a page: a run that is refused at the door proves nothing
        self.assertGreater(report['statuses'][200] + report['statuses'][303], COUNT * 0.3, report['statuses'])


@tagged('post_install', '-at_install')
class TestFuzzInside(DuesCommon):
    """A seeded sample of the calls that ``./cfia fuzz --inside`` makes by the hundred thousand."""

    def test_sample(self):
        users, secrets = plant_inside(self.env, lambda name, state: self.make_application(name, state=state))
        for role in ('staff', 'leader', 'editorial', 'portal'):
            self.assertTrue(secrets[role], f"nothing is kept from {role}: nothing is tried")
        report = Inside(self.env, 20261201, users, secrets).run(INSIDE_COUNT)
        self.assertFalse(report['complaints'], '\n'.join(report['complaints'][:20]))
        # a good part gets past the door
        self.assertGreater(report['results']['answered'], INSIDE_COUNT * 0.1, report['results'])

    def test_finds_what_is_open(self):
        """A method that tells of foreign records, and one that writes a guarded column, are found."""
        users, secrets = plant_inside(self.env, lambda name, state: self.make_application(name, state=state))
        inside = Inside(self.env, 1, users, secrets)

        def tell(records):
            return records.sudo().search([]).read(['name', 'description'])

        def take(records):
            records.env.cr.execute("UPDATE res_partner SET member_state = 'expelled' WHERE member_state = 'member'")

        for method, words in ((tell, 'shows MARK'), (take, 'changed res_partner')):
            with self.subTest(method=method.__name__):
                self.patch(self.env.registry['cfia.need'], 'action_take', method)
                inside.calls = [('cfia.need', 'action_take')]
                report = inside.run(40)
                self.assertTrue([text for text in report['complaints'] if words in text], report)
