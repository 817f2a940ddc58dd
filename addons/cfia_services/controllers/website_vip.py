import hashlib
from datetime import datetime

from odoo import api
from odoo.http import Controller, request, route

from odoo.addons.cfia_membership.tools.dates import ASSOCIATION_TZ, association_now
from odoo.addons.cfia_membership.tools.rate_limit import RateLimit

# for each user of the interface, within a minute
API_LIMIT = RateLimit('website_vip', times=60, seconds=60)
GROUP = 'cfia_services.group_cfia_website_interface'
MAX_PAGE = 100_000
MAX_ROWS = 1000


class WebsiteVipController(Controller):
    """The website asks who is VIP (article 3.5): member numbers and status, nothing else."""

    @route('/cfia/api/website-vip', type='http', auth='bearer', methods=['GET'], readonly=True, save_session=False)
    def website_vip(self, page='1', limit='500', since=None, **kwargs):
        """Send a page of member numbers with their VIP status.

        :param str page: number of the page, from 1
        :param str limit: rows of a page, 1000 at most
        :param str since: ISO 8601 day or moment, the association's time where it names no zone; only what
            changed then or later
        :return: JSON; 304 for a page known by its ETag, 400, 403 and 429 with an error text
        """
        if request.env.user.share or not request.env.user.has_group(GROUP):
            return self._refuse("This key may not ask for the VIP list.", 403)
        if not API_LIMIT.hit(request.env.uid, request.env):
            return self._refuse("Too many requests. Ask again later.", 429, [('Retry-After', str(API_LIMIT.seconds))])
        try:
            page, limit, moment = int(page), int(limit), self._parse_moment(since)
        except ValueError:
            return self._refuse("page and limit are numbers, since is an ISO 8601 day or moment.", 400)
        if not 1 <= page <= MAX_PAGE or not 1 <= limit <= MAX_ROWS:
            return self._refuse(f"page is from 1 to {MAX_PAGE}, limit from 1 to {MAX_ROWS}.", 400)
        Status = request.env['cfia.website.vip.status']
        as_of = association_now().isoformat(timespec='seconds')
        version = f'{Status._get_version()}-{page}-{limit}-{moment}'
        etag = hashlib.sha256(version.encode()).hexdigest()[:32]
        headers = [('ETag', f'"{etag}"'), ('Cache-Control', 'private, no-cache')]
        if etag in request.httprequest.if_none_match:
            return request.make_response('', headers=headers, status=304)
        rows, total = Status._read_page((page - 1) * limit, limit, moment)
        self._note(rows, moment)
        return request.make_json_response({
            'as_of': as_of,
            'page': page,
            'pages': max(-(-total // limit), 1),
            'total': total,
            'members': [{'number': row.member_number, 'status': row.status} for row in rows],
        }, headers=headers)

    def _refuse(self, error, status, headers=()):
        return request.make_json_response({'error': error}, headers=list(headers), status=status)

    def _parse_moment(self, text):
        """Return a moment as naive UTC, None for none.

        :raise ValueError: for other texts
        """
        if not text:
            return None
        # a plus sign that nobody escaped arrives as a blank
        moment = datetime.fromisoformat(text.replace(' ', '+') if 'T' in text else text)
        if not moment.tzinfo:
            moment = moment.replace(tzinfo=ASSOCIATION_TZ)
        return (moment - moment.utcoffset()).replace(tzinfo=None)

    def _note(self, rows, moment):
        """Note the disclosure with a cursor of its own: the request itself reads only."""
        with request.env.registry.cursor() as cr:
            env = api.Environment(cr, request.env.uid, {})
            env['cfia.disclosure']._disclose(
                'api', rows.with_env(env), ['member_number', 'status'],
                reason=env._("Website VIP (article 3.5)"), recipient=request.env.user.name,
                selection=f'since {moment} UTC' if moment else None)
