import threading
from contextlib import closing
from datetime import date, timedelta

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.tools.dates import association_today

MONTH = date(2199, 1, 1)


@tagged('post_install', '-at_install')
class TestScheduleRace(BaseCase):
    """Two real sessions do what a schedule does at the same instant: nothing is made or sent twice."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with closing(self.registry.cursor()) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {'tracking_disable': True})
            self.transaction_class = type(env.transaction)
            training = env.ref('cfia_membership.cfia_department_training')
            self.user_id = env['res.users'].create({
                'name': "演示并发", 'login': 'cfia_race', 'email': 'race@association.example'}).id
            training.user_ids += env['res.users'].browse(self.user_id)
            self.partner_id = env['res.partner'].create({
                'name': "演示并发到期", 'is_company': True}).id
            env.flush_all()
            self.addCleanup(self._clean)
            service = env.ref('cfia_services.cfia_service_learning')
            cr.execute(
                "INSERT INTO cfia_entitlement (partner_id, service_id, date_from, date_to, date_requested, quota, quota_used,"
                " account_name, account_date, is_waiting) VALUES (%s, %s, %s, %s, %s, 10, 0, 'yadao-race', %s, FALSE)"
                " RETURNING id",
                [self.partner_id, service.id, *[association_today() - timedelta(days=days) for days in (60, 30, 60, 60)]])
            [self.entitlement_id] = cr.fetchone()
            cr.commit()

    def _clean(self):
        with closing(self.registry.cursor()) as cr:
            cr.execute("DELETE FROM cfia_entitlement WHERE id = %s", [self.entitlement_id])
            cr.execute("DELETE FROM mail_message WHERE body LIKE '%%yadao-race%%'")
            cr.execute("SELECT id FROM cfia_roster_release WHERE date = %s", [MONTH])
            release_ids = [release_id for release_id, in cr.fetchall()]
            cr.execute("DELETE FROM mail_message WHERE model = 'cfia.roster.release' AND res_id = ANY(%s)", [release_ids])
            cr.execute("DELETE FROM mail_followers WHERE res_model = 'cfia.roster.release' AND res_id = ANY(%s)", [release_ids])
            cr.execute("DELETE FROM cfia_roster_copy WHERE release_id = ANY(%s)", [release_ids])
            cr.execute("DELETE FROM cfia_roster_release WHERE id = ANY(%s)", [release_ids])
            cr.execute("DELETE FROM ir_attachment WHERE res_model = 'cfia.roster.release' AND res_id = ANY(%s)", [release_ids])
            env = api.Environment(cr, SUPERUSER_ID, {})
            user = env['res.users'].browse(self.user_id).exists()
            partners = user.partner_id | env['res.partner'].browse(self.partner_id).exists()
            user.unlink()
            partners.unlink()
            cr.commit()

    def race(self, act):
        """Let two sessions do something at once.

        :param act: function of an environment
        :return: what became of each, as texts
        :rtype: list
        """
        barrier, outcomes = threading.Barrier(2), []

        def work():
            try:
                with closing(self.registry.cursor()) as cr:
                    # not through Registry(): the thread that runs the tests may hold its lock
                    cr.transaction = self.transaction_class(self.registry)
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    barrier.wait(timeout=60)
                    try:
                        retrying(lambda: act(env), env)
                        cr.commit()
                        outcomes.append('done')
                    except UserError:
                        outcomes.append('refused')
            except Exception as error:  # noqa: BLE001 - reported by the test
                outcomes.append(repr(error))
                barrier.abort()

        threads = [threading.Thread(target=work) for _session in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(outcomes)

    @mute_logger('odoo.sql_db')
    def test_an_ended_account_is_reported_once(self):
        outcomes = self.race(lambda env: env['cfia.entitlement']._cron_end_accounts())
        self.assertEqual(outcomes, ['done', 'done'])
        with closing(self.registry.cursor()) as cr:
            cr.execute("SELECT COUNT(*) FROM mail_message WHERE body LIKE '%%yadao-race%%'")
            self.assertEqual(cr.fetchone(), (1,))
            cr.execute("SELECT date_account_ended FROM cfia_entitlement WHERE id = %s", [self.entitlement_id])
            self.assertEqual(cr.fetchone(), (association_today(),))

    @mute_logger('odoo.sql_db')
    def test_a_roster_is_made_once(self):
        outcomes = self.race(lambda env: env['cfia.roster.release']._make(MONTH))
        self.assertEqual(outcomes, ['done', 'refused'])
        with closing(self.registry.cursor()) as cr:
            cr.execute("SELECT COUNT(*) FROM cfia_roster_release WHERE date = %s", [MONTH])
            self.assertEqual(cr.fetchone(), (1,))
            cr.execute("""
                SELECT copy.department_id, COUNT(*) FROM cfia_roster_copy copy
                  JOIN cfia_roster_release release ON release.id = copy.release_id
                 WHERE release.date = %s GROUP BY 1 HAVING COUNT(*) > 1
            """, [MONTH])
            self.assertFalse(cr.fetchall())
