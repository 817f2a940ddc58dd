from . import test_access, test_journey, test_papers, test_service_dues, test_tour, test_year
