{
    'name': "CFIA Dues: OCA Reconciliation",
    'version': '19.0.1.0.0',
    'category': 'Association/Dues',
    'summary': "Shows whose dues a receipt may pay in OCA's reconciliation, and keeps its guesses away from dues",
    'author': "CFIA Membership Suite contributors",
    'license': 'AGPL-3',
    'depends': ['account_reconcile_oca', 'cfia_dues'],
    'data': [
        # Views
        'views/account_bank_statement_line_views.xml',
    ],
    'auto_install': True,
}
