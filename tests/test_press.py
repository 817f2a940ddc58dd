"""A share of all that can be pressed, another one each day; `./cfia check --full` presses everything."""
from datetime import UTC, datetime

from launcher import pressing, workplace

#: A day's share begins no screen after this; the whole takes about SHARES times as long.
SECONDS = 240
SHARES = 60


def test_what_a_role_sees_can_be_pressed():
    """No click breaks, speaks English, contradicts its heading or does nothing."""
    place = workplace.ensure('test')
    number = datetime.now(UTC).date().toordinal() % SHARES
    pressed, findings, failures = pressing.press(place, pressing.LOGINS, number, SHARES, SECONDS)
    assert not failures, '\n'.join(failures)
    assert pressed > 50
    assert not findings, '\n'.join(pressing.describe(findings))
