from datetime import date
from typing import NamedTuple

from odoo import api, models

# Events that may change what a member is entitled to; the joining has its own ways.
ENTITLING_KINDS = ('rejoined', 'suspended', 'resumed', 'withdrawn', 'expelled', 'merged', 'grade', 'category')


class Standing(NamedTuple):
    """What a unit was from a day on, and the event that made it so."""

    date: date
    event: models.BaseModel
    member_state: str
    grade: models.BaseModel
    category: models.BaseModel


class CfiaMemberEvent(models.Model):
    _inherit = 'cfia.member.event'

    @api.model_create_multi
    def create(self, vals_list):
        """Let the entitlements follow the ledger at once; those of lists of members taken in, by schedule."""
        events = super().create(vals_list)
        dates = {}
        for event in events:
            if event.kind in ENTITLING_KINDS:
                dates[event.partner_id] = min(
                    event.date_effective, dates.get(event.partner_id, event.date_effective))
        self.env['cfia.entitlement']._sync(dates)
        if any(
            event.kind == 'joined' and event.res_model != 'cfia.membership.application' for event in events
        ):
            # sudo: schedules are the administrator's
            self.env.ref('cfia_services.ir_cron_cfia_entitlement_sync').sudo()._trigger()
        return events

    @api.model
    def _get_standings(self, partners):
        """Return what units were from which day on, as the ledger has it.

        An event holds the values known when it was *recorded*. Of one recorded late only what it
        changed counts from its day of effect: the rest is what earlier and later days say.

        :param partners: units, many records
        :return: {unit: standings by date, one a day at most}
        :rtype: dict
        """
        # sudo: entitlements follow the ledger, whoever caused the change
        events = self.sudo().search([('partner_id', 'in', partners.ids)], order='id')
        return {
            partner: self._resolve_standings(partner_events)
            for partner, partner_events in events.grouped('partner_id').items()
        }

    @api.model
    def _resolve_standings(self, events):
        """Return the standings of one unit.

        :param events: all its events in the order recorded
        """
        changes, recorded = [], {}
        for event in events:
            values = {
                'member_state': event.member_state,
                'grade': event.grade_id,
                'category': event.enterprise_category_id,
            }
            changed = {
                key: value for key, value in values.items() if key not in recorded or recorded[key] != value}
            changes.append((event.date_effective, event.id, event, changed))
            recorded = values
        standings = []
        values = {'member_state': False, 'grade': events.grade_id.browse(),
                  'category': events.enterprise_category_id.browse()}
        for date_effective, _id, event, changed in sorted(changes, key=lambda change: change[:2]):
            values = {**values, **changed}
            if standings and standings[-1].date == date_effective:
                standings.pop()
            standings.append(Standing(date_effective, event, **values))
        return standings
