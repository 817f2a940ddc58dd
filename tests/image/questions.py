"""What docker-compose.yml has to hold, asked of real containers by `./cfia image`."""
import http.cookiejar
import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from launcher import layout, served, stand_ins
from launcher.console import LauncherError, step
from launcher.engine import Engine

PASSWORD = 'a password for trials'
FIGURES = """
SELECT (SELECT count(*) FROM res_partner WHERE member_number IS NOT NULL), (SELECT max(member_number) FROM res_partner),
       (SELECT count(*) FROM cfia_member_event), (SELECT count(*) FROM account_move), (SELECT count(*) FROM ir_attachment)"""
FIELD = """
from odoo import fields, models


class ResPartner(models.Model):
    _inherit = 'res.partner'

    cfia_image_tried = fields.Char(default="tried")
"""
MAIL = """
env['mail.mail'].create({'subject': 'tried', 'body_html': 'tried', 'email_to': 'member@example.org'}).send(raise_exception=True)
env.cr.commit()
"""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are answers."""

    def redirect_request(self, *_args):
        """Follow none."""


class Site:
    """The compose project, in a copy of the repository."""

    def __init__(self, engine):
        self.engine = engine
        self.folder = layout.RUN / 'image'
        shutil.rmtree(self.folder, ignore_errors=True)
        names = subprocess.run(
            ['git', 'ls-files', '-co', '--exclude-standard', 'addons', 'config', 'docker-compose.yml'], cwd=layout.ROOT, check=True,
            capture_output=True, text=True).stdout.splitlines()
        for name in names:
            if (layout.ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(layout.ROOT / name, self.folder / name)
        self.port, self.tls_port, mail = served.free_port(), served.free_port(), 'mail'
        self.settings = {
            'POSTGRES_PASSWORD': 'of the database', 'ADMIN_PASSWORD': PASSWORD, 'WITH_DEMO': 'true',
            'PUBLIC_URL': 'https://members.example.org', 'LISTEN': f'127.0.0.1:{self.port}',
            'LISTEN_TLS': f'127.0.0.1:{self.tls_port}', 'SMTP_HOST': mail, 'SMTP_PORT': '1025', 'SMTP_PASSWORD': '',
            'COMPOSE_PROFILES': mail}

    def compose(self, *command, given=None, is_checked=True, project='cfia-image'):
        """Run a command of compose; return what it printed."""
        (self.folder / '.env').write_text(''.join(f"{key}='{value}'\n" for key, value in self.settings.items()))
        return self.engine.run(
            ['docker', 'compose', '--project-directory', self.folder, '-p', project, *command], given=given, is_checked=is_checked)

    def build(self):
        """Build our image, with the network of this machine."""
        self.engine.run(['docker', 'build', '--network=host', '-f', self.folder / 'config/Dockerfile', '-t', 'cfia-odoo:19.0', self.folder])

    def up(self, *options):
        """Start all and wait until it is healthy."""
        self.compose('up', '-d', '--wait', '--wait-timeout', '1500', *options)

    def figures(self):
        """Return what no act of the administration may change."""
        return self.compose('exec', '-T', 'db', 'psql', '-U', 'odoo', '-At', '-d', 'cfia', '-c', FIGURES).strip()

    def fetch(self, path, data=None, opener=None, address=None, **headers):
        """Return status, headers and body of a page through the proxy."""
        request = urllib.request.Request(
            f"{address or f'http://127.0.0.1:{self.port}'}{path}", data=data and urllib.parse.urlencode(data).encode(), headers=headers)
        try:
            with (opener or urllib.request.build_opener(NoRedirect)).open(request, timeout=120) as answer:
                return answer.status, answer.headers, answer.read().decode(errors='replace')
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode(errors='replace')

    def log_in(self):
        """Log in as the administrator; return the address that it leads to."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), NoRedirect)
        _status, _headers, page = self.fetch('/web/login', opener=opener)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        status, headers, _body = self.fetch(
            '/web/login', {'csrf_token': token, 'login': 'admin', 'password': PASSWORD}, opener=opener)
        return status, headers.get('Location', '')


def ask(holds, text):
    """Refuse to go on where something does not hold."""
    if not holds:
        raise LauncherError(f"Does not hold: {text}")


def ask_all(place, shown):
    """Ask everything, in order; what was started goes at the end.

    :param shown: called with each question that holds, and its seconds
    """
    with Engine() as engine:
        stand_ins.ensure(engine, place)
        site = Site(engine)
        try:
            with step("Image: build"):
                site.build()
            for question in QUESTIONS:
                start = time.monotonic()
                try:
                    question(site)
                except Exception:
                    (layout.LOGS / 'image.log').write_text(site.compose('logs', '--no-color', is_checked=False))
                    raise
                shown(question.__doc__.strip().rstrip('.'), time.monotonic() - start)
        finally:
            with step("Containers, volumes and networks: take down"):
                for project in ('cfia-image', 'cfia-image-new'):
                    site.compose('--profile', '*', 'down', '-v', '--timeout', '5', '--remove-orphans', is_checked=False, project=project)
            shutil.rmtree(site.folder, ignore_errors=True)


