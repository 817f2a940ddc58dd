from odoo import api, fields, models

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.recruitment import INTENTIONS, PROSPECT_SOURCES


class ResPartner(models.Model):
    """Contact targets (联络服务对象, article 2): where they come from and whether they want to join."""

    _inherit = 'res.partner'

    # Recruitment. The portal reads a unit's own columns, these are the association's.
    prospect_source = fields.Selection(
        selection=PROSPECT_SOURCES, copy=False, groups='base.group_user',
        help="Where the association has the unit from. A unit with a source is a contact target.")
    prospect_intention = fields.Selection(
        selection=INTENTIONS, string="Intention", copy=False, groups='base.group_user',
        group_expand='_group_expand_prospect_intention')
    date_prospect = fields.Date(string="Contact Target Since", copy=False, groups='base.group_user')
    recruiter_id = fields.Many2one(
        'res.users', string="Recruiter", copy=False, index='btree_not_null', groups='base.group_user')
    recruiting_department_id = fields.Many2one(
        'cfia.department', string="Recruiting Department", copy=False, index='btree_not_null',
        groups='base.group_user')
    referrer_id = fields.Many2one(
        'res.partner', string="Referred By", copy=False, index='btree_not_null', ondelete='restrict',
        domain="[('is_company', '=', True)]", groups='base.group_user',
        help="The member or local association that recommended the unit.")
    recruitment_channel = fields.Selection(
        selection=[('mail', "E-mail message"), ('letter', "Post")], string="Recruitment Letters By",
        copy=False, groups='base.group_user', help="Empty: as the mailing says.")
    is_recruitment_opt_out = fields.Boolean(
        string="No Recruitment Letters", copy=False, groups='base.group_user',
        help="The unit does not want to be asked to join.")
    enquiry_ids = fields.One2many(
        'cfia.enquiry', 'partner_id', string="Enquiries",
        groups='cfia_membership.group_cfia_staff,cfia_membership.group_cfia_manager,cfia_membership.group_cfia_auditor')

    # === COMPUTE METHODS === #

    @api.model
    def _group_expand_prospect_intention(self, intentions, domain):
        return [key for key, _label in INTENTIONS]

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        if any(vals.get('prospect_source') for vals in vals_list):
            partners._register_as_prospects()
        return partners

    def write(self, vals):
        result = super().write(vals)
        if vals.get('prospect_source'):
            self._register_as_prospects()
        return result

    # === ACTION METHODS === #

    def action_no_intention(self):
        """Note that these units do not want to join: they stay contact targets of activities (5.1e)."""
        self.write({'prospect_intention': 'none'})
        self.activity_unlink(['cfia_membership.mail_act_prospect_next'])
        return True

    def action_view_enquiries(self):
        """Open what these units asked."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_enquiry_action')
        action['domain'] = [('partner_id', 'in', self.ids)]
        action['context'] = {'default_name': self.name, 'default_partner_id': self.id} if len(self) == 1 else {}
        return action

    # === BUSINESS METHODS === #

    def _register_as_prospects(self):
        """Make contact targets of the units among these that are nothing yet."""
        self.sudo().filtered(  # sudo: the state is the workflow's, whoever enters the source
            lambda partner: partner.is_company and not partner.member_state and partner.prospect_source,
        )._set_member_state('prospect')

    def _set_member_state(self, state, vals_by_partner=None):
        """Note since when and with what intention a unit is a contact target."""
        if state == 'prospect':
            vals_by_partner = dict(vals_by_partner or {})
            for partner in self:
                vals = {} if partner.date_prospect else {'date_prospect': association_today()}
                if not partner.prospect_intention:
                    vals['prospect_intention'] = 'unknown'
                vals_by_partner[partner] = {**vals, **vals_by_partner.get(partner, {})}
        return super()._set_member_state(state, vals_by_partner)

    def _get_referral_source(self):
        """Return the source of a unit that this one recommended."""
        self.ensure_one()
        # sudo: the kind of the referrer is a classification
        is_association = self.sudo().enterprise_category_id.code == 'local_association'
        return 'local_association' if is_association else 'member'

    def _fill_prospect_values(self, vals_by_partner):
        """Write what is still empty on each unit and leave alone what is known.

        :param dict vals_by_partner: unit → values
        """
        for partner in self:
            vals = {
                name: value for name, value in vals_by_partner.get(partner, {}).items()
                if value and not partner[name]
            }
            if vals:
                partner.write(vals)
