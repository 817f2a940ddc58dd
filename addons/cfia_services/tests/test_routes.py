from odoo.tests import HttpCase, tagged

from odoo.addons.cfia_membership.tests.routes import RouteMatrixMixin
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_services.tests.test_roster_release import RosterCommon


@tagged('post_install', '-at_install')
class TestRouteMatrix(RouteMatrixMixin, HttpCase, RosterCommon):
    """The roster asked for is the editorial department's copy, the need the member's, the newsletter was sent."""

    module = 'cfia_services'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.release = cls.Release._make(association_today().replace(day=1))
        cls.copy = cls.release.copy_ids.filtered(lambda copy: copy.department_id == cls.editorial)
        cls.need = cls.env['cfia.need'].create({
            'name': "演示需求", 'description': "演示", 'kind_id': cls.env['cfia.need.kind'].search([], limit=1).id,
            'partner_id': cls.unit_member.id, 'source': 'portal',
        })
        cls.paper = cls.env['ir.attachment'].create({'name': 'n.pdf', 'raw': b'%PDF-1.4'})
        cls.need.attachment_ids = cls.paper
        cls.entitlement = cls.unit_member.entitlement_ids.filtered(
            lambda entitlement: entitlement.service_id == cls.service_magazine)
        cls.newsletter = cls.env['cfia.newsletter'].create({})
        cls.newsletter.action_open()
        unlocked(cls.newsletter).attachment_id = cls.env['ir.attachment'].create({'name': 'i.pdf', 'raw': b'%PDF-1.4'})

    def _get_address(self, rule, role):
        for place, value in {
            '<int:need_id>': self.need.id,
            '<int:entitlement_id>': self.entitlement.id,
            '<int:service_id>': self.service_learning.id,
            '<int:attachment_id>': self.paper.id,
            '<int:issue_id>': self.newsletter.id,
            '<int:mailing_id>': self.newsletter.sudo().mailing_id.id,
            '<int:page>': 1,
            '/cfia/roster/<string:token>': f'/cfia/roster/{self.copy.token}',
        }.items():
            rule = rule.replace(place, str(value))
        return rule
