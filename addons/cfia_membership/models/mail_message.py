from odoo import api, models
from odoo.tools import email_normalize


class MailMessage(models.Model):
    """Mails, too, that no thread posts carry the association as their author, never Odoo's robot."""

    _inherit = 'mail.message'

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._put_association(vals)
        return super().create(vals_list)

    def _put_association(self, vals):
        """Put the association where the robot or nobody stands as author or sender of a message."""
        model = vals.get('model') or self.env.context.get('default_model')
        records = self.env[model].browse(vals.get('res_id') or []) if model in self.env else self.env['mail.thread']
        if vals.get('author_guest_id') or not records._speaks_for_association():
            return
        robots = records._get_robots()
        author_id, email_from = vals.get('author_id'), email_normalize(vals.get('email_from') or '')
        is_robot = not email_from or email_from in robots.mapped('email_normalized')
        if author_id and author_id not in robots.ids or 'author_id' in vals and not author_id and not is_robot:
            # somebody's own words
            return
        author, address = records._get_association()._get_sender()
        if not address:
            return
        vals['author_id'] = author.id
        if is_robot:
            vals['email_from'] = address
        if email_normalize(vals.get('reply_to') or '') in robots.mapped('email_normalized'):
            vals['reply_to'] = address
