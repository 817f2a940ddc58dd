import errno
import hashlib
import os
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.address import TRIAL_PARAMETER

LOGGER = 'odoo.addons.cfia_membership.models.cfia_document'


@tagged('post_install', '-at_install')
class TestDocument(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.env['res.lang']._activate_lang('en_US')
        cls.Document = cls.env['cfia.document']
        cls.other_unit = cls.make_member("演示测试另一会员有限公司")
        cls.cron = cls.env.ref('cfia_membership.ir_cron_cfia_document_render')

    def _issue(self, kind='entry_notice', count=1, unit=None, **vals):
        unit = unit or self.unit_member
        return self.Document._issue(kind, [
            {'partner_id': unit.id, 'data': self._get_data(unit), **vals} for _i in range(count)
        ])

    def _get_data(self, unit):
        return {
            'unit_name': unit.name,
            'member_number': unit.member_number,
            'grade': "会员",
            'category': "模锻",
            'congress': "第七届",
            'date_approved': '2026-03-01',
            'date_from': '2026-03-01',
            'date_to': '2099-12-31',
        }

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()

    # === REGISTER === #

    def test_approval_issues_notice_and_certificate(self):
        documents = self.Document.search([('partner_id', '=', self.unit_member.id)])
        self.assertEqual(set(documents.mapped('kind')), {'entry_notice', 'certificate'})
        certificate = documents.filtered(lambda document: document.kind == 'certificate')
        self.assertEqual(certificate.name, self.unit_member.member_number)
        self.assertEqual(certificate.date_from, certificate.date)

    def test_numbers_have_no_gap_within_kind_and_year(self):
        first, second = self._issue(count=2, date='2031-05-01')
        other_year = self._issue(date='2032-01-01')
        third = self._issue(date='2031-12-31')
        self.assertEqual(
            (first + second + third).mapped('name'),
            ['中锻协会〔2031〕1号', '中锻协会〔2031〕2号', '中锻协会〔2031〕3号'],
        )
        self.assertEqual(other_year.name, '中锻协会〔2032〕1号')

    def test_prefix_is_a_setting(self):
        self.env['ir.config_parameter'].sudo().set_param('cfia_membership.document_prefix', '演示')
        self.assertEqual(self._issue(date='2031-05-01').name, '演示会〔2031〕1号')

    def test_taken_number_is_skipped(self):
        """A number that another session took after our snapshot shows as a violation of the index."""
        self._issue(date='2031-05-01')
        execute_query = type(self.env).execute_query

        def execute_query_stale(env, query):
            if 'MAX(number)' in query.code:
                return [(0,)]
            return execute_query(env, query)

        with patch.object(type(self.env), 'execute_query', execute_query_stale):
            self.assertEqual(self._issue(date='2031-05-01').number, 2)

    def test_issue_takes_a_constant_number_of_queries(self):
        units = self.unit_member + self.other_unit
        values = [
            {'partner_id': units[i % 2].id, 'data': self._get_data(units[i % 2]), 'date': '2031-05-01'}
            for i in range(40)
        ]
        self.Document._issue('entry_notice', values[:1])
        self.env.flush_all()
        counts = []
        for size in (10, 40):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Document._issue('entry_notice', values[:size])
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_nothing_to_issue(self):
        self.assertFalse(self.Document._issue('entry_notice', []))

    # === FROZEN === #

    def test_issued_documents_do_not_change(self):
        document = self._issue()
        for user in (self.env.ref('base.user_root'), self.env.ref('base.user_admin'), self.user_manager):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                document.with_user(user).write({'data': {}})
        with self.assertRaises(UserError):
            document.sudo().with_context(cfia_guard=True).write({'name': '1'})
        with self.assertRaises(UserError):
            document.sudo().unlink()

    def test_issued_pdf_does_not_change(self):
        document = self._issue()
        self._run_cron()
        attachment = document.attachment_id.sudo()
        with self.assertRaises(UserError):
            attachment.write({'raw': b'forged'})
        with self.assertRaises(UserError):
            attachment.write({'res_id': False})
        with self.assertRaises(UserError):
            attachment.unlink()
        attachment.write({'description': "A note does no harm"})

    def test_other_attachments_change(self):
        attachment = self.env['ir.attachment'].create({'name': 'a', 'raw': b'1'})
        attachment.write({'raw': b'2'})
        attachment.unlink()

    # === PRINT === #

    def test_cron_with_nothing_to_do(self):
        self._run_cron()
        self.assertFalse(self.Document.search_count([('state', '=', 'pending')]))
        self._run_cron()

    def test_cron_prints_and_files(self):
        documents = self._issue(count=2) + self._issue('certificate')
        self._run_cron()
        for document in documents:
            self.assertEqual(document.state, 'done')
            self.assertEqual(
                document.sha256, hashlib.sha256(document.attachment_id.raw).hexdigest())
        papers = self.env['cfia.member.file.paper'].search([
            ('res_model', '=', 'cfia.document'), ('res_id', 'in', documents.ids)])
        self.assertEqual(papers.attachment_id, documents.attachment_id)
        self.assertEqual(sorted(papers.mapped('kind')), ['certificate', 'notice', 'notice'])
        self.assertEqual(set(papers.mapped('direction')), {'out'})

    def test_one_failure_touches_nothing_else(self):
        self._run_cron()
        good, broken, last = self._issue(count=3)
        render = type(self.Document)._render

        def render_or_fail(documents):
            if broken in documents:
                raise ValueError("演示故障")
            return render(documents)

        with patch.object(type(self.Document), '_render', render_or_fail), self.assertLogs(LOGGER, 'WARNING'):
            self._run_cron()
        self.assertEqual((good + broken + last).mapped('state'), ['done', 'failed', 'done'])
        self.assertIn("演示故障", broken.error)
        self.assertFalse(broken.attachment_id)
        self._run_cron()
        self.assertEqual(broken.state, 'failed', "A failure waits for somebody to look at it")
        broken.with_user(self.user_organisation).action_render()
        self.assertEqual(broken.state, 'done')
        self.assertFalse(broken.error)

    def test_full_disk_is_waited_for(self):
        self._run_cron()
        documents = self._issue(count=2)
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with (
            patch.object(type(self.env['ir.attachment']), '_file_write', side_effect=full),
            self.assertLogs(LOGGER, 'WARNING'),
        ):
            self._run_cron()
        self.assertEqual(documents.mapped('state'), ['pending', 'pending'])
        self.assertIn("No space left", documents[0].error)
        self._run_cron()
        self.assertEqual(documents.mapped('state'), ['done', 'done'], "nobody has to press a button")
        self.assertEqual(documents.mapped('error'), [False, False])

    def test_certificates_wait_for_a_public_address(self):
        self._run_cron()
        parameters = self.env['ir.config_parameter']
        parameters.set_param(TRIAL_PARAMETER, False)
        certificate, notice = self._issue('certificate'), self._issue()
        for address in ('http://localhost:8069', 'http://127.0.0.1', 'http://[::1]:8069', 'http://cfia.localhost', ''):
            parameters.set_param('web.base.url', address)
            with self.subTest(address=address):
                self._run_cron()
                certificate.with_user(self.user_organisation).action_render()
                self.assertEqual((certificate.state, notice.state), ('pending', 'done'))
                self.assertIn("web.base.url", certificate.error)
                with self.assertRaises(UserError):
                    certificate._get_verify_url()
        self.assertNotIn(certificate, self.Document.search(self.Document._get_render_domain()))
        parameters.set_param('web.base.url', 'https://members.example.org')
        self._run_cron()
        self.assertEqual((certificate.state, certificate.error), ('done', False))
        # a trial
        parameters.set_param('web.base.url', 'http://localhost:8069')
        parameters.set_param(TRIAL_PARAMETER, 'True')
        trial = self._issue('certificate')
        self._run_cron()
        self.assertEqual(trial.state, 'done')

    def test_failure_of_the_hook_undoes_the_printing(self):
        document = self._issue()
        with (
            patch.object(type(self.Document), '_after_render', side_effect=UserError("演示故障")),
            mute_logger(LOGGER),
        ):
            document._render_safely()
        self.assertEqual(document.state, 'failed')
        self.assertFalse(document.attachment_id)

    def test_printing_belongs_to_the_department(self):
        document = self._issue()
        for user in (self.user_secretary, self.user_accountant, self.user_auditor):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                document.with_user(user).action_render()

    def test_preview(self):
        document = self._issue()
        self.assertEqual(
            document.with_user(self.user_auditor).action_preview()['report_name'],
            'cfia_membership.report_entry_notice')
        document.action_render()
        self.assertEqual(
            document.with_user(self.user_auditor).action_preview()['url'],
            f'/web/content/{document.attachment_id.id}')

    def test_letters_read_frozen_data(self):
        document = self._issue(lang='en_US')
        self.unit_member.sudo().with_context(tracking_disable=True).phone = '1'
        html = self._get_html(document)
        self.assertIn(self.unit_member.name, html)
        self.assertIn(document.name, html)
        self.assertIn("March 1, 2026", html)
        self.assertIn("Entry Notice", html)

    def test_letters_in_chinese(self):
        document = self._issue(lang='zh_CN')
        self.assertIn('2026年3月1日', self._get_html(document))

    def test_certificate_names_unit_number_and_validity(self):
        document = self._issue('certificate', lang='zh_CN')
        html = self._get_html(document)
        self.assertIn(self.unit_member.name, html)
        self.assertIn(self.unit_member.member_number, html)
        self.assertIn('2026年3月1日至2099年12月31日', html)
        self.assertIn('data:image/png;base64,', html)

    def _get_html(self, document):
        report = self.env['ir.actions.report']._render_qweb_html(
            self.Document._report_xmlids()[document.kind], document.ids)
        return report[0].decode()

    def test_forms_and_guide(self):
        application = self.make_application(name="演示测试申请有限公司")
        enquiry = self.env['cfia.enquiry'].create({'name': "演示测试咨询有限公司"})
        Report = self.env['ir.actions.report']
        for xmlid, record, text in (
            ('action_report_application_form', application, application.name),
            ('action_report_application_form_blank', enquiry, '□'),
            ('action_report_membership_guide', enquiry, 'cfia_guide_dues'),
            ('action_report_enquiry_documents', enquiry, 'cfia_guide_dues'),
        ):
            with self.subTest(report=xmlid):
                html = Report._render_qweb_html(f'cfia_membership.{xmlid}', record.ids)[0].decode()
                self.assertIn(text, html)
        self.assertNotIn(
            enquiry.name,
            Report._render_qweb_html(
                'cfia_membership.action_report_application_form_blank', enquiry.ids)[0].decode())

    def test_official_papers_fetch_nothing(self):
        """A real PDF in a case without a web server: no address is called, no warning is logged."""
        document = self._issue()
        with self.assertNoLogs('odoo.addons.base.models.ir_actions_report', 'WARNING'):
            content, report_type = self.env['ir.actions.report'].with_context(
                force_report_rendering=True,
            )._render_qweb_pdf('cfia_membership.action_report_entry_notice', document.ids)
        self.assertEqual(report_type, 'pdf')
        self.assertTrue(content.startswith(b'%PDF'))

    # === WHO SEES WHAT === #

    def test_members_read_their_own_issued_documents(self):
        own = self._issue()
        foreign = self._issue(unit=self.other_unit)
        self._run_cron()
        pending = self._issue()
        as_member = self.Document.with_user(self.user_portal)
        self.assertIn(own, as_member.search([]))
        self.assertEqual(as_member.search([]).partner_id, self.unit_member)
        self.assertNotIn(pending, as_member.search([]))
        own.attachment_id.with_user(self.user_auditor).read(['name'])
        for refused in (foreign, pending):
            with self.assertRaises(AccessError):
                refused.with_user(self.user_portal).read(['name'])
        with self.assertRaises(AccessError):
            foreign.attachment_id.with_user(self.user_portal).read(['raw'])

    def test_departments_without_need_read_nothing(self):
        document = self._issue()
        for user in (self.user_staff, self.user_editorial, self.user_network, self.user_training, self.user_leader):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                document.with_user(user).read(['name'])
        for user in (self.user_organisation, self.user_secretary, self.user_accountant, self.user_auditor):
            with self.subTest(user=user.login):
                document.with_user(user).read(['name'])
