from odoo import api, models
from odoo.fields import Command, Domain


class Base(models.AbstractModel):
    """A dialog tells only what its user may read of what it is about.

    Its related fields are read in superuser mode, as all of Odoo's: the record that they start from is looked at
    here, whether a client names it in values, in the context or in a line.
    """

    _inherit = 'base'

    def _prepare_create_values(self, vals_list):
        vals_list = super()._prepare_create_values(vals_list)
        if self._is_own_dialog():
            for vals in vals_list:
                self._check_subjects(vals)
        return vals_list

    def write(self, vals):
        """Refuse to turn a dialog to what its user may not read."""
        if self._is_own_dialog():
            self._check_subjects(vals)
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        """Refuse to tell by related fields of what the user may not read.

        :raise AccessError: naming the model
        """
        if self._name.startswith('cfia.') and not self.env.su:
            self._check_subjects(values)
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def default_get(self, fields):
        """Refuse defaults of context or user that lead to what the user may not read."""
        defaults = super().default_get(fields)
        if self._name.startswith('cfia.') and not self.env.su:
            self._check_subjects(defaults)
        return defaults

    @api.model
    def _is_own_dialog(self):
        return self._transient and self._name.startswith('cfia.') and not self.env.su

    def _check_subjects(self, vals):
        """Check that the user may read the records that values name.

        Of lasting records those that their related fields start from, where they change.

        :raise AccessError: naming the model
        """
        told = {field.related.split('.')[0] for field in self._fields.values() if field.related and field.compute_sudo}
        for name, value in vals.items():
            field = self._fields.get(name)
            if not field or not field.relational or field.related:
                continue
            if field.comodel_name.startswith('cfia.'):
                for line in _get_lines(value):
                    self.env[field.comodel_name]._check_subjects(line)
            if not self._transient and name not in told:
                continue
            ids = _get_ids(value)
            if not self._transient:
                # sudo: what stands there already is compared, not shown
                ids -= set(self.sudo()[name].ids)
            if ids:
                self.env[field.comodel_name].browse(ids).exists().check_access('read')


class IrRule(models.Model):
    _inherit = 'ir.rule'

    @api.model
    def _compute_domain(self, model_name, mode='read'):
        """Keep each user's dialogs of the suite to that user."""
        domain = super()._compute_domain(model_name, mode)
        if model_name.startswith('cfia.') and self.env[model_name]._transient:
            domain = Domain(domain) & Domain('create_uid', '=', self.env.uid)
        return domain


def _get_ids(value):
    """Return the ids that a value for a relational field names, be it an id, a list of them or commands.

    :rtype: set
    """
    if isinstance(value, models.BaseModel):
        return set(value.ids)
    if isinstance(value, int) and not isinstance(value, bool):
        return {value} if value > 0 else set()
    if isinstance(value, dict):
        return _get_ids(value.get('id'))
    found = set()
    for item in value if isinstance(value, (list, tuple)) else ():
        if isinstance(item, (list, tuple)) and item:
            if item[0] == Command.SET:
                found |= _get_ids(item[2])
            elif item[0] in (Command.LINK, Command.UPDATE):
                found |= _get_ids(item[1])
        else:
            found |= _get_ids(item)
    return found


def _get_lines(value):
    """Return the values of lines that commands make or change."""
    return [
        item[2] for item in (value if isinstance(value, (list, tuple)) else ())
        if isinstance(item, (list, tuple)) and len(item) > 2 and item[0] in (Command.CREATE, Command.UPDATE)
        and isinstance(item[2], dict)]
