from odoo import api, fields, models


class CfiaMemberTransition(models.TransientModel):
    _inherit = 'cfia.member.transition'

    dues_note = fields.Text(string="Money", compute='_compute_dues_note')

    @api.depends('partner_ids', 'kind')
    def _compute_dues_note(self):
        """Show what an exit leaves to settle."""
        for transition in self:
            units = transition.partner_ids._origin if transition.kind != 'rejoined' else self.env['res.partner']
            transition.dues_note = "\n".join(
                f'{unit.display_name} {" ".join(sentences)}'
                for unit, sentences in units._get_dues_exit_notes().items() if sentences) or False
