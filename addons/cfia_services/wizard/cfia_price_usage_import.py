from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.member_number import canonical_number
from odoo.addons.cfia_membership.tools.sheet import read_sheets
from odoo.addons.cfia_membership.tools.sheet.cells import narrow, read_date
from odoo.addons.cfia_membership.tools.sheet.columns import find_list
from odoo.addons.cfia_membership.tools.text import clean_text

# headings as an event's register writes them
HEADINGS = {
    'number': ('会员证号', '会员号', '会员编号', '会员证编号', 'Member Number'),
    'date': ('日期', '使用日期', '参会日期', '活动日期', '参展日期', '报名日期', '时间', 'Date'),
    'quantity': ('数量', '人数', '展位数', 'Quantity'),
    'note': ('活动', '活动名称', '展会', '会议', 'Event'),
}


class CfiaService(models.Model):
    _inherit = 'cfia.service'

    def _check_may_record_use(self):
        """Let the delivering department and the organisation department record uses of a member price.

        :raise UserError: for everybody else, naming the department
        """
        self.ensure_one()
        # sudo: who is of the delivering department is asked for the right alone
        department_sudo = self.sudo().department_id
        if self.env.user not in department_sudo.user_ids and not self.env.user.has_group(
                'cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._(
                "“%(service)s” is delivered by %(department)s, which records its use.",
                service=self.name, department=department_sudo.name))


class CfiaPriceUsageRecord(models.TransientModel):
    """One use of a member price, entered by hand (article 3.6)."""

    _name = 'cfia.price.usage.record'
    _description = "Use of a Member Price"

    service_id = fields.Many2one(
        'cfia.service', required=True, domain="[('kind', '=', 'price')]",
        default=lambda self: self.env['cfia.service'].search([('kind', '=', 'price')], limit=1))
    partner_id = fields.Many2one(
        'res.partner', string="Member", required=True, domain="[('member_number', '!=', False)]")
    event_name = fields.Char(string="Name of the Event", required=True)
    date = fields.Date(required=True, default=lambda self: association_today())
    quantity = fields.Integer(required=True, default=1, help="Persons or booths.")

    def action_record(self):
        """Record the use.

        :raise UserError: for a member that had no right to the price on the day
        """
        self.ensure_one()
        self.service_id._check_may_record_use()
        # sudo: the department records the uses of its own service, see above
        Entitlement = self.env['cfia.entitlement'].sudo()
        entitlement_sudo = Entitlement.search(
            Entitlement._get_valid_domain(self.date)
            & Domain('service_id', '=', self.service_id.id)
            & Domain('partner_id', '=', self.partner_id.commercial_partner_id.id), limit=1)
        if not entitlement_sudo:
            raise UserError(self.env._(
                "%(unit)s had no right to “%(service)s” on %(date)s.", unit=self.partner_id.display_name,
                service=self.service_id.name, date=fields.Date.to_string(self.date)))
        # sudo: as above; the ledger keeps the user
        self.env['cfia.service.usage'].sudo().create({
            'entitlement_id': entitlement_sudo.id, 'date': self.date, 'quantity': self.quantity,
            'note': self.event_name, 'user_id': self.env.uid})
        return self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_service_usage_action_price')


