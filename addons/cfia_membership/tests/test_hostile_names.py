from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from .common import MembershipCommon
from odoo.addons.cfia_membership.tools.text import (
    clean_text,
    clean_unit_name,
    normalise_unit_name,
    normalised_name_sql,
    strip_invisible,
)

#: What no reader sees: direction, joiners, fillers, variants, tags, controls.
HIDDEN = (
    '\u202e', '\u202d', '\u202a', '\u202b', '\u202c', '\u2066', '\u2067', '\u2068', '\u2069', '\u061c', '\u200e',
    '\u200b', '\u200d', '\u2060', '\u2063', '\ufeff', '\u00ad', '\u034f', '\u3164', '\uffa0', '\u115f', '\u2800',
    '\ufe0f', '\u180e', '\U000e0041', '\U000e0100', '\x07', '\x7f',
)
#: Blanks of other widths, which read as one.
BLANKS = ('\u3000', '\u00a0', '\u2003', '\u2009', '\u202f', '\u205f', '\t', '\n')
NAME = "演示冒名锻造有限公司"


@tagged('post_install', '-at_install')
class TestHostileText(TransactionCase):

    def test_taken_out_of_every_text(self):
        for character in HIDDEN:
            with self.subTest(character=f'{ord(character):x}'):
                spoilt = f'{NAME[:4]}{character}{NAME[4:]}{character}'
                self.assertEqual(strip_invisible(spoilt), NAME)
                self.assertEqual(clean_text(spoilt), NAME)
                self.assertEqual(clean_unit_name(spoilt), NAME)
                self.assertEqual(normalise_unit_name(spoilt), normalise_unit_name(NAME))
        for blank in BLANKS:
            self.assertEqual(clean_unit_name(f'{NAME[:4]}{blank}{NAME[4:]}'), NAME)
            self.assertEqual(clean_text(f'a{blank}b'), 'a b')
        self.assertEqual(strip_invisible("两行\n文字\tA"), "两行\n文字\tA")
        # encoded twice for older standards: the same to the eye
        self.assertEqual(clean_text('\uf90a'), '\u91d1')

    def test_database_has_the_same_key(self):
        for character in (*HIDDEN, *BLANKS):
            spoilt = f'{NAME[:4]}{character}{NAME[4:]}（A）'
            with self.subTest(character=f'{ord(character):x}'):
                [[key]] = self.env.execute_query(SQL("SELECT %s", normalised_name_sql(SQL("%s::text", spoilt))))
                self.assertEqual(key, normalise_unit_name(spoilt))


@tagged('post_install', '-at_install')
class TestHostileNames(MembershipCommon):

    def spoil(self, text):
        return f'\u202e{text[:3]}\u200b{text[3:]}\u2066'

    def test_every_door(self):
        """Whatever way a text comes in by, it is what it reads as."""
        spoilt = self.spoil(NAME)
        organisation = self.env(user=self.user_organisation)
        application = organisation['cfia.membership.application'].create(
            self._prepare_application(spoilt, contact_name=self.spoil("演示联系人")))
        self.assertEqual((application.name, application.contact_name), (NAME, "演示联系人"))
        application.write({'main_products': self.spoil("锻件\n环件")})
        self.assertEqual(application.main_products, "锻件\n环件")
        enquiry = organisation['cfia.enquiry'].with_context(default_name=spoilt).create({})
        self.assertEqual(enquiry.name, NAME)
        organisation['ir.default'].sudo().set('cfia.enquiry', 'contact_name', spoilt, user_id=self.user_organisation.id)
        self.assertEqual(organisation['cfia.enquiry'].create({'name': "演示甲"}).contact_name, NAME)
        result = organisation['cfia.enquiry'].load(['name'], [[spoilt]])
        self.assertEqual(organisation['cfia.enquiry'].browse(result['ids']).name, NAME)
        prospect = organisation['res.partner'].browse(self.make_application("演示冒名二有限公司", state='submitted').partner_id.id)
        prospect.write({'name': spoilt, 'child_ids': [(0, 0, {'name': self.spoil("演示人员")})]})
        self.assertEqual(prospect.name, NAME)
        self.assertEqual(prospect.child_ids.mapped('name'), ["演示人员"])

    def test_contacts_of_other_apps_stay(self):
        name = "Family \U0001f468\u200d\U0001f469\u200d\U0001f467 می\u200cخواهم"
        supplier = self.env['res.partner'].create({'name': name})
        self.assertEqual(supplier.name, name)
        supplier.name = f'{name}\u200e'
        self.assertEqual(supplier.name, f'{name}\u200e')
        self.assertEqual(self.env['res.partner.category'].create({'name': 'a\u200db'}).name, 'a\u200db')

    def test_becoming_a_unit(self):
        """A contact that comes into the association's care has a name that reads as it is."""
        partner = self.env['res.partner'].create({'name': self.spoil(NAME), 'is_company': True})
        partner._set_member_state('prospect')
        self.assertEqual(partner.name, NAME)

    def test_same_but_for_hidden_characters_is_told(self):
        """A name that reads as a member's is put before somebody, whatever is hidden in it."""
        for name in (self.spoil(self.unit_member.name), f'{self.unit_member.name[:4]} {self.unit_member.name[4:]}',
                     f'{self.unit_member.name}\ufe0f', self.unit_member.name.replace("演", "演\u3164")):
            application = self.env['cfia.membership.application'].with_user(self.user_organisation).create(
                self._prepare_application(name))
            with self.assertRaises(UserError):
                application.action_submit()
            enquiry = self.env['cfia.enquiry'].with_user(self.user_staff).create({'name': name})
            self.assertIn(self.unit_member, enquiry.sudo().candidate_ids | enquiry.sudo().partner_id)
        self.make_application("演示另一家有限公司", state='submitted')

    def test_certificate_page(self):
        document = self.env['cfia.document'].search(
            [('partner_id', '=', self.unit_member.id), ('kind', '=', 'certificate')], limit=1)
        # as a certificate issued before may hold it
        self.env.cr.execute(
            "UPDATE cfia_document SET data = jsonb_set(data::jsonb, '{unit_name}', to_jsonb(%s::text)) WHERE id = %s",
            [self.spoil("演示公司\n证书编号 99999"), document.id])
        document.invalidate_recordset()
        answer = self.env['cfia.document']._verify(document.token)
        self.assertEqual(answer['unit_name'], "演示公司 证书编号 99999")
        self.assertEqual(answer['number'], document.name)
