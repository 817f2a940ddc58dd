from . import test_journey, test_tour, test_year
