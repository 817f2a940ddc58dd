from odoo.tests import TransactionCase, tagged

from odoo.addons.cfia_membership.tests.routes import get_own_routes

#: Pages that write although they are asked with GET, and what.
WRITING = {
    '/cfia/roster/<string:token>': "the disclosure",
    '/cfia/roster/<string:token>/xlsx': "the disclosure",
    '/web/partner/vcard': "the disclosure",
    '/web_enterprise/partner/<model("res.partner"):partner>/vcard': "the disclosure",
    # routes of Odoo, which the suite only turns away from some records
    '/my/invoices/<int:invoice_id>': "what Odoo writes",
    '/mailing/<int:mailing_id>/confirm_unsubscribe': "what Odoo writes",
    '/mailing/<int:mailing_id>/unsubscribe': "what Odoo writes",
}


@tagged('post_install', '-at_install')
class TestReadonlyRoutes(TransactionCase):
    """What only reads may be answered by a replica; a page that writes all the same fails where it is tested."""

    def test_pages_read_only(self):
        found = set()
        for rule, _modules in get_own_routes(self.env):
            routing = rule.endpoint.routing
            if routing['type'] == 'http' and 'GET' in (routing['methods'] or ['GET']) and not routing['readonly']:
                found.add(rule.rule)
        self.assertEqual(found, set(WRITING))

    def test_what_takes_a_form_writes(self):
        for rule, _modules in get_own_routes(self.env):
            routing = rule.endpoint.routing
            with self.subTest(route=rule.rule):
                self.assertFalse(routing['methods'] == ['POST'] and routing['readonly'])

    def test_the_workplace_reads_only(self):
        self.assertTrue(self.env['cfia.workplace'].get_workplace._readonly)
