from odoo import api, models


class CfiaNewsletterSourceMixin(models.AbstractModel):
    """What a newsletter may print of a model's records.

    A model that inherits it names its sections, says which of its records are to be printed and what of
    them. The add-on that issues newsletters finds the models by itself and prints the sections that the
    association has switched on. What is returned is published: never a contact, never a single unit's money.
    """

    _name = 'cfia.newsletter.source.mixin'
    _description = "Source of a Newsletter"

    # codes of the sections
    _newsletter_sections = ()
    # each record is printed once, in a block of its own; otherwise all of them stand in one block of every issue
    _newsletter_is_once = True

    @api.model
    def _get_newsletter_records(self, section, date):
        """Return what an issue may print, the oldest first.

        :param str section: one of :attr:`_newsletter_sections`
        :param date date: day of the issue
        """
        return self.browse()

    def _prepare_newsletter_block(self, section):
        """Return what is printed of these records, one where each is printed once.

        :param str section: one of :attr:`_newsletter_sections`
        :return: ``title``; where wanted ``date`` (day that decides to which period it belongs), ``lead`` (a
            sentence), ``groups`` (title and items), ``tables`` (as ``cfia.paper.mixin`` describes them) and
            ``image`` (PNG)
        :rtype: dict
        """
        raise NotImplementedError
