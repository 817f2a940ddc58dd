"""Pinned packages compared with known holes: a list that works offline, and a database that is asked."""
import json
import re
import urllib.error
import urllib.request

from launcher import layout
from launcher.console import say

FILE = layout.CONFIG / 'known_holes.txt'
PIN = re.compile(r'^([A-Za-z0-9._-]+)==([^\s;#]+)', re.MULTILINE)
#: Asked with `--audit` only: names and versions of packages are all that is sent.
DATABASE = 'https://api.osv.dev/v1/querybatch'
PATIENCE = 20


def read_pins():
    """Return normalised name → version of every package that a requirement file pins."""
    return {
        _normalise(name): version
        for path in sorted(layout.CONFIG.glob('requirements*.txt'))
        for name, version in PIN.findall(path.read_text())
    }


def read_holes():
    """Return the lines of the list: (package, versions, number, what, why accepted or None).

    :raise ValueError: naming a line that has not four or five fields
    """
    holes = []
    for number, line in enumerate(FILE.read_text().splitlines(), 1):
        if not line.strip() or line.startswith('#'):
            continue
        fields = [field.strip() for field in line.split(' | ')]
        if len(fields) == 4:
            fields.append(None)
        if len(fields) != 5 or (fields[4] is not None and not re.fullmatch(r'accepted: .+', fields[4])):
            raise ValueError(f"{FILE}:{number}: expected 'package | versions | number | what [| accepted: why]'")
        holes.append(tuple(fields))
    return holes


def find():
    """Return complaints about pins that the list knows, and about accepted holes that are no longer there."""
    from packaging.specifiers import SpecifierSet

    pins, found = read_pins(), []
    for package, versions, number, what, accepted in read_holes():
        version = pins.get(_normalise(package))
        is_open = version is not None and SpecifierSet(versions).contains(version, prereleases=True)
        if is_open and not accepted:
            found.append(f'{package}=={version}: {number}, {what}')
        elif accepted and not is_open:
            found.append(f'{package} {number}: accepted in {FILE.name}, but no pin has it any more')
    return found


def audit():
    """Ask the public database about every pin; return holes that are not accepted.

    Without a connection nothing is found, and that is said.
    """
    pins = read_pins()
    accepted = {number for _package, _versions, number, _what, why in read_holes() if why}
    query = {'queries': [
        {'package': {'name': name, 'ecosystem': 'PyPI'}, 'version': version} for name, version in pins.items()]}
    request = urllib.request.Request(
        DATABASE, json.dumps(query).encode(), headers={'Content-Type': 'application/json'})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            results = json.load(answer)['results']
    except (urllib.error.URLError, TimeoutError, ValueError, KeyError) as error:
        say(f"  not asked: {error}")
        return []
    return [
        f"{name}=={version}: {hole['id']}"
        for (name, version), result in zip(pins.items(), results, strict=True)
        for hole in result.get('vulns', ()) if not accepted.intersection({hole['id'], *hole.get('aliases', ())})
    ]


def _normalise(name):
    return re.sub(r'[-_.]+', '-', name).lower()
