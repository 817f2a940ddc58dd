from . import test_members_dashboard
