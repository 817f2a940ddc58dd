"""What docker-compose.yml has to hold, asked of real containers by `./cfia image`."""
import base64
import http.cookiejar
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request

from launcher import layout, machine, served, stand_ins
from launcher.console import LauncherError, say, step
from launcher.engine import Engine

PASSWORD = 'a password for trials'
BLOCK = re.compile(r'```sh\n(.*?)```', re.DOTALL)
FIGURES = """
SELECT (SELECT count(*) FROM res_partner WHERE member_number IS NOT NULL), (SELECT max(member_number) FROM res_partner),
       (SELECT count(*) FROM cfia_member_event), (SELECT count(*) FROM account_move), (SELECT count(*) FROM ir_attachment)"""
FIELD = """
from odoo import fields, models


class ResPartner(models.Model):
    _inherit = 'res.partner'

    cfia_image_tried = fields.Char(default="tried")
"""
MEMBERS = """
def make_user(role):
    return env['res.users'].with_context(no_reset_password=True).create({
        'login': role, 'name': role, 'email': f'{role}@association.example', 'tz': 'Asia/Shanghai',
        'group_ids': [env.ref(f'cfia_membership.group_cfia_{role}').id]})


verifier, signer = make_user('organisation'), make_user('secretary_general')
env.company.cfia_secretary_general_id = signer
for number in range(3):
    application = env['cfia.membership.application'].with_user(verifier).create({
        'name': f"演示容器{number}有限公司", 'legal_representative': "演示法人",
        'enterprise_category_id': env.ref('cfia_membership.cfia_enterprise_category_die_forging').id,
        'ownership_id': env.ref('cfia_membership.cfia_ownership_private').id, 'state_id': env.ref('base.state_cn_JS').id,
        'representative_name': "演示代表", 'contact_name': "演示联系人", 'contact_email': f'member{number}@member.example',
        'grade_id': env.ref('cfia_membership.cfia_grade_member').id, 'is_committed': True, 'is_informed': True})
    application.action_submit()
    application.check_ids.action_pass()
    application.action_verify()
    application.with_user(signer).action_approve()
env.cr.commit()
"""
MAIL = """
env['mail.mail'].create({'subject': 'tried', 'body_html': 'tried', 'email_to': 'member@example.org'}).send(raise_exception=True)
env.cr.commit()
"""


def get_block(page, start):
    """Return the commands that stand together in a page of the repository, of which one begins with ``start``."""
    found = [block for block in BLOCK.findall((layout.ROOT / page).read_text(encoding='utf-8'))
             if any(line.strip().startswith(start) for line in block.splitlines())]
    ask(len(found) == 1, f"{start} stands in one block of {page}")
    return found[0]


SCALE = {
    'COMPOSE_PROFILES': 'scale', 'UPSTREAM': 'upstream-scale.conf', 'CRON_THREADS': '0', 'DB_REPLICA': 'db-replica',
    'REPLICATION_PASSWORD': 'of the replica', 'REPORT_URL': 'http://proxy'}
