from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaCouncilPostDecide(models.TransientModel):
    """Suspension, return or removal of council posts; membership is not touched."""

    _name = 'cfia.council.post.decide'
    _description = "Decision on Council Posts"

    term_ids = fields.Many2many(
        'cfia.grade.term', 'cfia_council_post_decide_term_rel', string="Posts", required=True)
    decision = fields.Selection(
        selection=[('suspend', "Suspend"), ('resume', "End the suspension"), ('remove', "Remove")],
        required=True,
        default='suspend',
    )
    resolution_id = fields.Many2one('cfia.resolution', required=True)
    date = fields.Date(string="Effective On", required=True, default=lambda self: association_today())
    grade_id = fields.Many2one(
        'cfia.grade', string="Grade from Now On", domain=[('is_council_post', '=', False)],
        default=lambda self: self.env.ref('cfia_membership.cfia_grade_member', raise_if_not_found=False))

    def action_confirm(self):
        """Bring the decision into effect.

        :raise UserError: naming the post that it does not fit
        """
        self.ensure_one()
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department enters resolutions."))
        if not self.resolution_id.attachment_ids:
            raise UserError(self.env._(
                "“%(resolution)s”: attach the signed paper.", resolution=self.resolution_id.display_name))
        if self.date > association_today():
            raise UserError(self.env._(
                "%(date)s lies in the future. Record it on that day.", date=self.date))
        expected = {'suspend': ('active',), 'resume': ('suspended',), 'remove': ('active', 'suspended')}
        for term in self.term_ids:
            if not term.is_council_post or term.state not in expected[self.decision]:
                raise UserError(self.env._(
                    "“%(post)s” is no council post in a state that allows this.", post=term.display_name))
        # sudo: history, ledger and files are written by acts alone
        terms, resolution = self.term_ids.sudo(), self.resolution_id.sudo()
        if self.decision == 'suspend':
            terms._suspend(resolution, self.date)
        elif self.decision == 'resume':
            terms._resume(resolution, self.date)
        else:
            terms.partner_id._set_grades(
                dict.fromkeys(terms.partner_id, self.grade_id), resolution, end_kind='removed', date=self.date)
            terms.partner_id._issue_certificates('changed', source=resolution)
        resolution._file_papers(terms.partner_id, 'resolution')
        return {'type': 'ir.actions.act_window_close'}
