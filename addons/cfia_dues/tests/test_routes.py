from odoo.tests import HttpCase, tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tests.routes import RouteMatrixMixin


@tagged('post_install', '-at_install')
class TestRouteMatrix(RouteMatrixMixin, HttpCase, DuesCommon):
    """The line asked for is paid in part and receipted, by the member whose contact asks."""

    module = 'cfia_dues'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Line.search([('partner_id', '=', cls.unit_member.id)]).move_id.button_draft()
        cls.line = cls.make_dues(cls.unit_member, 2028)
        cls.make_receipt(500, f"2028年会费 {cls.unit_member.member_number}").action_match_dues()
        cls.receipt = cls.env['cfia.dues.receipt']._request(cls.line)
        cls.receipt.write({
            'number': '0000000091', 'date_issued': '2028-03-01', 'file': b'JVBERi0xLjQ=', 'file_name': 'r.pdf'})
        cls.receipt.action_issue()

    def _get_address(self, rule, role):
        for place, value in {
            '<int:line_id>': self.line.id,
            '<int:receipt_id>': self.receipt.id,
            '<int:invoice_id>': self.line.move_id.id,
        }.items():
            rule = rule.replace(place, str(value))
        return rule
