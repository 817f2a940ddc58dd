from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index

_lt = LazyTranslate(__name__)


class CfiaWebsiteVip(models.Model):
    """VIP status to open, change or close on the website (article 3.5), and when and by whom it was done.

    Each line of a list that the network department received is one such piece of work. What was done
    stands in it like in a ledger: the last one of a member says its status.
    """

    _name = 'cfia.website.vip'
    _description = "Website VIP"
    _inherit = ['cfia.ledger.mixin']
    _order = 'date desc, member_number, id'
    _rec_name = 'unit_name'
    _made_by_steps = True
    _guard_texts = {'create': _lt("Website VIP is opened and closed against the lists received.")}

    line_id = fields.Many2one(
        'cfia.change.list.line', string="Line of the List", required=True, readonly=True, ondelete='restrict')
    list_id = fields.Many2one('cfia.change.list', required=True, readonly=True, index=True, ondelete='restrict')
    partner_id = fields.Many2one(
        'res.partner', string="Unit Record", required=True, readonly=True, ondelete='restrict')
    member_number = fields.Char(readonly=True)
    unit_name = fields.Char(readonly=True)
    contact_name = fields.Char(related='line_id.contact_name')
    phone = fields.Char(related='line_id.phone')
    email = fields.Char(related='line_id.email')
    changed_labels = fields.Char(related='line_id.changed_labels')
    action = fields.Selection(
        selection=[('open', "Open VIP"), ('change', "Change VIP"), ('close', "Close VIP")],
        string="VIP", required=True, readonly=True)
    date = fields.Date(string="On the List Since", required=True, readonly=True, index=True)
    date_done = fields.Datetime(string="Done On", readonly=True, index='btree_not_null')
    done_by_id = fields.Many2one('res.users', string="Done By", readonly=True, ondelete='restrict')
    state = fields.Selection(
        selection=[('to_do', "To do"), ('done', "Dealt with")], compute='_compute_state', search='_search_state')

    _line_unique = models.UniqueIndex('(line_id)', "This line of the list is at work already.")
    _open_idx = models.Index('(date) WHERE date_done IS NULL')
    _partner_idx = models.Index('(partner_id, id) WHERE date_done IS NOT NULL')
    _unit_name_trigram_idx = trigram_index('unit_name')
    _member_number_trigram_idx = trigram_index('member_number')

    # === COMPUTE METHODS === #

    @api.depends('date_done')
    def _compute_state(self):
        for vip in self:
            vip.state = 'done' if vip.date_done else 'to_do'

    def _search_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        wanted = {'to_do', 'done'} & set(value)
        if len(wanted) == 2:
            return []
        return [('date_done', '=' if wanted == {'to_do'} else '!=', False)] if wanted else [(0, '=', 1)]

    # === ACTION METHODS === #

    def action_done(self):
        """Note that the network department did this on the website now. What is done already is skipped.

        :raise UserError: for users outside the network department
        """
        self.check_access('read')
        if not self.env.user.has_group('cfia_membership.group_cfia_network'):
            raise UserError(self.env._("The network department opens and closes website VIP."))
        # sudo: that it is done is all that the department writes
        todo = self.filtered(lambda vip: not vip.date_done).sudo()
        unlocked(todo).write({'date_done': fields.Datetime.now(), 'done_by_id': self.env.uid})
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _open_work(self, change_lists):
        """Make each line of received lists a piece of work, by one statement; repeats make nothing twice.

        :param change_lists: lists to the network department
        """
        if not change_lists:
            return
        self.env['cfia.change.list.line'].flush_model()
        self.env.cr.execute(SQL(
            """
            INSERT INTO cfia_website_vip (
                        line_id, list_id, partner_id, member_number, unit_name, action, date,
                        create_uid, write_uid, create_date, write_date)
                 SELECT line.id, line.list_id, line.partner_id, line.member_number, line.unit_name,
                        CASE line.change WHEN 'new' THEN 'open' WHEN 'stopped' THEN 'close' ELSE 'change' END,
                        %(today)s, %(uid)s, %(uid)s, now() at time zone 'UTC', now() at time zone 'UTC'
                   FROM cfia_change_list_line line
                  WHERE line.list_id = ANY(%(list_ids)s)
               ORDER BY line.list_id, line.member_number, line.id
            ON CONFLICT (line_id) DO NOTHING
            """,
            today=association_today(), uid=self.env.uid, list_ids=change_lists.ids,
        ))
        self.invalidate_model()


class CfiaWebsiteVipStatus(models.Model):
    """The VIP status that each member has on the website by what was done last."""

    _name = 'cfia.website.vip.status'
    _description = "Website VIP Status"
    _auto = False
    _depends = {'cfia.website.vip': ['partner_id', 'member_number', 'unit_name', 'action', 'date_done', 'done_by_id']}
    _order = 'member_number, id'
    _rec_name = 'unit_name'

    partner_id = fields.Many2one('res.partner', string="Unit Record", readonly=True)
    member_number = fields.Char(readonly=True)
    unit_name = fields.Char(readonly=True)
    status = fields.Selection(
        selection=[('open', "VIP"), ('closed', "VIP closed")], string="VIP Status", readonly=True)
    date_done = fields.Datetime(string="Since", readonly=True)
    done_by_id = fields.Many2one('res.users', string="Done By", readonly=True)
    open_count = fields.Integer(string="Work To Do", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT DISTINCT ON (vip.partner_id)
                   vip.id, vip.partner_id, vip.member_number, vip.unit_name, vip.date_done, vip.done_by_id,
                   CASE vip.action WHEN 'close' THEN 'closed' ELSE 'open' END AS status,
                   COALESCE(todo.count, 0) AS open_count
              FROM cfia_website_vip vip
         LEFT JOIN (SELECT partner_id, count(*) FROM cfia_website_vip WHERE date_done IS NULL GROUP BY partner_id) todo
                ON todo.partner_id = vip.partner_id
             WHERE vip.date_done IS NOT NULL
          ORDER BY vip.partner_id, vip.id DESC
            """)

    def action_view_course(self):
        """Open what was done for this member."""
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_website_vip_action'),
            'domain': [('partner_id', 'in', self.partner_id.ids)],
            'context': {},
        }

    @api.model
    def _read_page(self, offset, limit, since=None):
        """Return a page of numbers and status for the website.

        :param int offset: rows left out
        :param int limit: rows at most
        :param datetime since: naive UTC; only what changed then or later
        :return: (rows, number of all rows)
        :rtype: tuple
        """
        # sudo: whoever may ask holds the group of the interface, and gets number and status alone
        self_sudo = self.sudo()
        domain = [('date_done', '>=', since)] if since else []
        total = self_sudo.search_count(domain)
        rows = self_sudo.search_fetch(domain, ['member_number', 'status'], offset=offset, limit=limit)
        return rows, total

    @api.model
    def _get_version(self):
        """Return a text that changes with whatever is done for any member."""
        # sudo: nothing of a member is in it
        [(last_id, last_done, count)] = self.env['cfia.website.vip'].sudo()._read_group(
            [('date_done', '!=', False)], [], ['id:max', 'date_done:max', '__count'])
        return f'{last_id}-{last_done}-{count}'
