"""Past one machine: two servers, scheduled work apart, a replica and the image's proxy, all on this one."""
import sys

from launcher import layout, templates, workplace
from launcher.lock import locked

sys.path.insert(0, str(layout.TESTS / 'scale'))
import scale  # noqa: E402  (a folder of scripts, not a package)


def test_scale():
    """What docker-compose.yml starts with the profile `scale` holds, with a server and the replica killed."""
    place = workplace.ensure('test')
    shown = []
    with locked(layout.STATE / 'scale.lock'):
        scale.prove(place, templates.ensure_suite(place), shown.append)
    assert len(shown) == 11
