from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import is_unlocked, unlocked


class ResPartner(models.Model):
    """The course of a membership: grades by resolution, certificates, the unit that takes over."""

    _inherit = 'res.partner'

    merged_into_id = fields.Many2one(
        'res.partner', string="Merged Into", copy=False, readonly=True, index='btree_not_null',
        ondelete='restrict', help="The unit that goes on; the number of this one is closed.")
    grade_term_ids = fields.One2many(
        'cfia.grade.term', 'partner_id', string="Grades by Term",
        groups='cfia_membership.group_cfia_organisation,cfia_membership.group_cfia_secretary_general,'
               'cfia_membership.group_cfia_leader,cfia_membership.group_cfia_auditor')

    # === CRUD METHODS === #

    def write(self, vals):
        """Have grades of members changed by resolutions alone.

        :raise UserError: naming the unit
        """
        if 'member_grade_id' in vals and not self.env.su and not is_unlocked(self):
            unit = self.filtered(lambda unit: (
                unit.member_state == 'member' and unit.member_grade_id.id != vals['member_grade_id']))[:1]
            if unit:
                raise UserError(self.env._(
                    "The grade of %(unit)s belongs to a term of congress and changes by resolution. "
                    "Enter it under Members > Resolutions.",
                    unit=unit.display_name,
                ))
        return super().write(vals)

    # === ACTION METHODS === #

    def action_view_grade_terms(self):
        """Open the history of grades of these units."""
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_grade_term_action'),
            'domain': [('partner_id', 'in', self.ids)],
            'context': {},
        }

    # === BUSINESS METHODS === #

    def _set_grades(self, grade_by_partner, resolution, end_kind='changed', date=None):
        """Give members the grades that a resolution names, with history and ledger.

        Units that keep their grade get a line of history in the new term, but no event.

        :param dict grade_by_partner: unit → grade
        :param resolution: the ground
        :param str end_kind: why the grades held until then end
        :param date date: first day, default the resolution's day of effect
        """
        changed = self.filtered(lambda unit: unit.member_grade_id != grade_by_partner[unit])
        # sudo: the act that decides checks its role; grades are the system's to write
        units_sudo = unlocked(self.browse(changed.ids).sudo())
        # core looks at persons and users unit by unit: read them at once
        units_sudo.fetch(['child_ids', 'user_ids'])
        units_sudo.child_ids.fetch(['child_ids', 'user_ids'])
        for unit_grade, units in units_sudo.grouped(grade_by_partner.get).items():
            units.write({'member_grade_id': unit_grade.id})
        day = date or resolution.date_effective
        self.env['cfia.grade.term']._start([
            {
                'partner_id': unit.id,
                'grade_id': grade_by_partner[unit].id,
                'date_from': day,
                'congress_id': resolution.congress_id.id,
                'resolution_id': resolution.id,
            }
            for unit in self
        ], end_kind)
        changed._record_member_event(
            'grade', day, note=resolution.display_name, res_model=resolution._name, res_id=resolution.id)

    def _issue_certificates(self, reason, source=None):
        """Issue new certificates with the present name and grade; the number stays.

        An earlier one is no longer valid from the day on which the new one begins. A renewal begins
        when the present certificate ends, or at once.

        :param str reason: value of ``cfia.document.reason``
        :param source: record that the certificates follow from
        :return: the certificates
        :raise UserError: for units that are no members
        """
        stranger = self.filtered(lambda unit: unit.member_state != 'member' or not unit.member_number)[:1]
        if stranger:
            raise UserError(self.env._(
                "%(unit)s is not a member. Certificates are issued to members.", unit=stranger.display_name))
        today = association_today()
        begin = dict.fromkeys(self, today)
        # sudo: certificates are issued by the act, which checks its role
        Document = self.env['cfia.document'].sudo()
        if reason == 'renewal':
            for certificate in Document._get_newest_certificates(self):
                if certificate.date_to and not certificate.date_revoked and certificate.date_to >= today:
                    begin[certificate.partner_id] = certificate.date_to + timedelta(days=1)
        # sudo: terms of congress give the validity
        congresses = self.env['cfia.congress'].sudo().search([], order='date_start desc')
        company = self.env.company
        vals_list = []
        for unit in self.with_prefetch():
            day = begin[unit]
            congress = congresses.filtered(lambda term: term.date_start <= day)[:1]
            vals_list.append({
                'partner_id': unit.id,
                'date': today,
                'reason': reason,
                'res_model': source._name if source else unit._name,
                'res_id': source.id if source else unit.id,
                'data': unit._prepare_certificate_data(
                    day, company._get_certificate_end(day, congress), congress),
            })
        return Document._issue('certificate', vals_list)

    def _prepare_certificate_data(self, date_from, date_to, congress):
        """Return what 《会员证书》 of this unit prints (DOMAIN §4.4).

        :param congress: term of congress, or an empty recordset
        """
        self.ensure_one()
        lang = self._get_reader_lang()
        return {
            'unit_name': self.name,
            'member_number': self.member_number,
            'grade': self.member_grade_id.with_context(lang=lang).name or '',
            'congress': congress.with_context(lang=lang).name or '',
            'congress_number': congress.number,
            'association': self.env.company.name,
            'date_from': date_from.isoformat(),
            'date_to': date_to.isoformat(),
        }
