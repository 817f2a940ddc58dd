import csv

from odoo.modules import get_module_path
from odoo.tools import file_open

OPERATIONS = {'c': 'create', 'r': 'read', 'w': 'write', 'd': 'unlink'}


class AccessMatrixMixin:
    """Compare the access lines of a module with its ``tests/access_matrix.csv``, both ways.

    To be mixed into a case of ``MembershipCommon``; ``module`` names the module.
    """

    module = None

    def _read_matrix(self):
        with file_open(f'{self.module}/tests/access_matrix.csv') as matrix_file:
            return {row.pop('model'): row for row in csv.DictReader(matrix_file)}

    def _get_models(self):
        """Return the names of the models that the module defines and that hold records."""
        assert get_module_path(self.module)
        return {
            name for name, model in self.env.registry.items()
            if model._original_module == self.module and not model._abstract
        }

    def test_every_model_has_its_line(self):
        self.assertEqual(self._get_models(), set(self._read_matrix()))

    def test_every_role_has_what_the_matrix_says(self):
        for model, cells in self._read_matrix().items():
            for role, letters in cells.items():
                records = self.env[model].with_user(getattr(self, f'user_{role}'))
                granted = ''.join(
                    letter for letter, operation in OPERATIONS.items() if records.has_access(operation))
                expected = ''.join(letter for letter in OPERATIONS if letter in letters)
                with self.subTest(model=model, role=role):
                    self.assertEqual(granted, expected)
