from odoo import models


class CfiaMembershipApplication(models.Model):
    """What an application tells of recruitment: where the unit comes from, and that it was followed up."""

    _inherit = 'cfia.membership.application'

    def _link_partners(self):
        """Keep the source of units that had none, and close the follow-ups that led here."""
        result = super()._link_partners()
        # sudo: any department forwards applications, contacts are written by few
        for application in self.sudo():
            partner = application.partner_id
            if partner.member_state == 'applicant':
                partner._fill_prospect_values({partner: application._prepare_source_values()})
        self.sudo().enquiry_id.activity_feedback(['cfia_membership.mail_act_enquiry_follow_up'])
        self.sudo().partner_id.activity_feedback(['cfia_membership.mail_act_prospect_next'])
        return result

    def _prepare_source_values(self):
        """Return where the unit comes from, as the application knows it."""
        self.ensure_one()
        values = {
            'referrer_id': self.referrer_id.id,
            'prospect_source': self.referrer_id and self.referrer_id._get_referral_source(),
            'recruiter_id': self.received_by_id.id,
            'recruiting_department_id': self.received_department_id.id,
        }
        if self.enquiry_id:
            values.update({
                name: value for name, value in self.enquiry_id._prepare_source_values().items() if value})
        return values
