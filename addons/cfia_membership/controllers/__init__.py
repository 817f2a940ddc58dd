from . import portal
from . import round
from . import verify
from . import portal_change
from . import vcard
