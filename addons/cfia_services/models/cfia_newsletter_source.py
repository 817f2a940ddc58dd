"""What the newsletter prints of the ledger and of released figures."""
from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# names of units that a list of changes prints
MAX_NAMES = 60
# months ahead that coming events are told
MONTHS_AHEAD = 3


class CfiaBulletin(models.Model):
    """Last month's entries (article 5.4) and other changes (article 4.2.3): names of units, nothing else."""

    _name = 'cfia.bulletin'
    _inherit = ['cfia.bulletin', 'cfia.newsletter.source.mixin']

    _newsletter_sections = ('joined', 'changes')

    @api.model
    def _get_newsletter_records(self, section, date):
        return self.search([('state', '=', 'released'), ('date_to', '<', date)], order='date, id')

    def _prepare_newsletter_block(self, section):
        self.ensure_one()
        groups = [
            {'title': group['title'], 'items': group['units']}
            for group in self._get_members_rendition()['groups'] if (group['kind'] == 'joined') == (section == 'joined')
        ]
        month = {'year': self.date.year, 'month': self.date.month}
        if section == 'joined':
            names = groups[0]['items'] if groups else []
            # the heading of the block says what the only list is
            groups = [{'title': False, 'items': names}] if names else []
            title = self.env._("Members that joined in %(year)s/%(month)s", **month)
            lead = self.env._(
                "In %(year)s/%(month)s %(count)s units joined the association. We bid them a warm welcome.",
                **month, count=len(names),
            ) if names else self.env._("In %(year)s/%(month)s no unit joined the association.", **month)
        else:
            title = self.env._("Changes of members in %(year)s/%(month)s", **month)
            lead = False if groups else self.env._("In %(year)s/%(month)s nothing else changed.", **month)
            groups = [self._shorten_group(group) for group in groups]
        return {'title': title, 'date': self.date, 'lead': lead, 'groups': groups}

    def _shorten_group(self, group):
        """Return a group whose list has room in a mail, with the number of all."""
        names = group['items']
        return {
            'title': self.env._("%(kind)s (%(count)s units)", kind=group['title'], count=len(names)),
            'items': names if len(names) <= MAX_NAMES else [*names[:MAX_NAMES], self.env._("and others")],
        }


class CfiaStatistics(models.Model):
    """The figures of a quarter by region and type (article 5.5), with the picture of the chart."""

    _name = 'cfia.statistics'
    _inherit = ['cfia.statistics', 'cfia.newsletter.source.mixin']

    _newsletter_sections = ('statistics',)

    @api.model
    def _get_newsletter_records(self, section, date):
        return self.search([('state', '=', 'released'), ('date', '<=', date)], order='date, id')

    def _prepare_newsletter_block(self, section):
        self.ensure_one()
        data = self._get_newsletter_data(('region', 'category', 'ownership'))
        headings = {'name': self.env._("Item"), 'member_count': self.env._("Members"), 'share': self.env._("Share")}
        columns = [(key, headings[key], kind) for key, kind in (('name', 'text'), ('member_count', 'count'), ('share', 'rate'))]
        return {
            'title': data['title'],
            'date': data['date'],
            'lead': data['notice'],
            'image': self._get_newsletter_image(),
            'tables': [
                {
                    'title': self.env._("By %(dimension)s", dimension=data['titles'][dimension].lower()),
                    'columns': columns, 'rows': rows,
                }
                for dimension, rows in data['tables'].items() if rows
            ],
        }

    def _get_newsletter_image(self):
        """Return the chart, None on a server without the tool: the tables say the same."""
        try:
            return self._get_chart_image()
        except UserError:
            return None


class CfiaRecruitmentActivity(models.Model):
    """Coming events of the association."""

    _name = 'cfia.recruitment.activity'
    _inherit = ['cfia.recruitment.activity', 'cfia.newsletter.source.mixin']

    _newsletter_sections = ('events',)
    _newsletter_is_once = False

    @api.model
    def _get_newsletter_records(self, section, date):
        return self.search(
            Domain('kind', '=', 'own') & Domain('date_from', '<=', date + relativedelta(months=MONTHS_AHEAD))
            & (Domain('date_from', '>=', date) | Domain('date_to', '>=', date)),
            order='date_from, id')

    def _prepare_newsletter_block(self, section):
        def get_days(event):
            if not event.date_to or event.date_to == event.date_from:
                return event.date_from.isoformat()
            return self.env._(
                "%(first)s to %(last)s", first=event.date_from.isoformat(), last=event.date_to.isoformat())

        headings = {'days': self.env._("Date"), 'name': self.env._("Coming event"), 'place': self.env._("Place")}
        return {
            'title': self.env._("Coming events of the association"),
            'tables': [{
                'title': False,
                'columns': [(key, heading, 'text') for key, heading in headings.items()],
                'rows': [{'days': get_days(event), 'name': event.name, 'place': event.place or ''} for event in self],
            }],
        }
