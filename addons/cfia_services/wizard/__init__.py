from . import cfia_magazine_wizards
from . import cfia_need_forward
