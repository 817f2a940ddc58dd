import re
from datetime import date, datetime, timedelta
from email.header import Header
from io import BytesIO

from lxml import etree
from lxml.html import fromstring
from openpyxl import load_workbook

from odoo import SUPERUSER_ID
from odoo.tests import freeze_time, tagged
from odoo.tools import email_normalize, html2plaintext

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tests import test_simulated_year
from odoo.addons.cfia_membership.tests.test_simulated_year import YEAR
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.test_cfia_suite.tests.year_services import MAIL, ServicesYear

ADDRESS = 'office@association.example'
#: What people read the same in both languages, and what is no word: addresses, links, numbers of papers.
WORDLESS = re.compile(
    r'\S+@\S+|https?://\S+|(?<!\S)/\w\S*|(?<![A-Za-z])[A-Z]{1,4}(?:/\d|\d|-)[A-Za-z0-9/-]*|yadao-\w+'
    r'|(?<![A-Za-z])(?:CFIA|PDF|VIP|USCC|SHA|xlsx)(?![A-Za-z])|[0-9a-f]{32,}|CERTIFICATE OF MEMBERSHIP')
WORD = re.compile(r'[A-Za-z]{3,}')
#: Papers and letters that no schedule of this year leads to.
NOT_IN_THIS_YEAR = {
    'cfia_dues.action_report_dues_statement', 'cfia_dues.action_report_dues_statement_xlsx',
    'cfia_dues.action_report_dues_receipt_xlsx', 'cfia_dues.action_report_dues_opening',
    'cfia_dues.action_report_voucher_xlsx', 'cfia_dues.mail_template_dues_relief', 'cfia_dues.mail_template_dues_receipt',
    'cfia_membership.action_report_referral_call_label', 'cfia_membership.action_report_referral_call_letter',
    'cfia_membership.action_report_stocktake', 'cfia_membership.action_report_stocktake_xlsx',
    'cfia_membership.mail_template_referral_call', 'cfia_services.action_report_magazine_labels',
    'cfia_services.action_report_magazine_xlsx', 'cfia_services.action_report_need_reply',
}
#: Columns of the suite's own records that hold keys and values, no text
KEYS = re.compile(
    r'(?:^|_)(?:code|token|secret|key|sha256|model|xmlid|login|email|phone|mobile|lang|icon|kind|link|url|domain|hash|made|field_names?)(?:_|$)')


