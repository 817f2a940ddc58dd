"""Takes the pictures of the handbooks from the served demo; docs/handbook/screenshots.csv lists them.

Example: ./cfia run --detach && ./cfia screenshots
"""
import csv
import shutil

from launcher import layout, served, workplace
from launcher.console import LauncherError, say, step

LIST = layout.ROOT / 'docs/handbook/screenshots.csv'
FOLDER = layout.ROOT / 'docs/img/handbook'
CHROMIUM = '/usr/bin/chromium'
CHROMIUM_ARGS = (
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--hide-scrollbars',
)
COLOURS = 96
MARGIN = 24
MIN_HEIGHT = 300
PATIENCE = 60_000


def add_arguments(parser):
    """Add which database and which pictures."""
    parser.add_argument('--db', default=layout.DEFAULT_DB, help="database that is served (default: %(default)s)")
    parser.add_argument('--port', help="accepted like everywhere; the port is that of the server")
    parser.add_argument('--only', metavar='NAME', help="take the pictures whose name contains this")


def run(arguments):
    """Take the pictures; return whether one could not be taken."""
    workplace.ensure('test')
    entries = served.running(db=arguments.db)
    if not entries:
        raise LauncherError(f"{arguments.db} is not served: start it with ./cfia run --detach.")
    with LIST.open(encoding='utf-8', newline='') as lines:
        pictures = [row for row in csv.DictReader(lines) if not arguments.only or arguments.only in row['name']]
    FOLDER.mkdir(parents=True, exist_ok=True)
    failed = _take(f"http://localhost:{entries[0]['port']}", pictures)
    for name, reason in failed:
        say(f"✗ {name}: {reason}")
    return bool(failed)


def _take(base, pictures):
    from playwright.sync_api import Error, sync_playwright

    failed = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGS))
        contexts = {}
        for picture in pictures:
            with step(f"Picture: {picture['name']}"):
                key = picture['login'], picture['width']
                if key not in contexts:
                    contexts[key] = _sign_in(browser, base, picture['login'], int(picture['width']))
                page = contexts[key].new_page()
                try:
                    _take_one(page, base, picture)
                except Error as error:
                    failed.append((picture['name'], error.message.splitlines()[0]))
                page.close()
        browser.close()
    return failed


def _sign_in(browser, base, login, width):
    """Return a context of the browser in which ``login`` is signed in, nobody where it is empty."""
    context = browser.new_context(
        viewport={'width': width, 'height': 844 if width < 600 else 860}, locale='zh-CN', timezone_id='Asia/Shanghai')
    if login:
        page = context.new_page()
        page.goto(f'{base}/web/login', wait_until='domcontentloaded', timeout=PATIENCE)
        page.fill('input[name=login]', login)
        page.fill('input[name=password]', login)
        page.click('button[type=submit]')
        page.wait_for_url(lambda url: '/web/login' not in url, timeout=PATIENCE)
        page.close()
    return context


def _take_one(page, base, picture):
    """Open the address, click what is listed one after the other, wait for what has to show, take the picture."""
    page.goto(f"{base}{picture['address']}", wait_until='domcontentloaded', timeout=PATIENCE)
    for selector in filter(None, picture['click'].split(' >> ')):
        page.click(selector, timeout=PATIENCE)
    page.wait_for_selector(picture['shows'] or 'body', timeout=PATIENCE)
    page.wait_for_timeout(2500)  # pictures of persons arrive, charts draw themselves
    path = FOLDER / f"{picture['name']}.png"
    page.screenshot(path=path)
    _shrink(path)
    if picture['module']:
        # the module's own description shows it, too
        shutil.copy(path, layout.ADDONS / picture['module'] / 'static/description' / path.name)


def _shrink(path):
    """Store a picture without the empty space below and with few colours: screens have few."""
    from PIL import Image, ImageChops

    with Image.open(path) as image:
        full = image.convert('RGB')
    corner = Image.new('RGB', full.size, full.getpixel((full.width // 2, full.height - 1)))
    below = ImageChops.difference(full, corner).getbbox()
    height = min(full.height, max(below[3] + MARGIN if below else 0, MIN_HEIGHT))
    full.crop((0, 0, full.width, height)).quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
