{
    'name': "CFIA Services: Events",
    'version': '19.0.1.0.0',
    'category': 'Association/Services',
    'summary': "Member prices used at the association's events, and contact targets met there",
    'author': "CFIA Membership Suite contributors",
    'license': 'AGPL-3',
    'depends': ['cfia_services', 'event_sale'],
    'data': [
        # Views
        'views/event_event_views.xml',
        'views/event_registration_views.xml',
    ],
    'auto_install': True,
}
