"""The first start takes a few minutes, every other one seconds. Ctrl-C or `./cfia stop` ends it."""
import getpass
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from launcher import layout, served, settings, templates, workplace
from launcher.console import LauncherError, say, step
from launcher.demo_logins import demo_logins
from launcher.odoo_process import run_odoo

PREPARE = """
import os
if password := os.environ.get('CFIA_ADMIN_PASSWORD'):
    env.ref('base.user_admin').password = password
else:
    env['ir.mail_server'].create({
        'name': "Mail catcher of ./cfia run", 'smtp_host': '127.0.0.1', 'smtp_port': 25,
        'smtp_encryption': 'none', 'sequence': 1,
    })
env['ir.config_parameter'].set_param('cfia.launcher.content', os.environ['CFIA_CONTENT'])
env['ir.config_parameter'].set_param('web.base.url.freeze', 'True')
env.cr.commit()
"""

# what the log-in page and the first screens load, built before anybody waits for it
ASSETS = """
for bundle in ('web.assets_frontend', 'web.assets_frontend_minimal', 'web.assets_frontend_lazy', 'web.assets_web',
               'web.assets_web_print', 'web.chartjs_lib'):
    assets = env['ir.qweb']._get_asset_bundle(bundle, css=True, js=True)
    assets.css()
    assets.js()
env.cr.commit()
"""


def add_arguments(parser):
    """Add the database, the port and what goes into a new database."""
    parser.add_argument('--db', default=layout.DEFAULT_DB, help="database (default: %(default)s)")
    parser.add_argument('--port', type=int, default=layout.DEFAULT_PORT, help="HTTP port (default: %(default)s)")
    parser.add_argument('--empty', action='store_true',
                        help="make the database without demo data and demo logins; "
                             "asks for the administrator's password, or makes one up")
    parser.add_argument('--workers', type=int, default=0,
                        help="Odoo's worker processes; needs a reverse proxy (default: threads)")
    parser.add_argument('--detach', action='store_true', help="return once it is served")


def run(arguments):
    """Set up, serve, say where, and wait."""
    place = workplace.ensure('run')
    db, port = arguments.db, arguments.port
    if entries := served.running(db=db):
        say(f"{db} is already served on http://localhost:{entries[0]['port']} (./cfia stop ends it).")
        return
    if not served.is_free(port):
        raise LauncherError(f"Port {port} is in use: choose another with --port.")
    password = _ensure_database(place, db, empty=arguments.empty)
    mail_port = served.free_port()
    _follow_ports(place.databases, db, port, mail_port)
    if arguments.detach and os.fork():
        _wait_until_served(db, port)
        _say_where(place, db, port, password)
        return
    _serve(place, arguments, mail_port, password)


def _ensure_database(place, db, empty):
    """Make or upgrade the database.

    :return: the new administrator's password when it was not typed in, else None
    """
    databases = place.databases
    content = templates.content_hash()
    if not databases.exists(db):
        password = None
        environ = {'CFIA_CONTENT': content}
        if empty:
            password = _ask_password()
            environ['CFIA_ADMIN_PASSWORD'] = password or secrets.token_urlsafe(12)
            password = None if password else environ['CFIA_ADMIN_PASSWORD']
        base = templates.ensure_base(place)
        making = f'{templates.PREFIX}{db}_new'
        with step(f"Database {db}: copy of the base"):
            databases.clone(base, making)
        with step(f"Modules: the suite{'' if empty else ' with demo data'}") as current:
            templates.install(place, making, templates.our_modules(), demo=not empty, current=current)
            run_odoo(place, ['shell', '-d', making, '--no-http'], f'{db}_prepare',
                     script=PREPARE + ASSETS, environ=environ)
        databases.rename(making, db)
        return password
    rows = databases.query(db, "SELECT value FROM ir_config_parameter WHERE key = 'cfia.launcher.content'")
    if rows and rows[0][0] != content:
        with step("Modules: upgrade, the add-ons have changed") as current:
            run_odoo(place, ['-d', db, '-u', layout.SUITE[0], '-i', ','.join(templates.our_modules()),
                             '--stop-after-init', '--no-http'], f'{db}_upgrade', current)
            databases.query(db, "UPDATE ir_config_parameter SET value = %s WHERE key = 'cfia.launcher.content'",
                            [content])
        with step("Pages: scripts and style sheets"):
            run_odoo(place, ['shell', '-d', db, '--no-http'], f'{db}_assets', script=ASSETS)
    return None


