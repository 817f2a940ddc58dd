import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools.misc import format_date
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today, to_association_tz
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index
from odoo.addons.cfia_membership.tools.task import assign
from odoo.addons.cfia_membership.tools.uscc import is_valid_uscc, normalise_uscc

_lt = LazyTranslate(__name__)

# Columns that the applicant fills and the secretary-general signs; their hash is in the signature.
CONTENT_FIELDS = (
    'name', 'name_en', 'uscc', 'legal_representative', 'date_founded', 'registered_capital',
    'ownership_id', 'enterprise_category_id', 'enterprise_category_ids', 'staff_count',
    'annual_revenue', 'enterprise_size', 'street', 'mailing_address', 'state_id', 'city', 'zip', 'website',
    'representative_name', 'representative_function', 'representative_mobile',
    'representative_phone', 'representative_email',
    'contact_name', 'contact_function', 'contact_mobile', 'contact_phone', 'contact_email',
    'magazine_recipient', 'magazine_address', 'main_products', 'capacity', 'certifications',
    'profile', 'grade_id', 'referrer_id', 'wanted_services', 'is_committed', 'is_informed',
    'signatory', 'date_application',
)

# Columns of the same name on the unit, written there by the approval.
PARTNER_FIELDS = (
    'name', 'name_en', 'uscc', 'date_founded', 'registered_capital', 'ownership_id',
    'enterprise_category_id', 'enterprise_category_ids', 'staff_count', 'annual_revenue',
    'enterprise_size', 'street', 'state_id', 'city', 'zip', 'website', 'main_products',
)

# page of the form, '' for its head → what has to be filled in there before it is forwarded
REQUIRED_FIELDS = {
    '': ('grade_id', 'enterprise_category_id', 'ownership_id', 'state_id'),
    'unit': ('legal_representative',),
    'people': ('representative_name', 'contact_name'),
    'consent': ('is_committed', 'is_informed'),
}
PAGE_TITLES = {'unit': _lt("Unit"), 'people': _lt("People"), 'consent': _lt("Commitment and Consent")}

# How the application came in (5.2a) and for which unit: kept from the first forwarding on.
RECEIPT_FIELDS = ('date_received', 'received_by_id', 'received_department_id', 'enquiry_id', 'partner_id')

# Until then the content may be corrected.
OPEN_STATES = ('draft', 'returned', 'submitted')
CLOSED_STATES = ('verified', 'signed', 'approved', 'rejected', 'withdrawn')

TRANSITIONS = {
    'submitted': ('draft', 'returned'),
    'verified': ('submitted',),
    'signed': ('verified',),
    'approved': ('verified', 'signed'),
    'returned': ('submitted', 'verified', 'signed'),
    'rejected': ('submitted', 'verified', 'signed'),
    'withdrawn': ('draft', 'submitted', 'verified', 'signed', 'returned'),
}


# Tasks that end when the application moves on.
STEP_ACTIVITIES = [
    'cfia_membership.mail_act_application_verify',
    'cfia_membership.mail_act_application_sign',
    'cfia_membership.mail_act_application_returned',
]


