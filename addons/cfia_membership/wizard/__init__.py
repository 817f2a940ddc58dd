from . import cfia_certificate_issue
from . import cfia_council_post_decide
from . import cfia_member_transition
from . import cfia_membership_application_refuse
from . import cfia_change_report
from . import cfia_change_request_refuse
from . import cfia_dispatch_wizards
from . import cfia_contact_handover
