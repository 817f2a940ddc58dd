from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestAttachmentRefusal(MembershipCommon):

    def test_strangers_do_not_learn_the_name_of_a_paper(self):
        other = self.make_member("演示他家存档有限公司")
        paper = self.env['ir.attachment'].create({
            'name': "演示密件.pdf", 'raw': b'%PDF-1.4', 'res_model': 'res.partner', 'res_id': other.id})
        document = self.env['cfia.document'].search([('partner_id', '=', other.id)], limit=1)
        issued = paper.copy({'res_model': 'cfia.document', 'res_id': document.id, 'name': "演示证书.pdf"})
        for attachment in (paper, issued):
            for user in (self.user_portal, self.user_public):
                with self.assertRaises(AccessError) as caught:
                    attachment.with_user(user).write({'name': 'x'})
                self.assertNotIn(attachment.name, str(caught.exception))
        with self.assertRaises(UserError) as caught:
            issued.sudo().write({'name': 'x'})
        self.assertIn(issued.name, str(caught.exception))
