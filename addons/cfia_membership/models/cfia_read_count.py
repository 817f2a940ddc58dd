import contextlib
import logging
import threading

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.sql_db import db_connect
from odoo.tools import SQL

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_logger = logging.getLogger(__name__)

#: Rows that a process keeps in mind before it counts them in the database: a page of a list causes no query.
BATCH = 100
#: Of the contacts that work needs a day (a setting): from which multiple on a purpose is asked for, and nothing given.
PURPOSE_TIMES = 2
REFUSED_TIMES = 5

_lock = threading.Lock()
_tallies = {}


class CfiaReadCount(models.Model):
    """How many contacts of members each user read on a day, by whichever method (regulation, article 1).

    Each contact counts once a day. What work needs stays quiet; beyond it is noted, then a purpose is asked for, then
    reading ends for the day. A process counts in memory and writes in batches by a cursor of its own.
    """

    _name = 'cfia.read.count'
    _description = "Contacts Read by a User"
    _inherit = ['cfia.ledger.mixin']
    _order = 'date desc, row_count desc, id desc'
    _rec_name = 'user_id'

    date = fields.Date(required=True, readonly=True)
    user_id = fields.Many2one('res.users', required=True, readonly=True, index=True)
    row_count = fields.Integer(string="Contacts Read", readonly=True)
    state = fields.Selection(
        selection=[
            ('quiet', "As work needs"),
            ('noted', "More than usual"),
            ('purpose', "With a purpose"),
            ('refused', "Reading stopped"),
        ],
        required=True, readonly=True, default='quiet')
    purpose = fields.Char(readonly=True)
    allowed_by_id = fields.Many2one(
        'res.users', string="More Allowed By", readonly=True,
        help="Reading went on beyond the limit of the day by this person's leave.")

    _user_date_unique = models.UniqueIndex('(user_id, date)', "A user has one count a day.")
    _date_idx = models.Index('(date DESC, row_count DESC, id DESC)')

    def init(self):
        # which contacts were counted today: forgotten by a crash and the next day
        self.env.cr.execute("""
            CREATE UNLOGGED TABLE IF NOT EXISTS cfia_read_seen (
                user_id integer NOT NULL, day date NOT NULL, model varchar NOT NULL, res_id integer NOT NULL,
                PRIMARY KEY (user_id, day, model, res_id))""")

    # === ACTION METHODS === #

    def action_allow_more(self):
        """Let users read on for the day.

        :raise UserError: for one's own count
        """
        if not self.env.user.has_group('cfia_membership.group_cfia_manager'):
            raise UserError(self.env._("The manager of member work allows more."))
        if self.env.user in self.user_id:
            raise UserError(self.env._("Nobody allows himself to read more: ask another manager."))
        # sudo: counts are written by no one, allowing is what the manager adds
        unlocked(self.sudo()).write({'allowed_by_id': self.env.uid})
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _count(self, model_name, ids):
        """Count what the present user is about to read.

        :param str model_name: model of the records
        :param ids: their ids
        :raise RedirectWarning: leading to the purpose, beyond what work needs
        :raise UserError: beyond what is given without leave
        """
        if self.env.su or not self.env.user.has_group('base.group_user'):
            return
        today = association_today()
        with _lock:
            key = (self.env.cr.dbname, self.env.uid)
            tally = _tallies.get(key)
            if not tally or tally['day'] != today:
                tally = _tallies[key] = {'day': today, 'seen': set(), 'pending': set(), 'total': 0, 'limit': 0}
            new = {(model_name, res_id) for res_id in ids if res_id} - tally['seen'] - tally['pending']
            if not new:
                return
            waiting = tally['pending'] | new
            is_beyond = tally['limit'] and tally['total'] + len(waiting) > PURPOSE_TIMES * tally['limit']
            if len(waiting) < BATCH and not is_beyond:
                tally['pending'] = waiting
                return
        try:
            total, limit, state = self._write_count(today, waiting)
        except psycopg2.OperationalError:
            _logger.warning("Contacts read are counted later: the database does not answer.")
            return
        with _lock:
            tally['limit'] = limit
            if state not in ('ask', 'refused'):
                tally['total'] = total
                tally['seen'] |= waiting
                tally['pending'] -= waiting
        if state == 'ask':
            raise RedirectWarning(
                self.env._(
                    "You have read the data of %(limit)s members' contacts and more today. Say what they are needed for "
                    "(article 1), then go on.", limit=PURPOSE_TIMES * limit),
                # sudo: the id of an action is no secret
                self.env.ref('cfia_membership.cfia_read_purpose_action').sudo().id,
                self.env._("Enter the Purpose"))
        if state == 'refused':
            raise UserError(self.env._(
                "You have read the data of %(limit)s members' contacts and more today: no work needs that (article 1). "
                "Ask the organisation department for a list, or the manager to allow more.",
                limit=REFUSED_TIMES * limit))

    @api.model
    def _write_count(self, day, rows):
        """Count rows in the database, in a transaction of its own since the request may read only.

        :param set rows: (model, id) that were not counted before
        :return: (contacts of the day, limit of the day, state); of what is not given nothing is counted
        :rtype: tuple
        """
        uid = self.env.uid
        with self._own_cursor() as cr:
            cr.execute(SQL(
                "SELECT c.cfia_read_limit FROM res_users u JOIN res_company c ON c.id = u.company_id WHERE u.id = %s", uid))
            limit = cr.fetchone()[0] or 0
            cr.execute(SQL(
                "SELECT purpose, allowed_by_id, row_count FROM cfia_read_count WHERE user_id = %s AND date = %s", uid, day))
            purpose, allowed, before = cr.fetchone() or (None, None, 0)
            cr.execute("SAVEPOINT cfia_read_count")
            by_model = {}
            for model_name, res_id in rows:
                by_model.setdefault(model_name, []).append(res_id)
            for model_name, ids in by_model.items():
                cr.execute(SQL(
                    """INSERT INTO cfia_read_seen (user_id, day, model, res_id)
                       SELECT DISTINCT %s, %s::date, seen.model, seen.id FROM (%s) AS seen(model, id)
                           ON CONFLICT DO NOTHING""", uid, day, self._get_contacts_sql(model_name, ids)))
            cr.execute(SQL("SELECT count(*) FROM cfia_read_seen WHERE user_id = %s AND day = %s", uid, day))
            total = cr.fetchone()[0]
            state = self._get_read_state(total, limit, purpose, allowed)
            if total == before:
                # contacts of other apps, or seen already by way of another process
                state = 'quiet'
            if state in ('ask', 'refused'):
                cr.execute("ROLLBACK TO SAVEPOINT cfia_read_count")
            cr.execute(SQL(
                """INSERT INTO cfia_read_count (user_id, date, row_count, state, create_uid, create_date)
                   VALUES (%(uid)s, %(day)s, %(count)s, %(state)s, %(uid)s, now() AT TIME ZONE 'UTC')
                       ON CONFLICT (user_id, date) DO UPDATE
                      SET row_count = EXCLUDED.row_count,
                          state = (%(states)s::text[])[greatest(
                              array_position(%(states)s::text[], cfia_read_count.state::text),
                              array_position(%(states)s::text[], EXCLUDED.state::text))]""",
                uid=uid, day=day, count=before if state in ('ask', 'refused') else total,
                state='noted' if state == 'ask' else state, states=['quiet', 'noted', 'purpose', 'refused']))
        return total, limit, state

    @api.model
    def _get_read_state(self, total, limit, purpose, allowed):
        """Return what becomes of a read that makes ``total`` contacts a day: a state, or ``ask`` for the purpose."""
        if not limit or total <= limit:
            return 'quiet'
        if total > REFUSED_TIMES * limit and not allowed and not self.env.user.has_group(
                'cfia_membership.group_cfia_disclosure'):
            return 'refused'
        if total > PURPOSE_TIMES * limit:
            return 'purpose' if purpose else 'ask'
        return 'noted'

    @api.model
    def _get_contacts_sql(self, model_name, ids):
        """Return the contacts of the association that records tell of; none of other apps' contacts."""
        model = self.env[model_name]
        field = model._get_contact_link()
        if field is None:
            return SQL("SELECT %s::varchar, id FROM unnest(%s::int[]) AS read(id)", model_name, ids)
        return SQL(
            """SELECT 'res.partner'::varchar, partner.id
                 FROM %s AS record
                 JOIN res_partner partner ON partner.id = record.%s
                 JOIN res_partner unit ON unit.id = partner.commercial_partner_id AND unit.member_state IS NOT NULL
                WHERE record.id = ANY(%s::int[])""",
            SQL.identifier(model._table), SQL.identifier(field), ids)

    @contextlib.contextmanager
    def _own_cursor(self):
        """Yield a cursor on the primary that is committed whatever becomes of the request."""
        with db_connect(self.env.cr.dbname).cursor() as cr:
            # two processes may count for one user at once: the second waits for the first
            cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            cr.execute("SET LOCAL synchronous_commit = off")
            yield cr

    @api.autovacuum
    def _gc_seen(self):
        """Forget which contacts were read on earlier days; how many stays."""
        self.env.cr.execute(SQL("DELETE FROM cfia_read_seen WHERE day < %s", association_today()))


class CfiaReadPurpose(models.TransientModel):
    """What many contacts are needed for, said by who reads them."""

    _name = 'cfia.read.purpose'
    _description = "Purpose of Reading Many Contacts"

    purpose = fields.Char(required=True)

    def action_confirm(self):
        """Note the purpose on the user's count of today."""
        self.ensure_one()
        # sudo: users write their purpose on their own count alone
        counts_sudo = unlocked(self.env['cfia.read.count'].sudo())
        count_sudo = counts_sudo.search([('user_id', '=', self.env.uid), ('date', '=', association_today())])
        if count_sudo:
            count_sudo.purpose = self.purpose
        else:
            counts_sudo.create({'user_id': self.env.uid, 'date': association_today(), 'purpose': self.purpose})
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success',
                'message': self.env._("Noted. It holds for today: go on with what you were doing."),
                'next': {'type': 'ir.actions.act_window_close'},
            },
        }
