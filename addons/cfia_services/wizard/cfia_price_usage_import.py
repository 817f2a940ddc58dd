import re
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import file_path

from odoo.addons.cfia_membership.models.cfia_sheet_form import Kind
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.member_number import canonical_number
from odoo.addons.cfia_membership.tools.sheet import Headings, read_lines
from odoo.addons.cfia_membership.tools.sheet.cells import narrow, parse_number, read_date
from odoo.addons.cfia_membership.tools.sheet.judged import Judged, Left
from odoo.addons.cfia_membership.tools.text import clean_text

# 未取消 is none of them
_NOT_USED = re.compile(r'(?<![未无])(?:取消|撤销|作废|退款|退订|退票|拒绝|驳回|缺席|缺勤)|未通过|未[签参出]|未到|待审')
HEADINGS = Headings(file_path('cfia_services/tools/price_use_headings.txt'), anchors=('number', 'date', 'quantity', 'note'))


class CfiaSheetForm(models.Model):
    _inherit = 'cfia.sheet.form'

    @api.model
    def _get_kinds(self):
        return {
            **super()._get_kinds(),
            'price_use': Kind(self.env._("Uses of member prices"), HEADINGS, (('number',),), ('cfia.price.usage.import',)),
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
    _inherit = ['cfia.sheet.importer']
    _sheet_kind = 'price_use'
    _sheet_answers = ('service_id', 'event_name', 'date')

    service_id = fields.Many2one(
        'cfia.service', required=True, domain="[('kind', '=', 'price')]",
        default=lambda self: self.env['cfia.service'].search([('kind', '=', 'price')], limit=1))
    event_name = fields.Char(string="Name of the Event", help="Where the list has no column for it.")
    date = fields.Date(help="Where the list has no column for it.")
    file = fields.Binary(string="List", required=True)
    filename = fields.Char(string="File Name")

    # === IMPORT === #

    def _check_may_import(self):
        self.service_id._check_may_record_use()
        return super()._check_may_import()

    def action_import(self):
        """Record the uses of the list: all of them or none. What is recorded already is left out.

        :raise UserError: naming every row in question
        """
        self.ensure_one()
        self._check_may_import()
        questioned = self._judge_list().questioned
        if questioned:
            raise UserError('\n'.join([
                self.env._("Nothing was recorded. Mend these rows and read the list again:"),
                *(row.reason for row in questioned)]))
        return super().action_import()

    def _judge_list(self):
        """Say of each row whether its member had a right to the price on its day, and whether it is recorded."""
        self.ensure_one()
        lines, passed = self._read_list(self.file, self.filename, self._read_lines)
        # sudo: how numbers are written is no secret
        number_format = self.env['cfia.member.number'].sudo()._get_format()
        numbers = [
            canonical_number(text, *number_format) or text for line in lines
            for text in [narrow(line.values['number']).replace(' ', '')]]
        # sudo: the department records the uses of its own service, see above
        entitlements = self.env['cfia.entitlement'].sudo().search([
            ('service_id', '=', self.service_id.id), ('partner_id.member_number', 'in', list(set(numbers))),
        ]).grouped(lambda entitlement: entitlement.partner_id.member_number)
        known = self._count_known(entitlements)
        judged = Judged(
            seen=len(lines) + len(passed), headings=lines[0].table.headings if lines else [],
            titles=[self.env._("Member Number"), self.env._("Unit"), self.env._("Date"), self.env._("Quantity"), self.env._("What For")])
        for line, number in zip(lines, numbers):
            if not number or not any(character.isdigit() for character in number):
                judged.left.append(Left(line.number, line.sheet, 'note', self.env._("Names no member"), line.cells))
                continue
            if any(_NOT_USED.search(text) for text in line.answers('status')):
                judged.left.append(Left(
                    line.number, line.sheet, 'not_used', self.env._("Cancelled, refused or not there"), line.cells))
                continue
            day = read_date(line.values.get('date'), line.table.epoch) or (
                self.date if not narrow(line.values.get('date')) else None)
            quantity = self._parse_quantity(line.values.get('quantity'))
            # sudo: as above
            found = entitlements.get(number, self.env['cfia.entitlement'].sudo())
            good = day and found.filtered(
                lambda entitlement, day=day: entitlement.date_from <= day and (
                    not entitlement.date_to or day <= entitlement.date_to))
            problem = (
                self.env._("Row %(row)s: no date.", row=line.number) if not day
                else self.env._("Row %(row)s: the quantity is no whole number above zero.", row=line.number) if not quantity
                else self.env._("Row %(row)s: %(number)s had no right to “%(service)s” on %(date)s.", row=line.number,
                       number=number, service=self.service_id.name, date=fields.Date.to_string(day)) if not good
                else '')
            if problem:
                judged.left.append(Left(line.number, line.sheet, 'question', problem, line.cells, is_question=True))
                continue
            note = clean_text(line.values.get('note')) or self.event_name or False
            key = (good[0].id, day, note or '', quantity)
            if known[key] > 0:
                # a list read twice, or a member named twice, makes nothing twice
                judged.left.append(Left(line.number, line.sheet, 'known', self.env._("Recorded before"), line.cells))
                continue
            known[key] += 1
            judged.taken.append({
                'entitlement_id': good[0].id, 'date': day, 'quantity': quantity, 'note': note, 'user_id': self.env.uid})
            if len(judged.rows) < 10:
                judged.rows.append([number, good[0].partner_id.name, day, quantity, note or ''])
        reasons = {'heading': self.env._("Repeated heading"), 'hidden_sheet': self.env._("On a hidden sheet")}
        judged.left += [
            Left(line.number, line.sheet, line.reason, reasons.get(line.reason, self.env._("A note in the list")), line.cells)
            for line in passed]
        return judged

    @staticmethod
    def _read_lines(content, limits=None, taught=None):
        return read_lines(content, HEADINGS, [('number',)], limits, taught)

    def _count_known(self, entitlements):
        """Return how often each use stands in the ledger, those that were taken back apart."""
        numbers = [entitlement.id for group in entitlements.values() for entitlement in group]
        known = Counter()
        # sudo: the department's own service
        for usage in self.env['cfia.service.usage'].sudo().search([('entitlement_id', 'in', numbers)]):
            key = (usage.entitlement_id.id, usage.date, usage.note or '', abs(usage.quantity))
            known[key] += 1 if usage.quantity > 0 else -1
        return known

    def _take(self, entries):
        # sudo: as above; the ledger keeps the user
        return self.env['cfia.service.usage'].sudo().create(entries).with_env(self.env)

    @api.model
    def _take_back(self, records):
        """Correct the ledger by entries of the contrary, since nothing is ever deleted from it."""
        # sudo: who may record the uses of the service may take them back
        usages_sudo = records.sudo()
        for service in usages_sudo.service_id.with_env(self.env):
            service._check_may_record_use()
        usages_sudo.create([
            {'entitlement_id': usage.entitlement_id.id, 'date': usage.date, 'quantity': -usage.quantity, 'note': usage.note,
             'user_id': self.env.uid} for usage in usages_sudo])

    def _get_done_action(self, records):
        known = self.import_id.left_out_count
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_service_usage_action_price'),
            'name': self.env._("Recorded: %(count)s, left out: %(known)s", count=len(records), known=known),
            'domain': [('id', 'in', records.ids)],
        }

    @staticmethod
    def _parse_quantity(value):
        """Return a whole number above zero, 1 for an empty cell, 0 for anything else."""
        text = narrow(value).rstrip('人个名位')
        number = parse_number(text) if text else 1
        return int(number) if number and number > 0 and float(number).is_integer() else 0
