from odoo import fields, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class CfiaNewsletterBlock(models.Model):
    """What the system put into an issue, with its source: the evidence of what was printed (articles 5.4 and 5.5).

    A source is printed once: it stands in one issue only, unless it was taken out of the text before sending.
    """

    _name = 'cfia.newsletter.block'
    _description = "Block of a Newsletter"
    _inherit = ['cfia.guard.mixin']
    _order = 'newsletter_id desc, sequence, id'
    _made_by_steps = True
    _append_only = True
    _guard_texts = dict.fromkeys(
        ('create', 'frozen', 'unlink'),
        _lt("Blocks are filled from the ledger and from released figures, never entered."))

    newsletter_id = fields.Many2one(
        'cfia.newsletter', string="Issue", required=True, readonly=True, index=True, ondelete='cascade')
    section_id = fields.Many2one('cfia.newsletter.section', string="Section", required=True, readonly=True, ondelete='restrict')
    code = fields.Char(related='section_id.code', store=True, precompute=True)
    sequence = fields.Integer(readonly=True)
    name = fields.Char(required=True, readonly=True)
    date = fields.Date(
        string="Period Covered", readonly=True, help="Day of the period that the block is about.")
    res_model = fields.Char(string="Source Model", readonly=True)
    res_id = fields.Many2oneReference(string="Source", model_field='res_model', readonly=True, aggregator=None)
    body = fields.Html(string="Text", readonly=True, sanitize=False)
    is_printed = fields.Boolean(string="Printed", readonly=True, help="It stood in the text when the issue was sent.")
    date_printed = fields.Datetime(string="In the Issue Since", readonly=True)
    newsletter_state = fields.Selection(related='newsletter_id.state', string="State of the Issue")

    # a source stands in one issue, whoever makes two at once; what was left out may come again
    _source_unique = models.UniqueIndex(
        '(section_id, res_model, res_id) WHERE res_id IS NOT NULL AND (date_printed IS NULL OR is_printed)',
        "This stands in an issue already.")

    # === ACTION METHODS === #

    def action_view_source(self):
        """Open what the block was made from."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window', 'res_model': self.res_model, 'res_id': self.res_id, 'view_mode': 'form'}

    # === BUSINESS METHODS === #

    def _get_marker(self):
        """Return the class by which the block is known in the text."""
        self.ensure_one()
        return f'cfia_block_{self.id}'
