"""What is done, and what has to hold afterwards. Each act runs in a process of its own with real transactions."""
import base64
import sys
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.service.model import retrying

from odoo.addons.cfia_membership.tools.guard import unlocked

sys.path.append(str(Path(__file__).resolve().parents[1] / 'bench'))
from roster_sample import make_roster  # noqa: E402  (run by the harness, not imported as a package)

ROLES = ('organisation', 'secretary_general', 'accountant', 'training', 'editorial', 'network')
#: What goes on by itself; every other schedule is off, so that nothing but the suite is at work.
SCHEDULES = (
    'mail.ir_cron_mail_scheduler_action', 'cfia_membership.ir_cron_cfia_document_render',
    'cfia_membership.ir_cron_cfia_round', 'cfia_dues.ir_cron_cfia_dues_run', 'cfia_services.ir_cron_cfia_change_list',
)
#: Bytes of a printed letter: as long as real ones, and no two alike.
PDF_SIZE = 60_000


def print_pdf(report, xmlid, res_ids=None, data=None):
    """Stand in for wkhtmltopdf, which takes a second for each letter: the file is as large and says what it prints."""
    start = f'%PDF-1.4\n% {xmlid} {res_ids}\n'.encode()
    return start + b'0' * PDF_SIZE + b'\n%%EOF\n', 'pdf'


