"""How large wkhtmltopdf prints a pixel, which differs between its builds."""
import functools
import re
import subprocess
import tempfile
from pathlib import Path

from odoo.tools.pdf import PdfFileReader

#: Points on paper of one pixel, for which the styles of official papers are written: that of the
#: build without the patched Qt, which distributions ship and which knows no other.
PAPER_SCALE = 0.75 * 0.768745
PROBE = (500, 300)
NUMBER = rb'-?[\d.]+'
OPERATORS = re.compile(
    rb'(?<=\s)(?:(?P<matrix>(?:%(n)s\s+){6})cm|(?P<box>(?:%(n)s\s+){4})re|(?P<stack>[qQ]))(?=\s)' % {b'n': NUMBER})


@functools.cache
def measure_scale(bin_path, *arguments):
    """Return the points on paper of one pixel, measured on a box of a known size.

    :param str bin_path: the wkhtmltopdf program
    :param str arguments: further arguments for it
    :return: points for a pixel, 0 when the program printed no such box
    :rtype: float
    """
    width, height = PROBE
    with tempfile.TemporaryDirectory(prefix='paper_scale.') as folder:
        page, paper = Path(folder, 'probe.html'), Path(folder, 'probe.pdf')
        page.write_text(
            '<!DOCTYPE html><html><body style="margin: 0;">'
            f'<div style="width: {width}px; height: {height}px; background: #000;"></div></body></html>', encoding='utf-8')
        subprocess.run([bin_path, '--quiet', *arguments, str(page), str(paper)], capture_output=True, check=False)
        if not paper.exists():
            return 0
        with paper.open('rb') as stream:
            content = PdfFileReader(stream).getPage(0)['/Contents'].getObject().getData()
    return _find_box_scale(content)


def get_zoom(bin_path):
    """Return the ``--zoom`` with which this build prints official papers in their size.

    :param str bin_path: the wkhtmltopdf program
    :rtype: float
    """
    measured = measure_scale(bin_path, '--dpi', '96', '--zoom', '1.0')
    return PAPER_SCALE / measured if measured else 1


def _find_box_scale(content):
    """Return the scale at which the probe's box is painted in the content of a PDF page."""
    scale, stack = 1, []
    for operator in OPERATORS.finditer(b' ' + content + b' '):
        if operator['matrix']:
            scale *= abs(float(operator['matrix'].split()[0]))
        elif operator['box']:
            if tuple(map(float, operator['box'].split()[2:])) == PROBE:
                return scale
        elif operator['stack'] == b'q':
            stack.append(scale)
        elif stack:
            scale = stack.pop()
    return 0
