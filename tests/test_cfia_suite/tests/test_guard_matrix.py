import csv
from datetime import date, datetime

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import file_open

FORGED = {
    'char': "forged", 'text': "forged", 'html': "<p>forged</p>", 'integer': 987654, 'float': 987654.0,
    'monetary': 987654.0, 'date': date(2001, 1, 1), 'datetime': datetime(2001, 1, 1), 'json': {'forged': 1},
    'many2one_reference': 987654, 'many2one': 987654,
}


@tagged('post_install', '-at_install')
class TestGuardMatrix(TransactionCase):
    """Every readonly column of the suite's records is closed to hands, whichever way they write.

    What is open stands in ``guard_exceptions.csv`` with its reason: models without guard with ``*``, else the column.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with file_open('test_cfia_suite/tests/guard_exceptions.csv') as exceptions_file:
            cls.exceptions = {(row['model'], row['column']) for row in csv.DictReader(exceptions_file)}
        cls.models = [
            cls.env[name] for name, model in sorted(cls.env.registry.items())
            if name.startswith('cfia.') and model._auto and not model._abstract and not model._transient
        ]
        cls.guarded = [model for model in cls.models if (model._name, '*') not in cls.exceptions]

    def _forge(self, field):
        if field.type == 'selection':
            values = field.get_values(self.env)
            fresh = field.default(self.env[field.model_name]) if field.default else False
            return next((value for value in values if value != fresh), None)
        if field.type == 'boolean':
            return not (field.default and field.default(self.env[field.model_name]))
        return FORGED.get(field.type)

    def _get_closed_columns(self, model):
        for name in sorted(model._get_guarded_names()):
            field = model._fields[name]
            value = self._forge(field)
            if value is not None and not (field.precompute and field.readonly):
                yield name, value

    def test_every_model_and_readonly_column_is_guarded(self):
        mixin = self.env.registry['cfia.guard.mixin']
        opened = set()
        for model in self.models:
            if not issubclass(type(model), mixin):
                opened.add((model._name, '*'))
            elif not model._append_only:
                opened.update(
                    (model._name, name) for name, field in model._fields.items()
                    if field.store and field.readonly and not model._is_foreign_name(name)
                    and name not in model._get_guarded_names())
        self.assertEqual(opened, self.exceptions)

    def test_create_takes_no_guarded_column(self):
        for model in self.guarded:
            for name, value in self._get_closed_columns(model):
                with self.subTest(model=model._name, column=name), self.assertRaises(UserError), \
                        self.env.cr.savepoint():
                    model.create({name: value})

    def test_no_default_fills_a_guarded_column(self):
        for model in self.guarded:
            columns = dict(self._get_closed_columns(model))
            forged = model.with_context({f'default_{name}': value for name, value in columns.items()})
            with self.subTest(model=model._name):
                self.assertEqual(forged.default_get(sorted(columns)).keys(), model.default_get(sorted(columns)).keys())
                self.assertFalse([
                    name for name, value in forged.default_get(sorted(columns)).items() if value == columns[name]])

    def test_no_record_takes_a_guarded_column(self):
        """In superuser mode, too: whoever may write less is refused all the more."""
        for model in self.guarded:
            record = model.search([], limit=1)
            for name, value in self._get_closed_columns(model) if record else ():
                if record._is_value_changed(name, value):
                    with self.subTest(model=model._name, column=name), self.assertRaises(UserError), \
                            self.env.cr.savepoint():
                        record.write({name: value})