def first_start(site):
    """First start from nothing; the address is frozen; log-in through the proxy."""
    site.up()
    status, location = site.log_in()
    ask(status == 303 and '/odoo' in location, f"log-in leads in, not to {status} {location}")
    value = site.compose('exec', '-T', 'db', 'psql', '-U', 'odoo', '-At', '-d', 'cfia', '-c', (
        "SELECT value FROM ir_config_parameter WHERE key = 'web.base.url'")).strip()
    ask(value == 'https://members.example.org', f"links begin with PUBLIC_URL, not with {value}")


def secrets(site):
    """No password is in the environment of a container or in the arguments of a process."""
    ids = site.compose('ps', '-q').split()
    shown = site.engine.run(['docker', 'inspect', *ids]) + site.compose('top')
    ask('of the database' not in shown and PASSWORD not in shown, "passwords are files")


def sockets(site):
    """Web sockets reach their port."""
    with socket.create_connection(('127.0.0.1', site.port), timeout=30) as link:
        link.sendall((
            'GET /websocket?version=19.0-1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: http://127.0.0.1:%d\r\n\r\n'
            % (site.port, site.port)).encode())
        answer = link.recv(200).decode()
    ask(' 101 ' in answer.splitlines()[0], f"a web socket opens: {answer.splitlines()[0]}")


def papers(site):
    """PDFs have Chinese fonts."""
    fonts = site.compose('run', '--rm', '-T', 'odoo', 'sh', '-c', (
        "echo '<meta charset=utf-8><p>中国锻压协会会员证书</p>' >/tmp/p.html && wkhtmltopdf -q /tmp/p.html /tmp/p.pdf && pdffonts /tmp/p.pdf"))
    ask('CJK' in fonts, f"the page is set in a Chinese font: {fonts}")


def doors(site):
    """The database manager and old RPC are closed, too large an upload gets a page of ours."""
    for path in ('/web/database/manager', '/xmlrpc/2/common', '/jsonrpc'):
        ask(site.fetch(path)[0] == 404, f"{path} is closed")
    status, _headers, page = site.fetch('/web/login', **{'Content-Length': str(70 * 1024 * 1024)})
    ask(status == 413 and '文件过大' in page, f"413 is a page of ours: {status}")


def mail(site):
    """Mail reaches the catcher; commands run beside the servers."""
    site.compose('run', '--rm', '-T', 'odoo', 'odoo', 'shell', '-d', 'cfia', '--no-http', given=MAIL)
    ask('Subject: tried' in site.compose('logs', 'mail'), "the mail is caught")


def down_and_up(site):
    """Down and up: the same figures, nothing installed again."""
    before = site.figures()
    site.compose('down')
    start = time.monotonic()
    site.up()
    ask(site.figures() == before, "the figures are the same")
    ask(time.monotonic() - start < 180, "it only serves")


def restore(site):
    """Backup, new volumes, restore by the page's commands: the same figures, nothing dropped."""
    before = site.figures()
    run = site.folder / 'backup'
    run.mkdir()
    base = f"docker compose --project-directory {site.folder}"
    site.engine.run(['bash', '-ec', f"""
        {base} -p cfia-image exec -T db pg_dump -U odoo -Fc cfia >{run}/cfia.dump
        {base} -p cfia-image exec -T odoo tar -C /var/lib/odoo -cz filestore/cfia >{run}/filestore.tar.gz
        {base} -p cfia-image down
        {base} -p cfia-image-new up -d --wait db
        {base} -p cfia-image-new exec -T db createdb -U odoo cfia
        {base} -p cfia-image-new exec -T db pg_restore -U odoo -d cfia --no-owner <{run}/cfia.dump
        {base} -p cfia-image-new run --rm -T odoo tar -C /var/lib/odoo -xz <{run}/filestore.tar.gz
        {base} -p cfia-image-new up -d --wait --wait-timeout 900"""])
    after = site.compose('exec', '-T', 'db', 'psql', '-U', 'odoo', '-At', '-d', 'cfia', '-c', FIGURES, project='cfia-image-new').strip()
    ask(after == before, f"the figures are the same: {before}, {after}")
    ask(site.log_in()[0] == 303, "log-in after the restore")
    files = "find /var/lib/odoo/filestore/cfia -type f | wc -l"
    ask(int(site.compose('exec', '-T', 'odoo', 'sh', '-c', files, project='cfia-image-new')) > 0, "the files are there")
    site.compose('down', '-v', project='cfia-image-new')
    site.up()


