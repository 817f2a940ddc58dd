from odoo.tools import SQL


def migrate(cr, version):
    """Take the notices that were billed before their delivery was kept as delivered on that day."""
    cr.execute(SQL("ALTER TABLE cfia_dues_line ADD COLUMN IF NOT EXISTS date_notice_delivered date"))
    cr.execute(SQL("UPDATE cfia_dues_line SET date_notice_delivered = date_billed WHERE date_billed IS NOT NULL"))
