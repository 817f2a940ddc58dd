from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.cfia_services.tests.test_service_price import PriceCommon


class EventCommon(PriceCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_price()
        cls.product = cls.env['product.product'].create({
            'name': "演示展位", 'type': 'service', 'service_tracking': 'event', 'list_price': 1000, 'taxes_id': False})
        cls.event = cls.env['event.event'].create({
            'name': "演示年会", 'date_begin': fields.Datetime.now() + timedelta(days=20),
            'date_end': fields.Datetime.now() + timedelta(days=21),
            'event_ticket_ids': [Command.create({'name': "参会", 'product_id': cls.product.id, 'price': 1000})],
        })
        cls.ticket = cls.event.event_ticket_ids

    @classmethod
    def sell(cls, partner, quantity=1):
        return cls.env['sale.order'].create({
            'partner_id': partner.id,
            'order_line': [Command.create({
                'product_id': cls.product.id, 'event_id': cls.event.id, 'event_ticket_id': cls.ticket.id,
                'product_uom_qty': quantity})],
        })

    def get_usage(self):
        return self.env['cfia.service.usage'].search([('service_id', '=', self.service_event_price.id)], order='id')


@tagged('post_install', '-at_install')
class TestEventPrice(EventCommon):

    def test_tickets_take_the_members_price(self):
        for percentage, fixed in ((True, False), (False, True)):
            with self.subTest(percentage=percentage, fixed=fixed):
                self.pricelist.item_ids = [Command.clear(), Command.create(
                    {'compute_price': 'percentage', 'percent_price': 20, 'applied_on': '3_global'} if percentage
                    else {'compute_price': 'fixed', 'fixed_price': 800, 'applied_on': '1_product',
                          'product_tmpl_id': self.product.product_tmpl_id.id})]
                for partner, price in (
                    (self.unit_member, 800), (self.unit_member.child_ids[0], 800), (self.prospect, 1000),
                ):
                    self.assertEqual(self.sell(partner).amount_untaxed, price, partner.name)
        self.unit_member._leave('withdrawn')
        self.assertEqual(self.sell(self.unit_member).amount_untaxed, 1000)

    def test_confirmed_registrations_are_uses(self):
        before = self.get_usage()
        order = self.sell(self.unit_member, quantity=2)
        self.assertEqual(self.get_usage(), before)
        order.action_confirm()
        order.order_line.registration_ids.write({'state': 'open'})
        self.env.flush_all()
        usages = self.get_usage() - before
        self.assertEqual(usages.mapped('quantity'), [1, 1])
        self.assertEqual(set(usages.mapped('note')), {"演示年会"})
        self.assertEqual(usages.partner_id, self.unit_member)
        self.assertEqual(order.order_line.registration_ids.member_usage_id, usages)
        # attending is no second use
        order.order_line.registration_ids.write({'state': 'done'})
        self.assertEqual(self.get_usage() - before, usages)
        other = self.sell(self.prospect)
        other.action_confirm()
        other.order_line.registration_ids.write({'state': 'open'})
        self.env.flush_all()
        self.assertEqual(self.get_usage() - before, usages)

    def test_cancelled_is_taken_back(self):
        before = self.get_usage()
        registration = self.env['event.registration'].create({
            'event_id': self.event.id, 'partner_id': self.unit_member.child_ids[0].id, 'name': "演示参会人"})
        self.assertEqual(sum((self.get_usage() - before).mapped('quantity')), 1)
        registration.write({'state': 'cancel'})
        self.assertEqual((self.get_usage() - before).mapped('quantity'), [1, -1])
        self.assertFalse(registration.member_usage_id)
        registration.write({'state': 'open'})
        self.assertEqual(sum((self.get_usage() - before).mapped('quantity')), 1)

    def test_constant_queries(self):
        counts = []
        for number in (1, 12):
            units = self.make_applications([f"演示参会{number}-{index}" for index in range(number)], state='approved').partner_id
            registrations = self.env['event.registration'].create([
                {'event_id': self.event.id, 'partner_id': unit.id, 'name': unit.name, 'state': 'draft'} for unit in units])
            registrations.state = 'draft'
            self.env.flush_all()
            self.env.cr.execute("UPDATE event_registration SET state = 'open', member_usage_id = NULL WHERE id = ANY(%s)", [registrations.ids])
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            registrations._record_member_use()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(registrations.member_usage_id), number)
        self.assertLessEqual(counts[1], counts[0])
