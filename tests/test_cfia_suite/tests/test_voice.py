import re
from datetime import date, datetime, timedelta

from odoo.tests import freeze_time, tagged
from odoo.tools import email_normalize, html2plaintext

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tests import test_simulated_year
from odoo.addons.cfia_membership.tests.test_simulated_year import YEAR
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.test_cfia_suite.tests.year_services import ServicesYear

ADDRESS = 'office@association.example'
#: What people read the same in both languages, and what is no word: addresses, links, numbers of papers.
WORDLESS = re.compile(
    r'\S+@\S+|https?://\S+|(?<!\S)/\w\S*|\b[A-Z]{1,4}(?:/\d|\d|-)[\w/-]*|yadao-\w+|\b(?:CFIA|PDF|VIP|USCC|SHA|xlsx)\b')
WORD = re.compile(r'[A-Za-z]{3,}')
#: Columns of the suite's own records that hold keys and values, no text
KEYS = re.compile(
    r'(?:^|_)(?:code|token|key|sha256|model|xmlid|login|email|phone|mobile|lang|icon|kind|link|url|domain|hash|made)(?:_|$)')


@tagged('post_install', '-at_install')
class TestVoice(ServicesYear, test_simulated_year.TestSimulatedYear, DuesCommon):
    """A year driven by schedules alone, which have neither language nor address: all that they write is in
    Chinese and from the association, to units and users without a language, too."""

    # the year is simulated elsewhere
    test_a_year_with_two_months_missed = None
    modules = ('cfia_membership', 'cfia_dues', 'cfia_services')

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
            'name': "演示协会", 'email': ADDRESS, 'cfia_dues_user_id': cls.user_organisation.id,
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
        self.wrong = {}

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

    # === WHAT IS CHECKED === #

    def find_since(self, model):
        return self.env[model].sudo().with_context(active_test=False).search([('id', '>', self.last[model])])

    def complain(self, where, text):
        self.wrong[f"{where}: {text}"[:400]] = True

    def check_text(self, where, *texts):
        for text in texts:
            if WORD.search(WORDLESS.sub(' ', text or '')):
                self.complain(where, text)

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
            if {email_normalize(mail.email_from or ''), email_normalize(mail.reply_to or '')} != {ADDRESS}:
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
