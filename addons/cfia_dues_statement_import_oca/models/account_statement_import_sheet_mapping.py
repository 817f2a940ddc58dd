from odoo import fields, models


class AccountStatementImportSheetMapping(models.Model):
    _inherit = 'account.statement.import.sheet.mapping'

    has_chinese_headings = fields.Boolean(
        string="Find Columns by Chinese Headings",
        help="The heading row and its columns (交易时间, 对方户名, 贷方金额, 附言, 流水号 and their other "
             "names) are found wherever they stand; totals and blank rows are passed over, and a 流水号 "
             "that the journal has already is not taken over again. The columns below then count "
             "for text files only.")
