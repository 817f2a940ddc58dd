{
    'name': "CFIA Dues",
    'version': '19.0.1.0.0',
    'category': 'Association/Dues',
    'summary': "Dues of an association's members: resolution, bills, notices and bank matching in real accounting",
    'author': "CFIA Membership Suite contributors",
    'license': 'AGPL-3',
    'depends': ['account', 'cfia_membership'],
    'data': [
        # Security
        'security/cfia_dues_groups.xml',
        'security/ir.model.access.csv',
        'security/cfia_dues_rules.xml',
        # Data
        'data/ir_cron_data.xml',
        'data/mail_activity_type_data.xml',
        # Reports
        'report/cfia_dues_notice_templates.xml',
        'report/cfia_dues_reports.xml',
        'report/cfia_dues_opening_templates.xml',
        'report/cfia_dues_reminder_templates.xml',
        'data/mail_template_data.xml',
        'data/cfia_dues_round_data.xml',
        # Wizards
        'wizard/cfia_dues_bank_import_views.xml',
        'wizard/cfia_dues_claim_views.xml',
        'wizard/cfia_dues_round_share_views.xml',
        # Views
        'views/cfia_dues_standard_views.xml',
        'views/cfia_dues_line_views.xml',
        'views/cfia_dues_run_views.xml',
        'views/cfia_dues_round_views.xml',
        'views/cfia_dues_opening_views.xml',
        'views/cfia_dues_payer_alias_views.xml',
        'views/account_bank_statement_line_views.xml',
        'views/res_partner_views.xml',
        'views/res_config_settings_views.xml',
        'views/portal_templates.xml',
        'views/cfia_dues_menus.xml',
    ],
    'demo': [
        'demo/cfia_dues_standard_demo.xml',
        'demo/cfia_dues_demo.xml',
        'demo/cfia_dues_round_demo.xml',
    ],
    'post_init_hook': '_post_init_dues_accounting',
}
