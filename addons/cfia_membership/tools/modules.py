"""What is installed in the association's Odoo, beside the suite's own add-ons.

Many add-ons of Odoo install themselves as soon as what they need is there. Some of them call services on the internet,
some bring fields that tell of files in superuser mode. None is there unasked.
"""

#: What the suite and the add-ons recommended beside it need, and what of Odoo's own is wanted with them.
ALLOWED_MODULES = frozenset((
    'account', 'account_payment', 'account_reconcile_oca', 'account_statement_base', 'account_statement_import_base',
    'account_statement_import_file', 'account_statement_import_sheet_file', 'account_statement_import_sheet_file_xlsx',
    'analytic', 'auth_passkey', 'auth_passkey_portal', 'auth_password_policy', 'auth_password_policy_portal',
    'auth_password_policy_signup', 'auth_signup', 'auth_timeout', 'auth_totp', 'auth_totp_mail', 'auth_totp_portal',
    'base', 'base_import', 'base_setup', 'bus', 'contacts', 'digest', 'html_builder',
    'html_editor', 'http_routing', 'l10n_cn', 'link_tracker', 'mail', 'mass_mailing', 'mass_mailing_themes',
    'onboarding', 'payment', 'portal', 'privacy_lookup', 'product', 'report_xlsx', 'resource', 'rpc', 'social_media', 'spreadsheet', 'spreadsheet_account', 'spreadsheet_dashboard',
    'spreadsheet_dashboard_account', 'uom', 'utm', 'web', 'web_tour',
))
#: Names, with commas between them, of further add-ons that the association decided to have.
MODULES_PARAMETER = 'cfia_membership.further_modules'
#: What does not install itself, wherever it is found: it calls outside, or nobody here uses it.
REFUSED_MODULES = (
    'account_add_gln', 'account_edi_ubl_cii', 'base_install_request', 'google_gmail', 'iap', 'iap_mail', 'mail_bot',
    'mass_mailing_sms', 'microsoft_outlook', 'partner_autocomplete', 'sms', 'snailmail', 'snailmail_account',
    'web_unsplash',
)
