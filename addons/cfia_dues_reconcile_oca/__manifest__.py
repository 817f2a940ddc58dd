{
    'name': "CFIA Dues: OCA Reconciliation",
    'version': '19.0.1.0.0',
    'category': 'Association/Dues',
    'summary': "Keeps the guesses of OCA's reconciliation away from dues",
    'author': "CFIA Membership Suite contributors",
    'license': 'AGPL-3',
    'depends': ['account_reconcile_oca', 'cfia_dues'],
    'auto_install': True,
}
