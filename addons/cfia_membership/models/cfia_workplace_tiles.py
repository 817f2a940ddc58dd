from odoo import api, models
from odoo.fields import Date

from odoo.addons.cfia_membership.models.cfia_document_delivery import UNDELIVERED

ORGANISATION = 'cfia_membership.group_cfia_organisation'
STAFF = 'cfia_membership.group_cfia_staff'


class CfiaWorkplace(models.AbstractModel):
    """What waits in member work itself: applications, changes, duties, papers."""

    _inherit = 'cfia.workplace'

    @api.model
    def _get_workplace_tiles(self, today):
        return [
            *super()._get_workplace_tiles(today),
            *self._get_application_tiles(),
            *self._get_record_tiles(),
            *self._get_duty_tiles(today),
            *self._get_release_tiles(),
        ]

    @api.model
    def _get_application_tiles(self):
        """Return the tiles of admission, each for whoever takes the next step."""
        model, action = 'cfia.membership.application', 'cfia_membership.cfia_membership_application_action'
        user = self.env.user
        tiles = [
            self._prepare_tile(
                'application_verify', sequence=20, icon='fa-check-square-o',
                model=model, action=action,
                domain=[('state', '=', 'submitted')],
                title=self.env._("Applications to Verify"),
                groups=ORGANISATION,
                rows={
                    'title': 'name', 'details': ['grade_id', 'enterprise_category_id', 'received_by_id'],
                    'date': 'date_submitted', 'order': 'date_submitted, id', 'label': self.env._("Verify"),
                },
            ),
            self._prepare_tile(
                'application_ratify', sequence=30, icon='fa-gavel',
                model=model, action=action,
                domain=[('state', '=', 'signed')],
                title=self.env._("Applications to Ratify"),
                groups=ORGANISATION,
            ),
            self._prepare_tile(
                'application_returned', sequence=40, icon='fa-reply',
                model=model, action=action,
                domain=[('state', '=', 'returned'), ('received_by_id', '=', user.id)],
                title=self.env._("Applications Returned to Me"),
                groups=STAFF,
            ),
            self._prepare_tile(
                'application_draft', sequence=45, icon='fa-pencil',
                model=model, action=action,
                domain=[('state', '=', 'draft'), ('received_by_id', '=', user.id)],
                title=self.env._("Applications to Forward"),
                groups=STAFF,
            ),
            self._prepare_tile(
                'enquiry', sequence=50, icon='fa-phone',
                model='cfia.enquiry', action='cfia_membership.cfia_enquiry_action',
                domain=[('user_id', '=', user.id), ('date_handed_over', '=', False)],
                title=self.env._("My Enquiries without Papers"),
                groups=STAFF,
            ),
        ]
        if not self.env[model]._get_signing_blocker():
            tiles.append(self._prepare_tile(
                'application_sign', sequence=10, icon='fa-pencil-square-o',
                model=model, action=action,
                domain=[('state', '=', 'verified'), ('verified_by_id', '!=', user.id)],
                title=self.env._("Applications to Sign"),
                rows={
                    'title': 'name', 'details': ['grade_id', 'enterprise_category_id', 'verified_by_id'],
                    'date': 'date_verified', 'order': 'date_verified, id', 'label': self.env._("Read and Sign"),
                    'method': 'action_sign',
                },
            ))
        return tiles

    @api.model
    def _get_record_tiles(self):
        """Return the tiles of the members' data, files and post."""
        return [
            self._prepare_tile(
                'change_request', sequence=60, icon='fa-exchange',
                model='cfia.change.request', action='cfia_membership.cfia_change_request_action',
                domain=[('state', '=', 'submitted')],
                title=self.env._("Changes to Verify"),
                groups=ORGANISATION,
                rows={
                    'title': 'partner_id', 'details': ['source', 'received_by_id'], 'date': 'date_reported',
                    'order': 'date_reported, id', 'label': self.env._("Verify"),
                },
            ),
            self._prepare_tile(
                'dispatch', sequence=70, icon='fa-paper-plane-o',
                model='cfia.dispatch', action='cfia_membership.cfia_dispatch_action',
                domain=[('state', '=', 'to_send')],
                title=self.env._("Letters to Post"),
                groups=ORGANISATION,
            ),
            self._prepare_tile(
                'letter_undelivered', sequence=65, icon='fa-exclamation-circle',
                model='cfia.document', action='cfia_membership.cfia_document_action_undelivered',
                domain=[('delivery_state', 'in', UNDELIVERED)],
                title=self.env._("Letters Not Delivered"),
                groups=ORGANISATION,
                late_domain=[],
                rows={
                    'title': 'partner_id', 'details': ['kind', 'delivery_state', 'delivery_error'], 'date': 'date',
                    'order': 'date, id', 'label': self.env._("See To It"),
                },
            ),
            self._prepare_tile(
                'file_difference', sequence=80, icon='fa-folder-open-o',
                model='cfia.file.difference', action='cfia_membership.cfia_file_difference_action',
                domain=[('state', '=', 'open')],
                title=self.env._("File Differences to Mend"),
                groups=ORGANISATION,
            ),
            self._prepare_tile(
                'review_item', sequence=85, icon='fa-question-circle-o',
                model='cfia.review.item', action='cfia_membership.cfia_review_item_action',
                domain=[('state', '=', 'open')],
                title=self.env._("Questions on the Old List"),
                groups=ORGANISATION,
            ),
        ]

    @api.model
    def _get_duty_tiles(self, today):
        """Return the duties that are overdue or due: one's department's; all, for who oversees them."""
        model, action = 'cfia.obligation.term', 'cfia_membership.cfia_obligation_term_action'
        own = [] if self._oversees_duties() else [('department_id.user_ids', 'in', self.env.user.ids)]
        return [
            self._prepare_tile(
                'duty_overdue', sequence=100, icon='fa-exclamation-triangle',
                model=model, action=action,
                domain=[('state', '=', 'overdue'), *own],
                title=self.env._("Duties Overdue"),
                late_domain=[],
            ),
            self._prepare_tile(
                'duty_due', sequence=110, icon='fa-calendar-check-o',
                model=model, action=action,
                domain=[
                    ('state', '=', 'due'), ('date_due', '>=', Date.to_string(today)),
                    ('date_due', '<=', Date.to_string(Date.add(today, days=30))), *own],
                title=self.env._("Duties Due in 30 Days"),
            ),
        ]

    @api.model
    def _oversees_duties(self):
        """Return whether the present user sees to the duties of all departments (article 3.0a)."""
        return self.env.user.has_groups(
            f'{ORGANISATION},cfia_membership.group_cfia_secretary_general,'
            'cfia_membership.group_cfia_leader,cfia_membership.group_cfia_auditor')

    @api.model
    def _prepare_release_tile(self, key, model, action, title):
        return self._prepare_tile(
            key, sequence=120, icon='fa-bullhorn', model=model, action=action, domain=[('state', '=', 'draft')],
            title=title, groups=ORGANISATION)

    @api.model
    def _get_release_tiles(self):
        """Return what the organisation department releases, and what departments acknowledge."""
        return [
            self._prepare_release_tile(
                'bulletin', 'cfia.bulletin', 'cfia_membership.cfia_bulletin_action',
                self.env._("Bulletins to Release")),
            self._prepare_release_tile(
                'statistics', 'cfia.statistics', 'cfia_membership.cfia_statistics_action',
                self.env._("Statistics to Release")),
            self._prepare_release_tile(
                'change_release', 'cfia.change.release', 'cfia_membership.cfia_change_release_action',
                self.env._("Yearly Changes to Release")),
            self._prepare_tile(
                'change_receipt', sequence=90, icon='fa-inbox',
                model='cfia.change.release', action='cfia_membership.cfia_change_release_action',
                domain=[('state', '=', 'released'), ('receipt_ids', 'any', [
                    ('date', '=', False), ('department_id.user_ids', 'in', self.env.user.ids)])],
                title=self.env._("Yearly Changes to Acknowledge"),
                groups=STAFF,
            ),
            self._prepare_tile(
                'compliance', sequence=15, icon='fa-balance-scale',
                model='cfia.compliance.report', action='cfia_membership.cfia_compliance_report_action',
                domain=[('state', '=', 'draft')],
                title=self.env._("Yearly Reports to Sign"),
                groups='cfia_membership.group_cfia_secretary_general',
            ),
        ]
