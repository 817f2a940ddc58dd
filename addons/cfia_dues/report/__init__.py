from . import cfia_dues_receipt_xlsx
from . import cfia_dues_report
from . import cfia_dues_statement_xlsx
from . import cfia_voucher_xlsx
