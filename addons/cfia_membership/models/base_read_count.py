from odoo import api, models
from odoo.tools import ormcache

# words by which columns say how somebody is reached
CONTACT_WORDS = ('email', 'phone', 'mobile', 'street', 'address')
# context in which the names of contacts show how they are reached
NAME_KEYS = ('show_address', 'show_email', 'address_inline')


class Base(models.AbstractModel):
    """Whatever is read of how members are reached is counted, by whichever method (article 1)."""

    _inherit = 'base'

    def _read_format(self, fnames, load='_classic_read'):
        """Count contacts whose data are about to be shown."""
        if not self.env.su and not self._get_contact_columns().isdisjoint(fnames):
            self._count_read()
        return super()._read_format(fnames, load=load)

    @api.model
    def _read_group(self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None):
        """Count contacts whose data are about to be shown as groups or in lists of groups."""
        self._count_read_of_groups(domain, [*groupby, *aggregates])
        return super()._read_group(domain, groupby, aggregates, having, offset, limit, order)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        """Count as for :meth:`_read_group`."""
        self._count_read_of_groups(domain, [*aggregates, *(spec for groupby in grouping_sets for spec in groupby)])
        return super()._read_grouping_sets(domain, grouping_sets, aggregates, order)

    def copy_data(self, default=None):
        """Count contacts whose data are about to be told as values of copies."""
        if not self.env.su and self._get_contact_columns():
            self._count_read()
        return super().copy_data(default)

    def _count_read_of_groups(self, domain, specs):
        if self.env.su:
            return
        columns = self._get_contact_columns()
        names = {spec.split(':')[0] for spec in specs}
        if not columns.isdisjoint(names):
            self.search(domain)._count_read()
            return
        # columns of the contact behind a link
        for name in names:
            link, _dot, column = name.partition('.')
            field = self._fields.get(link)
            if column and field and field.relational and column.split('.')[-1] in (
                    self.env['res.partner']._get_contact_columns()):
                self.search(domain)._count_read()
                return

    def _count_read(self):
        if (
            self.env.context.get('cfia_disclosure_reason') and self._is_read_by_system()
            # sudo: the limit is a setting
            and len(self) > self.env.company.sudo().cfia_api_row_limit
        ):
            # passed the gate, with reason and recipient
            return
        self.env['cfia.read.count']._count(self._name, self._origin._ids)

    @api.model
    @ormcache('self._name', cache='stable')
    def _get_contact_columns(self):
        """Return the columns that say how somebody is reached who may be a member's.

        :rtype: frozenset
        """
        if self._abstract or self._transient or not (self._name.startswith('cfia.') or self._get_contact_link()):
            return frozenset()
        return frozenset(
            name for name, field in self._fields.items()
            if field.type in ('char', 'text', 'html') and any(word in name for word in CONTACT_WORDS))

    @api.model
    def _get_contact_link(self):
        """Return the column by which a record leads to its contact, or None."""
        if self._name == 'res.partner':
            return 'id'
        return next((
            name for name in ('partner_id', 'author_id', 'unit_id', 'person_id')
            if name in self._fields and self._fields[name].comodel_name == 'res.partner' and self._fields[name].store
            and self._fields[name].column_type), None)


class ResPartner(models.Model):
    _inherit = 'res.partner'

    def _compute_display_name(self):
        # names are read in superuser mode by way of other records: who asks counts
        if any(self.env.context.get(key) for key in NAME_KEYS) and self.env.uid:
            self.with_user(self.env.uid)._count_read()
        return super()._compute_display_name()
