{
    'name': "CFIA Membership: Spreadsheet Dashboard",
    'version': '19.0.1.0.0',
    'category': 'Association/Membership',
    'summary': "Members by quarter, region and category as a dashboard of Odoo's spreadsheets",
    'author': "CFIA Membership Suite contributors",
    'license': 'AGPL-3',
    'depends': ['cfia_membership', 'spreadsheet_dashboard'],
    'data': [
        # Data
        'data/dashboards.xml',
    ],
    'auto_install': True,
}
