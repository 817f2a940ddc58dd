from . import test_guess
