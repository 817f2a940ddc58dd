# Run by `odoo shell` once Odoo's auth_password_policy and auth_timeout are installed: passwords of
# twelve characters; whoever is away for an hour, or has been logged in for twelve, logs in again.
env['ir.config_parameter'].set_param('auth_password_policy.minlength', '12')  # noqa: F821 the shell's
env.ref('base.group_user').write({'lock_timeout': 720, 'lock_timeout_inactivity': 60})  # noqa: F821
env.ref('base.group_portal').write({'lock_timeout': 720, 'lock_timeout_inactivity': 60})  # noqa: F821
env.cr.commit()  # noqa: F821
