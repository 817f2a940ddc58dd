{
    'name': "CFIA Services",
    'version': '19.0.1.0.0',
    'category': 'Association/Services',
    'summary': "What an association's members get: catalogue, entitlements, usage and lists to departments",
    'author': "CFIA Membership Suite contributors",
    'license': 'AGPL-3',
    'depends': ['cfia_membership'],
    'data': [
        # Security
        'security/ir.model.access.csv',
        'security/cfia_services_rules.xml',
        'security/cfia_need_rules.xml',
        # Data
        'data/ir_cron_data.xml',
        'data/cfia_magazine_edition_data.xml',
        'data/cfia_service_data.xml',
        'data/cfia_obligation_data.xml',
        'data/cfia_roster_data.xml',
        'data/cfia_need_data.xml',
        'data/need_round_mail_data.xml',
        # Reports
        'report/cfia_change_list_reports.xml',
        'report/cfia_need_templates.xml',
        # Wizards
        'wizard/cfia_need_forward_views.xml',
        # Views
        'views/cfia_magazine_edition_views.xml',
        'views/cfia_service_views.xml',
        'views/cfia_entitlement_views.xml',
        'views/cfia_service_usage_views.xml',
        'views/cfia_change_list_views.xml',
        'views/res_partner_views.xml',
        'views/portal_templates.xml',
        'views/need_portal_templates.xml',
        'views/cfia_services_menus.xml',
        'views/cfia_need_views.xml',
        'views/cfia_need_round_views.xml',
        'views/cfia_roster_release_views.xml',
        'views/cfia_lesson_views.xml',
    ],
    'demo': [
        'demo/cfia_lesson_demo.xml',
        'demo/cfia_services_demo.xml',
        'demo/cfia_need_demo.xml',
        'demo/cfia_roster_demo.xml',
    ],
    'pre_init_hook': '_pre_init_btree_gist',
}
