from odoo import api, models

# of a table of units what members read: how many paid, no money
NEWSLETTER_KEYS = ('label', 'units', 'units_paid', 'units_rate')


class CfiaDuesStatement(models.Model):
    """What a newsletter prints of the dues statistics, where the association publishes them."""

    _name = 'cfia.dues.statement'
    _inherit = ['cfia.dues.statement', 'cfia.newsletter.source.mixin']

    _newsletter_sections = ('dues',)

    @api.model
    def _get_newsletter_records(self, section, date):
        return self.search(
            [('state', 'in', ('submitted', 'acknowledged')), ('date', '<=', date), ('company_id', '=', self.env.company.id)],
            order='date, id')

    def _prepare_newsletter_block(self, section):
        """Return the rates by grade and region, without a yuan."""
        self.ensure_one()
        data = self.data
        columns = self._get_columns(NEWSLETTER_KEYS, (
            self.env._("Item"), self.env._("Units due"), self.env._("Paid up"), self.env._("Rate of units")))
        return {
            'title': self.name,
            'date': self.date,
            'lead': self.env._(
                "Of %(units)s units whose dues of %(year)s were due, %(paid)s had paid in full at the quarter's end.",
                units=data['total']['units'], year=self.year, paid=data['total']['units_paid']),
            'tables': [
                {'title': table['title'], 'columns': columns, 'rows': table['rows']}
                # by grade and by region; the others are for the leaders
                for table in data['tables'][:2] if table['rows']
            ],
        }
