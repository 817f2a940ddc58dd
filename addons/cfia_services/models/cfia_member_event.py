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

        :param partners: units, many records
        :return: {unit: standings by date, one a day at most}
        :rtype: dict
        """
        # sudo: entitlements follow the ledger, whoever caused the change
        events_sudo = self.sudo()
        courses = events_sudo._get_courses(partners)
        rows = [row for course in courses.values() for row in course]

        def browse(model_sudo, column):
            # one recordset: what is read of one record is read of all
            records_sudo = model_sudo.browse({row[column] for row in rows if row[column]})
            return {None: records_sudo.browse(), **records_sudo.grouped('id')}

        events = browse(events_sudo, 'id')
        grades = browse(events_sudo.grade_id, 'grade_id')
        categories = browse(events_sudo.enterprise_category_id, 'enterprise_category_id')
        return {
            partner: [
                Standing(
                    row['date_effective'], events[row['id']], row['member_state'],
                    grades[row['grade_id']], categories[row['enterprise_category_id']])
                for row in courses[partner.id]
            ]
            for partner in partners if partner.id in courses
        }
