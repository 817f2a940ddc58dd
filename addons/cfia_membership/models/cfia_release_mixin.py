from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)


class CfiaReleaseMixin(models.AbstractModel):
    """What is counted from the ledger, released by a person and frozen with that (发布).

    A model that inherits it defines ``_count`` and ``_check_release``; the fields that only counting
    writes are readonly.
    """

    _name = 'cfia.release.mixin'
    _description = "Release"
    _inherit = ['cfia.shown.mixin', 'mail.thread', 'mail.activity.mixin', 'cfia.paper.mixin']
    _frozen_when = {'released': '*'}
    _guard_texts = {
        'write': _lt("Figures are counted from the ledger, never entered."),
        'frozen': _lt("It was released. What is entered late shows in the next one."),
        'unlink': _lt("It was released and is kept."),
    }

    state = fields.Selection(
        selection='_selection_state',
        required=True, readonly=True, default='draft', copy=False, tracking=True, index=True)
    date_released = fields.Datetime(string="Released On", readonly=True, copy=False)
    released_by_id = fields.Many2one('res.users', string="Released By", readonly=True, copy=False)

    # as a method: modules with releases of their own need not translate the labels
    @api.model
    def _selection_state(self):
        return list({'draft': self.env._("Draft"), 'released': self.env._("Released")}.items())

    # === ACTION METHODS === #

    def action_count(self):
        """Count drafts afresh."""
        self.check_access('write')
        for release in self.filtered(lambda release: release.state == 'draft'):
            release._count()
        return True

    def action_release(self):
        """Count once more, freeze and publish: to the departments by notice, to the members in their portal.

        :raise UserError: for what cannot be released yet or was released before
        """
        self.check_access('write')
        for release in self.filtered(lambda release: release.state == 'draft').sorted(self._get_release_order()):
            release._check_release()
            release._count()
            release._check_shown()
            unlocked(release).write({
                'content_hash': release._get_content_hash(),
                'state': 'released',
                'date_released': fields.Datetime.now(),
                'released_by_id': self.env.uid,
            })
            release._notify_departments()
            release.activity_feedback([self._get_release_activity_type()])
        return True

    # === BUSINESS METHODS === #

    def _get_release_order(self):
        """Return the field in whose order several are released."""
        return 'date'

    def _get_release_activity_type(self):
        """Return the xmlid of the activity that asks a person to release."""
        raise NotImplementedError

    def _get_notice_text(self):
        """Return what the departments are told."""
        raise NotImplementedError

    def _check_release(self):
        """Refuse what cannot be released.

        :raise UserError: naming the release
        """

    def _count(self):
        """Count this release afresh from the ledger."""
        raise NotImplementedError

    def _notify_departments(self):
        """Tell the staff of the departments, each once."""
        self.ensure_one()
        # sudo: every department is told, whoever releases
        partners = self.env['cfia.department'].sudo().search([]).user_ids.filtered('active').partner_id
        if partners:
            self.message_notify(partner_ids=partners.ids, subject=self.display_name, body=self._get_notice_text())

    def _schedule_release(self, obligation):
        """Ask the owner of a duty to look at the draft and release it.

        :param obligation: xmlid of the `cfia.obligation`
        """
        assign(
            self, self._get_release_activity_type(), self.env.ref(obligation)._get_department_user(),
            summary=lambda user: self.with_context(lang=user._get_reader_lang()).display_name)
