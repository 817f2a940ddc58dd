"""What is done, and what has to hold afterwards. Each act runs in a process of its own with real transactions."""
import base64
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.service.model import retrying

sys.path.append(str(Path(__file__).resolve().parents[1] / 'bench'))
from roster_sample import make_roster  # noqa: E402  (run by the harness, not imported as a package)

ROLES = ('organisation', 'secretary_general', 'accountant', 'training')
PDF = b'%PDF-1.4\n%%EOF\n'


def set_up(env):
    """Make users, the dues standard and the bank journal that all acts use. Committed by the caller."""
    for role in ROLES:
        env['res.users'].with_context(no_reset_password=True).create({
            'login': f'faults_{role}', 'name': f"演示 {role}", 'email': f'{role}@faults.example', 'tz': 'Asia/Shanghai',
            'group_ids': [env.ref(f'cfia_membership.group_cfia_{role}').id],
        })
    env.company.cfia_secretary_general_id = get_user(env, 'secretary_general')
    env.company._set_up_dues_accounting()
    congress = env['cfia.congress'].create(
        {'name': "演示", 'number': 1, 'date_start': '2020-01-01', 'date_end': '2039-12-31'})
    env['cfia.dues.standard'].create({
        'name': "演示", 'congress_id': congress.id, 'date': date(2019, 11, 1), 'year_from': 2020,
        'line_ids': [(0, 0, {'grade_id': grade.id, 'amount': 2000}) for grade in env['cfia.grade'].search([])],
    }).action_put_in_force()


def get_user(env, role):
    return env['res.users'].search([('login', '=', f'faults_{role}')])


def make_applications(env, count):
    """Return ids of applications that wait for the signature."""
    applications = env['cfia.membership.application'].with_user(get_user(env, 'organisation')).create([
        {
            'name': f"演示故障{env.cr.now().timestamp():.6f}第{index}有限公司", 'legal_representative': "演示法人",
            'enterprise_category_id': env.ref('cfia_membership.cfia_enterprise_category_die_forging').id,
            'ownership_id': env.ref('cfia_membership.cfia_ownership_private').id,
            'state_id': env.ref('base.state_cn_JS').id, 'street': "演示路1号", 'zip': '210000',
            'representative_name': "演示代表", 'contact_name': "演示联系人", 'contact_phone': '025-0000 0000',
            'contact_email': f'contact{index}@faults.example',
            'grade_id': env.ref('cfia_membership.cfia_grade_member').id, 'is_committed': True, 'is_informed': True,
        } for index in range(count)])
    applications.action_submit()
    applications.check_ids.action_pass()
    applications.action_verify()
    return applications.ids


def make_members(env, count):
    """Return ids of units that were admitted."""
    applications = env['cfia.membership.application'].browse(make_applications(env, count))
    applications.with_user(get_user(env, 'secretary_general')).action_approve()
    return applications.partner_id.ids


def each(env, records, method):
    """Do something to each record in a transaction of its own, as requests do."""
    for record in records:
        def act(record=record):
            # what another session has done meanwhile is seen
            env.invalidate_all()
            method(record)
        retrying(act, env)
        env.cr.commit()


class Act:
    """One kind of work."""

    name = None

    def prepare(self, env):
        """Make what the act works on; return plain values that the other methods get."""
        raise NotImplementedError

    def do(self, env, subject):
        """Do the work, committed in steps as the server does. Doing it again does what is left."""
        raise NotImplementedError

    def is_done(self, env, subject):
        """Return whether nothing is left to do."""
        raise NotImplementedError

    def broken(self, env, subject):
        """Return what does not hold, as a list of texts; also right after a kill."""
        return []


class Approval(Act):
    name = 'approval'

    def prepare(self, env):
        return make_applications(env, 12)

    def do(self, env, subject):
        env = env(user=get_user(env, 'secretary_general').id)
        each(env, env['cfia.membership.application'].browse(subject),
             lambda application: application.state == 'verified' and application.action_approve())

    def is_done(self, env, subject):
        return set(env['cfia.membership.application'].browse(subject).mapped('state')) == {'approved'}

    def broken(self, env, subject):
        found = []
        for application in env['cfia.membership.application'].browse(subject):
            unit = application.partner_id
            events = env['cfia.member.event'].search_count([('partner_id', '=', unit.id), ('kind', '=', 'joined')])
            files = env['cfia.member.file'].search_count([('partner_id', '=', unit.id)])
            kinds = Counter(env['cfia.document'].search([('partner_id', '=', unit.id)]).mapped('kind'))
            whole = application.state == 'approved'
            if (bool(unit.member_number), events, files, kinds['certificate'], kinds['entry_notice']) != (whole,) + (whole * 1,) * 4:
                found.append(f"{application.name}: half approved: {application.state} {unit.member_number} "
                             f"{events} {files} {dict(kinds)}")
        return found


