"""The key that opens guarded columns and ledgers to the suite's own methods.

A context value can be set by any client, an object's identity cannot: records in whose
context this very object stands were prepared by server code.
"""

_GUARD_TOKEN = object()
GUARD_KEY = 'cfia_guard'


def unlocked(records):
    """Return ``records`` with the right to write guarded columns.

    To be called by methods that own a transition, never with values taken unchecked from a client.
    """
    return records.with_context(**{GUARD_KEY: _GUARD_TOKEN})


def is_unlocked(records):
    """Tell whether ``records`` come from :func:`unlocked`."""
    return records.env.context.get(GUARD_KEY) is _GUARD_TOKEN


def locked(records):
    """Return ``records`` without the right given by :func:`unlocked`."""
    if GUARD_KEY not in records.env.context:
        return records
    context = {key: value for key, value in records.env.context.items() if key != GUARD_KEY}
    return records.with_context(context)
