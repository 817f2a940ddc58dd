"""pytest plugin: core's test_lint judges every add-on on the path; let it judge ours alone."""
import os
import sys
from pathlib import Path

import pytest

import odoo.modules
from launcher import layout
from launcher.templates import our_modules

OURS = frozenset((*our_modules(with_tests=True), *layout.bridge_modules()))


def pytest_sessionstart():
    """Narrow the lists that test_lint reads, before its files are imported."""
    # Its package imports pylint's libraries, which are in the linters' environment.
    sys.path += map(str, Path(os.environ['CFIA_LINT']).glob('lib/python3*/site-packages'))
    every = odoo.modules.Manifest.all_addon_manifests
    odoo.modules.Manifest.all_addon_manifests = staticmethod(
        lambda: [manifest for manifest in every() if manifest.name in OURS])
    odoo.modules.get_modules = lambda: sorted(OURS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_logreport(report):
    """Let what it says of other modules' methods pass: it goes through the whole registry."""
    context = getattr(report, 'context', None)
    if report.failed and context and context.kwargs.get('module', '') not in {'', *OURS}:
        report.outcome = 'passed'
    # before pytest counts it as a failure
    return (yield)