class DuesRun(Act):
    name = 'dues_run'

    def prepare(self, env):
        units = make_members(env, 16)
        run = env['cfia.dues.run'].with_user(get_user(env, 'accountant')).create({
            'year': date.today().year + 1, 'scope': 'selected', 'partner_ids': units})
        run.action_start()
        return run.id

    def do(self, env, subject):
        retrying(lambda: env['cfia.dues.run']._cron_process(batch_size=3), env)

    def is_done(self, env, subject):
        return env['cfia.dues.run'].browse(subject).state == 'done'

    def broken(self, env, subject):
        run = env['cfia.dues.run'].browse(subject)
        lines = env['cfia.dues.line'].search([('partner_id', 'in', run.member_ids.partner_id.ids), ('year', '=', run.year)])
        found = [f"{line.display_name}: {line.state} with bill {line.move_id.state}"
                 for line in lines if line.state != 'billed' or line.move_id.state != 'posted'
                 or line.move_id.amount_total != line.amount]
        if len(lines.partner_id) != len(lines):
            found.append("a member has two lines of the year")
        if run.state == 'done' and len(lines) != len(run.member_ids):
            found.append(f"done, but {len(lines)} of {len(run.member_ids)} are billed")
        return found


class CollectionRound(Act):
    name = 'collection_round'

    def prepare(self, env):
        units = env['res.partner'].browse(make_members(env, 10))
        units.dues_line_ids.write({'date_due': date.today() - timedelta(days=40)})
        for unit in units:
            env['res.partner'].create({
                'name': "演示财务", 'parent_id': unit.id, 'email': f'finance{unit.id}@faults.example',
                'contact_role_ids': env['cfia.contact.role'].search([('code', '=', 'finance')]).ids})
        Round = env['cfia.dues.round']
        year = date.today().year
        record = Round.create({
            'date_deadline': date.today() + timedelta(days=30), 'year': year,
            'number': Round._get_next_number(env.company, year), 'partner_domain': str([('id', 'in', units.ids)])})
        record.action_open()
        return record.id

    def do(self, env, subject):
        with patch.object(type(env['ir.actions.report']), '_render_qweb_pdf', lambda *args, **kwargs: (PDF, 'pdf')):
            retrying(lambda: env['cfia.dues.round']._cron_send(batch_size=3), env)
            env.cr.commit()
            Document = env['cfia.document']
            while Document.search_count(Document._get_render_domain()):
                retrying(lambda: Document._cron_render(batch_size=6, step=3), env)
                env.cr.commit()

    def is_done(self, env, subject):
        recipients = env['cfia.dues.round'].browse(subject).recipient_ids
        return set(recipients.mapped('state')) == {'sent'} and set(recipients.document_id.mapped('state')) == {'done'}

    def broken(self, env, subject):
        recipients = env['cfia.dues.round'].browse(subject).recipient_ids
        mails = Counter(env['mail.message'].search([
            ('model', '=', recipients._name), ('res_id', 'in', recipients.ids), ('message_type', '=', 'email_outgoing'),
        ]).mapped('res_id'))
        letters = Counter(env['cfia.document'].search([
            ('res_model', '=', recipients._name), ('res_id', 'in', recipients.ids)]).mapped('res_id'))
        found = [f"{recipient.display_name}: {mails[recipient.id]} mails, {letters[recipient.id]} letters"
                 for recipient in recipients if mails[recipient.id] > 1 or letters[recipient.id] > 1]
        found += [f"{recipient.display_name}: printed and not mailed" for recipient in recipients
                  if recipient.document_id.state == 'done' and mails[recipient.id] != 1]
        return found


class ChangeList(Act):
    name = 'list_freeze'

    def prepare(self, env):
        return make_members(env, 6)

    def do(self, env, subject):
        retrying(env['cfia.change.list']._cron_make_lists, env)
        env.cr.commit()

    def is_done(self, env, subject):
        return bool(env['cfia.change.list'].search_count([('line_ids.partner_id', 'in', subject)]))

    def broken(self, env, subject):
        lists = env['cfia.change.list'].search([])
        keys = Counter((item.kind, item.date) if 'date' in item._fields else item.display_name for item in lists)
        found = [f"two lists of {key}" for key, count in keys.items() if count > 1]
        return found + [f"{item.display_name} is empty" for item in lists if item.line_count != len(item.line_ids)]


class RosterImport(Act):
    name = 'import'

    def prepare(self, env):
        env.cr.execute("SELECT COALESCE(MAX(value), 0) + 1 FROM cfia_member_number")
        [first] = env.cr.fetchone()
        return env['cfia.roster.import'].create({
            'file': base64.b64encode(make_roster(40, seed=first, first=first)), 'filename': 'roster.xlsx'}).id

    def do(self, env, subject):
        roster = env['cfia.roster.import'].browse(subject)

        def act():
            env.invalidate_all()
            if roster.state != 'done':
                roster.action_import()

        retrying(act, env)
        env.cr.commit()

    def is_done(self, env, subject):
        return env['cfia.roster.import'].browse(subject).state == 'done'

    def broken(self, env, subject):
        roster = env['cfia.roster.import'].browse(subject)
        units = roster.row_ids.partner_id
        if roster.state != 'done' and units:
            return ["units of an import that is not done"]
        events = Counter(env['cfia.member.event'].search([
            ('partner_id', 'in', units.ids), ('kind', '=', 'joined')]).mapped('partner_id.id'))
        return [f"{unit.name}: joined {events[unit.id]} times" for unit in units if events[unit.id] > 1]


