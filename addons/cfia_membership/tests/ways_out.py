import ast
from pathlib import Path

from odoo.modules import get_module_path

from odoo.addons.cfia_membership.tests.routes import get_own_routes

#: What writes files, by the names that code imports.
WRITERS = {'csv', 'openpyxl', 'xlsxwriter', 'xlwt', 'vobject', 'zipfile'}


class WaysOutMixin:
    """Compare the ways by which data leave a module with what its test says of each, both ways.

    To be mixed into a case; a new report, spreadsheet, print action, mail, route that gives pages or files, or file
    of code that writes files fails until it is named here: as noted by the gate, or with the reason why it is no
    disclosure.
    """

    module = None
    #: report → kind of the note that its rendering leaves
    noted_reports = {}
    #: report → reason
    own_reports = {}
    #: route that is asked with GET, or with a key → kind of the note, or reason
    routes = {}
    #: template of mail → to whom it goes
    mails = {}
    #: file of code that writes or reads files of data → what of
    writers = {}

    def get_printed(self):
        """Return report of ``noted_reports`` → records to print, as the user who may."""
        raise NotImplementedError

    def test_every_report_is_known(self):
        reports = self.env['ir.actions.report'].search([('report_name', '=like', f'{self.module}.%')])
        self.assertEqual(set(reports.mapped('report_name')), self.noted_reports.keys() | self.own_reports.keys())
        self.assertFalse(self.noted_reports.keys() & self.own_reports.keys())
        sheets = {
            name.removeprefix('report.') for name, model in self.env.registry.items()
            if name.startswith(f'report.{self.module}.') and hasattr(model, 'generate_xlsx_report')}
        self.assertFalse(sheets - set(reports.mapped('report_name')), "spreadsheets that no report names")

    def test_every_print_action_is_known(self):
        """What stands in a print menu and is no report may print anything."""
        for model in ('ir.actions.server', 'ir.actions.act_window'):
            actions = self.env[model].search([('binding_model_id', '!=', False), ('binding_type', '=', 'report')])
            found = [xmlid for xmlid in actions.get_external_id().values() if xmlid.startswith(f'{self.module}.')]
            self.assertEqual(found, [])

    def test_every_page_is_known(self):
        found = {
            rule.rule for rule, modules in get_own_routes(self.env)
            if modules[-1] == self.module and 'GET' in (rule.endpoint.routing['methods'] or ['GET'])
            and rule.endpoint.routing['type'] != 'jsonrpc'}
        self.assertEqual(found, set(self.routes))

    def test_every_mail_is_known(self):
        templates = self.env['ir.model.data'].search([('module', '=', self.module), ('model', '=', 'mail.template')])
        self.assertEqual(set(templates.mapped('name')), set(self.mails))

    def test_every_writer_of_files_is_known(self):
        found = set()
        folder = get_module_path(self.module)
        for path in self.get_code(folder):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [
                    node.module or ''] if isinstance(node, ast.ImportFrom) else []
                if WRITERS & {name.partition('.')[0] for name in names}:
                    found.add(str(path.relative_to(folder)))
        self.assertEqual(found, set(self.writers))

    def test_every_noted_report_leaves_its_note(self):
        Disclosure = self.env['cfia.disclosure']
        printed = self.get_printed()
        self.assertEqual(printed.keys(), self.noted_reports.keys())
        for name, kind in self.noted_reports.items():
            records = printed[name]
            with self.subTest(report=name):
                self.assertTrue(records)
                before = Disclosure.search_count([])
                Report = records.env['ir.actions.report']
                report = Report._get_report(name)
                if report.report_type == 'xlsx':
                    Report._render_xlsx(name, records.ids, {})
                else:
                    Report._render_qweb_html(name, records.ids)
                self.assertGreater(Disclosure.search_count([]), before)
                note = Disclosure.search([], limit=1)
                self.assertEqual((note.kind, note.user_id), (kind, records.env.user))

    @staticmethod
    def get_code(folder):
        """Return the files of code of a module, its tests apart."""
        return [path for path in sorted(Path(folder).rglob('*.py')) if 'tests' not in path.parts]
