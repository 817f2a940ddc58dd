from . import test_access
from . import test_bank
from . import test_bank_file
from . import test_dues_line
from . import test_portal
from . import test_pricing
from . import test_standard
