from . import cfia_dues_bank_import
from . import cfia_dues_claim
from . import cfia_dues_round_share
