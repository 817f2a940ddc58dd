"""Odoo and the Python packages go to the user's cache, everything else to .cfia."""
from launcher import workplace
from launcher.console import say


def add_arguments(parser):
    """Add no arguments."""


def run(arguments):
    """Set up everything that any verb needs."""
    place = workplace.ensure('test')
    say(f"Odoo    {place.odoo_path}\nPython  {place.python}\nServer  {place.connection.host}")
