"""The mark of what a schedule of the suite does.

A schedule has neither a language nor a face of its own: by this mark what it writes is known as the
association's, on records of other modules, too. As with the guard, no client can set it.
"""

_SCHEDULE_TOKEN = object()
SCHEDULE_KEY = 'cfia_schedule'


def scheduled(records):
    """Return ``records`` on which a schedule of the suite acts."""
    return records.with_context(**{SCHEDULE_KEY: _SCHEDULE_TOKEN})


def is_scheduled(records):
    """Tell whether ``records`` come from :func:`scheduled`."""
    return records.env.context.get(SCHEDULE_KEY) is _SCHEDULE_TOKEN
