"""A hundred thousand members, written by SQL into the open transaction of a test.

Rows are plausible to the planner, not to people: names, numbers and dates all differ, nearly every record has come
to its end and one in two hundred is in each other state, as in an association's own database after ten years. Checks
of single rows are left out, unique indexes hold. The other indexes are built after the rows, as a restored backup has them.
"""
# Tables, columns and expressions are this file's own: pylint: disable=sql-injection
from odoo.tools import SQL

MEMBERS = 100_000
#: One in so many records is in each state that is not its last.
RARE = 200
#: model → (rows, fields that most rows have the same value of, columns that are written otherwise: SQL with the number n)
LEDGERS = {
    'cfia.member.number': (50_000, {}, {'value': '500000 + n', 'name': "'CFIA-' || (500000 + n)"}),
    'cfia.member.event': (100_000, {'kind': 'data', 'member_state': 'member'}, {}),
    'cfia.member.file': (50_000, {}, {'name': "'CFIA-' || (500000 + n)"}),
    'cfia.member.file.paper': (25_000, {}, {}),
    'cfia.membership.application': (25_000, {'state': 'approved'}, {'is_online': 'n % 3 = 0'}),
    'cfia.document': (25_000, {'state': 'done', 'kind': 'dues_notice'}, {'number': 'n'}),
    'cfia.dispatch': (20_000, {'state': 'sent'}, {}),
    'cfia.change.request': (20_000, {'state': 'applied'}, {
        'source': "(ARRAY['department', 'portal', 'survey'])[1 + n % 3]"}),
    'cfia.grade.term': (25_000, {'state': 'ended'}, {}),
    'cfia.contact.log': (20_000, {'kind': 'visit'}, {}),
    'cfia.enquiry': (20_000, {'intention': 'unknown'}, {}),
    'cfia.disclosure': (20_000, {}, {}),
    'cfia.referral': (20_000, {}, {}),
    'cfia.file.difference': (20_000, {'state': 'mended'}, {}),
    'cfia.personal.request': (20_000, {'state': 'done'}, {}),
    'cfia.seal.use': (20_000, {'state': 'sealed'}, {}),
    'cfia.data.survey.recipient': (20_000, {'state': 'responded', 'delivery_state': 'sent', 'channel': 'mail'}, {}),
    'cfia.recruitment.mailing.recipient': (20_000, {'state': 'sent', 'delivery_state': 'sent', 'channel': 'mail'}, {}),
    'account.move': (25_000, {'state': 'posted', 'payment_state': 'paid', 'move_type': 'out_invoice'}, {
        'name': "'LARGE/' || n", 'sequence_number': 'n', 'sequence_prefix': "'LARGE/'"}),
    'account.move.line': (50_000, {'parent_state': 'posted', 'display_type': 'product'}, {
        'move_id': 'move.first + n / 2', 'debit': '2000', 'credit': '0', 'balance': '2000', 'amount_residual': '0',
        'amount_currency': '2000', 'amount_residual_currency': '0', 'reconciled': 'true', 'dues_line_id': 'NULL'}),
    'cfia.dues.line': (150_000, {'state': 'paid', 'origin': 'run', 'hold_reason': None, 'recognition': 'receipt'}, {
        'year': '2025 + n / 100000', 'move_id': 'NULL', 'run_id': 'NULL',
        'amount_residual': f"CASE WHEN n % {RARE} < 3 THEN 2000 ELSE 0 END"}),
    'cfia.dues.round.recipient': (20_000, {'state': 'responded', 'delivery_state': 'sent', 'channel': 'mail'}, {}),
    'cfia.dues.receipt': (20_000, {'state': 'issued'}, {'name': "'LARGE/' || n"}),
    'account.bank.statement.line': (20_000, {'dues_match': 'number'}, {
        'move_id': 'move.first + n', 'is_reconciled': f"n % {RARE} > 0", 'dues_member_id': 'NULL'}),
    'cfia.entitlement': (60_000, {}, {
        'service_id': 'service.ids[1 + n % 3]', 'is_waiting': f"n % {RARE} = 0", 'account_date': 'NULL', 'date_to': "CASE WHEN n % 200 = 0 THEN CURRENT_DATE + 30 END"}),
    'cfia.service.usage': (25_000, {}, {'entitlement_id': 'entitlement.first + n'}),
    'cfia.need': (20_000, {'state': 'replied'}, {}),
    'cfia.need.round.recipient': (20_000, {'state': 'responded', 'delivery_state': 'sent', 'channel': 'mail'}, {}),
    'cfia.magazine.copy': (25_000, {'state': 'listed'}, {}),
    'cfia.change.list.line': (25_000, {}, {'changed_fields': 'NULL'}),
    'cfia.newsletter.recipient': (25_000, {'state': 'sent', 'delivery_state': 'sent', 'channel': 'mail'}, {}),
    'cfia.website.vip': (20_000, {}, {'line_id': 'line.first + n', 'changed_fields': 'NULL', 'date_done': f"CASE WHEN n % {RARE} > 0 THEN now() END"}),
    'mail.activity': (20_000, {}, {'res_model': "'res.partner'", 'res_id': 'unit.first + n'}),
}
#: What long lists belong to, so that a list is one of several: model → columns that are written otherwise
PARENTS = {
    'cfia.data.survey': {'year': '2000 + n'}, 'cfia.recruitment.mailing': {}, 'cfia.need.round': {'number': 'n'},
    'cfia.dues.round': {'number': 'n'}, 'cfia.change.list': {'month': "DATE '2000-01-01' + n * 31"},
    'cfia.magazine.issue': {'number': 'n'},
    'cfia.newsletter': {'number': 'n', 'month': "DATE '2000-01-01' + n * 31", 'mailing_id': 'NULL'},
}
PARENT_ROWS = 25
#: Where an expression above reads from: name → (model, column)
SOURCES = {
    'move': 'account.move', 'entitlement': 'cfia.entitlement', 'line': 'cfia.change.list.line'}


