# Run by `odoo shell` at the end of the installation: the administrator's password, outgoing mail, the address of the
# suite in QR codes and mails, and the files that browsers load.
import os

env = env  # noqa: F821, PLW0127 the shell's
env.ref('base.user_admin').password = os.environ['ADMIN_PASSWORD']
if host := os.environ.get('SMTP_HOST'):
    env['ir.mail_server'].create({
        'name': host, 'smtp_host': host, 'smtp_port': int(os.environ.get('SMTP_PORT') or 25),
        'smtp_encryption': os.environ.get('SMTP_ENCRYPTION') or 'none',
        'smtp_user': os.environ.get('SMTP_USER') or False,
        'smtp_pass': os.environ.get('SMTP_PASSWORD') or False,
    })
if url := os.environ.get('PUBLIC_URL'):
    env['ir.config_parameter'].set_param('web.base.url', url.rstrip('/'))
    env['ir.config_parameter'].set_param('web.base.url.freeze', 'True')
env['ir.qweb']._pregenerate_assets_bundles()
env.cr.commit()
