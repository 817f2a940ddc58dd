"""A part of what a role sees is pressed in the client, another one each day; `./cfia check --full` presses everything."""
from datetime import UTC, datetime

from launcher import pressing, workplace

#: Nothing is pressed after this; beginning costs half a minute besides.
SECONDS = 50
#: In so many parts is what a role sees pressed.
PARTS = 6


def test_what_a_role_sees_can_be_pressed():
    """No click breaks, speaks English, contradicts its heading or does nothing."""
    day = datetime.now(UTC).date().toordinal()
    part, role = divmod(day, len(pressing.LOGINS))
    pressed, findings, failures = pressing.press(
        workplace.ensure('test'), [pressing.LOGINS[role]], part % PARTS, PARTS, SECONDS)
    assert not failures, '\n'.join(failures)
    assert pressed
    assert not findings, '\n'.join(pressing.describe(findings))