class LargeDatabase:
    """Writes the rows and knows where they begin."""

    def __init__(self, env):
        self.env = env
        self.first = {}

    def seed(self):
        """Write everything.

        :return: tables that are large
        :rtype: set[str]
        """
        self._seed_partners()
        for model, expressions in PARENTS.items():
            self._seed(model, PARENT_ROWS, {}, expressions)
        for model, (count, mostly, expressions) in LEDGERS.items():
            self._seed(model, count, mostly, expressions)
        self.env.invalidate_all()
        return {self.env[model]._table for model in ('res.partner', *LEDGERS)}

    def _seed_partners(self):
        """Write units, each fifth with a contact: nine in ten have a number, the others are contact targets."""
        cr = self.env.cr
        definitions = self._take_off_indexes('res_partner')
        cr.execute("SELECT nextval('res_partner_id_seq')")
        self.first['res.partner'] = first = cr.fetchone()[0] + 1
        cr.execute("""
            INSERT INTO res_partner (id, commercial_partner_id, name, complete_name, is_company, type, active, lang, phone,
                                     email, street, state_id, autopost_bills, former_name, member_number, uscc, member_state,
                                     member_grade_id, enterprise_category_id, date_member_joined, prospect_source,
                                     prospect_intention, create_uid, write_uid, create_date, write_date)
                 SELECT %(first)s + n, %(first)s + n, '演示锻造' || n || '有限公司', '演示锻造' || n || '有限公司', true,
                        'contact', true, 'zh_CN', '010-' || lpad(n::text, 8, '0'), CASE WHEN n %% 3 > 0 THEN 'unit' || n || '@large.example' END,
                        '演示路' || n || '号', province.ids[1 + n %% province.number], 'ask', CASE WHEN n %% 10 = 1 THEN '演示农机厂' || n END,
                        CASE WHEN n %% 10 != 0 THEN 'CFIA-' || (500000 + n) END,
                        '91320000MA' || lpad(n::text, 6, '0') || '57',
                        CASE WHEN n %% 10 = 0 THEN 'prospect' WHEN n %% 20 = 1 THEN 'withdrawn' ELSE 'member' END,
                        grade.ids[1 + n %% grade.number], category.ids[1 + n %% category.number],
                        DATE '2016-01-01' + n %% 3000, CASE WHEN n %% 10 = 0 THEN 'visitor' END,
                        CASE WHEN n %% 10 = 0 THEN 'unknown' END, 1, 1, now(), now()
                   FROM generate_series(0, %(members)s - 1) AS n,
                        (SELECT ARRAY_AGG(id) AS ids, COUNT(*)::int AS number FROM cfia_grade) grade,
                        (SELECT ARRAY_AGG(id) AS ids, COUNT(*)::int AS number FROM cfia_enterprise_category) category,
                        (SELECT ARRAY_AGG(id) AS ids, COUNT(*)::int AS number FROM res_country_state
                          WHERE cfia_region_id IS NOT NULL) province""",
            {'first': first, 'members': MEMBERS})
        cr.execute("SELECT setval('res_partner_id_seq', %s)", [first + MEMBERS])
        cr.execute("""
            INSERT INTO res_partner (name, complete_name, is_company, parent_id, commercial_partner_id, type, active, lang,
                                     phone, email, autopost_bills, create_uid, write_uid, create_date, write_date)
                 SELECT '演示联系人' || n, '演示联系人' || n, false, %(first)s + n * 5, %(first)s + n * 5, 'contact', true,
                        'zh_CN', '13' || lpad(n::text, 9, '0'), 'person' || n || '@large.example', 'ask',
                        1, 1, now(), now()
                   FROM generate_series(0, %(members)s / 5 - 1) AS n""", {'first': first, 'members': MEMBERS})
        self._build_indexes('res_partner', definitions)

    def _seed(self, model, count, mostly, expressions):
        """Write rows of one model, each of another unit.

        :param dict mostly: field → value of all rows but one in :data:`RARE` for each other value
        :param dict expressions: column → SQL of the number n and the firsts of other models
        """
        Model = self.env[model]
        values = {}
        for name, column_type, is_required in self._get_columns(Model):
            field = Model._fields.get(name)
            if name in expressions:
                values[name] = self._place(expressions[name])
            elif field is None or name in ('id', 'create_date', 'write_date'):
                continue
            else:
                values[name] = self._get_expression(Model, field, column_type, is_required, mostly)
        columns = ', '.join(f'"{name}"' for name in values)
        definitions = self._take_off_indexes(Model._table)
        self.env.cr.execute(f"""
            INSERT INTO {Model._table} ({columns}, create_date, write_date)
                 SELECT {', '.join(values.values())}, now(), now() FROM generate_series(0, {count - 1}) AS n
            ON CONFLICT DO NOTHING""")
        assert self.env.cr.rowcount >= count * 0.9, (model, self.env.cr.rowcount)
        self.env.cr.execute(f"SELECT MAX(id) FROM {Model._table}")
        self.first[model] = self.env.cr.fetchone()[0] - count + 1
        self._build_indexes(Model._table, definitions)

    def _get_columns(self, Model):
        """Return the columns that a row needs: (name, type, whether it must not be empty)."""
        self.env.cr.execute("""
            SELECT column_name, data_type, is_nullable = 'NO' FROM information_schema.columns
             WHERE table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position""", [Model._table])
        return self.env.cr.fetchall()

    def _place(self, expression):
        """Put the firsts of other models into an expression."""
        for name, model in {**SOURCES, 'unit': 'res.partner'}.items():
            expression = expression.replace(f'{name}.first', str(self.first.get(model)))
        return expression.replace('service.ids', f"(ARRAY{self.env['cfia.service'].search([], order='id').ids})")

    def _get_expression(self, Model, field, column_type, is_required, mostly):
        """Return the SQL of what stands in a field's column."""
        if field.name in ('create_uid', 'write_uid'):
            return '1'
        if field.name == 'active':
            return 'true'
        if field.type == 'many2one':
            return self._get_reference(Model, field, is_required)
        if field.type == 'selection':
            return self._get_choice(Model, field, mostly)
        if field.type in ('date', 'datetime'):
            return f"{'CURRENT_DATE' if field.type == 'date' else 'CURRENT_DATE::timestamp'} + 30 * INTERVAL '1 day' - (n % 3600) * INTERVAL '1 day'"
        if column_type == 'jsonb':
            return "jsonb_build_object('en_US', 'Large ' || n)" if is_required else 'NULL'
        if field.type == 'char' and field.size:
            return f"left(n::text, {field.size})"
        return {
            'boolean': f'n % {RARE} = 0', 'integer': 'n % 7', 'many2one_reference': 'n', 'char': f"'演示' || n || '{field.name}'",
            'text': "'演示' || n", 'html': "'演示' || n",
        }.get(field.type, 'n % 1000')

    def _get_reference(self, Model, field, is_required):
        """Return the SQL of a link: each row to another unit, to few records of other models."""
        if field.comodel_name == 'res.partner' and field.name in ('partner_id', 'payer_id', 'commercial_partner_id'):
            return f"{self.first['res.partner']} + n % {MEMBERS}"
        ids = self.env[field.comodel_name].sudo().with_context(active_test=False).search([], limit=PARENT_ROWS, order='id desc').ids
        if field.comodel_name in LEDGERS or field.comodel_name == 'res.partner':
            ids = [] if not is_required else ids
        if ids:
            return f'(ARRAY{ids})[1 + n % {len(ids)}]'
        if is_required:
            self.env.cr.execute(f'ALTER TABLE {Model._table} ALTER COLUMN "{field.name}" DROP NOT NULL')
        return 'NULL'

    def _get_choice(self, Model, field, mostly):
        """Return the SQL of a choice: one value of nearly all rows, the others of few."""
        values = field.get_values(self.env)
        common = mostly.get(field.name, values[-1] if field.required else None)
        assert field.name not in mostly or common is None or common in values, (field, common, values)
        rare = [value for value in values if value != common][:RARE // 2]
        cases = ' '.join(f"WHEN {place} THEN '{value}'" for place, value in enumerate(rare))
        other = 'NULL' if common is None else f"'{common}'"
        return f'CASE n % {RARE} {cases} ELSE {other} END' if rare else other

    def _take_off_indexes(self, table):
        """Take checks and plain indexes off a table.

        :return: definitions of the indexes
        :rtype: list[str]
        """
        cr = self.env.cr
        self.env.flush_all()
        cr.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'f')", [table])
        for name, in cr.fetchall():
            cr.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cr.execute("""
            SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
             WHERE indrelid = %s::regclass AND NOT indisunique AND NOT indisexclusion""", [table])
        indexes = cr.fetchall()
        for name, _definition in indexes:
            cr.execute(f'DROP INDEX {name}')
        return [definition for _name, definition in indexes]

    def _build_indexes(self, table, definitions):
        """Build indexes once the rows are there, and let the planner know of them."""
        for definition in definitions:
            self.env.cr.execute(SQL(definition.replace('%', '%%')))
        self.env.cr.execute(f'ANALYZE {table}')
