from . import cfia_dues_claim
