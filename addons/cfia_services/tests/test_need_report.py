from datetime import timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .test_need import NeedCommon
from odoo.addons.cfia_membership.tools.dates import association_today


@tagged('post_install', '-at_install')
class TestNeedReport(NeedCommon):

    def test_figures(self):
        day = association_today()
        first, second = self.ask("演示甲"), self.ask("演示乙")
        self.ask("演示丙", kind_id=self.kind_policy.id)
        aside = self.env['cfia.need'].create({'name': "广告", 'description': "广告", 'kind_id': self.kind_policy.id})
        aside._set_aside("广告")
        for need, days, satisfaction in ((first, 3, '5'), (second, 20, '2')):
            with freeze_time(f'{day + timedelta(days=days)} 02:00:00'):
                self.reply(need)
                need.sudo()._rate(satisfaction)
        self.env.flush_all()
        rows = self.env['cfia.need.report'].with_user(self.user_organisation)._read_group(
            [], ['kind_id'],
            ['__count', 'replied_count:sum', 'days_to_reply:avg', 'satisfaction_score:avg', 'late_count:sum'])
        figures = {kind.id: tuple(values) for kind, *values in rows}
        # averages are those of the replied and the rated: what is open does not make them better
        self.assertEqual(figures[self.kind_training.id], (2, 2, 11.5, 3.5, 1))
        self.assertEqual(figures[self.kind_policy.id][:2], (1, 0))
        self.assertFalse(figures[self.kind_policy.id][2])
        times = dict(self.env['cfia.need.report']._read_group([], ['time_to_reply'], ['__count']))
        self.assertEqual(times, {'1_week': 1, '3_month': 1, '5_open': 1})
        for group in ('department_id', 'region_id', 'date:quarter', 'satisfaction', 'source', 'round_id'):
            self.assertTrue(self.env['cfia.need.report']._read_group([], [group], ['__count']), group)

    def test_views_ask_for_the_measures(self):
        views = self.env['cfia.need.report'].get_views([(False, 'pivot'), (False, 'graph'), (False, 'list')])['views']
        for name in ('days_to_reply', 'satisfaction_score', 'replied_count', 'kind_id'):
            self.assertIn(name, views['pivot']['arch'])
