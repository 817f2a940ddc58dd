from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.cfia_membership.tools.guard import unlocked

# source of an event → the column that names the department that reported it
DEPARTMENT_FIELDS = {
    'cfia.change.request': 'received_department_id',
    'cfia.membership.application': 'received_department_id',
}


class CfiaChangeRelease(models.Model):
    """The year's changes of the members, released collectively (集中发布变更情况, article 4.2.2c).

    By the department that reported them; every department acknowledges that it has them.
    """

    _name = 'cfia.change.release'
    _description = "Yearly Release of Changes"
    _inherit = ['cfia.event.release.mixin']
    _acts_of_readers = ('action_acknowledge',)

    _months = 12
    _event_lines = 'change_release_line_ids'
    _obligation = 'cfia_membership.cfia_obligation_4_2_2c'

    line_ids = fields.One2many('cfia.change.release.line', 'release_id', readonly=True)
    line_count = fields.Integer(string="Changes", compute='_compute_line_count')
    receipt_ids = fields.One2many(
        'cfia.change.release.receipt', 'release_id', string="Acknowledgements", readonly=True)
    can_acknowledge = fields.Boolean(compute='_compute_can_acknowledge')

    _year_unique = models.UniqueIndex('(date)', "There is a release of this year already.")
    _first_day = models.Constraint(
        "CHECK (EXTRACT(DOY FROM date) = 1)", "The release is of a calendar year and dated with its first day.")

    # === COMPUTE METHODS === #

    @api.depends('date')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for release in self:
            release.display_name = release.date and self.env._(
                "Changes of members in %(year)s", year=release.date.year)

    @api.depends('line_ids')
    def _compute_line_count(self):
        counts = dict(self.env['cfia.change.release.line']._read_group(
            [('release_id', 'in', self.ids)], ['release_id'], ['__count']))
        for release in self:
            release.line_count = counts.get(release._origin, 0)

    @api.depends('receipt_ids.date', 'receipt_ids.department_id.user_ids')
    @api.depends_context('uid')
    def _compute_can_acknowledge(self):
        for release in self:
            release.can_acknowledge = bool(release._get_open_receipts())

    # === ACTION METHODS === #

    def action_acknowledge(self):
        """Acknowledge for one's department (签收).

        :raise UserError: for someone of no department that has to
        """
        for release in self:
            receipts = release._get_open_receipts()
            if not receipts:
                raise UserError(self.env._(
                    "“%(release)s” does not wait for your department.", release=release.display_name))
            # sudo: departments read the release, this is the one thing they write
            unlocked(receipts.sudo()).write({'user_id': self.env.uid, 'date': fields.Datetime.now()})
        return True

    # === BUSINESS METHODS === #

    def _get_open_receipts(self):
        """Return what the departments of the present user have not acknowledged."""
        return self.receipt_ids.filtered(
            # sudo: who belongs to a department is asked, not shown
            lambda receipt: not receipt.date and self.env.user in receipt.sudo().department_id.user_ids)

    def _get_release_activity_type(self):
        return 'cfia_membership.mail_act_change_release'

    def _get_notice_text(self):
        return self.env._(
            "%(release)s: %(count)s changes. Please acknowledge.", release=self.display_name, count=self.line_count)

    def _prepare_lines(self, events):
        default = self.env.ref('cfia_membership.cfia_department_organisation')
        departments = {}
        for model, own in events.grouped('res_model').items():
            if model in DEPARTMENT_FIELDS:
                # sudo: only the department that reported is read
                sources = self.env[model].sudo().browse(own.mapped('res_id')).exists()
                departments.update({(model, source.id): source[DEPARTMENT_FIELDS[model]] for source in sources})
        return [
            {**vals, 'department_id': (departments.get((event.res_model, event.res_id)) or default).id}
            for event, vals in zip(events, super()._prepare_lines(events))
        ]

    def _notify_departments(self):
        # sudo: every department is told, whoever releases; receipts are the system's
        departments = self.env['cfia.department'].sudo().search([('user_ids', '!=', False)])
        unlocked(self.sudo()).write({
            'receipt_ids': [Command.create({'department_id': department.id}) for department in departments]})
        return super()._notify_departments()

    def _get_tables(self):
        """Return a table for each department, its changes by unit and kind."""
        self.ensure_one()
        self = self.with_context(lang=self._get_paper_lang())  # noqa: PLW0642 the paper's language
        headings = {
            'member_number': self.env._("Number"), 'unit_name': self.env._("Unit"), 'event': self.env._("Event"),
            'note': self.env._("What changed"), 'date_effective': self.env._("Effective on"),
        }
        events = dict(self.env['cfia.member.event']._fields['kind']._description_selection(self.env))
        # sudo: the release is what departments may read of the ledger
        lines = self.line_ids.sudo().sorted(lambda line: (line.unit_name or '', line.event_kind, line.date_effective))
        tables = [
            {
                'title': self.env._("Reported by: %(department)s (%(count)s)", department=department.name, count=len(own)),
                'columns': [(key, heading, 'text') for key, heading in headings.items()],
                'rows': [
                    {
                        'member_number': line.member_number, 'unit_name': line.unit_name,
                        'event': events[line.event_kind], 'note': line.note or '',
                        'date_effective': line.date_effective.isoformat(),
                    } for line in own
                ],
            }
            for department, own in sorted(lines.grouped('department_id').items(), key=lambda item: item[0].sequence)
        ]
        receipts = {
            'department': self.env._("Department"), 'text': self.env._("Acknowledged by"),
        }
        if self.receipt_ids:
            tables.append({
                'title': self.env._("Acknowledgements"),
                'columns': [(key, heading, 'text') for key, heading in receipts.items()],
                'rows': [
                    {
                        'department': receipt.department_id.name,
                        'text': self._get_person_text(receipt.user_id, receipt.date) if receipt.date else '',
                    } for receipt in self.receipt_ids
                ],
            })
        return tables


class CfiaChangeReleaseLine(models.Model):
    """A change of the year."""

    _name = 'cfia.change.release.line'
    _description = "Yearly Release of Changes, Line"
    _inherit = ['cfia.event.release.line.mixin']

    release_id = fields.Many2one('cfia.change.release', required=True, readonly=True, index=True, ondelete='cascade')
    department_id = fields.Many2one(
        'cfia.department', string="Reporting Department", required=True, readonly=True)

    _event_unique = models.UniqueIndex('(release_id, event_id)', "An event stands in a release once.")


class CfiaChangeReleaseReceipt(models.Model):
    """A department has the year's changes."""

    _name = 'cfia.change.release.receipt'
    _description = "Acknowledgement of the Yearly Changes"
    _inherit = ['cfia.ledger.mixin']
    _order = 'release_id desc, id'
    _rec_name = 'department_id'
    _made_by_steps = True
    _append_only = True

    release_id = fields.Many2one('cfia.change.release', required=True, readonly=True, index=True, ondelete='cascade')
    department_id = fields.Many2one('cfia.department', required=True, readonly=True, ondelete='restrict')
    user_id = fields.Many2one('res.users', string="Acknowledged By", readonly=True, ondelete='restrict')
    date = fields.Datetime(string="Acknowledged On", readonly=True)

    _department_unique = models.UniqueIndex('(release_id, department_id)', "A department acknowledges once.")
