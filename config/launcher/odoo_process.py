"""Running Odoo to an end: progress from its log, and the log watched."""
import re
import subprocess

from launcher import layout, settings
from launcher.console import LauncherError
from launcher.logwatch import LogWatch

MODULE = re.compile(r'Loading module (\S+) \((\d+)/(\d+)\)')


def run_odoo(place, args, log_name, current=None, script=None, environ=None):
    """Run Odoo's command line to its end.

    :param list args: arguments of Odoo
    :param str log_name: the log goes to .cfia/log/<log_name>.log
    :param step current: shows which module is being loaded
    :param str script: passed on standard input
    :param dict environ: more environment
    :raise LauncherError: Odoo failed, or logged something unexpected
    """
    log_file = layout.LOGS / f'{log_name}.log'
    watch = LogWatch()
    with log_file.open('w') as log, subprocess.Popen(
        [*place.odoo, *args], env={**settings.odoo_environ(), **(environ or {})},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors='replace',
    ) as process:
        if script:
            process.stdin.write(script)
        process.stdin.close()
        for line in process.stdout:
            log.write(line)
            watch.feed(line)
            if current and (match := MODULE.search(line)):
                current.progress(f'{match[2]} of {match[3]}, {match[1]}')
    watch.close()
    if watch.unexpected:
        raise LauncherError('\n'.join([
            f"Odoo logged what it should not ({log_file}):", *watch.unexpected[:20]]))
    if process.returncode:
        tail = log_file.read_text().splitlines()[-15:]
        raise LauncherError('\n'.join([f"Odoo failed ({log_file}):", *tail]))
