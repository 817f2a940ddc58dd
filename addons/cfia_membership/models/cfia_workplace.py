from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools.misc import format_date, formatLang

from odoo.addons.cfia_membership.tools.dates import association_today

ROLES = 'cfia_membership.group_cfia_staff,cfia_membership.group_cfia_leader,cfia_membership.group_cfia_auditor'
# How many records the list of a tile shows; the rest is behind its number.
ROW_LIMIT = 6


class CfiaWorkplace(models.AbstractModel):
    """The start screen of whoever works here (工作台): what waits for him, and the year at a glance.

    Add-ons offer tiles, figures and charts by two hooks. A tile is a domain: it is counted as the
    user who asks, and is left out where he may not read what it counts.
    """

    _name = 'cfia.workplace'
    _description = "Workplace"

    @api.model
    @api.readonly
    def get_workplace(self):
        """Return all that the start screen of the present user shows, in one request.

        The number of queries depends on the tiles alone, never on what they count.

        :return: ``date`` and ``year`` of the association; ``tour``, the name of the role's first tour; ``golive``, the way
            to the first day of work, until it is gone (``text`` and ``action``); ``tiles`` with ``key``, ``title``, ``icon``,
            ``count``, ``late`` (how many of them are overdue), ``action`` and ``rows``; ``figures`` with
            ``title``, ``value`` (text), ``hint`` and ``action``; ``charts`` with ``title``, ``type``,
            ``labels`` and ``series``. An ``action`` has the id of a window action, a title and the domain
            of what was counted.
        :rtype: dict
        :raise AccessError: for users without a role in the association's work
        """
        if not self.env.user.has_groups(ROLES):
            raise AccessError(self.env._("The workplace is for those who work with members."))
        today = association_today()
        return {
            'date': fields.Date.to_string(today),
            'year': today.year,
            'currency_id': self.env.company.currency_id.id,
            'tour': self.env['web_tour.tour']._get_role_tour().name,
            'golive': self.env['cfia.golive']._get_progress(),
            'tiles': self._count_tiles(self._get_workplace_tiles(today)),
            **self._get_workplace_year(today),
        }

    # === HOOKS === #

    @api.model
    def _get_workplace_tiles(self, today):
        """Return what may wait for the present user.

        :param date today: the association's day
        :return: tiles made by :meth:`_prepare_tile`
        :rtype: list[dict]
        """
        return []

    @api.model
    def _get_workplace_year(self, today):
        """Return the year at a glance, as far as the present user may see it.

        :param date today: the association's day
        :return: ``figures``, made by :meth:`_prepare_figure`, and ``charts``: ``key``, ``title``, ``type``
            (``bar``, ``hbar``, ``growth``, ``doughnut``), ``is_money``, ``labels``, and ``series`` with
            ``label``, ``tone``, ``values`` and an action or nothing for each value
        :rtype: dict[str, list[dict]]
        """
        return {'figures': [], 'charts': []}

    # === BUSINESS METHODS === #

    @api.model
    def _may_see(self, model, groups=None):
        """Return whether the present user may read a model, and is of one of the groups."""
        return self.env[model].has_access('read') and (not groups or self.env.user.has_groups(groups))

    @api.model
    def _prepare_action(self, xmlid, title, domain):
        """Return what the client opens behind a number: the very records that were counted.

        :param str xmlid: external id of the window action
        :param str title: shown above the list
        :param list domain: what was counted, the action's own for nothing
        """
        return {'xmlid': xmlid, 'title': title, 'domain': domain and list(domain)}

    @api.model
    def _prepare_tile(self, key, sequence, icon, model, action, domain, title, groups=None, late_domain=None, rows=None):
        """Return a tile that is not counted yet.

        :param str key: its name in the client
        :param str icon: class of Font Awesome
        :param str model: name of the model that is counted
        :param str action: external id of the window action that shows it
        :param list domain: what is counted
        :param str title: what it is
        :param str groups: whose work it is, all who may read the model by default
        :param list late_domain: what of it is overdue; all of it, when it is empty
        :param dict rows: how its first records are listed, see :meth:`_read_rows`
        """
        return {
            'key': key, 'sequence': sequence, 'icon': icon, 'model': model, 'action': action, 'domain': domain,
            'title': title, 'groups': groups, 'late_domain': late_domain, 'rows': rows,
        }

    @api.model
    def _prepare_figure(self, key, title, value, hint='', tone='', action=None):
        """Return a figure of the year.

        :param str value: as people read it
        :param str hint: what it is made of
        :param str tone: ``success``, ``warning``, ``danger`` or nothing
        """
        return {'key': key, 'title': title, 'value': value, 'hint': hint, 'tone': tone, 'action': action}

    @api.model
    def _count_tiles(self, specs):
        """Count those of the tiles that the present user may see."""
        tiles = []
        for spec in sorted(specs, key=lambda spec: spec['sequence']):
            if not self._may_see(spec['model'], spec['groups']):
                continue
            Model, domain = self.env[spec['model']], Domain(spec['domain'])
            count = Model.search_count(domain)
            late = 0
            if count and spec['late_domain'] is not None:
                late = Model.search_count(domain & Domain(spec['late_domain']))
            tiles.append({
                'key': spec['key'],
                'title': spec['title'],
                'icon': spec['icon'],
                'count': count,
                'late': late,
                'action': self._prepare_action(spec['action'], spec['title'], spec['domain']),
                'rows': self._read_rows(Model, domain, spec['rows']) if count and spec['rows'] else None,
            })
        return tiles

    @api.model
    def _read_rows(self, Model, domain, spec):
        """Return the first records of a tile, ready to be shown.

        :param Model: the model, without records
        :param domain: of the tile
        :param dict spec: ``title`` and ``date`` (fields), ``details`` (fields), ``order``; ``label`` of the
            step that comes next, and ``method`` that opens it, else the record's form is opened
        """
        names = [spec['title'], *spec['details'], spec['date']]
        records = Model.search_fetch(domain, names, limit=ROW_LIMIT, order=spec['order'])
        return {
            'model': Model._name,
            'method': spec.get('method'),
            'label': spec['label'],
            'records': [
                {
                    'id': record.id,
                    'title': self._format_field(record, spec['title']) or record.display_name,
                    'details': [text for name in spec['details'] if (text := self._format_field(record, name))],
                    'date': self._format_field(record, spec['date']),
                }
                for record in records
            ],
        }

    @api.model
    def _format_field(self, record, name):
        """Return a value as people read it."""
        field, value = record._fields[name], record[name]
        if not value:
            return ''
        if field.relational:
            return ", ".join(value.mapped('display_name'))
        if field.type == 'selection':
            return dict(field._description_selection(self.env))[value]
        if field.type == 'date':
            return format_date(self.env, value)
        if field.type == 'datetime':
            return format_date(self.env, fields.Datetime.context_timestamp(self.with_context(tz='Asia/Shanghai'), value))
        if field.type == 'monetary':
            return formatLang(self.env, value, currency_obj=record[field.get_currency_field(record)])
        return str(value)