FILES = "cd /var/lib/odoo/filestore/cfia && find . -type f -print0 | sort -z | xargs -0 sha256sum"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are answers."""

    def redirect_request(self, *_args):
        """Follow none."""


class Site:
    """The compose project, in a copy of the repository that was checked out under umask 077."""

    def __init__(self, engine):
        self.engine = engine
        self.folder = layout.RUN / 'image'
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        names = subprocess.run(
            ['git', 'ls-files', '-co', '--exclude-standard', 'addons', 'config', 'docker-compose.yml', '.env.example', '.dockerignore'],
            cwd=layout.ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
        for name in names:
            if (layout.ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(layout.ROOT / name, self.folder / name)
        subprocess.run(['chmod', '-R', 'go=', self.folder], check=True)
        # the engine has no bridge of its own: builds use the network of this machine
        (self.folder / 'docker-compose.override.yml').write_text(
            'services:\n' + ''.join(f'  {name}:\n    build:\n      network: host\n' for name in ('odoo', 'odoo-2', 'cron')))
        self.port, self.tls_port = served.free_port(), served.free_port()
        self.settings_at_start = {
            'POSTGRES_PASSWORD': 'of the database', 'ADMIN_PASSWORD': PASSWORD,
            'PUBLIC_URL': 'https://members.example.org', 'LISTEN': f'127.0.0.1:{self.port}',
            'LISTEN_TLS': f'127.0.0.1:{self.tls_port}', 'SMTP_HOST': 'mail', 'SMTP_PORT': '1025', 'COMPOSE_PROFILES': 'mail',
            'APT_MIRROR': stand_ins.archive(), 'PIP_INDEX_URL': os.environ.get('PIP_INDEX_URL', '')}
        self.settings = dict(self.settings_at_start)

    def write_settings(self):
        """Write .env as README says: the example, filled in."""
        text = (self.folder / '.env.example').read_text()
        for key, value in self.settings.items():
            text, count = re.subn(rf'^#?{key}=.*$', f"{key}='{value}'", text, flags=re.MULTILINE)
            ask(count == 1, f"{key} stands once in .env.example")
        (self.folder / '.env').write_text(text)

    def compose(self, *command, given=None, is_checked=True, project='cfia-image'):
        """Run a command of compose; return what it printed."""
        self.write_settings()
        return self.engine.run(
            ['docker', 'compose', '--project-directory', self.folder, '-p', project, *command], given=given, is_checked=is_checked)

    def follow(self, page, start, given=None, is_checked=True, project='cfia-image'):
        """Run the commands that stand together in a page, of which one begins with ``start``; return what they printed."""
        self.write_settings()
        lines = get_block(page, start).replace('cp .env.example .env', ':').replace('git pull', ':')
        return self.engine.run(
            ['bash', '-euo', 'pipefail', '-c', f"cd '{self.folder}'\n{lines}"], given=given, is_checked=is_checked,
            COMPOSE_PROJECT_NAME=project)

    def build(self):
        """Build our image."""
        self.compose('build', 'odoo')

    def up(self, *options):
        """Start all and wait until it is healthy."""
        self.compose('up', '-d', '--wait', '--wait-timeout', '1800', *options)

    def query(self, statement, project='cfia-image', database='cfia'):
        """Return what PostgreSQL answers."""
        return self.compose('exec', '-T', 'db', 'psql', '-U', 'odoo', '-At', '-d', database, '-c', statement, project=project).strip()

    def figures(self, project='cfia-image'):
        """Return what no act of the administration may change."""
        return self.query(FIGURES, project)

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


class Answer:
    """What came of a question."""

    def __init__(self, name, text, seconds, reason):
        self.name, self.text, self.seconds, self.reason = name, text, seconds, reason


def ask_all(place, only, keep):
    """Ask in order; what was started goes at the end.

    :param list only: names of the questions to ask
    :param bool keep: leave the volumes to the next run
    :rtype: list[Answer]
    """
    answers = []
    with Engine() as engine:
        stand_ins.ensure(engine, place)
        site = Site(engine)
        try:
            with step("Image: build"):
                site.build()
            for question in QUESTIONS:
                if question.__name__ not in only:
                    continue
                answers.append(_answer(site, question))
                if question is first_start and answers[-1].reason:
                    break
        finally:
            with step("Containers, volumes and networks: take down"):
                for project in ('cfia-image', 'cfia-image-new'):
                    site.compose(
                        '--profile', '*', 'down', *(() if keep and project == 'cfia-image' else ('-v',)), '--timeout', '5',
                        '--remove-orphans', is_checked=False, project=project)
            shutil.rmtree(site.folder, ignore_errors=True)
    return answers


def _answer(site, question):
    """Ask one question, each with the settings of the first start."""
    text, reason, start = question.__doc__.strip().rstrip('.'), None, time.monotonic()
    site.settings = dict(site.settings_at_start)
    try:
        with step(text):
            question(site)
    except Exception as error:  # noqa: BLE001 the others are asked, too
        reason = f'{error}' if isinstance(error, LauncherError) else traceback.format_exc()
        say(reason)
        (layout.LOGS / f'image-{question.__name__}.log').write_text(
            site.compose('ps', '-a', is_checked=False) + site.compose('logs', '--no-color', is_checked=False))
    return Answer(question.__name__, text, time.monotonic() - start, reason)


def write(path, answers):
    """Write the answers into the chapter of a document that is theirs, its last one."""
    heading = machine.IMAGE_CHAPTER
    head = path.read_text(encoding='utf-8').partition(heading)[0].rstrip() if path.exists() else ''
    rows = ''.join(f"| {answer.text} | {answer.seconds:.0f} | {'no' if answer.reason else 'yes'} |\n" for answer in answers)
    text = (
        f"{head}\n\n{heading}\n\n"
        "Written by `./cfia image --write docs/measurements.md`, with stand-ins of the base images (README, *With Docker*).\n\n"
        f"- Date: {machine.today()}\n- Machine: {machine.describe()}\n\n| | seconds | holds |\n|---|---:|---|\n{rows}")
    path.write_text(text, encoding='utf-8')


def first_start(site):
    """First start from nothing by README's commands; the address is kept; log-in through the proxy."""
    site.follow('README.md', 'docker compose up -d --build')
    bundles = site.query("SELECT count(*) FROM ir_attachment WHERE url LIKE '/web/assets/%'")
    ask(int(bundles) > 5, f"what browsers load is there before the first visitor: {bundles}")
    status, location = site.log_in()
    ask(status == 303 and '/odoo' in location, f"log-in leads in, not to {status} {location}")
    value = site.query("SELECT value FROM ir_config_parameter WHERE key = 'web.base.url'")
    ask(value == 'https://members.example.org', f"links begin with PUBLIC_URL, not with {value}")
    warnings = [line for line in site.compose('logs', '--no-color', 'odoo').splitlines() if re.search(r' (WARNING|ERROR|CRITICAL) ', line)]
    ask(not warnings, "the log of the first start warns of nothing:\n" + '\n'.join(warnings))


