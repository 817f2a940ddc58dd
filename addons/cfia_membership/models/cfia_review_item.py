from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.models.cfia_roster_import import REASONS
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.roster.evaluate import QUESTIONS
from odoo.addons.cfia_membership.tools.roster.values import parse_email, parse_phone, parse_zip

_lt = LazyTranslate(__name__)

# question → the field of the item that takes the right value, and the column it is written to
TARGETS = {
    'unit_alike': ('value_char', 'uscc'),
    'uscc_checksum': ('value_char', 'uscc'),
    'unknown_grade': ('value_grade_id', 'member_grade_id'),
    'unknown_category': ('value_category_id', 'enterprise_category_id'),
    'unknown_ownership': ('value_ownership_id', 'ownership_id'),
    'unknown_province': ('value_province_id', 'state_id'),
    'email': ('value_char', 'email'),
    'phone': ('value_char', 'phone'),
    'postcode': ('value_char', 'zip'),
    'missing_date': ('value_date', 'date_member_joined'),
    'partial_date': ('value_date', 'date_member_joined'),
    'exit_unclear': ('value_date', 'date_member_left'),
    'exit_date': ('value_date', 'date_member_left'),
    'exit_before_joined': ('value_date', 'date_member_left'),
    'paid_to': ('value_year', None),
    'paid_after_exit': ('value_year', None),
}
CONTACT_COLUMNS = ('email', 'phone')
PARSERS = {'email': parse_email, 'phone': parse_phone, 'postcode': parse_zip}
# no event of joining or exit stands in the ledger before these are settled
LEDGER_QUESTIONS = ('missing_date', 'exit_date', 'exit_before_joined')

HINTS = {
    'unit_alike': _lt(
        "Compare the two units. If they are two, enter the USCC of this one, or dismiss the question with a note; "
        "if they are one, merge them."),
    'uscc_checksum': _lt("Compare with the business licence or the public enterprise register and enter the code."),
    'unknown_grade': _lt("Look up the unit's grade in the resolution of the congress and choose it."),
    'unknown_category': _lt("Ask the unit for its main trade and choose the category: it decides on the magazine edition."),
    'unknown_ownership': _lt("Look the unit up in the public enterprise register and choose its ownership."),
    'unknown_province': _lt("Choose the province of the unit's address."),
    'email': _lt("Telephone the contact person and enter the address."),
    'phone': _lt("Write to the contact person or look at the unit's website and enter the number."),
    'postcode': _lt("Look the postcode of the address up and enter it."),
    'missing_date': _lt("Look into the paper file or the old certificate and enter the joining date."),
    'partial_date': _lt("Look into the paper file for the day. Dismiss the question if nobody knows it."),
    'exit_unclear': _lt("Look into the paper file. If the unit left, enter its last day; if it is a member, dismiss the question."),
    'exit_date': _lt("Look into the paper file for the letter or the resolution and enter the last day."),
    'exit_before_joined': _lt("Compare both dates with the paper file and enter the last day."),
    'paid_to': _lt("Ask finance and enter the last year that is paid."),
    'paid_after_exit': _lt("Ask finance whether dues were paid after the exit and enter the last year that is paid."),
}


