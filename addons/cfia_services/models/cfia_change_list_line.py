from odoo import api, fields, models
from odoo.tools import format_list
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class CfiaChangeListLine(models.Model):
    """A member as a list to a department shows it: frozen, in the words of the day it was made."""

    _name = 'cfia.change.list.line'
    _description = "Change List Line"
    _inherit = ['cfia.ledger.mixin']
    _order = 'list_id desc, member_number, id'
    _rec_name = 'unit_name'
    _made_by_steps = True
    _guard_texts = {'create': _lt("The lines of a change list are made with it and cannot be added.")}

    list_id = fields.Many2one('cfia.change.list', required=True, readonly=True, index=True, ondelete='restrict')
    partner_id = fields.Many2one('res.partner', string="Unit Record", required=True, readonly=True, ondelete='restrict')
    change = fields.Selection(
        string="Kind of Change",
        selection=[
            ('new', "New member"),
            ('changed_unit', "Unit changed"),
            ('changed_contact', "Contact changed"),
            ('changed_addressee', "Addressee changed"),
            ('stopped', "Stopped"),
        ],
        required=True,
        readonly=True,
    )
    changed_fields = fields.Char(readonly=True)
    changed_labels = fields.Char(string="What Changed", compute='_compute_changed_labels')
    member_number = fields.Char(readonly=True)
    unit_name = fields.Char(readonly=True)
    edition_id = fields.Many2one('cfia.magazine.edition', readonly=True, ondelete='restrict')
    addressee = fields.Char(readonly=True)
    address = fields.Char(readonly=True)
    zip = fields.Char(string="Postcode", readonly=True)
    contact_name = fields.Char(string="Contact Person", readonly=True)
    phone = fields.Char(readonly=True)
    email = fields.Char(readonly=True)

    _partner_list_idx = models.Index('(partner_id, list_id)')

    @api.depends('changed_fields')
    @api.depends_context('lang')
    def _compute_changed_labels(self):
        for line in self:
            names = [name for name in (line.changed_fields or '').split(',') if name]
            line.changed_labels = format_list(
                self.env, [self._fields[name]._description_string(self.env) for name in names]) if names else False
