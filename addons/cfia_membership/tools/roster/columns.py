"""What member lists call their columns."""
from pathlib import Path

from odoo.addons.cfia_membership.tools.sheet import Headings

REQUIRED_FIELDS = ('number', 'name')
HEADINGS = Headings(Path(__file__).with_name('headings.txt'), anchors=REQUIRED_FIELDS)
