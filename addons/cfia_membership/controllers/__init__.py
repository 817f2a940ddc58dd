from . import portal
from . import portal_application
from . import portal_change
from . import portal_referral
from . import report
from . import round
from . import vcard
from . import verify
