from datetime import date

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tests.ways_out import WaysOutMixin
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestWaysOut(WaysOutMixin, DuesCommon):
    """Every way by which members' data leave the work of dues."""

    module = 'cfia_dues'
    noted_reports = {
        'cfia_dues.receipt_xlsx': 'list',
        'cfia_dues.voucher_xlsx': 'export',
        'cfia_dues.report_dues_round_label': 'label',
        'cfia_dues.report_dues_opening': 'list',
    }
    own_reports = {
        'cfia_dues.report_dues_notice': "the member's own letter",
        'cfia_dues.report_dues_reminder': "the payer's own letter",
        'cfia_dues.report_dues_statement': "figures",
        'cfia_dues.statement_xlsx': "figures",
    }
    routes = {
        '/my/invoices/<int:invoice_id>': "refused: dues have papers of their own",
        '/my/membership/dues/<int:line_id>/pay': "the unit's own bill",
        '/my/membership/dues/relief': "the unit's own requests",
        '/my/membership/receipts/<int:receipt_id>': "the unit's own receipt",
    }
    mails = {
        'mail_template_dues_notice': "to the member itself",
        'mail_template_dues_reminder': "to the payer itself",
        'mail_template_dues_relief': "to the member itself",
        'mail_template_dues_receipt': "to the payer itself",
    }
    writers = {
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lines = cls.make_dues(cls.unit_member, 2031)

    def get_printed(self):
        self.make_receipt(2000, f'2031年会费 {self.unit_member.member_number}').action_match_dues()
        day = self.lines.move_id.date
        receipts = self.env['cfia.dues.receipt'].with_user(self.user_accountant)
        unpaid = self.make_dues(self.make_member("演示催缴出口有限公司"), 2030)
        unlocked(unpaid).date_due = date(2020, 1, 1)
        dues_round = self.env['cfia.dues.round'].with_user(self.user_organisation).create({
            'date_deadline': '2099-07-15', 'partner_domain': str([('id', '=', unpaid.partner_id.id)])})
        dues_round.action_prepare()
        opening = self.env['cfia.dues.opening'].with_user(self.user_accountant).create({
            'date': '2025-12-31', 'row_ids': [
                Command.create({'partner_id': self.unit_member.id, 'year': 2025, 'kind': 'paid', 'amount': 2000})]})
        voucher_format = self.env.ref('cfia_dues.cfia_voucher_format_yonyou').copy({'company_id': self.company.id})
        voucher_format.with_user(self.user_accountant).action_fill_npo_accounts()
        return {
            'cfia_dues.receipt_xlsx': receipts.browse(receipts._request(self.lines.with_user(self.user_accountant)).ids),
            'cfia_dues.voucher_xlsx': self.env['cfia.voucher.export'].with_user(self.user_accountant).create({
                'format_id': voucher_format.id, 'date_from': day, 'date_to': day}),
            'cfia_dues.report_dues_round_label': dues_round.recipient_ids,
            'cfia_dues.report_dues_opening': opening,
        }
