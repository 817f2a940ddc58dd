from odoo import api, fields, models


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

    def _after_render(self):
        """Mail the dues notices to those in charge of dues at the members, with the PDF."""
        result = super()._after_render()
        self.filtered(lambda document: document.kind == 'dues_notice')._mail_dues_notices()
        return result

    def _mail_dues_notices(self):
        """Send the notices of members with an e-mail address; the others wait for the post."""
        to_send = self.filtered(lambda document: document._get_dues_recipient().email)
        if to_send:
            self.env.ref('cfia_dues.mail_template_dues_notice').send_mail_batch(
                to_send.ids, email_layout_xmlid='mail.mail_notification_light')

    def _get_dues_intro(self):
        """Return the sentence that opens the dues notice."""
        self.ensure_one()
        data = self.data
        return self.env._(
            "According to %(standard)s, adopted on %(date)s by the congress of members, "
            "the membership dues of your unit for %(year)s are announced as follows:",
            standard=data['standard'], date=self._get_date_text(data['standard_date']), year=data['year'],
        )

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
        """Return whom this dues notice is mailed to: the contact, the unit where he has no address."""
        self.ensure_one()
        recipient = self.env['res.partner'].browse(self.data.get('recipient_id')).exists()
        return recipient if recipient.email else self.partner_id

    def _process_attachments_for_template_post(self, mail_template):
        """Attach the frozen PDFs to mails about them, as mail does on models with a thread.

        :param mail_template: the template being sent
        :return: {id: {'attachment_ids': ids}}
        :rtype: dict
        """
        return {
            document.id: {'attachment_ids': document.attachment_id.ids}
            for document in self.filtered('attachment_id')
        }
