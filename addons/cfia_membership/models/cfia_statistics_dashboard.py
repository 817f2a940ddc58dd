from odoo import api, fields, models

from odoo.addons.cfia_membership.models.cfia_workplace_year import ENTRIES, EXITS, MEMBERS
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

    @api.depends('date')
    def _compute_releases(self):
        Statistics = self.env['cfia.statistics']
        last = Statistics.search([('state', '=', 'released')], order='date desc', limit=1)
        late_count = len(last._get_late_events())
        draft_count = Statistics.search_count([('state', '=', 'draft')])
        for dashboard in self:
            dashboard.previous_id, dashboard.late_count, dashboard.draft_count = last, late_count, draft_count

    # === BUSINESS METHODS === #

    @api.model
    def get_board(self):
        """Return the board of today's members, for the client.

        :return: ``sections`` of figures and ``charts`` as in :meth:`cfia.workplace.get_workplace`, and ``links``
        :rtype: dict
        :raise AccessError: for users who do not read the statistics
        """
        self.browse().check_access('create')
        board = self.new({'date': association_today()})
        Workplace = self.env['cfia.workplace']
        return {
            'currency_id': self.env.company.currency_id.id,
            'links': [Workplace._prepare_action(
                'cfia_membership.cfia_statistics_line_action', self.env._("Show Figures by Quarter"), None)],
            'sections': [
                {'key': 'members', 'title': self.env._("Members Today"), 'figures': board._get_member_figures()},
                {'key': 'unclassified', 'title': self.env._("Unclassified"), 'figures': board._get_gap_figures()},
                {'key': 'releases', 'title': self.env._("Releases"), 'figures': board._get_release_figures()},
            ],
            'charts': board._get_charts(),
        }

    def _get_member_figures(self):
        """Return how many members there are, and how that changed."""
        Workplace = self.env['cfia.workplace']
        first = fields.Date.start_of(self.date, 'quarter')

        def prepare_moves(name, kinds):
            label = self._get_label(name)
            return Workplace._prepare_figure(
                name, label, f"{self[name]:,}", action=Workplace._prepare_moves_action(label, kinds, first, self.date))

        label = self._get_label('member_count')
        return [
            Workplace._prepare_figure(
                'member_count', label, f"{self.member_count:,}",
                action=Workplace._prepare_action('cfia_membership.res_partner_action_member', label, MEMBERS)),
            prepare_moves('entry_count', ENTRIES),
            prepare_moves('exit_count', EXITS),
            *(self._prepare_change(name) for name in ('net_count', 'previous_change', 'last_year_change')),
        ]

    def _prepare_change(self, name):
        """Return a figure of growth or decline."""
        value = self[name]
        return self.env['cfia.workplace']._prepare_figure(
            name, self._get_label(name), f"{value:+,}" if value else "0",
            tone='success' if value > 0 else 'danger' if value < 0 else '')

    def _get_gap_figures(self):
        """Return how many members lack what the statistics group by."""
        Workplace = self.env['cfia.workplace']
        gaps = {
            'unclassified_region_count': [('state_id.cfia_region_id', '=', False)],
            'unclassified_category_count': [('enterprise_category_id', '=', False)],
            'unclassified_ownership_count': [('ownership_id', '=', False)],
            'unclassified_size_count': [('enterprise_size', '=', False)],
        }
        return [
            Workplace._prepare_figure(
                name, self._get_label(name), f"{self[name]:,}", tone='warning' if self[name] else '',
                action=Workplace._prepare_action(
                    'cfia_membership.res_partner_action_member', self._get_label(name), [*MEMBERS, *domain]))
            for name, domain in gaps.items()
        ]

    def _get_release_figures(self):
        """Return what was released last, and what waits."""
        Workplace = self.env['cfia.workplace']
        action = 'cfia_membership.cfia_statistics_action'
        last, draft, late = (self._get_label(name) for name in ('previous_id', 'draft_count', 'late_count'))
        return [
            Workplace._prepare_figure(
                'previous_id', last, self._get_quarter(self.previous_id.date) if self.previous_id else "–",
                action=Workplace._prepare_action(action, last, [('id', '=', self.previous_id.id)])),
            Workplace._prepare_figure(
                'draft_count', draft, f"{self.draft_count:,}",
                action=Workplace._prepare_action(action, draft, [('state', '=', 'draft')])),
            Workplace._prepare_figure('late_count', late, f"{self.late_count:,}"),
        ]

    def _get_charts(self):
        """Return today's members beside those of the last quarter and of a year ago, by each classification."""
        lines = self.env['cfia.statistics'].new({'date': self.date})._prepare_lines()
        names = {
            'member_count': self.env._("Today"),
            'previous_count': self.env._("End of Last Quarter"),
            'last_year_count': self.env._("A Year Ago"),
        }
        tones = {'member_count': 'primary', 'previous_count': 'info', 'last_year_count': 'muted'}
        titles = {
            'region': self.env._("Members by Region"),
            'category': self.env._("Members by Enterprise Category"),
            'ownership': self.env._("Members by Ownership"),
            'size': self.env._("Members by Size"),
            'grade': self.env._("Members by Grade"),
        }
        charts = []
        for dimension, title in titles.items():
            rows = [line for line in lines if line['dimension'] == dimension]
            charts.append({
                'key': dimension,
                'title': title,
                'type': 'hbar',
                'is_grouped': True,
                'labels': [row['name'] for row in rows],
                'series': [
                    {'label': label, 'tone': tones[name], 'values': [row[name] for row in rows]}
                    for name, label in names.items()],
            })
        return charts

    def _get_quarter(self, day):
        return self.env._("%(year)s Q%(quarter)s", year=day.year, quarter=(day.month + 2) // 3)

    def _get_label(self, name):
        return self._fields[name]._description_string(self.env)
