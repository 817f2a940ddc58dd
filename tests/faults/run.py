"""Forks, kills and asks: see README.md in this folder."""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import odoo.sql_db
from odoo.modules.registry import Registry

sys.path.append(str(Path(__file__).parent))
from acts import ACTS, broken_everywhere, environment, set_up  # noqa: E402  (run by the launcher)

FAULTS = ('kill', 'database')
PATIENCE = 120
TRIES = 8
ERRORS = Path(tempfile.mkdtemp()) / 'errors.log'


def run(env, each, seed, only, restart):
    """Try every act under every fault.

    :param env: the shell's environment on a database that is dropped afterwards
    :param int each: how often each act meets each fault
    :param int seed: of the moments
    :param str only: name of one act, or empty for all
    :param list restart: command that restarts the database at once
    :return: rows (act, fault, tried, killed in the middle, broken), texts of what was broken
    :rtype: dict
    """
    name = env.cr.dbname
    set_up(env)
    env.cr.commit()
    env.cr.close()
    odoo.sql_db.close_all()
    rng = random.Random(seed)
    rows, broken = [], []
    for act in ACTS:
        if only and act.name != only:
            continue
        duration = measure(name, act)
        for fault in FAULTS:
            found, interrupted = [], 0
            for _time in range(each):
                moment = rng.uniform(0, duration)
                texts, was_interrupted = try_once(name, act, fault, moment, restart)
                interrupted += was_interrupted
                found += [f"{act.name}, {fault} after {moment:.2f} s: {text}" for text in texts]
            rows.append((act.name, fault, each, interrupted, len(found)))
            broken += found
    return {'rows': rows, 'broken': broken, 'passed': not broken}


def measure(name, act):
    """Return the seconds that an act takes with nothing in its way."""
    subject = ask(name, act.prepare)
    start = time.monotonic()
    pid = start_process(name, act.do, subject)
    wait(pid)
    return time.monotonic() - start


def try_once(name, act, fault, moment, restart):
    """Let two processes do an act at once and the fault happen; return what is broken, and whether it was in the middle."""
    subject = ask(name, act.prepare)
    workers = [start_process(name, act.do, subject) for _worker in range(2)]
    time.sleep(moment)
    interrupted = not has_ended(workers[0])
    if fault == 'kill':
        if interrupted:
            os.kill(workers[0], signal.SIGKILL)
    else:
        subprocess.run(
            restart, check=True, cwd='/', stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for worker in workers:
        wait(worker)
    texts = ask(name, check, act, subject, False)
    # the schedule, or somebody, tries again
    for _try in range(TRIES):
        if ask(name, act.is_done, subject):
            break
        wait(start_process(name, act.do, subject))
    return texts + ask(name, check, act, subject, True), interrupted


def check(env, act, subject, is_end):
    """Return what does not hold."""
    texts = act.broken(env, subject) + broken_everywhere(env)
    if is_end and not act.is_done(env, subject):
        last = ERRORS.read_text(encoding='utf-8')[-1500:] if ERRORS.exists() else ''
        texts.append(f"the work did not go on by itself\n{last}")
    return texts


def start_process(name, method, *args):
    """Run a method with an environment of its own in a forked process; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        cr, env = environment(Registry(name))
        method(env, *args)
        cr.commit()
        cr.close()
        status = 0
    except BaseException:  # noqa: BLE001 whatever ends it, the parent asks what is left
        with ERRORS.open('a', encoding='utf-8') as errors:
            traceback.print_exc(file=errors)
    finally:
        os._exit(status)


def ask(name, method, *args):
    """Return what a method answers in a forked process that commits."""
    with tempfile.NamedTemporaryFile('w+', suffix='.json', encoding='utf-8') as answer:
        def write(env):
            answer.write(json.dumps(method(env, *args), default=str))
            answer.flush()

        for _try in range(TRIES):  # the database may be starting
            pid = start_process(name, write)
            if wait(pid) == 0:
                answer.seek(0)
                return json.loads(answer.read())
            answer.seek(0)
            answer.truncate()
            time.sleep(0.5)
    raise RuntimeError(f"{method.__qualname__} failed")


def has_ended(pid):
    """Return whether a child has ended, without taking its status."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def wait(pid):
    """Wait for a child; return its status, or end it when it hangs."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise RuntimeError("a process hung")
