"""The documents lead where they say, and every picture that is taken is shown."""
import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob('*.md'), *ROOT.glob('docs/**/*.md'), *ROOT.glob('addons/*/readme/*.md')])
LINK = re.compile(r'\]\(([^)#\s]+)(?:#[^)]*)?\)|<img src="([^"]+)"')


def links(document):
    """Return the files that a document leads to or shows."""
    return [found[0] or found[1] for found in LINK.findall(document.read_text(encoding='utf-8'))
            if not re.match(r'\w+:', found[0] or found[1])]


@pytest.mark.parametrize('document', DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    missing = [link for link in links(document) if not (document.parent / link).exists()]
    assert not missing


def test_pictures_of_the_handbooks_are_taken_and_shown():
    folder = ROOT / 'docs/handbook'
    with (folder / 'screenshots.csv').open(encoding='utf-8', newline='') as lines:
        taken = {f"{row['name']}.png" for row in csv.DictReader(lines)}
    shown = {Path(link).name for document in folder.glob('*.md') for link in links(document) if link.endswith('.png')}
    there = {path.name for path in (ROOT / 'docs/img/handbook').glob('*.png')}
    assert taken == there
    assert taken == shown


@pytest.mark.parametrize('addon', sorted((ROOT / 'addons').glob('cfia_*')), ids=lambda path: path.name)
def test_each_module_describes_itself(addon):
    """The page shown among the apps is in Chinese, and its pictures are beside it."""
    page = addon / 'static/description/index.html'
    text = page.read_text(encoding='utf-8')
    assert re.search(r'[\u4e00-\u9fff]', text)
    pictures = set(re.findall(r'src="([^"]+)"', text))
    assert pictures == {path.name for path in page.parent.glob('*.png')} - {'icon.png'}
