from . import cfia_dues_demo