def members(site):
    """Three members are signed in; certificates and notices are printed by schedule, with the address of PUBLIC_URL."""
    site.compose('run', '--rm', '-T', 'odoo', 'odoo', 'shell', '-d', 'cfia', '--no-http', given=MEMBERS)
    printed = "SELECT count(*) FROM cfia_document WHERE state = 'done' AND kind = 'certificate'"
    ask(wait_for(lambda: site.query(printed) == '3', 180), f"three certificates are printed: {site.query(printed)}")


def modules(site):
    """Installed is what is on the list, and nothing asks Odoo's servers."""
    told = site.compose('run', '--rm', '-T', 'odoo', 'odoo', 'shell', '-d', 'cfia', '--no-http', given=(
        "from odoo.tools import config\n"
        "print('unlisted:', env['ir.module.module']._get_unlisted().mapped('name'), config['publisher_warranty_url'] or '-')\n"))
    ask('unlisted: [] -' in told, told)


def services(site):
    """Logs are rotated; who answers a page has a minute to get to its end."""
    for name in ('odoo', 'proxy', 'db'):
        about = json.loads(site.engine.run(['docker', 'inspect', site.compose('ps', '-q', name).strip()]))[0]
        ask(about['HostConfig']['LogConfig']['Config'].get('max-file') == '5', f"the log of {name} is rotated")
        ask(name == 'proxy' or about['Config'].get('StopTimeout') == 60, f"{name} has a minute")


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
    paper = site.compose('run', '--rm', '-T', 'odoo', 'sh', '-c', (
        "echo '<meta charset=utf-8><p>中国锻压协会会员证书</p>' >/tmp/p.html && wkhtmltopdf -q /tmp/p.html /tmp/p.pdf && base64 /tmp/p.pdf"))
    fonts = re.findall(rb'/FontName /(\S+)', base64.b64decode(paper))
    ask(any(b'CJK' in font for font in fonts), f"the page is set in a Chinese font: {fonts}")


