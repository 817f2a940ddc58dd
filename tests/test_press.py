"""What members and dues runs offer is pressed in the client; `./cfia check --full` presses everything as each role."""
from launcher import pressing, workplace

#: Role and screens whose dialogs everybody's work hangs on.
SCREENS = {'org': '› 会员 › 会员$', 'accountant': '会费批次'}
SECONDS = 150


def test_what_a_role_sees_can_be_pressed():
    """No click breaks, speaks English, contradicts its heading or does nothing."""
    place = workplace.ensure('test')
    for login, only in SCREENS.items():
        pressed, findings, failures = pressing.press(place, [login], seconds=SECONDS, only=only)
        assert not failures, '\n'.join(failures)
        assert pressed > 5, login
        assert not findings, '\n'.join(pressing.describe(findings))
