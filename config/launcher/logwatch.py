"""Watching Odoo's log: a warning or an error that nobody announced fails the run.

Known noise of the platform is named in config/log_allow.txt, each with its reason.
"""
import re

from launcher.layout import CONFIG

ALLOW_FILE = CONFIG / 'log_allow.txt'
LINE = re.compile(
    r'^\d{4}-\d\d-\d\d [\d:,]+ \d+ (?P<level>[A-Z]+) (?P<db>\S+) (?P<logger>\S+): (?P<message>.*)$')
BAD = {'WARNING', 'ERROR', 'CRITICAL'}


def read_allowed():
    """Return the allowed entries as pairs of patterns, for the logger and for the message.

    :raise ValueError: a line has not three fields
    """
    allowed = []
    for number, line in enumerate(ALLOW_FILE.read_text().splitlines(), 1):
        if not line.strip() or line.startswith('#'):
            continue
        try:
            logger, message, reason = (field.strip() for field in line.split(' | '))
        except ValueError:
            raise ValueError(f"{ALLOW_FILE}:{number}: expected 'logger | message | reason'") from None
        if not reason:
            raise ValueError(f"{ALLOW_FILE}:{number}: no reason given")
        allowed.append((re.compile(logger), re.compile(message, re.DOTALL)))
    return allowed


class LogWatch:
    """Collects unexpected entries."""

    def __init__(self):
        self._allowed = read_allowed()
        self.unexpected = []
        self._pending = None

    def feed(self, line):
        """Take one line of a log; lines without a header belong to the entry before."""
        match = LINE.match(line)
        if not match:
            if self._pending:
                self._pending[2].append(line.rstrip('\n'))
            return
        self.close()
        if match['level'] in BAD:
            self._pending = (match['level'], match['logger'], [match['message']])

    def close(self):
        """Judge the last entry."""
        if self._pending:
            level, logger, lines = self._pending
            self._pending = None
            self.judge(level, logger, '\n'.join(lines))

    def judge(self, level, logger, message, where=''):
        """Keep the entry unless it is allowed.

        :param str where: what ran when it was logged
        """
        if not any(name.fullmatch(logger) and text.search(message) for name, text in self._allowed):
            self.unexpected.append(f"{where}{': ' if where else ''}{level} {logger}: {message}")
