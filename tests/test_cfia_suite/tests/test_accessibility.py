import os
from pathlib import Path

from odoo.tests import common, tagged

from odoo.addons.cfia_membership.models.cfia_online_application_form import STEPS
from odoo.addons.test_cfia_suite.tests.common import JourneyCommon, start_browser

WIDTHS = {'desk': (1400, 900), 'telephone': (390, 844)}
# Our markup: what stands between Odoo's own header and footer.
OURS = '#wrap, main'
IMPACTS = ('serious', 'critical')


@tagged('post_install', '-at_install')
class TestAccessibility(JourneyCommon):
    """Every page of the portal and of the public, by axe-core, on the desk and on the telephone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_portal.lang = 'zh_CN'
        unit = cls.unit_member
        cls.certificate = cls.env['cfia.document'].search(
            [('partner_id', '=', unit.id), ('kind', '=', 'certificate')], limit=1)
        dues = cls.env['cfia.dues.line']
        dues = dues.search([('partner_id', '=', unit.id)]) or dues._open(unit, cls.today.year)
        dues.action_bill()
        cls.need = cls.env['cfia.need'].create({
            'name': "演示模具寿命", 'description': "演示需求", 'partner_id': unit.id,
            'kind_id': cls.env.ref('cfia_services.cfia_need_kind_training').id})
        cls.form = cls.env['cfia.online.application'].sudo()._begin(
            "演示申请单位", 'form@member.example', cls.env['cfia.privacy.notice']._get_current(), '演示')

    def setUp(self):
        super().setUp()
        # a missing browser is a failure here, not a reason to skip
        self.assertTrue(common._find_executable(), "Chromium is not installed")
        self.assertIn('CFIA_AXE', os.environ, "axe-core is not installed: run the tests by ./cfia test")
        self.axe = Path(os.environ['CFIA_AXE']).read_text('utf-8')

    def _get_portal_pages(self):
        entitlement = self.env['cfia.entitlement'].search([('partner_id', '=', self.unit_member.id)], limit=1)
        return [
            '/my/membership',
            '/my/membership/changes',
            '/my/membership/publications',
            '/my/membership/needs',
            f'/my/membership/needs/{self.need.id}',
            f'/my/membership/services/{entitlement.id}',
            '/my/membership/dues/relief',
            '/my/membership/magazine',
            '/my/membership/newsletters',
            '/my/referrals',
        ]

    def _get_public_pages(self):
        return [
            f'/cfia/verify/{self.certificate.token}',
            '/cfia/verify/unknown',
            '/cfia/r/unknown',
            '/cfia/apply',
            '/cfia/apply/unknown',
            *(f'{self.form._get_path()}?step={step}' for step in STEPS),
        ]

    def _check_pages(self, pages):
        """Open each page at each width in one browser; report what axe-core finds and what is too wide."""
        findings = []
        self.env.flush_all()
        with self.allow_requests(all_requests=True), start_browser() as browser:
            for name, (width, height) in WIDTHS.items():
                context = browser.new_context(
                    viewport={'width': width, 'height': height}, is_mobile=name == 'telephone', locale='zh-CN')
                context.add_cookies([
                    {'name': 'session_id', 'value': self.session.sid, 'url': self.base_url()}])
                page = context.new_page()
                for path in pages:
                    page.goto(self.base_url() + path if path.startswith('/') else path, wait_until='load')
                    page.evaluate(self.axe)
                    result = page.evaluate(
                        """async (ours) => {
                            const nodes = [...document.querySelectorAll(ours)];
                            const found = await axe.run({ include: nodes.slice(0, 1) }, {
                                runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
                            });
                            return {
                                nodes: nodes.length,
                                violations: found.violations.map(({ id, impact, nodes }) => (
                                    { id, impact, html: nodes.map((node) => node.html).slice(0, 3) })),
                                width: document.documentElement.scrollWidth,
                                title: document.title,
                            };
                        }""", OURS)
                    self.assertTrue(result['nodes'], path)
                    findings += [
                        (name, path, violation['id'], violation['html']) for violation in result['violations']
                        if violation['impact'] in IMPACTS]
                    if result['title'] in ('', 'Odoo'):
                        findings.append((name, path, 'title', result['title']))
                    if result['width'] > width:
                        findings.append((name, path, 'overflow', result['width']))
                context.close()
        self.assertFalse(findings, '\n'.join(map(str, findings)))

    def test_portal(self):
        self.assertEqual(self.env['cfia.dues.line'].search([('partner_id', '=', self.unit_member.id)]).state, 'billed')
        self.authenticate(self.user_portal.login, self.user_portal.login)
        self._check_pages(self._get_portal_pages())

    def test_public(self):
        self.authenticate(None, None)
        self._check_pages(self._get_public_pages())
