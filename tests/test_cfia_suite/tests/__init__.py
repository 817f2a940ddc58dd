from . import test_access
from . import test_departments
from . import test_fuzz
from . import test_journey
from . import test_language
from . import test_papers
from . import test_service_dues
from . import test_tour
from . import test_workplace_tour
from . import test_year
from . import test_access, test_journey, test_papers, test_service_dues, test_tour, test_year
from . import test_workplace_tour
from . import test_fuzz
from . import test_golive
from . import test_apply_tour
