from odoo.sql_db import db_connect
from odoo.tests import HttpCase, tagged

from odoo.addons.cfia_membership.controllers.verify import VERIFY_LIMIT
from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.rate_limit import RateLimit


@tagged('post_install', '-at_install')
class TestRateLimit(MembershipCommon, HttpCase):
    """What anybody may ask is counted over all processes, each of which has its own memory.

    The count commits for itself, also under a test.
    """

    def setUp(self):
        super().setUp()
        VERIFY_LIMIT.clear()
        self.run_sql("DELETE FROM cfia_rate_limit")
        self.addCleanup(self.run_sql, "DELETE FROM cfia_rate_limit")

    def run_sql(self, statement):
        with db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute(statement)
            return cr.fetchall() if cr.description else None

    def make_limits(self, count, times):
        """Return one and the same limit as so many processes have it."""
        return [RateLimit('test', times=times, seconds=60) for _process in range(count)]

    def test_processes_share_a_count(self):
        first, second = self.make_limits(2, times=3)
        self.assertEqual([limit.hit('key', self.env) for limit in (first, second, first, second)], [True] * 3 + [False])
        self.assertTrue(second.hit('other', self.env))
        self.assertTrue(RateLimit('test.other', times=3, seconds=60).hit('key', self.env))

    def test_window_slides(self):
        first, second, third = self.make_limits(3, times=1)
        self.assertTrue(first.hit('key', self.env))
        self.assertFalse(second.hit('key', self.env))
        self.run_sql("UPDATE cfia_rate_limit SET moment = moment - make_interval(secs => 61)")
        self.assertTrue(third.hit('key', self.env))

    def test_refused_without_the_database(self):
        """Who is over a process's own count is not counted further."""
        [limit] = self.make_limits(1, times=1)
        self.assertEqual([limit.hit('key', self.env) for _time in range(3)], [True, False, False])
        self.assertEqual(self.run_sql("SELECT count(*) FROM cfia_rate_limit"), [(1,)])

    def test_nobody_is_named(self):
        self.make_limits(1, times=1)[0].hit('someone@applicant.example', self.env)
        self.assertEqual(self.run_sql("SELECT count(*), count(*) FILTER (WHERE key ~ 'someone') FROM cfia_rate_limit"), [(1, 0)])

    def test_counts_are_forgotten(self):
        [limit] = self.make_limits(1, times=9)
        limit.hit('old', self.env)
        self.run_sql("UPDATE cfia_rate_limit SET moment = moment - make_interval(hours => 3)")
        limit.hit('new', self.env)
        with db_connect(self.env.cr.dbname).cursor() as cr:
            self.env['cfia.rate.limit'].with_env(self.env(cr=cr))._gc_hits()
        self.assertEqual(self.run_sql("SELECT count(*) FROM cfia_rate_limit"), [(1,)])

    def test_page_counts_what_other_processes_let_pass(self):
        for _time in range(VERIFY_LIMIT.times):
            self.assertEqual(self.url_open('/cfia/verify/none').status_code, 200)
            # a process that has not been asked yet
            VERIFY_LIMIT._hits.clear()
        answer = self.url_open('/cfia/verify/none')
        self.assertEqual(answer.status_code, 429)
        self.assertEqual(answer.headers['Retry-After'], '60')
