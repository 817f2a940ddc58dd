import json
from datetime import datetime, timedelta

from odoo.exceptions import RedirectWarning
from odoo.fields import Command
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.tests.test_disclosure import DisclosureCommon
from odoo.addons.cfia_membership.tests.ways_out import WaysOutMixin

# reports that write of many units, and the note that their rendering leaves
NOTED = {
    'cfia_membership.dispatch_xlsx': 'label',
    'cfia_membership.report_dispatch_labels': 'label',
    'cfia_membership.round_xlsx': 'label',
    'cfia_membership.report_data_survey_label': 'label',
    'cfia_membership.report_recruitment_mailing_label': 'label',
    'cfia_membership.report_referral_call_label': 'label',
}
# reports that are no disclosure, and why
OWN_PAPERS = {
    'cfia_membership.report_entry_notice': "the member's own letter",
    'cfia_membership.report_certificate': "the member's own certificate",
    'cfia_membership.report_application_form': "the applicant's own form, kept in its file",
    'cfia_membership.report_online_application': "the applicant's own form, kept in its file",
    'cfia_membership.report_application_form_blank': "a form without data",
    'cfia_membership.report_membership_guide': "a guide without data",
    'cfia_membership.report_enquiry_documents': "a guide and a form without data",
    'cfia_membership.report_change_form': "the member's own form, kept in its file",
    'cfia_membership.report_data_survey_letter': "the member's own letter",
    'cfia_membership.report_recruitment_mailing_letter': "the unit's own letter",
    'cfia_membership.report_referral_call_letter': "the member's own letter",
    'cfia_membership.report_statistics': "figures",
    'cfia_membership.statistics_xlsx': "figures",
    'cfia_membership.report_compliance': "figures of the association's duties",
    'cfia_membership.compliance_xlsx': "figures of the association's duties",
    'cfia_membership.paper_xlsx': "published: names of units and kinds of change",
    'cfia_membership.report_bulletin': "published: names of units and kinds of change",
    'cfia_membership.report_change_release': "published inside the association, noted by receipts",
    'cfia_membership.report_stocktake': "numbers and places of the department's own shelf",
    'cfia_membership.stocktake_xlsx': "numbers and places of the department's own shelf",
}
# pages and files that are asked for by their address: the kind of note, or why they are no disclosure
ROUTES = {
    '/web/partner/vcard': 'vcard',
    '/web_enterprise/partner/<model("res.partner"):partner>/vcard': 'vcard',
    '/report/<converter>/<reportname>': "as the report says",
    '/report/<converter>/<reportname>/<docids>': "as the report says",
    '/web/pivot/export_xlsx': 'export',
    '/cfia/apply': "a form without data",
    '/cfia/apply/<string:token>': "the applicant's own form",
    '/cfia/apply/<string:token>/form.pdf': "the applicant's own form",
    '/cfia/apply/<string:token>/papers/<int:paper_id>': "the applicant's own papers",
    '/cfia/r/<string:token>': "the unit's own data",
    '/cfia/verify/<string:token>': "what the holder of the certificate reads on it",
    '/my/membership': "the unit's own data",
    '/my/membership/page/<int:page>': "the unit's own data",
    '/my/membership/documents/<int:document_id>': "the unit's own letter",
    '/my/membership/publications': "published to all members",
    '/my/membership/bulletins/<int:bulletin_id>': "published to all members",
    '/my/membership/statistics/<int:statistics_id>': "figures",
    '/my/membership/changes': "the unit's own data",
    '/my/referrals': "the unit's own recommendations",
}
MAILS = {
    'mail_template_recruitment_mailing': "to the unit itself",
    'mail_template_referral_call': "to the member itself",
    'mail_template_online_application_link': "to the applicant itself",
    'mail_template_online_application_received': "to the applicant itself",
    'mail_template_data_survey': "to the member itself",
    'mail_template_enquiry_documents': "to the unit itself",
    'mail_template_application_refused': "to the applicant itself",
    'mail_template_document': "to the member itself",
    'mail_template_welcome': "to the member itself",
}
WRITERS = {
    'models/cfia_personal_request.py': 'own',
    'models/cfia_roster_import.py': "gives refused rows back to who sent them",
    'tools/sheet/judged.py': "writes the rows that a list was not taken by",
    'tools/sheet/reader.py': "reads every list that is handed in",
}


