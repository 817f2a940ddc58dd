from odoo.tests import HttpCase, tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestPortal(DuesCommon, HttpCase):

    def test_own_dues_and_no_others(self):
        other = self.make_member("演示他家有限公司")
        lines = self.make_dues(self.unit_member + other, 2027)
        lines._issue_notices()
        notices = self.env['cfia.document'].search([
            ('kind', '=', 'dues_notice'), ('res_id', 'in', lines.ids), ('res_model', '=', lines._name)])
        for notice in notices:
            attachment = self.env['ir.attachment'].create({
                'name': 'notice.pdf', 'raw': b'%PDF-1.4', 'res_model': notice._name, 'res_id': notice.id})
            unlocked(notice).write({'state': 'done', 'attachment_id': attachment.id})
        own = notices.filtered(lambda notice: notice.partner_id == self.unit_member)
        self.user_portal.password = 'cfia_test_portal'
        self.authenticate('cfia_test_portal', 'cfia_test_portal')
        page = self.url_open('/my/membership')
        self.assertEqual(page.status_code, 200)
        self.assertIn(f'2027年会费 {self.unit_member.member_number}', page.text)
        self.assertIn(f'/my/membership/documents/{own.id}', page.text)
        self.assertNotIn(other.name, page.text)
        self.assertNotIn(f'/my/membership/documents/{(notices - own).id}', page.text)
        self.assertTrue(self.url_open(f'/my/membership/documents/{own.id}').content.startswith(b'%PDF'))
        stolen = self.url_open(f'/my/membership/documents/{(notices - own).id}')
        self.assertNotIn(b'%PDF', stolen.content)
