from . import portal
from . import portal_magazine
from . import portal_need
from . import roster
from . import website_vip
