from odoo import models

COLUMN_KINDS = (
    ('name', 'text'), ('member_count', 'count'), ('share', 'rate'), ('entry_count', 'count'), ('exit_count', 'count'),
    ('net_count', 'change'), ('previous_count', 'count'), ('previous_change', 'change'), ('last_year_count', 'count'),
    ('last_year_change', 'change'))


class CfiaStatistics(models.Model):
    """How the statistics are printed and handed on."""

    _inherit = 'cfia.statistics'

    def _get_tables(self):
        self.ensure_one()
        self = self.with_context(lang=self._get_paper_lang())  # noqa: PLW0642 the paper's language
        Line = self.env['cfia.statistics.line']
        headings = (
            self.env._("Item"), self.env._("Members"), self.env._("Share"), self.env._("Entries"), self.env._("Exits"),
            self.env._("Net change"), self.env._("Last quarter"), self.env._("Change"), self.env._("Last year"),
            self.env._("Change"),
        )
        columns = [(key, heading, kind) for (key, kind), heading in zip(COLUMN_KINDS, headings, strict=True)]
        titles = dict(Line._fields['dimension']._description_selection(self.env))
        tables = []
        for dimension, lines in self.line_ids.sorted('sequence').grouped('dimension').items():
            tables.append({
                'title': titles[dimension] if dimension == 'total' else self.env._(
                    "By %(dimension)s", dimension=titles[dimension].lower()),
                'columns': columns,
                'rows': [
                    {
                        **{key: line[key] for key, _kind in COLUMN_KINDS},
                        'name': f"{line.parent_name} · {line.name}"
                        if line.parent_name and line.parent_name != line.name else line.name,
                    } for line in lines
                ],
            })
        if self.previous_id:
            tables.append(self._get_agreement_table())
        return tables

    def _get_agreement_table(self):
        """Return how the members now follow from those that were released last."""
        kinds = dict(self.env['cfia.member.event']._fields['kind']._description_selection(self.env))
        headings = {
            'name': self.env._("Unit"), 'kind': self.env._("Event"), 'date_effective': self.env._("Effective on"),
            'date_recorded': self.env._("Recorded on"),
        }
        return {
            'title': self.env._("Since the last release: entered late"),
            'columns': [(key, heading, 'text') for key, heading in headings.items()],
            'rows': [
                {
                    'name': event.unit_name, 'kind': kinds[event.kind], 'date_effective': event.date_effective.isoformat(),
                    'date_recorded': event.date_recorded.date().isoformat(),
                }
                # sudo: a paper shows the same to everybody who may read it
                for event in self.sudo().late_event_ids
            ] or [{'name': self.env._("None"), 'kind': '', 'date_effective': '', 'date_recorded': ''}],
        }

    def _get_newsletter_data(self, dimensions=('total', 'region', 'category', 'ownership')):
        """Return what a newsletter prints: figures by group, never a unit.

        :param dimensions: codes of the tables wanted
        :return: title, members, and rows by dimension
        :rtype: dict
        """
        self.ensure_one()
        return {
            'title': self.name,
            'notice': self._get_notice_text(),
            'date': self.date,
            'member_count': self.member_count,
            'entry_count': self.entry_count,
            'exit_count': self.exit_count,
            'titles': dict(self.line_ids._fields['dimension']._description_selection(self.env)),
            'tables': {
                dimension: [
                    {'name': line.name, 'member_count': line.member_count, 'share': line.share}
                    for line in self.line_ids.sorted('sequence') if line.dimension == dimension
                ] for dimension in dimensions
            },
        }
