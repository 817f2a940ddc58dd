from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import SQL

from odoo.addons.cfia_membership.tools.dates import association_today

PRICE_FIELDS = frozenset({'pricelist_id', 'kind', 'active', 'sequence'})


class CfiaService(models.Model):
    """Member price at the association's exhibitions and meetings (article 3.6): a pricelist on the member.

    Odoo's sales, and with them its event tickets, take a customer's price from the pricelist that
    stands on the customer. It is put there and taken away with the entitlement.
    """

    _inherit = 'cfia.service'

    pricelist_id = fields.Many2one(
        'product.pricelist', string="Member Pricelist", index='btree_not_null', ondelete='restrict',
        help="Stands on each member entitled to this service, for all sales and event tickets. A pricelist "
             "that somebody chose on a member by hand is left alone.")

    # === CONSTRAINT METHODS === #

    @api.constrains('kind', 'pricelist_id')
    def _check_pricelist_id(self):
        for service in self:
            if service.pricelist_id and service.kind != 'price':
                raise ValidationError(self.env._(
                    "“%(service)s” is no member price: a pricelist belongs to services of that kind.",
                    service=service.name))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        services = super().create(vals_list)
        if services.pricelist_id:
            services._offer_pricelists()
        return services

    def write(self, vals):
        """Let the pricelists on the members follow."""
        had = bool(self.pricelist_id)
        result = super().write(vals)
        if vals.keys() & PRICE_FIELDS and (had or self.pricelist_id):
            self._offer_pricelists()
        return result

    # === BUSINESS METHODS === #

    def _get_price_terms(self, unit):
        """Return what a unit may read of its member price; nothing where another price was agreed with it.

        :param unit: the unit, entitled to the service at present
        :return: ``name`` of the pricelist and ``discount`` in words; the latter is empty where the discount
            depends on what is bought. Empty where this service's pricelist does not stand on the unit.
        :rtype: dict[str, str]
        """
        self.ensure_one()
        # sudo: of the pricelist only its name and one percentage are told
        pricelist_sudo = self.sudo().pricelist_id
        if self.kind != 'price' or not pricelist_sudo or unit.sudo().specific_property_product_pricelist != pricelist_sudo:
            return {}
        rules = pricelist_sudo.item_ids
        discount = ''
        if (len(rules) == 1 and rules.applied_on == '3_global' and rules.compute_price == 'percentage'
                and rules.min_quantity <= 1 and not rules.date_start and not rules.date_end and 0 < rules.percent_price < 100):
            discount = self.env._(
                "%(percent)s%% less than the list price (%(tenths)s tenths of it)",
                percent=f'{rules.percent_price:.4g}', tenths=f'{10 - rules.percent_price / 10:.4g}')
        return {'name': pricelist_sudo.name, 'discount': discount}

    def _offer_pricelists(self):
        """Mark the pricelists as member prices, see that Odoo uses pricelists, and put them on the members."""
        # sudo: choosing the pricelist of a service is the association's setting, whoever may make it
        pricelists_sudo = self.pricelist_id.sudo()
        pricelists_sudo.filtered(lambda pricelist: not pricelist.is_member_price).is_member_price = True
        if pricelists_sudo and not self.env['res.groups']._is_feature_enabled('product.group_product_pricelist'):
            # sudo: what the switch “Pricelists” of the settings does
            self.env.ref('base.group_user').sudo().implied_ids = [
                Command.link(self.env.ref('product.group_product_pricelist').id)]
            self.env['res.company'].sudo()._activate_or_create_pricelists()
        self._put_pricelists()

    @api.model
    def _put_pricelists(self, units=None):
        """Put the member pricelists on those entitled today, and take them from all others.

        One statement for each company, however many members. Only pricelists that are member prices
        are replaced or taken away.

        :param units: whom to look at, default everybody
        :return: number of units and contacts that changed
        :rtype: int
        """
        # sudo: the entitlement decides, whoever opened or ended it
        Pricelist = self.env['product.pricelist'].sudo().with_context(active_test=False)
        ours = Pricelist.search([('is_member_price', '=', True)])
        if not ours or (units is not None and not units):
            return 0
        for name in ('cfia.entitlement', 'cfia.service', 'res.partner', 'product.pricelist'):
            self.env[name].flush_model()
        changed = 0
        # sudo: members are the association's, not a company's
        for company in self.env['res.company'].sudo().search([]):
            self.env.cr.execute(self._get_pricelist_query(company, ours, units))
            changed += self.env.cr.rowcount
        if changed:
            self.env['res.partner'].invalidate_model(
                ['specific_property_product_pricelist', 'property_product_pricelist'], flush=False)
        return changed

    @api.model
    def _get_pricelist_query(self, company, ours, units):
        """Return the statement that brings the pricelists of one company in step with the entitlements.

        :param ours: all pricelists that are member prices
        :param units: whom to look at, or None for everybody
        """
        present = SQL("(partner.specific_property_product_pricelist ->> %s)::int", str(company.id))
        scope = SQL("(target.partner_id IS NOT NULL OR %s = ANY(%s))", present, ours.ids)
        if units is not None:
            scope = SQL("partner.commercial_partner_id = ANY(%s)", units.ids)
        return SQL(
            """
            WITH target AS (
                     SELECT DISTINCT ON (entitlement.partner_id) entitlement.partner_id, service.pricelist_id
                       FROM cfia_entitlement entitlement
                       JOIN cfia_service service ON service.id = entitlement.service_id
                       JOIN product_pricelist pricelist ON pricelist.id = service.pricelist_id
                      WHERE service.active AND service.kind = 'price' AND pricelist.active
                        AND (pricelist.company_id IS NULL OR pricelist.company_id = %(company_id)s)
                        AND entitlement.date_from <= %(today)s
                        AND (entitlement.date_to IS NULL OR entitlement.date_to >= %(today)s)
                   ORDER BY entitlement.partner_id, service.sequence, service.id
                 ), wanted AS (
                     SELECT partner.id, target.pricelist_id
                       FROM res_partner partner
                  LEFT JOIN target ON target.partner_id = partner.commercial_partner_id
                      WHERE %(scope)s
                        AND (%(present)s IS NULL OR %(present)s = ANY(%(ours)s))
                        AND %(present)s IS DISTINCT FROM target.pricelist_id
                 )
          UPDATE res_partner partner
             SET specific_property_product_pricelist = NULLIF(
                     CASE WHEN wanted.pricelist_id IS NULL
                          THEN COALESCE(partner.specific_property_product_pricelist, '{}'::jsonb) - %(key)s
                          ELSE COALESCE(partner.specific_property_product_pricelist, '{}'::jsonb)
                               || jsonb_build_object(%(key)s, wanted.pricelist_id)
                      END, '{}'::jsonb)
            FROM wanted
           WHERE wanted.id = partner.id
            """,
            company_id=company.id, key=str(company.id), today=association_today(), scope=scope, present=present,
            ours=ours.ids,
        )

    # === CRON METHODS === #

    @api.model
    def _cron_put_pricelists(self):
        """Follow the entitlements that began or ended with the day."""
        self.env['ir.cron']._commit_progress(self._put_pricelists())


