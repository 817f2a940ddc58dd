from odoo import models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.models.res_partner_edit import MERGING


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = 'base.partner.merge.automatic.wizard'

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Keep numbered units out of the merge, which rewrites foreign keys past every guard.

        :raise UserError: when two units hold a number, or the one that does would vanish
        """
        partners = self.env['res.partner'].browse(partner_ids).exists()
        # sudo: numbers stand in the way whoever merges
        numbered = partners.sudo().filtered('member_number')
        if len(numbered) > 1:
            raise UserError(self.env._(
                "%(units)s each hold a member number for life and cannot be merged here. "
                "Close one of them as merged into the other.",
                units=", ".join(numbered.mapped('display_name')),
            ))
        if numbered and dst_partner and dst_partner != numbered:
            raise UserError(self.env._(
                "%(unit)s holds a member number. Choose it as the contact to keep.",
                unit=numbered.display_name,
            ))
        if dst_partner and not numbered:
            # what the association knows of one of them, it knows of the one that stays
            known = set(partners.mapped('member_state'))
            state = next((state for state in ('applicant', 'prospect') if state in known), None)
            if state and dst_partner.member_state != state:
                dst_partner._set_member_state(state)
        merged = partners - (dst_partner or partners.browse())
        names = {unit: persons.mapped('name') for unit, persons in merged.filtered('parent_id').grouped('commercial_partner_id').items()}
        result = super(BasePartnerMergeAutomaticWizard, self.with_context(cfia_merging=MERGING))._merge(
            partner_ids, dst_partner=dst_partner or numbered or None, extra_checks=extra_checks)
        if dst_partner:
            # sudo: the unit tells which of its persons became one, whoever merges
            for unit, persons in names.items():
                unit.exists().sudo().message_post(body=self.env._(
                    "Merged into %(kept)s: %(persons)s.", kept=dst_partner.name, persons=", ".join(map(str, persons))))
        return result
