from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.models import MAGIC_COLUMNS
from odoo.tools import ormcache

from odoo.addons.cfia_membership.tools.guard import is_unlocked

# Columns of the chatter are core's: they say nothing of the record itself.
CHATTER_PREFIXES = ('message_', 'activity_', 'my_activity_', 'website_message_', 'rating_')


class CfiaGuardMixin(models.AbstractModel):
    """Columns, records and states that the suite's own steps write, whoever else may try.

    A model says what it guards, the mixin judges every create, write and unlink by it: in superuser
    mode as well, through defaults of a context or of a user, by import and by commands of a parent.
    Only :func:`odoo.addons.cfia_membership.tools.guard.unlocked` opens it.

    Values that change nothing pass, so that a form may send back what it shows.
    """

    _name = 'cfia.guard.mixin'
    _description = "Guarded Columns"

    # whether the columns declared readonly are guarded: a form does not write them, nor does anybody else
    _guard_readonly = True
    # columns guarded beside them; those of all classes of a model are taken together
    _guarded_fields = ()
    # readonly columns that are not guarded
    _unguarded_fields = ()
    # by state, the columns that stay from then on; '*' for all that the model has, save the last
    _frozen_when = {}
    _never_frozen = ()
    # of a line: the many2one of its parent and the parent's one2many; with that the line is frozen, too
    _frozen_with = ()
    # written once, never changed
    _append_only = False
    # created by the suite's own steps alone
    _made_by_steps = False
    # never deleted, or not in these states; what is frozen or only appended to is never deleted
    _kept_when = ()
    # the column that holds the number of a record, and the sequence that gives it
    _numbered_by = ()
    # methods behind buttons that look for themselves who may press them, and are not for those alone who may write
    _acts_of_readers = ()
    # the way out, by what is refused: 'create', 'write', 'frozen' or 'unlink'
    _guard_texts = {}

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        """Take no default of a guarded column from a context or from a user's own defaults."""
        defaults = super().default_get(fields)
        foreign = self._get_guarded_names() & defaults.keys()
        if foreign:
            own = self.env['ir.default']._get_model_defaults(self._name)
            for name in foreign:
                if f'default_{name}' not in self.env.context and name not in own:
                    continue
                del defaults[name]
                if self._fields[name].default:
                    defaults[name] = self._get_fresh_value(name)
        return defaults

    @api.model_create_multi
    def create(self, vals_list):
        """Create records as they begin.

        :raise UserError: for values that the suite's own steps write
        """
        is_open = self._is_guard_open()
        if not is_open:
            self._judge_create(vals_list)
        if self._numbered_by:
            name, code = self._numbered_by
            # sudo: the number is given whoever creates
            sequence = self.env['ir.sequence'].sudo()
            vals_list = [{**vals, name: sequence.next_by_code(code)} for vals in vals_list]
        records = super().create(vals_list)
        if self._frozen_with and not is_open:
            records._judge_parents()
        return records

    def write(self, vals):
        """Write what is neither guarded nor frozen.

        :raise UserError: naming the record, the columns and the way out
        """
        if not self._is_guard_open():
            self._judge_write(vals)
        return super().write(vals)

    def copy_data(self, default=None):
        """Copy nothing that the suite's own steps wrote."""
        data_list = super().copy_data(default)
        own = self._get_guarded_names() - (default or {}).keys()
        return [{name: value for name, value in vals.items() if name not in own} for vals in data_list]

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=''):
        """Keep the translations of what is guarded and frozen as well."""
        if not self._is_guard_open():
            # sudo: what is guarded does not depend on who may read it
            for record in self.sudo():
                if field_name in record._get_closed_names():
                    record.sudo(self.env.su)._refuse_guarded('frozen', [field_name])
        return super()._update_field_translations(field_name, translations, digest=digest, source_lang=source_lang)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_guarded(self):
        """Refuse to delete what is part of the records.

        :raise UserError: naming the record and the way out
        """
        if self._is_guard_open():
            return
        # sudo: what is kept does not depend on who may read it
        for record in self.sudo():
            if record._is_kept():
                record.sudo(self.env.su)._refuse_guarded('unlink')

    # === BUSINESS METHODS === #

    def _is_guard_open(self):
        """Tell whether the suite's own code writes, or modules are loaded into the database."""
        return is_unlocked(self) or not self.pool.ready

    @api.model
    @ormcache()
    def _get_guarded_names(self):
        """Return the names of the columns that the suite's own steps write."""
        declared = {name for cls in type(self).mro() for name in vars(cls).get('_guarded_fields', ())}
        if self._guard_readonly:
            declared.update(
                name for name, field in self._fields.items()
                if field.store and field.readonly and not self._is_foreign_name(name))
        return frozenset(declared - set(self._unguarded_fields))

    @api.model
    def _is_foreign_name(self, name):
        return name in MAGIC_COLUMNS or name.startswith(CHATTER_PREFIXES)

    @api.model
    @ormcache()
    def _get_own_names(self):
        """Return the names of all columns that say something of the record itself."""
        return frozenset(
            name for name, field in self._fields.items() if field.store and not self._is_foreign_name(name))

    def _get_frozen_names(self):
        """Return the names of the columns that stay as they are, of one record as it stands now.

        To be extended with ``super()`` where it does not hang on the state.
        """
        self.ensure_one()
        if self._append_only or self._frozen_with and self._is_parent_frozen():
            return self._get_own_names() - set(self._never_frozen)
        names = self._frozen_when.get(self.state, ()) if self._frozen_when else ()
        return self._get_own_names() - set(self._never_frozen) if names == '*' else frozenset(names)

    def _get_closed_names(self):
        """Return the names of the columns of one record that nobody writes by hand now."""
        return self._get_guarded_names() | self._get_frozen_names()

    def _is_parent_frozen(self, parent=None):
        """Tell whether the parent of this line, or ``parent``, keeps its lines as they are."""
        parent_name, lines_name = self._frozen_with
        parent = self[parent_name] if parent is None else parent
        return any(lines_name in record._get_frozen_names() for record in parent)

    def _is_kept(self):
        """Tell whether one record is part of the records and cannot be deleted."""
        self.ensure_one()
        return (
            self._append_only
            or self._kept_when is True
            or bool(self._kept_when or self._frozen_when) and (
                self.state in self._kept_when or self.state in self._frozen_when)
            or bool(self._frozen_with) and self._is_parent_frozen()
        )

    @api.model
    def _get_fresh_value(self, name):
        """Return the value with which a guarded column begins, whatever a client sends."""
        field = self._fields[name]
        return field.convert_to_write(
            field.convert_to_cache(field.default(self), self, validate=False), self) if field.default else False

    def _is_value_changed(self, name, value):
        """Tell whether ``value``, as for ``write``, is another than the one record has.

        An empty recordset stands for a record about to be created.
        """
        field = self._fields[name]
        if field.type in ('one2many', 'many2many'):
            ids = set(self[name]._ids) if self else set()
            after = set() if value is False or value is None else set(ids)
            for command in value or ():
                if not isinstance(command, (list, tuple)):
                    after.add(command)
                elif command[0] in (Command.CREATE, Command.UPDATE, Command.DELETE):
                    return True
                elif command[0] == Command.UNLINK:
                    after.discard(command[1])
                elif command[0] == Command.LINK:
                    after.add(command[1])
                else:
                    after = set(command[2] or ()) if command[0] == Command.SET else set()
            return ids != after
        before = self[name] if self else self._get_fresh_value(name)
        old, new = (field.convert_to_cache(given, self, validate=False) for given in (before, value))
        return (old or False) != (new or False)

    def _judge_create(self, vals_list):
        if self._made_by_steps:
            self._refuse_guarded('create')
        guarded = self._get_guarded_names()
        for vals in vals_list:
            changed = [
                name for name in vals.keys() & guarded
                if not (self._fields[name].precompute and self._fields[name].readonly)
                and self.browse()._is_value_changed(name, vals[name])
            ]
            if changed:
                self.browse()._refuse_guarded('write', changed)

    def _judge_parents(self):
        # sudo: what is frozen does not depend on who may read it
        for record in self.sudo():
            if record._is_parent_frozen():
                record.sudo(self.env.su)._refuse_guarded('frozen')

    def _judge_write(self, vals):
        own = vals.keys() & self._get_own_names()
        if not own:
            return
        guarded = own & self._get_guarded_names()
        may_freeze = self._append_only or self._frozen_with or self._may_freeze(own)
        if not guarded and not may_freeze:
            return
        parent_name = self._frozen_with and self._frozen_with[0]
        # sudo: what is guarded does not depend on who may read it
        for record in self.sudo():
            changed = [name for name in guarded if record._is_value_changed(name, vals[name])]
            if changed:
                record.sudo(self.env.su)._refuse_guarded('write', changed)
            if not may_freeze:
                continue
            frozen = record._get_frozen_names()
            # sudo: what is refused is told with the rights of who asks
            changed = [name for name in own & frozen if record._is_value_changed(name, vals[name])]
            if changed:
                record.sudo(self.env.su)._refuse_guarded('frozen', changed)
            if parent_name in own and record._is_parent_frozen(record[parent_name].browse(vals[parent_name] or ())):
                record.sudo(self.env.su)._refuse_guarded('frozen', [parent_name])

    @api.model
    def _may_freeze(self, names):
        """Tell whether any of the columns stays as it is in some state."""
        return any(
            frozen == '*' or not names.isdisjoint(frozen) for frozen in self._frozen_when.values())

    def _refuse_guarded(self, kind, names=()):
        """Refuse with the way out.

        :param str kind: ``create``, ``write``, ``frozen`` or ``unlink``
        :param names: of the columns
        :raise UserError: naming the record and the columns
        :raise AccessError: before, for who may not do it to this record at all
        """
        # nobody learns here of a record that he cannot write
        self.check_access('create' if not self else 'unlink' if kind == 'unlink' else 'write')
        # sudo: who may write it may be told its name
        what = self.sudo().display_name if self else self.env['ir.model']._get(self._name).sudo().name
        fields = ", ".join(sorted(self._fields[name]._description_string(self.env) for name in names))
        text = self._guard_texts.get(kind)
        if kind == 'create':
            message = self.env._("%(record)s: made by its own steps, not by hand.", record=what)
        elif kind == 'unlink':
            message = self.env._("%(record)s is part of the records and cannot be deleted.", record=what)
        elif kind == 'write':
            message = self.env._("%(record)s: %(fields)s cannot be written by hand.", record=what, fields=fields)
        elif fields:
            message = self.env._("%(record)s: %(fields)s stay as they are.", record=what, fields=fields)
        else:
            message = self.env._("%(record)s stays as it is.", record=what)
        way_out = [text._translate(self.env.lang or 'en_US')] if text else []
        raise UserError("\n".join([message, *way_out]))
