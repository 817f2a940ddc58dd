"""A brake for addresses that anybody may ask."""
import ipaddress
import threading
import time
from collections import OrderedDict, deque


def client_key(httprequest):
    """Return the network from which a request comes, as the key of a :class:`RateLimit`.

    Behind a proxy the address is that of the client only where ``proxy_mode`` is set, as Odoo's
    documentation asks for; without it what a client writes into the headers is not believed. An
    IPv6 customer has a whole /64 network to choose addresses from and counts as one.

    :param httprequest: werkzeug request
    :rtype: str
    """
    address = httprequest.remote_addr or ''
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class RateLimit:
    """Count requests per key in a sliding window, within one worker process.

    Good enough to slow down guessing at secrets too long to guess; nothing is written anywhere.

    :param int times: requests allowed in the window
    :param int seconds: length of the window
    """

    _max_keys = 10000

    def __init__(self, times, seconds):
        self.times = times
        self.seconds = seconds
        self._hits = OrderedDict()
        self._lock = threading.Lock()

    def hit(self, key):
        """Count a request and tell whether it is still allowed."""
        now = time.monotonic()
        with self._lock:
            hits = self._hits.setdefault(key, deque())
            self._hits.move_to_end(key)
            while hits and hits[0] <= now - self.seconds:
                hits.popleft()
            if len(self._hits) > self._max_keys:
                self._hits.popitem(last=False)
            if len(hits) >= self.times:
                return False
            hits.append(now)
            return True

    def clear(self):
        """Forget everything."""
        with self._lock:
            self._hits.clear()