def _ask_password():
    """Return the administrator's password as typed, or None to make one up."""
    if not sys.stdin.isatty():
        return None
    password = getpass.getpass("Password for the administrator (empty: make one up): ")
    if password and getpass.getpass("Again: ") != password:
        raise LauncherError("The two passwords differ.")
    return password or None


def _follow_ports(databases, db, port, mail_port):
    """Let links, PDFs and mail use the ports of this start; an address that somebody entered stays."""
    for key, value in (
        ('web.base.url', f'http://localhost:{port}'), ('report.url', f'http://127.0.0.1:{port}'),
    ):
        databases.query(db, """
            INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            WHERE ir_config_parameter.value ~ '^http://(localhost|127[.]0[.]0[.]1)(:|/|$)'""", [key, value])
    databases.query(db, "UPDATE ir_mail_server SET smtp_port = %s WHERE name = 'Mail catcher of ./cfia run'",
                    [mail_port])


def _serve(place, arguments, mail_port, password):
    """Run Odoo and the mail catcher until one ends or this process is told to stop."""
    db, port = arguments.db, arguments.port
    log = layout.LOGS / f'{db}.log'
    if arguments.detach:
        os.setsid()
        output = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(output, stream)
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(0))
    served.remember(db, port)
    environ = settings.odoo_environ()
    processes = []
    try:
        with log.open('a') as out:
            processes.append(subprocess.Popen(
                [place.python, '-m', 'launcher.mail_catcher', str(mail_port), str(layout.MAIL)],
                env={**environ, 'PYTHONPATH': str(layout.CONFIG)}, stdout=out, stderr=out))
            processes.append(subprocess.Popen(
                [*place.odoo, '-d', db, f'--db-filter=^{db}$', f'--http-port={port}',
                 f'--gevent-port={served.free_port()}', f'--workers={arguments.workers}'],
                env=environ, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True))
        if not arguments.detach:
            _wait_until_served(db, port, processes)
            _say_where(place, db, port, password)
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
        raise LauncherError(f"The server ended by itself: see {log}")
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        served.forget(db)


def _wait_until_served(db, port, processes=(), patience=180):
    """Wait for the login page, which also builds its style sheets.

    :raise LauncherError: Odoo ended or does not answer
    """
    limit = time.monotonic() + patience
    with step("Server: start"):
        while time.monotonic() < limit:
            try:
                with urllib.request.urlopen(f'http://127.0.0.1:{port}/web/login', timeout=patience):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.3)
            if any(process.poll() is not None for process in processes):
                break
        raise LauncherError(f"Odoo does not answer: see {layout.LOGS / f'{db}.log'}")


def _say_where(place, db, port, password):
    """Print the address, the logins and where mail and log are."""
    say(f"\n  CFIA suite: http://localhost:{port}   (database {db})\n")
    if password:
        say(f"  Login: admin   Password: {password}   (said this once only: change or keep it)\n")
    elif logins := demo_logins(place.databases, db, layout.SUITE):
        say("  Demo logins (the password is the login):")
        width = max(len(login) for login, _name, _roles in logins)
        for login, name, roles in logins:
            say(f"    {login:<{width}}  {name}  {roles}")
        say()
    say(f"  Mail  {layout.MAIL}/*.eml\n  Log   {layout.LOGS / f'{db}.log'}\n  End   ./cfia stop\n")
