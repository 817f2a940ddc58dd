from odoo import fields, models
from odoo.tools.misc import format_date

from odoo.addons.cfia_membership.tools.dates import to_association_tz
from odoo.addons.cfia_membership.tools.guard import unlocked


class CfiaMembershipApplicationStep(models.Model):
    """One signed act in the course of an application: who, when, over which content (5.2).

    An application that is returned and comes again keeps the steps of every round.
    """

    _name = 'cfia.membership.application.step'
    _description = "Application Step"
    _inherit = ['cfia.ledger.mixin']
    _order = 'id'

    application_id = fields.Many2one(
        'cfia.membership.application', required=True, readonly=True, index=True, ondelete='restrict')
    round = fields.Integer(readonly=True, aggregator=None)
    kind = fields.Selection(
        selection=[
            ('submitted', "Forwarded"),
            ('verified', "Verified"),
            ('returned', "Returned"),
            ('signed', "Approved and signed"),
            ('ratified', "Ratified by the council"),
            ('rejected', "Refused"),
            ('withdrawn', "Taken back"),
            ('scanned', "Scan attached"),
        ],
        string="Step",
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one('res.users', string="Done By", required=True, readonly=True, ondelete='restrict')
    date = fields.Datetime(required=True, readonly=True)
    authority_id = fields.Many2one(
        'cfia.signing.authority', string="Under Authority", readonly=True, ondelete='restrict')
    note = fields.Text(string="Reason or Opinion", readonly=True)
    enterprise_category_id = fields.Many2one(
        'cfia.enterprise.category', readonly=True, ondelete='restrict',
        help="As it stood at this step.")
    content_hash = fields.Char(
        string="Fingerprint", readonly=True, help="SHA-256 of the content as it stood at this step.")

    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for step in self:
            step.display_name = self.env._(
                "%(application)s: %(step)s on %(date)s",
                application=step.application_id.reference or '', step=kinds.get(step.kind, ''),
                date=format_date(self.env, to_association_tz(step.date)) if step.date else '',
            )

    def _record(self, applications, kind, **vals):
        """Append a step of the present user to each application.

        :param applications: many records
        :param str kind: what was done
        :param vals: further values, the same for all
        :return: the steps
        """
        now = fields.Datetime.now()
        # sudo: nobody writes steps by hand; a deputy sees what he returned by this very step
        return unlocked(self.sudo()).create([
            {
                'application_id': application.id,
                'round': application.round,
                'kind': kind,
                'user_id': self.env.uid,
                'date': now,
                'enterprise_category_id': application.enterprise_category_id.id,
                'content_hash': application._get_content_hash(),
                **vals,
            }
            # sudo: steps are recorded by the act itself
            for application in applications.sudo()
        ])
