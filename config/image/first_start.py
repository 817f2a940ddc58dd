# Run by `odoo shell` at the end of the installation: the administrator's password, outgoing mail, the address of the
# suite in QR codes and mails, how large a file may be, and the files that browsers load.
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
# what the proxy takes (64 MB), also where the browser sends a file as text of 4/3 its size
env['ir.config_parameter'].set_param('web.max_file_upload_size', 48 * 1024 * 1024)
env['ir.qweb']._pregenerate_assets_bundles()
env.cr.commit()
