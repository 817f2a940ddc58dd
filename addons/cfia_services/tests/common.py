from odoo.addons.cfia_membership.tests.common import MembershipCommon


class ServicesCommon(MembershipCommon):
    """The shipped catalogue, and departments with the test users as staff."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Entitlement = cls.env['cfia.entitlement']
        cls.ChangeList = cls.env['cfia.change.list']
        for code in ('magazine', 'website_vip', 'newsletter', 'learning', 'event_price', 'needs'):
            setattr(cls, f'service_{code}', cls.env.ref(f'cfia_services.cfia_service_{code}'))
        for code in ('organisation', 'editorial', 'network', 'training'):
            cls.env.ref(f'cfia_membership.cfia_department_{code}').user_ids += getattr(cls, f'user_{code}')
        cls.at_entry = cls.env['cfia.service'].search([('opens', '=', 'at_entry')])

    @classmethod
    def open_learning(cls, unit, user=None, **vals):
        """Return a learning account opened by the organisation department; without a name it waits."""
        return cls.Entitlement.with_user(user or cls.user_organisation).create({
            'partner_id': unit.id, 'service_id': cls.service_learning.id, 'account_name': f'yadao-{unit.id}', **vals})