class CfiaMembershipApplication(models.Model):
    """《入会申请表》 and its way to membership (articles 4.1.2 and 5.2).

    Any department receives it, the organisation department verifies it item by item, the
    secretary-general confirms the enterprise category and signs; only then is the unit a member.
    """

    _name = 'cfia.membership.application'
    _description = "Membership Application"
    _inherit = ['cfia.guard.mixin', 'cfia.known.unit.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date_received desc, id desc'
    _frozen_when = dict.fromkeys(
        CLOSED_STATES, (*CONTENT_FIELDS, *RECEIPT_FIELDS, 'attachment_ids', 'verification_note'))
    _kept_when = ('submitted', 'returned')
    _numbered_by = ('reference', 'cfia.membership.application')
    _guard_texts = {
        'write': _lt("Use the buttons of the application."),
        'frozen': _lt("Who received it is part of the records from the first forwarding on, its content from the "
                      "verification on. To correct the content, return it with a reason first."),
        'unlink': _lt("It was forwarded. Withdraw it instead."),
    }

    # Course
    reference = fields.Char(readonly=True, copy=False, default=lambda self: self.env._("New"))
    state = fields.Selection(
        selection=[
            ('draft', "Draft"),
            ('submitted', "Waiting to be verified"),
            ('verified', "To sign"),
            ('signed', "To ratify"),
            ('approved', "Approved"),
            ('returned', "Returned"),
            ('rejected', "Refused"),
            ('withdrawn', "Taken back"),
        ],
        required=True,
        default='draft',
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    enquiry_id = fields.Many2one('cfia.enquiry', index='btree_not_null', copy=False)
    partner_id = fields.Many2one(
        'res.partner', string="Unit Record", index='btree_not_null', copy=False, ondelete='restrict',
        domain="[('is_company', '=', True)]")
    member_number = fields.Char(related='partner_id.member_number')
    round = fields.Integer(
        readonly=True, copy=False, aggregator=None, help="How often the application was forwarded.")
    date_received = fields.Date(required=True, default=lambda self: association_today())
    received_by_id = fields.Many2one(
        'res.users', required=True, default=lambda self: self.env.user, copy=False)
    received_department_id = fields.Many2one(
        'cfia.department',
        default=lambda self: self.env['cfia.department'].search([('user_ids', 'in', self.env.uid)], limit=1))
    date_submitted = fields.Datetime(string="Forwarded On", readonly=True, copy=False)
    forwarded_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    verification_note = fields.Text(
        string="Opinion on Verification", copy=False,
        help="What the organisation department found, as it is printed on the form.")
    verified_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    date_verified = fields.Datetime(readonly=True, copy=False)
    approved_by_id = fields.Many2one('res.users', string="Approved and Signed By", readonly=True, copy=False)
    date_signed = fields.Datetime(readonly=True, copy=False)
    authority_id = fields.Many2one(
        'cfia.signing.authority', string="Signed Under Authority", readonly=True, copy=False,
        index='btree_not_null', ondelete='restrict',
        help="The authority of the secretary-general under which a deputy signed.")
    approval_note = fields.Text(
        string="Opinion on Approval", readonly=True, copy=False,
        help="What the secretary-general wrote beside the signature, as it is printed on the form.")
    can_sign = fields.Boolean(compute='_compute_can_sign')
    can_refuse = fields.Boolean(compute='_compute_can_sign')
    is_deputised = fields.Boolean(
        compute='_compute_is_deputised', search='_search_is_deputised',
        help="The present user signs it as deputy of the secretary-general, or took a step on it before.")
    resolution_id = fields.Many2one(
        'cfia.resolution', string="Ratified By", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict', help="Resolution of the council, where the charter reserves admission to it.")
    date_approved = fields.Date(string="Joined On", readonly=True, copy=False)
    content_hash = fields.Char(
        string="Fingerprint", readonly=True, copy=False,
        help="SHA-256 of the content that the secretary-general signed.")
    is_content_intact = fields.Boolean(
        string="Content as Signed", compute='_compute_is_content_intact',
        help="The content still has the fingerprint that it had when it was signed.")
    refusal_reason = fields.Text(string="Reason", readonly=True, copy=False)
    check_ids = fields.One2many(
        'cfia.membership.application.check', 'application_id', string="Checklist")
    step_ids = fields.One2many(
        'cfia.membership.application.step', 'application_id', string="History", readonly=True)
    attachment_ids = fields.Many2many(
        'ir.attachment', string="Papers", copy=False,
        help="Business licence, sealed form and further papers.")
    scan_ids = fields.Many2many(
        'ir.attachment', 'cfia_application_scan_rel', string="Scan of the Signed Form", copy=False,
        help="The paper form with the signatures. It can be added after the approval, and goes to the file.")

    # Unit
    name = fields.Char(string="Unit", required=True, tracking=True)
    name_en = fields.Char(string="English Name")
    uscc = fields.Char(string="USCC")
    legal_representative = fields.Char()
    date_founded = fields.Date(string="Founded On")
    registered_capital = fields.Float(string="Registered Capital (10,000 yuan)", digits=(16, 2))
    ownership_id = fields.Many2one('cfia.ownership')
    enterprise_category_id = fields.Many2one('cfia.enterprise.category', tracking=True)
    enterprise_category_ids = fields.Many2many(
        'cfia.enterprise.category', 'cfia_application_enterprise_category_rel',
        string="Secondary Categories")
    staff_count = fields.Integer()
    annual_revenue = fields.Float(string="Annual Revenue (10,000 yuan)", digits=(16, 2))
    enterprise_size = fields.Selection(
        selection=lambda self: self.env['res.partner']._fields['enterprise_size']._description_selection(self.env),
        compute='_compute_enterprise_size', store=True, readonly=False, precompute=True)
    street = fields.Char(string="Registered Address")
    mailing_address = fields.Char()
    state_id = fields.Many2one(
        'res.country.state', string="Province", domain="[('country_id.code', '=', 'CN')]")
    city = fields.Char()
    zip = fields.Char(string="Postcode")
    website = fields.Char()
    # People
    representative_name = fields.Char()
    representative_function = fields.Char()
    representative_mobile = fields.Char()
    representative_phone = fields.Char()
    representative_email = fields.Char()
    contact_name = fields.Char()
    contact_function = fields.Char()
    contact_mobile = fields.Char()
    contact_phone = fields.Char()
    contact_email = fields.Char()
    magazine_recipient = fields.Char()
    magazine_address = fields.Char()
    # Business
    main_products = fields.Text()
    capacity = fields.Text(string="Capacity and Equipment")
    certifications = fields.Text()
    profile = fields.Text(string="Unit Profile")
    # Request
    grade_id = fields.Many2one(
        'cfia.grade', string="Grade Applied For",
        default=lambda self: self.env.ref('cfia_membership.cfia_grade_member', raise_if_not_found=False))
    referrer_id = fields.Many2one('res.partner', string="Recommended By", domain="[('is_company', '=', True)]")
    wanted_services = fields.Text()
    is_committed = fields.Boolean(
        string="Commitment Made", help="The unit supports the charter, will pay dues and vouches for its data.")
    is_informed = fields.Boolean(
        string="Privacy Notice Agreed To", help="The persons named were told what their data is used for and agree.")
    signatory = fields.Char(string="Signed for the Unit By")
    date_application = fields.Date(default=lambda self: association_today())

    _open_partner_unique = models.UniqueIndex(
        "(partner_id) WHERE state IN ('submitted', 'verified', 'signed', 'returned')",
        "This unit has an application under way.",
    )
    _order_idx = models.Index('(date_received DESC, id DESC)')
    _date_approved_idx = models.Index('(date_approved) WHERE date_approved IS NOT NULL')
    _name_trigram_idx = trigram_index('name')
    _reference_trigram_idx = trigram_index('reference')
    _uscc_trigram_idx = trigram_index('uscc')

    # === COMPUTE METHODS === #

    @api.depends('staff_count', 'annual_revenue')
    def _compute_enterprise_size(self):
        """Class the unit as industry does: both tests must hold, else a class lower (DOMAIN §2)."""
        for application in self:
            staff, revenue = application.staff_count, application.annual_revenue
            if not staff or not revenue:
                continue
            application.enterprise_size = next(
                (
                    size
                    for size, least_staff, least_revenue in (
                        ('large', 1000, 40000), ('medium', 300, 2000), ('small', 20, 300))
                    if staff >= least_staff and revenue >= least_revenue
                ),
                'micro',
            )

    @api.depends(*CONTENT_FIELDS, 'partner_id', 'reference', 'attachment_ids', 'content_hash')
    def _compute_is_content_intact(self):
        for application in self:
            application.is_content_intact = bool(application.content_hash) and (
                # signatures of earlier versions cover the columns of the form alone
                application.content_hash in (application._get_content_hash(), application._hash(
                    application._get_form_content())))

    @api.depends('reference', 'name')
    def _compute_display_name(self):
        for application in self:
            application.display_name = f"{application.reference} {application.name or ''}".strip()

    @api.depends('state', 'verified_by_id')
    @api.depends_context('uid')
    def _compute_can_sign(self):
        may_sign = not self._get_signing_blocker()
        may_refuse = self._may_refuse()
        for application in self:
            application.can_sign = (
                may_sign and application.state == 'verified' and not application._get_approve_blocker())
            application.can_refuse = application.can_sign or (
                may_refuse and application.state in application._get_transition_sources('returned'))

    @api.depends('state', 'approved_by_id')
    @api.depends_context('uid')
    def _compute_is_deputised(self):
        # sudo: the authority of another deputy is not for everybody to read
        deputised = self.sudo().filtered_domain(self._search_is_deputised('in', [True]))
        for application in self:
            application.is_deputised = application in deputised

    def _search_is_deputised(self, operator, value):
        if operator != 'in':
            return NotImplemented
        # sudo: what one did oneself one may know
        own_steps = self.env['cfia.membership.application.step'].sudo()._search([('user_id', '=', self.env.uid)])
        domain = Domain('step_ids', 'in', own_steps)
        if self.env['cfia.signing.authority']._get_valid_for(self.env.user):
            domain |= Domain('state', '=', 'verified')
        return domain

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('uscc'):
                vals['uscc'] = normalise_uscc(vals['uscc'])
        applications = super().create(vals_list)
        self.env['cfia.membership.application.check']._renew(applications)
        applications._adopt_attachments()
        return applications

    def write(self, vals):
        if vals.get('uscc'):
            vals = {**vals, 'uscc': normalise_uscc(vals['uscc'])}
        if 'verification_note' in vals:
            self._check_role('cfia_membership.group_cfia_organisation')
        scans = {application: application.scan_ids for application in self} if 'scan_ids' in vals else {}
        result = super().write(vals)
        if 'attachment_ids' in vals:
            self._adopt_attachments()
        if scans:
            self._record_scans(scans)
        return result

    def _adopt_attachments(self):
        """Give papers that were uploaded before their application was saved to the application."""
        for application in self:
            unlocked(application.attachment_ids | application.scan_ids)._adopt(application)

    def _get_signed_attachments(self):
        """Return the papers that stay as they are."""
        closed = self.filtered(lambda application: application.state not in OPEN_STATES)
        return self.scan_ids | closed.attachment_ids

    def _record_scans(self, before):
        """Note who attached which scans of the signed form; those of members go to their file.

        :param dict before: the scans that each application had
        :raise UserError: when a scan was taken away, or the user may not attach one
        """
        self._adopt_attachments()
        for application in self:
            if before[application] - application.scan_ids:
                raise UserError(self.env._(
                    "The scan of the signed form stays with %(application)s. Add the better one beside it.",
                    application=application.display_name,
                ))
            new = application.scan_ids - before[application]
            if not new:
                continue
            self._check_role('cfia_membership.group_cfia_organisation')
            if application.state not in ('verified', 'signed', 'approved'):
                raise UserError(self.env._(
                    "%(application)s is not verified yet: its papers belong to the attachments of the form.",
                    application=application.display_name,
                ))
            self.env['cfia.membership.application.step']._record(
                application, 'scanned', note=", ".join(new.mapped('name')),
                # sudo: fingerprints of the scans just attached
                content_hash=self._hash(new.sudo().mapped('checksum')))
            if application.state == 'approved':
                self.env['cfia.member.file']._file_attachments(
                    application.partner_id, new, 'application', association_today(), source=application)

    def _get_frozen_names(self):
        """Leave the category to who signs; how it came in stays from the first forwarding on."""
        frozen = super()._get_frozen_names()
        if self.state == 'verified' and not self._get_signing_blocker():
            frozen -= {'enterprise_category_id', 'enterprise_category_ids'}
        return frozen | set(RECEIPT_FIELDS) if self.round else frozen

    # === ACTION METHODS === #

    def action_submit(self):
        """Forward to the organisation department (5.2a).

        :raise UserError: naming what an application lacks
        """
        self._raise_blockers('_get_submit_blocker')
        self._link_partners()
        moved = self._set_state(
            'submitted',
            date_submitted=fields.Datetime.now(),
            forwarded_by_id=self.env.uid,
            refusal_reason=False,
            **dict.fromkeys((
                'verified_by_id', 'date_verified', 'approved_by_id', 'date_signed', 'authority_id',
                'approval_note', 'content_hash',
            ), False),
        )
        for number, applications in moved.grouped('round').items():
            unlocked(applications).round = number + 1
        self.env['cfia.membership.application.check']._renew(
            moved.filtered(lambda application: application.round > 1))
        self.env['cfia.membership.application.step']._record(moved, 'submitted')
        # sudo: the activity may be another user's
        moved.sudo().activity_unlink(['cfia_membership.mail_act_application_returned'])
        moved._schedule_verification()
        return True

    def action_verify(self):
        """Sign the verification (5.2b) and pass on to the secretary-general.

        :raise UserError: when an item of the checklist is open, or the user is not of the department
        """
        self._check_role('cfia_membership.group_cfia_organisation')
        self._raise_blockers('_get_verify_blocker')
        moved = self._set_state(
            'verified', verified_by_id=self.env.uid, date_verified=fields.Datetime.now())
        for note, applications in moved.grouped('verification_note').items():
            self.env['cfia.membership.application.step']._record(applications, 'verified', note=note)
        # sudo: the activity may be another user's
        moved.sudo().activity_unlink(['cfia_membership.mail_act_application_verify'])
        moved._schedule_signature()
        return True

    def action_approve(self):
        """Confirm the category and sign (5.2c): the unit is a member from this moment.

        :raise UserError: when the user may not sign an application
        """
        self._sign()
        return True

    def action_sign(self):
        """Show what is signed and ask for the enterprise category."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Sign the Application"),
            'res_model': 'cfia.membership.application.sign',
            'view_mode': 'form',
            'target': 'new',
            'context': {
                'default_application_id': self.id,
                'default_enterprise_category_id': self.enterprise_category_id.id,
                'default_enterprise_category_ids': self.enterprise_category_ids.ids,
                'dialog_size': 'extra-large',
            },
        }

    def action_ratify(self):
        """Ask for the resolution by which the council ratified the admissions."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Ratified by the Council"),
            'res_model': 'cfia.membership.application.ratify',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_application_ids': self.ids},
        }

    def action_return(self):
        """Ask for the reason and send back to the applicant."""
        return self._open_refusal('returned')

    def action_reject(self):
        """Ask for the reason and refuse for good."""
        return self._open_refusal('rejected')

    def action_withdraw(self):
        """Note that the applicant takes the application back."""
        moved = self._set_state('withdrawn')
        self.env['cfia.membership.application.step']._record(moved, 'withdrawn')
        # sudo: the activity may be another user's
        moved.sudo().activity_unlink(STEP_ACTIVITIES)
        moved._release_partners()
        return True

    def action_view_checks(self):
        """Open the checklists of all rounds."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id(
                'cfia_membership.cfia_membership_application_check_action'),
            'domain': [('application_id', '=', self.id)],
        }

    def action_view_partner(self):
        """Open the unit in contacts."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'res.partner',
            'view_mode': 'form',
            'res_id': self.partner_id.id,
        }

    def _open_refusal(self, state):
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Return") if state == 'returned' else self.env._("Reject"),
            'res_model': 'cfia.membership.application.refuse',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_application_ids': self.ids, 'default_state': state},
        }

    # === BUSINESS METHODS - WHY NOT === #

    def _raise_blockers(self, method):
        """Raise what stands against a step, for all records at once.

        :param str method: name of a method returning the reason or nothing for one record
        :raise UserError: with one line for each record that is blocked
        """
        reasons = [reason for application in self if (reason := getattr(application, method)())]
        if reasons:
            raise UserError("\n".join(reasons))

    def _get_submit_blocker(self):
        """Return all that this application lacks before it is forwarded, each with its place, or nothing."""
        self.ensure_one()
        separator = '、' if (self.env.lang or '').startswith('zh') else ', '
        lines = []
        for page, names in REQUIRED_FIELDS.items():
            missing = separator.join(self._fields[name]._description_string(self.env) for name in names if not self[name])
            if missing and page:
                title = self.env._(PAGE_TITLES[page])  # pylint: disable=gettext-variable
                lines.append(self.env._("On the page “%(page)s”: %(fields)s", page=title, fields=missing))
            elif missing:
                lines.append(self.env._("At the top: %(fields)s", fields=missing))
            if page == 'unit' and self.uscc and not is_valid_uscc(self.uscc):
                lines.append(self.env._(
                    "On the page “%(page)s”: the USCC %(uscc)s is not valid. Compare it with the business licence.",
                    page=self.env._(PAGE_TITLES[page]), uscc=self.uscc))  # pylint: disable=gettext-variable
        if not lines:
            return None
        return "\n".join([
            self.env._("%(application)s cannot be forwarded yet. Please complete:", application=self.display_name),
            *(f"– {line}" for line in lines),
        ])

    def _get_verify_blocker(self):
        """Return why this application cannot be passed on, or nothing."""
        self.ensure_one()
        unsigned = self.check_ids.filtered(lambda check: check.result not in ('passed', 'noted'))
        if unsigned:
            return self.env._(
                "%(application)s: %(items)s not verified yet. Sign each item of the checklist, or return it.",
                application=self.display_name,
                items=", ".join(unsigned.mapped('item_id.name')),
            )
        return None

    def _get_approve_blocker(self):
        """Return why the present user, who signs others, cannot sign this application, or nothing."""
        self.ensure_one()
        if self.state == 'verified' and self.verified_by_id._is_same_person(self.env.user):
            return self.env._(
                "%(application)s was verified by you. Another person has to sign it.",
                application=self.display_name,
            )
        return None

    def _get_ratify_blocker(self, resolution):
        """Return why this resolution does not ratify this application, or nothing."""
        self.ensure_one()
        if self.state != 'signed':
            return self.env._(
                "%(application)s does not wait for the council.", application=self.display_name)
        if resolution.date < to_association_tz(self.date_signed).date():
            return self.env._(
                "%(application)s was signed after the resolution of %(date)s. It needs a later one.",
                application=self.display_name, date=format_date(self.env, resolution.date),
            )
        return None

    @api.model
    def _get_signing_blocker(self):
        """Return why the present user signs no applications at all, or nothing."""
        if self.env.user.has_group('cfia_membership.group_cfia_secretary_general') or (
                self.env['cfia.signing.authority']._get_valid_for(self.env.user)):
            return None
        return self.env._(
            "Only the secretary-general signs applications, or a deputy under an authority that is valid today.")

    def _check_role(self, group):
        """Refuse users outside ``group``.

        :raise UserError: naming the role
        """
        if not self.env.user.has_group(group):
            raise UserError(self.env._(
                "This step belongs to the role “%(role)s”.",
                # sudo: the name of a role is no secret
                role=self.env.ref(group).sudo().name,
            ))

    # === BUSINESS METHODS - STATE === #

    def _get_transition_sources(self, state):
        """Return the states from which one application may become ``state``. Extend with ``super()``."""
        return TRANSITIONS[state]

    def _set_state(self, state, **vals):
        """Move to ``state``; repeats are skipped, illegal moves refused.

        :param str state: target
        :return: the records that moved
        :raise UserError: naming the application
        """
        to_move = self.filtered(lambda application: application.state != state)
        states = dict(self._fields['state']._description_selection(self.env))
        for application in to_move:
            if application.state not in application._get_transition_sources(state):
                raise UserError(self.env._(
                    "%(application)s is “%(old)s” and cannot become “%(new)s”.",
                    application=application.display_name,
                    old=states[application.state], new=states[state],
                ))
        unlocked(to_move).write({'state': state, **vals})
        return to_move

    def _refuse(self, state, reason):
        """Return or reject with a reason, which the applicant is told.

        :param str state: ``returned`` or ``rejected``
        :param str reason: shown to the applicant
        """
        if not self._may_refuse() and not all(self.mapped('can_sign')):
            self._check_role('cfia_membership.group_cfia_organisation')
        moved = self._set_state(state, refusal_reason=reason)
        self.env['cfia.membership.application.step']._record(moved, state, note=reason)
        # sudo: the activity may be another user's
        moved.sudo().activity_unlink(STEP_ACTIVITIES)
        if state == 'rejected':
            moved._release_partners()
        with_email = moved.filtered('contact_email')
        if with_email:
            unlocked(self.env.ref('cfia_membership.mail_template_application_refused')).send_mail_batch(with_email.ids)
        # what was returned is completed by who received it; who has no e-mail is told by him
        (moved if state == 'returned' else moved - with_email)._schedule_return(reason)

    @api.model
    def _may_refuse(self):
        """Tell whether the present user returns and rejects applications; who may sign one, may do so with it."""
        return (
            self.env.user.has_group('cfia_membership.group_cfia_organisation')
            or self.env.user.has_group('cfia_membership.group_cfia_secretary_general')
        )

    def _schedule_return(self, reason):
        """Put the applications before those who received them."""
        for user, applications in self.grouped('received_by_id').items():
            assign(
                # sudo: whoever returns an application need not be its receiver
                applications.sudo().with_context(mail_activity_quick_update=True),
                'cfia_membership.mail_act_application_returned', user, note=reason)

    def _schedule_verification(self):
        """Put the applications before the organisation department."""
        assign(
            # sudo: any department forwards
            self.sudo().with_context(mail_activity_quick_update=True), 'cfia_membership.mail_act_application_verify',
            self.env['cfia.department']._get_responsible_of('organisation'))

    def _schedule_signature(self, users=None):
        """Put the applications before those who sign, in their language.

        :param users: the secretary-general and the deputies of today unless given
        """
        if users is None:
            # sudo: who signs in absence is told, whoever verifies
            Authority = self.env['cfia.signing.authority'].sudo()
            users = self.env.company._get_secretaries_general() | Authority.search(
                Authority._get_valid_domain()).deputy_id
        assign(
            self.with_context(mail_activity_quick_update=True), 'cfia_membership.mail_act_application_sign', users)

    def _drop_signature_tasks(self, users):
        """Take the task of signing from users who sign no longer."""
        for user in users:
            self.activity_unlink(['cfia_membership.mail_act_application_sign'], user_id=user.id)

    # === BUSINESS METHODS - UNIT === #

    def _check_uscc(self):
        """Leave an invalid USCC to submission, which tells it with all else that the form lacks."""

    def _find_candidates(self):
        """Return the units that each may be; what is certain needs no question, save of a stranger's form."""
        return {
            application: self.env['res.partner'].union(*match.possible)
            for application, match in self._match_units().items()
            if application.is_online or not match.certain
        }

    def _link_partners(self):
        """Bind each application to its unit, entering units that are new, and mark them applicants.

        :raise UserError: naming the units that are members already
        """
        known, _undecided = self.filtered(lambda application: not application.partner_id)._match_known_units()
        reasons = [
            self.env._(
                "%(unit)s is a member already, number %(number)s.",
                unit=unit.display_name, number=unit.member_number,
            )
            for application in self
            # sudo: whether the unit is a member does not depend on who forwards
            if (unit := application.partner_id.sudo() or known.get(application))
            and unit.member_state == 'member'
        ]
        if reasons:
            raise UserError("\n".join(reasons))
        new = self.filtered(lambda application: not application.partner_id and application not in known)
        known.update(new._create_prospects())
        for application, unit in known.items():
            unlocked(application).partner_id = unit
        # sudo: the state follows the application
        self.partner_id.sudo().filtered(
            lambda partner: partner.member_state not in ('applicant', 'withdrawn', 'expelled'),
        )._set_member_state('applicant')

    def _release_partners(self):
        """Let units whose application ended be contact targets again (5.1e)."""
        # sudo: the state follows the application
        self.partner_id.sudo().filtered(
            lambda partner: partner.member_state == 'applicant')._set_member_state('prospect')

    def _prepare_prospect_values(self):
        return self._prepare_partner_values()

    def _prepare_partner_values(self):
        """Return the columns that the unit takes from its application, save those it already has."""
        self.ensure_one()
        partner = self.partner_id
        values = {
            field: self._fields[field].convert_to_write(self[field], self)
            for field in PARTNER_FIELDS
            if self[field] and self[field] != partner[field]
        }
        for field, value in (
            ('is_company', True),
            ('country_id', self.state_id.country_id.id),
            ('lang', partner._get_reader_lang()),
        ):
            if partner._fields[field].convert_to_write(partner[field], partner) != value:
                values[field] = value
        return values

    def _prepare_contact_values_list(self):
        """Return the contact persons named in the application, with their roles.

        One person who holds several roles becomes one contact.
        """
        self.ensure_one()
        people = {}
        for name, role, vals in (
            (self.legal_representative, 'legal_representative', {}),
            (self.representative_name, 'representative', {
                'function': self.representative_function,
                'mobile': self.representative_mobile,
                'phone': self.representative_phone,
                'email': self.representative_email,
            }),
            (self.contact_name, 'contact', {
                'function': self.contact_function,
                'mobile': self.contact_mobile,
                'phone': self.contact_phone,
                'email': self.contact_email,
            }),
            (self.magazine_recipient, 'magazine', {
                'street': self.magazine_address or self.mailing_address or self.street,
            }),
        ):
            if not name:
                continue
            person = people.setdefault(name, {'name': name, 'roles': []})
            person['roles'].append(role)
            person.update({key: value for key, value in vals.items() if value})
        return list(people.values())

    # === BUSINESS METHODS - APPROVAL === #

    def _check_shown(self, shown_hash):
        """Refuse to sign something else than what was shown. One record.

        :param str shown_hash: fingerprint of what the signer saw
        :raise UserError: naming the application
        """
        if self.state == 'verified' and shown_hash != self._get_content_hash():
            raise UserError(self.env._(
                "%(application)s changed since you opened it. Open it again and read it before you sign.",
                application=self.display_name))

    def _sign(self, note=None):
        """Sign as the secretary-general, or for him under an authority: the units are members.

        :param str note: written beside the signature
        :raise UserError: when the present user may not sign
        """
        to_sign = self.filtered(lambda application: application.state not in ('signed', 'approved'))
        if to_sign and (reason := self._get_signing_blocker()):
            raise UserError(reason)
        to_sign._raise_blockers('_get_approve_blocker')
        to_sign._approve(note)

    def _approve(self, note=None):
        """Note the signature; where no council has to ratify it, the units are members. Repeating is safe.

        :param str note: written beside the signature
        """
        authority = self.env['cfia.signing.authority']
        if not self.env.user.has_group('cfia_membership.group_cfia_secretary_general'):
            authority = authority._get_valid_for(self.env.user)
        signature = {
            'approved_by_id': self.env.uid,
            'date_signed': fields.Datetime.now(),
            'authority_id': authority.id,
            'approval_note': note,
        }
        needs_council = self.env.company.cfia_ratification
        if needs_council:
            todo = self._set_state('signed', **signature)
        else:
            todo = self._set_state('approved', date_approved=association_today(), **signature)
        if not todo:
            return
        steps = self.env['cfia.membership.application.step']._record(
            todo, 'signed', note=note, authority_id=authority.id)
        for step in steps:
            unlocked(step.application_id).content_hash = step.content_hash
        # sudo: the activity may be another user's
        todo.sudo().activity_unlink(STEP_ACTIVITIES)
        if not needs_council:
            todo._admit()

    def _ratify(self, resolution):
        """Admit what was signed, by resolution of the council. Repeating is safe.

        :param resolution: in effect, not older than the signatures
        :raise UserError: naming the application that the resolution does not fit
        """
        self._check_role('cfia_membership.group_cfia_organisation')
        todo = self.filtered(lambda application: application.state != 'approved')
        reasons = [reason for application in todo if (reason := application._get_ratify_blocker(resolution))]
        if reasons:
            raise UserError("\n".join(reasons))
        todo = todo._set_state(
            'approved', resolution_id=resolution.id,
            date_approved=max(resolution.date, resolution.date_effective))
        self.env['cfia.membership.application.step']._record(
            todo, 'ratified', note=resolution.display_name)
        todo._admit()
        # sudo: filing follows from the act
        resolution.sudo()._file_papers(todo.sudo().partner_id, 'resolution')

    def _admit(self):
        """Make members of the applicants: all of it in this transaction or none of it.

        Event, file, number and frozen letters are written; the PDFs follow by schedule after commit.
        The number comes as late as the letters that print it allow.
        """
        if not self:
            return
        # sudo: the signature writes units, numbers, files and letters, whatever the signer may edit
        applications_sudo = self.sudo()
        for unit in applications_sudo.partner_id.filtered(lambda unit: unit.member_state == 'member'):
            raise UserError(self.env._(
                "%(unit)s is a member already, number %(number)s.",
                unit=unit.display_name, number=unit.member_number))
        returning = applications_sudo.partner_id.filtered('member_number')
        applications_sudo._write_partners()
        # sudo: as above
        self.env['cfia.member.number'].sudo()._issue(applications_sudo.partner_id)
        applications_sudo._record_joining(returning)
        applications_sudo._file_papers()
        applications_sudo._issue_documents()
        # sudo: the signature opens the dispatch, whoever keeps it
        self.env['cfia.dispatch'].sudo()._open(applications_sudo)
        applications_sudo._action_approve()

    def _action_approve(self):
        """Hook for other modules: the units are members, with number, event, file and letters.

        Called once for all applications signed together, in superuser mode, inside the transaction.
        """

    def _get_printed_category(self):
        """Return the main category as the applicant gave it in the present round, for the form."""
        forwarded = self.step_ids.filtered(lambda step: step.kind == 'submitted')[-1:]
        return forwarded.enterprise_category_id or self.enterprise_category_id

    def _get_content_hash(self):
        """Return the SHA-256 of what is signed: the unit that becomes a member, the form, its papers."""
        return self._hash({
            **self._get_form_content(), 'partner_id': self.partner_id.id, 'reference': self.reference})

    def _get_form_content(self):
        """Return what the form and its papers say, as plain values."""
        self.ensure_one()
        content = {
            name: sorted(self[name].ids) if self._fields[name].type == 'many2many'
            else self._fields[name].convert_to_write(self[name], self)
            for name in CONTENT_FIELDS
        }
        # sudo: what is signed does not depend on which papers the signer may open
        content['attachments'] = sorted(self.attachment_ids.sudo().mapped(lambda paper: paper.checksum or ''))
        return content

    @api.model
    def _hash(self, content):
        """Return the SHA-256 of ``content``, a structure of plain values."""
        return hashlib.sha256(
            json.dumps(content, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()

    def _write_partners(self):
        """Write units and contact persons as the applications say."""
        for application in self:
            partner = application.partner_id
            partner._set_member_state('member', {partner: {
                **application._prepare_partner_values(),
                'member_grade_id': application.grade_id.id,
                'date_member_joined': partner.date_member_joined or application.date_approved,
                'date_member_left': False,
            }})
        self._write_contacts()

    def _write_contacts(self):
        """Create or update the contact persons of all units at once."""
        roles = {role.code: role.id for role in self.env['cfia.contact.role'].search([])}
        existing = {
            (contact.parent_id.id, contact.name): contact
            for contact in self.env['res.partner'].search([('parent_id', 'in', self.partner_id.ids)])
        }
        vals_list = []
        for application in self:
            people = application._prepare_contact_values_list()
            own = {vals['name']: {roles.get(code) for code in vals['roles']} for vals in people}
            taken = set().union(*own.values())
            for (unit_id, name), contact in existing.items():
                # who held a role that the form gives to another person gives it up
                given_up = taken.intersection(contact.contact_role_ids.ids) - own.get(name, set())
                if unit_id == application.partner_id.id and given_up:
                    unlocked(contact).write({'contact_role_ids': [Command.unlink(role) for role in given_up]})
            for vals in people:
                role_codes = vals.pop('roles')
                vals['contact_role_ids'] = [Command.link(roles[code]) for code in role_codes if code in roles]
                contact = existing.get((application.partner_id.id, vals['name']))
                if contact:
                    unlocked(contact).write(vals)
                    continue
                vals_list.append({
                    **vals,
                    'parent_id': application.partner_id.id,
                    'type': 'contact' if 'street' not in vals else 'delivery',
                    'lang': application.partner_id.lang,
                })
        unlocked(self.env['res.partner'])._create_contacts(vals_list)

    def _record_joining(self, returning):
        """Append the event of joining, or of return for units that already had a number.

        :param returning: units that were members before
        """
        self.env['cfia.member.event']._record([
            {
                'partner_id': application.partner_id.id,
                'kind': 'rejoined' if application.partner_id in returning else 'joined',
                'date_effective': application.date_approved,
                'reporter_id': application.approved_by_id.id,
                'res_model': application._name,
                'res_id': application.id,
            }
            for application in self
        ])

    def _file_papers(self):
        """Open the files and put the application's papers into them."""
        files = self.env['cfia.member.file']._open(self.partner_id).grouped('partner_id')
        self.env['cfia.member.file.paper'].create([
            {
                'file_id': files[application.partner_id].id,
                'name': attachment.name,
                'kind': 'application',
                'direction': 'in',
                'date': application.date_received,
                'attachment_id': attachment.id,
                'res_model': application._name,
                'res_id': application.id,
            }
            for application in self
            for attachment in application.attachment_ids | application.scan_ids
        ])

    def _issue_documents(self):
        """Freeze the data of 《入会通知书》 and 《会员证书》; the PDFs follow after commit."""
        Congress = self.env['cfia.congress']
        congress_by_date = {day: Congress._get_current(day) for day in set(self.mapped('date_approved'))}
        for kind in ('certificate', 'entry_notice'):
            self.env['cfia.document']._issue(kind, [
                application._prepare_document_values(
                    kind, congress_by_date[application.date_approved])
                for application in self
            ])

    def _prepare_document_values(self, kind, congress):
        """Return the record of a letter to this member, data frozen.

        :param str kind: ``certificate`` or ``entry_notice``
        :param congress: the term that holds the day of approval, or an empty recordset
        """
        self.ensure_one()
        prepare = {
            'certificate': self._prepare_certificate_data,
            'entry_notice': self._prepare_notice_data,
        }[kind]
        return {
            'partner_id': self.partner_id.id,
            'res_model': self._name,
            'res_id': self.id,
            'date': self.date_approved,
            'data': prepare(congress),
        }

    def _prepare_letter_data(self, congress):
        """Return what every letter to this member prints.

        :param congress: the term that holds the day of approval, or an empty recordset
        """
        self.ensure_one()
        lang = self.partner_id._get_reader_lang()
        return {
            'unit_name': self.partner_id.name,
            'member_number': self.partner_id.member_number,
            'grade': self.grade_id.with_context(lang=lang).name,
            'category': self.enterprise_category_id.with_context(lang=lang).name,
            'congress': congress.with_context(lang=lang).name or '',
            'congress_number': congress.number,
            'date_approved': self.date_approved.isoformat(),
            'association': self.env.company.name,
        }

    def _prepare_notice_data(self, congress):
        """Return what 《入会通知书》 prints (DOMAIN §4.3)."""
        return {
            **self._prepare_letter_data(congress),
            'contact_name': self.contact_name or '',
        }

    def _prepare_certificate_data(self, congress):
        """Return what 《会员证书》 prints (DOMAIN §4.4)."""
        return {
            **self._prepare_letter_data(congress),
            'date_from': self.date_approved.isoformat(),
            'date_to': self.env.company._get_certificate_end(self.date_approved, congress).isoformat(),
        }
