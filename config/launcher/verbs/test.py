"""Not there yet."""


def add_arguments(parser):
    """Add no arguments."""


def run(arguments):
    """Do nothing yet."""
    raise NotImplementedError
