from odoo import api, models

UNIT_KEYS = (
    'label', 'units', 'units_paid', 'units_partial', 'units_unpaid', 'units_rate', 'due', 'credited', 'paid', 'open',
    'rate')
AGE_KEYS = ('label', 'units', 'open')
ROUND_KEYS = ('label', 'units', 'units_paid', 'amount', 'paid', 'rate')
AGREEMENT_KEYS = ('label', 'amount')
LEDGER_KEYS = ('dues', 'credits', 'other', 'balance', 'unbooked')
# of what does not say so, the values are money
KINDS = {
    'label': 'text', 'units': 'count', 'units_paid': 'count', 'units_partial': 'count', 'units_unpaid': 'count',
    'units_rate': 'rate', 'rate': 'rate',
}
# of the many columns of a table of units, on paper
UNIT_WIDTHS = {
    'label': '16%', **dict.fromkeys(('units', 'units_paid', 'units_partial', 'units_unpaid'), '5.5%'),
    **dict.fromkeys(('units_rate', 'rate'), '8.5%'), **dict.fromkeys(('due', 'credited', 'paid', 'open'), '11.25%'),
}
AGE_WIDTHS = {'label': '40%', 'units': '30%', 'open': '30%'}


class CfiaDuesStatement(models.Model):
    """How the statistics are printed: one description of the tables for screen, PDF and xlsx."""

    _name = 'cfia.dues.statement'
    _inherit = ['cfia.dues.statement', 'cfia.paper.mixin']

    def _get_tables(self):
        """Return the tables of these statistics.

        :return: dictionaries with title, columns as (key, heading, kind of value) and rows
        :rtype: list[dict]
        """
        self.ensure_one()
        data = self.data
        if not data:
            return []
        self = self.with_context(lang=self._get_paper_lang())
        columns = self._get_columns(
            UNIT_KEYS,
            (
                self.env._("Item"), self.env._("Units due"), self.env._("Paid up"), self.env._("Partly"),
                self.env._("Unpaid units"), self.env._("Rate of units"), self.env._("Amount due"),
                self.env._("Taken off"), self.env._("Amount paid"), self.env._("Amount unpaid"),
                self.env._("Rate of amount"),
            ),
        )
        tables = [{
            'title': self.env._("Dues of %(year)s", year=self.year), 'columns': columns, 'rows': [data['total']],
            'widths': UNIT_WIDTHS,
        }]
        tables += [{
            'title': table['title'], 'columns': columns, 'rows': table['rows'], 'widths': UNIT_WIDTHS,
        } for table in data['tables'] if table['rows']]
        tables.append({
            'title': self.env._("Unpaid dues of all years by age"),
            'columns': self._get_columns(
                AGE_KEYS, (self.env._("Overdue for"), self.env._("Number of units"), self.env._("Amount unpaid"))),
            'rows': data['ages'],
            'widths': AGE_WIDTHS,
        })
        if data['rounds']:
            tables.append({
                'title': self.env._("Result of the reminders"),
                'columns': self._get_columns(ROUND_KEYS, (
                    self.env._("Round"), self.env._("Number of units"), self.env._("Paid up"), self.env._("Amount asked for"),
                    self.env._("Amount paid"), self.env._("Rate of amount"),
                )),
                'rows': data['rounds'],
            })
        ledger = data['ledger']
        keys = LEDGER_KEYS if ledger['unbooked'] else LEDGER_KEYS[:-1]
        labels = (
            self.env._("Unpaid dues in the receivable accounts"), self.env._("Less: paid ahead by members"),
            self.env._("Other receivables"), self.env._("Balance of the receivable accounts"),
            self.env._("Unpaid dues recognised at receipt, in no account"),
        )
        tables.append({
            'title': self.env._("Agreement with accounting"),
            'columns': self._get_columns(AGREEMENT_KEYS, (self.env._("Item"), self.env._("Amount"))),
            'rows': [{'label': label, 'amount': ledger[key]} for key, label in zip(keys, labels)],
        })
        return tables

    @api.model
    def _get_columns(self, keys, headings):
        """Return columns as (key, heading, kind of value)."""
        return [(key, heading, KINDS.get(key, 'money')) for key, heading in zip(keys, headings, strict=True)]

    def _get_paper_title(self):
        self.ensure_one()
        return self.name

    def _get_acknowledgement_texts(self):
        """Return who acknowledged, and when, as the paper prints it."""
        self.ensure_one()
        return [self._get_person_text(line.user_id, line.date) for line in self.acknowledgement_ids]
