from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.test_cfia_suite.tests.common import JourneyCommon, start_browser

# headings that no list of a bank has
LIST = "甲栏,乙栏,丙栏\n2026-01-05,演示陌生公司,100.00\n2026-01-06,演示陌生公司,200.00\n"
COLUMNS = {"甲栏": "交易时间", "乙栏": "对方户名", "丙栏": "贷方金额"}
PATIENCE = 30_000


@tagged('post_install', '-at_install')
class TestListDialogs(JourneyCommon):
    """A list that nobody knows, from its file to its rows and back, in the client as finance uses it."""

    # core logs a way out as an error
    @mute_logger('odoo.http')
    def test_from_an_unknown_list_to_its_rows_and_back(self):
        Line = self.env['account.bank.statement.line']
        before = Line.search([])
        self.authenticate(self.user_accountant.login, self.user_accountant.login)
        self.env.flush_all()
        with self.allow_requests(all_requests=True), start_browser() as browser:
            context = browser.new_context(viewport={'width': 1400, 'height': 900}, locale='zh-CN')
            context.add_cookies([{'name': 'session_id', 'value': self.session.sid, 'url': self.base_url()}])
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            errors = []
            page.on('pageerror', lambda error: errors.append(str(error)))
            page.goto(f'{self.base_url()}/odoo/action-cfia_dues.cfia_dues_bank_import_action')
            page.set_input_files('.o_field_widget[name=file] input[type=file]', {
                'name': "演示流水.csv", 'mimeType': 'text/csv', 'buffer': LIST.encode()})
            page.click('button[name=action_preview]')
            page.click('.o_dialog button:has-text("对应列")')
            self.name_the_columns(page)
            page.click('button[name=action_save]')
            page.click('button[name=action_preview]')
            page.wait_for_selector('.o_cfia_list_preview:has-text("演示陌生公司")')
            page.click('button[name=action_import]')
            page.wait_for_selector('.o_field_widget[name=imported_count]:has-text("2")')
            self.env.invalidate_all()
            lines = Line.search([]) - before
            self.assertEqual(sorted(lines.mapped('amount')), [100, 200])
            page.click('button[name=action_view_import]')
            page.click('button[name=action_take_back]')
            page.click('.modal footer button.btn-primary')
            page.wait_for_selector('button[name=action_take_back]', state='detached')
        self.env.invalidate_all()
        self.assertFalse(lines.exists())
        self.assertFalse(errors)

    def name_the_columns(self, page):
        """Choose for each heading what it means, as a person does, in the list of the dialog."""
        for heading, column in COLUMNS.items():
            row = f'.o_field_widget[name=line_ids] .o_data_row:has-text("{heading}")'
            page.click(f'{row} [name=column]')
            page.click(f'{row} [name=column] input, {row} [name=column] select')
            page.click(f'.o_select_menu_item:has-text("{column}")')
