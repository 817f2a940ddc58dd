from odoo import api, fields, models

from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaRecruitmentActivity(models.Model):
    """An own activity, or a sister trade's exhibition or meeting, where members are won (article 2.2)."""

    _name = 'cfia.recruitment.activity'
    _description = "Recruitment Activity"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'date_from desc, id desc'

    name = fields.Char(required=True, tracking=True)
    kind = fields.Selection(
        selection=[
            ('own', "Own activity"),
            ('sister_exhibition', "Sister exhibition"),
            ('sister_meeting', "Sister meeting"),
        ],
        required=True,
        default='sister_exhibition',
    )
    organiser = fields.Char()
    place = fields.Char()
    date_from = fields.Date(string="From", required=True, default=lambda self: association_today(), index=True)
    date_to = fields.Date(string="Until")
    user_id = fields.Many2one('res.users', string="Responsible", required=True, copy=False, default=lambda self: self.env.user)
    department_id = fields.Many2one(
        'cfia.department', index='btree_not_null', copy=False,
        default=lambda self: self.env['cfia.department'].search([('user_ids', 'in', self.env.uid)], limit=1))
    material_ids = fields.One2many('cfia.recruitment.material', 'activity_id', string="Material Handed Out")
    material_count = fields.Integer(string="Copies Handed Out", compute='_compute_material_count')
    report = fields.Text(string="Result")
    # Leads. The departments see the figures, whoever may read the units.
    lead_ids = fields.One2many(
        'res.partner', 'recruitment_activity_id', string="Leads", groups='base.group_user')
    # sudo: figures of an activity are for all who see it, the units counted are not
    lead_count = fields.Integer(string="Leads Won", compute='_compute_lead_counts', compute_sudo=True)
    enquiry_count = fields.Integer(compute='_compute_lead_counts', compute_sudo=True)
    member_count = fields.Integer(string="Members Won", compute='_compute_lead_counts', compute_sudo=True)

    _period = models.Constraint(
        'CHECK(date_to IS NULL OR date_to >= date_from)', "An activity ends after it begins.")

    # === COMPUTE METHODS === #

    @api.depends('material_ids.quantity')
    def _compute_material_count(self):
        for activity in self:
            activity.material_count = sum(activity.material_ids.mapped('quantity'))

    @api.depends('lead_ids.member_state')
    def _compute_lead_counts(self):
        leads, members = {}, {}
        for activity, state, count in self.env['res.partner']._read_group(
                [('recruitment_activity_id', 'in', self.ids)], ['recruitment_activity_id', 'member_state'], ['__count']):
            leads[activity] = leads.get(activity, 0) + count
            if state == 'member':
                members[activity] = count
        enquiries = dict(self.env['cfia.enquiry']._read_group(
            [('recruitment_activity_id', 'in', self.ids)], ['recruitment_activity_id'], ['__count']))
        for activity in self:
            activity.lead_count = leads.get(activity._origin, 0)
            activity.member_count = members.get(activity._origin, 0)
            activity.enquiry_count = enquiries.get(activity._origin, 0)

    # === ACTION METHODS === #

    def action_view_leads(self):
        """Open the units won at these activities."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_membership.res_partner_action_prospect')
        action['domain'] = [('recruitment_activity_id', 'in', self.ids)]
        action['context'] = {
            'default_is_company': True, 'default_recruitment_activity_id': self[:1].id,
            'default_prospect_source': self[:1]._get_source(), 'default_recruiter_id': self.env.uid}
        return action

    def action_view_enquiries(self):
        """Open the enquiries made there."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_enquiry_action')
        action['domain'] = [('recruitment_activity_id', 'in', self.ids)]
        action['context'] = {
            'default_recruitment_activity_id': self[:1].id, 'default_channel': 'event'}
        return action

    def action_import_leads(self):
        """Import the list of those met there."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Import Leads"),
            'res_model': 'cfia.prospect.import',
            'view_mode': 'form',
            'context': {
                'default_activity_id': self.id,
                'default_source': self._get_source(),
                'default_department_id': self.department_id.id,
                'default_recruiter_id': self.user_id.id,
            },
        }

    # === BUSINESS METHODS === #

    def _get_source(self):
        """Return the source of units met there, value of ``prospect_source``."""
        self.ensure_one()
        return 'activity' if self.kind == 'own' else 'sister_exhibition'


class CfiaRecruitmentMaterial(models.Model):
    """What was handed out at an activity, and how many copies."""

    _name = 'cfia.recruitment.material'
    _description = "Material Handed Out at an Activity"
    _order = 'activity_id, id'

    activity_id = fields.Many2one(
        'cfia.recruitment.activity', required=True, index=True, ondelete='cascade')
    handout_id = fields.Many2one(
        'cfia.handout', string="Version", domain="[('state', '=', 'released')]", ondelete='restrict')
    name = fields.Char(
        string="Material", required=True, compute='_compute_name', store=True, readonly=False, precompute=True)
    quantity = fields.Integer(string="Copies", default=1)

    _quantity_positive = models.Constraint('CHECK(quantity >= 0)', "The number of copies is not negative.")

    @api.depends('handout_id')
    def _compute_name(self):
        for material in self:
            material.name = material.handout_id.display_name or material.name


class ResPartner(models.Model):
    _inherit = 'res.partner'

    recruitment_activity_id = fields.Many2one(
        'cfia.recruitment.activity', string="Met At", copy=False, index='btree_not_null', ondelete='restrict',
        groups='base.group_user')


class CfiaEnquiry(models.Model):
    _inherit = 'cfia.enquiry'

    recruitment_activity_id = fields.Many2one(
        'cfia.recruitment.activity', string="Asked At", index='btree_not_null', ondelete='restrict')

    @api.depends('recruitment_activity_id')
    def _compute_source(self):
        for enquiry in self:
            if not enquiry.source and enquiry.recruitment_activity_id:
                enquiry.source = enquiry.recruitment_activity_id._get_source()
        return super()._compute_source()

    def _prepare_source_values(self):
        return {
            **super()._prepare_source_values(), 'recruitment_activity_id': self.recruitment_activity_id.id}


class CfiaProspectImport(models.Model):
    _inherit = 'cfia.prospect.import'

    activity_id = fields.Many2one('cfia.recruitment.activity', string="Met At", ondelete='restrict')

    def _prepare_source_values(self):
        return {**super()._prepare_source_values(), 'recruitment_activity_id': self.activity_id.id}
