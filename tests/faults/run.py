"""Forks, makes trouble and asks: see README.md in this folder."""
import json
import os
import random
import signal
import socket
import sys
import tempfile
import time
import traceback
from pathlib import Path

import odoo.sql_db
from odoo.modules.registry import Registry
from odoo.tools import config

from odoo.addons.base.models import ir_mail_server
from odoo.addons.base.models.ir_cron import IrCron

sys.path.append(str(Path(__file__).parent))
from acts import ACTS, environment, print_pdf, set_up  # noqa: E402  (run by the launcher)
from checks import Arrivals, broken_everywhere  # noqa: E402
from trouble import TROUBLES, Mail, Store  # noqa: E402

PATIENCE = 180
TRIES = 8
#: Hours in which the schedules put everything right.
HOURS = 6
SMTP_SECONDS = 3


class World:
    """What all acts and troubles share."""

    def __init__(self, env, restart):
        self.name, self.restart = env.cr.dbname, restart
        self.folder = Path(tempfile.mkdtemp(prefix='cfia-faults-'))
        self.errors = self.folder / 'errors.log'
        self.store = Store(config.filestore(self.name))
        mails = self.folder / 'mail'
        mails.mkdir()
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        self.mail, self.arrivals = Mail(mails, port), Arrivals(mails)


def run(env, each, seed, only, troubles, restart):
    """Try every act under every trouble that can hit it.

    :param env: the shell's environment on a database that is dropped afterwards
    :param int each: how often each act meets each trouble
    :param int seed: of the moments
    :param list only: names of acts, or empty for all
    :param list troubles: names of troubles, or empty for all
    :param list restart: command that restarts the database at once
    :return: rows (act, trouble, tried, in the middle, mails repeated, broken), texts of what was broken, and how the
        disk was filled
    :rtype: dict
    """
    world = World(env, restart)
    # the time that Odoo waits for an answer, shorter so that nobody has to wait for a minute
    ir_mail_server.SMTP_TIMEOUT = SMTP_SECONDS
    type(env['ir.actions.report'])._render_qweb_pdf = print_pdf
    set_up(env, world.mail.port)
    env.cr.commit()
    env.cr.close()
    odoo.sql_db.close_all()
    rows, broken = [], []
    kinds = [kind(world) for kind in TROUBLES if not troubles or kind.name in troubles]
    is_mounted = any(kind.name == 'disk full' for kind in kinds) and world.store.mount()
    try:
        world.mail.start()
        for act in ACTS:
            if only and act.name not in only:
                continue
            duration = measure(world, act)
            for kind in kinds:
                if kind.hits is not True and not getattr(act, kind.hits):
                    continue
                # each act and trouble has moments of its own, whatever else is run
                rng = random.Random(f'{seed} {act.name} {kind.name}')
                found, interrupted, repeated = [], 0, world.arrivals.look().repeated()
                for _time in range(each):
                    moment = rng.uniform(0, duration)
                    texts, was_interrupted = try_once(world, act, kind, moment, rng)
                    interrupted += was_interrupted
                    found += [f"{act.name}, {kind.name} after {moment:.2f} s: {text}" for text in texts]
                rows.append((act.name, kind.name, each, interrupted, world.arrivals.repeated() - repeated, len(found)))
                broken += found
    finally:
        world.mail.stop()
        world.store.unmount()
    return {'rows': rows, 'broken': broken, 'passed': not broken, 'is_mounted': is_mounted}


def measure(world, act):
    """Return the seconds that an act takes with nothing in its way."""
    subject = ask(world, act.prepare)
    start = time.monotonic()
    wait(start_process(world, act.do, subject))
    return time.monotonic() - start


def try_once(world, act, kind, moment, rng):
    """Let two processes do an act at once and trouble happen; return what is broken, and whether it was in the middle."""
    world.errors.write_text('')
    subject = ask(world, act.prepare)
    workers = [start_process(world, act.do, subject) for _worker in range(2)]
    time.sleep(moment)
    interrupted = not all(map(has_ended, workers))
    kind.begin(workers, rng)
    for worker in workers:
        wait(worker)
    kind.end()
    texts = ask(world, look, act, subject, False)['broken']
    for hour in range(HOURS + 1):
        state = ask(world, look, act, subject, True)
        left = state['broken'] + missing(world, state)
        if not left or hour == HOURS:
            break
        wait(start_process(world, act.go_on, subject))
        ask(world, an_hour_later)
        wait(start_process(world, run_schedules))
    texts += left + world.arrivals.twice()
    if texts:
        texts.append(world.errors.read_text(encoding='utf-8')[-3000:])
    return texts, interrupted


def look(env, act, subject, is_end):
    """Return what does not hold, and the mails of the act."""
    texts = act.broken(env, subject) + broken_everywhere(env, is_end)
    if is_end and not act.is_done(env, subject):
        texts.append("the work did not go on by itself")
    return {'broken': texts, 'letters': act.letters(env, subject)}


def missing(world, state):
    """Return the letters that did not arrive at the mail server as one message."""
    arrived = world.arrivals.look().message_ids()
    return [
        f"{name}: {len(ids)} messages, {len(set(ids) & arrived)} arrived"
        for name, ids in state['letters'] if len(ids) != 1 or not set(ids) <= arrived]


def an_hour_later(env):
    """Let every schedule, and every mail that waits to be tried again, fall due."""
    env.cr.execute("UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '1 minute' WHERE active")
    env.cr.execute("UPDATE ir_cron_trigger SET call_at = now() AT TIME ZONE 'UTC' - interval '1 minute'")
    env.cr.execute("""
        UPDATE mail_mail SET scheduled_date = now() AT TIME ZONE 'UTC' - interval '1 minute'
         WHERE state = 'outgoing' AND scheduled_date IS NOT NULL""")


def run_schedules(env):
    """Let the server's own scheduler do what is due."""
    name = env.cr.dbname
    env.cr.rollback()
    IrCron._process_jobs(name)


def start_process(world, method, *args):
    """Run a method with an environment of its own in a forked process; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        cr, env = environment(Registry(world.name))
        method(env, *args)
        cr.commit()
        cr.close()
        status = 0
    except BaseException:  # noqa: BLE001 whatever ends it, the parent asks what is left
        with world.errors.open('a', encoding='utf-8') as errors:
            traceback.print_exc(file=errors)
    finally:
        os._exit(status)


def ask(world, method, *args):
    """Return what a method answers in a forked process that commits."""
    with tempfile.NamedTemporaryFile('w+', suffix='.json', encoding='utf-8') as answer:
        def write(env):
            answer.write(json.dumps(method(env, *args), default=str))
            answer.flush()

        for _try in range(TRIES):  # the database may be starting
            if wait(start_process(world, write)) == 0:
                answer.seek(0)
                return json.loads(answer.read())
            answer.seek(0)
            answer.truncate()
            time.sleep(0.5)
    raise RuntimeError(f"{method.__qualname__} failed\n{world.errors.read_text(encoding='utf-8')[-3000:]}")


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
