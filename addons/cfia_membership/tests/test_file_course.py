from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.guard import GUARD_KEY, unlocked


@tagged('post_install', '-at_install')
class TestFileDifference(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Difference = cls.env['cfia.file.difference']
        cls.unit_file = cls.unit_member.member_file_ids

    def _check(self, units=None):
        return set(self.Difference._check_units(units or self.unit_member).mapped('kind'))

    def test_every_difference_has_its_hint(self):
        for kind, _label in self.Difference._fields['kind'].selection:
            self.assertTrue(self.Difference.new({'kind': kind}).hint, kind)

    def test_differences_come_and_go(self):
        self.assertEqual(self._check(), {'no_application', 'no_place'})
        self.assertEqual(self._check(), {'no_application', 'no_place'})
        self.assertEqual(self.Difference.search_count([('partner_id', '=', self.unit_member.id)]), 2)
        self.unit_file.with_user(self.user_organisation).place = "演示柜"
        self.env['cfia.member.file.paper'].with_user(self.user_organisation).create({
            'file_id': self.unit_file.id, 'name': "入会申请表", 'kind': 'application'})
        self.assertEqual(self._check(), {'paper_nowhere'})
        self.assertEqual(
            set(self.Difference.search([('partner_id', '=', self.unit_member.id)]).mapped('state')),
            {'open', 'mended'})

    def test_ledger_and_numbers(self):
        unlocked(self.unit_member).write({'member_grade_id': self.grade_director.id})
        unlocked(self.unit_file).write({'name': 'CFIA-1'})
        unlocked(self.env['cfia.member.number'].search([('partner_id', '=', self.unit_member.id)])).write(
            {'partner_id': False})
        found = self._check()
        self.assertLessEqual({'ledger', 'file_number', 'register', 'certificate_text'}, found)

    def test_buttons_mend(self):
        self.unit_member.with_user(self.user_organisation).name = "演示核对更名有限公司"
        document = self.env['cfia.document'].search([('partner_id', '=', self.unit_member.id)], limit=1)
        with patch.object(type(document), '_file_papers', lambda documents: None):
            document._render()
        self.assertLessEqual({'certificate_text', 'document_not_filed'}, self._check())
        open_items = self.Difference.search([('partner_id', '=', self.unit_member.id), ('state', '=', 'open')])
        todo = open_items.filtered('can_mend').with_user(self.user_organisation)
        todo.action_mend()
        self.assertEqual(set(todo.mapped('state')), {'mended'})
        self.assertFalse({'certificate_text', 'document_not_filed'} & self._check())
        with self.assertRaises(UserError):
            (open_items - todo).with_user(self.user_organisation).action_mend()

    def test_accepted_with_a_note_stays_closed(self):
        self._check()
        item = self.Difference.search([
            ('partner_id', '=', self.unit_member.id), ('kind', '=', 'no_place')]).with_user(self.user_organisation)
        with self.assertRaises(UserError):
            item.action_accept()
        with self.assertRaises(UserError):
            item.write({'state': 'accepted'})
        item.note = "电子档案"
        item.action_accept()
        self.assertNotIn('no_place', self._check())

    def test_exit_without_paper(self):
        self.unit_member._leave('withdrawn')
        self.assertIn('no_exit_paper', self._check())

    def test_check_takes_constant_queries(self):
        units = self.make_applications([f"演示核对{i}有限公司" for i in range(12)], state='approved').partner_id
        self._check(units[:1])
        counts = []
        for batch in (units[1:3], units[3:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._check(batch)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_schedule(self):
        with self.enter_registry_test_mode():
            self.env.ref('cfia_membership.ir_cron_cfia_file_check').method_direct_trigger()
        self.assertTrue(self.Difference.search_count([('partner_id', '=', self.unit_member.id)]))


@tagged('post_install', '-at_install')
class TestStocktake(MembershipCommon):

    def test_walk_along_the_shelf(self):
        units = self.unit_member | self.make_member("演示盘点甲有限公司") | self.make_member("演示盘点乙有限公司")
        files = units.member_file_ids
        files.write({'place': "演示盘点柜"})
        Stocktake = self.env['cfia.file.stocktake'].with_user(self.user_organisation)
        stocktake = Stocktake.create({'name': "演示盘点", 'place': "演示盘点柜"})
        with self.assertRaises(UserError):
            stocktake.action_enter_scanned()
        stocktake.action_start()
        stocktake.action_start()
        self.assertEqual(stocktake.line_ids.file_id, files)
        first, second, third = units.mapped('member_number')
        stocktake.scanned = f"{first}\n{first}\n NOBODY \n"
        stocktake.action_enter_scanned()
        self.assertFalse(stocktake.scanned)
        self.assertEqual(stocktake.unknown, "NOBODY")
        stocktake.write({'scanned': second, 'scanned_place': "演示别柜"})
        stocktake.action_enter_scanned()
        stocktake.action_close()
        results = {line.member_number: line.result for line in stocktake.line_ids}
        self.assertEqual(results, {first: 'found', second: 'misplaced', third: 'missing'})
        self.assertEqual((stocktake.found_count, stocktake.line_count), (2, 3))
        work = {item.member_number: item for item in stocktake.difference_ids}
        self.assertEqual({number: item.kind for number, item in work.items()},
                         {second: 'misplaced', third: 'not_found'})
        work[second].action_mend()
        self.assertEqual(units[1].member_file_ids.place, "演示别柜")
        with self.assertRaises(UserError):
            stocktake.line_ids.action_found()
        with self.assertRaises(UserError):
            stocktake.unlink()
        with self.assertRaises(UserError):
            stocktake.write({'state': 'open'})
        again = Stocktake.create({'name': "演示复盘", 'place': "演示盘点柜"})
        again.action_start()
        again.line_ids.action_found()
        again.action_close()
        self.assertFalse(again.difference_ids)
        self.assertEqual(work[third].state, 'mended')

    def test_lists(self):
        self.unit_member.member_file_ids.place = "演示清单柜"
        stocktake = self.env['cfia.file.stocktake'].create({'name': "演示清单", 'place': "演示清单柜"})
        stocktake.action_start()
        Report = self.env['ir.actions.report']
        html = Report._render_qweb_html('cfia_membership.action_report_stocktake', stocktake.ids)[0].decode()
        self.assertIn(self.unit_member.member_number, html)
        content, kind = self.env.ref('cfia_membership.action_report_stocktake_xlsx')._render_xlsx(
            'cfia_membership.stocktake_xlsx', stocktake.ids, {})
        self.assertEqual((kind, content[:2]), ('xlsx', b'PK'))


@tagged('post_install', '-at_install')
class TestSealUse(MembershipCommon):

    def test_asked_approved_sealed(self):
        use = self.env['cfia.seal.use'].with_user(self.user_staff).create({'subject': "演示证明", 'purpose': "演示"})
        for user in (self.user_staff, self.user_organisation):
            with self.assertRaises(UserError):
                use.with_user(user).action_approve()
        with self.assertRaises(UserError):
            use.with_user(self.user_organisation).action_seal()
        use.with_user(self.user_secretary).action_approve()
        with self.assertRaises(UserError):
            use.with_user(self.user_secretary).action_seal()
        use.with_user(self.user_organisation).action_seal()
        self.assertEqual(
            (use.requested_by_id, use.approved_by_id, use.sealed_by_id, use.state),
            (self.user_staff, self.user_secretary, self.user_organisation, 'sealed'))
        for refused in (
            lambda: use.write({'purpose': "改"}),
            lambda: use.sudo().write({'state': 'requested'}),
            lambda: use.sudo().with_context(**{GUARD_KEY: 1}).write({'approved_by_id': False}),
            use.sudo().unlink,
            lambda: use.create({'subject': "x", 'purpose': "x", 'state': 'sealed'}),
        ):
            with self.assertRaises(UserError):
                refused()

    def test_nobody_approves_his_own(self):
        use = self.env['cfia.seal.use'].with_user(self.user_secretary).create({'subject': "演示", 'purpose': "演示"})
        with self.assertRaises(UserError):
            use.action_approve()

    def test_refusal_says_why(self):
        use = self.env['cfia.seal.use'].with_user(self.user_staff).create({'subject': "演示", 'purpose': "演示"})
        with self.assertRaises(UserError):
            use.with_user(self.user_secretary).action_refuse()
        use.note = "材料不全"
        use.with_user(self.user_secretary).action_refuse()
        self.assertEqual(use.state, 'refused')

    def test_departments_see_their_own(self):
        use = self.env['cfia.seal.use'].with_user(self.user_organisation).create({'subject': "演示", 'purpose': "演示"})
        self.assertNotIn(use, use.with_user(self.user_staff).search([]))
        for user in (self.user_secretary, self.user_auditor):
            self.assertIn(use, use.with_user(user).search([]))

    def test_documents_keep_log_and_fingerprint(self):
        document = self.env['cfia.document'].search([('partner_id', '=', self.unit_member.id)], limit=1)
        document._render()
        action = document.with_user(self.user_organisation).action_request_seal()
        self.env['cfia.seal.use'].with_user(self.user_organisation).with_context(
            **action['context']).create({'purpose': "演示"})
        self.assertEqual(len(document.seal_use_ids), 1)
        document.action_check_hash()
        document.attachment_id._write({'store_fname': False, 'db_datas': b'forged'})
        document.attachment_id.invalidate_recordset()
        with self.assertRaises(UserError):
            document.action_check_hash()


@tagged('post_install', '-at_install')
class TestRepair(MembershipCommon):

    def _make(self, user=None, **vals):
        return self.env['cfia.repair.make'].with_user(user or self.user_manager).create({
            'partner_id': self.unit_member.id, 'reason': "演示更正", **vals})

    def test_number(self):
        before = self.unit_member.member_number
        repair = self._make(kind='number', value=97001)
        repair.action_repair()
        self.assertEqual(self.unit_member.member_number, 'CFIA-97001')
        self.assertEqual(self.unit_member.member_file_ids.name, 'CFIA-97001')
        self.assertEqual(self.env['cfia.member.number'].search([('name', '=', before)]).origin, 'reserved')
        log = self.env['cfia.repair'].search([], limit=1)
        self.assertRecordValues(log, [{
            'kind': 'number', 'user_id': self.user_manager.id, 'before': before, 'after': 'CFIA-97001'}])
        for records in (log, log.sudo(), log.with_context(**{GUARD_KEY: object()})):
            with self.assertRaises(UserError):
                records.write({'reason': "改"})
            with self.assertRaises(UserError):
                records.unlink()
        other = self.make_member("演示占号有限公司")
        with self.assertRaises(UserError):
            self._make(kind='number', value=int(other.member_number[5:])).action_repair()
        self._make(kind='number', value=int(before[5:])).action_repair()
        self.assertEqual(self.unit_member.member_number, before)

    def test_event_and_paper(self):
        event = self.unit_member.member_event_ids[:1]
        self._make(kind='event', event_id=event.id, date_effective='2020-02-02', note="更正").action_repair()
        self.assertEqual(str(event.date_effective), '2020-02-02')
        other = self.make_member("演示归档有限公司").member_file_ids
        paper = self.env['cfia.member.file.paper'].create({
            'file_id': self.unit_member.member_file_ids.id, 'name': "误入材料"})
        self._make(kind='paper', paper_id=paper.id, file_id=other.id, paper_name="来函").action_repair()
        self.assertEqual((paper.file_id, paper.name), (other, "来函"))
        self.assertEqual(self.env['cfia.repair'].search([], limit=2).mapped('kind'), ['paper', 'event'])
        for vals in (
            {'kind': 'event', 'event_id': event.id, 'date_effective': '2099-01-01'},
            {'kind': 'event', 'event_id': other.partner_id.member_event_ids[:1].id, 'date_effective': '2020-01-01'},
            {'kind': 'paper', 'paper_id': paper.id, 'paper_name': "x"},
            {'kind': 'number', 'value': 0},
            {'kind': 'number', 'value': 98001, 'reason': " "},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self._make(**vals).action_repair()

    def test_manager_alone(self):
        for user in (self.user_organisation, self.user_secretary, self.user_auditor):
            with self.assertRaises(AccessError):
                self._make(user, kind='number', value=98002)

    def test_every_other_way_is_refused(self):
        """Write, unlink, import, forged context, for department, manager and superuser."""
        event = self.unit_member.member_event_ids[:1]
        unit_file = self.unit_member.member_file_ids
        paper = self.env['cfia.member.file.paper'].create({
            'file_id': unit_file.id, 'name': "来函",
            'attachment_id': self.env['ir.attachment'].create({'name': 'x', 'raw': b'x'}).id})
        number = self.env['cfia.member.number'].search([('partner_id', '=', self.unit_member.id)])
        other_file = self.make_member("演示他卷有限公司").member_file_ids
        cases = (
            (event, {'note': "改"}), (event, {'date_effective': '2000-01-01'}), (number, {'value': number.value + 1}),
            (unit_file, {'name': 'X'}), (unit_file, {'partner_id': other_file.partner_id.id}),
            (paper, {'file_id': other_file.id}), (paper, {'name': "改"}), (paper, {'attachment_id': False}),
            (paper.attachment_id, {'raw': b'forged'}),
        )
        for record, vals in cases:
            for forged in (
                record.with_user(self.user_organisation), record.with_user(self.user_manager), record.sudo(),
                record.sudo().with_context(**{GUARD_KEY: True}), record.sudo().with_context(**{GUARD_KEY: object()}),
            ):
                with self.subTest(record=record, vals=vals), self.assertRaises(UserError):
                    forged.write(vals)
                with self.subTest(record=record), self.assertRaises(UserError):
                    forged.unlink()
        for model, columns, row in (
            ('cfia.member.event', ['.id', 'note'], [str(event.id), "改"]),
            ('cfia.member.number', ['.id', 'value'], [str(number.id), '1']),
            ('cfia.member.file', ['.id', 'name'], [str(unit_file.id), 'X']),
            ('cfia.member.file.paper', ['.id', 'name'], [str(paper.id), "改"]),
        ):
            with self.subTest(model=model):
                try:
                    messages = self.env[model].with_user(self.user_manager).load(columns, [row])['messages']
                except UserError:
                    messages = True
                self.assertTrue(messages)
        for model in ('cfia.member.event', 'cfia.member.number', 'cfia.member.file'):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.user_manager).create({'partner_id': self.unit_member.id})
        paper.with_user(self.user_organisation).place = "演示柜"

    def test_missing_scan_is_attached_once(self):
        paper = self.env['cfia.member.file.paper'].with_user(self.user_organisation).create({
            'file_id': self.unit_member.member_file_ids.id, 'name': "来函"})
        paper.write({'scan': b'JVBERi0xLjQ=', 'scan_name': '来函.pdf'})
        self.assertEqual(paper.attachment_id.raw, b'%PDF-1.4')
        paper.write({'scan': b'QUJD', 'scan_name': 'x'})
        self.assertEqual(paper.attachment_id.raw, b'%PDF-1.4')
