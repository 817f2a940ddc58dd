"""Presses everything that a role can see, in Odoo's client, on a database with demo data; each press is undone.

Run by `./cfia check --full`, which says by the environment what of it.
"""
import json
import os
import re
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Error

from odoo.tests import HttpCase, tagged
from odoo.tests.common import _registry_test_lock
from odoo.tools import mute_logger

from odoo.addons.test_cfia_suite.tests.common import read_terms, start_browser

APP = 'cfia_membership.cfia_menu_root'
ROBOT = Path(__file__).parent / 'robot.js'
#: What is not pressed, as a regular expression of the label, and why.
NOT_PRESSED = {
    r'(?:^|› )(?:删除|存档|归档)$': "core's own acts on any record; the suite's refusals to delete are tested by model",
    r'^(?:退出|注销|登出)': "ends the session of the robot",
    r'^带我看一看$|^演示$': "a tour takes the mouse; each role's tour has a test of its own",
    r'用户会话|开发者': "core's own tools",
    r'^更多$': "unfolds what has no room, which is pressed entry by entry",
    r'^添加照片$|^上传': "opens the system's window to choose a file, which stands outside the page",
}
#: Core's own entries of every list and form: pressed by the first role that sees a screen.
OF_CORE = re.compile(r'› (?:导出|全部导出|导入记录|复制|插入.*|链接菜单.*|取消存档|取消归档)$')
#: Titles of dialogs that show what is there: confirmed as they stand, nothing differs and they refuse.
UNCHANGED = {"上报变更"}
#: Read the same in both languages, or no word: names, formats, addresses, numbers.
NO_WORDS = (
    r'\S+@\S+', r'https?://\S+', r'www\.\S+', r'\S+\.(?:xlsx|xls|csv|pdf|png|jpg|zip|docx|txt|eml)\b',
    r'\b[A-Z0-9]{2,}(?:[-/.][A-Za-z0-9]+)*\b', r'\b(?:Odoo|Excel|PDF|CSV|xlsx|Word|Logo|Email|ZIP|JSON|WPS|VIP|KB|MB|SHA)\b',
    r'^Documentation$',  # an icon's title on core's page of passwords, which core exports for no translation
    r'\{\w+\}', r'^txt$',  # a format's own signs, a file's kind
    r'\bbytes\b', r'\b[0-9a-f]{16,}\b', r'\b(?:OdooBot|Administrator|My Company)\b', r'\bAsia/\w+', r'\b[a-z]+(?:[._-][a-z0-9]+)+\b',
)


def say(text):
    """Show what is found while the pressing goes on."""
    sys.stdout.write(f'{text}\n')
    sys.stdout.flush()


