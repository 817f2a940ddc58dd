from odoo import api, models


class CfiaGolive(models.TransientModel):
    _inherit = 'cfia.golive'

    @api.model
    def _get_golive_steps(self):
        """Add the standard, the bank account and the opening balances."""
        company = self.env.company
        section = self.env._("3. Rules")
        standard = self.env['cfia.dues.standard'].search([('state', '=', 'in_force')], limit=1)
        bank = company.cfia_dues_bank_id or company.partner_id.bank_ids[:1]
        openings = self.env['cfia.dues.opening']._read_group([], ['state'], ['__count'])
        waiting = sum(count for state, count in openings if state != 'posted')
        return super()._get_golive_steps() + [
            {
                'key': 'dues_standard', 'sequence': 100, 'section': section, 'title': self.env._("Dues standard in force"),
                'is_done': bool(standard), 'needs': 'congress grades',
                'detail': standard.display_name if standard else self.env._("None: no dues can be billed."),
                'action': 'cfia_dues.cfia_dues_standard_action',
            },
            {
                'key': 'dues_course', 'sequence': 105, 'section': section,
                'title': self.env._("Dues of the year of leaving and of coming back"), 'needs': 'dues_standard',
                'is_done': standard.is_course_agreed,
                'detail': self.env._(
                    "Year of leaving: %(leaving)s; of coming back: %(returning)s. Compare with the resolution.",
                    **{name: dict(standard._fields[name]._description_selection(self.env)).get(standard[name], '')
                       for name in ('leaving', 'returning')}),
                'action': 'cfia_dues.cfia_dues_standard_action',
            },
            {
                'key': 'bank', 'sequence': 110, 'section': section, 'title': self.env._("Bank account on dues papers"),
                'is_done': bool(bank),
                'detail': bank.display_name if bank else self.env._(
                    "%(company)s has no bank account on record: members would not know where to pay.",
                    company=company.name),
                'action': 'base.action_res_partner_bank_account_form',
            },
            {
                'key': 'opening', 'sequence': 230, 'section': self.env._("4. Members"),
                'title': self.env._("Opening balances of dues"), 'needs': 'roster',
                'is_done': bool(openings) and not waiting,
                'detail': self.env._("Entries: %(count)s; not agreed yet: %(waiting)s",
                                     count=sum(count for _state, count in openings), waiting=waiting),
                'action': 'cfia_dues.cfia_dues_opening_action',
            },
        ]
