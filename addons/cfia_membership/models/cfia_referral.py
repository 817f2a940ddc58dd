
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.models.cfia_round_mixin import CONTENT_FIELDS
from odoo.addons.cfia_membership.models.res_partner import BATCH_CREATE_CONTEXT
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index
from odoo.addons.cfia_membership.tools.task import assign
from odoo.addons.cfia_membership.tools.text import clean_unit_name
from odoo.addons.cfia_membership.tools.uscc import normalise_uscc

_lt = LazyTranslate(__name__)


class CfiaReferral(models.Model):
    """A unit recommended by a member or a local association (articles 2.3 and 2.4).

    Who recommends follows the way to membership, by its stages alone.
    """

    _name = 'cfia.referral'
    _personal_columns = ('email', 'phone')
    _description = "Referral"
    _inherit = ['cfia.guard.mixin', 'cfia.known.unit.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'
    _kept_when = True
    _guard_texts = {'unlink': _lt("Referrals are evidence.")}

    name = fields.Char(string="Unit Recommended", required=True, tracking=True)
    referrer_id = fields.Many2one(
        'res.partner', string="Recommended By", required=True, index=True, ondelete='restrict',
        domain="[('is_company', '=', True)]")
    date = fields.Date(required=True, default=lambda self: association_today(), index=True)
    via = fields.Selection(
        selection=[('call', "Answer to a call"), ('portal', "Portal"), ('staff', "Entered by staff")],
        string="By Way Of", required=True, readonly=True, default='staff')
    recommender = fields.Char(string="Recommending Person")
    contact_name = fields.Char(string="Contact Person")
    phone = fields.Char()
    email = fields.Char()
    reason = fields.Text()
    partner_id = fields.Many2one(
        'res.partner', string="Contact Target", readonly=True, index='btree_not_null', ondelete='restrict')
    user_id = fields.Many2one('res.users', string="Responsible", default=lambda self: self._default_user_id())
    progress = fields.Selection(
        selection=[
            ('received', "Received"), ('contacted', "Contacted"), ('applied', "Application received"),
            ('member', "Member"),
        ],
        # sudo: who recommended a unit learns how far it has come, and nothing else of it
        compute='_compute_progress', compute_sudo=True)

    _referrer_unit_unique = models.UniqueIndex(
        '(referrer_id, partner_id) WHERE partner_id IS NOT NULL', "This unit has recommended the same one already.")
    _undecided_idx = models.Index('(date DESC, id DESC) WHERE partner_id IS NULL')
    _name_trigram_idx = trigram_index('name')

    # === DEFAULT METHODS === #

    def _default_user_id(self):
        return self.env['cfia.department']._get_responsible_of('organisation') or (
            self.env.user if self.env.user._is_internal() else False)

    # === COMPUTE METHODS === #

    @api.depends('date', 'partner_id.member_state', 'partner_id.date_member_joined')
    def _compute_progress(self):
        """Tell the stage reached since the recommendation; what was before is not the referrer's matter."""
        units = self.partner_id.ids
        latest = []
        for model, column in (
                ('cfia.membership.application', 'date_received'), ('cfia.enquiry', 'date'),
                ('cfia.contact.log', 'date')):
            latest.append(dict(self.env[model]._read_group(
                [('partner_id', 'in', units)], ['partner_id'], [f'{column}:max'])))
        applied, enquired, contacted = latest
        for referral in self:
            unit, since = referral.partner_id, referral.date

            def reached(dates, unit=unit, since=since):
                return bool(since and dates.get(unit) and dates[unit] >= since)

            if unit.member_state == 'member' and since and unit.date_member_joined and unit.date_member_joined >= since:
                referral.progress = 'member'
            elif reached(applied):
                referral.progress = 'applied'
            elif reached(enquired) or reached(contacted):
                referral.progress = 'contacted'
            else:
                referral.progress = 'received'

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        user = self._default_user_id()
        for vals in vals_list:
            vals['name'] = clean_unit_name(vals.get('name'))
            # one default for all of a batch
            vals.setdefault('user_id', user and user.id)
        referrals = super().create(vals_list)
        referrals._register_prospects()
        return referrals

    # === ACTION METHODS === #

    def action_view_partner(self):
        """Open the unit recommended."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'res.partner',
            'res_id': self.partner_id.id,
            'views': [(False, 'form')],
        }

    # === BUSINESS METHODS === #

    def _register_prospects(self):
        """Keep the units recommended as contact targets and have somebody speak with them.

        A unit of exactly this name that the association already knows is taken, what is known of it
        stays; of one that is spelt otherwise the responsible user decides.
        """
        # sudo: members recommend through the portal
        referrals = self.sudo()
        known, undecided = referrals._match_known_units()
        settled = referrals - undecided
        known.update(settled.filtered(lambda referral: referral not in known)._create_prospects())
        settled._take_units(known)
        for user, own in undecided.grouped('user_id').items():
            assign(own, 'mail.mail_activity_data_todo', user, summary=lambda user: (
                self.env(context={'lang': user._get_reader_lang()})._("Say which unit was recommended")))

    def _take_units(self, units):
        """Give each referral its unit and have the responsible user speak with it.

        :param dict units: referral → unit
        :raise UserError: where the referrer has recommended the unit already
        """
        # sudo: contacts are written by few
        referrals = self.sudo()
        taken = {
            (referral.referrer_id, referral.partner_id)
            # sudo: a unit is recommended once by one, whoever may read it
            for referral in referrals.search([
                ('referrer_id', 'in', referrals.referrer_id.ids),
                ('partner_id', 'in', [unit.id for unit in units.values()])])
        }
        todo = self.env['res.partner'].sudo().with_context(**BATCH_CREATE_CONTEXT)
        for referral in referrals:
            partner = todo.browse(units[referral].id)
            if (referral.referrer_id, partner) in taken:
                raise UserError(self.env._(
                    "%(referrer)s has recommended %(unit)s already.",
                    referrer=referral.referrer_id.name, unit=referral.name))
            taken.add((referral.referrer_id, partner))
            unlocked(referral).partner_id = partner
            if partner.member_state in (False, 'prospect'):
                partner._fill_prospect_values({partner: referral._prepare_source_values()})
                todo |= partner
        for user, own in referrals.grouped('user_id').items():
            units = todo & own.partner_id
            assign(units.with_context(mail_activity_quick_update=True), 'cfia_membership.mail_act_prospect_next', user)
        referrals.activity_feedback(['mail.mail_activity_data_todo'])

    def _prepare_source_values(self):
        self.ensure_one()
        return {
            'prospect_source': self.referrer_id._get_referral_source(),
            'referrer_id': self.referrer_id.id,
            'recruiter_id': self.user_id.id,
        }

    def _prepare_prospect_values(self):
        self.ensure_one()
        return {
            **self._prepare_source_values(),
            'name': self.name,
            'uscc': normalise_uscc(self.uscc) or False,
            'is_company': True,
            'phone': self.phone,
            'email': self.email,
            'lang': self.env.company._get_association_lang(),
        }

    @api.model
    def _prepare_form_values(self, post):
        """Return the values of a referral from a form on the web.

        :param dict post: unchecked
        :raise UserError: where the name is missing
        """
        values = {
            name: (post.get(name) or '').strip()[:limit] or False
            for name, limit in (
                ('name', 200), ('contact_name', 100), ('phone', 50), ('email', 200), ('reason', 2000), ('recommender', 100))
        }
        if not values['name']:
            raise UserError(self.env._("Please enter the full name of the unit that you recommend."))
        return values

    @api.model
    def _get_progress_lines(self, unit):
        """Return what ``unit`` may see of its recommendations: name as it wrote it, day and stage.

        :param unit: in superuser mode
        :rtype: list[dict]
        """
        labels = dict(self._fields['progress']._description_selection(self.env))
        # sudo: the caller passes the unit for which the present user acts
        return [
            {'name': referral.name, 'date': referral.date, 'progress': referral.progress,
             'label': labels[referral.progress]}
            for referral in self.sudo().search([('referrer_id', '=', unit.id)])
        ]


class CfiaReferralCall(models.Model):
    """A call to the units of 正副理事长, 常务理事 and 理事 to recommend members (article 2.4)."""

    _name = 'cfia.referral.call'
    _description = "Call to Recommend Members"
    _inherit = ['cfia.round.mixin']
    _frozen_when = {'open': (*CONTENT_FIELDS, 'handout_ids'), 'closed': '*'}
    _order = 'id desc'

    name = fields.Char(default=lambda self: self._default_name())
    partner_domain = fields.Char(default=lambda self: self._default_partner_domain())
    handout_ids = fields.Many2many(
        'cfia.handout', 'cfia_referral_call_handout_rel', string="Enclosures", domain="[('state', '=', 'released')]",
        help="Versions of the papers enclosed.")
    recipient_ids = fields.One2many('cfia.referral.call.recipient', 'round_id', string="Recipient Lines")
    referral_count = fields.Integer(string="Recommendations", compute='_compute_figures')

    # === DEFAULT METHODS === #

    @api.model
    def _default_name(self):
        return self.env._("Call to recommend members %(year)s", year=association_today().year)

    @api.model
    def _default_partner_domain(self):
        """Name the grades of the council, 正副理事长、常务理事、理事 (article 2.4): they are shown by their names, codes would not."""
        grades = self.env['cfia.grade'].search([('is_council_post', '=', True)])
        return str([('member_grade_id', 'in', grades.ids)])

    @api.model
    def _default_mail_template_id(self):
        return self.env.ref('cfia_membership.mail_template_referral_call', raise_if_not_found=False)

    # === COMPUTE METHODS === #

    @api.model
    def _get_figure_fields(self):
        return [*super()._get_figure_fields(), 'referral_count']

    def _get_figures(self):
        figures = super()._get_figures()
        by_id = {record.id: values for record, values in figures.items()}
        for record, count in self.env['cfia.referral.call.recipient']._read_group(
                [('round_id', 'in', self.ids)], ['round_id'], ['referral_count:sum']):
            by_id[record.id]['referral_count'] = count
        return figures

    # === BUSINESS METHODS === #

    def _get_base_domain(self):
        return (
            Domain('member_state', '=', 'member') & Domain('is_company', '=', True)
            & Domain('member_grade_id.is_council_post', '=', True))

    def _get_contact_role(self):
        return 'representative'

    def _prepare_email_values(self):
        return {**super()._prepare_email_values(), 'attachment_ids': self.handout_ids._get_attachment_commands()}


class CfiaReferralCallRecipient(models.Model):
    """A council unit in a call, with the units that it recommended."""

    _name = 'cfia.referral.call.recipient'
    _description = "Recipient of a Call to Recommend"
    _inherit = ['cfia.round.recipient.mixin']
    _link_template = 'cfia_membership.referral_call_page'

    round_id = fields.Many2one(
        'cfia.referral.call', string="Call", required=True, readonly=True, index=True, ondelete='cascade')
    grade_id = fields.Many2one('cfia.grade', readonly=True)
    referral_count = fields.Integer(string="Recommendations", readonly=True)

    def _is_concerned(self):
        return super()._is_concerned().filtered(
            lambda recipient: recipient.partner_id.member_state == 'member')

    @api.model
    def _get_letter_report_xmlid(self):
        return 'cfia_membership.action_report_referral_call_letter'

    @api.model
    def _get_label_report_xmlid(self):
        return 'cfia_membership.action_report_referral_call_label'

    @api.model
    def _prepare_address_values(self, partner, contact):
        return {
            **super()._prepare_address_values(partner, contact),
            'grade_id': partner.member_grade_id.id,
        }

    def _prepare_link_values(self):
        return {
            **super()._prepare_link_values(),
            'referrals': self.env['cfia.referral']._get_progress_lines(self.partner_id),
        }

    def _process_link_response(self, post, files):
        """Take a recommendation."""
        values = self.env['cfia.referral']._prepare_form_values(post)
        unlocked(self.env['cfia.referral']).create({
            **values,
            'referrer_id': self.partner_id.id,
            'via': 'call',
            'user_id': self.round_id.user_id.id,
        })
        self._respond(post['via'], values['recommender'], referral_count=self.referral_count + 1)


class ResPartner(models.Model):
    _inherit = 'res.partner'

    # sudo: figures, of recommendations that not all staff read
    referral_count = fields.Integer(compute='_compute_referral_counts', compute_sudo=True, groups='base.group_user')
    referral_member_count = fields.Integer(
        string="Members Recommended", compute='_compute_referral_counts', compute_sudo=True, groups='base.group_user')

    def _compute_referral_counts(self):
        self.env['cfia.referral'].flush_model(['referrer_id'])
        self.env['res.partner'].flush_model(['referrer_id', 'member_state', 'active'])
        # one statement: the form of every contact asks
        counts = {
            partner_id: (referrals, members) for partner_id, referrals, members in self.env.execute_query(SQL(
                """SELECT referrer_id, SUM(referrals)::int, SUM(members)::int
                     FROM (SELECT referrer_id, 1 AS referrals, 0 AS members FROM cfia_referral WHERE referrer_id = ANY(%(ids)s)
                        UNION ALL
                           SELECT referrer_id, 0, 1 FROM res_partner
                            WHERE referrer_id = ANY(%(ids)s) AND member_state = 'member' AND active) found
                    GROUP BY referrer_id""", ids=self._origin.ids))}
        for partner in self:
            partner.referral_count, partner.referral_member_count = counts.get(partner._origin.id, (0, 0))

    def action_view_referrals(self):
        """Open the units that these recommended."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_referral_action')
        action['domain'] = [('referrer_id', 'in', self.ids)]
        action['context'] = {'default_referrer_id': self[:1].id}
        return action