class CfiaReviewItem(models.Model):
    """A doubtful value of an imported member (待核), with the way to settle it."""

    _name = 'cfia.review.item'
    _description = "Value to Verify"
    _inherit = ['cfia.guard.mixin']
    _order = 'state, reason_code, id'
    _frozen_when = dict.fromkeys(('settled', 'dismissed'), '*')
    _guard_texts = {
        'write': _lt("Settle or dismiss a question by its button."),
        'frozen': _lt("It is settled and kept as it is. Change the unit's data instead."),
    }

    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True, readonly=True, index=True, ondelete='cascade')
    member_number = fields.Char(related='partner_id.member_number')
    import_id = fields.Many2one('cfia.roster.import', string="Member List", readonly=True, index=True)
    row = fields.Integer(readonly=True, aggregator=None)
    reason_code = fields.Selection(
        selection='_selection_reason_code', string="Question", required=True, readonly=True)
    field_name = fields.Char(string="Column", compute='_compute_field_name')
    raw_value = fields.Char(string="Value in the List", readonly=True)
    message = fields.Text(readonly=True)
    hint = fields.Text(string="How to Settle", compute='_compute_hint')
    state = fields.Selection(
        selection=[('open', "To verify"), ('settled', "Settled"), ('dismissed', "Dismissed")],
        required=True, readonly=True, default='open', index=True)
    value_kind = fields.Char(compute='_compute_value_kind')

    # The right value, by kind of question
    value_char = fields.Char(string="Right Value")
    value_date = fields.Date(string="Right Date")
    value_year = fields.Integer(string="Right Year", aggregator=None)
    value_grade_id = fields.Many2one('cfia.grade', string="Right Grade")
    value_category_id = fields.Many2one('cfia.enterprise.category', string="Right Category")
    value_ownership_id = fields.Many2one('cfia.ownership', string="Right Ownership")
    value_province_id = fields.Many2one(
        'res.country.state', string="Right Province", domain=[('country_id.code', '=', 'CN')])
    note = fields.Char(help="Where the value comes from, or why the question is dismissed.")
    settled_by_id = fields.Many2one('res.users', string="Settled By", readonly=True)
    date_settled = fields.Datetime(string="Settled On", readonly=True)

    # === COMPUTE METHODS === #

    @api.model
    def _selection_reason_code(self):
        return [(code, self.env._(REASONS[code])) for code in QUESTIONS]  # pylint: disable=gettext-variable

    @api.depends('reason_code', 'partner_id')
    def _compute_display_name(self):
        labels = dict(self._selection_reason_code())
        for item in self:
            item.display_name = f"{item.partner_id.name or ''} · {labels.get(item.reason_code, '')}"

    @api.depends('reason_code')
    def _compute_hint(self):
        for item in self:
            item.hint = self.env._(HINTS[item.reason_code]) if item.reason_code else False  # pylint: disable=gettext-variable

    @api.depends('reason_code')
    def _compute_value_kind(self):
        for item in self:
            item.value_kind = TARGETS[item.reason_code][0] if item.reason_code else False

    @api.depends('reason_code')
    def _compute_field_name(self):
        Partner = self.env['res.partner']
        for item in self:
            column = item.reason_code and TARGETS[item.reason_code][1]
            item.field_name = (
                Partner._fields[column]._description_string(self.env) if column
                else self.env._("Dues paid until"))

    # === ACTION METHODS === #

    def action_settle(self):
        """Write the right values into the units and close the questions.

        :raise UserError: when a value is missing or the question is closed
        """
        self.check_access('write')
        for item in self:
            value = item[item.value_kind]
            if not value:
                raise UserError(self.env._(
                    "Enter the right value of “%(item)s”, or dismiss the question with a note.",
                    item=item.display_name,
                ))
            item._check_value(value)
            item._write_value(value)
        self._close('settled')
        return True

    def action_dismiss(self):
        """Close the questions without a value.

        :raise UserError: without a note saying why
        """
        self.check_access('write')
        for item in self:
            if not item.note:
                raise UserError(self.env._(
                    "Note why “%(item)s” needs no other value before dismissing it.", item=item.display_name))
            if item.reason_code in LEDGER_QUESTIONS:
                raise UserError(self.env._(
                    "The ledger waits for the date of “%(item)s”: without it no count holds the unit. "
                    "If nobody knows it, enter the most likely day and say so in the note.",
                    item=item.display_name,
                ))
        self._close('dismissed')
        return True

    # === BUSINESS METHODS === #

    def _close(self, state):
        # sudo: who settled a question and when is not for the form to say
        unlocked(self.sudo()).write({
            'state': state,
            'settled_by_id': self.env.uid,
            'date_settled': fields.Datetime.now(),
        })

    def _write_value(self, value):
        """Write ``value`` where the question belongs, the ledger included.

        :param value: of the kind that the question asks for
        """
        self.ensure_one()
        column = TARGETS[self.reason_code][1]
        # sudo: dates and ledger are written by acts alone; the right to act was checked
        item_sudo = self.sudo()
        if self.value_kind == 'value_year':
            item_sudo.import_id._import_dues_history({item_sudo.partner_id: value})
        elif self.value_kind == 'value_date':
            item_sudo._write_date(column, value)
        elif column in CONTACT_COLUMNS:
            partner_sudo = item_sudo.partner_id
            contact_sudo = partner_sudo._get_role_contacts('contact')[partner_sudo]
            contact_sudo.write(item_sudo._prepare_contact_values(value))
        else:
            item_sudo.partner_id.write({column: value.id if isinstance(value, models.BaseModel) else value})

    def _prepare_contact_values(self, value):
        """Return the columns of the contact person that ``value`` fills."""
        if self.reason_code == 'phone':
            phone, mobile = parse_phone(value)
            return {name: number for name, number in (('phone', phone), ('mobile', mobile)) if number}
        return {'email': parse_email(value)}

    def _check_value(self, value):
        """Refuse values that would only raise the question again.

        :raise UserError: naming the question
        """
        parse = PARSERS.get(self.reason_code)
        try:
            if parse:
                parse(value)
        except ValueError as error:
            raise UserError(self.env._(
                "“%(value)s” does not answer “%(item)s” either.", value=value, item=self.display_name)) from error

    def _write_date(self, column, day):
        """Write the date of joining or of exit, and the events that waited for it.

        :raise UserError: for a date that cannot be
        """
        partner = self.partner_id
        if day > association_today():
            raise UserError(self.env._("%(date)s lies in the future.", date=day))
        joined = day if column == 'date_member_joined' else partner.date_member_joined
        left = day if column == 'date_member_left' else partner.date_member_left
        if joined and left and left < joined:
            raise UserError(self.env._(
                "%(unit)s cannot have left on %(left)s, before it joined on %(joined)s.",
                unit=partner.display_name, left=left, joined=joined,
            ))
        if self.reason_code == 'exit_unclear' and partner.member_state == 'member':
            partner._leave('withdrawn', day, note=self.note)
            return
        unlocked(partner).write({column: day})
        self._record_waiting_events(joined, left)

    def _record_waiting_events(self, joined, left):
        """Append the events of joining and exit that the ledger lacks."""
        partner = self.partner_id
        kinds = set(partner.member_event_ids.mapped('kind'))
        source = {'partner_id': partner.id, 'res_model': self._name, 'res_id': self.id, 'note': self.note}
        has_left = partner.member_state in ('withdrawn', 'expelled')
        vals_list = []
        if joined and 'joined' not in kinds and (left or not has_left):
            vals_list.append({
                **source, 'kind': 'joined', 'date_effective': joined, 'member_state': 'member'})
        elif self.reason_code == 'partial_date':
            vals_list.append({**source, 'kind': 'data'})
        if left and has_left and partner.member_state not in kinds:
            vals_list.append({**source, 'kind': partner.member_state, 'date_effective': left})
        self.env['cfia.member.event']._record(vals_list)
