from odoo import fields, models

from odoo.addons.cfia_membership.tools.dates import association_now
from odoo.addons.cfia_membership.tools.index import trigram_index


class CfiaContactLog(models.Model):
    """A visit, call or mail with a unit: who spoke with whom about what (regulation 4.2, 3)."""

    _name = 'cfia.contact.log'
    _description = "Contact with a Unit"
    _inherit = ['cfia.unit.person.mixin', 'mail.thread', 'mail.activity.mixin']
    _rec_name = 'subject'
    _order = 'date desc, id desc'

    subject = fields.Char(required=True)
    kind = fields.Selection(
        selection=[
            ('visit', "Visit to the unit"), ('call', "Telephone"), ('mail', "E-mail message"), ('meeting', "Meeting"),
            ('message', "Text or voice message"), ('other', "Other"),
        ],
        required=True,
        default='call',
    )
    date = fields.Date(required=True, default=lambda self: association_now().date(), index=True)
    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True, index=True, ondelete='restrict',
        domain=[('is_company', '=', True)])
    contact_id = fields.Many2one(
        'res.partner', string="Spoke With", ondelete='set null', domain="[('parent_id', '=', partner_id)]")
    user_id = fields.Many2one(
        'res.users', string="By", required=True, default=lambda self: self.env.user, index=True, copy=False)
    department_id = fields.Many2one(
        'cfia.department', string="Department", index='btree_not_null', copy=False,
        default=lambda self: self.env['cfia.department'].search([('user_ids', 'in', self.env.uid)], limit=1))
    summary = fields.Text()

    _subject_trigram_idx = trigram_index('subject')
    _summary_trigram_idx = trigram_index('summary')
