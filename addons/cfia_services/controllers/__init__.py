from . import mailing
from . import portal
from . import portal_magazine
from . import portal_home
from . import portal_need
from . import portal_newsletter
from . import roster
from . import website_vip
