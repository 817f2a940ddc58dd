from . import test_access
from . import test_fuzz
from . import test_journey
from . import test_papers
from . import test_service_dues
from . import test_tour
from . import test_workplace_tour
from . import test_year