def doors(site):
    """The database manager and old RPC are closed, too large an upload gets a page of ours, no log holds a personal link."""
    for path in ('/web/database/manager', '/xmlrpc/2/common', '/jsonrpc'):
        ask(site.fetch(path)[0] == 404, f"{path} is closed")
    status, _headers, page = site.fetch('/web/login', **{'Content-Length': str(70 * 1024 * 1024)})
    ask(status == 413 and '文件过大' in page, f"413 is a page of ours: {status}")
    site.fetch('/cfia/r/secret-of-a-member', Referer=f'http://127.0.0.1:{site.port}/cfia/r/secret-of-a-member')
    logs = site.compose('logs', '--no-color', 'proxy')
    ask('/cfia/r/... HTTP' in logs and 'secret-of' not in logs, "the proxy's log holds no personal link")


def mail(site):
    """Mail reaches the catcher; commands run beside the servers."""
    site.follow('docs/administration.md', 'docker compose run --rm odoo odoo shell', given=MAIL)
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
    """A fresh host, the two parts of a backup, one page: the same figures and files, in less than ten minutes."""
    before, files = site.figures(), site.compose('exec', '-T', 'odoo', 'sh', '-c', FILES)
    site.follow('docs/administration.md', 'docker compose exec -T db pg_dump')
    site.compose('down')
    start = time.monotonic()
    # what the page says, on volumes that are new
    site.follow('docs/administration.md', 'docker compose exec -T db pg_restore', project='cfia-image-new')
    seconds = time.monotonic() - start
    ask(site.log_in()[0] == 303, "log-in after the restore")
    after, files_after = site.figures('cfia-image-new'), site.compose('exec', '-T', 'odoo', 'sh', '-c', FILES, project='cfia-image-new')
    ask(after == before, f"the figures are the same: {before}, {after}")
    ask(set(files.splitlines()) <= set(files_after.splitlines()), "every file is there")
    ask(seconds < 600, f"it takes less than ten minutes: {seconds:.0f} s")
    restore.__doc__ = f"{restore.__doc__.rstrip('.')} ({seconds:.0f} s of the page's commands, {len(files.splitlines())} files)."
    site.compose('down', '-v', project='cfia-image-new')
    site.up()


def failed_upgrade(site):
    """An upgrade that fails leaves the old state and says so; the image of before serves again."""
    view = site.folder / 'addons/cfia_membership/views/cfia_golive_views.xml'
    text, before = view.read_text(), site.figures()
    view.write_text(text.replace('</odoo>', '<record id="broken" model="ir.ui.view"><field name="nothing"/></record></odoo>'))
    site.build()
    site.compose('up', '-d', 'odoo')
    ask(wait_for(lambda: 'is as it was' in site.compose('logs', 'odoo'), 600), "it is said")
    ask(site.figures() == before, "the figures are the same")
    view.write_text(text)
    site.follow('docs/administration.md', 'docker compose up -d --build')
    ask(site.log_in()[0] == 303, "log-in with the image of before")


def upgrade(site):
    """A new stored field, one command: every page answers; the backup of before is there."""
    (site.folder / 'addons/cfia_membership/models/image_tried.py').write_text(FIELD)
    with (site.folder / 'addons/cfia_membership/models/__init__.py').open('a') as file:
        file.write("from . import image_tried\n")
    before = site.figures().split('|')[:4]
    site.follow('docs/administration.md', 'docker compose up -d --build')
    ask(site.figures().split('|')[:4] == before, "the figures are the same")
    ask(site.log_in()[0] == 303, "log-in after the upgrade")
    backups = site.compose('exec', '-T', 'odoo', 'sh', '-c', 'ls /var/lib/odoo/backups/*/cfia.dump')
    ask(backups.strip(), "there is a backup")
    site.follow('docs/administration.md', 'docker compose run --rm odoo upgrade')
    ask(backups == site.compose('exec', '-T', 'odoo', 'sh', '-c', 'ls /var/lib/odoo/backups/*/cfia.dump'), "what is done is not done again")


