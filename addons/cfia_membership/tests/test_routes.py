from odoo.tests import HttpCase, tagged

from odoo.addons.cfia_membership.controllers import apply
from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tests.routes import RouteMatrixMixin
from odoo.addons.cfia_membership.tests.test_upload import make_pdf
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestRouteMatrix(RouteMatrixMixin, HttpCase, MembershipCommon):
    module = 'cfia_membership'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pdf = cls.env['ir.attachment'].create({'name': 'c.pdf', 'raw': b'%PDF-1.4'})
        cls.certificate = cls.env['cfia.document'].search(
            [('partner_id', '=', cls.unit_member.id), ('kind', '=', 'certificate')], limit=1)
        unlocked(cls.certificate).write({'state': 'done', 'attachment_id': pdf.id})
        cls.bulletin = cls.env['cfia.bulletin'].create({'date': '2019-03-01'})
        cls.statistics = cls.env['cfia.statistics'].create({'date': '2019-03-31'})
        unlocked(cls.bulletin).write({'state': 'released'})
        unlocked(cls.statistics).write({'state': 'released'})
        cls.contact = cls.make_contact(cls.unit_member, "演示路由联系人", 'contact', type='other')
        cls.survey = cls.env['cfia.data.survey'].create({'kind': 'basic', 'year': 2031})
        cls.recipient = unlocked(cls.env['cfia.data.survey.recipient']).create({
            'round_id': cls.survey.id, 'partner_id': cls.unit_member.id})
        unlocked(cls.survey).write({'state': 'open', 'date_deadline': '2099-12-31'})
        cls.form = cls.env['cfia.online.application']._begin(
            "演示路由申请有限公司", 'route@member.example', cls.env['cfia.privacy.notice']._get_current(), 'route')
        cls.form._add_papers([('licence', 'a.pdf', make_pdf())])

    def _get_address(self, rule, role):
        places = {
            '<int:page>': '2',
            '<int:document_id>': str(self.certificate.id),
            '<int:bulletin_id>': str(self.bulletin.id),
            '<int:statistics_id>': str(self.statistics.id),
            '/cfia/r/<string:token>': '/cfia/r/' + self.recipient._make_link().rpartition('/')[2],
            '/cfia/apply/<string:token>': self.form._get_path(),
            '<int:paper_id>': str(self.form.licence_ids.id),
            '/cfia/verify/<string:token>': f'/cfia/verify/{self.certificate.token}',
            '/report/<converter>/<reportname>': '/report/html/cfia_membership.report_certificate',
            '<docids>': str(self.certificate.id),
            '/web_enterprise/partner/<model("res.partner"):partner>/vcard': f'/web_enterprise/partner/{self.contact.id}/vcard',
            '/web/partner/<model("res.partner"):partner>/vcard': f'/web/partner/{self.contact.id}/vcard',
            '/web/pivot/export_xlsx': '/web/pivot/export_xlsx?data={"title":"x","model":"x","measure_count":1,"origin_count":1,"col_group_headers":[],'
                                      '"measure_headers":[],"origin_headers":[],"rows":[]}',
            '/web/partner/vcard': f'/web/partner/vcard?partner_ids={self.contact.id}',
        }
        for limit in (apply.START_LIMIT, apply.PAGE_LIMIT, apply.PDF_LIMIT, apply.USCC_LIMIT):
            limit.clear()
        for place, value in places.items():
            rule = rule.replace(place, value)
        return rule

    def _get_form(self, rule, method):
        return {'partner_id': self.contact.id} if rule == '/my/address/archive' else {}
