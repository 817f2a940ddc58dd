"""pytest plugin: what pytest itself lets pass and this suite does not.

- An unexpected warning or error in Odoo's log fails the run; what `assertLogs` or
  `mute_logger` take is expected.
- A test skipped because the browser did not come up fails the run.
- In a run of everything, a test file that gave no test fails the run; bridges that are installed
  apart have a run of their own.
"""
import logging
import re
from pathlib import Path

import pytest

from launcher import layout
from launcher.logwatch import LogWatch

NO_BROWSER = re.compile(r'chrome|chromium|websocket-client|devtools|--odoo-http', re.IGNORECASE)


class Recorder(logging.Handler):
    """Passes every record to the log watch, with the test that ran."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.watch = LogWatch()
        self.where = ''

    def emit(self, record):
        """Judge one record."""
        message = record.getMessage()
        if record.exc_info and record.exc_info[0]:
            message += '\n' + logging.Formatter().formatException(record.exc_info)
        self.watch.judge(record.levelname, record.name, message, self.where)


def pytest_addoption(parser):
    """Add the option of a run of everything."""
    parser.addoption('--complete', action='store_true', help="fail when a test file gives no test")


def pytest_configure(config):
    """Start watching."""
    config.pluginmanager.register(Watch(config), 'cfia-watch')


class Watch:
    """The state of one run."""

    def __init__(self, config):
        self.config = config
        self.recorder = Recorder()
        self.no_browser = []
        self.no_tests = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self):
        """Listen to the root logger."""
        logging.getLogger().addHandler(self.recorder)

    def pytest_collection_finish(self, session):
        """Find test files that gave no test."""
        if self.config.getoption('complete'):
            collected = {Path(item.path) for item in session.items}
            given = [Path(arg) for arg in self.config.args]
            files = {path for arg in given for path in (arg.glob('**/test_*.py') if arg.is_dir() else [arg])}
            self.no_tests = sorted(str(path.relative_to(layout.ROOT)) for path in files - collected)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid):
        """Note which test runs."""
        self.recorder.where = nodeid

    def pytest_runtest_logreport(self, report):
        """Note tests skipped for want of a browser."""
        if report.skipped and NO_BROWSER.search(str(report.longrepr)):
            self.no_browser.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session, exitstatus):
        """Turn a passed run into a failed one."""
        if exitstatus == pytest.ExitCode.OK and self._complaints():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        """Say why, before pytest's own closing line."""
        for title, lines in self._complaints().items():
            terminalreporter.section(title, red=True)
            for line in lines:
                terminalreporter.line(line)

    def _complaints(self):
        complaints = {
            "unexpected in Odoo's log": self.recorder.watch.unexpected,
            "skipped for want of a browser": self.no_browser,
            "test files without a test": self.no_tests,
        }
        return {title: lines for title, lines in complaints.items() if lines}
