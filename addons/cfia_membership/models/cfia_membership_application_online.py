
from odoo import api, fields, models

from odoo.addons.cfia_membership.models.cfia_membership_application import OPEN_STATES
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.task import assign
from odoo.addons.cfia_membership.tools.unit_match import Likeness, UnitKeys

ONLINE_ACTIVITY = 'cfia_membership.mail_act_application_online'


class CfiaMembershipApplication(models.Model):
    """Applications that came through the public form (5.2a).

    They wait as drafts before the organisation department, which receives them. A unit that the
    association may know already is not taken for it by itself, however certain: strangers wrote the form.
    """

    _inherit = 'cfia.membership.application'

    is_online = fields.Boolean(string="Applied Online", readonly=True, copy=False)
    privacy_notice_id = fields.Many2one(
        'cfia.privacy.notice', string="Agreed To", readonly=True, copy=False, ondelete='restrict')
    date_informed = fields.Datetime(string="Agreed On", readonly=True, copy=False)
    referrer_name = fields.Char(string="Recommended By, as Written", readonly=True, copy=False)
    online_note = fields.Text(string="Said Online", readonly=True, copy=False)
    rival_ids = fields.Many2many(
        'cfia.membership.application', string="Other Applications of This Unit", compute='_compute_rival_ids')

    # === COMPUTE METHODS === #

    @api.depends('is_online', 'state')
    def _compute_candidate_ids(self):
        waiting = self.filtered(lambda application: application.state in OPEN_STATES)
        (self - waiting).candidate_ids = False
        return super(CfiaMembershipApplication, waiting)._compute_candidate_ids()

    @api.depends('name', 'uscc', 'partner_id', 'is_online', 'state')
    def _compute_rival_ids(self):
        undecided = self.filtered(
            lambda application: application.is_online and not application.partner_id and application.state in OPEN_STATES)
        (self - undecided).rival_ids = False
        if not undecided:
            return
        # sudo: whether units are one is asked over all of them
        others = [
            (other, UnitKeys.of(other.name, other.uscc))
            for other in self.sudo().search_fetch(
                [('state', 'in', OPEN_STATES + ('verified', 'signed'))], ['name', 'uscc'])
        ]
        for application in undecided:
            keys = UnitKeys.of(application.name, application.uscc)
            application.rival_ids = self.browse(
                other.id for other, other_keys in others
                if other != application._origin and keys.compare(other_keys) in (Likeness.CODE, Likeness.NAME))

    # === BUSINESS METHODS === #

    def _get_submit_blocker(self):
        """Let staff decide first whether the unit is one that the association knows."""
        if self.candidate_ids:
            return self.env._(
                "%(application)s may be a unit that we know: %(units)s. Say which, or that it is a new one.",
                application=self.display_name, units=", ".join(self.candidate_ids[:3].mapped('display_name')))
        return super()._get_submit_blocker()

    def _get_transition_sources(self, state):
        """Let online applications be returned or refused before they are forwarded."""
        sources = super()._get_transition_sources(state)
        if self.is_online and state in ('returned', 'rejected'):
            return (*sources, 'draft')
        return sources

    def _set_state(self, state, **vals):
        """Open the applicant's form when an application is returned, close it when it goes on."""
        moved = super()._set_state(state, **vals)
        online = moved.filtered('is_online')
        if online:
            # sudo: the activity may be another user's
            online.sudo().activity_unlink([ONLINE_ACTIVITY])
            forms = online._get_online_forms()
            forms._reopen() if state == 'returned' else forms._close()
        return moved

    @api.model
    def _create_from_online(self, values):
        """Create the draft of an applicant; a unit that nobody knows becomes a contact target.

        In superuser mode and unlocked.

        :param dict values: checked
        :return: the application
        """
        department = self.env['cfia.department'].search([('code', '=', 'organisation')], limit=1)
        application = self.create({
            **values,
            'is_online': True,
            'received_by_id': self._get_online_receiver().id,
            'received_department_id': department.id,
        })
        if not application.candidate_ids:
            application._enter_unit()
        application._message_log(body=self.env._("Received through the public form."))
        return application

    @api.model
    def _get_online_receiver(self):
        """Return who receives what comes online: the organisation department's own staff first."""
        return self.env['cfia.department']._get_responsible_of('organisation') or self.env.ref('base.user_admin')

    def _take_units(self, units):
        for application, unit in units.items():
            unlocked(application).partner_id = unit
        self.filtered('is_online')._create_online_enquiries()

    def _enter_unit(self):
        """Enter units that are new as contact targets, with the enquiry that tells where they come from."""
        self._take_units(self._create_prospects())

    def _create_online_enquiries(self):
        """Note the enquiry of units that have none."""
        # sudo: as above
        without = self.sudo().filtered(
            lambda application: not application.enquiry_id and application.partner_id)
        known = self.env['cfia.enquiry'].sudo().search(
            [('partner_id', 'in', without.partner_id.ids)]).grouped('partner_id')
        missing = without.filtered(lambda application: application.partner_id not in known)
        enquiries = unlocked(self.env['cfia.enquiry'].sudo()).create([
            {
                'name': application.name,
                'partner_id': application.partner_id.id,
                'channel': 'website',
                'user_id': application.received_by_id.id,
                'department_id': application.received_department_id.id,
                'contact_name': application.contact_name,
                'phone': application.contact_mobile or application.contact_phone,
                'email': application.contact_email,
                'state_id': application.state_id.id,
                'enterprise_category_id': application.enterprise_category_id.id,
                'referrer_id': application.referrer_id.id,
                'question': application.env._("Applied for membership online."),
                'intention': 'interested',
            }
            for application in missing
        ])
        for application, enquiry in zip(missing, enquiries):
            unlocked(application).enquiry_id = enquiry
        for application in without - missing:
            if not application.round:
                application.enquiry_id = known[application.partner_id][0]

    def _schedule_online(self):
        """Put what came online before who receives it; a correction renews the task."""
        self.activity_unlink([ONLINE_ACTIVITY, 'cfia_membership.mail_act_application_returned'])
        for user, applications in self.grouped('received_by_id').items():
            assign(applications.with_context(mail_activity_quick_update=True), ONLINE_ACTIVITY, user)

    def _get_online_forms(self):
        """Return the forms of these applications, in superuser mode."""
        # sudo: what the applicant types is not for all who work on the application
        return self.env['cfia.online.application'].sudo().search([('application_id', 'in', self.ids)])

    def _get_online_link(self):
        """Return the applicant's personal address, for mails to him; nothing without one."""
        self.ensure_one()
        form = self._get_online_forms()
        return form._get_link() if form else ''
