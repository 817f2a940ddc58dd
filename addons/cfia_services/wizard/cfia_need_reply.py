from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class CfiaNeedReply(models.TransientModel):
    """Reply to a need, with what was replied to others before it."""

    _name = 'cfia.need.reply'
    _description = "Reply to a Need"

    need_id = fields.Many2one('cfia.need', required=True, readonly=True, ondelete='cascade')
    partner_id = fields.Many2one(related='need_id.partner_id')
    question = fields.Text(related='need_id.description')
    wished_form = fields.Char(related='need_id.wished_form')
    reply = fields.Html()
    # sudo: as with all of Odoo's fields of attachments, the rights are those of the record that each belongs to
    attachment_ids = fields.Many2many('ir.attachment', string="Attached Files", bypass_search_access=True)
    words = fields.Char(help="Each word is looked for in questions and replies. Empty: what resembles this need.")
    found_ids = fields.Many2many('cfia.need', string="Earlier Replies", compute='_compute_found_ids')

    @api.depends('words', 'need_id')
    def _compute_found_ids(self):
        for wizard in self:
            need = wizard.need_id
            wizard.found_ids = need._find_replies(
                wizard.words, f"{need.name or ''} {need.description or ''}") - need

    def action_send(self):
        """Send the reply by mail and to the portal, and archive it."""
        self.ensure_one()
        self._keep_draft()
        self.need_id.action_reply()
        return {'type': 'ir.actions.act_window_close'}

    def action_keep(self):
        """Keep the reply as a draft on the need."""
        self.ensure_one()
        self._keep_draft()
        return {'type': 'ir.actions.act_window_close'}

    def _keep_draft(self):
        self.need_id.check_access('write')
        self.attachment_ids._adopt(self.need_id)
        self.need_id.write({
            'reply': self.reply, 'reply_attachment_ids': [Command.set(self.attachment_ids.ids)]})

    def _get_dialog(self):
        """Return the action that opens this dialog."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Reply"),
            'res_model': self._name,
            'res_id': self.id,
            'view_mode': 'form',
            'target': 'new',
        }


class CfiaNeed(models.Model):
    _inherit = 'cfia.need'

    def action_take_over(self):
        """Take the text of this earlier reply over into the dialog that it is looked at from.

        :return: the dialog
        :raise UserError: outside of a dialog of one's own
        """
        self.ensure_one()
        wizard = self.env['cfia.need.reply'].browse(self.env.context.get('cfia_need_reply_id')).exists()
        if not wizard or wizard.create_uid != self.env.user:
            raise UserError(self.env._("Open the dialog for the reply first."))
        wizard.reply = self.reply
        return wizard._get_dialog()
