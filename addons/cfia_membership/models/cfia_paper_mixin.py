from odoo import api, fields, models

from odoo.addons.cfia_membership.tools.official import chinese_date


class CfiaPaperMixin(models.AbstractModel):
    """A paper made of tables: one description for screen, PDF and xlsx.

    A model that inherits it returns its tables from :meth:`_get_tables`. The template
    ``cfia_membership.paper_tables`` and the report ``report.cfia_membership.paper_xlsx`` print them.
    """

    _name = 'cfia.paper.mixin'
    _description = "Paper of Tables"

    def _get_paper_company(self):
        """Return the association whose paper it is."""
        self.ensure_one()
        return self.company_id if 'company_id' in self._fields else self.env.company

    def _get_paper_lang(self):
        """Return the language of the paper, the association's."""
        # sudo: the language of the association is no secret
        return self._get_paper_company()._get_association_lang()

    def _get_paper_title(self):
        """Return the title of the paper."""
        self.ensure_one()
        return self.display_name

    def _get_date_text(self):
        """Return the line below the title: as of which day."""
        self.ensure_one()
        return self._format_as_of(self.date)

    def _format_as_of(self, day):
        """Return a day as the line below a title prints it."""
        lang = self._get_paper_lang() or ''
        text = chinese_date(day) if lang.startswith('zh') else day.isoformat()
        return self.with_context(lang=lang).env._("As of %(day)s", day=text)

    def _get_tables(self):
        """Return the tables of this paper.

        :return: dictionaries with title, columns as (key, heading, kind of value: text, count, change,
            money, rate) and rows as dictionaries by key; where wanted the widths by key as CSS, and is_list
            for rows that may go on over pages
        :rtype: list[dict]
        """
        raise NotImplementedError

    @api.model
    def _format_value(self, value, kind):
        """Return a value of a table as text."""
        if kind == 'money':
            return f'{value:,.2f}'
        if kind == 'rate':
            return f'{value:.1%}'
        if kind == 'change':
            return f'{value:+d}' if value else '0'
        return str(value) if value or kind == 'count' else ''

    def _get_person_text(self, user, moment):
        """Return who did something, and when, as the paper prints it."""
        day = fields.Datetime.context_timestamp(self.with_context(tz='Asia/Shanghai'), moment)
        # sudo: the name of who signed stands on the paper
        return f"{user.sudo().name} {day:%Y-%m-%d}"
