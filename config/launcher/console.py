"""What the launcher says: steps with progress and seconds, and errors that name a way out."""
import sys
import time


class LauncherError(Exception):
    """A refusal to go on. The text tells the user what to do."""


def say(text=''):
    """Print a line at once."""
    print(text, flush=True)


def warn(text):
    """Print a line to standard error."""
    print(text, file=sys.stderr, flush=True)


class step:
    """Context manager that prints one step of the work, its progress and its seconds.

    On a terminal the line is rewritten in place; elsewhere progress is a line every ten seconds.
    """

    def __init__(self, text):
        self.text = text
        self._tty = sys.stdout.isatty()

    def __enter__(self):
        self._start = self._last = time.monotonic()
        self._shown = 0
        if self._tty:
            self._rewrite(f'… {self.text}')
        else:
            say(f'… {self.text}')
        return self

    def progress(self, text):
        """Show how far the step is, in a few words."""
        now = time.monotonic()
        if now - self._last < (0.2 if self._tty else 10):
            return
        self._last = now
        line = f'… {self.text}: {text} ({now - self._start:.0f} s)'
        if self._tty:
            self._rewrite(line)
        else:
            say(line)

    def _rewrite(self, line):
        print('\r' + line.ljust(self._shown), end='', flush=True)
        self._shown = len(line)

    def __exit__(self, exc_type, exc, traceback):
        mark = '✗' if exc_type else '✓'
        line = f'{mark} {self.text} ({time.monotonic() - self._start:.1f} s)'
        if self._tty:
            self._rewrite(line)
            print(flush=True)
        else:
            say(line)
