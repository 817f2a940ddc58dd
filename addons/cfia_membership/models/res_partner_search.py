import re

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.cfia_membership.tools.index import trigram_index
from odoo.addons.cfia_membership.tools.member_number import canonical_number
from odoo.addons.cfia_membership.tools.uscc import normalise_uscc

# The index has the very expression of the query, or it stays unused.
PHONE_DIGITS = (
    "regexp_replace(COALESCE({0}phone, ''), '[^0-9]', '', 'g') || ' ' || "
    "regexp_replace(COALESCE({0}mobile, ''), '[^0-9]', '', 'g')")
TRIGRAM_LENGTH = 3
PHONE_TERM = re.compile(r'[0-9 ()+\-]{5,}')


class ResPartner(models.Model):
    """Finding a unit by any of its names, numbers and telephones, fast on large databases."""

    _inherit = 'res.partner'

    region_id = fields.Many2one('cfia.region', related='state_id.cfia_region_id', string="Region")

    _complete_name_trigram_idx = trigram_index('complete_name')
    _email_trigram_idx = trigram_index('email')
    _phone_trigram_idx = trigram_index('phone')
    _ref_trigram_idx = trigram_index('ref')
    _vat_trigram_idx = trigram_index('vat')
    _former_name_trigram_idx = trigram_index('former_name')
    _member_number_trigram_idx = trigram_index('member_number')
    _member_number_legacy_trigram_idx = trigram_index('member_number_legacy')
    _uscc_trigram_idx = trigram_index('uscc')
    _phone_digits_trigram_idx = models.Index(
        lambda registry: registry.has_trigram and f"USING gin (({PHONE_DIGITS.format('')}) gin_trgm_ops)")
    _state_id_idx = models.Index('(state_id) WHERE state_id IS NOT NULL')

    # === COMPUTE METHODS === #

    @api.model
    def _search_display_name(self, operator, value):
        """Find units by number in any form, USCC, former name and telephones of their persons, too.

        Each branch is a query of its own, so that each uses its own index; one ``OR`` would read
        the whole table as soon as one of its columns has none.
        """
        domain = super()._search_display_name(operator, value)
        if operator not in ('ilike', '=', '=ilike') or not value or not isinstance(value, str):
            return domain
        core = Domain(domain)
        branches = list(getattr(core, 'children', [core])) if getattr(core, 'OPERATOR', '') == '|' else [core]
        branches += self._get_term_branches(operator, value.strip())
        # several modules widen core's search by the same columns
        branches = list(dict.fromkeys(branches))
        selects = [
            # sudo: the search that these selects become a part of applies the rules
            self.with_context(active_test=False)._search(branch, bypass_access=True).select()
            for branch in branches
        ]
        if operator == 'ilike' and (phone := self._get_phone_select(value)):
            selects.append(phone)
        return Domain('id', 'in', SQL("(%s)", SQL(" UNION ").join(selects)))

    @api.model
    def _get_term_branches(self, operator, term):
        """Return the domains by which a term finds units beyond core's.

        :rtype: list[Domain]
        """
        branches = [Domain('former_name', operator, term)]
        number = canonical_number(term, *self.env['cfia.member.number']._get_format())
        if number:
            branches.append(Domain('member_number', '=', number))
        if operator == 'ilike' and len(term) < TRIGRAM_LENGTH:
            return branches
        branches += [
            Domain('member_number', operator, term),
            Domain('member_number_legacy', operator, term),
        ]
        if uscc := normalise_uscc(term):
            branches.append(Domain('uscc', operator, uscc))
        return branches

    @api.model
    def _get_phone_select(self, term):
        """Return the query of persons, and of their units, who have the telephone ``term``.

        :rtype: SQL | None
        """
        digits = re.sub(r'[^0-9]', '', term)
        if not PHONE_TERM.fullmatch(term.strip()) or len(digits) < 5:
            return None
        return SQL(
            """
            SELECT UNNEST(ARRAY[person.id, person.commercial_partner_id])
              FROM res_partner person
             WHERE (%(digits)s) LIKE %(pattern)s
            """,
            digits=SQL(PHONE_DIGITS.format('person.'), to_flush=[
                self._fields[name] for name in ('phone', 'mobile', 'commercial_partner_id')]),
            pattern=f'%{digits}%',
        )
