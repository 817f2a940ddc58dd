import threading
import time
from contextlib import closing
from datetime import date

from psycopg2 import Error

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.tools.guard import unlocked

YEAR = 2061


@tagged('post_install', '-at_install')
class TestRunSessions(BaseCase):
    """A dues run in real sessions that see each other's commits, and one that is killed."""

    MARK = "演示会话"

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.addCleanup(self._clean)
        with closing(self.registry.cursor()) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.transaction_class = type(env.transaction)
            self.unit_ids, self.run_id = self._make_run(env)
            cr.commit()

    def _make_run(self, env):
        company = env.company
        if not company.chart_template:
            env['account.chart.template'].try_loading('generic_coa', company, install_demo=False)
        company._set_up_dues_accounting()
        grade = env.ref('cfia_membership.cfia_grade_member')
        congress = env['cfia.congress'].search([], limit=1) or env['cfia.congress'].create({
            'name': self.MARK, 'number': 99, 'date_start': '2060-01-01', 'date_end': '2062-12-31'})
        env['cfia.dues.standard'].create({
            'name': self.MARK, 'congress_id': congress.id, 'date': date(YEAR - 1, 11, 1), 'year_from': YEAR, 'year_to': YEAR,
            'line_ids': [Command.create({'grade_id': grade.id, 'amount': 2000})],
        }).action_put_in_force()
        units = unlocked(env['res.partner'].with_context(tracking_disable=True)).create([
            {'name': f'{self.MARK}{number}', 'is_company': True, 'street': "演示路1号", 'member_state': 'member',
             'member_grade_id': grade.id, 'date_member_joined': '2020-01-01'} for number in range(8)])
        run = env['cfia.dues.run'].create({'year': YEAR, 'scope': 'selected', 'partner_ids': units.ids})
        run.action_start()
        return units.ids, run.id

    def _clean(self):
        with closing(self.registry.cursor()) as cr:
            cr.execute("DELETE FROM cfia_dues_run_member WHERE run_id = %s", [self.run_id])
            cr.execute("SELECT move_id FROM cfia_dues_line WHERE partner_id = ANY(%s) AND move_id IS NOT NULL", [self.unit_ids])
            move_ids = [move_id for [move_id] in cr.fetchall()]
            cr.execute("UPDATE account_move_line SET dues_line_id = NULL WHERE move_id = ANY(%s)", [move_ids])
            cr.execute("DELETE FROM cfia_document WHERE partner_id = ANY(%s)", [self.unit_ids])
            cr.execute("DELETE FROM cfia_dues_line WHERE partner_id = ANY(%s)", [self.unit_ids])
            cr.execute("DELETE FROM account_move WHERE id = ANY(%s)", [move_ids])
            cr.execute("DELETE FROM cfia_dues_run WHERE id = %s", [self.run_id])
            cr.execute("DELETE FROM cfia_dues_standard WHERE year_from = %s", [YEAR])
            cr.execute("DELETE FROM res_partner WHERE id = ANY(%s)", [self.unit_ids])
            cr.commit()

    def _process(self, pids, errors, barrier=None):
        """Let one session bill, as the schedule does."""
        try:
            with closing(self.registry.cursor()) as cr:
                # not through Registry(): the thread that runs the tests may hold its lock
                cr.transaction = self.transaction_class(self.registry)
                cr.execute("SELECT pg_backend_pid()")
                pids.append(cr.fetchone()[0])
                if barrier:
                    barrier.wait(timeout=60)
                api.Environment(cr, SUPERUSER_ID, {})['cfia.dues.run']._cron_process(batch_size=2)
                cr.commit()
        except Error as error:
            errors.append(error)

    def _look(self):
        """Return (billed, waiting, lines, posted bills, notices), and that none of it is half done."""
        with closing(self.registry.cursor()) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            run = env['cfia.dues.run'].browse(self.run_id)
            lines = env['cfia.dues.line'].search([('partner_id', 'in', self.unit_ids), ('year', '=', YEAR)])
            items = env['account.move.line'].search([('partner_id', 'in', self.unit_ids)])
            self.assertEqual(lines.partner_id, run.member_ids.filtered(lambda member: member.state == 'billed').partner_id)
            self.assertEqual(set(lines.mapped('state')) - {'billed'}, set())
            self.assertEqual(items.move_id, lines.move_id)
            self.assertEqual(set(lines.move_id.mapped('state')) - {'posted'}, set())
            self.assertEqual(len(items), 2 * len(lines))
            notices = env['cfia.document'].search_count([('kind', '=', 'dues_notice'), ('partner_id', 'in', self.unit_ids)])
            return run.billed_count, run.pending_count, len(lines), len(lines.move_id), notices

    def test_two_sessions_at_once(self):
        errors, barrier = [], threading.Barrier(2)
        with mute_logger('odoo.sql_db', 'odoo.addons.cfia_dues.models.cfia_dues_run'):
            threads = [threading.Thread(target=self._process, args=([], errors, barrier)) for _worker in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(errors, [])
        self.assertEqual(self._look(), (8, 0, 8, 8, 8))
        # a second user who starts the same run again, and the schedule once more
        with closing(self.registry.cursor()) as cr:
            api.Environment(cr, SUPERUSER_ID, {})['cfia.dues.run'].browse(self.run_id).action_start()
            cr.commit()
        self._process([], errors)
        self.assertEqual(self._look(), (8, 0, 8, 8, 8))

    def test_killed_in_the_middle(self):
        pids, errors = [], []
        with closing(self.registry.cursor()) as cr, mute_logger(
                'odoo.sql_db', 'odoo.addons.cfia_dues.models.cfia_dues_run'):
            # hold the third batch, so that the session waits in the middle of its work
            cr.execute("SELECT 1 FROM cfia_dues_run_member WHERE run_id = %s AND partner_id = ANY(%s) FOR UPDATE", [
                self.run_id, self.unit_ids[4:6]])
            thread = threading.Thread(target=self._process, args=(pids, errors))
            thread.start()
            for _turn in range(600):
                time.sleep(0.1)
                cr.execute("SELECT 1 FROM pg_stat_activity WHERE pid = ANY(%s) AND wait_event_type = 'Lock'", [pids])
                if cr.fetchone():
                    break
            cr.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [pids])
            thread.join(timeout=60)
            self.assertFalse(thread.is_alive())
        self.assertTrue(errors, "the session was killed")
        self.assertEqual(self._look(), (4, 4, 4, 4, 4))
        errors.clear()
        self._process([], errors)
        self.assertEqual(errors, [])
        self.assertEqual(self._look(), (8, 0, 8, 8, 8))
