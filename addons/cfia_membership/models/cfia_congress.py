from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CfiaCongress(models.Model):
    """Term of the members' congress (第N届), to which grades and dues standards belong."""

    _name = 'cfia.congress'
    _description = "Congress Term"
    _order = 'number desc'

    name = fields.Char(required=True, translate=True)
    number = fields.Integer(string="Congress Number", required=True, copy=False, aggregator=None)
    date_start = fields.Date(required=True)
    date_end = fields.Date(required=True)
    note = fields.Html()

    _number_unique = models.UniqueIndex('(number)', "There is already a term with this number.")
    _dates_in_order = models.Constraint(
        'CHECK (date_start <= date_end)', "A term cannot end before it begins.")

    @api.constrains('date_start', 'date_end')
    def _check_overlap(self):
        """Refuse two terms that hold one and the same day."""
        for term in self:
            other = self.search([
                ('id', '!=', term.id),
                ('date_start', '<=', term.date_end),
                ('date_end', '>=', term.date_start),
            ], limit=1)
            if other:
                raise ValidationError(self.env._(
                    "%(term)s overlaps with %(other)s. Change the dates so that each day belongs to one term.",
                    term=term.name, other=other.name,
                ))

    @api.model
    def _get_current(self, day):
        """Return the term that holds ``day``, else the last one begun before it, else an empty recordset.

        :param date day: association's day
        """
        return self.search([('date_start', '<=', day)], order='date_start desc', limit=1)
