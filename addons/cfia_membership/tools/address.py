import ipaddress
from urllib.parse import urlsplit

#: Set where papers with such an address do no harm: in demo data, in a copy for rehearsal.
TRIAL_PARAMETER = 'cfia_membership.trial_address'


def is_local(url):
    """Return whether only the machine itself is reached under an address, or nothing at all.

    :param str url: an address, or nothing
    """
    host = (urlsplit(url or '').hostname or '').rstrip('.')
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return not host or host == 'localhost' or host.endswith('.localhost')
    return address.is_loopback or address.is_unspecified
