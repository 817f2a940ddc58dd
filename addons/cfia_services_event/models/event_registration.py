from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.cfia_membership.tools.dates import association_today


class EventRegistration(models.Model):
    """Registrations of members use the member price; those of others are contact targets (article 3.6, 2.2)."""

    _inherit = 'event.registration'

    member_usage_id = fields.Many2one(
        'cfia.service.usage', string="Use of the Member Price", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict', groups='cfia_membership.group_cfia_staff,cfia_membership.group_cfia_auditor')
    prospect_import_id = fields.Many2one(
        'cfia.prospect.import', string="Collected With", readonly=True, copy=False, index='btree_not_null',
        ondelete='set null', groups='cfia_membership.group_cfia_organisation,cfia_membership.group_cfia_auditor')

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        registrations = super().create(vals_list)
        registrations._record_member_use()
        return registrations

    def write(self, vals):
        result = super().write(vals)
        if vals.get('state') in ('open', 'done') or vals.get('partner_id'):
            self._record_member_use()
        elif vals.get('state') == 'cancel' or vals.get('active') is False:
            self._take_back_member_use()
        return result

    def _compute_field_value(self, field):
        """Follow the sales order, which confirms and cancels registrations by this computation."""
        if field.name != 'state':
            return super()._compute_field_value(field)
        result = super()._compute_field_value(field)
        stored = self.filtered('id')
        stored._record_member_use()
        stored.filtered(lambda registration: registration.state == 'cancel')._take_back_member_use()
        return result

    # === BUSINESS METHODS === #

    def _record_member_use(self):
        """Enter the confirmed registrations of members in the ledger of usage, each once.

        Queries do not grow with the number of registrations.
        """
        # sudo: whoever registers, the ledger follows; event staff have no right to entitlements
        confirmed_sudo = self.sudo().filtered(
            lambda registration: registration.state in ('open', 'done') and registration.active
            and not registration.member_usage_id and registration.partner_id.commercial_partner_id.member_number)
        if not confirmed_sudo:
            return
        today = association_today()
        # sudo: as above
        Entitlement = self.env['cfia.entitlement'].sudo()
        entitlements = Entitlement.search(
            Entitlement._get_valid_domain(today)
            & Domain('service_id.kind', '=', 'price')
            & Domain('partner_id', 'in', confirmed_sudo.partner_id.commercial_partner_id.ids),
            order='service_id, id').grouped('partner_id')
        registrations_sudo = confirmed_sudo.filtered(
            lambda registration: registration.partner_id.commercial_partner_id in entitlements)
        # sudo: as above; the ledger keeps the user
        usages = self.env['cfia.service.usage'].sudo().create([
            {
                'entitlement_id': entitlements[registration.partner_id.commercial_partner_id][0].id,
                'date': today,
                'quantity': 1,
                'note': registration.event_id.name,
                'user_id': self.env.uid,
            }
            for registration in registrations_sudo
        ])
        for registration, usage in zip(registrations_sudo, usages):
            registration.member_usage_id = usage

    def _take_back_member_use(self):
        """Enter a negative use for registrations that were cancelled."""
        # sudo: as for recording
        cancelled_sudo = self.sudo().filtered('member_usage_id')
        # sudo: as for recording
        self.env['cfia.service.usage'].sudo().create([
            {
                'entitlement_id': registration.member_usage_id.entitlement_id.id,
                'date': registration.member_usage_id.date,
                'quantity': -registration.member_usage_id.quantity,
                'note': registration.member_usage_id.note,
                'user_id': self.env.uid,
            }
            for registration in cancelled_sudo
        ])
        cancelled_sudo.member_usage_id = False
