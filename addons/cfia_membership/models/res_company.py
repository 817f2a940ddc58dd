from odoo import fields, models
from odoo.tools import formataddr

from odoo.addons.cfia_membership.tools.dates import period_end


class ResCompany(models.Model):
    _inherit = 'res.company'

    cfia_secretary_general_id = fields.Many2one(
        'res.users',
        string="Secretary-General",
        help="Who is asked to sign applications. Without one, everybody in the role is asked.",
    )
    cfia_ratification = fields.Boolean(
        string="The Council Ratifies Admissions",
        help="The charter reserves admission to the council: after the secretary-general's signature an "
             "application waits for its resolution, and the unit is a member from then on.",
    )
    cfia_certificate_validity = fields.Selection(
        selection=[('term', "Until the term of congress ends"), ('years', "For a number of years")],
        string="Validity of Certificates",
        required=True,
        default='term',
    )
    cfia_certificate_years = fields.Integer(
        string="Certificate Validity (years)",
        default=5,
        help="Years for which a certificate is valid; also where no term of congress is running.",
    )
    cfia_contact_blank_months = fields.Integer(
        string="Months Kept After Leaving",
        default=24,
        help="Telephone and e-mail of persons who left are blanked after so many months; 0 keeps them.",
    )
    cfia_personal_request_days = fields.Integer(
        string="Days to Answer Persons",
        default=30,
        help="Within so many days a person is answered who asks for a copy, a correction or the deletion of its data.",
    )
    cfia_api_row_limit = fields.Integer(
        string="Rows for Other Systems",
        default=100,
        help="Other systems read more rows of members' data at a time with reason and recipient only.",
    )
    cfia_read_limit = fields.Integer(
        string="Contacts That Work Needs a Day",
        default=400,
        help="Who reads the data of more members' contacts a day is noted; above twice as many a purpose is asked for, "
             "above five times as many nothing more is shown. 0: nothing is asked for.",
    )
    cfia_survey_month = fields.Integer(
        string="Month of the Data Survey",
        default=3,
        help="From this month on the yearly survey of basic data is drafted. 0: never.",
    )
    cfia_survey_full_month = fields.Integer(
        string="Month of the Full Data Survey",
        default=9,
        help="From this month on the survey of all data is drafted, every two years. 0: never.",
    )
    cfia_survey_is_automatic = fields.Boolean(
        string="Surveys Open by Themselves",
        help="A drafted survey opens a week later. Otherwise it waits to be opened by hand.",
    )

    _cfia_survey_months = models.Constraint(
        'CHECK(cfia_survey_month BETWEEN 0 AND 12 AND cfia_survey_full_month BETWEEN 0 AND 12)',
        "The month of a survey is a number from 1 to 12, or 0 for never.",
    )

    def _get_certificate_end(self, date_from, congress):
        """Return the last day of a certificate.

        :param date date_from: its first day
        :param congress: the term that holds the first day, or an empty recordset
        """
        self.ensure_one()
        if self.cfia_certificate_validity == 'term' and congress.date_end and congress.date_end >= date_from:
            return congress.date_end
        return period_end(date_from, years=max(self.cfia_certificate_years, 1))

    def _get_secretaries_general(self):
        """Return the users to ask for a signature.

        :return: the secretary-general set on the company unless archived, else all active users of the role
        """
        self.ensure_one()
        return self.cfia_secretary_general_id.filtered('active') or self.env.ref(
            # sudo: who signs is no secret
            'cfia_membership.group_cfia_secretary_general').sudo().all_user_ids.filtered('active')

    def _get_association_lang(self):
        """Return the language of the association, in which is written what has no other reader.

        :return: its own; Chinese where it says none
        """
        installed = dict(self.env['res.lang'].get_installed())
        # sudo: the language of the association is no secret
        codes = (self.sudo().partner_id.lang, 'zh_CN', self.env.lang)
        return next((code for code in codes if code in installed), 'en_US')

    def _get_sender(self):
        """Return who writes what nobody in person writes. Replies go to the same address.

        :return: contact of the association and its address as in the head of a mail; where it has none,
            that of who is responsible in the organisation department, or signs
        """
        self.ensure_one()
        # sudo: the public, too, is written to
        company = self.sudo()
        address = company.partner_id.email_formatted or company.catchall_formatted
        if not address:
            # by the cached id, since many mails ask for the same sender; sudo: as above
            department = self.env['cfia.department'].browse(
                self.env['ir.model.data']._xmlid_to_res_id('cfia_membership.cfia_department_organisation') or ())
            people = (department._get_responsible() if department else self.env['res.users']).sudo()
            people |= company._get_secretaries_general().sudo()
            email = people.filtered('email_normalized')[:1].email_normalized
            address = email and formataddr((company.name, email))
        return company.partner_id, address
