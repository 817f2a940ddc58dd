from odoo import api, fields, models

from odoo.addons.cfia_membership.tools.articles import article_text


class CfiaChecklistItem(models.Model):
    """What the organisation department checks before an application is signed (article 2 and 5.2)."""

    _name = 'cfia.checklist.item'
    _description = "Admission Checklist Item"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        selection=[('test', "Membership test"), ('paper', "Paper")],
        required=True,
        default='paper',
    )
    is_required = fields.Boolean(
        string="Must Be Met", default=True, help="Has to be met. Other items may stay open with a note.")
    article = fields.Char(
        string="Number of the Article", help="Article of the regulation that asks for this item, e.g. 5.2.")
    article_text = fields.Char(string="Article", compute='_compute_article_text')

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")

    # === COMPUTE METHODS === #

    @api.depends('article')
    @api.depends_context('lang')
    def _compute_article_text(self):
        for item in self:
            item.article_text = article_text(self.env, item.article)
