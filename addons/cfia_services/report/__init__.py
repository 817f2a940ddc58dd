from . import cfia_change_list_xlsx