class CfiaPriceUsageImport(models.TransientModel):
    """List of an event: which members came at the member price (article 3.6)."""

    _name = 'cfia.price.usage.import'
    _description = "Import of Uses of Member Prices"
    _inherit = ['cfia.sheet.mixin']

    service_id = fields.Many2one(
        'cfia.service', required=True, domain="[('kind', '=', 'price')]",
        default=lambda self: self.env['cfia.service'].search([('kind', '=', 'price')], limit=1))
    event_name = fields.Char(string="Name of the Event", help="Where the list has no column for it.")
    date = fields.Date(help="Where the list has no column for it.")
    file = fields.Binary(string="List", required=True)
    filename = fields.Char(string="File Name")

    def action_import(self):
        """Record the uses of the list: all of them or none. What is recorded already is left out.

        :raise UserError: naming every row that cannot be taken
        """
        self.ensure_one()
        self.service_id._check_may_record_use()
        rows = self._read_rows()
        # sudo: how numbers are written is no secret
        number_format = self.env['cfia.member.number'].sudo()._get_format()
        numbers = {row['number']: canonical_number(row['number'], *number_format) or row['number'] for row in rows}
        # sudo: the department records the uses of its own service, see above
        entitlements = self.env['cfia.entitlement'].sudo().search([
            ('service_id', '=', self.service_id.id), ('partner_id.member_number', 'in', list(numbers.values())),
        ]).grouped(lambda entitlement: entitlement.partner_id.member_number)
        problems, vals_list = [], []
        for row in rows:
            day = row['date']
            # sudo: as above
            found = entitlements.get(numbers[row['number']], self.env['cfia.entitlement'].sudo())
            good = day and found.filtered(
                lambda entitlement: entitlement.date_from <= day and (not entitlement.date_to or day <= entitlement.date_to))
            if not day:
                problems.append(self.env._("Row %(row)s: no date.", row=row['row']))
            elif not row['quantity']:
                problems.append(self.env._("Row %(row)s: the quantity is no whole number above zero.", row=row['row']))
            elif not good:
                problems.append(self.env._(
                    "Row %(row)s: %(number)s had no right to “%(service)s” on %(date)s.", row=row['row'],
                    number=row['number'] or '-', service=self.service_id.name, date=fields.Date.to_string(day)))
            else:
                vals_list.append({
                    'entitlement_id': good[0].id, 'date': day, 'quantity': row['quantity'], 'note': row['note'],
                    'user_id': self.env.uid})
        if problems:
            raise UserError('\n'.join([
                self.env._("Nothing was recorded. Mend these rows and read the list again:"), *problems]))
        fresh = self._filter_fresh(vals_list)
        # sudo: as above; the ledger keeps the user
        usages = self.env['cfia.service.usage'].sudo().create(fresh)
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_service_usage_action_price'),
            'name': self.env._(
                "Recorded: %(count)s, recorded before: %(known)s", count=len(usages), known=len(vals_list) - len(fresh)),
            'domain': [('id', 'in', usages.ids)],
        }

    def _filter_fresh(self, vals_list):
        """Return the uses that the ledger does not hold: a list read twice makes nothing twice."""
        # sudo: the department's own service
        known = {
            (usage.entitlement_id.id, usage.date, usage.note or '', usage.quantity)
            for usage in self.env['cfia.service.usage'].sudo().search(
                [('entitlement_id', 'in', [vals['entitlement_id'] for vals in vals_list])])
        }
        fresh = []
        for vals in vals_list:
            key = (vals['entitlement_id'], vals['date'], vals['note'] or '', vals['quantity'])
            if key not in known:
                known.add(key)
                fresh.append(vals)
        return fresh

    def _read_rows(self):
        """Return the rows that name a member.

        :return: dictionaries with ``row``, ``number``, ``date``, ``quantity`` and ``note``
        :raise UserError: when the file is no such list
        """
        found = find_list(self._read_list(self.file, self.filename, read_sheets), HEADINGS, ['number'])
        if not found:
            raise UserError(self.env._(
                "“%(file)s” has no row with the heading “%(heading)s”.", file=self.filename or '',
                heading=HEADINGS['number'][0]))
        return [
            {
                'row': row,
                'number': narrow(values['number']),
                'date': read_date(values.get('date')) or self.date,
                'quantity': self._parse_quantity(values.get('quantity')),
                'note': clean_text(values.get('note')) or self.event_name or False,
            }
            for row, values in found[1] if narrow(values['number'])
        ]

    @staticmethod
    def _parse_quantity(value):
        text = clean_text(value)
        if not text:
            return 1
        return int(text) if text.isdigit() else 0
