from . import test_access, test_journey, test_papers, test_service_dues, test_tour, test_year
from . import test_journey, test_papers, test_tour, test_year
from . import test_workplace_tour
from . import test_access, test_fuzz
from . import test_access, test_journey, test_papers, test_service_dues, test_tour, test_workplace_tour, test_year