def upgrade(site):
    """A new stored field: build, one command, every page answers; the backup of before is there."""
    (site.folder / 'addons/cfia_membership/models/image_tried.py').write_text(FIELD)
    with (site.folder / 'addons/cfia_membership/models/__init__.py').open('a') as file:
        file.write("from . import image_tried\n")
    before = site.figures().split('|')[:4]
    site.build()
    site.up()
    ask(site.figures().split('|')[:4] == before, "the figures are the same")
    ask(site.log_in()[0] == 303, "log-in after the upgrade")
    ask(site.compose('exec', '-T', 'odoo', 'sh', '-c', 'ls /var/lib/odoo/backups/*/cfia.dump').strip(), "there is a backup")


def other_address(site):
    """Odoo comes back with another address, and the proxy finds it."""
    site.compose('stop', 'odoo')
    taken = site.engine.run(['docker', 'run', '-d', '--network', 'cfia-image_default', '--entrypoint', 'sleep', 'cfia-odoo:19.0', '600']).strip()
    try:
        site.engine.run(['docker', 'start', site.compose('ps', '-aq', 'odoo').strip()])
        ask(wait_for(lambda: site.fetch('/web/login')[0] == 200), "a page through the proxy")
    finally:
        site.engine.run(['docker', 'rm', '-f', taken])


def tls_before(site):
    """TLS before the proxy: visitors keep their addresses, cookies are Secure, links are https."""
    site.settings['FRONT'] = 'trusted'
    site.up()
    states = [
        site.fetch('/web/login', **{'X-Forwarded-For': f'203.0.113.{number}', 'X-Forwarded-Proto': 'https'})[0] for number in range(25)]
    ask(states == [200] * 25, f"25 visitors get their page: {states}")
    _status, headers, _page = site.fetch('/web/login', **{'X-Forwarded-For': '203.0.113.99', 'X-Forwarded-Proto': 'https'})
    ask('secure' in headers['Set-Cookie'].lower() and 'samesite=lax' in headers['Set-Cookie'].lower(), headers['Set-Cookie'])


def tls_at(site):
    """TLS at the proxy: http leads to https, which answers with HSTS and Secure cookies."""
    keys = site.folder / 'tls'
    keys.mkdir()
    site.engine.run([
        'openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', keys / 'privkey.pem',
        '-out', keys / 'fullchain.pem'], LD_LIBRARY_PATH='')
    site.settings.update(FRONT='tls', TLS_FOLDER=str(keys))
    site.up()
    ask(site.fetch('/web/login')[0] == 301, "http leads to https")
    context = ssl.create_default_context(cafile=keys / 'fullchain.pem')
    context.check_hostname = False
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), NoRedirect)
    status, headers, _page = site.fetch('/web/login', opener=opener, address=f'https://127.0.0.1:{site.tls_port}')
    ask(status == 200 and 'Strict-Transport-Security' in headers and 'secure' in headers['Set-Cookie'].lower(), f"{status} {headers}")
    site.settings.update(FRONT='none')
    del site.settings['TLS_FOLDER']


def scale(site):
    """The profile scale on the database that is there; with odoo-2 stopped the proxy starts again and serves."""
    site.settings.update(
        COMPOSE_PROFILES='scale', UPSTREAM='upstream-scale.conf', CRON_THREADS='0', DB_REPLICA='db-replica', REPLICATION_PASSWORD='of the replica',
        REPORT_URL='http://proxy')
    site.compose('up', '-d', '--wait', 'db')
    site.compose('exec', '-T', 'db', 'bash', '/docker-entrypoint-initdb.d/primary.sh')
    site.up()
    site.compose('stop', 'odoo-2')
    site.compose('restart', 'proxy')
    ask(wait_for(lambda: site.fetch('/web/login')[0] == 200), "a page through the proxy")


def replica_lost(site):
    """The replica killed: the database's health says so with the way out, which works."""
    site.compose('kill', 'db-replica')
    db = site.compose('ps', '-q', 'db').strip()
    health = ['docker', 'inspect', '--format', '{{.State.Health.Status}} {{range .State.Health.Log}}{{.Output}}{{end}}', db]
    ask(wait_for(lambda: site.engine.run(health).startswith('unhealthy'), 200), "the database is unhealthy")
    ask('ALTER SYSTEM SET synchronous_standby_names' in site.engine.run(health), "the way out is said")
    site.compose('exec', '-T', 'db', 'psql', '-U', 'odoo', '-d', 'postgres', '-c', "ALTER SYSTEM SET synchronous_standby_names = ''",
                 '-c', 'SELECT pg_reload_conf()')
    ask(site.log_in()[0] == 303, "log-in without the replica")


QUESTIONS = (
    first_start, secrets, sockets, papers, doors, mail, down_and_up, restore, upgrade, other_address, tls_before, tls_at, scale, replica_lost)


def wait_for(question, seconds=120):
    """Return whether a question is answered with yes in time."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            if question():
                return True
        except OSError:
            pass
        time.sleep(2)
    return False
