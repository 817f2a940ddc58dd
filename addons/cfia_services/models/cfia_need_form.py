from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)


class CfiaNeedForm(models.Model):
    """A version of the fixed form on which members state their needs (《服务需求征集表》, article 3.7).

    A released version stays as it is; the next one replaces it in rounds made from then on.
    """

    _name = 'cfia.need.form'
    _description = "Form for Needs"
    _inherit = ['cfia.guard.mixin']
    _order = 'date_released desc, id desc'
    _rec_name = 'version'
    _frozen_when = {'released': '*'}
    _guard_texts = {
        'write': _lt("A version is released by its button."),
        'frozen': _lt("It stays as it was released. Copy it to make the next one."),
        'unlink': _lt("It was released and is kept."),
    }

    version = fields.Char(required=True, copy=False)
    state = fields.Selection(
        selection=[('draft', "Draft"), ('released', "Released")],
        required=True, readonly=True, default='draft', copy=False)
    date_released = fields.Date(string="Released On", readonly=True, copy=False)
    released_by_id = fields.Many2one('res.users', string="Released By", readonly=True, copy=False)
    intro = fields.Text(
        string="Introduction", translate=True, required=True,
        default=lambda self: self.env._(
            "To serve you better, we ask each member for its needs. Every one of them is answered."))
    kind_ids = fields.Many2many(
        'cfia.need.kind', string="Kinds", required=True,
        default=lambda self: self.env['cfia.need.kind'].search([]))
    need_count = fields.Integer(string="Needs on the Form", default=3, required=True)
    asks_satisfaction = fields.Boolean(string="Asks about Satisfaction", default=True)
    is_current = fields.Boolean(compute='_compute_is_current')

    _version_unique = models.UniqueIndex('(version)', "There is this version already.")
    _count_range = models.Constraint('CHECK (need_count BETWEEN 1 AND 10)', "A form has room for one to ten needs.")

    @api.depends('state', 'date_released')
    def _compute_is_current(self):
        current = self._get_current()
        for form in self:
            form.is_current = form._origin == current

    def action_release(self):
        """Make this the form of the rounds to come."""
        self.check_access('write')
        unlocked(self.filtered(lambda form: form.state == 'draft')).write({
            'state': 'released', 'date_released': association_today(), 'released_by_id': self.env.uid})
        return True

    @api.model
    def _get_current(self):
        """Return the version in force, or nothing."""
        return self.search([('state', '=', 'released')], limit=1)
