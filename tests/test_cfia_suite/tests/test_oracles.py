from collections import defaultdict

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.test_cfia_suite.fuzz.plant import plant

ROLES = ('staff', 'editorial', 'network', 'training', 'leader', 'auditor', 'accountant', 'organisation')
#: How many records of a model are tried as what a link leads to.
TRIED = 3
#: (model, field): what Odoo's own dialogs tell of technical records that hold nothing of anybody.
HARMLESS_LINKS = {
    ('base.language.export', 'model_id'): "technical names of models",
    ('mail.activity', 'res_model_id'): "technical names of models",
    ('mail.template', 'model_id'): "technical names of models",
    ('account.payment.method.line', 'payment_provider_id'): "names of payment providers",
    ('payment.transaction', 'provider_id'): "names of payment providers",
    ('discuss.channel', 'parent_channel_id'): "name of the group that a channel is for",
    ('discuss.channel.member', 'channel_id'): "names of channels",
    ('res.users.settings.volumes', 'user_setting_id'): "names of users",
    ('spreadsheet.dashboard.share', 'dashboard_id'): "names of dashboards",
}
#: (model, field): paths that lead on from records that the user may read, to a model that he may not read.
HARMLESS_PATHS = {
    # what hangs on a member's own bills and papers
    ('account.move', 'message_main_attachment_id'), ('cfia.document', 'attachment_id'),
    ('cfia.dues.receipt', 'attachment_id'), ('mail.message', 'attachment_ids'),
    # how a message that may be read was sent, and what it is about
    ('mail.message', 'mail_server_id'), ('mail.message', 'author_guest_id'), ('mail.message', 'mail_activity_type_id'),
    ('mail.message', 'account_audit_log_tax_id'), ('mail.message', 'account_audit_log_account_id'),
    ('mail.message', 'record_alias_domain_id'), ('mail.activity', 'res_model_id'),
    # the payment of a bill that may be read
    ('account.payment', 'payment_transaction_id'), ('account.move.line', 'account_id'),
    ('account.move.line', 'search_account_id'), ('account.move.line', 'payment_id'),
    ('account.move.line', 'statement_line_id'), ('account.move.line', 'statement_id'),
}


@tagged('post_install', '-at_install')
class TestOracles(DuesCommon):
    """No field tells of a record that its user may not read, whoever's module it comes with.

    Fields that follow a link are worked out in superuser mode: a client that links a foreign record on a new one, which
    it never saves, is shown what they find.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plant(cls.env, cls.make_member)
        # a file of every kind of record, so that links to files have something to tell
        cls.env['ir.attachment'].create([
            {'name': 'oracle.txt', 'raw': b'oracle', 'res_model': model, 'res_id': record.id}
            for model in ('cfia.membership.application', 'cfia.need', 'cfia.member.file', 'cfia.resolution', 'account.move')
            if (record := cls.env[model].search([], limit=1))])

    def each_model(self, user, operation):
        for name in sorted(self.env.registry):
            records = self.env[name].with_user(user)
            if not records._abstract and (records._auto or records._transient) and records.has_access(operation):
                yield name, records

    def find_hidden(self, comodel, user):
        """Return records of a model that the user may not read."""
        records = self.env[comodel].sudo().with_context(active_test=False)
        if records._abstract or not records._auto:
            return records.browse()
        records = records.search([], limit=60, order='id desc')
        mine = records.with_user(user)
        readable = mine._filtered_access('read') if mine.browse().has_access('read') else mine.browse()
        return records.browse([record.id for record in records if record.id not in readable._ids])[:TRIED]

    def ask(self, records, vals, name, spec):
        """Return what an unsaved record with these values shows, or None when that is refused."""
        try:
            with self.env.cr.savepoint():
                return records.onchange(vals, [name], spec)['value']
        except AccessError:
            return None
        except Exception:  # noqa: BLE001 whatever a dialog says of a record that makes no sense in it
            return {}
        finally:
            self.env.invalidate_all()

    @mute_logger('odoo.sql_db', 'odoo.addons.base.models.ir_model', 'odoo.addons.base.models.ir_rule')
    def test_no_link_on_an_unsaved_record_tells_of_a_foreign_one(self):
        told, tried = defaultdict(set), 0
        for role in ROLES:
            user = getattr(self, f'user_{role}')
            hidden = {}
            for model, records in self.each_model(user, 'create'):
                spec = None
                for name, field in records._fields.items():
                    if (
                        field.type not in ('many2one', 'many2many') or name in ('create_uid', 'write_uid')
                        or not records._has_field_access(field, 'write') or (model, name) in HARMLESS_LINKS
                    ):
                        continue
                    if field.comodel_name not in hidden:
                        hidden[field.comodel_name] = self.find_hidden(field.comodel_name, user)
                    for record in hidden[field.comodel_name]:
                        spec = spec or {
                            key: {'fields': {'display_name': {}}} if column.relational else {}
                            for key, column in records._fields.items() if records._has_field_access(column, 'read')}
                        tried += 1
                        shown = self.ask(
                            records, {name: record.id if field.type == 'many2one' else [(4, record.id)]}, name, spec)
                        if not shown:
                            continue
                        plain = self.ask(records, {}, name, spec) or {}
                        different = {key for key, value in shown.items() if value and value != plain.get(key)}
                        if different:
                            told[model, name].update(different)
        self.assertGreater(tried, 100, "there is something to be told of")
        self.assertFalse(dict(told))

    @mute_logger('odoo.sql_db', 'odoo.addons.base.models.ir_model', 'odoo.addons.base.models.ir_rule')
    def test_no_search_leads_into_a_model_that_is_closed(self):
        open_ways = set()
        for role in (*ROLES, 'portal'):
            user = getattr(self, f'user_{role}')
            closed = {}
            for model, records in self.each_model(user, 'read'):
                for name, field in records._fields.items():
                    if not field.relational or not records._has_field_access(field, 'read') or (model, name) in HARMLESS_PATHS:
                        continue
                    comodel = self.env[field.comodel_name]
                    if comodel not in closed:
                        closed[comodel] = None
                        if comodel._auto and not comodel._abstract and not comodel.with_user(user).has_access('read'):
                            closed[comodel] = next((
                                key for key, column in comodel._fields.items()
                                if column.store and column.type in ('char', 'text') and not column.groups), None)
                    if not closed[comodel]:
                        continue
                    path = f'{name}.{closed[comodel]}'
                    for ask in (
                        lambda: records.search_count([(path, 'ilike', 'a')], limit=1),
                        lambda: records.formatted_read_group([], [path], ['__count']),
                        lambda: records.search([], order=path, limit=1),
                    ):
                        try:
                            with self.env.cr.savepoint():
                                ask()
                        except Exception:  # noqa: BLE001 refused, or no path that can be asked for
                            continue
                        open_ways.add((model, name))
        self.assertFalse(open_ways)
