import re
from datetime import date

from odoo import api, models
from odoo.fields import Command
from odoo.tools import email_normalize
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.models.cfia_online_application import PAPER_KINDS
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.text import clean_text, clean_unit_name, to_half_width
from odoo.addons.cfia_membership.tools.uscc import is_valid_uscc, normalise_uscc

_lt = LazyTranslate(__name__)

# page → its sections → the fields that stand in them (DOMAIN §4.1)
STEPS = {
    'unit': {
        'registration': (
            'name', 'name_en', 'uscc', 'uscc_reason', 'legal_representative', 'date_founded',
            'registered_capital', 'ownership_id', 'staff_count', 'annual_revenue',
        ),
        'category': ('enterprise_category_id', 'enterprise_category_ids'),
        'address': ('state_id', 'city', 'street', 'zip', 'mailing_address', 'website'),
    },
    'people': {
        'representative': (
            'representative_name', 'representative_function', 'representative_mobile',
            'representative_phone', 'representative_email',
        ),
        'contact': ('contact_name', 'contact_function', 'contact_mobile', 'contact_phone', 'contact_email'),
        'magazine': ('magazine_recipient', 'magazine_address'),
    },
    'business': {'business': ('main_products', 'capacity', 'certifications', 'profile')},
    'request': {'request': ('grade_id', 'referrer_name', 'wanted_services', 'signatory')},
    'papers': {},
    'review': {},
}
STEP_TITLES = {
    'unit': _lt("Unit"),
    'people': _lt("People"),
    'business': _lt("Business"),
    'request': _lt("Application"),
    'papers': _lt("Papers"),
    'review': _lt("Check and send"),
}
# sections that stand alone on their page have none
SECTION_TITLES = {
    'registration': _lt("Registration"),
    'category': _lt("Enterprise category"),
    'address': _lt("Address"),
    'representative': _lt("Member representative"),
    'contact': _lt("Contact person"),
    'magazine': _lt("Magazine"),
}
STEP_BY_FIELD = {
    field: step for step, sections in STEPS.items() for fields in sections.values() for field in fields}
FORM_FIELDS = tuple(STEP_BY_FIELD)
TICKS = ('is_committed', 'is_informed', 'sealed_by_post')
REQUIRED = {
    'name', 'legal_representative', 'ownership_id', 'enterprise_category_id', 'state_id', 'street',
    'representative_name', 'contact_name', 'contact_email', 'main_products', 'grade_id', 'signatory',
}
# either telephone will do
PHONES = (('representative_mobile', 'representative_phone'), ('contact_mobile', 'contact_phone'))
# what the form names otherwise than the back office, or what it has alone
LABELS = {
    'name': _lt("Name of the unit, as on its seal"),
    'uscc': _lt("Unified social credit code (USCC)"),
    'uscc_reason': _lt("If there is no USCC: why"),
    'enterprise_category_id': _lt("Main enterprise category (one)"),
    'enterprise_category_ids': _lt("Further categories"),
    'state_id': _lt("Province"),
    'street': _lt("Registered address"),
    'referrer_name': _lt("Recommended by"),
    'signatory': _lt("Person in charge who signs"),
    'representative_name': _lt("Name of the representative"),
    'contact_name': _lt("Name of the contact person"),
}
HELPS = {
    'name': _lt("In full, with brackets as on the licence."),
    'uscc': _lt("18 characters, on the business licence."),
    'uscc_reason': _lt("E.g. seat outside the mainland."),
    'date_founded': _lt("As on the licence, e.g. 2008-05-20."),
    'registered_capital': _lt("In ten thousand yuan, e.g. 5000."),
    'annual_revenue': _lt("Of last year, in ten thousand yuan."),
    'enterprise_category_id': _lt("Decides which edition of the magazine you receive."),
    'mailing_address': _lt("Where it differs from the registered address."),
    'zip': _lt("Six digits."),
    'representative_name': _lt("Exercises the rights of a member for your unit."),
    'contact_email': _lt("Notices and the course of the application go here."),
    'contact_phone': _lt("Landline with area code, or mobile: one is enough."),
    'representative_phone': _lt("Landline with area code, or mobile: one is enough."),
    'magazine_recipient': _lt("Empty: the contact person."),
    'referrer_name': _lt("Member or local association that recommended you, where there is one."),
    'profile': _lt("History, scale, standing; up to 2,000 characters."),
}
MAX_LENGTH = {'char': 200, 'text': 2000}
AUTOCOMPLETE = {
    'name': 'organization', 'street': 'street-address', 'zip': 'postal-code', 'city': 'address-level2',
    'website': 'url', 'contact_name': 'name', 'contact_email': 'email', 'contact_mobile': 'tel',
    'contact_function': 'organization-title',
}
_MOBILE = re.compile(r'(?:\+?86)?1[3-9]\d{9}|\+(?!86)\d{6,15}')
_PHONE = re.compile(r'\+?[\d()]{5,20}(?:(?:转|ext\.?|x|\*)\d{1,6})?', re.IGNORECASE)
_WEBSITE = re.compile(r'(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:[/?#:]\S*)?')
_DATE = re.compile(r'(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})\D?')
_HARD_LIMIT = 10000
# codes of Odoo's provinces whose postcodes are not six digits
PROVINCES_WITHOUT_ZIP = ('台', '港', '澳')


