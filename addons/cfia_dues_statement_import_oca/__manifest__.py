{
    'name': "CFIA Dues: OCA Statement Import",
    'version': '19.0.1.0.0',
    'category': 'Association/Dues',
    'summary': "Reads the lists of Chinese banks in OCA's import of bank statements",
    'author': "CFIA Membership Suite contributors",
    'license': 'AGPL-3',
    'depends': ['account_statement_import_sheet_file_xlsx', 'cfia_dues'],
    'data': [
        # Data
        'data/account_statement_import_sheet_mapping_data.xml',
        # Views
        'views/account_statement_import_sheet_mapping_views.xml',
    ],
    'auto_install': True,
    'post_init_hook': '_post_init_journal_mapping',
}
