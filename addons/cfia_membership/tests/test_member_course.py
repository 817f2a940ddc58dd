from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.cfia_membership.controllers.verify import VERIFY_LIMIT
from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.guard import GUARD_KEY


class CourseCommon(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.paper = cls.env['ir.attachment'].with_user(cls.user_organisation).create({'name': "决议.pdf", 'raw': b'%PDF-1.4'})
        cls.congress = cls.env['cfia.congress'].search([('number', '=', 90)]) or cls.env['cfia.congress'].create({
            'name': "第九十届", 'number': 90, 'date_start': '2090-01-01', 'date_end': '2094-12-31'})
        cls.Document = cls.env['cfia.document']

    @classmethod
    def make_resolution(cls, grades=None, **vals):
        return cls.env['cfia.resolution'].with_user(cls.user_organisation).create({
            'name': "演示决议",
            'congress_id': cls.congress.id,
            'attachment_ids': [Command.link(cls.paper.id)],
            'line_ids': [
                Command.create({'partner_id': unit.id, 'grade_id': grade.id})
                for unit, grade in (grades or {}).items()
            ],
            **vals,
        })

    @classmethod
    def transition(cls, units, kind, **vals):
        return cls.env['cfia.member.transition'].with_user(cls.user_organisation).with_context(
            active_model='res.partner', active_ids=units.ids,
        ).create({
            'kind': kind, 'reason': "演示原因", 'attachment_ids': [Command.link(cls.paper.id)], **vals,
        })


@tagged('post_install', '-at_install')
class TestCertificate(CourseCommon):

    def _get_certificate(self, unit):
        return self.Document._get_newest_certificates(unit)

    def _ask(self, document):
        return self.Document._verify(document.token)['result']

    def test_reissue_keeps_the_number_and_ends_the_old_token(self):
        old = self._get_certificate(self.unit_member)
        self.assertEqual(self._ask(old), 'valid')
        action = self.env['cfia.certificate.issue'].with_user(self.user_organisation).with_context(
            active_model='res.partner', active_ids=self.unit_member.ids).create({'reason': 'lost'}).action_confirm()
        new = self._get_certificate(self.unit_member)
        self.assertEqual(action['domain'], [('id', 'in', new.ids)])
        self.assertNotEqual(new, old)
        self.assertEqual(new.name, old.name)
        self.assertEqual((self._ask(old), self._ask(new)), ('invalid', 'valid'))

    def test_renewal_begins_where_the_present_one_ends(self):
        self.env.company.write({'cfia_certificate_validity': 'years', 'cfia_certificate_years': 2})
        with freeze_time('2091-03-01'):
            unit = self.make_member("演示续证有限公司")
            old = self._get_certificate(unit)
            self.assertEqual((old.date_from, old.date_to), (date(2091, 3, 1), date(2093, 2, 28)))
        with freeze_time('2093-02-01'):
            new = unit._issue_certificates('renewal')
            self.assertEqual((new.date_from, new.date_to), (date(2093, 3, 1), date(2095, 2, 28)))
            self.assertEqual(new.name, old.name)
            self.assertEqual((self._ask(old), self._ask(new)), ('valid', 'invalid'))
        with freeze_time('2093-03-01'):
            self.assertEqual((self._ask(old), self._ask(new)), ('invalid', 'valid'))
        with freeze_time('2096-01-01'):
            self.assertEqual(self._ask(new), 'expired')
            self.assertEqual(unit._issue_certificates('renewal').date_from, date(2096, 1, 1))

    def test_validity_is_a_setting(self):
        company = self.env.company
        day = date(2091, 5, 1)
        self.assertEqual(company._get_certificate_end(day, self.congress), date(2094, 12, 31))
        company.write({'cfia_certificate_validity': 'years', 'cfia_certificate_years': 3})
        self.assertEqual(company._get_certificate_end(day, self.congress), date(2094, 4, 30))

    def test_exit_ends_the_certificate_for_good(self):
        old = self._get_certificate(self.unit_member)
        self.unit_member._leave('withdrawn')
        self.assertEqual(self._ask(old), 'invalid')
        self.unit_member._rejoin()
        self.assertEqual(self._ask(old), 'invalid')
        self.assertEqual(self._ask(self.unit_member._issue_certificates('return')), 'valid')

    def test_strangers_get_none(self):
        prospect = self.env['res.partner'].create({'name': "演示非会员有限公司", 'is_company': True})
        with self.assertRaises(UserError):
            prospect._issue_certificates('lost')
        with self.assertRaises(AccessError):
            self.env['cfia.certificate.issue'].with_user(self.user_staff).create({'reason': 'lost'})

    def test_bulk_issue_takes_constant_queries(self):
        units = self.make_applications([f"演示批量{i}有限公司" for i in range(12)], state='approved').partner_id
        counts = []
        units[:1]._issue_certificates('renewal')
        for batch in (units[:2], units[2:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch._issue_certificates('renewal')
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)


@tagged('post_install', '-at_install')
class TestVerifyLimit(HttpCase):

    def test_too_many_requests_wait(self):
        VERIFY_LIMIT.clear()
        self.addCleanup(VERIFY_LIMIT.clear)
        answers = [self.url_open('/cfia/verify/unknown').status_code for _i in range(VERIFY_LIMIT.times + 1)]
        self.assertEqual(set(answers[:-1]), {200})
        self.assertEqual(answers[-1], 429)


@tagged('post_install', '-at_install')
class TestGradeTerm(CourseCommon):

    def test_joining_opens_and_exit_ends_the_history(self):
        term = self.unit_member.grade_term_ids
        self.assertRecordValues(term, [{
            'grade_id': self.grade_member.id, 'date_from': self.unit_member.date_member_joined, 'date_to': False}])
        self.unit_member._leave('withdrawn')
        self.assertRecordValues(term, [{'state': 'ended', 'end_kind': 'left'}])
        self.unit_member._rejoin()
        self.assertEqual(len(self.unit_member.grade_term_ids), 2)

    def test_election_sets_the_grades_of_all(self):
        elected = self.make_member("演示当选有限公司")
        with freeze_time('2090-01-10'):
            resolution = self.make_resolution(
                {self.unit_member: self.grade_member, elected: self.grade_director}, kind='election')
            resolution.action_apply()
            resolution.action_apply()
        self.assertEqual(elected.member_grade_id, self.grade_director)
        for unit, grade in ((self.unit_member, self.grade_member), (elected, self.grade_director)):
            self.assertRecordValues(unit.grade_term_ids, [
                {'congress_id': self.congress.id, 'grade_id': grade.id, 'date_from': date(2090, 1, 10),
                 'date_to': False, 'resolution_id': resolution.id, 'end_kind': False},
                {'congress_id': unit.grade_term_ids[1].congress_id.id, 'grade_id': self.grade_member.id,
                 'date_from': unit.date_member_joined, 'date_to': date(2090, 1, 9), 'resolution_id': False,
                 'end_kind': 'term'},
            ])
            certificate = self.Document._get_newest_certificates(unit)
            self.assertEqual(certificate.reason, 'election')
            self.assertEqual(certificate.date_to, date(2094, 12, 31))
            self.assertEqual(certificate.data['grade'], grade.with_context(lang=unit.lang).name)
            self.assertEqual(
                unit.member_file_ids.paper_ids.filtered(lambda paper: paper.kind == 'resolution').attachment_id,
                self.paper)
        self.assertEqual(elected.member_event_ids.filtered(
            lambda event: event.kind == 'grade').res_id, resolution.id)
        self.assertNotIn('grade', self.unit_member.member_event_ids.mapped('kind'))

    def test_resolution_needs_paper_list_and_members(self):
        left = self.make_member("演示已退有限公司")
        left._leave('withdrawn')
        for vals, grades in (
            ({'attachment_ids': []}, {self.unit_member: self.grade_director}),
            ({}, {}),
            ({}, {left: self.grade_director}),
            ({}, {self.unit_member: self.env['cfia.grade']}),
            ({'date_effective': '2099-01-01'}, {self.unit_member: self.grade_director}),
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.make_resolution(grades, **vals).action_apply()
        self.assertEqual(self.unit_member.member_grade_id, self.grade_member)

    def test_resolution_in_effect_is_closed(self):
        resolution = self.make_resolution({self.unit_member: self.grade_director})
        with self.assertRaises(UserError):
            resolution.write({'state': 'applied'})
        with self.assertRaises(UserError):
            resolution.with_context(**{GUARD_KEY: True}).write({'state': 'applied'})
        with self.assertRaises(UserError):
            resolution.create({'name': "x", 'state': 'applied'})
        resolution.line_ids.grade_id = self.env.ref('cfia_membership.cfia_grade_standing_director')
        resolution.action_apply()
        for refused in (
            lambda: resolution.write({'date': '2020-01-01'}),
            lambda: resolution.line_ids.write({'grade_id': self.grade_member.id}),
            resolution.line_ids.unlink,
            resolution.unlink,
            lambda: resolution.line_ids.create({
                'resolution_id': resolution.id, 'partner_id': self.make_member("演示补录有限公司").id}),
        ):
            with self.assertRaises(UserError):
                refused()
        resolution.note = "备注可补"

    def test_fill_lists_every_member_once(self):
        resolution = self.make_resolution({self.unit_member: self.grade_director}, kind='election')
        resolution.action_fill()
        resolution.action_fill()
        members = self.env['res.partner'].search([('member_state', '=', 'member'), ('is_company', '=', True)])
        self.assertEqual(resolution.line_ids.partner_id, members)
        self.assertEqual(len(resolution.line_ids), len(members))

    def test_election_takes_constant_queries(self):
        units = self.make_applications([f"演示换届{i}有限公司" for i in range(16)], state='approved').partner_id
        counts = []
        for batch in (units[:2], units[2:4], units[4:]):
            resolution = self.make_resolution(
                {unit: (self.grade_director, self.grade_member)[index % 2] for index, unit in enumerate(batch)},
                kind='election', congress_id=self.congress.id)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            resolution.action_apply()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2], counts)

    def test_grade_changes_by_resolution_alone(self):
        for user in (self.user_organisation, self.user_manager):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self.unit_member.with_user(user).write({'member_grade_id': self.grade_director.id})
        result = self.env['res.partner'].with_user(self.user_organisation).load(
            ['.id', 'member_grade_id/.id'], [[str(self.unit_member.id), str(self.grade_director.id)]])
        self.assertTrue(result['messages'])
        self.assertEqual(self.unit_member.member_grade_id, self.grade_member)

    def test_history_is_closed_to_everybody(self):
        term = self.unit_member.grade_term_ids
        for records in (term, term.sudo(), term.with_user(self.user_manager).sudo(),
                        term.with_context(**{GUARD_KEY: object()})):
            with self.assertRaises(UserError):
                records.write({'grade_id': self.grade_director.id})
            with self.assertRaises(UserError):
                records.unlink()
            with self.assertRaises(UserError):
                records.create({'partner_id': self.unit_member.id, 'grade_id': self.grade_director.id,
                                'date_from': '2020-01-01'})

    def test_council_post_is_suspended_and_removed_without_touching_membership(self):
        unit = self.unit_member
        self.make_resolution({unit: self.grade_director}).action_apply()
        decision = self.make_resolution(kind='post')
        term = unit.grade_term_ids[0]
        Wizard = self.env['cfia.council.post.decide'].with_user(self.user_organisation)

        def decide(kind, terms=term):
            Wizard.create({
                'term_ids': [Command.set(terms.ids)], 'decision': kind, 'resolution_id': decision.id,
            }).action_confirm()

        with self.assertRaises(UserError):
            decide('resume')
        decide('suspend')
        self.assertEqual((term.state, unit.member_state, unit.member_grade_id), ('suspended', 'member', self.grade_director))
        decide('resume')
        self.assertEqual((term.state, term.date_suspended), ('active', False))
        decide('suspend')
        decide('remove')
        self.assertRecordValues(term, [{'state': 'ended', 'end_kind': 'removed', 'end_resolution_id': decision.id}])
        self.assertEqual((unit.member_state, unit.member_grade_id), ('member', self.grade_member))
        self.assertEqual(
            unit.member_event_ids.sorted('id').mapped('kind')[-5:],
            ['grade', 'suspended', 'resumed', 'suspended', 'grade'])
        with self.assertRaises(UserError):
            decide('suspend', unit.grade_term_ids[0])
        with self.assertRaises(AccessError):
            Wizard.with_user(self.user_secretary).create({
                'term_ids': [Command.set(term.ids)], 'resolution_id': decision.id})


@tagged('post_install', '-at_install')
class TestTransition(CourseCommon):

    def test_exit_with_papers_and_return_with_the_old_number(self):
        unit = self.unit_member
        number = unit.member_number
        self.transition(unit, 'withdrawn').action_confirm()
        self.assertEqual((unit.member_state, unit.member_number), ('withdrawn', number))
        event = unit.member_event_ids.sorted('id')[-1]
        self.assertEqual(event.kind, 'withdrawn')
        self.assertIn("演示原因", event.note)
        self.assertIn(self.paper, unit.member_file_ids.paper_ids.filtered(lambda paper: paper.kind == 'exit').attachment_id)
        with self.assertRaises(UserError):
            self.transition(unit, 'withdrawn').action_confirm()
        back = self.transition(unit, 'rejoined', grade_id=self.grade_director.id)
        back.action_confirm()
        self.assertEqual((unit.member_state, unit.member_number), ('member', number))
        self.assertEqual(unit.member_grade_id, self.grade_director)
        self.assertFalse(unit.date_member_left)
        self.assertIn('return', unit.member_file_ids.paper_ids.mapped('kind'))
        self.assertEqual(self.Document._get_newest_certificates(unit).reason, 'return')

    def test_expulsion_rests_on_a_resolution(self):
        with self.assertRaises(UserError):
            self.transition(self.unit_member, 'expelled').action_confirm()
        resolution = self.make_resolution(kind='exit')
        self.transition(self.unit_member, 'expelled', resolution_id=resolution.id).action_confirm()
        event = self.unit_member.member_event_ids.sorted('id')[-1]
        self.assertEqual((event.kind, event.res_model, event.res_id), ('expelled', 'cfia.resolution', resolution.id))

    def test_merger_closes_the_number_with_a_pointer(self):
        survivor = self.make_member("演示存续有限公司")
        unit = self.unit_member
        number = unit.member_number
        with self.assertRaises(UserError):
            self.transition(unit, 'merged').action_confirm()
        with self.assertRaises(UserError):
            self.transition(unit, 'merged', survivor_id=unit.id).action_confirm()
        self.transition(unit, 'merged', survivor_id=survivor.id).action_confirm()
        self.assertEqual((unit.member_state, unit.merged_into_id, unit.member_number), ('merged', survivor, number))
        self.assertIn(survivor.member_number, unit.member_event_ids.sorted('id')[-1].note)
        self.assertIn('exit', survivor.member_file_ids.paper_ids.mapped('kind'))
        with self.assertRaises(UserError):
            self.transition(unit, 'rejoined').action_confirm()
        with self.assertRaises(UserError):
            unit.sudo().write({'merged_into_id': False})

    def test_dates_and_papers_are_asked_for(self):
        for vals in (
            {'attachment_ids': []}, {'date': '2099-01-01'}, {'date': '2000-01-01'},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.transition(self.unit_member, 'withdrawn', **vals).action_confirm()
        self.assertEqual(self.unit_member.member_state, 'member')

    def test_rename_keeps_number_and_former_name(self):
        unit = self.unit_member
        old_name, number = unit.name, unit.member_number
        unit.with_user(self.user_organisation).name = "演示更名后有限公司"
        self.assertEqual((unit.former_name, unit.member_number), (old_name, number))
        new = unit._issue_certificates('changed')
        self.assertEqual((new.data['unit_name'], new.name), ("演示更名后有限公司", number))
