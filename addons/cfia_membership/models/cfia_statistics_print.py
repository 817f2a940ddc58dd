from markupsafe import Markup

from odoo import models
from odoo.tools.image import image_process

from odoo.addons.cfia_membership.tools.chart import draw_bars
from odoo.addons.cfia_membership.tools.dates import to_association_tz

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
        # sudo: a paper shows the same to everybody who may read it
        events = self.sudo().late_event_ids
        repaired = dict(self.env['cfia.repair'].sudo()._read_group(
            [('kind', '=', 'event'), ('res_id', 'in', events.ids), ('date_before', '!=', False)],
            ['res_id'], ['date:max']))
        headings = {
            'name': self.env._("Unit"), 'kind': self.env._("Event"), 'date_effective': self.env._("Effective on"),
            'date_recorded': self.env._("Recorded on"),
        }
        return {
            'title': self.env._("Since the last release: entered late"),
            'columns': [(key, heading, 'text') for key, heading in headings.items()],
            'rows': [
                {
                    'name': event.unit_name,
                    'kind': self.env._("%(event)s (day repaired)", event=kinds[event.kind])
                    if event.id in repaired else kinds[event.kind],
                    'date_effective': event.date_effective.isoformat(),
                    'date_recorded': to_association_tz(repaired.get(event.id, event.date_recorded)).date().isoformat(),
                }
                for event in events
            ] or [{'name': self.env._("None"), 'kind': '', 'date_effective': '', 'date_recorded': ''}],
        }

    def _get_newsletter_data(self, dimensions=('total', 'region', 'category', 'ownership')):
        """Return what a newsletter prints: figures by group, never a unit.

        :param dimensions: codes of the tables wanted
        :return: title, members, rows by dimension and a chart as SVG; as PNG it comes from :meth:`_get_chart_image`
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
            'chart': self._get_chart()[0],
        }

    def _get_chart(self, dimensions=('region', 'category')):
        """Draw the members of today, of last quarter and of last year by group, legible without colour.

        :param dimensions: codes of the tables that are drawn
        :return: an SVG element, its width and its height in pixels
        :rtype: tuple[Markup, int, int]
        """
        self.ensure_one()
        return self.with_context(lang=self._get_paper_lang())._draw_lines(self.line_ids.sorted('sequence'), dimensions)

    def _draw_lines(self, lines, dimensions=('region', 'category')):
        """Draw rows of the statistics, see :meth:`_get_chart`.

        :param lines: `cfia.statistics.line`, or their values
        """
        titles = dict(self.env['cfia.statistics.line']._fields['dimension']._description_selection(self.env))
        return draw_bars(
            self.name,
            [self.env._("On the day"), self.env._("Last quarter"), self.env._("Last year")],
            [
                (
                    self.env._("By %(dimension)s", dimension=titles[dimension].lower()),
                    [
                        (line['name'], [line['member_count'], line['previous_count'], line['last_year_count']])
                        for line in lines if line['dimension'] == dimension
                    ],
                ) for dimension in dimensions
            ])

    def _get_chart_image(self, dimensions=('region', 'category')):
        """Draw the chart as PNG, for mails, which show no SVG.

        :return: the image, None when it could not be drawn
        :rtype: bytes | None
        :raise UserError: when the server has no ``wkhtmltoimage``
        """
        chart, width, height = self._get_chart(dimensions)
        page = Markup('<!DOCTYPE html><html><head><meta charset="utf-8"/></head><body style="margin: 0;">%s</body></html>')
        [image] = self.env['ir.actions.report']._run_wkhtmltoimage([page % chart], width, height, 'png')
        # a few flat colours: a hundredth of its size
        return image and image_process(image, quality=80, output_format='PNG')
