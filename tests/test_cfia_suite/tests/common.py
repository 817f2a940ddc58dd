import resource
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import polib
from playwright.sync_api import sync_playwright

from odoo.fields import Command
from odoo.modules.module import get_module_path
from odoo.tests import HttpCase, common, new_test_user

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

UNIT = "江苏演示旅程锻造有限公司"
CONTACT = "演示旅程联系人"
CONTACT_EMAIL = 'journey@member.example'
AMOUNT = 2000
BROWSER_ARGUMENTS = [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
]


@contextmanager
def start_browser():
    """Start Chromium, which reserves more addresses than Odoo's own limit allows.

    :raise unittest.SkipTest: without Chromium, which fails a run of `./cfia test`
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=common._find_executable(), args=BROWSER_ARGUMENTS)
            try:
                yield browser
            finally:
                browser.close()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def read_terms(env):
    """Return our texts that read otherwise in Chinese: none of them is seen in the Chinese client."""
    modules = env['ir.module.module'].search([('state', '=', 'installed'), ('name', '=like', 'cfia_%')])
    return sorted({
        entry.msgid.strip()
        for module in modules.mapped('name')
        for entry in polib.pofile(str(Path(get_module_path(module)) / 'i18n/zh_CN.po'))
        if entry.msgstr and entry.msgstr != entry.msgid and not entry.msgid.islower()
    })


class JourneyCommon(MembershipCommon, HttpCase):
    """An association ready for work, in Chinese: users, a resolution on dues, a bank, an old member."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.env = cls.env(context={**cls.env.context, 'lang': 'zh_CN'})
        cls.today = association_today()
        users = cls.env['res.users'].browse([
            user.id for name, user in vars(cls).items() if name.startswith('user_') and name != 'user_public'])
        users.lang = 'zh_CN'
        for code in ('organisation', 'editorial'):
            cls.env.ref(f'cfia_membership.cfia_department_{code}').user_ids += getattr(cls, f'user_{code}')
        cls.env.company.partner_id.lang = 'zh_CN'
        cls.env.company.cfia_dues_user_id = cls.user_accountant
        cls.standard = cls._make_standard()
        cls.bank_journal = cls.env['account.journal'].search([
            ('company_id', '=', cls.env.company.id), ('type', '=', 'bank')], limit=1)
        cls.last_quarter_end = date(cls.today.year, (cls.today.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1)
        cls.unit_old = cls._make_old_member()

    @classmethod
    def _make_standard(cls):
        """Return the resolution in force, without reductions, so that any day gives one amount."""
        congress = cls.env['cfia.congress']._get_current(cls.today) or cls.env['cfia.congress'].create({
            'name': "第七届",
            'number': 7,
            'date_start': cls.today.replace(month=1, day=1),
            'date_end': cls.today.replace(year=cls.today.year + 4, month=12, day=31),
        })
        unlocked(cls.env['cfia.dues.standard'].search([])).write({'state': 'draft'})
        standard = cls.env['cfia.dues.standard'].create({
            'name': "演示会费标准",
            'congress_id': congress.id,
            'date': date(cls.today.year - 1, 11, 20),
            'entitled_count': 120,
            'present_count': 90,
            'vote_count': 80,
            'year_from': cls.today.year,
            'line_ids': [Command.create({'grade_id': cls.grade_member.id, 'amount': AMOUNT})],
        })
        standard.action_put_in_force()
        return standard

    @classmethod
    def _make_old_member(cls):
        """Return a member who joined before the past quarter ended."""
        unit = cls.env['res.partner'].create({
            'name': "江苏演示旅程老会员有限公司",
            'is_company': True,
            'state_id': cls.state_jiangsu.id,
            'enterprise_category_id': cls.category_stamping.id,
            'ownership_id': cls.ownership_private.id,
        })
        return unit._enter_members([{
            'partner_id': unit.id,
            'number': 90001,
            'date_joined': cls.last_quarter_end - timedelta(days=400),
            'grade_id': cls.grade_member.id,
        }])

    def print_documents(self):
        """Run the schedule that prints pending documents, with real PDFs, as the server does."""
        Report = type(self.env['ir.actions.report'])
        render = Report._render_qweb_pdf

        def render_pdf(report, *args, **kwargs):
            return render(report.with_context(force_report_rendering=True), *args, **kwargs)

        self.env.flush_all()
        with patch.object(Report, '_render_qweb_pdf', render_pdf):
            self.env.ref('cfia_membership.ir_cron_cfia_document_render').method_direct_trigger()
        self.env.invalidate_all()

    def make_change_lists(self):
        """Run the schedule of the monthly lists."""
        self.env.flush_all()
        self.env.ref('cfia_services.ir_cron_cfia_change_list').method_direct_trigger()
        self.env.invalidate_all()

    def make_receipt(self, unit):
        """Return a line of the bank's statement that pays the dues of ``unit`` by its number."""
        return self.env['account.bank.statement.line'].create({
            'journal_id': self.bank_journal.id,
            'date': self.today,
            'amount': AMOUNT,
            'payment_ref': f"{self.today.year}年会费 {unit.member_number}",
            'partner_name': "演示旅程付款人",
        })

    def make_portal_user(self, unit):
        """Return the login of the unit's contact person."""
        contact = unit._get_role_contacts('contact')[unit]
        self.assertEqual(contact.name, CONTACT)
        return new_test_user(
            self.env, login='cfia_journey_member', groups='base.group_portal', lang='zh_CN',
            partner_id=contact.id, name=contact.name, email=contact.email)

    def count_members(self, day, state, category, ownership):
        """Return how many members the quarterly figures show the leaders in one cell.

        :param date day: last day of a quarter
        """
        groups = self.env['cfia.member.quarter.report'].with_user(self.user_leader)._read_group(
            [('date', '=', day)],
            ['region_id', 'enterprise_category_id', 'ownership_id'], ['member_count:sum'])
        return sum(
            count for *key, count in groups if key == [state.cfia_region_id, category, ownership])

    # === WHAT EACH STEP LEAVES BEHIND === #

    def check_admitted(self, application):
        """(d) Check number, event, file and the frozen data of the letters."""
        unit = application.partner_id
        self.assertRecordValues(application, [{
            'state': 'approved', 'verified_by_id': self.user_organisation.id,
            'approved_by_id': self.user_secretary.id, 'date_approved': self.today,
            'enterprise_category_id': self.category_stamping.id,
        }])
        self.assertTrue(application.content_hash)
        self.assertRecordValues(unit, [{
            'name': UNIT, 'member_state': 'member', 'date_member_joined': self.today,
            'member_grade_id': self.grade_member.id, 'enterprise_category_id': self.category_stamping.id,
        }])
        self.assertRegex(unit.member_number, r'^\D+\d{5}$')
        self.assertRecordValues(unit.member_event_ids.filtered(lambda event: event.kind == 'joined'), [{
            'date_effective': self.today, 'member_state': 'member', 'res_id': application.id,
            'enterprise_category_id': self.category_stamping.id, 'reporter_id': self.user_secretary.id,
        }])
        file = unit.member_file_ids
        self.assertEqual(file.name, unit.member_number)
        self.assertLessEqual(application.attachment_ids, file.paper_ids.attachment_id)
        documents = self.get_documents(unit)
        self.assertEqual(
            sorted(documents.mapped('kind')), ['certificate', 'dues_notice', 'entry_notice'])
        for document in documents:
            self.assertEqual(document.state, 'pending')
            self.assertEqual(document.data['unit_name'], UNIT)

    def check_printed(self, unit):
        """(d) Check the PDFs, their place in the file and that the dues notice went out with its PDF."""
        documents = self.get_documents(unit)
        for document in documents:
            self.assertEqual((document.state, document.error), ('done', False))
            self.assertTrue(document.attachment_id.raw.startswith(b'%PDF'))
        self.assertLessEqual(documents.attachment_id, unit.member_file_ids.paper_ids.attachment_id)
        notice = documents.filtered(lambda document: document.kind == 'dues_notice')
        mail = self.env['mail.mail'].search([('model', '=', notice._name), ('res_id', '=', (notice.sent_with_id or notice).id)])
        self.assertEqual(len(mail), 1)
        self.assertIn(CONTACT_EMAIL, ','.join([mail.email_to or '', *mail.recipient_ids.mapped('email')]))
        self.assertTrue(any(content.startswith(b'%PDF') for content in mail.attachment_ids.mapped('raw')))

    def check_billed(self, unit):
        """(e) Check the dues line and its invoice."""
        line = unit.dues_line_ids
        self.assertRecordValues(line, [{
            'year': self.today.year, 'origin': 'approval', 'standard_id': self.standard.id,
            'amount': AMOUNT, 'amount_residual': AMOUNT, 'state': 'billed', 'hold_reason': False,
        }])
        self.assertRecordValues(line.move_id, [{
            'move_type': 'out_invoice', 'state': 'posted', 'partner_id': unit.id,
            'amount_total': AMOUNT, 'amount_tax': 0,
        }])
        self.assertEqual(
            line.move_id.invoice_line_ids.account_id, self.env.company.cfia_dues_account_id)

    def check_paid(self, unit, receipt):
        """(f) Check that the receipt was matched by the member number and paid the dues."""
        self.assertRecordValues(receipt, [{
            'dues_match': 'number', 'dues_member_id': unit.id, 'is_reconciled': True}])
        self.assertRecordValues(unit.dues_line_ids, [{
            'state': 'paid', 'amount_paid': AMOUNT, 'amount_residual': 0}])

    def check_entitled(self, unit):
        """(g) Check the entitlements: all services that open at entry, from today."""
        services = self.env['cfia.service'].search([('opens', '=', 'at_entry')])
        entitlements = unit.entitlement_ids
        self.assertTrue(services)
        self.assertEqual(entitlements.service_id, services)
        self.assertEqual(set(entitlements.mapped('state')), {'open'})
        self.assertEqual(set(entitlements.mapped('date_from')), {self.today})

    def get_documents(self, unit):
        return self.env['cfia.document'].search([('partner_id', '=', unit.id)])
