from io import BytesIO

from lxml.html import fromstring

from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader

from odoo.addons.test_cfia_suite.tests.common import JourneyCommon

# as long as the registry of companies has them
LONGEST_NAME = (
    "中国第一重型机械集团演示加氢反应器制造及特种材料精密锻造研究开发有限责任公司（东北区域营销与技术服务总部）")
LONGEST_ADDRESS = (
    "演示市演示区棉花岛街道大连湾镇临港工业园区第二十八号路与东海大道交叉口东北侧研发中心大楼A座一千二百零一室")


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
