from odoo.tools import SQL


def migrate(cr, version):
    """Leave open what became of letters sent before it was kept, and let stored views call the methods that there are."""
    cr.execute(SQL("ALTER TABLE cfia_document ADD COLUMN IF NOT EXISTS delivery_state varchar"))
    # one button says which unit is meant; views are checked against the new code before they are read anew
    cr.execute(SQL("""
        UPDATE ir_ui_view SET arch_db = replace(arch_db::text, 'action_take_for_application', 'action_take_for_record')::jsonb
         WHERE arch_db::text LIKE %s""", '%action_take_for_application%'))
