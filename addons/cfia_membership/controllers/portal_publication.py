from odoo.http import request, route

from .portal import MembershipPortal

SHOWN = 24


class PublicationPortal(MembershipPortal):
    """What is published to the members: bulletins and statistics (articles 4.2.3 and 5.5)."""

    def _get_publication(self, model, record_id):
        """Return a released record for a member, in superuser mode; not found for anybody else."""
        unit = self._get_membership_unit()
        # sudo: members read what was released, through the page alone
        record_sudo = request.env[model].sudo().browse(record_id).exists()
        if unit.member_state != 'member' or record_sudo.state != 'released':
            raise request.not_found()
        return record_sudo

    def _prepare_publication_values(self):
        """Return the lists of the page /my/membership/publications. Extend to show more."""
        released = [('state', '=', 'released')]
        return {
            'page_name': 'membership_publications',
            # sudo: members read what was released, through the page alone
            'bulletins': request.env['cfia.bulletin'].sudo().search(released, limit=SHOWN),
            'statistics': request.env['cfia.statistics'].sudo().search(released, limit=SHOWN),
        }

    @route('/my/membership/publications', type='http', auth='user', website=True, readonly=True)
    def portal_publications(self, **kwargs):
        """List what was published to the members."""
        if self._get_membership_unit().member_state != 'member':
            raise request.not_found()
        return request.render('cfia_membership.portal_publications', self._prepare_publication_values())

    @route('/my/membership/bulletins/<int:bulletin_id>', type='http', auth='user', website=True, readonly=True)
    def portal_bulletin(self, bulletin_id, **kwargs):
        """Show a bulletin: names of units and kinds of change."""
        bulletin_sudo = self._get_publication('cfia.bulletin', bulletin_id)
        return request.render('cfia_membership.portal_bulletin', {
            'page_name': 'membership_publications', 'rendition': bulletin_sudo._get_members_rendition()})

    @route('/my/membership/statistics/<int:statistics_id>', type='http', auth='user', website=True, readonly=True)
    def portal_statistics(self, statistics_id, **kwargs):
        """Show the statistics of a quarter."""
        statistics_sudo = self._get_publication('cfia.statistics', statistics_id)
        return request.render('cfia_membership.portal_statistics', {
            'page_name': 'membership_publications', 'figures': statistics_sudo._get_newsletter_data()})
