from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.cfia_membership.controllers.portal import MembershipPortal
from odoo.addons.cfia_membership.tools.guard import unlocked


class ReferralPortal(MembershipPortal):
    """Members recommend units and follow their way to membership, by its stages alone."""

    def _prepare_referral_values(self, unit, **values):
        return {
            **self._prepare_portal_layout_values(),
            'page_name': 'referrals',
            'unit': unit,
            'referrals': request.env['cfia.referral']._get_progress_lines(unit),
            'post': {},
            **values,
        }

    @http.route('/my/referrals', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def portal_my_referrals(self, **kwargs):
        """Show what the user's unit recommended."""
        unit = self._get_membership_unit()
        if unit.member_state != 'member':
            return request.redirect('/my')
        return request.render('cfia_membership.portal_my_referrals', self._prepare_referral_values(unit))

    @http.route('/my/referrals', type='http', auth='user', methods=['POST'], website=True)
    def portal_recommend(self, **post):
        """Take a recommendation of the user's unit."""
        unit = self._get_membership_unit()
        if unit.member_state != 'member':
            return request.redirect('/my')
        # sudo: the unit is the user's own, the portal reads no referral
        Referral = request.env['cfia.referral'].sudo()
        try:
            with request.env.cr.savepoint():
                unlocked(Referral).create({
                    **Referral._prepare_form_values(post),
                    'referrer_id': unit.id,
                    'via': 'portal',
                    'recommender': request.env.user.name,
                })
        except UserError as error:
            return request.render('cfia_membership.portal_my_referrals', self._prepare_referral_values(
                unit, post=post, error=str(error)))
        return request.redirect('/my/referrals')
