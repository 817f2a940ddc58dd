from . import cfia_member_quarter_report
from . import cfia_dispatch_xlsx
from . import cfia_recruitment_report
from . import cfia_paper_xlsx
from . import cfia_compliance_report_xlsx
from . import cfia_file_stocktake_xlsx
