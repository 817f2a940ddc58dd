from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)


class CfiaPrivacyNotice(models.Model):
    """A version of 《个人信息告知同意》, to which applicants agree online (PIPL 13, 14 and 17).

    Once released, its text is frozen: every consent names the version and the time.
    """

    _name = 'cfia.privacy.notice'
    _description = "Privacy Notice"
    _inherit = ['cfia.guard.mixin']
    _rec_name = 'version'
    _order = 'date_released desc, id desc'
    _frozen_when = {'released': '*'}
    _guard_texts = {
        'write': _lt("A version is released by its button."),
        'frozen': _lt("It stays as it was released. Make a new version."),
        'unlink': _lt("It was released: applicants agreed to it."),
    }

    version = fields.Char(required=True, copy=False)
    body = fields.Html(string="Text", required=True, translate=True, sanitize_attributes=True)
    state = fields.Selection(
        selection=[('draft', "Draft"), ('released', "Released")],
        required=True, readonly=True, default='draft', copy=False)
    date_released = fields.Date(string="Released On", readonly=True, copy=False)
    released_by_id = fields.Many2one('res.users', string="Released By", readonly=True, copy=False)
    is_current = fields.Boolean(compute='_compute_is_current')

    _version_unique = models.UniqueIndex(
        '(version)', "There is this version already. Give the new one another number.")

    # === COMPUTE METHODS === #

    @api.depends('version')
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = self.env._("Privacy notice %(version)s", version=notice.version or '')

    @api.depends('state', 'date_released')
    def _compute_is_current(self):
        current = self._get_current()
        for notice in self:
            notice.is_current = notice._origin == current and bool(current)

    # === ACTION METHODS === #

    def action_release(self):
        """Freeze the text; from now on applicants agree to this version."""
        self.check_access('write')
        unlocked(self.filtered(lambda notice: notice.state == 'draft')).write({
            'state': 'released',
            'date_released': association_today(),
            'released_by_id': self.env.uid,
        })
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _get_current(self):
        """Return the version to which applicants agree now, or an empty recordset."""
        return self.search([('state', '=', 'released')], order='date_released desc, id desc', limit=1)
