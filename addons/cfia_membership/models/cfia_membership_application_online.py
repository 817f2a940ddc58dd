
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.cfia_membership.models.cfia_membership_application import OPEN_STATES
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.task import assign
from odoo.addons.cfia_membership.tools.text import clean_unit_name

ONLINE_ACTIVITY = 'cfia_membership.mail_act_application_online'
_FULL_BRACKETS = str.maketrans('()', '（）')
_HALF_BRACKETS = str.maketrans('（）', '()')


class CfiaMembershipApplication(models.Model):
    """Applications that came through the public form (5.2a).

    They wait as drafts before the organisation department, which receives them. A unit that the
    association may know already is never taken for another by itself: staff decides.
    """

    _inherit = 'cfia.membership.application'

    is_online = fields.Boolean(string="Applied Online", readonly=True, copy=False)
    privacy_notice_id = fields.Many2one(
        'cfia.privacy.notice', string="Agreed To", readonly=True, copy=False, ondelete='restrict')
    date_informed = fields.Datetime(string="Agreed On", readonly=True, copy=False)
    referrer_name = fields.Char(string="Recommended By, as Written", readonly=True, copy=False)
    online_note = fields.Text(string="Said Online", readonly=True, copy=False)
    candidate_ids = fields.Many2many(
        'res.partner', string="Units That It May Be", compute='_compute_candidate_ids')
    rival_ids = fields.Many2many(
        'cfia.membership.application', string="Other Applications of This Unit", compute='_compute_candidate_ids')

    # === COMPUTE METHODS === #

    @api.depends('name', 'uscc', 'partner_id', 'is_online', 'state')
    def _compute_candidate_ids(self):
        undecided = self.filtered(
            lambda application: application.is_online and not application.partner_id and application.state in OPEN_STATES)
        (self - undecided).candidate_ids = False
        (self - undecided).rival_ids = False
        found = undecided._find_candidates()
        for application in undecided:
            application.candidate_ids, application.rival_ids = found[application]

    def _find_candidates(self):
        """Return the units that each of these may be, and other open applications of the same unit.

        By USCC, name and former name, brackets and blanks aside. Queries do not grow with the records.

        :rtype: dict
        """
        names_by_application = {application: application._get_name_forms() for application in self}
        names = sorted(set().union(*names_by_application.values()))
        codes = list(filter(None, self.mapped('uscc')))
        # sudo: whether units are one is asked over all of them
        partners = self.env['res.partner'].sudo().search(
            Domain('is_company', '=', True) & (
                Domain('uscc', 'in', codes) | Domain('name', 'in', names) | Domain('former_name', 'in', names)),
        ) if names else self.env['res.partner']
        rivals = self.sudo().search([
            ('state', 'in', OPEN_STATES + ('verified', 'signed')),
            '|', ('uscc', 'in', codes), ('name', 'in', names),
        ]) if names else self.browse()
        result = {}
        for application, forms in names_by_application.items():
            def is_same(record, application=application, forms=forms):
                return bool(application.uscc) and record.uscc == application.uscc or record.name in forms

            result[application] = (
                partners.filtered(lambda partner: is_same(partner) or partner.former_name in forms),  # noqa: B023
                rivals.filtered(lambda rival: rival != application._origin and is_same(rival)),  # noqa: B023
            )
        return result

    def _get_name_forms(self):
        """Return the spellings under which the unit's name may stand."""
        self.ensure_one()
        name = clean_unit_name(self.name)
        return {form for form in (
            self.name, name, name.translate(_FULL_BRACKETS), name.translate(_HALF_BRACKETS)) if form}

    # === ACTION METHODS === #

    def action_new_unit(self):
        """Note that staff compared and the unit is none of those known.

        :raise UserError: when one of them has the same USCC
        """
        self.check_access('write')
        for application in self.filtered('candidate_ids'):
            same = application.candidate_ids.filtered(
                lambda unit, application=application: application.uscc and unit.uscc == application.uscc)
            if same:
                raise UserError(self.env._(
                    "%(unit)s has the same USCC: it is this unit. Choose it, or correct the USCC.",
                    unit=same[0].display_name))
        self._enter_unit()
        return True

    def action_take_unit(self, unit_id):
        """Note that staff compared and the applicant is this unit.

        :param int unit_id: one of the candidates
        :raise UserError: when it is none of them
        """
        self.ensure_one()
        self.check_access('write')
        unit = self.candidate_ids.filtered(lambda candidate: candidate.id == unit_id)
        if not unit:
            raise UserError(self.env._("This unit is none of those that %(application)s may be.",
                                       application=self.display_name))
        unlocked(self).partner_id = unit
        self._create_online_enquiries()
        return True

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

    def _enter_unit(self):
        """Enter units that are new as contact targets, with the enquiry that tells where they come from."""
        # sudo: any department may decide, contacts are created by few
        new = self.sudo().filtered(lambda application: not application.partner_id)
        partners = self.env['res.partner'].sudo().with_context(tracking_disable=True).create(
            [application._prepare_partner_values() for application in new])
        partners._set_member_state('prospect')
        for application, partner in zip(new, partners):
            unlocked(application).partner_id = partner
        new._create_online_enquiries()

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