class BankMatching(Act):
    name = 'bank_matching'

    def prepare(self, env):
        units = env['res.partner'].browse(make_members(env, 10))
        journal = env['account.journal'].search([('company_id', '=', env.company.id), ('type', '=', 'bank')], limit=1)
        return env['account.bank.statement.line'].create([
            {'journal_id': journal.id, 'date': date.today(), 'amount': 2500, 'partner_name': unit.name,
             'payment_ref': f"会费 {unit.member_number}"} for unit in units]).ids

    def do(self, env, subject):
        env = env(user=get_user(env, 'accountant').id)
        each(env, env['account.bank.statement.line'].browse(subject), lambda receipt: receipt.action_match_dues())

    def is_done(self, env, subject):
        return all(env['account.bank.statement.line'].browse(subject).mapped('is_reconciled'))

    def broken(self, env, subject):
        found = []
        for receipt in env['account.bank.statement.line'].browse(subject):
            if bool(receipt.dues_member_id) != receipt.is_reconciled:
                found.append(f"{receipt.display_name}: member {receipt.dues_member_id.name}, "
                             f"reconciled {receipt.is_reconciled}")
            if receipt.currency_id.compare_amounts(sum(receipt.line_ids.mapped('balance')), 0):
                found.append(f"{receipt.display_name}: not balanced")
        units = env['account.bank.statement.line'].browse(subject).dues_member_id
        return found + [f"{line.display_name}: {line.state}" for line in units.dues_line_ids if line.amount_residual < 0]


class QuotaUse(Act):
    name = 'quota_use'

    def prepare(self, env):
        unit = env['res.partner'].browse(make_members(env, 1))
        service = env['cfia.service'].search([('quota', '>', 0)], limit=1)
        entitlement = env['cfia.entitlement'].create({
            'partner_id': unit.id, 'service_id': service.id, 'quota': 8, 'account_name': f'faults{unit.id}'})
        return entitlement.id

    def do(self, env, subject):
        env = env(user=get_user(env, 'training').id)
        for _time in range(8):
            try:
                retrying(lambda: env['cfia.service.usage'].create({'entitlement_id': subject, 'quantity': 1}), env)
                env.cr.commit()
            except UserError:
                env.cr.rollback()  # nothing is left
                return

    def is_done(self, env, subject):
        return env['cfia.entitlement'].browse(subject).quota_left == 0

    def broken(self, env, subject):
        entitlement = env['cfia.entitlement'].browse(subject)
        used = sum(entitlement.usage_ids.mapped('quantity'))
        return [] if entitlement.quota_used == used <= entitlement.quota else [f"{used} used, {entitlement.quota_used} counted"]


ACTS = [Approval(), DuesRun(), CollectionRound(), ChangeList(), RosterImport(), BankMatching(), QuotaUse()]


def broken_everywhere(env):
    """Return what does not hold of the whole database, whatever was done."""
    found = []
    env.cr.execute("""
        SELECT COUNT(*), COUNT(DISTINCT member_number) FROM res_partner WHERE member_number IS NOT NULL""")
    if len(set(env.cr.fetchone())) != 1:
        found.append("a number was given twice")
    env.cr.execute("SELECT array_agg(value ORDER BY value) FROM cfia_member_number WHERE origin = 'issued'")
    values = env.cr.fetchone()[0] or []
    env.cr.execute("SELECT array_agg(value) FROM cfia_member_number WHERE origin != 'issued'")
    taken = set(env.cr.fetchone()[0] or [])
    if values and set(range(values[0], values[-1] + 1)) - set(values) - taken:
        found.append("a gap among the numbers issued here")
    env.cr.execute("""
        SELECT unit.name FROM res_partner unit
         WHERE unit.member_state IN ('member', 'withdrawn') AND unit.member_state != (
               SELECT event.member_state FROM cfia_member_event event WHERE event.partner_id = unit.id
                ORDER BY event.date_effective DESC, event.id DESC LIMIT 1)""")
    found += [f"{name}: ledger and state differ" for name, in env.cr.fetchall()]
    env.cr.execute("""
        SELECT line.id FROM cfia_dues_line line JOIN account_move move ON move.id = line.move_id
         WHERE move.state != 'posted' GROUP BY line.id""")
    found += [f"dues line {line}: bill not posted" for line, in env.cr.fetchall()]
    return found


def environment(registry):
    """Return a cursor and the superuser's environment on it."""
    cr = registry.cursor()
    return cr, api.Environment(cr, SUPERUSER_ID, {'lang': 'zh_CN', 'tz': 'Asia/Shanghai'})
