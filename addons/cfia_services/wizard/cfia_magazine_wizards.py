import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_list

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.member_number import canonical_number


class CfiaMagazinePost(models.TransientModel):
    """Day and number of copies of an issue handed to the post."""

    _name = 'cfia.magazine.post'
    _description = "Posting of a Magazine Issue"

    issue_id = fields.Many2one('cfia.magazine.issue', required=True, readonly=True, ondelete='cascade')
    date = fields.Date(string="Posted On", required=True, default=lambda self: association_today())
    listed_count = fields.Integer(string="Copies with an Address", compute='_compute_listed_count')
    unaddressed_count = fields.Integer(related='issue_id.unaddressed_count')
    count = fields.Integer(
        string="Copies Posted", compute='_compute_count', store=True, readonly=False, required=True)
    note = fields.Char(string="Remarks", help="Why it is another number than on the list; number of the post's receipt.")

    @api.depends('issue_id')
    def _compute_listed_count(self):
        for wizard in self:
            wizard.listed_count = wizard.issue_id.copy_count - wizard.issue_id.unaddressed_count

    @api.depends('listed_count')
    def _compute_count(self):
        for wizard in self:
            wizard.count = wizard.listed_count

    def action_confirm(self):
        """Note the issue as posted."""
        self.ensure_one()
        self.issue_id._post(self.date, self.count, self.note)
        return {'type': 'ir.actions.act_window_close'}


class CfiaMagazineReturn(models.TransientModel):
    """Copies that came back (退刊), by member number or from the list."""

    _name = 'cfia.magazine.return'
    _description = "Returned Copies of a Magazine Issue"

    issue_id = fields.Many2one(
        'cfia.magazine.issue', required=True, domain="[('state', '=', 'posted')]", ondelete='cascade')
    copy_ids = fields.Many2many(
        'cfia.magazine.copy', 'cfia_magazine_return_copy_rel', string="Copies Returned",
        domain="[('issue_id', '=', issue_id), ('state', '=', 'listed')]")
    numbers = fields.Text(string="Member Numbers", help="One on each line, or with blanks or commas between.")
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Note the return; it becomes work of the organisation department.

        :raise UserError: naming the numbers that are not on the list, or when nothing was named
        """
        self.ensure_one()
        if self.issue_id.state != 'posted':
            raise UserError(self.env._(
                "%(issue)s has not been posted yet: nothing can have come back.", issue=self.issue_id.display_name))
        copies = self.copy_ids | self._find_copies()
        strange = copies.filtered(lambda copy: copy.issue_id != self.issue_id)[:1]
        if strange:
            raise UserError(self.env._(
                "%(unit)s is on the list of %(issue)s. Note the returns of each issue by itself.",
                unit=strange.unit_name, issue=strange.issue_id.display_name))
        if not copies:
            raise UserError(self.env._("Enter the member numbers of what came back, or choose from the list."))
        copies._return(self.reason)
        return {'type': 'ir.actions.act_window_close'}

    def _find_copies(self):
        """Return the copies of the numbers written, however they are written.

        :raise UserError: naming those that are not on the list; nothing is noted then
        """
        texts = [text for text in re.split(r'[\s,;，；、]+', self.numbers or '') if text]
        # sudo: how numbers are written is no secret
        number_format = self.env['cfia.member.number'].sudo()._get_format()
        canonical = {text: canonical_number(text, *number_format) or text for text in texts}
        found = self.env['cfia.magazine.copy'].search([
            ('issue_id', '=', self.issue_id.id), ('member_number', 'in', list(canonical.values()))])
        known = set(found.mapped('member_number'))
        missing = [text for text, number in canonical.items() if number not in known]
        if missing:
            raise UserError(self.env._(
                "Nothing was noted: %(numbers)s are not on the list of %(issue)s.",
                numbers=format_list(self.env, missing), issue=self.issue_id.display_name))
        return found
