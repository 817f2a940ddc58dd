from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_list
from odoo.tools.sql import create_index


class CfiaMagazineEdition(models.Model):
    """Edition of the association's magazine, picked by a member's primary category (article 3.4)."""

    _name = 'cfia.magazine.edition'
    _description = "Magazine Edition"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    category_ids = fields.Many2many(
        'cfia.enterprise.category', 'cfia_magazine_edition_enterprise_category_rel',
        'edition_id', 'category_id', string="Enterprise Categories", copy=False,
        help="Members whose primary category is one of these, or lies below one of these, get this edition.")

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")

    def init(self):
        """Give a category one edition at most: one copy an issue."""
        create_index(
            self.env.cr, 'cfia_magazine_edition_category_unique',
            self._fields['category_ids'].relation, ['category_id'], unique=True)

    @api.constrains('category_ids')
    def _check_category_ids(self):
        """Name the category and the other edition before the database refuses."""
        for edition in self:
            other = self.with_context(active_test=False).search([
                ('id', '!=', edition.id), ('category_ids', 'in', edition.category_ids.ids)], limit=1)
            if other:
                raise ValidationError(self.env._(
                    "%(categories)s already belongs to the edition “%(edition)s”. Remove it there first.",
                    categories=format_list(self.env, (edition.category_ids & other.category_ids).mapped('name')),
                    edition=other.name,
                ))

    @api.model
    def _get_by_category(self, categories):
        """Return the edition of each category: its own, else that of the nearest category above.

        :param categories: recordset of `cfia.enterprise.category`
        :return: {category: edition, or an empty recordset}
        :rtype: dict
        """
        edition_by_category_id = {
            category.id: edition
            for edition in self.search([])
            for category in edition.category_ids
        }
        return {
            category: next(
                (
                    edition_by_category_id[category_id]
                    for category_id in map(int, reversed(category.parent_path.split('/')[:-1]))
                    if category_id in edition_by_category_id
                ),
                self.browse(),
            )
            for category in categories
        }
