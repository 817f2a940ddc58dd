
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)


class CfiaMagazineCopy(models.Model):
    """A member's copy of a magazine issue with the address to which it went: a line of the frozen list."""

    _name = 'cfia.magazine.copy'
    _description = "Copy on a Mailing List"
    _inherit = ['cfia.ledger.mixin', 'mail.thread', 'mail.activity.mixin']
    _acts_of_readers = ('action_report_change',)
    _order = 'issue_id desc, member_number, id'
    _rec_name = 'unit_name'
    _made_by_steps = True
    _guard_texts = {'create': _lt("The mailing list is made with the issue and cannot be added to.")}
    _mail_post_access = 'read'

    issue_id = fields.Many2one(
        'cfia.magazine.issue', required=True, readonly=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one(
        'res.partner', string="Unit Record", required=True, readonly=True, index=True, ondelete='restrict')
    member_number = fields.Char(readonly=True)
    unit_name = fields.Char(readonly=True)
    addressee = fields.Char(readonly=True)
    address = fields.Char(readonly=True)
    zip = fields.Char(string="Postcode", readonly=True)
    phone = fields.Char(readonly=True)
    quantity = fields.Integer(string="Magazine Copies", required=True, readonly=True, default=1)
    state = fields.Selection(
        selection=[('listed', "On the list"), ('no_address', "No address"), ('returned', "Copy came back")],
        required=True, readonly=True, default='listed', index=True)
    # What came back
    date_returned = fields.Date(string="Returned On", readonly=True)
    return_reason = fields.Char(string="Why It Came Back", readonly=True)
    date_handled = fields.Date(string="Address Verified On", readonly=True)
    handled_by_id = fields.Many2one('res.users', string="Verified By", readonly=True)

    _issue_partner_unique = models.UniqueIndex(
        '(issue_id, partner_id)', "This member has its copy of the issue already.")
    _one_copy = models.Constraint('CHECK (quantity = 1)', "Each member gets one copy of an issue.")

    # === ACTION METHODS === #

    def action_return(self):
        """Ask why these copies came back."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Returned Copies"),
            'res_model': 'cfia.magazine.return',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_issue_id': self.issue_id[:1].id, 'default_copy_ids': self.ids},
        }

    def action_report_change(self):
        """Open the unit's data, to be overwritten with the right address."""
        self.ensure_one()
        return self.partner_id.action_report_change()

    def action_handled(self):
        """Note that the addresses of returned copies were verified; the others are skipped.

        :raise UserError: for users outside the organisation department
        """
        self.check_access('read')
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department verifies addresses of members."))
        # sudo: that they are verified is all that the department writes
        todo = self.filtered(lambda copy: copy.state == 'returned' and not copy.date_handled).sudo()
        unlocked(todo).write({'date_handled': association_today(), 'handled_by_id': self.env.uid})
        todo.activity_feedback(['cfia_services.mail_act_magazine_returned'])
        return True

    # === BUSINESS METHODS === #

    def _return(self, reason):
        """Note that copies came back and put them before the organisation department. Repeats are skipped.

        :param str reason: what the post wrote
        :return: the copies that are noted now
        """
        # sudo: the return is all that is written on a frozen list
        todo = self.filtered(lambda copy: copy.state == 'listed').sudo()
        unlocked(todo).write({
            'state': 'returned', 'date_returned': association_today(), 'return_reason': reason})
        assign(
            todo.with_context(mail_activity_quick_update=True), 'cfia_services.mail_act_magazine_returned',
            self.env['cfia.department']._get_responsible_of('organisation'), summary=reason)
        return todo

    def _get_label_lines(self):
        """Return what the label says, line by line.

        :rtype: list[str]
        """
        self.ensure_one()
        return list(filter(None, (
            self.zip,
            self.address,
            self.unit_name,
            self.env._("Attn: %(addressee)s", addressee=self.addressee) if self.addressee else '',
            ' '.join(filter(None, (self.phone, self.member_number))),
        )))
