import copy
import subprocess
import sysconfig
import unicodedata
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

from lxml.html import fromstring

from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader

from odoo.addons.base.models import ir_actions_report
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.paper_scale import PAPER_SCALE, get_zoom, measure_scale
from odoo.addons.test_cfia_suite.tests.common import JourneyCommon

# as long as the registry of companies has them
LONGEST_NAME = (
    "中国第一重型机械集团演示加氢反应器制造及特种材料精密锻造研究开发有限责任公司（东北区域营销与技术服务总部）")
LONGEST_ADDRESS = (
    "演示市演示区棉花岛街道大连湾镇临港工业园区第二十八号路与东海大道交叉口东北侧研发中心大楼A座一千二百零一室")
#: wkhtmltopdf with the patched Qt, beside the distribution's own
PATCHED_BUILD = str(Path(sysconfig.get_path('scripts'), 'wkhtmltopdf-pack'))


def patched_build():
    """Return a context in which papers are printed by the build with the patched Qt."""
    version = subprocess.run([PATCHED_BUILD, '--version'], capture_output=True, text=True, check=True).stdout
    info = ir_actions_report._wkhtml()._replace(
        bin=PATCHED_BUILD, is_patched_qt='with patched qt' in version, dpi_zoom_ratio=True)
    return patch.object(ir_actions_report, '_wkhtml', lambda: info)


@tagged('post_install', '-at_install')
class TestPapers(JourneyCommon):
    """Letters keep their page with the shortest and the longest data, in real PDFs."""

    def _admit(self, name, address, uscc):
        """Return the printed documents of a unit that was admitted."""
        company = self.env.company
        company.partner_id.write({
            'street': address, 'zip': '100000', 'phone': '010-0000 0000', 'email': 'info@association.example',
            'website': 'https://association.example',
        })
        company.cfia_dues_bank_id = self.env['res.partner.bank'].create({
            'acc_number': f'0200 0000 0000 {uscc[-6:]}',
            'partner_id': company.partner_id.id,
            'acc_holder_name': company.name,
            'bank_id': self.env['res.bank'].create({'name': f"演示银行股份有限公司北京分行{uscc[-6:]}营业部"}).id,
        })
        unit = self.make_application(name, state='approved', street=address, uscc=uscc).partner_id
        self.print_documents()
        return self.env['cfia.document'].search([('partner_id', '=', unit.id)])

    def _print(self, document):
        """Return the text of each page of a document printed anew, without white space."""
        report = document._report_xmlids()[document.kind]
        content = self.env['ir.actions.report'].with_context(force_report_rendering=True)._render_qweb_pdf(
            report, document.ids)[0]
        # fonts draw some characters by the glyph of a radical that looks the same
        return [
            ''.join(unicodedata.normalize('NFKC', page.extract_text()).split())
            for page in PdfFileReader(BytesIO(content)).pages]

    def test_letters_of_admission_are_one_page(self):
        for name, address, uscc in (
            ("演示厂", "演示路1号", '91110000MADEM00915'),
            (LONGEST_NAME, LONGEST_ADDRESS, '91110000MADEM00928'),
        ):
            documents = self._admit(name, address, uscc)
            self.assertEqual(set(documents.mapped('kind')), {'entry_notice', 'certificate', 'dues_notice'})
            for document in documents:
                with self.subTest(name=name, kind=document.kind):
                    pages = PdfFileReader(BytesIO(document.attachment_id.raw)).getNumPages()
                    self.assertEqual(pages, 1)
                with self.subTest(name=name, kind=document.kind, build='patched'), patched_build():
                    self.assertEqual(len(self._print(document)), 1)

    def test_both_builds_print_a_pixel_in_one_size(self):
        own, patched = ir_actions_report._wkhtml().bin, PATCHED_BUILD
        self.assertAlmostEqual(get_zoom(own), 1, delta=0.01)
        zoom = get_zoom(patched)
        self.assertLess(zoom, 0.9)
        self.assertAlmostEqual(measure_scale(patched, '--zoom', '1.0') * zoom, PAPER_SCALE, delta=0.001)

    def test_long_letters_break_between_rows(self):
        """A payer of thirty members: no row is cut, the account stands with its heading, no signature alone."""
        documents = self._admit("演示集团有限公司", "演示路1号", '91110000MADEM00915')
        notice = documents.filtered(lambda document: document.kind == 'dues_notice')
        data = copy.deepcopy(notice.data)
        data['lines'] = [
            {'unit_name': f"{LONGEST_NAME}{number:02}", 'member_number': f'CFIA-{number:05}', 'grade': "会员",
             'explanation': "按会费标准", 'amount_open': 2000.0} for number in range(30)]
        unlocked(notice).write({'data': data})
        pages = {'own': self._print(notice)}
        with patched_build():
            pages['patched'] = self._print(notice)
        self.assertEqual(len(pages['own']), len(pages['patched']))
        for build, texts in pages.items():
            with self.subTest(build=build):
                self.assertGreater(len(texts), 2)
                for row in data['lines']:
                    whole = f"{row['unit_name']}{row['member_number']}"
                    self.assertEqual(sum(unicodedata.normalize('NFKC', whole) in text for text in texts), 1, whole)
                [account] = [text for text in texts if ''.join(data['bank_account'].split()) in text]
                self.assertIn("请将会费汇入以下账", account)
                self.assertIn("会费到账后", texts[-1])

    def test_rows_of_a_list_are_never_cut(self):
        """A page ends between the rows: each row stands on paper as a block of its own."""
        stocktake = self._count_files()
        html = self.env['ir.actions.report']._render_qweb_html(
            'cfia_membership.action_report_stocktake', stocktake.ids)[0]
        blocks = fromstring(html).xpath("//div[contains(@class, 'cfia_keep')]//tbody")
        self.assertEqual([len(block) for block in blocks], [1] * len(stocktake.line_ids))
        self.assertGreater(len(blocks), 1)

    def _count_files(self):
        """Return a stocktake of the files of two units with the longest name."""
        units = self.make_applications([LONGEST_NAME, f"{LONGEST_NAME}二"], state='approved').partner_id
        units.member_file_ids.place = "演示长名柜"
        stocktake = self.env['cfia.file.stocktake'].create({'name': "演示清单", 'place': "演示长名柜"})
        stocktake.action_start()
        return stocktake
