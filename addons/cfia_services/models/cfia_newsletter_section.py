from odoo import fields, models


class CfiaNewsletterSection(models.Model):
    """A section of the newsletter: filled by the system, or written by hand."""

    _name = 'cfia.newsletter.section'
    _description = "Section of the Newsletter"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True, copy=False)
    sequence = fields.Integer(default=10)
    is_shown = fields.Boolean(string="In New Issues", default=True)
    prompt = fields.Char(
        string="To Be Written", translate=True,
        help="Sections written by hand begin with this request. A section that still shows it when the issue is sent "
             "is left out. Empty: the system fills the section.")

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")
