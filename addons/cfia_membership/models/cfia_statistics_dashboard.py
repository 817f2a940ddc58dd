from odoo import api, fields, models

from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaStatisticsDashboard(models.TransientModel):
    """Where the members stand today, counted from the ledger, before any release."""

    _name = 'cfia.statistics.dashboard'
    _description = "Member Statistics, Dashboard"

    date = fields.Date(string="As of", default=lambda self: association_today(), required=True, readonly=True)
    member_count = fields.Integer(string="Members", compute='_compute_figures')
    entry_count = fields.Integer(string="Entries This Quarter", compute='_compute_figures')
    exit_count = fields.Integer(string="Exits This Quarter", compute='_compute_figures')
    net_count = fields.Integer(string="Net Change", compute='_compute_figures')
    previous_change = fields.Integer(string="On Last Quarter", compute='_compute_figures')
    last_year_change = fields.Integer(string="On Last Year", compute='_compute_figures')
    unclassified_region_count = fields.Integer(string="Without Region", compute='_compute_figures')
    unclassified_category_count = fields.Integer(string="Without Enterprise Category", compute='_compute_figures')
    unclassified_ownership_count = fields.Integer(string="Without Ownership", compute='_compute_figures')
    unclassified_size_count = fields.Integer(string="Without Size", compute='_compute_figures')
    chart = fields.Html(compute='_compute_figures', sanitize=False)
    previous_id = fields.Many2one('cfia.statistics', string="Last Release", compute='_compute_releases')
    late_count = fields.Integer(
        string="Entered Late since Then", compute='_compute_releases',
        help="Events that change what was released; the next release shows them.")
    draft_count = fields.Integer(string="Quarters to Release", compute='_compute_releases')

    # === COMPUTE METHODS === #

    @api.depends_context('lang')
    def _compute_display_name(self):
        for dashboard in self:
            dashboard.display_name = self.env._("Members Today")

    @api.depends('date')
    @api.depends_context('lang')
    def _compute_figures(self):
        self.env['cfia.member.event'].flush_model()
        for dashboard in self:
            statistics = self.env['cfia.statistics'].new({'date': dashboard.date})
            lines = statistics._prepare_lines()
            [total] = [line for line in lines if line['dimension'] == 'total']
            for name in ('member_count', 'entry_count', 'exit_count'):
                dashboard[name] = total[name]
            dashboard.net_count = total['entry_count'] - total['exit_count']
            dashboard.previous_change = total['member_count'] - total['previous_count']
            dashboard.last_year_change = total['member_count'] - total['last_year_count']
            for name in ('region', 'category', 'ownership', 'size'):
                dashboard[f'unclassified_{name}_count'] = sum(
                    line['member_count'] for line in lines if line['dimension'] == name and not line['key'])
            dashboard.chart = statistics._draw_lines(lines)[0]

    @api.depends('date')
    def _compute_releases(self):
        Statistics = self.env['cfia.statistics']
        last = Statistics.search([('state', '=', 'released')], order='date desc', limit=1)
        late_count = len(last._get_late_events())
        draft_count = Statistics.search_count([('state', '=', 'draft')])
        for dashboard in self:
            dashboard.previous_id, dashboard.late_count, dashboard.draft_count = last, late_count, draft_count

    # === ACTION METHODS === #

    @api.model
    def action_open(self):
        """Open the dashboard."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Members Today"),
            'res_model': self._name,
            'res_id': self.create({}).id,
            'view_mode': 'form',
            'target': 'current',
        }

    def action_view_drafts(self):
        """Open the quarters that wait for their release."""
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_statistics_action'),
            'context': {'search_default_filter_draft': 1},
        }

    def action_view_figures(self):
        """Open the figures of all quarters."""
        return self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_statistics_line_action')
