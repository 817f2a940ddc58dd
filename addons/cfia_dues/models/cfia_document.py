from odoo import api, fields, models

from odoo.addons.cfia_membership.tools.guard import unlocked


class CfiaDocument(models.Model):
    _inherit = 'cfia.document'

    kind = fields.Selection(
        selection_add=[('dues_notice', "Dues notice")], ondelete={'dues_notice': 'cascade'})

    @api.model
    def _report_xmlids(self):
        return {**super()._report_xmlids(), 'dues_notice': 'cfia_dues.action_report_dues_notice'}

    @api.model
    def _get_register_codes(self):
        return {**super()._get_register_codes(), 'dues_notice': '费'}

    @api.model
    def _get_paper_kinds(self):
        return {**super()._get_paper_kinds(), 'dues_notice': 'notice'}

    @api.model
    def _get_letter_roles(self):
        return {**super()._get_letter_roles(), 'dues_notice': 'finance'}

    @api.model
    def _get_letter_templates(self):
        return {**super()._get_letter_templates(), 'dues_notice': 'cfia_dues.mail_template_dues_notice'}

    def _mail_dues_notices(self):
        """Send the notices now, to those in charge of dues at the members; without an address by post."""
        self._send_out()

    def _note_delivery(self, state, way=None, error=False):
        """Keep the day on which the notice reached the member with the dues that it bills."""
        result = super()._note_delivery(state, way=way, error=error)
        for notice in self.filtered(lambda document: document.kind == 'dues_notice' and document.res_id):
            # sudo: the day follows from the delivery, whoever posts
            first_sudo = self.env['cfia.dues.line'].sudo().browse(notice.res_id).exists()
            lines_sudo = first_sudo.search([
                ('payer_id', '=', first_sudo.payer_id.id), ('year', '=', first_sudo.year),
                ('company_id', '=', first_sudo.company_id.id), ('date_billed', '!=', False)])
            if notice.sudo().date_delivered:  # sudo: as above
                unlocked(lines_sudo.filtered(lambda line: not line.date_notice_delivered)).write({
                    'date_notice_delivered': notice.sudo().date_delivered})  # sudo: as above
            elif not self.sudo().search_count([  # sudo: as above
                    ('kind', '=', 'dues_notice'), ('res_model', '=', notice.res_model), ('res_id', '=', notice.res_id),
                    ('date_delivered', '!=', False)], limit=1):
                unlocked(lines_sudo.filtered('date_notice_delivered')).write({'date_notice_delivered': False})
        return result

    def _get_dues_intro(self):
        """Return the sentence that opens the dues notice."""
        self.ensure_one()
        data = self.data
        return self.env._(
            "According to %(standard)s, adopted on %(date)s by the congress of members, "
            "the membership dues of your unit for %(year)s are announced as follows:",
            standard=data['standard'], date=self._get_date_text(data['standard_date']), year=data['year'],
        )

    def _get_dues_replaces_text(self):
        """Return the sentence that says which notice this one replaces."""
        self.ensure_one()
        return self.env._(
            "This notice replaces our notice %(number)s, which is no longer valid.", number=self.data['replaces'])

    def _get_dues_amount_text(self):
        """Return what is to be paid, in figures and, in yuan, in capitals."""
        self.ensure_one()
        figures = f"{self.data['amount_open']:,.2f}"
        if not self.data['amount_capitals']:
            return figures
        return self.env._(
            "¥%(figures)s (in capitals: %(capitals)s)",
            figures=figures, capitals=self.data['amount_capitals'])

    def _get_dues_receipt_lines(self):
        """Return for whom and whereto the fiscal receipt is issued, as texts."""
        self.ensure_one()
        data = self.data
        return list(filter(None, (
            self.env._(
                "Title: %(title)s, USCC: %(uscc)s", title=data['receipt_title'], uscc=data['uscc'],
            ) if data['uscc'] else self.env._("Title: %(title)s", title=data['receipt_title']),
            data['receipt_email'] and self.env._("Sent to: %(email)s", email=data['receipt_email']),
        )))

    def _get_dues_offers(self):
        """Return the reductions that the resolution grants, as sentences (优惠办法)."""
        self.ensure_one()
        return [self._get_dues_offer(offer) for offer in self.data['offers']]

    def _get_dues_offer(self, offer):
        """Return what one reduction would make of the dues, as a sentence."""
        values = {'clause': offer['clause'], 'rule': offer['name'], 'percent': offer['percent']}
        if offer.get('until'):
            return self.env._(
                "%(clause)s: %(rule)s, %(amount)s if the year is paid in full until %(date)s.", **values,
                amount=f"{offer['amount']:,.2f}", date=self._get_date_text(offer['until']))
        if offer.get('years'):
            return self.env._(
                "%(clause)s: %(rule)s, %(amount)s a year if %(years)s years are agreed and paid in advance.",
                **values, amount=f"{offer['amount']:,.2f}", years=offer['years'])
        return self.env._("%(clause)s: %(rule)s, %(percent)g%% off", **values)

    def _get_dues_contact_text(self):
        """Return who answers questions about the dues."""
        self.ensure_one()
        data = self.data
        return "\u3000".join(filter(None, (data['contact_name'], data['contact_phone'])))

    def _get_dues_recipient(self):
        """Return whom this dues notice is mailed to: who is in charge of dues today, the unit where he has no address."""
        self.ensure_one()
        recipient = self._get_recipients()[self]
        return recipient if recipient.email else self.partner_id
