from odoo.http import request

from odoo.addons.cfia_membership.controllers.portal import MembershipPortal

# Steps that the applicant is shown, and those whose reason is for him to read.
SHOWN_STEPS = ('submitted', 'verified', 'returned', 'signed', 'ratified', 'rejected', 'withdrawn')
REASON_STEPS = ('returned', 'rejected')


class MembershipApplicationPortal(MembershipPortal):
    """The course of the unit's own applications, every round with its reason."""

    def _prepare_membership_values(self, unit):
        # sudo: applications of the user's own unit; the page shows the columns named in the template only
        applications_sudo = request.env['cfia.membership.application'].sudo().search(
            [('partner_id', '=', unit.id), ('state', '!=', 'draft')])
        return {
            **super()._prepare_membership_values(unit),
            'applications': applications_sudo,
            'application_shown_steps': SHOWN_STEPS,
            'application_reason_steps': REASON_STEPS,
        }
