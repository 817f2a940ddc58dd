from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.guard import is_unlocked, unlocked
from odoo.addons.cfia_membership.tools.task import assign

RELEASE_FIELDS = frozenset({'state', 'date_released', 'released_by_id'})


class CfiaReleaseMixin(models.AbstractModel):
    """What is counted from the ledger, released by a person and frozen with that (发布).

    A model that inherits it defines ``_count`` and ``_check_release``, the fields that only counting
    writes (``_counted_fields``) and those that stand with the release (``_content_fields``).
    """

    _name = 'cfia.release.mixin'
    _description = "Release"
    _inherit = ['mail.thread', 'mail.activity.mixin', 'cfia.paper.mixin']

    _counted_fields = frozenset()
    _content_fields = frozenset()

    state = fields.Selection(
        selection='_selection_state',
        required=True, readonly=True, default='draft', copy=False, tracking=True, index=True)
    date_released = fields.Datetime(string="Released On", readonly=True, copy=False)
    released_by_id = fields.Many2one('res.users', string="Released By", readonly=True, copy=False)

    # as a method: modules with releases of their own need not translate the labels
    @api.model
    def _selection_state(self):
        return list({'draft': self.env._("Draft"), 'released': self.env._("Released")}.items())

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        guarded = RELEASE_FIELDS | self._counted_fields
        if not is_unlocked(self) and any(vals.keys() & guarded for vals in vals_list):
            raise UserError(self.env._("Figures are counted from the ledger, never entered."))
        return super().create(vals_list)

    def write(self, vals):
        """Keep what was released as it was.

        :raise UserError: naming the release
        """
        if not is_unlocked(self):
            if vals.keys() & (RELEASE_FIELDS | self._counted_fields):
                raise UserError(self.env._("Figures are counted from the ledger, never entered."))
            frozen = self.filtered(lambda release: release.state != 'draft')[:1]
            if frozen and vals.keys() & self._content_fields:
                raise UserError(self.env._(
                    "“%(release)s” was released and stays as it was. What is entered late shows in the next one.",
                    release=frozen.display_name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_released(self):
        frozen = self.filtered(lambda release: release.state != 'draft')[:1]
        if frozen:
            raise UserError(self.env._("“%(release)s” was released and is kept.", release=frozen.display_name))

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
            unlocked(release).write({
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
