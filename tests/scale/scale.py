"""Runs the proofs on a stack of their own."""
import json

from proofs import Proofs
from stack import Stack

from launcher import layout, templates

MEMBERS = """
import sys
sys.path.insert(0, {folder!r})
import members
members.run(env, {file!r})
"""


def make_stack(place, source, file, **options):
    """Return a stack whose database holds the members that the proofs need; it is not started yet."""
    script = MEMBERS.format(folder=str(layout.TESTS / 'scale'), file=str(file))
    return Stack(place, source, f'{templates.PREFIX}scale', script=script, **options)


def prove(place, source, say):
    """Start a stack and ask everything.

    :param str source: database with the suite, without demo data
    :param say: called with each thing that was shown
    :raise AssertionError: something does not hold
    """
    file = layout.RUN / 'scale_plan'
    with make_stack(place, source, file) as stack:
        Proofs(stack, json.loads(file.read_text())).run(say)
