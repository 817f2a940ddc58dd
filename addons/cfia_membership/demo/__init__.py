from . import cfia_obligation_demo
