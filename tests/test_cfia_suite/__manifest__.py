{
    'name': "CFIA Suite: Tests",
    'version': '19.0.1.0.0',
    'category': 'Hidden/Tests',
    'summary': "Tests of what no single add-on of the suite owns",
    'author': "CFIA Membership Suite contributors",
    'license': 'AGPL-3',
    'depends': ['cfia_dues', 'cfia_services'],
    'assets': {
        'web.assets_tests': [
            'test_cfia_suite/static/tests/tours/**/*',
        ],
    },
}
