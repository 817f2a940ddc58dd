from . import test_event_price
from . import test_event_prospects
