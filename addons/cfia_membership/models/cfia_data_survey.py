from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.cfia_membership.models.cfia_round_mixin import CONTENT_FIELDS
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.form_input import read_amount, read_integer, read_option
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.upload import read_uploads

UNIT_BASIC_FIELDS = ('name', 'state_id', 'city', 'street', 'zip', 'phone', 'email', 'website')
UNIT_FULL_FIELDS = (
    'name_en', 'uscc', 'enterprise_category_id', 'ownership_id', 'enterprise_size', 'date_founded',
    'registered_capital', 'staff_count', 'annual_revenue', 'main_products',
)
CONTACT_FIELDS = ('name', 'function', 'mobile', 'phone', 'email')
# persons that the page lets a unit add at once
NEW_CONTACTS = 2
# days between the draft of the schedule and its opening, for looking it over
LEAD_DAYS = 7

EVIDENCE_MAX_FILES = 5


class CfiaDataSurvey(models.Model):
    """Check of members' data (资料核对, article 4.2.2): every year the basic data, every two years all.

    It goes to all members. Each confirms its data or reports changes, which 组织部 verifies.
    """

    _name = 'cfia.data.survey'
    _description = "Data Survey"
    _inherit = ['cfia.round.mixin']
    _frozen_when = {'open': (*CONTENT_FIELDS, 'kind', 'year'), 'closed': '*'}
    _order = 'year desc, kind, id desc'

    name = fields.Char(compute='_compute_name', store=True, readonly=False, precompute=True)
    kind = fields.Selection(
        selection=[('basic', "Basic data (every year)"), ('full', "Full form (every two years)")],
        required=True,
        default='basic',
    )
    year = fields.Integer(
        required=True, aggregator=None, copy=False, default=lambda self: association_today().year)
    recipient_ids = fields.One2many('cfia.data.survey.recipient', 'round_id', string="Recipient Lines")
    change_count = fields.Integer(string="Changes Reported", compute='_compute_figures')
    no_change_count = fields.Integer(string="No Change", compute='_compute_figures')

    _kind_year_unique = models.UniqueIndex(
        '(kind, year)', "There is a survey of this kind for this year already.")

    # === DEFAULT METHODS === #

    @api.model
    def _default_mail_template_id(self):
        return self.env.ref('cfia_membership.mail_template_data_survey', raise_if_not_found=False)

    # === COMPUTE METHODS === #

    @api.depends('kind', 'year')
    def _compute_name(self):
        for survey in self:
            if survey.kind == 'full':
                survey.name = self.env._("Full data survey %(year)s", year=survey.year)
            else:
                survey.name = self.env._("Basic data survey %(year)s", year=survey.year)

    @api.model
    def _get_figure_fields(self):
        return [*super()._get_figure_fields(), 'change_count', 'no_change_count']

    def _get_figures(self):
        figures = super()._get_figures()
        by_id = {survey.id: values for survey, values in figures.items()}
        for survey, answer, count in self.env['cfia.data.survey.recipient']._read_group(
                [('round_id', 'in', self.ids), ('answer', '!=', False)],
                ['round_id', 'answer'], ['__count']):
            by_id[survey.id][f'{answer}_count'] = count
        return figures

    # === BUSINESS METHODS === #

    def _get_base_domain(self):
        return Domain('member_state', '=', 'member') & Domain('is_company', '=', True)

    def _get_recipient_domain(self):
        """Return all members: the regulation leaves no choice."""
        return self._get_base_domain()

    # === CRON METHODS === #

    @api.model
    def _cron_plan(self):
        """Draft the surveys that fall due, whether or not the schedule ran when it should have.

        The unique index lets two runs at once make one survey.
        """
        today = association_today()
        company = self.env.company
        due = []
        if company.cfia_survey_month and today >= date(today.year, company.cfia_survey_month, 1):
            due.append(('basic', today.year))
        if company.cfia_survey_full_month and today >= date(today.year, company.cfia_survey_full_month, 1):
            due.append(('full', today.year - 1))
        for kind, since in due:
            if self.search_count([('kind', '=', kind), ('year', '>=', since)], limit=1):
                continue
            survey = self.with_context(lang=company._get_association_lang()).create(
                self._prepare_planned_values(kind, today))
            survey._schedule_problem(
                self.env._("This survey is due. Look it over: it opens by itself on the day given.")
                if survey.date_planned else
                self.env._("This survey is due. Look it over and open it.")
            )

    @api.model
    def _prepare_planned_values(self, kind, today):
        """Return the values of a survey drafted by the schedule."""
        opens = today + timedelta(days=LEAD_DAYS)
        return {
            'kind': kind,
            'year': today.year,
            'user_id': self.env['cfia.department']._get_responsible_of('organisation').id or self.env.uid,
            'date_planned': opens if self.env.company.cfia_survey_is_automatic else False,
            'date_deadline': opens + timedelta(days=30),
        }


