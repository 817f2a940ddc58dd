from odoo.tools import SQL


def migrate(cr, version):
    """Leave open what became of letters that went out before it was kept: nothing is said of them."""
    cr.execute(SQL("ALTER TABLE cfia_document ADD COLUMN IF NOT EXISTS delivery_state varchar"))