@tagged('post_install', '-at_install')
class TestVoice(ServicesYear, test_simulated_year.TestSimulatedYear, DuesCommon):
    """A year driven by schedules alone, which have neither language nor address: all that they write is in
    Chinese and from the association, to units and users without a language, too."""

    # the year is simulated elsewhere
    test_a_year_with_two_months_missed = None
    modules = ('cfia_membership', 'cfia_dues', 'cfia_services')

    @classmethod
    def make_applications(cls, *args, **kwargs):
        """Give the association its name before the first letter is frozen."""
        cls.env.company.name = "演示协会"
        return super().make_applications(*args, **kwargs)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, 'lang': 'zh_CN'})
        cls.company = cls.company.with_env(cls.env)
        for name, value in list(vars(cls).items()):
            if name.startswith('user_'):
                setattr(cls, name, value.with_env(cls.env))
                value.write({'name': "演示用户", 'lang': False})
        cls.company.write({
            'email': ADDRESS, 'cfia_dues_user_id': cls.user_organisation.id,
            'cfia_mailing_is_automatic': True, 'cfia_survey_is_automatic': True, 'cfia_need_round_is_automatic': True,
            'cfia_dues_round_is_automatic': True, 'cfia_newsletter_is_automatic': True,
            'cfia_dues_round_month_1': 2, 'cfia_dues_round_month_2': 10,
        })
        cls.company.partner_id.lang = False
        for code, user in (('finance', cls.user_accountant), ('editorial', cls.user_editorial),
                           ('network', cls.user_network)):
            cls.env.ref(f'cfia_membership.cfia_department_{code}').user_ids = user
        cls.standard.name = "演示会费标准"
        for number, rule in enumerate(cls.standard.rule_ids):
            unlocked(rule).name = f"演示规则{number}"
        cls.schedules |= cls.env.ref('cfia_membership.ir_cron_cfia_document_render')
        cls.env['cfia.need.form'].create({'version': "演示全年", 'intro': "请填写（演示）"}).action_release()
        cls.own = [
            name for name, model in cls.env.registry.items()
            if name.startswith('cfia.') and model._auto and not model._abstract and not model._transient]
        cls.last = {
            model: cls.env[model].sudo().with_context(active_test=False).search([], order='id desc', limit=1).id or 0
            for model in ('mail.message', 'mail.mail', 'mail.activity', 'account.move', *cls.own)}

    def setUp(self):
        super().setUp()
        self.wrong, self.missing = {}, set()

    def run_schedules(self):
        for schedule in self.schedules:
            with self.enter_registry_test_mode():
                schedule.method_direct_trigger()
        self.env.invalidate_all()

    def test_a_year_driven_by_schedules_alone(self):
        with freeze_time(datetime(YEAR, 1, 2, 2)):
            self.begin()
        day = date(YEAR, 1, 2)
        while day < date(YEAR + 1, 3, 10):
            with freeze_time(datetime(day.year, day.month, day.day, 2)):
                self.run_schedules()
            day += timedelta(days=20)
        self.check_work_was_done()
        self.check_papers()
        self.send_each_template()
        self.assertLessEqual(self.missing, NOT_IN_THIS_YEAR)
        self.check_mails(self.find_since('mail.mail'))
        self.check_messages()
        self.check_activities()
        self.check_records()
        self.assertFalse(list(self.wrong))

    def begin(self):
        """Enter what gives each schedule something to do."""
        units = self.make_applications([f"演示无语种{number}有限公司" for number in range(4)], state='approved').partner_id
        (units + units.child_ids).lang = False
        unit = units[0]
        self.env['cfia.dues.run'].with_user(self.user_accountant).create({
            'year': YEAR, 'scope': 'selected', 'partner_ids': units.ids}).action_start()
        self.env['cfia.portal.invitation'].with_user(self.user_organisation).create({}).action_start()
        self.env['cfia.entitlement'].with_user(self.user_training).create({
            'partner_id': unit.id, 'service_id': self.learning.id, 'account_name': 'yadao-voice'})
        self.env['cfia.need'].with_user(self.user_organisation).create({
            'partner_id': unit.id, 'name': "演示需求", 'description': "演示需求",
            'department_id': self.env.ref('cfia_membership.cfia_department_training').id})
        enquiry = self.env['cfia.enquiry'].with_user(self.user_staff).create({
            'name': "演示来询有限公司", 'email': 'asker@member.example'})
        enquiry.sudo().activity_ids.unlink()
        enquiry.activity_schedule(
            'cfia_membership.mail_act_enquiry_follow_up', user_id=self.user_staff.id, date_deadline=date(YEAR, 1, 20))
        self.env['cfia.change.request'].with_user(self.user_staff)._file([{
            'partner': units[1].with_user(self.user_staff), 'changes': {units[1].with_user(self.user_staff): {'phone': '010-0000 0009'}},
            'new_contacts': [], 'reason': "演示变更", 'date_effective': date(YEAR, 1, 2), 'attachment_ids': []}])
        self.env['cfia.online.application'].sudo()._begin(
            "演示网上申请单位", 'form@member.example', self.env['cfia.privacy.notice']._get_current(), "演示")
        # the mail server has no language either
        contact = self.make_contact(unit, "演示来信人", email='asker@member.example')
        for sender in (contact.email, 'unknown@other.example'):
            mail = MAIL.replace('Subject: need', f"Subject: {Header('演示来信', 'utf-8')}")
            self.get_silent('mail.thread').message_process(
                False, mail.format(sender=sender, day=sender, text="请问本季度培训安排？").encode())

    def get_silent(self, model):
        """Return a model as the superuser has it, without a language."""
        return self.env(user=SUPERUSER_ID, context={})[model]

    def get_first(self, model):
        """Return a record of this year, else any."""
        return self.get_silent(model).search(
            [('id', '>', self.last.get(model, 0))], limit=1) or self.get_silent(model).search([], limit=1)

    def send_each_template(self):
        """Send each of the suite's letters by mail to somebody."""
        templates = self.get_silent('mail.template').search([]).filtered(
            lambda template: (template.get_external_id()[template.id] or '').startswith('cfia_'))
        self.assertGreater(len(templates), 10)
        for template in templates:
            record = self.get_first(template.model)
            if not record:
                self.missing.add(template.get_external_id()[template.id])
                continue
            template.send_mail(record.id, email_values={'email_to': 'reader@member.example'})

    # === WHAT IS CHECKED === #

    def check_papers(self):
        """Print each paper of the suite as the superuser does, who has no language."""
        reports = self.get_silent('ir.actions.report').search([]).filtered(
            lambda report: (report.get_external_id()[report.id] or '').startswith('cfia_'))
        kinds = {xmlid: kind for kind, xmlid in self.env['cfia.document']._report_xmlids().items()}
        for report in reports:
            xmlid = report.get_external_id()[report.id]
            record = self.get_first(report.model)
            if xmlid in kinds:
                record = record.search([('kind', '=', kinds[xmlid])], order='id desc', limit=1)
            if not record:
                self.missing.add(xmlid)
                continue
            if report.report_type == 'xlsx':
                content, _kind = report._render_xlsx(report, record.ids, {})
                sheets = load_workbook(BytesIO(content), read_only=True)
                self.check_text(f"paper {xmlid}", *[
                    cell for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row
                    if isinstance(cell, str)], *sheets.sheetnames)
            else:
                content, _kind = report._render_qweb_html(report, record.ids)
                paper = fromstring(content).find('.//main')
                etree.strip_elements(paper, 'style', 'script', with_tail=False)
                self.check_text(f"paper {xmlid}", paper.text_content())

    def find_since(self, model):
        return self.env[model].sudo().with_context(active_test=False).search([('id', '>', self.last[model])])

    def complain(self, where, text):
        self.wrong[f"{where}: {text}"[:400]] = True

    def check_text(self, where, *texts):
        for text in texts:
            words = ' '.join(WORDLESS.sub(' ', text or '').split())
            if found := WORD.search(words):
                self.complain(where, words[max(found.start() - 60, 0):found.end() + 60])

    def check_work_was_done(self):
        """Nothing is proven of schedules that found nothing to do."""
        for model in (
            'cfia.bulletin', 'cfia.statistics', 'cfia.change.release', 'cfia.compliance.report', 'cfia.file.difference',
            'cfia.obligation.term', 'cfia.portal.invitation.line', 'cfia.document', 'cfia.entitlement', 'cfia.need.step',
            'cfia.recruitment.mailing.recipient', 'cfia.data.survey.recipient', 'cfia.need.round.recipient',
            'cfia.dues.round.recipient', 'cfia.newsletter.recipient', 'cfia.roster.copy', 'cfia.change.list.line',
            'cfia.dues.line', 'account.move', 'mail.activity',
        ):
            records = self.find_since(model) if model in self.last else self.env[model].search([], limit=1)
            self.assertTrue(records, model)

    def check_mails(self, mails):
        for mail in mails:
            where = f"mail of {mail.model}, {mail.subject}"
            self.check_text(where, mail.subject, html2plaintext(mail.body_html or ''))
            if 'odoo.com' in (mail.body_html or ''):
                self.complain(where, "advertises")
            if mail.message_type != 'email' and {email_normalize(mail.email_from or ''), email_normalize(mail.reply_to or '')} != {ADDRESS}:
                self.complain(where, f"from {mail.email_from}, reply to {mail.reply_to}")

    def check_messages(self):
        robots = self.env.ref('base.partner_root') + self.env.ref('base.public_partner')
        for message in self.find_since('mail.message'):
            where = f"message on {message.model}"
            self.check_text(where, message.subject, html2plaintext(message.body or ''))
            if message.author_id in robots or email_normalize(message.email_from or '') in robots.mapped('email_normalized'):
                self.complain(where, f"by {message.author_id.name}, {message.email_from}")

    def check_activities(self):
        for activity in self.find_since('mail.activity'):
            self.check_text(f"task on {activity.res_model}", activity.summary, html2plaintext(activity.note or ''))

    def check_records(self):
        for move in self.find_since('account.move'):
            self.check_text("invoice", move.ref, *move.invoice_line_ids.mapped('name'))
        for model in self.own:
            names = [
                name for name, field in self.env[model]._fields.items()
                if field.store and field.type in ('char', 'text', 'html') and not KEYS.search(name)]
            for record in self.find_since(model):
                for name in names:
                    self.check_text(f"{model}.{name}", html2plaintext(record[name] or ''))