def set_up(env, mail_port):
    """Make users, the mail server, the dues standard and the bank journal that all acts use. Committed by the caller."""
    env['ir.config_parameter'].set_param('cfia_membership.trial_address', 'True')
    wanted = env['ir.cron'].concat(*map(env.ref, SCHEDULES))
    (env['ir.cron'].search([]) - wanted).active = False
    env['ir.mail_server'].create({'name': "演示", 'smtp_host': '127.0.0.1', 'smtp_port': mail_port, 'smtp_encryption': 'none'})
    for role in ROLES:
        env['res.users'].with_context(no_reset_password=True).create({
            'login': f'faults_{role}', 'name': f"演示 {role}", 'email': f'{role}@faults.example', 'tz': 'Asia/Shanghai',
            'group_ids': [env.ref(f'cfia_membership.group_cfia_{role}').id],
        })
    for code in ('editorial', 'network'):
        env.ref(f'cfia_membership.cfia_department_{code}').user_ids = get_user(env, code)
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
    mark = time.time_ns()
    applications = env['cfia.membership.application'].with_user(get_user(env, 'organisation')).create([
        {
            'name': f"演示故障{mark}第{index}有限公司", 'legal_representative': "演示法人",
            'enterprise_category_id': env.ref('cfia_membership.cfia_enterprise_category_die_forging').id,
            'ownership_id': env.ref('cfia_membership.cfia_ownership_private').id,
            'state_id': env.ref('base.state_cn_JS').id, 'street': "演示路1号", 'zip': '210000',
            'representative_name': "演示代表", 'contact_name': "演示联系人", 'contact_phone': '025-0000 0000',
            'contact_email': f'contact{mark}-{index}@faults.example',
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


def count_units(records):
    """Return how many of the records each unit has; ``mapped`` would name each unit once."""
    return Counter(record.partner_id.id for record in records)


def print_and_mail(env):
    """Print what is pending and send what is queued, as the schedules do."""
    Document = env['cfia.document']
    domain = Document._get_render_domain()
    pending = Document.search_count(domain)
    while pending:
        retrying(lambda: Document._cron_render(batch_size=12, step=3), env)
        env.cr.commit()
        before, pending = pending, Document.search_count(domain)
        if pending >= before:
            break  # the disk is full
    env['mail.mail'].process_email_queue()
    env.cr.commit()


class Act:
    """One kind of work."""

    name = None
    #: whether letters go out by mail, and files into the store
    mails = False
    writes_files = False

    def prepare(self, env):
        """Make what the act works on; return plain values that the other methods get."""
        raise NotImplementedError

    def do(self, env, subject):
        """Do the work, committed in steps as the server does. Doing it again does what is left."""
        raise NotImplementedError

    def go_on(self, env, subject):
        """Do again what no schedule does: somebody presses the button once more."""

    def is_done(self, env, subject):
        """Return whether nothing is left to do."""
        raise NotImplementedError

    def broken(self, env, subject):
        """Return what does not hold, as a list of texts; also right after a fault."""
        return []

    def mailed_records(self, env, subject):
        """Return the records of which each is written to once, by mail."""
        return []

    def letters(self, env, subject):
        """Return the mails of the act: lists of the record's name and the Message-IDs of its mails."""
        result = []
        for records in self.mailed_records(env, subject):
            # a letter may be enclosed with another one, whose mail brings both
            carriers = {
                record: record._name == 'cfia.document' and record.sent_with_id or record for record in records}
            messages = env['mail.message'].search([
                ('model', '=', records._name), ('res_id', 'in', [carrier.id for carrier in carriers.values()]),
                ('message_type', '=', 'email_outgoing')])
            by_record = messages.grouped('res_id')
            result += [
                [record.display_name, by_record.get(carrier.id, messages.browse()).mapped('message_id')]
                for record, carrier in carriers.items()]
        return result


class UserAct(Act):
    """Work of a person, who does it again where it was interrupted."""

    def go_on(self, env, subject):
        self.do(env, subject)


class Approval(UserAct):
    name = 'approval'
    mails = True
    writes_files = True

    def prepare(self, env):
        return make_applications(env, 6)

    def sign(self, env, subject):
        signing = env(user=get_user(env, 'secretary_general').id)
        each(signing, signing['cfia.membership.application'].browse(subject),
             lambda application: application.state == 'verified' and application.action_approve())

    def do(self, env, subject):
        self.sign(env, subject)
        print_and_mail(env)

    def go_on(self, env, subject):
        self.sign(env, subject)

    def is_done(self, env, subject):
        return set(env['cfia.membership.application'].browse(subject).mapped('state')) == {'approved'}

    def mailed_records(self, env, subject):
        units = env['cfia.membership.application'].browse(subject).partner_id
        return [env['cfia.document'].search([('partner_id', 'in', units.ids), ('kind', '=', 'dues_notice')])]

    def broken(self, env, subject):
        found = []
        for application in env['cfia.membership.application'].browse(subject):
            unit = application.partner_id
            events = env['cfia.member.event'].search_count([('partner_id', '=', unit.id), ('kind', '=', 'joined')])
            files = env['cfia.member.file'].search_count([('partner_id', '=', unit.id)])
            kinds = Counter(env['cfia.document'].search([('partner_id', '=', unit.id)]).mapped('kind'))
            left = (bool(unit.member_number), events, files, kinds['certificate'], kinds['entry_notice'],
                    kinds['dues_notice'], len(unit.dues_line_ids))
            whole = application.state == 'approved'
            if left != (whole,) + (whole * 1,) * 6:
                found.append(f"{application.name}: half approved: {application.state} {unit.member_number} {left}")
        return found


class DuesRun(Act):
    name = 'dues_run'
    mails = True
    writes_files = True

    def prepare(self, env):
        units = make_members(env, 8)
        run = env['cfia.dues.run'].with_user(get_user(env, 'accountant')).create({
            'year': date.today().year + 1, 'scope': 'selected', 'partner_ids': units})
        run.action_start()
        return run.id

    def do(self, env, subject):
        retrying(lambda: env['cfia.dues.run']._cron_process(batch_size=2), env)
        env.cr.commit()
        print_and_mail(env)

    def is_done(self, env, subject):
        return env['cfia.dues.run'].browse(subject).state == 'done'

    def mailed_records(self, env, subject):
        lines = self.lines(env, subject)
        return [env['cfia.document'].search([
            ('partner_id', 'in', lines.partner_id.ids), ('kind', '=', 'dues_notice')])]

    def lines(self, env, subject):
        run = env['cfia.dues.run'].browse(subject)
        return env['cfia.dues.line'].search([
            ('partner_id', 'in', run.member_ids.partner_id.ids), ('year', '=', run.year)])

    def broken(self, env, subject):
        run = env['cfia.dues.run'].browse(subject)
        lines = self.lines(env, subject)
        found = [f"{line.display_name}: {line.state} with bill {line.move_id.state}"
                 for line in lines if line.state != 'billed' or line.move_id.state != 'posted'
                 or line.move_id.amount_total != line.amount]
        billed = run.member_ids.filtered(lambda member: member.state == 'billed')
        if billed.partner_id != lines.partner_id or len(billed) != len(lines):
            found.append(f"{len(billed)} are said to be billed, {len(lines)} have a line")
        notices = count_units(env['cfia.document'].search([
            ('partner_id', 'in', lines.partner_id.ids), ('kind', '=', 'dues_notice')]))
        # one of the year of joining, one of this run
        found += [f"{unit.name}: {notices[unit.id]} notices" for unit in lines.partner_id if notices[unit.id] != 2]
        if run.state == 'done' and len(lines) != len(run.member_ids):
            found.append(f"done, but {len(lines)} of {len(run.member_ids)} are billed")
        return found


class CollectionRound(Act):
    name = 'collection_round'
    mails = True
    writes_files = True

    def prepare(self, env):
        units = env['res.partner'].browse(make_members(env, 6))
        unlocked(units.dues_line_ids).write({'date_due': date.today() - timedelta(days=40)})
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
        retrying(lambda: env['cfia.dues.round']._cron_send(batch_size=2), env)
        env.cr.commit()
        print_and_mail(env)

    def recipients(self, env, subject):
        return env['cfia.dues.round'].browse(subject).recipient_ids

    def is_done(self, env, subject):
        recipients = self.recipients(env, subject)
        return (set(recipients.mapped('state')), set(recipients.mapped('delivery_state')),
                set(recipients.document_id.mapped('state'))) == ({'sent'}, {'sent'}, {'done'})

    def mailed_records(self, env, subject):
        return [self.recipients(env, subject)]

    def broken(self, env, subject):
        recipients = self.recipients(env, subject)
        mails = Counter(env['mail.message'].search([
            ('model', '=', recipients._name), ('res_id', 'in', recipients.ids), ('message_type', '=', 'email_outgoing'),
        ]).mapped('res_id'))
        letters = Counter(env['cfia.document'].search([
            ('res_model', '=', recipients._name), ('res_id', 'in', recipients.ids)]).mapped('res_id'))
        found = [f"{recipient.display_name}: {mails[recipient.id]} mails, {letters[recipient.id]} letters, {recipient.state}"
                 for recipient in recipients if mails[recipient.id] > 1
                 or letters[recipient.id] != (recipient.state == 'sent')]
        found += [f"{recipient.display_name}: printed and not mailed" for recipient in recipients
                  if recipient.document_id.state == 'done' and mails[recipient.id] != 1]
        return found


class ChangeList(Act):
    name = 'list_freeze'

    def prepare(self, env):
        # a month later: what was made is received, and of an earlier month
        for kind in ('editorial', 'network'):
            env['cfia.change.list'].with_user(get_user(env, kind)).search([
                ('kind', '=', kind), ('state', '=', 'waiting')]).action_receive()
        env.flush_all()
        for change_list in env['cfia.change.list'].search([], order='month, id'):
            env.cr.execute("UPDATE cfia_change_list SET month = month - interval '1 month' WHERE id = %s", [change_list.id])
        return make_members(env, 4)

    def do(self, env, subject):
        retrying(env['cfia.change.list']._cron_make_lists, env)
        env.cr.commit()

    def made(self, env):
        return env['cfia.change.list'].search([('month', '=', date.today().replace(day=1))])

    def is_done(self, env, subject):
        return set(self.made(env).mapped('kind')) == {'editorial', 'network'}

    def broken(self, env, subject):
        lists = env['cfia.change.list'].search([])
        keys = Counter((item.kind, item.month) for item in lists if item.is_scheduled)
        found = [f"two lists of {key}" for key, count in keys.items() if count > 1]
        waiting = Counter(item.kind for item in lists if item.state == 'waiting')
        found += [f"{count} lists wait for {kind}" for kind, count in waiting.items() if count > 1]
        for item in self.made(env):
            listed = count_units(item.line_ids)
            if listed != Counter({**dict.fromkeys(listed, 1), **dict.fromkeys(subject, 1)}):
                found.append(f"{item.display_name}: {dict(listed)} are on it, new are {subject}")
            told = env['mail.message'].search_count([
                ('model', '=', item._name), ('res_id', '=', item.id), ('message_type', '=', 'user_notification')])
            if told != 1:
                found.append(f"{item.display_name}: its department was told {told} times")
        return found


class RosterImport(UserAct):
    name = 'import'
    writes_files = True

    def prepare(self, env):
        env.cr.execute("SELECT COALESCE(MAX(value), 0) + 1 FROM cfia_member_number")
        [first] = env.cr.fetchone()
        return env['cfia.roster.import'].create({
            'file': base64.b64encode(make_roster(15, seed=first, first=first)), 'filename': 'roster.xlsx'}).id

    def do(self, env, subject):
        roster = env['cfia.roster.import'].browse(subject)

        def act():
            env.invalidate_all()
            if roster.state != 'imported':
                roster.action_import()

        retrying(act, env)
        env.cr.commit()

    def is_done(self, env, subject):
        return env['cfia.roster.import'].browse(subject).state == 'imported'

    def broken(self, env, subject):
        roster = env['cfia.roster.import'].browse(subject)
        units = roster.row_ids.partner_id
        if roster.state != 'imported' and units:
            return ["units of an import that is not done"]
        members = units.filtered(lambda unit: unit.member_state == 'member')
        events = count_units(env['cfia.member.event'].search([
            ('partner_id', 'in', members.ids), ('kind', '=', 'joined')]))
        files = count_units(env['cfia.member.file'].search([('partner_id', 'in', members.ids)]))
        found = [f"{unit.name}: joined {events[unit.id]} times, {files[unit.id]} files" for unit in members
                 if events[unit.id] != 1 or files[unit.id] != 1]
        if roster.state == 'imported' and not members:
            found.append("done, and nobody came in")
        return found


class BankMatching(UserAct):
    name = 'bank_matching'

    def prepare(self, env):
        units = env['res.partner'].browse(make_members(env, 6))
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
        receipts = env['account.bank.statement.line'].browse(subject)
        for receipt in receipts:
            unit = receipt.dues_member_id
            if bool(unit) != receipt.is_reconciled:
                found.append(f"{receipt.display_name}: member {unit.name}, reconciled {receipt.is_reconciled}")
            if unit and (unit.dues_line_ids.mapped('state') != ['paid'] or sum(unit.dues_line_ids.mapped('amount_paid')) != 2000):
                found.append(f"{unit.name}: {unit.dues_line_ids.mapped('state')} after the receipt")
        units = receipts.dues_member_id
        if len(units) != len(receipts.filtered('dues_member_id')):
            found.append("two receipts went to one member")
        return found


class QuotaUse(UserAct):
    name = 'quota_use'

    def prepare(self, env):
        [unit] = make_members(env, 1)
        service = env['cfia.service'].search([('quota', '>', 0)], limit=1)
        return env['cfia.entitlement'].create({
            'partner_id': unit, 'service_id': service.id, 'quota': 12, 'account_name': f'faults{unit}'}).id

    def do(self, env, subject):
        env = env(user=get_user(env, 'training').id)
        for _time in range(12):
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


def environment(registry):
    """Return a cursor and the superuser's environment on it."""
    cr = registry.cursor()
    return cr, api.Environment(cr, SUPERUSER_ID, {'lang': 'zh_CN', 'tz': 'Asia/Shanghai'})