class FieldError(ValueError):
    """What is wrong with one entry, as the applicant reads it."""


class CfiaOnlineApplication(models.Model):
    """The pages of the form: which fields, what is read from them, what is wrong with them."""

    _inherit = 'cfia.online.application'

    # === WHAT IS SHOWN === #

    @api.model
    def _translate(self, texts, key):
        """Return a lazily translated constant in the reader's language, nothing where there is none."""
        return texts[key]._translate(self.env.lang or 'en_US') if key in texts else ''

    @api.model
    def _get_step_title(self, step):
        """Return how a page of the form is called."""
        return self._translate(STEP_TITLES, step)

    @api.model
    def _get_field_label(self, name):
        """Return how the form calls a field."""
        if name in LABELS:
            return self._translate(LABELS, name)
        return self.env['cfia.membership.application']._fields[name]._description_string(self.env)

    @api.model
    def _get_options(self, name):
        """Return the choices of a field as (id in text, label); nothing for those that are typed."""
        if name == 'state_id':
            records = self.env['res.country.state'].search([('country_id.code', '=', 'CN')])
        elif name == 'grade_id':
            records = self.env['cfia.grade'].search([], order='sequence desc, id desc')
        elif name == 'ownership_id':
            records = self.env['cfia.ownership'].search([])
        elif name in ('enterprise_category_id', 'enterprise_category_ids'):
            records = self.env['cfia.enterprise.category'].search([])
        else:
            return []
        return [(str(record.id), record.name) for record in records]

    @api.model
    def _get_step(self, name):
        """Return the page on which a field, a paper or a tick stands, None for what has no page."""
        if name in PAPER_KINDS:
            return 'papers'
        return STEP_BY_FIELD.get(name) or ('papers' if name in ('is_committed', 'is_informed') else None)

    def _get_entries(self):
        """Return what was entered: as saved, or as typed on a page that could not be saved just now."""
        self.ensure_one()
        return {**(self.data or {}), **self.env.context.get('cfia_entered', {})}

    def _prepare_sections(self, step, errors=None):
        """Return a page of the form: sections with their fields, each with value and error.

        :param str step: key of ``STEPS``
        :param dict errors: field → message
        """
        self.ensure_one()
        return [
            {
                'title': self._translate(SECTION_TITLES, section),
                'fields': [self._prepare_field(name, (errors or {}).get(name)) for name in names],
            }
            for section, names in STEPS[step].items()
        ]

    def _prepare_field(self, name, error=None):
        field = self.env['cfia.membership.application']._fields.get(name)
        kind = field.type if field else 'char'
        options = self._get_options(name)
        is_many = kind == 'many2many'
        default = [] if is_many else ''
        value = self._get_entries().get(name) or default
        if name == 'grade_id' and not value:
            value = str(self.env['cfia.membership.application'].default_get(['grade_id']).get('grade_id') or '')
        return {
            'name': name,
            'label': self._get_field_label(name),
            'help': self._translate(HELPS, name),
            'value': value,
            'options': options,
            'is_many': is_many,
            'is_text': kind == 'text',
            'is_required': name in REQUIRED,
            'type': {'date': 'date'}.get(kind) or (
                'email' if name.endswith('_email') else 'tel' if name.endswith(('_mobile', '_phone')) else 'text'),
            'inputmode': {'integer': 'numeric', 'float': 'decimal'}.get(kind) or ('numeric' if name == 'zip' else None),
            'maxlength': MAX_LENGTH['text' if kind == 'text' else 'char'],
            'autocomplete': AUTOCOMPLETE.get(name, 'off'),
            'is_wide': kind == 'text' or is_many or name in (
                'name', 'street', 'mailing_address', 'magazine_address', 'name_en'),
            'error': error,
        }

    def _prepare_overview(self):
        """Return what was entered, page by page, as people read it."""
        self.ensure_one()
        data = self.data or {}
        overview = []
        for step, sections in STEPS.items():
            rows = []
            for names in sections.values():
                for name in names:
                    value = data.get(name) or ''
                    labels = dict(self._get_options(name))
                    if labels:
                        value = "、".join(
                            labels.get(key, '') for key in (value if isinstance(value, list) else [value]))
                    rows.append({'name': name, 'label': self._get_field_label(name), 'value': value})
            if rows:
                overview.append({
                    'step': step,
                    'title': self._get_step_title(step),
                    'rows': [row for row in rows if row['value'] or row['name'] in REQUIRED],
                })
        return overview

    def _prepare_status(self):
        """Return the course of the application in the applicant's words.

        :return: ``phase`` (key of the template's texts), ``reason``, ``steps`` and ``reference``
        :rtype: dict
        """
        self.ensure_one()
        application = self.application_id
        phase = {
            'draft': 'received', 'submitted': 'verifying', 'verified': 'signing', 'signed': 'ratifying',
        }.get(application.state, application.state)
        if application.state == 'returned' and self.state == 'sent':
            phase = 'received'
        reached = {
            'received': 1, 'returned': 1, 'verifying': 2, 'signing': 3, 'ratifying': 3, 'approved': 4,
        }.get(phase, 0)
        return {
            'phase': phase,
            'reached': reached,
            'reason': application.refusal_reason if phase in ('returned', 'rejected') else '',
            'reference': application.reference,
            'member_number': application.partner_id.member_number if phase == 'approved' else '',
            'may_add_papers': self._may_add_papers(),
        }

    def _may_add_papers(self):
        """Tell whether papers may be added to what was sent: until it is verified."""
        self.ensure_one()
        return self.state == 'sent' and self.application_id.state in ('draft', 'submitted', 'returned')

    # === WHAT IS READ === #

    @api.model
    def _read_post(self, step, post):
        """Return the entries of a page as typed, none but its own.

        :param str step: key of ``STEPS``
        :param post: multi-dictionary of the request
        """
        values = {}
        for names in STEPS[step].values():
            for name in names:
                field = self.env['cfia.membership.application']._fields.get(name)
                if field and field.type == 'many2many':
                    values[name] = [text for text in post.getlist(name)[:50] if text.isdigit()]
                else:
                    values[name] = post.get(name, '').replace('\0', '').strip()[:_HARD_LIMIT]
        if step == 'papers':
            values.update({name: '1' if post.get(name) else '' for name in TICKS})
        return values

    def _check_form(self, steps=None):
        """Return what is wrong with the entries: field → message that names the way out.

        :param steps: keys of ``STEPS``, all unless given
        :rtype: dict[str, str]
        """
        self.ensure_one()
        steps = tuple(steps or STEPS)
        errors = {}
        for name in FORM_FIELDS:
            if STEP_BY_FIELD[name] not in steps:
                continue
            try:
                self._parse(name)
            except FieldError as error:
                errors[name] = str(error)
        if 'papers' in steps:
            # both are given before the form is signed
            data = self.data or {}
            if not data.get('is_committed'):
                errors['is_committed'] = self.env._("Please read the commitment and tick it.")
            if not data.get('is_informed'):
                errors['is_informed'] = self.env._(
                    "Please read the privacy notice, tell the persons named, and tick it.")
            errors.update(self._check_papers())
        return errors

    def _check_papers(self):
        errors = {}
        if not self.licence_ids:
            errors['licence'] = self.env._(
                "The business licence is missing. Add a scan or a photograph of it.")
        if not self.sealed_ids and not (self.data or {}).get('sealed_by_post'):
            errors['sealed'] = self.env._(
                "The sealed form is missing. Print it, have it sealed and add a scan, or tick that it follows by post.")
        return errors

    def _parse(self, name):
        """Return the value of an entry, as the application keeps it.

        :raise FieldError: naming what is wrong and the way out
        """
        data = self.data or {}
        text = data.get(name) or ''
        label = self._get_field_label(name)
        field = self.env['cfia.membership.application']._fields.get(name)
        kind = field.type if field else 'char'
        if kind == 'many2many':
            known = dict(self._get_options(name))
            return [int(key) for key in text if key in known and key != data.get('enterprise_category_id')]
        text = clean_text(text) if kind != 'text' else text.strip()
        if not text:
            self._check_empty(name, label, data)
            return False
        if len(text) > (limit := MAX_LENGTH['text' if kind == 'text' else 'char']):
            raise FieldError(self.env._(
                "%(field)s is too long by %(count)s characters; at most %(limit)s fit.",
                field=label, count=len(text) - limit, limit=limit))
        if kind == 'many2one':
            if text not in dict(self._get_options(name)):
                raise FieldError(self.env._("%(field)s: choose one of the list.", field=label))
            return int(text)
        if kind in ('integer', 'float', 'date'):
            return getattr(self, f'_parse_{kind}')(label, text)
        return self._parse_text(name, label, text)

    def _check_empty(self, name, label, data):
        """Refuse an entry that is missing.

        :raise FieldError: naming it
        """
        if name in REQUIRED:
            raise FieldError(self.env._("%(field)s is missing. Please fill it in.", field=label))
        if name == 'uscc' and not clean_text(data.get('uscc_reason')):
            raise FieldError(self.env._(
                "%(field)s is missing. Copy it from the licence, or say why there is none.", field=label))
        for mobile, phone in PHONES:
            if name == mobile and not clean_text(data.get(phone)):
                raise FieldError(self.env._(
                    "%(field)s is missing. Enter a mobile or a landline number.", field=label))

    def _parse_integer(self, label, text):
        number = re.sub(r'[,\s人名]', '', to_half_width(text))
        if not re.fullmatch(r'\d{1,7}', number):
            raise FieldError(self.env._("%(field)s: write a whole number, e.g. 320.", field=label))
        return int(number)

    def _parse_float(self, label, text):
        number = re.sub(r'[,\s]|万元?$', '', to_half_width(text))
        if not re.fullmatch(r'\d{1,10}(?:\.\d{1,6})?', number):
            raise FieldError(self.env._(
                "%(field)s: write a number in ten thousand yuan, e.g. 5000 or 128.5.", field=label))
        return float(number)

    def _parse_date(self, label, text):
        match = _DATE.fullmatch(to_half_width(text))
        try:
            day = date(*map(int, match.groups()))
        except (AttributeError, ValueError) as error:
            raise FieldError(self.env._(
                "%(field)s: write year, month and day, e.g. 2008-05-20.", field=label)) from error
        if day > association_today() or day.year < 1800:
            raise FieldError(self.env._("%(field)s: %(date)s cannot be right.", field=label, date=text))
        return day.isoformat()

    def _parse_text(self, name, label, text):
        if name == 'name':
            return clean_unit_name(text)
        if name == 'uscc':
            if not is_valid_uscc(text):
                raise FieldError(self._explain_uscc(text))
            return normalise_uscc(text)
        if name == 'zip':
            text = to_half_width(text)
            state = self.env['res.country.state'].browse(
                int(key) if (key := (self.data or {}).get('state_id') or '').isdigit() else 0).exists()
            if not re.fullmatch(r'\d{6}', text) and state.code not in PROVINCES_WITHOUT_ZIP:
                raise FieldError(self.env._("%(field)s: six digits, e.g. 210000.", field=label))
        elif name.endswith('_email'):
            if not email_normalize(to_half_width(text)):
                raise FieldError(self.env._(
                    "%(field)s: “%(text)s” is no e-mail address. Write one like name@company.com.",
                    field=label, text=text))
            return email_normalize(to_half_width(text))
        elif name.endswith('_mobile'):
            text = to_half_width(text)
            if not _MOBILE.fullmatch(re.sub(r'[\s\-()]', '', text)):
                raise FieldError(self.env._(
                    "%(field)s: eleven digits that begin with 1; landlines go into the field for the telephone.",
                    field=label))
        elif name.endswith('_phone'):
            text = to_half_width(text)
            if not _PHONE.fullmatch(re.sub(r'[\s\-]', '', text)):
                raise FieldError(self.env._(
                    "%(field)s: write it with area code, e.g. 025-84000000 or 025-84000000转801.", field=label))
        elif name == 'website' and not _WEBSITE.fullmatch(to_half_width(text)):
            raise FieldError(self.env._("%(field)s: write it like www.company.com, or leave it empty.", field=label))
        return text

    @api.model
    def _explain_uscc(self, text):
        """Return why a USCC is not valid; nothing is said about units that the association knows.

        :rtype: str
        """
        code = normalise_uscc(text)
        if len(code) != 18:
            return self.env._("A USCC has 18 characters, this has %(count)s.", count=len(code))
        if wrong := sorted(set(code) - set('0123456789ABCDEFGHJKLMNPQRTUWXY')):
            return self.env._(
                "%(characters)s never stands in a USCC: 0 and 1 are digits there, not the letters O and I.",
                characters=" ".join(wrong))
        return self.env._("This USCC is not right: one of its characters was mistaken. Compare it with the licence.")

    # === WHAT BECOMES OF IT === #

    @api.model
    def _get_content_fields(self):
        """Return the fields of the form that the application has, too."""
        return [name for name in FORM_FIELDS if name in self.env['cfia.membership.application']._fields]

    def _prepare_application_values(self):
        """Return the columns of the membership application, from entries that were checked."""
        self.ensure_one()
        values = {
            name: [Command.set(value)] if isinstance(value := self._parse(name), list) else value
            for name in self._get_content_fields()
        }
        values['referrer_id'] = self._find_referrer(values.get('referrer_name')).id
        notes = []
        if not values['uscc']:
            notes.append(self.env._("No USCC: %(reason)s", reason=self._parse('uscc_reason')))
        if not self.sealed_ids:
            notes.append(self.env._("The sealed form follows by post."))
        return {
            **values,
            'is_committed': True,
            'is_informed': True,
            'date_application': association_today(),
            'privacy_notice_id': self.privacy_notice_id.id,
            'date_informed': self.date_informed,
            'online_note': "\n".join(notes) or False,
        }

    def _find_referrer(self, name):
        """Return the member of exactly this name, or nothing: the page does not tell."""
        Partner = self.env['res.partner']
        if not name:
            return Partner
        return Partner.search([
            ('name', '=', clean_unit_name(name)), ('is_company', '=', True), ('member_state', '=', 'member'),
        ], limit=1)

    def _read_application(self):
        """Return the entries of the form as the application holds them by now."""
        self.ensure_one()
        application = self.application_id
        entries = {}
        for name in self._get_content_fields():
            field = application._fields[name]
            value = application[name]
            if field.type == 'many2many':
                entries[name] = [str(key) for key in value.ids]
            elif field.type == 'many2one':
                entries[name] = str(value.id or '')
            elif field.type == 'date':
                entries[name] = value.isoformat() if value else ''
            elif field.type == 'float':
                entries[name] = f'{value:.2f}'.rstrip('0').rstrip('.') if value else ''
            else:
                entries[name] = str(value) if value else ''
        return entries

    def _prepare_preview(self):
        """Return the form as an unsaved application, for printing; what is wrong is left empty."""
        self.ensure_one()
        Application = self.env['cfia.membership.application']
        values = {}
        for name in self._get_content_fields():
            try:
                value = self._parse(name)
            except FieldError:
                text = (self.data or {}).get(name)
                value = text if Application._fields[name].type in ('char', 'text') else False
            values[name] = [Command.set(value)] if isinstance(value, list) else value
        return Application.new({
            **values,
            'reference': self.application_id.reference or '',
            'date_application': association_today(),
            'is_committed': True,
            'is_informed': True,
        })
