from . import portal
from . import portal_relief
from . import portal_dues
from . import payment
