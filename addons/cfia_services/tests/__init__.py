from . import test_access
from . import test_change_list
from . import test_entitlement
from . import test_need
from . import test_learning
from . import test_portal
from . import test_roster_release
from . import test_service_usage
