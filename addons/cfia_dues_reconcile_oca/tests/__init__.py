from . import test_guess
from . import test_suggestion
