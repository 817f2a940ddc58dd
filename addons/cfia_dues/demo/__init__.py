from . import cfia_dues_demo
from . import cfia_dues_receipt_demo