class CfiaEntitlement(models.Model):
    _inherit = 'cfia.entitlement'

    @api.model_create_multi
    def create(self, vals_list):
        """Put the pricelist on who gets a member price by hand; the ledger's go in one with the others."""
        entitlements = super().create(vals_list)
        by_hand = entitlements.filtered(
            lambda entitlement: not entitlement.event_id and entitlement.service_id.kind == 'price')
        if by_hand:
            self.env['cfia.service']._put_pricelists(by_hand.partner_id)
        return entitlements

    def action_close(self):
        """Take the pricelist back with the member price."""
        units = self.filtered(lambda entitlement: entitlement.service_id.kind == 'price').partner_id
        result = super().action_close()
        self.env['cfia.service']._put_pricelists(units)
        return result

    @api.model
    def _sync(self, dates, services=None):
        """Let the pricelists on the units follow the ledger with the entitlements."""
        result = super()._sync(dates, services)
        self.env['cfia.service']._put_pricelists(
            self.env['res.partner'].browse([partner.id for partner in dates]))
        return result


class ProductPricelist(models.Model):
    _inherit = 'product.pricelist'

    is_member_price = fields.Boolean(
        string="Member Price",
        help="Put on members by a service of the association. Never the fallback for other customers.")

    @api.model
    def _get_partner_pricelist_multi_search_domain_hook(self, company_id):
        """Keep member prices from customers who have no pricelist of their own (article 3.6)."""
        return [*super()._get_partner_pricelist_multi_search_domain_hook(company_id), ('is_member_price', '!=', True)]


class ResPartner(models.Model):
    _inherit = 'res.partner'

    @api.model
    def _create_contacts(self, vals_list):
        """Give persons entered in batches the member price of their unit."""
        contacts = super()._create_contacts(vals_list)
        self.env['cfia.service']._put_pricelists(contacts.commercial_partner_id)
        return contacts
