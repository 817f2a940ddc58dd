"""A brake for addresses that anybody may ask."""
import ipaddress
import secrets
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
    """Count requests per key in a sliding window, in each process and over all of them.

    The process's own count comes first and costs nothing: who is over it is refused without asking the database.
    What it lets pass is counted in the database, so that several workers and servers allow together what one would
    allow alone (see ``cfia.rate.limit``); requests under way at the same moment may exceed it by their number.

    :param str name: of what is counted, unique in the suite
    :param int times: requests allowed in the window
    :param int seconds: length of the window
    """

    _max_keys = 10000

    def __init__(self, name, times, seconds):
        self.name = name
        self.times = times
        self.seconds = seconds
        self._series = ''
        self._hits = OrderedDict()
        self._lock = threading.Lock()

    def hit(self, key, env=None):
        """Count a request and tell whether it is still allowed.

        :param key: whose request it is
        :param env: environment of the request; without one, this process alone counts
        :rtype: bool
        """
        if not self._hit_here(key):
            return False
        return env is None or env['cfia.rate.limit']._hit(f'{self.name}{self._series} {key}', self.times, self.seconds)

    def _hit_here(self, key):
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
        """Forget everything, for tests: this process begins a count of its own."""
        with self._lock:
            self._hits.clear()
            self._series = secrets.token_hex(4)
