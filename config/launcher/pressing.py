"""Pressing everything that a role can see, in Odoo's client, on copies of the demo; see `tests/test_cfia_suite/press`."""
import json
import os
import subprocess

from launcher import layout, templates, testing

#: The demo's logins, one for each role, the administrator and the member last.
LOGINS = (
    'staff', 'org', 'sg', 'leader', 'editor', 'network', 'training', 'accountant', 'treasurer', 'auditor', 'manager',
    'admin', 'member',
)
TEST = layout.TESTS / layout.TEST_ADDON / 'press/press.py'


def press(place, logins, number=0, count=1, seconds=None, jobs=1, only=None):
    """Press what the logins see, in one or more runs side by side.

    :param int number: which share of the screens
    :param int count: how many shares there are
    :param float seconds: begin no further screen of a run after this
    :param str only: regular expression of the menus, by default all
    :param int jobs: runs, each with its part of the logins
    :return: (buttons pressed, {screen: what was found}, what failed besides)
    :rtype: tuple
    """
    template = templates.ensure_suite(place, demo=True)
    runs = []
    for job in range(jobs):
        database = f'{templates.PREFIX}press{job}'
        place.databases.clone(template, database)
        report, log = layout.RUN / f'{database}.report', layout.LOGS / f'{database}.txt'
        report.unlink(missing_ok=True)
        environ = {
            'CFIA_PRESS_LOGINS': ','.join(logins[job::jobs]), 'CFIA_PRESS_SHARE': f'{number}/{count}',
            'CFIA_PRESS_REPORT': str(report), **({'CFIA_PRESS_SECONDS': str(seconds)} if seconds else {}),
            **({'CFIA_PRESS_ONLY': only} if only else {}),
        }
        with log.open('w', encoding='utf-8') as output:
            process = subprocess.Popen(
                testing.pytest_command(place, database, ['-s', str(TEST)]), cwd=layout.ROOT,
                env={**testing.pytest_environ(), **environ}, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        runs.append((process, database, report, log))
    pressed, findings, failures = 0, {}, []
    for process, database, report, log in runs:
        status = process.wait()
        if report.exists():
            result = json.loads(report.read_text())
            report.unlink()
            pressed += result['pressed']
            for where, found in result['findings'].items():
                findings.setdefault(where, []).extend(found)
        if status and not findings:
            failures.append(f'{log} ends with: ' + log.read_text(errors='replace')[-3000:])
        place.databases.drop(database)
    return pressed, findings, failures


def describe(findings):
    """Return what was found as lines: role, screen, button and what is wrong."""
    return [f'{where}: {what}' for where, found in findings.items() for what in found]


def jobs():
    """Return how many runs the machine bears."""
    return min(2, os.cpu_count() or 1)
