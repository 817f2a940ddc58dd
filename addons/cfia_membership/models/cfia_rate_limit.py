import hashlib
import logging

import psycopg2

from odoo import api, models
from odoo.sql_db import db_connect
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: Longer than the longest window.
KEEP_HOURS = 2


class CfiaRateLimit(models.AbstractModel):
    """The count of requests that all workers and servers share; see ``tools/rate_limit.py``.

    An unlogged table: a crash forgets the counts, replicas do not have it, and no commit waits for it. Whose
    requests are counted is kept as a hash and for hours only.
    """

    _name = 'cfia.rate.limit'
    _description = "Count of Requests"

    def init(self):
        self.env.cr.execute("""
            CREATE UNLOGGED TABLE IF NOT EXISTS cfia_rate_limit (key char(32) NOT NULL, moment timestamptz NOT NULL);
            CREATE INDEX IF NOT EXISTS cfia_rate_limit_key_moment_index ON cfia_rate_limit (key, moment)""")

    @api.model
    def _hit(self, key, times, seconds):
        """Count a request, in a transaction of its own since the request may read only; tell whether it is allowed.

        Where the primary cannot be reached, requests that only read are answered without this count.

        :param str key: what is counted and whose request it is
        :param int times: requests allowed in the window
        :param int seconds: length of the window
        :rtype: bool
        """
        return bool(self._run(SQL("""
            INSERT INTO cfia_rate_limit (key, moment)
            SELECT %(key)s, clock_timestamp()
             WHERE (SELECT count(*) FROM cfia_rate_limit
                     WHERE key = %(key)s AND moment > clock_timestamp() - make_interval(secs => %(seconds)s)
                   ) < %(times)s
         RETURNING TRUE""", key=self._digest(key), seconds=seconds, times=times), [(True,)]))

    @api.model
    def _count(self, key, seconds):
        """Return how often something was noted in the last seconds; nothing where the primary cannot be reached.

        :param str key: as given to :meth:`_note`
        """
        rows = self._run(SQL("""
            SELECT count(*) FROM cfia_rate_limit
             WHERE key = %s AND moment > clock_timestamp() - make_interval(secs => %s)""", self._digest(key), seconds))
        return rows[0][0] if rows else 0

    @api.model
    def _note(self, key):
        """Note that something happened, in a transaction of its own: what it belongs to may be rolled back."""
        self._run(SQL(
            "INSERT INTO cfia_rate_limit (key, moment) VALUES (%s, clock_timestamp()) RETURNING TRUE",
            self._digest(key)))

    @api.model
    def _forget(self, key):
        """Forget what was noted."""
        self._run(SQL("DELETE FROM cfia_rate_limit WHERE key = %s RETURNING TRUE", self._digest(key)))

    @api.model
    def _run(self, statement, otherwise=()):
        """Run a statement in a transaction of its own, since the request may read only.

        :param otherwise: what is returned where the database cannot be reached
        :return: the rows
        """
        try:
            with db_connect(self.env.cr.dbname).cursor() as cr:
                cr.execute("SET LOCAL synchronous_commit = off")
                cr.execute(statement)
                return cr.fetchall()
        except psycopg2.OperationalError:
            _logger.warning("Requests are counted in this process alone: the database does not answer.")
            return otherwise

    def _digest(self, key):
        return hashlib.sha256(key.encode()).hexdigest()[:32]

    @api.autovacuum
    def _gc_hits(self):
        """Forget what no window reaches back to."""
        self.env.cr.execute(SQL(
            "DELETE FROM cfia_rate_limit WHERE moment < clock_timestamp() - make_interval(hours => %s)", KEEP_HOURS))
