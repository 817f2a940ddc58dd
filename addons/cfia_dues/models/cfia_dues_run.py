import logging

from psycopg2 import OperationalError
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools.translate import LazyTranslate

from .cfia_dues_line_correction import UNDUE_REASONS
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)

_logger = logging.getLogger(__name__)

BATCH_SIZE = 400


class CfiaDuesRun(models.Model):
    """Bills the dues of a year in batches by schedule; each batch is committed whole.

    A run may be paused, resumed, killed or repeated: what is billed stays, the rest follows, and nothing
    is billed twice, since a member has one dues line for a year.
    """

    _name = 'cfia.dues.run'
    _description = "Dues Run"
    _inherit = ['cfia.guard.mixin', 'mail.thread']
    _order = 'year desc, id desc'
    _check_company_auto = True
    _frozen_when = dict.fromkeys(
        ('running', 'paused', 'done'), ('company_id', 'year', 'scope', 'partner_ids', 'date_invoice', 'with_notices'))
    _guard_texts = {
        'write': _lt("A run is started, paused and resumed by its buttons."),
        'frozen': _lt("It was started. Make another run instead."),
        'unlink': _lt("It was started and is kept as evidence. Pause it instead."),
    }

    name = fields.Char(compute='_compute_name', store=True, readonly=False, required=True, precompute=True)
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    user_id = fields.Many2one('res.users', string="Responsible", default=lambda self: self.env.user)
    year = fields.Integer(required=True, aggregator=None, default=lambda self: association_today().year)
    scope = fields.Selection(
        selection=[('all', "All members"), ('selected', "Selected members")], required=True, default='all')
    partner_ids = fields.Many2many(
        'res.partner', 'cfia_dues_run_partner_rel', string="Members", domain="[('member_number', '!=', False)]")
    date_invoice = fields.Date(
        string="Billed On", help="Empty: the day on which each member is billed.")
    with_notices = fields.Boolean(string="Issue Notices", default=True)
    state = fields.Selection(
        selection=[
            ('draft', "Draft"),
            ('running', "Running"),
            ('paused', "Paused"),
            ('done', "Done"),
        ],
        required=True,
        default='draft',
        readonly=True,
        copy=False,
        tracking=True,
    )
    date_start = fields.Datetime(string="Started", readonly=True, copy=False)
    date_done = fields.Datetime(string="Finished On", readonly=True, copy=False)
    member_ids = fields.One2many('cfia.dues.run.member', 'run_id', string="Run Members", readonly=True, copy=False)
    skipped_member_ids = fields.One2many(
        'cfia.dues.run.member', 'run_id', string="Not Billed Members", domain=[('state', '=', 'skipped')], readonly=True)
    member_count = fields.Integer(string="Number of Units", compute='_compute_progress')
    pending_count = fields.Integer(string="Waiting", compute='_compute_progress')
    billed_count = fields.Integer(string="Billed", compute='_compute_progress')
    skipped_count = fields.Integer(string="Not Billed", compute='_compute_progress')
    progress = fields.Float(compute='_compute_progress')
    amount_billed = fields.Monetary(compute='_compute_progress')

    _active_unique = models.UniqueIndex(
        "(company_id, year) WHERE state IN ('running', 'paused')",
        "Another run of this year is going on. Wait for it or resume it.",
    )
    _year_range = models.Constraint(
        'CHECK (year BETWEEN 1900 AND 2200)', "The year has four digits.")

    # === COMPUTE METHODS === #

    @api.depends('year')
    def _compute_name(self):
        for run in self:
            run.name = self.env._("Dues %(year)s", year=run.year)

    @api.depends('member_ids.state')
    def _compute_progress(self):
        counts = {}
        for run, state, count in self.env['cfia.dues.run.member']._read_group(
                [('run_id', 'in', self.ids)], ['run_id', 'state'], ['__count']):
            counts[run.id, state] = count
        amounts = dict(self.env['cfia.dues.line']._read_group(
            [('run_id', 'in', self.ids), ('date_billed', '!=', False)], ['run_id'], ['amount:sum']))
        for run in self:
            run.pending_count = counts.get((run._origin.id, 'pending'), 0)
            run.billed_count = counts.get((run._origin.id, 'billed'), 0)
            run.skipped_count = counts.get((run._origin.id, 'skipped'), 0)
            run.member_count = run.pending_count + run.billed_count + run.skipped_count
            run.progress = 100.0 * (1 - run.pending_count / run.member_count) if run.member_count else 0.0
            run.amount_billed = amounts.get(run._origin, 0.0)

    # === ACTION METHODS === #

    def action_preview(self):
        """Show what starting this run does: whom it bills, how much, which notices, whom it leaves out and why.

        :raise UserError: when accounting is not set up, or nobody is to be billed
        """
        self.ensure_one()
        preview = self.env['cfia.dues.run.start'].create(self._prepare_start())
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Start the Dues Run"),
            'res_model': preview._name,
            'res_id': preview.id,
            'view_mode': 'form',
            'target': 'new',
        }

    def action_start(self):
        """List the members and let the schedule bill them.

        :raise UserError: when accounting is not set up, or nobody is to be billed
        """
        for run in self.filtered(lambda run: run.state == 'draft'):
            partners = run._check_members()
            # sudo: nobody enters lines of a run by hand
            unlocked(self.env['cfia.dues.run.member'].sudo()).create([
                {'run_id': run.id, 'partner_id': partner.id} for partner in partners])
            run.check_access('write')
            unlocked(run).write({'state': 'running', 'date_start': fields.Datetime.now()})
        self._trigger()
        return True

    def action_pause(self):
        """Stop after the batch that is being billed."""
        self.check_access('write')
        unlocked(self.filtered(lambda run: run.state == 'running')).write({'state': 'paused'})
        return True

    def action_resume(self):
        """Go on with the members that wait."""
        self.check_access('write')
        unlocked(self.filtered(lambda run: run.state == 'paused')).write({'state': 'running'})
        self._trigger()
        return True

    def action_retry(self):
        """Take up again the members that could not be billed, once the reasons are gone."""
        for run in self:
            members = run.member_ids.filtered(lambda member: member.state == 'skipped')
            run.check_access('write')
            # sudo: nobody writes lines of a run by hand
            unlocked(members.sudo()).write({'state': 'pending', 'reason': False, 'note': False})
            unlocked(run).write({'state': 'running', 'date_done': False})
        self._trigger()
        return True

    def action_view_members(self):
        """Open the members of these runs."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_dues.cfia_dues_run_member_action')
        action['domain'] = [('run_id', 'in', self.ids)]
        return action

    def action_view_dues_lines(self):
        """Open the lines that these runs billed."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_dues.cfia_dues_line_action')
        action['domain'] = [('run_id', 'in', self.ids)]
        action['context'] = {}
        return action

    # === BUSINESS METHODS === #

    def _get_members(self):
        """Return the units that this run is to bill, those that pay first by their number."""
        self.ensure_one()
        domain = Domain('member_number', '!=', False) & Domain('member_state', '=', 'member')
        if self.scope == 'selected':
            return self.partner_ids
        return self.env['res.partner'].search(domain, order='id')

    def _check_members(self):
        """Return the units that this run is to bill.

        :raise UserError: when accounting is not set up, or there are none
        """
        self.ensure_one()
        # sudo: whether accounting is set up is no secret
        company_sudo = self.company_id.sudo()
        if not (company_sudo.cfia_dues_journal_id and company_sudo.cfia_dues_account_id):
            raise UserError(self.env._(
                "%(company)s has no dues journal or account. Choose them in the settings first.",
                company=self.company_id.name))
        partners = self._get_members()
        if not partners:
            raise UserError(self.env._("“%(run)s” has no members to bill.", run=self.name))
        return partners

    def _prepare_start(self):
        """Price all members as the run does, take that back, and return what was found for the dialog."""
        self.check_access('write')
        partners = self._check_members()
        with self.env.cr.savepoint() as savepoint:
            lines, existing, undue = self.with_company(self.company_id)._price_members(partners)
            by_partner = dict.fromkeys(partners, lines.browse())
            by_partner.update({line.partner_id: line for line in existing | lines})
            reasons = {
                partner: undue.get(partner) or self._get_reason(partner, line, line in lines)
                for partner, line in by_partner.items()}
            to_bill = lines.filtered(lambda line: not reasons[line.partner_id])
            contacts = to_bill.payer_id._get_role_contacts('finance')
            with_email = [bool(contact.email or payer.email) for payer, contact in contacts.items()] if self.with_notices else []
            vals = {
                'run_id': self.id,
                'member_count': len(to_bill),
                'amount': sum(to_bill.mapped('amount')),
                'mail_count': sum(with_email),
                'letter_count': len(with_email) - sum(with_email),
                'left_out_ids': [
                    Command.create({'partner_id': partner.id, 'reason': reason})
                    for partner, reason in reasons.items() if reason
                ],
            }
            savepoint.rollback()
        return vals

    @api.model
    def _trigger(self):
        # sudo: schedules are the administrator's
        self.env.ref('cfia_dues.ir_cron_cfia_dues_run').sudo()._trigger()

    def _bill_members(self, members):
        """Bill some of this run's members and say of each what became of him.

        :param members: waiting records of ``cfia.dues.run.member``, at constant queries but those of
            accounting
        """
        self.ensure_one()
        self = self.with_company(self.company_id)
        Line = self.env['cfia.dues.line']
        lines, existing, undue = self._price_members(members.partner_id)
        lines._bill_or_hold(self.date_invoice)
        by_partner = {line.partner_id: line for line in existing | lines}
        billed = Line
        for member in members:
            line = by_partner.get(member.partner_id, Line)
            reason = undue.get(member.partner_id) or self._get_reason(member.partner_id, line, line in lines)
            unlocked(member).write({
                'state': 'skipped' if reason else 'billed',
                'reason': reason,
                'note': line.hold_note,
                'dues_line_id': line.id,
            })
            if not reason:
                billed += line
        if self.with_notices:
            billed.filtered(lambda line: line.amount_residual > 0)._issue_notices()

    def _price_members(self, partners):
        """Open and price the lines of members; hold back those who cannot be reached.

        :param partners: units
        Who owes nothing for the year by the course of his membership, as it is at this moment, gets no line.

        :return: the lines to bill or held back, those of the year that were there before, and {partner: why
            he owes nothing}
        :rtype: tuple
        """
        self.ensure_one()
        Line = self.env['cfia.dues.line']
        lines = Line._open(partners, self.year, origin='run', run_id=self.id)
        existing = Line.search([
            ('company_id', '=', self.company_id.id), ('partner_id', 'in', partners.ids), ('year', '=', self.year),
        ]) - lines
        lines |= existing._release_free(self.date_invoice)
        lines |= existing.filtered(lambda line: line.state == 'to_bill' and line.origin != 'opening')
        lines._price()
        undue = {line.partner_id: line.hold_reason for line in lines if line.hold_reason in UNDUE_REASONS}
        lines._drop_undue()
        lines = lines.exists()
        lines._hold_without_address()
        return lines, existing.exists(), undue

    @api.model
    def _get_reason(self, partner, line, is_new):
        """Say why a member was not billed, False for one that was.

        :param partner: the unit
        :param line: its dues line of the year, if there is one
        :param bool is_new: whether the run took up the line itself
        """
        if not line:
            # an opening line of a later year, or the cut-off of the opening balances, says so
            return 'prepaid'
        if line.origin == 'opening' and line.state == 'paid':
            return 'prepaid'
        if not is_new:
            return 'cancelled' if line.state == 'cancelled' else 'exists'
        if line.hold_reason:
            return line.hold_reason
        if line.state == 'waived':
            return 'exempt'
        return False

    # === CRON METHODS === #

    @api.model
    def _cron_process(self, batch_size=BATCH_SIZE):
        """Bill the members that wait, batch by batch, each committed whole."""
        Member = self.env['cfia.dues.run.member']
        commit_progress = self.env['ir.cron']._commit_progress
        domain = [('state', '=', 'pending'), ('run_id.state', '=', 'running')]
        remaining = Member.search_count(domain)
        commit_progress(remaining=remaining)
        while members := Member.search(domain, limit=batch_size, order='run_id, id'):
            run = members[:1].run_id
            members = members.filtered(lambda member: member.run_id == run)._with_members_of_same_payer()
            run._bill_batch(members)
            remaining = max(0, remaining - len(members))
            seconds = commit_progress(len(members), remaining=remaining)
            # what others did meanwhile is seen from here on, a pause above all
            self.env.invalidate_all()
            if not seconds:
                return
        for run in self.search([('state', '=', 'running')]):
            if run.pending_count:
                continue
            try:
                with self.env.cr.savepoint():
                    run._finish()
            except OperationalError:
                # another session, which worked on the same run, has closed it
                self.env.cr.rollback()
                self.env.invalidate_all()
            commit_progress()

    def _bill_batch(self, members):
        """Bill a batch; where it fails, one by one, keeping on each member what stood against it."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._bill_members(members)
            return
        except (OperationalError, UniqueViolation):
            # somebody else billed one of them: begin anew with what he left
            self.env.cr.rollback()
            self.env.invalidate_all()
            return
        except Exception:  # noqa: BLE001 whatever went wrong with one, the others have to be billed
            _logger.warning("Dues run %s: a batch failed and is repeated one by one", self.id, exc_info=True)
        for member in members:
            try:
                with self.env.cr.savepoint():
                    self._bill_members(member)
            except OperationalError:
                raise
            except Exception as error:  # noqa: BLE001 kept on the member for finance
                unlocked(member).write({'state': 'skipped', 'reason': 'refused', 'note': str(error)})

    def _finish(self):
        """Close a run and tell its responsible."""
        self.ensure_one()
        unlocked(self).write({'state': 'done', 'date_done': fields.Datetime.now()})
        self.message_post(
            body=self.env._(
                "%(billed)s units were billed, %(skipped)s were not.",
                billed=self.billed_count, skipped=self.skipped_count),
            partner_ids=self.user_id.partner_id.ids,
        )


class CfiaDuesRunMember(models.Model):
    """A unit in a dues run: billed, or why not."""

    _name = 'cfia.dues.run.member'
    _description = "Member of a Dues Run"
    _inherit = ['cfia.guard.mixin']
    _order = 'run_id, id'
    _rec_name = 'partner_id'
    _made_by_steps = True

    run_id = fields.Many2one('cfia.dues.run', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='run_id.company_id', store=True)
    partner_id = fields.Many2one(
        'res.partner', string="Member", required=True, readonly=True, index=True, ondelete='restrict')
    member_number = fields.Char(related='partner_id.member_number')
    state = fields.Selection(
        selection=[('pending', "Waiting"), ('billed', "Billed"), ('skipped', "Not billed")],
        required=True, default='pending', readonly=True)
    reason = fields.Selection(selection='_selection_reason', readonly=True)
    note = fields.Char(string="What Accounting Said", readonly=True)
    dues_line_id = fields.Many2one('cfia.dues.line', readonly=True, index='btree_not_null', ondelete='set null')

    _partner_unique = models.UniqueIndex('(run_id, partner_id)', "A unit is once in a run.")
    _pending_idx = models.Index("(run_id, id) WHERE state = 'pending'")

    @api.model
    def _selection_reason(self):
        """Return what holds back a line, and why a member is passed over."""
        return [
            *self.env['cfia.dues.line']._fields['hold_reason']._description_selection(self.env),
            ('exempt', self.env._("Exempt by the resolution")),
            ('prepaid', self.env._("Paid by an earlier list")),
            ('exists', self.env._("Billed before")),
            ('cancelled', self.env._("Cancelled")),
        ]

    def _with_members_of_same_payer(self):
        """Return these and the waiting ones whose payer is among theirs: one payer gets one bill."""
        payers = self.partner_id.dues_payer_id | self.env['res.partner'].search(
            [('dues_paid_member_ids', '!=', False), ('id', 'in', self.partner_id.ids)])
        return self | self.search([
            ('run_id', 'in', self.run_id.ids), ('state', '=', 'pending'),
            '|', ('partner_id', 'in', payers.ids), ('partner_id.dues_payer_id', 'in', payers.ids),
        ]) if payers else self

    def action_open_line(self):
        """Open the dues line of this member."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'cfia.dues.line',
            'view_mode': 'form',
            'res_id': self.dues_line_id.id,
        }
