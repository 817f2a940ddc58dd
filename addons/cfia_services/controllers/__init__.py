from . import portal
from . import portal_need
from . import roster
