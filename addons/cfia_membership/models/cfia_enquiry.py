from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index
from odoo.addons.cfia_membership.tools.recruitment import INTENTIONS, PROSPECT_SOURCES
from odoo.addons.cfia_membership.tools.task import assign
from odoo.addons.cfia_membership.tools.uscc import normalise_uscc


class CfiaEnquiry(models.Model):
    """Pre-entry enquiry of a unit (入会咨询, articles 4.1.1 and 5.1), open to every department."""

    _name = 'cfia.enquiry'
    _unguarded_fields = ('partner_id',)
    _personal_columns = ('email', 'phone')
    _description = "Enquiry"
    _inherit = ['cfia.guard.mixin', 'cfia.known.unit.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'

    name = fields.Char(string="Unit", required=True, tracking=True)
    date = fields.Date(required=True, default=lambda self: association_today())
    channel = fields.Selection(
        selection=[
            ('phone', "Telephone"),
            ('visit', "Visit"),
            ('mail', "E-mail message"),
            ('website', "Association's website"),
            ('event', "Exhibition or meeting"),
        ],
        required=True,
        default='phone',
    )
    user_id = fields.Many2one(
        'res.users', string="Received By", required=True, default=lambda self: self.env.user, tracking=True)
    department_id = fields.Many2one(
        'cfia.department', default=lambda self: self._default_department_id())
    # Basics of the enterprise
    partner_id = fields.Many2one(
        'res.partner', string="Contact Target", readonly=True, index='btree_not_null', ondelete='restrict')
    contact_name = fields.Char(string="Contact Person")
    phone = fields.Char()
    email = fields.Char()
    state_id = fields.Many2one(
        'res.country.state', string="Province", domain="[('country_id.code', '=', 'CN')]")
    enterprise_category_id = fields.Many2one('cfia.enterprise.category')
    source = fields.Selection(
        selection=PROSPECT_SOURCES, string="Heard of Us Through", compute='_compute_source', store=True,
        readonly=False, precompute=True)
    referrer_id = fields.Many2one(
        'res.partner', string="Referred By", index='btree_not_null', ondelete='restrict',
        domain="[('is_company', '=', True)]")
    # What was asked and given
    question = fields.Text(string="What Was Asked")
    answer = fields.Text()
    date_handed_over = fields.Datetime(string="Form and Guide Handed Over", readonly=True, tracking=True)
    handed_over_by_id = fields.Many2one('res.users', readonly=True)
    handout_ids = fields.Many2many(
        'cfia.handout', 'cfia_enquiry_handout_rel', string="Versions Handed Over", readonly=True, copy=False)
    intention = fields.Selection(
        selection=INTENTIONS,
        required=True,
        default='unknown',
        tracking=True,
    )
    application_ids = fields.One2many('cfia.membership.application', 'enquiry_id', string="Applications")
    application_count = fields.Integer(compute='_compute_application_count')

    _order_idx = models.Index('(date DESC, id DESC)')
    _undecided_idx = models.Index('(date DESC, id DESC) WHERE partner_id IS NULL')
    _not_handed_over_idx = models.Index('(date DESC, id DESC) WHERE date_handed_over IS NULL')
    _name_trigram_idx = trigram_index('name')
    _contact_name_trigram_idx = trigram_index('contact_name')
    _phone_trigram_idx = trigram_index('phone')

    # === DEFAULT METHODS === #

    def _default_department_id(self):
        return self.env['cfia.department'].search([('user_ids', 'in', self.env.uid)], limit=1)

    # === COMPUTE METHODS === #

    @api.depends('channel', 'referrer_id')
    def _compute_source(self):
        for enquiry in self:
            if enquiry.source:
                continue
            if enquiry.referrer_id:
                enquiry.source = enquiry.referrer_id._get_referral_source()
            elif enquiry.channel == 'website':
                enquiry.source = 'website'

    @api.depends('application_ids')
    def _compute_application_count(self):
        counts = dict(self.env['cfia.membership.application']._read_group(
            [('enquiry_id', 'in', self.ids)], ['enquiry_id'], ['__count']))
        for enquiry in self:
            enquiry.application_count = counts.get(enquiry, 0)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        enquiries = super().create(vals_list)
        enquiries.filtered('partner_id')._write_to_prospects()
        enquiries._register_prospects()
        enquiries._schedule_follow_up()
        return enquiries

    def write(self, vals):
        result = super().write(vals)
        if not {'intention', 'source', 'referrer_id', 'user_id'}.isdisjoint(vals):
            self._write_to_prospects()
        if vals.get('intention') == 'none':
            self.activity_unlink(['cfia_membership.mail_act_enquiry_follow_up'])
        return result

    def _get_frozen_names(self):
        """Keep the unit once it is known."""
        frozen = super()._get_frozen_names()
        return frozen | {'partner_id'} if self.partner_id else frozen

    def _may_freeze(self, names):
        return 'partner_id' in names

    # === ACTION METHODS === #

    def action_hand_over(self):
        """Hand over 《入会申请表》 and 《入会须知》: by e-mail where there is an address, else on paper.

        :return: the action that prints both where a unit has no e-mail address
        """
        template = self.env.ref('cfia_membership.mail_template_enquiry_documents')
        papers = self.env['cfia.handout']._get_entry_papers()
        with_email = self.filtered('email')
        if with_email:
            template.send_mail_batch(
                with_email.ids, email_values={'attachment_ids': papers._get_attachment_commands()})
        self.check_access('write')
        unlocked(self).write({
            'date_handed_over': fields.Datetime.now(),
            'handed_over_by_id': self.env.uid,
            'handout_ids': [Command.link(paper.id) for paper in papers],
        })
        body = self.env._("Handed over: %(papers)s", papers="、".join(papers.mapped('display_name')))
        self._message_log_batch(bodies=dict.fromkeys(self.ids, body))
        on_paper = self - with_email
        if on_paper:
            return self.env.ref('cfia_membership.action_report_enquiry_documents').report_action(on_paper)
        return True

    def action_create_application(self):
        """Open a new application of the unit, filled with what the enquiry knows.

        :raise UserError: when the unit is a member already, or nobody said which unit it is
        """
        self.ensure_one()
        if self.candidate_ids:
            raise UserError(self.env._(
                "%(enquiry)s may be a unit that we know. Say first which one it is.", enquiry=self.display_name))
        if self.partner_id.member_state == 'member':
            raise UserError(self.env._(
                "%(unit)s is a member already, number %(number)s.",
                unit=self.partner_id.display_name, number=self.partner_id.member_number,
            ))
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Membership Application"),
            'res_model': 'cfia.membership.application',
            'view_mode': 'form',
            'context': self._prepare_application_context(),
        }

    def action_view_applications(self):
        """Open the applications that came of this enquiry."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'cfia_membership.cfia_membership_application_action')
        action['domain'] = [('enquiry_id', '=', self.id)]
        action['context'] = self._prepare_application_context()
        return action

    def action_no_intention(self):
        """Note that the unit does not want to join: it stays a contact target of activities (5.1)."""
        self.write({'intention': 'none'})
        return True

    # === BUSINESS METHODS === #

    def _prepare_application_context(self):
        return {
            'default_enquiry_id': self.id,
            'default_partner_id': self.partner_id.id,
            'default_name': self.name,
            'default_contact_name': self.contact_name,
            'default_contact_phone': self.phone,
            'default_contact_email': self.email,
            'default_state_id': self.state_id.id,
            'default_enterprise_category_id': self.enterprise_category_id.id,
            'default_referrer_id': self.referrer_id.id,
        }

    def _schedule_follow_up(self):
        """Have those who received enquiries ask about the intention at a suitable time (5.1d)."""
        days = self.env.company.cfia_follow_up_days
        if days <= 0:
            return
        deadline = association_today() + timedelta(days=days)
        todo = self.filtered(lambda enquiry: enquiry.intention != 'none')
        for user, enquiries in todo.grouped('user_id').items():
            assign(enquiries, 'cfia_membership.mail_act_enquiry_follow_up', user, date_deadline=deadline)

    def _write_to_prospects(self):
        """Keep the intention on the contact target, and its source where that was not known."""
        # sudo: every department records enquiries, contacts are written by few
        for enquiry in self.sudo().sorted('date'):
            partner = enquiry.partner_id
            if partner.member_state not in ('prospect', 'applicant'):
                continue
            if enquiry.intention != 'unknown' and partner.prospect_intention != enquiry.intention:
                partner.prospect_intention = enquiry.intention
            partner._fill_prospect_values({partner: enquiry._prepare_source_values()})

    def _prepare_source_values(self):
        """Return where the unit comes from, as the enquiry knows it."""
        self.ensure_one()
        return {
            'prospect_source': self.source,
            'referrer_id': self.referrer_id.id,
            'recruiter_id': self.user_id.id,
            'recruiting_department_id': self.department_id.id,
        }

    def _register_prospects(self):
        """Keep each unit that asked as a contact target (联络服务对象).

        A unit of exactly this name that the association already knows is taken; of one that is
        spelt otherwise somebody decides.
        """
        new = self.filtered(lambda enquiry: not enquiry.partner_id)
        known, undecided = new._match_known_units()
        known.update((new - undecided).filtered(lambda enquiry: enquiry not in known)._create_prospects())
        (new - undecided)._take_units(known)

    def _take_units(self, units):
        for enquiry in self:
            unlocked(enquiry).partner_id = units[enquiry]
        self._write_to_prospects()

    def _prepare_prospect_values(self):
        self.ensure_one()
        return {
            **self._prepare_source_values(),
            'name': self.name,
            'uscc': normalise_uscc(self.uscc) or False,
            'is_company': True,
            'phone': self.phone,
            'email': self.email,
            'state_id': self.state_id.id,
            'country_id': self.state_id.country_id.id,
            'enterprise_category_id': self.enterprise_category_id.id,
        }
