from odoo.tests import tagged

from odoo.addons.test_cfia_suite.tests.common import JourneyCommon

SIZES = {'desk': '1400x900', 'telephone': '390x844'}
FIRST_TIMEOUT = 180  # the first tour waits for the assets


@tagged('post_install', '-at_install')
class TestWorkplaceTour(JourneyCommon):
    """What people do from their start screen, on the desk and on the telephone."""

    def _start(self, size, *args, **kwargs):
        self.browser_size = SIZES[size]
        self.touch_enabled = size == 'telephone'
        self.start_tour(*args, timeout=FIRST_TIMEOUT, **kwargs)

    def _sign(self, size):
        application = self.make_application("演示工作台申请有限公司", state='verified')
        self._start(size, '/odoo/member-work', 'cfia_workplace_sign', login=self.user_secretary.login)
        self.assertRecordValues(application, [{'state': 'approved', 'approved_by_id': self.user_secretary.id}])

    def test_secretary_general_signs_with_two_clicks(self):
        self._sign('desk')

    def test_secretary_general_signs_on_the_telephone(self):
        self._sign('telephone')
