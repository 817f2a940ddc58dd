"""The proxy as the image has it: config/image/nginx.conf, read by a real nginx."""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from launcher import served
from launcher.console import step
from launcher.debian import download, unpack
from launcher.layout import CACHE, CONFIG
from launcher.lock import locked

#: Round the shipped file, which nginx's image includes into its own.
MAIN = """\
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
{user}
events {{ worker_connections 1024; }}
http {{
    types {{ text/html html; text/css css; application/javascript js; image/svg+xml svg; }}
    default_type application/octet-stream;
    log_format upstream '$request | $status | $upstream_addr';
    access_log {folder}/access.log upstream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/conf.d/*.conf;
}}
"""


def ensure_nginx():
    """Return the path of an nginx: this machine's, or Debian's, unpacked into the cache and never installed."""
    if found := shutil.which('nginx') or shutil.which('nginx', path='/usr/sbin'):
        return found
    tree = CACHE / 'nginx'
    with locked(CACHE / 'nginx.lock'):
        if not tree.exists():
            work = Path(tempfile.mkdtemp(prefix='unpack-', dir=CACHE))
            try:
                with step("nginx: download and unpack") as current:
                    (work / 'debs').mkdir()
                    download(['nginx'], work / 'debs', progress=current.progress)
                    unpack(work / 'debs', work / 'tree')
                (work / 'tree').rename(tree)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return str(tree / 'usr/sbin/nginx')


def write_configuration(folder, port, addresses, unlimited=False):
    """Write what nginx reads: the shipped files, with this machine's ports for the names of the containers.

    :param Path folder: for configuration, logs and temporary files
    :param int port: that the proxy listens on
    :param dict addresses: ``odoo:8069`` and the like → address here
    :param bool unlimited: lift the limits of requests, to measure what is behind them
    :return: path of the main file
    """
    (folder / 'conf.d').mkdir(parents=True, exist_ok=True)
    user = 'user root;' if os.geteuid() == 0 else ''
    (folder / 'nginx.conf').write_text(MAIN.format(folder=folder, user=user))
    (folder / 'front').mkdir(exist_ok=True)
    for name in ('http.conf', 'server.conf'):
        shutil.copy(CONFIG / 'image/front-none' / name, folder / 'front')
    (folder / 'front/server.conf').write_text(
        _replace((folder / 'front/server.conf').read_text(), {'listen 80;': f'listen 127.0.0.1:{port};'}))
    server = _replace((CONFIG / 'image/nginx.conf').read_text(), {
        '/etc/nginx/front/': f'{folder}/front/', 'listen 127.0.0.1:8080;': f'listen 127.0.0.1:{served.free_port()};',
        'access_log /var/log/nginx/access.log without_links;': (
            f'access_log {folder}/links.log without_links; access_log {folder}/access.log upstream;'),
    })
    if unlimited:
        server = re.sub(r'^ *limit_(req|conn) .*;$', '', server, flags=re.MULTILINE)
    (folder / 'conf.d/default.conf').write_text(server)
    upstream = _replace((CONFIG / 'image/upstream-scale.conf').read_text(), {
        f'server {name} ': f'server {address} ' for name, address in addresses.items()} | {' resolve;': ';'})
    (folder / 'conf.d/upstream.conf').write_text(upstream)
    return folder / 'nginx.conf'


def check(folder):
    """Return what nginx says of the configuration, and whether it takes it."""
    done = subprocess.run(
        [ensure_nginx(), '-t', '-c', folder / 'nginx.conf', '-p', folder, '-e', folder / 'error.log'],
        capture_output=True, text=True, check=False)
    return done.stderr, done.returncode == 0


def command(folder):
    """Return the command that runs it in the foreground."""
    return [ensure_nginx(), '-c', str(folder / 'nginx.conf'), '-p', str(folder), '-e', str(folder / 'error.log')]


def _replace(text, changes):
    for old, new in changes.items():
        if old not in text:
            raise ValueError(f"{old!r} is not in the shipped configuration")
        text = text.replace(old, new)
    return text
