from . import portal
from . import verify
from . import portal_change
