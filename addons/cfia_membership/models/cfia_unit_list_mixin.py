from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.cfia_membership.tools.guard import unlocked


class CfiaUnitListMixin(models.AbstractModel):
    """A list that brought units: it is taken back as long as nothing was built on any of them."""

    _name = 'cfia.unit.list.mixin'
    _description = "List That Brought Units"

    # === TO BE IMPLEMENTED === #

    def _get_brought_units(self):
        """Return the units that this list brought, empty for none."""
        raise NotImplementedError

    def _get_changed_units(self):
        """Return the units known before that this list changed, empty for none."""
        raise NotImplementedError

    @api.model
    def _get_brought_parts(self):
        """Return what such a list brings with its units and goes with them.

        To be extended with ``super()``.

        :return: model → domain of the records on which nothing was built; each model has ``partner_id``
        :rtype: dict[str, list]
        """
        return {}

    # === ACTION METHODS === #

    def action_take_back(self):
        """Delete what this list brought, all of it or nothing. The list and its rows stay as evidence.

        :raise AccessError: for others than the manager
        :raise UserError: naming a unit that the list changed or on which something was built since
        """
        self.ensure_one()
        if not self.env.user.has_group('cfia_membership.group_cfia_manager'):
            raise AccessError(self.env._("Lists are taken back by the manager of the membership register."))
        if self.state != 'imported':
            raise UserError(self.env._("“%(file)s” brought nothing that can be taken back.", file=self.display_name))
        # sudo: the register, the ledger and the files are written by acts alone
        self = self.sudo()
        if changed := self._get_changed_units()[:1]:
            raise UserError(self.env._(
                "“%(unit)s” was known before “%(file)s”, which filled it in. The list cannot be taken back; correct its units by "
                "hand.", unit=changed.display_name, file=self.display_name))
        units = self._get_brought_units()
        self._check_nothing_built(units)
        self._delete_brought(units)
        unlocked(self).state = 'undone'
        return True

    # === BUSINESS METHODS === #

    def _check_nothing_built(self, units):
        """Refuse when anything leads to these units that did not come with them.

        :raise UserError: naming the unit and what leads to it
        """
        self.env.flush_all()
        family = self.env['res.partner'].with_context(active_test=False).search([('id', 'child_of', units.ids)])
        parts = self._get_brought_parts()
        for name, domain in parts.items():
            model = self.env[name].with_context(active_test=False)
            built = model.search([('partner_id', 'in', family.ids)]) - model.search([('partner_id', 'in', family.ids), *domain])
            if built:
                self._refuse_built(built[0].partner_id, name)
        for contact in family - units:
            if contact.create_date != contact.commercial_partner_id.create_date:
                self._refuse_built(contact.commercial_partner_id, 'res.partner')
        kept_tables = {self.env[name]._table for name in (*parts, *self._get_row_models())}
        for table, column in self._get_links():
            if table in kept_tables:
                continue
            own = SQL("AND NOT id = ANY(%s)", family.ids) if table == 'res_partner' else SQL()
            found = self.env.execute_query(SQL(
                "SELECT %(column)s FROM %(table)s WHERE %(column)s = ANY(%(ids)s) %(own)s LIMIT 1",
                column=SQL.identifier(column), table=SQL.identifier(table), ids=family.ids, own=own))
            if found:
                self._refuse_built(family.browse(found[0][0]), self._find_model(table))

    @api.model
    def _get_row_models(self):
        """Return the models of rows of such lists: they stay, without their unit."""
        return ('cfia.roster.import.row', 'cfia.prospect.import.row')

    @api.model
    def _get_links(self):
        """Return (table, column) of every foreign key to contacts but those of the contacts' own many2many fields."""
        own = {
            field.relation for field in self.env['res.partner']._fields.values() if field.type == 'many2many' and field.store}
        links = self.env['base.partner.merge.automatic.wizard']._get_fk_on('res_partner')
        return [(table, column) for table, column in links if table not in own]

    @api.model
    def _find_model(self, table):
        return next((name for name, model in self.env.registry.items() if model._table == table and not model._abstract), table)

    def _refuse_built(self, partner, model_name):
        known = self.env['ir.model']._get(model_name)
        raise UserError(self.env._(
            "“%(unit)s”: %(what)s came since. “%(file)s” cannot be taken back any more; correct its units by hand.",
            unit=partner.display_name, what=known.name or model_name, file=self.display_name))

    def _delete_brought(self, units):
        """Delete the units with all that came with them."""
        family = self.env['res.partner'].with_context(active_test=False).search([('id', 'child_of', units.ids)])
        for name in self._get_brought_parts():
            unlocked(self.env[name].with_context(active_test=False)).search([('partner_id', 'in', family.ids)]).unlink()
        # no number leads to a unit any more, so that units may go
        unlocked(units).member_number = False
        unlocked(family - units).unlink()
        unlocked(units).unlink()
