from . import cfia_dues_bank_import
from . import cfia_dues_claim
from . import cfia_dues_round_share
from . import cfia_dues_run_start
from . import cfia_dues_receipt_import
from . import cfia_dues_receipt_void
from . import cfia_voucher_export
