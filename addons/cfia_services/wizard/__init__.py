from . import cfia_magazine_wizards
from . import cfia_need_forward
from . import cfia_need_reply
from . import cfia_need_set_aside
from . import cfia_price_usage_import