@tagged('post_install', '-at_install')
class TestPress(HttpCase):
    """Each screen of the roles named by ``CFIA_PRESS_LOGINS``, in the share ``CFIA_PRESS_SHARE`` (number/of).

    By hand, ``CFIA_PRESS_ONLY``, ``CFIA_PRESS_VIEWS`` and ``CFIA_PRESS_LABELS``, regular expressions of menus, views
    and buttons, leave out the rest.
    """

    test_cursor_lock_timeout = 60

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        logins = os.environ['CFIA_PRESS_LOGINS'].split(',')
        cls.users = cls.env['res.users'].search([('login', 'in', logins)])
        assert set(cls.users.mapped('login')) == set(logins), "a login of the demo is missing"
        cls.users.write({'lang': 'zh_CN', 'tour_enabled': False})
        number, _of, count = os.environ.get('CFIA_PRESS_SHARE', '0/1').partition('/')
        cls.share = int(number), int(count)
        cls.only = os.environ.get('CFIA_PRESS_ONLY')
        cls.views = os.environ.get('CFIA_PRESS_VIEWS')
        cls.labels = os.environ.get('CFIA_PRESS_LABELS', '')
        cls.limit = float(os.environ.get('CFIA_PRESS_SECONDS', 'inf'))
        cls.config = {'terms': read_terms(cls.env), 'allowed': '|'.join(NO_WORDS), 'labels': cls._read_labels()}

    @classmethod
    def _read_labels(cls):
        """Return the labels of each selection of the suite: what a heading can say of the rows below it."""
        env = cls.env(context={'lang': 'zh_CN'})
        found = {
            tuple(label for _value, label in field._description_selection(env))
            for model in env.registry if env[model]._original_module.startswith('cfia_')
            for field in env[model]._fields.values() if field.type == 'selection' and not field.related
        }
        return sorted(kind for kind in found if len(kind) > 1)

    # === BROWSER === #

    @contextmanager
    def _open_page(self, browser, user):
        self.authenticate(user.login, user.login)
        context = browser.new_context(
            viewport={'width': 1920, 'height': 1080}, locale='zh-CN', timezone_id='Asia/Shanghai', reduced_motion='reduce')
        context.add_cookies([{'name': 'session_id', 'value': self.session.sid, 'url': self.base_url()}])
        page = context.new_page()
        self.heard, self.files, self.moves = [], [], []
        page.on('console', lambda message: message.type == 'error' and self._hear('console', message.text))
        page.on('pageerror', lambda error: self._hear('script', str(error)))
        page.on('framenavigated', lambda frame: self.moves.append(frame.url))
        page.on('download', lambda download: self.files.append(download.suggested_filename))
        # where a file is to be chosen the system's window opens, which is an effect
        page.on('filechooser', lambda chooser: self.files.append('chosen'))
        page.on('response', self._hear_response)
        page.on('dialog', lambda dialog: dialog.accept())
        try:
            yield page
        finally:
            context.close()

    def _hear(self, kind, text):
        if not re.search(r'websocket|bus_worker|ERR_ABORTED|favicon|Failed to load resource', text):
            self.heard.append(f'{kind}: {text[:1500]}')

    def _hear_response(self, response):
        # papers printed in a test are pages of HTML that are named PDF: of them there is no first page
        if response.status >= 400 and not re.search(r'websocket|/mail/attachment/pdf_first_page/', response.url):
            self.heard.append(f'status {response.status}: {response.url}')

    @contextmanager
    def _undone(self):
        """Take back what is done inside, whatever the client was told."""
        try:
            yield
        finally:
            self._undo()

    def _undo(self):
        assert _registry_test_lock.acquire(timeout=60)
        try:
            self.cr.clear()
            self.cr._obj.execute('ROLLBACK TO SAVEPOINT press')
            if self.registry.cache_invalidated or self.registry.registry_invalidated:
                self.registry.clear_all_caches()
                self.registry.cache_invalidated.clear()
        finally:
            _registry_test_lock.release()

    # === WALK === #

    def test_everything(self):
        self.findings, self.of_core, self.pressed, self.started = {}, set(), 0, time.monotonic()
        with (
            start_browser() as browser,
            mute_logger('odoo.http', 'odoo.addons.base.models.ir_rule', 'odoo.models.unlink', 'odoo.sql_db'),
        ):
            # while pages are served, their threads use the cursor of the test
            for user, name, number, is_member in [(user, user.name, user.id, user.share) for user in self.users]:
                self.env.flush_all()
                with self._open_page(browser, user) as page:
                    self.cr._obj.execute('SAVEPOINT press')
                    with self.allow_requests(all_requests=True):
                        walk = self._walk_portal if is_member else self._walk
                        walk(page, name, number)
        say(f"\npressed {self.pressed} buttons in {time.monotonic() - self.started:.0f} s")
        if report := os.environ.get('CFIA_PRESS_REPORT'):
            Path(report).write_text(json.dumps(
                {'pressed': self.pressed, 'findings': self.findings}, ensure_ascii=False, indent=1), encoding='utf-8')
        self.assertTrue(self.pressed)
        self.assertFalse(self.findings, '\n'.join(
            f'{where}: {what}' for where, found in self.findings.items() for what in found))

    def _is_late(self):
        return time.monotonic() - self.started > self.limit

    def _turn(self, found):
        """Return what is found beginning elsewhere in each share: where time is short, each has its turn."""
        start = self.share[0] % len(found) if found else 0
        return found[start:] + found[:start]

    def _load(self, page):
        page.goto(f'{self.base_url()}/odoo/member-work', wait_until='domcontentloaded', timeout=120_000)
        page.wait_for_function("window.odoo?.isReady === true && document.querySelector('.o_action_manager .o_cfia_workplace, .o_action_manager .o_content')", timeout=120_000)
        page.evaluate(ROBOT.read_text('utf-8'))
        page.evaluate('(config) => cfiaRobot.learn(config)', self.config)
        page.evaluate('() => cfiaRobot.settle()')

    def _walk(self, page, name, user_id):
        self._load(page)
        self._judge(f'{name} / start', page)
        menus = page.evaluate('(app) => cfiaRobot.menus(app)', APP)
        self.assertTrue(menus, name)
        number, count = self.share
        for index, menu in self._turn(list(enumerate(menus))):
            if (index + user_id) % count != number or (self.only and not re.search(self.only, menu['name'])):
                continue
            if self._is_late():
                return
            try:
                self._press_screen(page, f"{name} / {menu['name']}", menu)
            except Error as error:
                self._note(f"{name} / {menu['name']}", f'the page fell: {error.message[:300]}')
                self._load(page)

    # === PORTAL === #

    def _walk_portal(self, page, name, user_id):
        """Open each page of the member's that another one leads to, and press its buttons."""
        number, count = self.share
        todo, seen = ['/my/home', '/my/membership'], set()
        while todo:
            path = todo.pop(0)
            kind = re.sub(r'\d+', '#', path.partition('?')[0])
            if kind in seen:
                continue
            seen.add(kind)
            where = f'{name} / {path}'
            with self._undone():
                if not self._visit(page, where, path):
                    continue
                todo += page.evaluate("""() => [...document.querySelectorAll("a[href^='/my'], a[href^='/cfia']")]
                    .filter((el) => !el.hasAttribute("download")).map((el) => el.getAttribute("href"))""")
                labels = page.evaluate('() => cfiaRobot.pageButtons().map((el) => el.innerText.trim().slice(0, 60))')
            if (len(seen) + user_id) % count != number:
                continue
            for index, label in self._turn(list(enumerate(labels))):
                if self._is_late():
                    return
                if any(re.search(pattern, label) for pattern in NOT_PRESSED):
                    continue
                with self._undone():
                    if self._visit(page, where, path):
                        self._press_on_page(page, f'{where} / {label}', index)

    def _visit(self, page, where, path):
        self.heard, self.files = [], []
        try:
            page.goto(self.base_url() + path, wait_until='load', timeout=60_000)
        except Error as error:
            # a file is no page
            return bool(self.files) and not error
        page.evaluate(ROBOT.read_text('utf-8'))
        page.evaluate('(config) => cfiaRobot.learn(config)', self.config)
        for fault in self.heard:
            self._note(where, fault)
        self._judge(where, page)
        return not self.heard

    def _press_on_page(self, page, where, index):
        self.pressed += 1
        self.heard, self.moves = [], []
        try:
            result = page.evaluate('(index) => cfiaRobot.pressOnPage(index)', index)
        except Error as error:
            if 'navigation' not in error.message and 'context' not in error.message:
                raise
            result = {}
        for _tenth in range(50):
            # a page that is slow to come is no button that does nothing
            if not result.get('isIdle') or self.moves:
                break
            page.wait_for_timeout(100)
        page.wait_for_load_state('load', timeout=60_000)
        for fault in self.heard:
            self._note(where, fault)
        if result.get('isIdle') and not result.get('isHere') and not self.files and not self.moves and len(page.context.pages) == 1:
            self._note(where, 'does nothing')
        for other in page.context.pages[1:]:
            other.close()
        if self.moves:
            page.evaluate(ROBOT.read_text('utf-8'))
            page.evaluate('(config) => cfiaRobot.learn(config)', self.config)
            self._judge(where, page)

    # === CLIENT === #

    def _press_screen(self, page, where, menu):
        screen = {'action': menu['action']}
        with self._undone():
            if not self._show(page, where, screen):
                return
            seen = page.evaluate('() => cfiaRobot.look()')
        if seen['view'] in ('list', 'kanban') and not seen['rows']:
            screen['all'] = True
        for view in seen['views'] or [seen['view']]:
            if view in ('search', 'form') and len(seen['views']) > 1 or self._is_late():
                continue
            here = {**screen, 'view': view} if seen['views'] else screen
            self._press_view(page, f'{where} / {view}', here)
        with self._undone():
            if 'form' not in seen['views'] or seen['view'] == 'form' or not self._show(page, where, screen):
                return
            record = page.evaluate('() => cfiaRobot.openFirst()')
        if record and record > 0 and not self._is_late():
            self._press_view(page, f'{where} / form', {**screen, 'view': 'form', 'resId': record})

    def _press_view(self, page, where, screen):
        if self.views and not re.search(self.views, where.rpartition(' / ')[2]):
            return
        with self._undone():
            if not self._show(page, where, screen):
                return
            seen = page.evaluate('() => cfiaRobot.candidates()')
            for fault in seen['contradictions']:
                self._note(where, fault)
            self._judge(where, page)
            found = seen['found']
        say(f'{time.monotonic() - self.started:5.0f} s  {where}: {len(found)}')
        for candidate in self._turn(found):
            if self._is_late():
                return
            label = candidate['label']
            if candidate.get('isCore') or OF_CORE.search(label):
                key = screen['action'], screen.get('view'), label
                if key in self.of_core:
                    continue
                self.of_core.add(key)
            if any(re.search(pattern, label) for pattern in NOT_PRESSED) or not re.search(self.labels, label):
                continue
            with self._undone():
                if self._show(page, where, screen):
                    self._press(page, f'{where} / {label}', candidate)

    def _show(self, page, where, screen):
        self.heard, self.files = [], []
        if '/odoo' not in page.url or not page.evaluate('() => Boolean(window.cfiaRobot)'):
            self._load(page)
        fault = page.evaluate('(screen) => cfiaRobot.show(screen)', screen)
        faults = page.evaluate('() => cfiaRobot.errors()') + ([fault] if fault else []) + self.heard
        for fault in faults:
            self._note(where, f'does not open: {fault}')
        return not faults

    def _press(self, page, where, candidate):
        self.pressed += 1
        self.heard = []
        url = page.url
        try:
            result = page.evaluate('(candidate) => cfiaRobot.press(candidate)', candidate)
        except Error as error:
            if 'navigation' in error.message or 'context' in error.message:
                page.wait_for_load_state('load', timeout=60_000)
                for fault in self.heard:
                    self._note(where, fault)
                return
            raise
        for other in page.context.pages[1:]:
            other.close()
        if result.get('gone') and not OF_CORE.search(candidate['label']):
            self._note(where, f"was there and is not when the screen is opened again ({result['gone']})")
        if result.get('isRefused'):
            # a download that is refused has a status of error, whose text the client shows
            self.heard = [text for text in self.heard if not re.match(r'status \d+: \S*/(?:web/export|report)/', text)]
        if UNCHANGED & set(result['path']) and not result.get('isRefused'):
            self._note(where, 'takes for a change what nobody changed')
        for fault in result['errors'] + self.heard + result.get('contradictions', []):
            self._note(where, fault)
        for text in result['texts']:
            self._note(where, f'reads {text}')
        if result.get('isIdle') and not self.files and url == page.url:
            self._note(where, 'does nothing')
        self._judge(where, page)

    def _judge(self, where, page):
        for text in page.evaluate('() => cfiaRobot.english()'):
            self._note(where, f'reads {text}')
        for fault in page.evaluate('() => [...cfiaRobot.errors(), ...cfiaRobot.contradict()]'):
            self._note(where, fault)

    def _note(self, where, what):
        """Keep a finding once for each text and screen: the same English on twelve screens is one fault."""
        if what.startswith('reads '):
            if what in self.findings.setdefault('texts', []):
                return
            self.findings['texts'].append(what)
            what = f'{what}'
            say(f'TEXT {where}: {what}')
            return
        found = self.findings.setdefault(where, [])
        if what not in found:
            found.append(what)
            say(f'FOUND {where}: {what}')
