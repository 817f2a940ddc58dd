"""Days and moments of the association, whose clock is Asia/Shanghai."""
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

ASSOCIATION_TZ = ZoneInfo('Asia/Shanghai')
_UTC = ZoneInfo('UTC')


def association_now():
    """Return the present moment in the association's time zone.

    :rtype: datetime
    """
    return datetime.now(_UTC).astimezone(ASSOCIATION_TZ)


def association_today(env=None):
    """Return the association's calendar day, whoever asks and wherever the server stands.

    ``context_today`` falls back to UTC in scheduled actions, this does not.

    :param env: unused, accepted so that callers may pass their environment
    :rtype: date
    """
    return association_now().date()


def to_association_tz(moment):
    """Convert a naive UTC datetime, as Odoo stores it, to the association's time zone.

    :param datetime moment: naive UTC
    :rtype: datetime
    """
    return moment.replace(tzinfo=_UTC).astimezone(ASSOCIATION_TZ)


def period_end(date_from, **length):
    """Return the last day of a period of whole months or years.

    A month without the day on which the period began ends it with its own last day: a month from 31 January
    and a year from 29 February end on the last of February.

    :param date date_from: its first day
    :param length: ``months`` or ``years``
    :rtype: date
    """
    date_to = date_from + relativedelta(**length)
    return date_to if date_to.day < date_from.day else date_to - timedelta(days=1)
