from collections import defaultdict
from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.fields import Date

from odoo.addons.cfia_membership.models.res_partner import EXIT_STATES

ENTRIES = ('joined', 'rejoined')
EXITS = EXIT_STATES
QUARTERS = 8
YEARS = 10
# How many rows a chart of groups has; what is left is one more.
GROUP_LIMIT = 8
DUTY_TONES = {
    'met': 'success', 'late': 'info', 'due': 'primary', 'overdue': 'danger', 'none': 'muted', 'unbound': 'muted',
    'overridden': 'muted',
}
MEMBERS = [('member_state', '=', 'member'), ('is_company', '=', True)]


class CfiaWorkplace(models.AbstractModel):
    """The year at a glance: members, their growth and classification, the duties kept."""

    _inherit = 'cfia.workplace'

    @api.model
    def _get_workplace_year(self, today):
        year = super()._get_workplace_year(today)
        members = self.env['res.partner'].search_count(MEMBERS)
        duties = self._count_duties(today)
        year['figures'] += self._get_member_figures(today, members)
        if self._may_see('cfia.member.event'):
            moves = self._count_moves(today)
            year['figures'] += self._get_growth_figures(today, moves)
            year['charts'] += self._get_growth_charts(today, moves, members)
        year['charts'] += self._get_group_charts()
        if duties:
            year['figures'] += self._get_duty_figures(duties)
            year['charts'] += self._get_duty_charts(today, duties)
        return year

    # === MEMBERS === #

    @api.model
    def _get_member_figures(self, today, members):
        title = self.env._("Members at Present")
        return [self._prepare_figure(
            'members', title, f"{members:,}",
            action=self._prepare_action('cfia_membership.res_partner_action_member', title, MEMBERS))]

    @api.model
    def _get_growth_figures(self, today, moves):
        entries, exits = (
            sum(counts[kind] for start, counts in moves.items() if start.year == today.year)
            for kind in ('entries', 'exits'))
        return [self._prepare_figure(
            'net', self.env._("Net Growth This Year"), f"{entries - exits:+,}" if entries != exits else "0",
            hint=self.env._("%(entries)s joined, %(exits)s left", entries=entries, exits=exits),
            tone='success' if entries > exits else 'danger' if entries < exits else '',
            action=self._prepare_moves_action(
                self.env._("Joined and Left This Year"), ENTRIES + EXITS, date(today.year, 1, 1), today))]

    @api.model
    def _count_moves(self, today):
        """Return how many joined and left in each quarter of the last years, from the ledger.

        :return: first day of the quarter → ``entries`` and ``exits``
        :rtype: dict
        """
        moves = defaultdict(lambda: {'entries': 0, 'exits': 0})
        for start, kind, count in self.env['cfia.member.event']._read_group(
                self._get_moves_domain(ENTRIES + EXITS, date(today.year - YEARS + 1, 1, 1), today),
                ['date_effective:quarter', 'kind'], ['__count']):
            moves[start]['entries' if kind in ENTRIES else 'exits'] += count
        return moves

    @api.model
    def _get_moves_domain(self, kinds, first, last):
        return [
            ('kind', 'in', list(kinds)), ('date_effective', '>=', Date.to_string(first)),
            ('date_effective', '<=', Date.to_string(last))]

    @api.model
    def _prepare_moves_action(self, title, kinds, first, last):
        return self._prepare_action(
            'cfia_membership.cfia_member_event_action', title, self._get_moves_domain(kinds, first, last))

    @api.model
    def _get_growth_charts(self, today, moves, members):
        """Return who joined and left by quarter and by year, and how many members there were at the end.

        Members of past days follow from those of today and from who came and went since.
        """
        this_quarter = Date.start_of(today, 'quarter')
        starts = [this_quarter - relativedelta(months=3 * back) for back in reversed(range(QUARTERS))]
        quarters = [
            (self.env._("Q%(quarter)s\n%(year)s", year=start.year, quarter=start.month // 3 + 1), [start], start,
             min(Date.end_of(start, 'quarter'), today))
            for start in starts
        ]
        first = min(moves, default=today).year
        years = [
            (str(year), [date(year, month, 1) for month in (1, 4, 7, 10)], date(year, 1, 1),
             min(date(year, 12, 31), today))
            for year in range(first, today.year + 1)
        ]
        return [
            self._prepare_growth_chart('growth_quarter', self.env._("Members by Quarter"), quarters, moves, members),
            self._prepare_growth_chart('growth_year', self.env._("Growth over the Years"), years, moves, members),
        ]

    @api.model
    def _prepare_growth_chart(self, key, title, periods, moves, members):
        """Return a chart of periods: (label in lines, first days of its quarters, first day, last day)."""
        entries, exits = (
            [sum(moves[start][kind] for start in starts if start in moves) for _label, starts, _first, _last in periods]
            for kind in ('entries', 'exits'))
        standing = [members]
        for entry_count, exit_count in zip(reversed(entries[1:]), reversed(exits[1:])):
            standing.append(standing[-1] - entry_count + exit_count)
        joined, left = self.env._("Entries"), self.env._("Exits")
        return {
            'key': key,
            'title': title,
            'type': 'growth',
            'labels': [period[0] for period in periods],
            'series': [
                {
                    'label': label, 'tone': tone, 'values': values,
                    'actions': [
                        self._prepare_moves_action(f"{label} · {period.replace(chr(10), ' ')}", kinds, first, last)
                        for period, _starts, first, last in periods],
                }
                for label, tone, values, kinds in (
                    (joined, 'success', entries, ENTRIES), (left, 'danger', exits, EXITS))
            ] + [{
                'label': self.env._("Members at the End"), 'tone': 'primary', 'values': standing[::-1],
                'actions': [None for _period in periods],
            }],
        }

    @api.model
    def _get_group_charts(self):
        """Return the members by region and by enterprise category, counted in one query."""
        by_region, by_root = defaultdict(int), defaultdict(int)
        for state, category, count in self.env['res.partner']._read_group(
                MEMBERS, ['state_id', 'enterprise_category_id'], ['__count']):
            by_region[state.cfia_region_id] += count
            by_root[int(category.parent_path.split('/')[0]) if category else 0] += count
        Category = self.env['cfia.enterprise.category']
        by_category = {root: by_root[root.id] for root in Category.browse(filter(None, by_root))}
        if by_root[0]:
            by_category[Category] = by_root[0]
        return [
            self._prepare_group_chart(
                'region', self.env._("Members by Region"), by_region,
                lambda region: [('region_id', '=', region.id)]),
            self._prepare_group_chart(
                'category', self.env._("Members by Enterprise Category"), by_category,
                lambda category: [('enterprise_category_id', 'child_of' if category else '=', category.id)]),
        ]

    @api.model
    def _prepare_group_chart(self, key, title, counts, get_domain):
        """Return a chart of groups, the largest first, those without last."""
        groups = sorted(counts, key=lambda group: (not group, -counts[group], group.id))
        shown = groups if len(groups) <= GROUP_LIMIT else groups[:GROUP_LIMIT - 1]
        rest = sum(counts[group] for group in groups[len(shown):])
        labels = [group.display_name if group else self.env._("Unclassified") for group in shown]
        actions = [
            self._prepare_action(
                'cfia_membership.res_partner_action_member', label, MEMBERS + get_domain(group))
            for label, group in zip(labels, shown)]
        return {
            'key': key,
            'title': title,
            'type': 'hbar',
            'labels': labels + ([self.env._("Others")] if rest else []),
            'series': [{
                'label': self.env._("Members"), 'tone': 'primary',
                'values': [counts[group] for group in shown] + ([rest] if rest else []),
                'actions': actions + ([None] if rest else []),
            }],
        }

    # === DUTIES === #

    @api.model
    def _count_duties(self, today):
        """Return the periods of this year's duties by state: state → (number, domain)."""
        if not self._may_see('cfia.obligation.term'):
            return {}
        domain = [('year', '=', today.year), ('state', '!=', 'ahead'), ('obligation_id.active', '=', True)]
        if not self._oversees_duties():
            domain.append(('department_id.user_ids', 'in', self.env.user.ids))
        counts = dict(self.env['cfia.obligation.term']._read_group(domain, ['state'], ['__count']))
        return {state: (counts[state], [*domain, ('state', '=', state)]) for state in DUTY_TONES if state in counts}

    @api.model
    def _get_duty_figures(self, duties):
        """Return the share of this year's duties that are met, among those that had to be by now."""
        met = sum(duties.get(state, (0,))[0] for state in ('met', 'late'))
        overdue = duties.get('overdue', (0,))[0]
        title = self.env._("Duties Met This Year")
        domain = [*next(iter(duties.values()))[1][:-1], ('state', 'in', ['met', 'late', 'overdue'])]
        return [self._prepare_figure(
            'duties', title, f"{met / (met + overdue):.0%}" if met + overdue else "–",
            hint=self.env._("%(met)s met, %(overdue)s overdue", met=met, overdue=overdue),
            tone='danger' if overdue else 'success' if met else '',
            action=self._prepare_action('cfia_membership.cfia_obligation_term_action', title, domain))]

    @api.model
    def _get_duty_charts(self, today, duties):
        states = dict(self.env['cfia.obligation.term']._fields['state']._description_selection(self.env))
        return [{
            'key': 'duties',
            'title': self.env._("Duties of %(year)s", year=today.year),
            'type': 'doughnut',
            'labels': [states[state] for state in duties],
            'series': [{
                'label': self.env._("Periods"),
                'tones': [DUTY_TONES[state] for state in duties],
                'values': [count for count, _domain in duties.values()],
                'actions': [
                    self._prepare_action('cfia_membership.cfia_obligation_term_action', states[state], domain)
                    for state, (_count, domain) in duties.items()],
            }],
        }]
