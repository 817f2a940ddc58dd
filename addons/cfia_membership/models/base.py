from odoo import api, models
from odoo.http import request

from odoo.addons.cfia_membership.tools.schedule import is_scheduled
from odoo.addons.cfia_membership.tools.task import assign


class Base(models.AbstractModel):
    """Members' data leave through the gate alone, whichever list they are exported from (article 1)."""

    _inherit = 'base'

    def export_data(self, fields_to_export):
        """Pass the gate when the columns hold members' data."""
        columns = self._get_member_columns(fields_to_export)
        records = self._filter_member_data(columns) if columns else self.browse()
        if records and not self.env.su:
            self.env['cfia.disclosure']._disclose('export', records, columns)
        return super().export_data(fields_to_export)

    def _filter_member_data(self, columns=('name',)):
        """Return the records that tell of units of the association, of their persons included.

        Customers, suppliers and colleagues that other apps' records lead to are none of these.

        :param columns: paths as of an export
        """
        paths = [path.replace('.', '/').split('/') for path in columns]
        # sudo: whether a unit is one of the association's is asked for the gate alone
        return self.filtered(lambda record: any(record.sudo()._tells_of_members(names) for names in paths))

    def _tells_of_members(self, names):
        """Tell whether a path from these records ends in data of units of the association."""
        if self._is_member_data() and names[0] not in ('id', '', 'display_name'):
            if self._name not in ('res.partner', 'res.users'):
                return bool(self)
            partners = self.partner_id if self._name == 'res.users' else self
            if any(partners.commercial_partner_id.mapped('member_state')):
                return True
        field = self._fields.get(names[0])
        return bool(len(names) > 1 and field and field.relational and self[names[0]]._tells_of_members(names[1:]))

    def _get_member_columns(self, paths):
        """Return those of the export paths that lead into members' data.

        Names alone, as every list of business papers shows them, are none.
        """
        return [path for path in paths if self._is_member_path(path.replace('.', '/').split('/'))]

    def _is_member_path(self, names):
        if self._is_member_data() and names[0] not in ('id', '', 'display_name'):
            return True
        field = self._fields.get(names[0])
        if len(names) < 2 or not field or not field.relational:
            return False
        return self.env[field.comodel_name]._is_member_path(names[1:])

    def _is_member_data(self):
        """Tell whether the model holds data of members; classifications do not."""
        return self._name in ('res.partner', 'res.users') or (
            self._name.startswith('cfia.') and 'partner_id' in self._fields)

    def _read_format(self, fnames, load='_classic_read'):
        """Let other systems read members' data in bulk through the gate only."""
        if len(self) > 1 and not self.env.su and self._is_member_data() and self._is_read_by_system():
            self._check_bulk_read(fnames)
        return super()._read_format(fnames, load=load)

    @api.model
    @api.readonly
    def formatted_read_group(self, domain, groupby=(), aggregates=(), *args, **kwargs):
        """Let other systems read members' data group by group through the gate only, too."""
        groups = super().formatted_read_group(domain, groupby, aggregates, *args, **kwargs)
        if not self.env.su and self._is_member_data() and self._is_read_by_system():
            lists = any(aggregate.endswith((':array_agg', ':array_agg_distinct', ':recordset')) for aggregate in aggregates)
            if lists or len(groups) > 1:
                records = self.search(domain)
                # a list in a group holds a value of every record
                told = records if lists else records._filter_member_data()[:len(groups)]
                told._check_bulk_read([*groupby, *aggregates])
        return groups

    def _is_read_by_system(self):
        """Tell whether the read comes with a key or password of its own instead of a session.

        Odoo hides the request from what XML-RPC and JSON-RPC call; the suite's own schedules and
        methods do not read that way.
        """
        if not request or not request.httprequest:
            return True
        return not request.session.uid or request.httprequest.path.startswith('/json/')

    def _check_bulk_read(self, fnames):
        """Note the read, with reason and recipient from the context, above the number of rows set.

        :raise UserError: without them or without the right
        """
        # sudo: the limit is a setting
        limit = self.env.company.sudo().cfia_api_row_limit
        if len(self) <= limit or (self._name in ('res.partner', 'res.users') and len(self._filter_member_data()) <= limit):
            return
        Disclosure = self.env['cfia.disclosure']
        context = self.env.context
        reason, recipient = context.get('cfia_disclosure_reason'), context.get('cfia_disclosure_recipient')
        if reason and recipient:
            Disclosure._check_right(self._name)
            Disclosure._disclose('api', self, fnames, reason=str(reason), recipient=str(recipient))
        else:
            Disclosure._refuse_system(self._name)

    # === WHO SPEAKS === #

    def _is_of_suite(self):
        """Tell whether what is said here is the suite's: on records of its own, or by its schedules."""
        return self._name.startswith('cfia.') or is_scheduled(self)

    def _speaks_for_association(self):
        """Tell whether the association says what is said here, since nobody in person does: a schedule of
        the suite, or on its records the superuser or the public."""
        user = self.env.user
        return is_scheduled(self) or self._name.startswith('cfia.') and (user._is_superuser() or user._is_public())

    def _note_undelivered(self, reason):
        """Put what a mail of the suite did not reach before the department: on its unit, without one on the record.

        :param str reason: what the mail server said
        """
        for record_sudo in self.sudo():  # sudo: the server's answer comes in whoever sent
            field = record_sudo._fields.get('partner_id')
            unit_sudo = record_sudo.partner_id if field and field.comodel_name == 'res.partner' else (
                record_sudo.env['res.partner'])
            if unit_sudo.commercial_partner_id.member_state:
                unit_sudo._schedule_undelivered(record_sudo.display_name, reason)
            elif 'activity_ids' in record_sudo._fields:
                assign(
                    record_sudo, 'cfia_membership.mail_act_undelivered',
                    record_sudo.env['cfia.department']._get_responsible_of('organisation'), note=reason)

    def _get_robots(self):
        """Return the contacts that stand for nobody in person while the association speaks."""
        # sudo: the robot's contact is no secret
        return self.env.ref('base.partner_root').sudo() | self.env.user.partner_id.sudo()

    def _get_associations(self):
        """Return the company that speaks on each record, by its id."""
        # sudo: which company a record belongs to is no secret
        return self.sudo()._mail_get_companies(default=self.env.company) if self else {}

    def _get_association(self):
        """Return the company that speaks here, on the first record or without one."""
        return self[:1]._get_associations().get(self[:1].id, self.env.company)

    def _notify_get_reply_to_batch(self, defaults=None, author_ids=None):
        """Let what the association says be answered to its own address, which somebody reads."""
        reply_to = super()._notify_get_reply_to_batch(defaults=defaults, author_ids=author_ids)
        if not self._speaks_for_association():
            return reply_to
        companies, robots = self._get_associations(), self._get_robots().ids
        for res_id in reply_to:
            author, address = companies.get(res_id, self.env.company)._get_sender()
            if address and (author_ids or {}).get(res_id) in (None, False, author.id, *robots):
                reply_to[res_id] = address
        return reply_to