class CfiaDataSurveyRecipient(models.Model):
    """A member in a data survey, with its answer."""

    _name = 'cfia.data.survey.recipient'
    _description = "Recipient of a Data Survey"
    _inherit = ['cfia.round.recipient.mixin']
    _link_template = 'cfia_membership.data_survey_page'

    round_id = fields.Many2one(
        'cfia.data.survey', string="Survey", required=True, readonly=True, index=True, ondelete='cascade')
    answer = fields.Selection(
        selection=[('no_change', "No change"), ('change', "Changes reported")], readonly=True)
    change_request_id = fields.Many2one(
        'cfia.change.request', readonly=True, index='btree_not_null', ondelete='restrict')
    # as of the survey, so that its figures can be pivoted later
    state_id = fields.Many2one('res.country.state', string="Province", readonly=True)
    grade_id = fields.Many2one('cfia.grade', readonly=True)

    # === ACTION METHODS === #

    def action_enter_no_change(self):
        """Enter that members confirmed their data on paper or by telephone."""
        self._check_round_state('open')
        self.check_access('write')
        self._respond('staff', answer='no_change')
        return True

    def action_enter_change(self):
        """Enter what a member reported on paper or by telephone."""
        self.ensure_one()
        self._check_round_state('open')
        self.check_access('write')
        action = self.partner_id.action_report_change()
        return {**action, 'context': {**action['context'], 'cfia_survey_recipient_id': self.id}}

    # === BUSINESS METHODS === #

    def _enter_change(self, request):
        """Note a change that staff filed for the member as its answer."""
        self._check_round_state('open')
        self.check_access('write')
        self._respond('staff', answer='change', change_request_id=request.id)

    def _is_concerned(self):
        return super()._is_concerned().filtered(
            lambda recipient: recipient.partner_id.member_state == 'member')

    @api.model
    def _get_letter_report_xmlid(self):
        return 'cfia_membership.action_report_data_survey_letter'

    @api.model
    def _get_label_report_xmlid(self):
        return 'cfia_membership.action_report_data_survey_label'

    @api.model
    def _prepare_address_values(self, partner, contact):
        return {
            **super()._prepare_address_values(partner, contact),
            'state_id': partner.state_id.id,
            'grade_id': partner.member_grade_id.id,
        }

    # === BUSINESS METHODS - FORM === #

    def _get_unit_fields(self):
        return (*UNIT_BASIC_FIELDS, *(UNIT_FULL_FIELDS if self.round_id.kind == 'full' else ()))

    def _get_contacts(self):
        """Return the contact persons of the unit. One record, in superuser mode."""
        return self.partner_id.child_ids.filtered(lambda contact: contact.type == 'contact')

    @api.model
    def _get_options(self, name):
        """Return the choices of a column of ``res.partner``, nothing where it has none.

        :rtype: list[tuple]
        """
        field = self.env['res.partner']._fields[name]
        if field.type == 'selection':
            return field._description_selection(self.env)
        if field.type == 'many2one':
            domain = [('country_id.code', '=', 'CN')] if field.comodel_name == 'res.country.state' else []
            # sudo: classifications are public choices
            return [(str(record.id), record.name) for record in self.env[field.comodel_name].sudo().search(domain)]
        return []

    def _get_label(self, record, name):
        if record == self.partner_id:
            labels = {
                'name': self.env._("Name of unit"),
                'state_id': self.env._("Province"),
                'street': self.env._("Street and number"),
            }
        else:
            labels = {'name': self.env._("Name of person"), 'function': self.env._("Position")}
        return labels.get(name) or self.env['res.partner']._fields[name]._description_string(self.env)

    def _prepare_field_data(self, record, name, key, with_options):
        """Return what the page and the paper need to show one column of unit or person.

        :param bool with_options: with what can be chosen, which paper does not show
        """
        field = self.env['res.partner']._fields[name]
        value = record[name] if record else False
        if field.type == 'many2one':
            value, text = str(value.id or ''), value.name or ''
        elif field.type == 'selection':
            text = dict(field._description_selection(self.env)).get(value, '')
        elif field.type in ('integer', 'float'):
            text = f'{value:g}' if value else ''
            value = text
        else:
            text = str(value or '')
        return {
            'key': key,
            'name': name,
            'label': self._get_label(record, name),
            'type': field.type,
            'value': str(value or ''),
            'text': text or '',
            'options': self._get_options(name) if with_options else [],
            'required': name == 'name' and bool(record),
        }

    def _get_form_sections(self, with_options=False):
        """Return the unit's own data as page and paper show them, section by section.

        :param bool with_options: with what can be chosen, for the page
        :rtype: list[dict]
        """
        self.ensure_one()
        unit = self.partner_id
        sections = [{
            'title': self.env._("Unit"),
            'fields': [
                self._prepare_field_data(unit, name, f'unit.{name}', with_options)
                for name in self._get_unit_fields()
            ],
        }]
        for contact in self._get_contacts():
            sections.append({
                'title': contact.name or '',
                'roles': "、".join(contact.contact_role_ids.mapped('name')),
                'leave_key': f'contact.{contact.id}.left',
                'fields': [
                    self._prepare_field_data(contact, name, f'contact.{contact.id}.{name}', with_options)
                    for name in CONTACT_FIELDS
                ],
            })
        return sections

    def _get_new_contact_sections(self):
        """Return empty sections for persons that the unit adds."""
        nobody = self.env['res.partner']
        return [
            {
                'role_key': f'new.{index}.role',
                'fields': [
                    self._prepare_field_data(nobody, name, f'new.{index}.{name}', True) for name in CONTACT_FIELDS
                ],
            }
            for index in range(NEW_CONTACTS)
        ]

    # === BUSINESS METHODS - LINK === #

    def _prepare_link_values(self):
        return {
            **super()._prepare_link_values(),
            'unit': self.partner_id,
            'sections': self._get_form_sections(with_options=True),
            'new_sections': self._get_new_contact_sections(),
            # sudo: classifications are public choices
            'roles': self.env['cfia.contact.role'].sudo().search([]),
        }

    def _process_link_response(self, post, files):
        """Take “no change”, or file a change request of what differs."""
        responder = (post.get('responder') or '').strip()[:100]
        if not responder:
            raise UserError(self.env._("Please enter your name, so that we know whom to ask."))
        if post.get('answer') == 'no_change':
            self._respond(post['via'], responder, answer='no_change')
            return
        request = self._file_changes(post, files.getlist('evidence'), responder)
        if not request:
            raise UserError(self.env._(
                "Nothing differs from what we have. Change what is wrong, or confirm that nothing changed."))
        self._respond(post['via'], responder, answer='change', change_request_id=request.id)

    def _file_changes(self, post, files, responder):
        """File what differs from the present data as a change request.

        :return: the change request, empty when nothing differs
        """
        unit = self.partner_id
        changes = {unit: self._read_form_values(unit, 'unit', self._get_unit_fields(), post)}
        for contact in self._get_contacts():
            prefix = f'contact.{contact.id}'
            if post.get(f'{prefix}.left'):
                changes[contact] = {'active': False}
            else:
                changes[contact] = self._read_form_values(contact, prefix, CONTACT_FIELDS, post)
        new_contacts = []
        # sudo: classifications are public choices
        roles = self.env['cfia.contact.role'].sudo().search([])
        for index in range(NEW_CONTACTS):
            vals = self._read_form_values(self.env['res.partner'], f'new.{index}', CONTACT_FIELDS, post)
            if not any(vals.values()):
                continue
            if not vals.get('name'):
                raise UserError(self.env._("Please enter the name of the new contact person."))
            role = roles.filtered(lambda role: str(role.id) == post.get(f'new.{index}.role'))
            new_contacts.append({**vals, 'contact_role_ids': role.ids})
        lines = [
            self.env._("%(survey)s, answered by %(responder)s", survey=self.round_id.name, responder=responder),
            (post.get('remark') or '').strip()[:2000],
        ]
        return self.env['cfia.change.request']._file([{
            'partner': unit,
            'changes': {record: values for record, values in changes.items() if values},
            'new_contacts': new_contacts,
            'reason': '\n'.join(filter(None, lines)),
            'reporter_id': self.contact_id.id,
            'attachment_ids': self._create_evidence(files).ids,
        }], source='survey')

    def _read_form_values(self, record, prefix, names, post):
        """Return the values of the form's columns as for ``write``; columns not in the form are left out.

        :raise UserError: naming the column that cannot be read
        """
        values = {}
        for name in names:
            raw = post.get(f'{prefix}.{name}')
            if raw is None:
                continue
            try:
                values[name] = self._read_form_value(name, raw.strip())
            except ValueError:
                raise UserError(self.env._(
                    "“%(value)s” cannot be read as %(field)s.",
                    value=raw.strip()[:50], field=self._get_label(record, name))) from None
            if name == 'name' and record and not values[name]:
                raise UserError(self.env._("%(name)s: the name cannot be empty.", name=record.name))
        return values

    @api.model
    def _read_form_value(self, name, raw):
        """Return the value that a text of the form stands for.

        :raise ValueError: when it stands for none
        """
        field = self.env['res.partner']._fields[name]
        if field.type == 'many2one':
            return read_option(raw, self._get_options(name))
        if field.type == 'selection':
            if not raw:
                return False
            if raw not in dict(self._get_options(name)):
                raise ValueError
            return raw
        if field.type == 'date':
            return fields.Date.to_date(raw) if raw else False
        if field.type == 'integer':
            return read_integer(raw or '0')
        if field.type == 'float':
            return read_amount(raw or '0')
        return raw[:2000 if field.type == 'text' else 200] or False

    def _create_evidence(self, files):
        """Keep uploaded papers.

        :raise UserError: for files that are no scan, too large or too many
        """
        # sudo: the member's evidence, which his link lets him hand in
        return unlocked(self.env['ir.attachment'].sudo()).create(read_uploads(self.env, files, EVIDENCE_MAX_FILES))
