import csv
from datetime import date, datetime

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import file_open

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.test_cfia_suite.fuzz.plant import plant

FORGED = {
    'char': "forged", 'text': "forged", 'html': "<p>forged</p>", 'integer': 987654, 'float': 987654.0,
    'monetary': 987654.0, 'date': date(2001, 1, 1), 'datetime': datetime(2001, 1, 1), 'json': {'forged': 1},
    'many2one_reference': 987654, 'many2one': 987654,
}


@tagged('post_install', '-at_install')
class TestGuardMatrix(DuesCommon):
    """Every readonly column of the suite's records is closed to hands, whichever way they write.

    What is open stands in ``guard_exceptions.csv`` with its reason: models without guard with ``*``, else the column.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plant(cls.env, cls.make_member)
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

    def _each_state(self):
        """Yield each guarded model with a record as it would stand in each of its states."""
        for model in self.guarded:
            name = model._frozen_with[0] if model._frozen_with else None
            owner = self.env[model._fields[name].comodel_name] if name else model
            state = owner._fields.get('state')
            if not state or state.type != 'selection' or not state.store:
                yield model, '', model.new({})
                continue
            for value in state.get_values(self.env):
                values = {'state': value}
                yield model, value, model.new({name: owner.new(values)} if name else values)

    def test_what_is_open_in_each_state(self):
        """What people may still write is listed in ``closed_matrix.csv``, state by state: everything else is refused.

        Nobody's role opens more: the guard refuses superuser mode as well.
        """
        present = [
            {'model': model._name, 'state': state, 'open': ' '.join(sorted(model._get_own_names() - record._get_closed_names()))}
            for model, state, record in self._each_state()]
        with file_open('test_cfia_suite/tests/closed_matrix.csv') as matrix_file:
            known = list(csv.DictReader(matrix_file))
        self.assertEqual(present, known, "add what people may write in a state to the list, or close it")

    def test_record_refuses_what_is_closed_in_its_state(self):
        """What the list says is what ``write`` does, tried on a record of every model in every state there is."""
        tried = 0
        for model in self.guarded:
            found = {record.state if 'state' in record else '': record for record in model.search([], limit=200)}
            for state, record in found.items():
                for name in sorted(record._get_frozen_names() - model._get_guarded_names()):
                    value = self._forge(model._fields[name])
                    if value is None or not record._is_value_changed(name, value):
                        continue
                    tried += 1
                    with self.subTest(model=model._name, state=state, column=name), self.assertRaises(UserError), \
                            self.env.cr.savepoint():
                        record.write({name: value})
        self.assertGreater(tried, 20, "records are there to be tried")

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
