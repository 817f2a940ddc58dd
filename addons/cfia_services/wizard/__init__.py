from . import cfia_need_forward
