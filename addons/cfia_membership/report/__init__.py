from . import cfia_member_quarter_report
