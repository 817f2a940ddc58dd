from . import cfia_dues_receipt_xlsx