@tagged('post_install', '-at_install')
class TestWaysOut(WaysOutMixin, HttpCase, DisclosureCommon):
    """Every way by which members' data leave is known and noted; a new one without its line fails.

    Exports, business cards, mails, spreadsheets, keys and passwords are tried in ``test_disclosure``.
    """

    module = 'cfia_membership'
    noted_reports = NOTED
    own_reports = OWN_PAPERS
    routes = ROUTES
    mails = MAILS
    writers = WRITERS

    def setUp(self):
        super().setUp()
        self.before = self.Disclosure.search_count([])

    def noted(self):
        """Return the kinds noted since the test began."""
        return self.Disclosure.search([], limit=self.Disclosure.search_count([]) - self.before).mapped('kind') \
            if self.Disclosure.search_count([]) > self.before else []

    def get_printed(self):
        """Return what a dispatch and one round of each kind print."""
        dispatch = self.env['cfia.dispatch'].search([('partner_id', '=', self.unit_member.id)], limit=1)
        survey = self.env['cfia.data.survey'].create({'kind': 'basic', 'year': 2033})
        survey.action_prepare()
        self.make_member("演示理事出口有限公司", grade_id=self.grade_director.id)
        call = self.env['cfia.referral.call'].create({})
        call.action_prepare()
        self.env['res.partner'].with_user(self.user_organisation).create({
            'name': "演示征集出口有限公司", 'is_company': True, 'prospect_source': 'visitor', 'street': "演示路3号", 'zip': '210000'})
        mailing = self.env['cfia.recruitment.mailing'].create({})
        mailing.action_prepare()
        return {name: records.with_user(self.user_organisation) for name, records in {
            'cfia_membership.dispatch_xlsx': dispatch,
            'cfia_membership.report_dispatch_labels': dispatch,
            'cfia_membership.round_xlsx': mailing.recipient_ids,
            'cfia_membership.report_data_survey_label': survey.recipient_ids,
            'cfia_membership.report_recruitment_mailing_label': mailing.recipient_ids,
            'cfia_membership.report_referral_call_label': call.recipient_ids,
        }.items()}

    def test_labels_and_lists_are_noted(self):
        dispatch = self.env['cfia.dispatch'].search([('partner_id', '=', self.unit_member.id)], limit=1)
        Report = self.env['ir.actions.report'].with_user(self.user_organisation)
        Report._render_qweb_html('cfia_membership.report_dispatch_labels', dispatch.ids)
        self.assertEqual(self.noted(), ['label'])
        Report._render_xlsx('cfia_membership.dispatch_xlsx', dispatch.ids, {})
        self.assertEqual(self.noted(), ['label', 'label'])

    def test_round_list_is_noted(self):
        survey = self.env['cfia.data.survey'].with_user(self.user_organisation).create({'kind': 'basic', 'year': 2033})
        survey.action_prepare()
        recipients = survey.recipient_ids
        Report = self.env['ir.actions.report'].with_user(self.user_organisation)
        Report._render_qweb_html('cfia_membership.report_data_survey_label', recipients.ids)
        self.assertEqual(self.noted(), ['label'])

    def test_table_of_figures_is_noted(self):
        self.authenticate('cfia_test_editorial', 'cfia_test_editorial')
        table = {
            'title': "演示会员", 'model': 'res.partner', 'measure_count': 1, 'origin_count': 1, 'col_group_headers': [],
            'measure_headers': [], 'origin_headers': [], 'rows': [{'indent': 0, 'title': "江苏", 'values': []}]}
        data = {'csrf_token': Request.csrf_token(self), 'data': json.dumps(table)}
        self.assertEqual(self.url_open('/web/pivot/export_xlsx', data=data).content[:2], b'PK')
        self.assertRecordValues(self.Disclosure.search([], limit=1), [{
            'kind': 'export', 'user_id': self.user_editorial.id, 'reason': "演示会员", 'row_count': 1, 'res_model': 'res.partner'}])
        table['model'] = 'cfia.grade'
        self.url_open('/web/pivot/export_xlsx', data={**data, 'data': json.dumps(table)})
        self.assertEqual(self.noted(), ['export'])
        for nothing in ({'csrf_token': data['csrf_token']}, {**data, 'data': 'x'}):
            self.assertEqual(self.url_open('/web/pivot/export_xlsx', data=nothing).status_code, 422)

    def test_groups_read_with_a_key(self):
        """Group by group is bulk, too: one value of each member in a list, or a group for each."""
        self.env.company.cfia_api_row_limit = 1
        self.make_member("演示分组有限公司")
        key = self.env['res.users.apikeys'].with_user(self.user_organisation)._generate(
            'rpc', 'test', datetime.now() + timedelta(days=1))
        domain = [('member_state', '=', 'member')]

        def read(**params):
            with mute_logger('odoo.http'):
                return self.url_open('/json/2/res.partner/formatted_read_group', headers={
                    'Authorization': f'Bearer {key}', 'Content-Type': 'application/json',
                }, data=json.dumps({'domain': domain, **params}))

        self.assertEqual(read(groupby=[], aggregates=['__count']).status_code, 200)
        for params in ({'groupby': ['name'], 'aggregates': []}, {'groupby': [], 'aggregates': ['email:array_agg']}):
            with self.subTest(params=params):
                self.assertEqual(read(**params).status_code, 422)
        self.assertFalse(self.noted())
        reason = {'cfia_disclosure_reason': "网站名录核对", 'cfia_disclosure_recipient': "网站"}
        self.assertEqual(read(groupby=[], aggregates=['email:array_agg'], context=reason).status_code, 200)
        self.assertEqual(self.noted(), ['api'])

    def test_client_reads_its_groups(self):
        """A view in the client is no disclosure."""
        self.authenticate('cfia_test_organisation', 'cfia_test_organisation')
        self.env.company.cfia_api_row_limit = 1
        groups = self.make_jsonrpc_request('/web/dataset/call_kw/res.partner/formatted_read_group', {
            'model': 'res.partner', 'method': 'formatted_read_group', 'args': [[('member_state', '!=', False)]],
            'kwargs': {'groupby': ['name'], 'aggregates': ['__count']}})
        self.assertTrue(groups)
        self.assertFalse(self.noted())

    def test_mailing_of_another_unit_s_papers(self):
        other = self.make_member("演示出口有限公司")
        paper = self.env['ir.attachment'].create({
            'name': 'certificate.pdf', 'raw': b'x', 'res_model': 'res.partner', 'res_id': other.id})
        composer = self.env['mail.compose.message'].with_user(self.user_organisation).create({
            'model': 'res.partner', 'res_ids': str(self.unit_member.ids), 'composition_mode': 'mass_mail',
            'subject': "s", 'body': "b", 'attachment_ids': [Command.set(paper.ids)]})
        with self.assertRaises(RedirectWarning):
            composer._action_send_mail()
        self.permit(self.user_organisation)
        composer._action_send_mail()
        self.assertEqual(self.noted(), ['mail'])
