from . import cfia_change_list_xlsx
from . import cfia_magazine_xlsx
from . import cfia_need_report
from . import cfia_newsletter_xlsx
