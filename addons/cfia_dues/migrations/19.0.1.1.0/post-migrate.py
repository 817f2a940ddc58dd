import logging

from odoo import SUPERUSER_ID, api

from odoo.addons.cfia_membership.tools.regulation import refresh_regulation

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    """Bring the regulation's rows up to date; what somebody changed stays. Say whose dues credit notes take off."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    refresh_regulation(env, 'cfia_dues', 'data/cfia_obligation_data.xml')
    _attribute_notes(env)


def _attribute_notes(env):
    """Note on the items of posted credit notes whose dues they take off, recount the lines and list what changes.

    Nothing posted changes: amounts, dates and reconciliations stay.
    """
    notes = env['account.move'].search([
        ('move_type', '=', 'out_refund'), ('state', '=', 'posted'), ('reversed_entry_id.line_ids.dues_line_id', '!=', False)])
    for note in notes:
        billed = note.reversed_entry_id.line_ids.filtered('dues_line_id')
        for item in note.line_ids.filtered(lambda item: item.display_type == 'product' and not item.dues_note_line_id):
            lines = billed.dues_line_id if len(billed.dues_line_id) == 1 else billed.filtered(
                lambda product, item=item: product.display_type == 'product' and product.name == item.name).dues_line_id
            if len(lines) == 1:
                item.dues_note_line_id = lines
        taken = note.line_ids.dues_note_line_id
        if len(taken) == 1:
            receivables = note.line_ids.filtered(lambda item: item.display_type == 'payment_term')
            receivables.write({'dues_note_line_id': taken.id, 'dues_member_id': taken.partner_id.id})
        else:
            _logger.warning("Credit note %s is about several members: compare it by hand", note.name)
    lines = notes.reversed_entry_id.line_ids.dues_line_id
    names = ('state', 'amount_paid', 'amount_credited', 'amount_residual')
    before = {line: tuple(line[name] for name in names) for line in lines}
    for name in names:
        env.add_to_compute(lines._fields[name], lines)
    env.flush_all()
    for line, values in before.items():
        now = tuple(line[name] for name in names)
        if now != values:
            _logger.info("Dues %s: %s, now %s", line.display_name, values, now)
