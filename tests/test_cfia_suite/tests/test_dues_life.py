from odoo.tests import TransactionCase, tagged

from ..life.machine import live


@tagged('post_install', '-at_install')
class TestDuesLife(TransactionCase):
    """A short random life; `./cfia life` lives long ones."""

    def test_figures_are_those_of_the_rules(self):
        report = live(self.env, seed=2, steps=15)
        self.assertEqual(report['complaints'], [])
        self.assertGreater(report['steps'], 5)
