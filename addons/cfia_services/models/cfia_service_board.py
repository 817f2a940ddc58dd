import ast
import calendar
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Date, Domain

from odoo.addons.cfia_membership.tools.dates import association_today, to_association_tz

SUPERVISORS = (
    'cfia_membership.group_cfia_organisation,cfia_membership.group_cfia_secretary_general,'
    'cfia_membership.group_cfia_leader,cfia_membership.group_cfia_auditor'
)
# days after which work counts as late; the regulation says “promptly”
LATE_DAYS = {'change_list': 7, 'magazine': 10, 'website_vip': 5, 'returned': 5, 'newsletter_problem': 5}


class CfiaServiceBoard(models.TransientModel):
    """What every service has to do, by department (article 3.0): due, late, and for how many members.

    A row is a domain, counted as the user who looks: who may not read what it counts does not see it,
    and departments see their own. Add-ons and parts of this one offer rows by
    :meth:`_get_service_board_rows`.
    """

    _name = 'cfia.service.board'
    _description = "Service Board"
    _order = 'department_sequence, service_sequence, sequence, id'

    name = fields.Char(string="What", readonly=True)
    key = fields.Char(readonly=True)
    sequence = fields.Integer(readonly=True)
    service_id = fields.Many2one('cfia.service', readonly=True, ondelete='cascade')
    service_sequence = fields.Integer(readonly=True)
    department_id = fields.Many2one('cfia.department', readonly=True, ondelete='cascade')
    department_sequence = fields.Integer(readonly=True)
    entitled_count = fields.Integer(string="Members Entitled", readonly=True, aggregator=None)
    waiting_count = fields.Integer(string="Due Now", readonly=True)
    late_count = fields.Integer(string="Late", readonly=True)
    member_count = fields.Integer(string="Members Waiting", readonly=True)
    date_next = fields.Date(string="Oldest", readonly=True)
    res_model = fields.Char(readonly=True)
    action_xmlid = fields.Char(readonly=True)
    domain = fields.Char(readonly=True)
    late_domain = fields.Char(readonly=True)
    member_field = fields.Char(readonly=True)

    # === ACTION METHODS === #

    @api.model
    def action_open(self):
        """Count afresh and open the board."""
        rows = self._make()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_service_board_action'),
            'domain': [('id', 'in', rows.ids)],
        }

    def action_view_waiting(self):
        """Open what is due."""
        return self._get_list_action(self.name, self.domain)

    def action_view_late(self):
        """Open what is late."""
        return self._get_list_action(self.env._("%(what)s, late", what=self.name), self.late_domain)

    def action_view_members(self):
        """Open the members that wait."""
        self.ensure_one()
        records = self.env[self.res_model].search(ast.literal_eval(self.domain))
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("%(what)s, members", what=self.name),
            'res_model': 'res.partner',
            'view_mode': 'list,form',
            'domain': [('id', 'in', records[self.member_field].ids)],
            'context': {'create': False},
        }

    def action_view_entitled(self):
        """Open the members entitled to the service."""
        self.ensure_one()
        return self.service_id.action_view_entitlements()

    def action_review(self):
        """Note that the organisation department looked, with the numbers, and tell departments what is late.

        :raise UserError: for users outside the organisation department
        """
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department supervises the service of the departments."))
        # what is kept is in the association's language, whoever reviews
        board = self.with_context(lang=self.env.company._get_association_lang())._make()
        review = self.env['cfia.service.review']._record(board)
        return {
            'type': 'ir.actions.act_window',
            'res_model': review._name,
            'res_id': review.id,
            'view_mode': 'form',
        }

    def _get_list_action(self, name, domain):
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id(self.action_xmlid),
            'name': name,
            # the path above the list
            'display_name': name,
            'domain': ast.literal_eval(domain),
            'context': {'create': False},
        }

    # === HOOKS === #

    @api.model
    def _get_service_board_rows(self, services, today):
        """Return what may wait in the services. Extend with ``super()`` for rows of one's own.

        :param dict services: code of a service of the catalogue → service; look whether yours is there
        :param date today: the association's day
        :return: rows made by :meth:`_prepare_row`
        :rtype: list[dict]
        """
        rows = []
        day = Date.to_string(today)
        before = {key: Date.to_string(today - timedelta(days=days)) for key, days in LATE_DAYS.items()}
        organisation = self.env.ref('cfia_membership.cfia_department_organisation')
        for code, kind in (('magazine', 'editorial'), ('website_vip', 'network')):
            if code in services:
                rows.append(self._prepare_row(
                    'change_list', 10, services[code], self.env._("Change lists not received"), 'cfia.change.list',
                    'cfia_services.cfia_change_list_action',
                    domain=[('kind', '=', kind), ('state', '=', 'waiting')],
                    late_domain=[('date_made', '<', before['change_list'])], date_field='date_made'))
        if 'magazine' in services:
            rows += [
                self._prepare_row(
                    'magazine', 20, services['magazine'], self.env._("Issues not posted"), 'cfia.magazine.issue',
                    'cfia_services.cfia_magazine_issue_action',
                    domain=[('state', '!=', 'posted'), ('date', '<=', day)],
                    late_domain=[('date', '<', before['magazine'])], date_field='date'),
                self._prepare_row(
                    'unaddressed', 30, services['magazine'], self.env._("Copies without address"),
                    'cfia.magazine.copy', 'cfia_services.cfia_magazine_copy_action', department=organisation,
                    domain=[('state', '=', 'no_address'), ('issue_id.state', '=', 'listed')],
                    member_field='partner_id'),
                self._prepare_row(
                    'returned', 40, services['magazine'], self.env._("Returned copies, address to verify"),
                    'cfia.magazine.copy', 'cfia_services.cfia_magazine_copy_action', department=organisation,
                    domain=[('state', '=', 'returned'), ('date_handled', '=', False)],
                    late_domain=[('date_returned', '<', before['returned'])], date_field='date_returned',
                    member_field='partner_id'),
            ]
        if 'website_vip' in services:
            rows.append(self._prepare_row(
                'website_vip', 20, services['website_vip'], self.env._("VIP to open, change or close"),
                'cfia.website.vip', 'cfia_services.cfia_website_vip_action',
                domain=[('date_done', '=', False)], late_domain=[('date', '<', before['website_vip'])],
                date_field='date', member_field='partner_id'))
        if 'newsletter' in services:
            # the schedule makes an issue for each month, so that what is missing of the twelve a year is a draft
            month_end = today.replace(day=calendar.monthrange(today.year, today.month)[1])
            rows += [
                self._prepare_row(
                    'newsletter', 20, services['newsletter'], self.env._("Newsletters to send this month"),
                    'cfia.newsletter', 'cfia_services.cfia_newsletter_action',
                    domain=[('state', '=', 'draft'), ('date_issue', '<=', Date.to_string(month_end))],
                    late_domain=[('date_issue', '<', day)], date_field='date_issue'),
                self._prepare_row(
                    'newsletter_problem', 30, services['newsletter'], self.env._("Newsletters that came back, address to verify"),
                    'cfia.newsletter.recipient', 'cfia_services.cfia_newsletter_recipient_action_problem',
                    domain=[
                        ('round_id.state', '=', 'open'), ('state', '!=', 'excluded'),
                        ('delivery_state', 'in', ['failed', 'bounced', 'returned'])],
                    late_domain=[('date_last_sent', '<', before['newsletter_problem'])], date_field='date_last_sent',
                    member_field='partner_id', department=organisation),
            ]
        rows += [
            self._prepare_row(
                'account', 20, service, self.env._("Accounts to open"), 'cfia.entitlement',
                'cfia_services.cfia_entitlement_action',
                domain=[('service_id', '=', service.id), ('is_waiting', '=', True)],
                late_domain=[('date_account_due', '<', day)], date_field='date_account_due', member_field='partner_id')
            for service in services.values() if service.needs_account
        ]
        if 'needs' in services:
            rows.append(self._prepare_row(
                'need', 20, services['needs'], self.env._("Needs to reply to"), 'cfia.need',
                'cfia_services.cfia_need_action', domain=[('state', '=', 'open')],
                late_domain=[('date_deadline', '<', day)], date_field='date_deadline', member_field='partner_id',
                department_field='department_id'))
        return rows

    @api.model
    def _prepare_row(self, key, sequence, service, name, model, action, domain, late_domain=None, date_field=None,
                     member_field=None, department=None, department_field=None):
        """Return a row that is not counted yet.

        :param str key: its name in code
        :param service: service of the catalogue that it belongs to
        :param str name: what it is, in the language of the user
        :param str model: name of the model that is counted
        :param str action: external id of the window action that shows it
        :param list domain: what is due, of plain literals
        :param list late_domain: which of it is late
        :param str date_field: the oldest one is shown
        :param str member_field: the members that wait
        :param department: who does it, where it is not the department that delivers the service
        :param str department_field: where each record names its own department; a row for each
        """
        return {
            'key': key, 'sequence': sequence, 'service': service, 'name': name, 'model': model, 'action': action,
            'domain': domain, 'late_domain': late_domain, 'date_field': date_field, 'member_field': member_field,
            'department': department or service.department_id, 'department_field': department_field,
        }

    # === BUSINESS METHODS === #

    @api.model
    def _make(self):
        """Count the rows that the present user may see; queries depend on the rows, never on what they count.

        :return: the rows, each service once at least
        """
        services = self.env['cfia.service'].search([])
        specs = self._get_service_board_rows({service.code: service for service in services}, association_today())
        vals_list = []
        for spec in specs:
            if self.env[spec['model']].has_access('read'):
                vals_list += self._count_row(spec)
        shown = {(vals['service_id'], vals['department_id']) for vals in vals_list}
        vals_list += [
            {'service_id': service.id, 'department_id': service.department_id.id, 'sequence': 100}
            for service in services if (service.id, service.department_id.id) not in shown
        ]
        departments = self.env['cfia.department'].search([])
        if not self.env.user.has_groups(SUPERVISORS):
            departments = departments.filtered(lambda department: self.env.user in department.user_ids)
        by_id = {service.id: service for service in services}
        order = {department.id: index for index, department in enumerate(departments)}
        return self.create([
            {
                **vals,
                'entitled_count': by_id[vals['service_id']].open_entitlement_count,
                'service_sequence': by_id[vals['service_id']].sequence,
                'department_sequence': order[vals['department_id']],
            }
            for vals in vals_list if vals['department_id'] in order
        ])

    @api.model
    def _count_row(self, spec):
        """Return the values of a row, or of one for each department."""
        Model, domain = self.env[spec['model']], Domain(spec['domain'])
        aggregates = ['__count']
        if spec['member_field']:
            aggregates.append(f"{spec['member_field']}:count_distinct")
        if spec['date_field']:
            aggregates.append(f"{spec['date_field']}:min")
        groupby = [spec['department_field']] if spec['department_field'] else []
        late = {}
        if spec['late_domain'] is not None:
            late = {
                (group[0].id if groupby else False): group[-1]
                for group in Model._read_group(domain & Domain(spec['late_domain']), groupby, ['__count'])
            }
        vals_list = []
        for group in Model._read_group(domain, groupby, aggregates):
            values = list(group)
            key = values.pop(0).id if groupby else False
            count = values.pop(0)
            members = values.pop(0) if spec['member_field'] else 0
            oldest = values.pop(0) if spec['date_field'] else False
            if isinstance(oldest, datetime):
                oldest = to_association_tz(oldest).date()
            own = [(spec['department_field'], '=', key)] if groupby else []
            vals_list.append({
                'key': spec['key'],
                'name': spec['name'],
                'sequence': spec['sequence'],
                'service_id': spec['service'].id,
                'department_id': key or spec['department'].id,
                'waiting_count': count,
                'late_count': late.get(key, 0),
                'member_count': members,
                'date_next': oldest,
                'res_model': spec['model'],
                'action_xmlid': spec['action'],
                'domain': repr([*spec['domain'], *own]),
                'late_domain': repr([*spec['domain'], *(spec['late_domain'] or []), *own]),
                'member_field': spec['member_field'],
            })
        return vals_list
