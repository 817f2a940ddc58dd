from collections import defaultdict
from collections.abc import Iterable

from odoo import api, models, tools
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Command
from odoo.models import BaseModel

from odoo.addons.cfia_membership.tools.guard import is_unlocked


def _get_linked_ids(value):
    """Return the ids of stored records that a relational value links.

    :param value: id, recordset, ids or commands, as for ``write``
    :rtype: set[int]
    """
    if isinstance(value, BaseModel):
        return set(value.ids)
    if isinstance(value, int):
        return {value} if value else set()
    linked = set()
    for command in value if isinstance(value, Iterable) and not isinstance(value, str | bytes | dict) else ():
        if isinstance(command, int):
            linked.add(command)
        elif isinstance(command, list | tuple) and command:
            if command[0] in (Command.LINK, Command.UPDATE):
                linked.add(command[1])
            elif command[0] == Command.SET:
                linked.update(command[2])
    return {link for link in linked if isinstance(link, int) and not isinstance(link, bool)}


class Base(models.AbstractModel):
    """Nobody gets at a record through a link to it that he makes himself.

    What a record shows of a linked one is often computed in superuser mode: the content of a file, the texts of a
    request. So the link itself asks for the right to read what it leads to.
    """

    _inherit = 'base'

    @api.model
    @tools.ormcache()
    def _get_watched_links(self):
        """Return the relational fields whose links are checked: to files, and in dialogs to the suite's records and mails.

        :return: names of fields leading to files, names of fields leading to the others
        """
        files, records = [], []
        for name, field in self._fields.items():
            if field.relational and field.comodel_name == 'ir.attachment':
                files.append(name)
            elif field.relational and (
                field.comodel_name == 'mail.message'
                # the suite's own dialogs look at what they are about themselves, see base_wizard.py
                or field.comodel_name.startswith('cfia.') and not self._name.startswith('cfia.')
            ):
                records.append(name)
        return tuple(files), tuple(records)

    def _check_links(self, vals_list, names):
        """Refuse links to what the user may not read.

        What the records link already is no news to whoever may read them.

        :param list vals_list: values as for ``create`` or ``write``
        :param names: relational fields to look at
        :raise AccessError: naming the field
        """
        links = defaultdict(set)
        for vals in vals_list:
            for name in names:
                if vals.get(name):
                    links[name] |= _get_linked_ids(vals[name])
        for name, ids in links.items():
            if not ids:
                continue
            linked = self.env[self._fields[name].comodel_name].browse(sorted(ids))
            try:
                strange = linked - linked._filtered_linkable(self)
            except MissingError:
                linked = linked.exists()
                strange = linked - linked._filtered_linkable(self)
            # sudo: what stands there already is left out
            if strange and (strange := strange - self.sudo()[name].with_env(self.env)):
                raise AccessError(self.env._(
                    "%(field)s: you may link only files that you uploaded yourself and records that you may read.",
                    field=self._fields[name]._description_string(self.env)))

    def _filtered_linkable(self, records):
        """Return those of ``self`` that the user may link to ``records``."""
        return self._filtered_access('read')

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            files, records = self._get_watched_links()
            names = files + records if self._transient else files
            if names:
                self._check_links(vals_list, names)
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            files, records = self._get_watched_links()
            names = files + records if self._transient else files
            if names and not vals.keys().isdisjoint(names):
                self._check_links([vals], names)
        return super().write(vals)

    @api.model
    def default_get(self, fields):
        """Leave out what the context or the user's own defaults link and the user may not read."""
        values = super().default_get(fields)
        names = () if self.env.su or is_unlocked(self) else [
            name for name in sum(self._get_watched_links(), ()) if values.get(name)]
        if names:
            own_defaults = self.env['ir.default']._get_model_defaults(self._name)
            for name in names:
                if f'default_{name}' in self.env.context or name in own_defaults:
                    try:
                        self._check_links([values], [name])
                    except AccessError:
                        del values[name]
        return values

    def onchange(self, values, field_names, fields_spec):
        """Refuse to work out what follows from a link that the user may not make."""
        if not self.env.su:
            self._check_onchange_links(values)
        return super().onchange(values, field_names, fields_spec)

    def _check_onchange_links(self, values):
        names = sum(self._get_watched_links(), ())
        if names:
            self._check_links([values], names)
        for name, value in values.items():
            field = self._fields.get(name)
            if field and field.type in ('one2many', 'many2many') and isinstance(value, list | tuple):
                lines = self.env[field.comodel_name]
                for command in value:
                    if isinstance(command, list | tuple) and len(command) == 3 and isinstance(command[2], dict):
                        line = lines.browse(command[1]) if command[0] == Command.UPDATE else lines
                        line._check_onchange_links(command[2])
