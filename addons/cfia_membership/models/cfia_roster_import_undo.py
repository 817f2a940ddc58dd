from odoo import fields, models

from odoo.addons.cfia_membership.tools.guard import unlocked


class CfiaRosterImport(models.Model):
    """What a member list brought, so that a wrong one is taken back before anything is built on it."""

    _name = 'cfia.roster.import'
    _inherit = ['cfia.roster.import', 'cfia.unit.list.mixin']

    brought = fields.Json(
        readonly=True, copy=False, help="Units that were new, units that were known, and reserved numbers, as identifiers.")

    def _import_rows(self, rows):
        """Note what is brought."""
        # sudo: the register is read by nobody directly
        Number = self.env['cfia.member.number'].sudo()
        reserved_before = set(Number.search([('origin', '=', 'reserved')]).ids)
        partner_ids = super()._import_rows(rows)
        written = [row for row in rows if row.state != 'rejected' and not row.is_unchanged]
        before = self.brought or {}
        news = {
            'units': [partner_ids[row.place] for row in written if not row.unit],
            'known': [partner_ids[row.place] for row in written if row.unit],
            'reserved': sorted(set(Number.search([('origin', '=', 'reserved')]).ids) - reserved_before),
        }
        # sudo: the result belongs to the act, not to the form
        unlocked(self.sudo()).brought = {name: [*before.get(name, ()), *ids] for name, ids in news.items()}
        return partner_ids

    def _get_brought_units(self):
        return self.env['res.partner'].browse((self.brought or {}).get('units', ())).exists()

    def _get_changed_units(self):
        return self.env['res.partner'].browse((self.brought or {}).get('known', ())).exists()

    def _get_brought_parts(self):
        return {
            **super()._get_brought_parts(),
            'cfia.review.item': [('import_id', '=', self.id), ('state', '=', 'open')],
            'cfia.member.file': [('paper_ids', '=', False), ('place', 'in', (False, ''))],
            'cfia.grade.term': [('resolution_id', '=', False), ('end_resolution_id', '=', False)],
            'cfia.member.event': [('res_model', '=', self._name), ('res_id', '=', self.id)],
            'cfia.member.number': [('origin', '=', 'imported')],
        }

    def _delete_brought(self, units):
        """Let the numbers that the list reserved go, too."""
        result = super()._delete_brought(units)
        reserved = self.env['cfia.member.number'].browse((self.brought or {}).get('reserved', ())).exists()
        unlocked(reserved.filtered(lambda number: number.origin == 'reserved')).unlink()
        return result