def database_password(site):
    """The database's password is changed as the page says."""
    for password in ('another one', site.settings_at_start['POSTGRES_PASSWORD']):
        site.follow('docs/administration.md', 'docker compose exec db psql', given=f'{password}\n{password}\n')
        site.settings['POSTGRES_PASSWORD'] = password
        site.follow('docs/administration.md', 'docker compose up -d --force-recreate')
        ask(site.log_in()[0] == 303, "log-in with the new password of the database")


def login_rules(site):
    """Odoo's log-in rules, on a database that is there already, by the commands of SECURITY.md."""
    site.follow('SECURITY.md', 'docker compose run --rm -T odoo odoo shell')
    told = site.query("SELECT value FROM ir_config_parameter WHERE key = 'auth_password_policy.minlength'")
    ask(told == '12', f"passwords have 12 characters: {told}")


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
    # what a visitor claims of itself is no address
    states = [
        site.fetch('/web/login', **{'X-Forwarded-For': f'198.51.100.{number}, 203.0.113.77, 10.0.0.9', 'X-Forwarded-Proto': 'https'})[0]
        for number in range(20)]
    ask(429 in states, f"one visitor is one address, behind two proxies, too: {states}")
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


def scale(site):
    """The profile scale on the database that is there; with odoo-2 stopped the proxy starts again and serves."""
    site.settings.update(SCALE)
    site.follow('docs/sizing.md', 'docker compose exec -T db bash /opt/cfia/primary.sh')
    site.follow('docs/sizing.md', 'docker compose up -d --wait --wait-timeout')
    ask(site.query('SELECT count(*) FROM pg_stat_replication') == '1', "the replica follows")
    shown = site.engine.run(['docker', 'inspect', *site.compose('ps', '-q').split()])
    ask(site.settings['REPLICATION_PASSWORD'] not in shown, "passwords are files")
    site.compose('stop', 'odoo-2')
    site.compose('restart', 'proxy')
    ask(wait_for(lambda: site.fetch('/web/login')[0] == 200), "a page through the proxy")


def replica_lost(site):
    """The replica killed: the database's health says so with the way out, which works."""
    site.settings.update(SCALE)
    site.compose('kill', 'db-replica')
    db = site.compose('ps', '-q', 'db').strip()
    health = ['docker', 'inspect', '--format', '{{.State.Health.Status}} {{range .State.Health.Log}}{{.Output}}{{end}}', db]
    ask(wait_for(lambda: site.engine.run(health).startswith('unhealthy'), 200), "the database is unhealthy")
    ask('ALTER SYSTEM SET synchronous_standby_names' in site.engine.run(health), "the way out is said")
    site.follow('docs/sizing.md', 'docker compose exec db psql')
    ask(site.log_in()[0] == 303, "log-in without the replica")
    site.compose('--profile', '*', 'down')
    site.settings = dict(site.settings_at_start)
    site.up()


def replication_without_profile(site):
    """REPLICATION_PASSWORD without the profile: nothing waits for a replica that nobody starts."""
    site.settings['REPLICATION_PASSWORD'] = 'of the replica'
    site.compose('up', '-d', '--wait', '--wait-timeout', '120', 'db', project='cfia-image-new')
    try:
        names = site.query('SHOW synchronous_standby_names', 'cfia-image-new', 'postgres')
        ask(not names, f"commits wait for nobody: {names}")
    finally:
        site.compose('down', '-v', project='cfia-image-new')


QUESTIONS = (
    first_start, members, modules, services, secrets, sockets, papers, doors, mail, upgrade, login_rules, database_password, other_address,
    tls_before, tls_at, scale, replica_lost, replication_without_profile, down_and_up, restore, failed_upgrade)


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
