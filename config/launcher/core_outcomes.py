"""pytest plugin: core's own tests, chosen as Odoo chooses them, and what became of each."""
import os
from pathlib import Path

import pytest

from launcher.core_list import EXCLUDED, OUTCOMES

#: Names of the tests of this run, by pytest's.
NAMES = {}


def short_name(nodeid, path):
    """Return what a test is called on every machine: its add-on, its file there, class and method."""
    parts = Path(path).parts
    start = len(parts) - 1 - parts[::-1].index('tests')
    return '::'.join(['/'.join(parts[start - 1:]), *nodeid.split('::')[1:]])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Leave out what Odoo runs on demand only, and what cannot pass on this platform."""
    excluded = set(os.environ.get(EXCLUDED, '').split())
    chosen, left_out = [], []
    for item in items:
        NAMES[item.nodeid] = short_name(item.nodeid, item.path)
        # a function outside a class is no test of Odoo's
        tags = getattr(item.cls, 'test_tags', set()) | getattr(item.obj, 'test_tags', set())
        runs = 'standard' in tags and NAMES[item.nodeid] not in excluded
        (chosen if runs else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = chosen


def pytest_runtest_logreport(report):
    """Write one line for each test as it ends: outcome, name, first line of what went wrong."""
    if report.when != 'call' and report.passed:
        return
    outcome = 'failed' if report.failed else report.outcome
    crash = getattr(report.longrepr, 'reprcrash', None)
    message = crash.message if crash else str(report.longrepr or '')
    with open(os.environ[OUTCOMES], 'a', encoding='utf-8') as outcomes:
        outcomes.write('\t'.join([outcome, NAMES[report.nodeid], *message.splitlines()[:1]]) + '\n')
