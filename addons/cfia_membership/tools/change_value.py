"""Values of partners as plain JSON: what change requests keep and compare."""
from odoo import fields


def read_value(record, name, *new):
    """Return the value of ``name``, or ``new`` brought into the same form.

    :param record: one record
    :param new: optionally a value as for ``write``
    :return: string, number, boolean, id, sorted list of ids or ``False``
    """
    field = record._fields[name]
    value = field.convert_to_cache(new[0] if new else record[name], record)
    if field.type in ('many2many', 'one2many'):
        return sorted(value or ())
    if field.type in ('date', 'datetime'):
        return fields.Date.to_string(value) if value else False
    if isinstance(value, str):
        value = value.strip()
    return value or False


def describe_value(model, name, value):
    """Return ``value`` of :func:`read_value` as people read it.

    :param model: recordset of the model, in the reader's language
    :rtype: str
    """
    field = model._fields.get(name)
    if field is None or value in (False, None, []):
        return ''
    if field.relational:
        ids = value if isinstance(value, list) else [value]
        # sudo: names of classifications and provinces
        records = model.env[field.comodel_name].sudo().browse(ids).exists()
        return "、".join(records.mapped('name' if 'name' in records._fields else 'display_name'))
    if field.type == 'selection':
        return dict(field._description_selection(model.env)).get(value, str(value))
    if field.type == 'boolean':
        return model.env._("Yes")
    return str(value)
