from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)

FROZEN_FIELDS = frozenset({'edition_id', 'year', 'number'})
# sheets of labels: columns and rows on A4
LABEL_SHEETS = {'3x8': (3, 8), '3x7': (3, 7), '2x8': (2, 8), '2x7': (2, 7)}


class CfiaMagazineIssue(models.Model):
    """Issue of an edition of the magazine, mailed to each member of its categories (article 3.4).

    Its mailing list is frozen when it is made: one copy for each member entitled on that day.
    """

    _name = 'cfia.magazine.issue'
    _description = "Magazine Issue"
    _inherit = ['cfia.guard.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date desc, edition_id, id desc'
    _frozen_when = {'listed': FROZEN_FIELDS, 'posted': (*FROZEN_FIELDS, 'date')}
    _guard_texts = {
        'write': _lt("Making the list and posting write these values, they cannot be given."),
        'frozen': _lt("The mailing list was made for this edition and number."),
        'unlink': _lt("It was posted: it is evidence and is kept."),
    }

    edition_id = fields.Many2one('cfia.magazine.edition', required=True, index=True, ondelete='restrict')
    year = fields.Integer(
        required=True, default=lambda self: association_today().year, aggregator=None)
    number = fields.Integer(
        string="Issue Number", required=True, aggregator=None, compute='_compute_number', store=True, readonly=False,
        precompute=True)
    date = fields.Date(
        string="Appears On", required=True, default=lambda self: association_today(), index=True, tracking=True)
    state = fields.Selection(
        selection=[('draft', "Planned"), ('listed', "List made"), ('posted', "Posted")],
        required=True, readonly=True, default='draft', copy=False, tracking=True, index=True)
    # Mailing list
    date_listed = fields.Datetime(string="List Made On", readonly=True, copy=False)
    copy_ids = fields.One2many('cfia.magazine.copy', 'issue_id', string="Mailing List", readonly=True)
    copy_count = fields.Integer(string="Magazine Copies", compute='_compute_copy_counts')
    unaddressed_count = fields.Integer(string="Without Address", compute='_compute_copy_counts')
    returned_count = fields.Integer(string="Copies That Came Back", compute='_compute_copy_counts')
    mail_house = fields.Char(
        tracking=True, help="Who receives labels and list, noted with each disclosure (article 1).")
    label_sheet = fields.Selection(
        selection=[
            ('3x8', "3 × 8, 70 × 37 mm"),
            ('3x7', "3 × 7, 70 × 42 mm"),
            ('2x8', "2 × 8, 105 × 37 mm"),
            ('2x7', "2 × 7, 105 × 42 mm"),
        ],
        string="Sheet of Labels", required=True, default='3x8')
    # Posting
    date_posted = fields.Date(string="Posted On", readonly=True, copy=False, tracking=True)
    posted_count = fields.Integer(string="Copies Posted", readonly=True, copy=False, tracking=True)
    posted_by_id = fields.Many2one('res.users', string="Noted By", readonly=True, copy=False)
    posting_note = fields.Char(string="Remark on Posting", readonly=True, copy=False)

    _number_unique = models.UniqueIndex(
        '(edition_id, year, number)', "This issue of the edition is in the register already.")
    _number_positive = models.Constraint(
        'CHECK (number > 0 AND year > 1900)', "Year and number of an issue are positive.")

    # === COMPUTE METHODS === #

    @api.depends('edition_id', 'year')
    def _compute_number(self):
        last = {
            (edition, year): number for edition, year, number in self._read_group(
                [('edition_id', 'in', self.edition_id.ids), ('year', 'in', self.mapped('year'))],
                ['edition_id', 'year'], ['number:max'])
        }
        for issue in self:
            if not issue.number or not issue._origin:
                issue.number = last.get((issue.edition_id, issue.year), 0) + 1

    @api.depends('copy_ids.state')
    def _compute_copy_counts(self):
        counts = {
            (issue.id, state): count for issue, state, count in self.env['cfia.magazine.copy']._read_group(
                [('issue_id', 'in', self.ids)], ['issue_id', 'state'], ['__count'])
        }
        for issue in self:
            unaddressed = counts.get((issue.id, 'no_address'), 0)
            returned = counts.get((issue.id, 'returned'), 0)
            issue.copy_count = counts.get((issue.id, 'listed'), 0) + unaddressed + returned
            issue.unaddressed_count, issue.returned_count = unaddressed, returned

    @api.depends('edition_id.name', 'year', 'number')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for issue in self:
            issue.display_name = issue.edition_id and self.env._(
                "%(edition)s %(year)s, issue %(number)s",
                edition=issue.edition_id.name, year=issue.year, number=issue.number)

    # === CRUD METHODS === #

    def _is_kept(self):
        return self.state == 'posted'

    # === ACTION METHODS === #

    def action_make_list(self):
        """Freeze the mailing lists from the members as they are now; a list not posted yet is made anew.

        :raise UserError: for issues that were posted
        """
        self.check_access('write')
        posted = self.filtered(lambda issue: issue.state == 'posted')[:1]
        if posted:
            raise UserError(self.env._(
                "%(issue)s was posted to its list. The list stays as it was.", issue=posted.display_name))
        for issue in self:
            issue._make_list()
        return True

    def action_post(self):
        """Ask for day and number of copies posted.

        :raise UserError: before there is a list, or for users outside the editorial department
        """
        self.ensure_one()
        self._check_postable()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Posted"),
            'res_model': 'cfia.magazine.post',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_issue_id': self.id},
        }

    def action_return(self):
        """Ask which copies came back."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Returned Copies"),
            'res_model': 'cfia.magazine.return',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_issue_id': self.id},
        }

    def action_view_copies(self):
        """Open the mailing lists of these issues."""
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_magazine_copy_action'),
            'domain': [('issue_id', 'in', self.ids)],
            'context': {},
        }

    def action_view_returned(self):
        """Open the copies that came back."""
        return {**self.action_view_copies(), 'domain': [('issue_id', 'in', self.ids), ('state', '=', 'returned')]}

    def action_view_unaddressed(self):
        """Open the lines to which nothing can be posted."""
        return {**self.action_view_copies(), 'domain': [('issue_id', 'in', self.ids), ('state', '=', 'no_address')]}

    def action_print_labels(self):
        """Print the labels of the whole list."""
        return self.env.ref('cfia_services.action_report_magazine_labels').report_action(self, config=False)

    # === BUSINESS METHODS === #

    def _make_list(self):
        """Write the mailing list of one issue by one statement, however many members."""
        self.ensure_one()
        Copy = self.env['cfia.magazine.copy']
        for name in ('res.partner', 'cfia.entitlement', 'cfia.magazine.copy', 'cfia.contact.role'):
            self.env[name].flush_model()
        # a list that was not posted is no evidence yet
        self.env.cr.execute(SQL("DELETE FROM cfia_magazine_copy WHERE issue_id = %s", self.id))
        self.env.cr.execute(self._get_list_query())
        Copy.invalidate_model()
        unlocked(self).write({'state': 'listed', 'date_listed': fields.Datetime.now()})

    def _get_category_ids(self):
        """Return the ids of the categories, archived ones included, whose members get this edition."""
        categories = self.env['cfia.enterprise.category'].with_context(active_test=False).search([])
        editions = self.edition_id._get_by_category(categories)
        return [category.id for category, edition in editions.items() if edition == self.edition_id]

    def _get_list_query(self):
        """Return the statement that writes the mailing list.

        The addressee is whoever holds the role 杂志收件人, else the general contact person, else the unit
        itself; an addressee without an address of his own is written to at the unit's.
        """
        roles = self.env['res.partner']._fields['contact_role_ids']
        services = self.env['cfia.service'].with_context(active_test=False).search([('change_list', '=', 'editorial')])
        return SQL(
            """
            INSERT INTO cfia_magazine_copy (
                        issue_id, partner_id, member_number, unit_name, addressee, address, zip, phone, quantity, state,
                        create_uid, write_uid, create_date, write_date)
                 SELECT %(issue_id)s, unit.id, unit.member_number, unit.name, contact.name, place.address, place.zip,
                        COALESCE(NULLIF(contact.mobile, ''), NULLIF(contact.phone, ''), unit.phone), 1,
                        CASE WHEN place.address IS NULL THEN 'no_address' ELSE 'listed' END,
                        %(uid)s, %(uid)s, now() at time zone 'UTC', now() at time zone 'UTC'
                   FROM res_partner unit
      LEFT JOIN LATERAL (
                     SELECT person.*
                       FROM res_partner person
                       JOIN %(relation)s rel ON rel.%(person_column)s = person.id
                       JOIN cfia_contact_role role ON role.id = rel.%(role_column)s
                      WHERE person.parent_id = unit.id AND person.active AND role.code IN ('magazine', 'contact')
                   ORDER BY role.code = 'magazine' DESC, person.complete_name, person.id DESC
                      LIMIT 1
                        ) contact ON true
             CROSS JOIN LATERAL (
                     SELECT street.zip,
                            CASE WHEN street.street IS NULL THEN NULL
                                 WHEN starts_with(street.line, COALESCE(state.name, '')) THEN street.line
                                 ELSE state.name || street.line
                             END AS address
                       FROM (SELECT CASE WHEN contact.street <> '' THEN contact.street ELSE NULLIF(unit.street, '') END AS street,
                                    CASE WHEN contact.street <> '' THEN contact.state_id ELSE unit.state_id END AS state_id,
                                    CASE WHEN contact.street <> '' THEN COALESCE(NULLIF(contact.zip, ''), unit.zip) ELSE unit.zip END AS zip,
                                    CASE WHEN contact.street <> ''
                                         THEN concat(contact.city, contact.street, contact.street2)
                                         ELSE concat(unit.city, unit.street, unit.street2)
                                     END AS line
                            ) street
                  LEFT JOIN res_country_state state ON state.id = street.state_id
                        ) place
                  WHERE unit.enterprise_category_id = ANY(%(category_ids)s)
                    AND EXISTS (
                     SELECT FROM cfia_entitlement entitlement
                      WHERE entitlement.partner_id = unit.id AND entitlement.service_id = ANY(%(service_ids)s)
                        AND entitlement.date_from <= %(today)s
                        AND (entitlement.date_to IS NULL OR entitlement.date_to >= %(today)s))
               ORDER BY unit.member_number, unit.id
            """,
            issue_id=self.id, uid=self.env.uid, today=association_today(),
            relation=SQL.identifier(roles.relation),
            person_column=SQL.identifier(roles.column1), role_column=SQL.identifier(roles.column2),
            category_ids=self._get_category_ids(), service_ids=services.ids,
        )

    def _check_postable(self):
        """Refuse posting before there is a list, twice, and by others than the editorial department.

        :raise UserError: naming the issue
        """
        for issue in self:
            if issue.state != 'listed':
                raise UserError(
                    self.env._("%(issue)s was posted already.", issue=issue.display_name) if issue.state == 'posted'
                    else self.env._("Make the mailing list of %(issue)s first.", issue=issue.display_name))
        if not self.env.user.has_group('cfia_membership.group_cfia_editorial'):
            raise UserError(self.env._("The editorial department posts the magazine."))

    def _post(self, date, count, note=None):
        """Note one issue as posted: the evidence.

        :param date date: day of posting
        :param int count: copies handed to the post
        :param str note: why it is not the number on the list
        :raise UserError: for a day ahead or a number that the list does not explain
        """
        self.ensure_one()
        self._check_postable()
        if date > association_today():
            raise UserError(self.env._("%(issue)s cannot have been posted in the future.", issue=self.display_name))
        if count <= 0:
            raise UserError(self.env._("%(issue)s: say how many copies were posted.", issue=self.display_name))
        listed = self.copy_count - self.unaddressed_count
        if count != listed and not note:
            raise UserError(self.env._(
                "%(issue)s: %(listed)s copies have an address, %(count)s were posted. Say why.",
                issue=self.display_name, listed=listed, count=count))
        unlocked(self).write({
            'state': 'posted',
            'date_posted': date,
            'posted_count': count,
            'posted_by_id': self.env.uid,
            'posting_note': note,
        })

    def _get_recipient(self):
        return self.mail_house or self.env._("Mail house")

    def _fetch_copies(self, names):
        """Return the copies with an address, their columns read by one query.

        :param list names: columns needed
        """
        return self.env['cfia.magazine.copy'].search_fetch(
            Domain('issue_id', 'in', self.ids) & Domain('address', '!=', False), names)

    def _disclose_labels(self):
        """Note that addresses go to the mail house."""
        for issue in self:
            self.env['cfia.disclosure']._disclose(
                'label', issue._fetch_copies([]), ['unit_name', 'addressee', 'phone', 'address', 'zip'],
                reason=issue.display_name, recipient=issue._get_recipient())

    def _get_labels(self):
        """Return what each label says, line by line.

        :rtype: list[list[str]]
        """
        self.ensure_one()
        copies = self._fetch_copies(['zip', 'address', 'unit_name', 'addressee', 'phone', 'member_number'])
        return [copy._get_label_lines() for copy in copies]

    def _get_label_grid(self):
        """Return columns and rows of the sheet of labels."""
        self.ensure_one()
        return LABEL_SHEETS[self.label_sheet]
