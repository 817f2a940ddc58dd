"""Tasks (activities) for whoever is responsible, made in one way."""
from dateutil.relativedelta import relativedelta

from odoo.addons.cfia_membership.tools.dates import association_today


def assign(records, xmlid, users, summary=None, note=None, date_deadline=None):
    """Put records before the users responsible for them, each in his language.

    Nothing goes to an archived user: where none is left, the organisation department's person in charge
    gets it.

    :param records: records of one model with activities; for none nothing happens
    :param str xmlid: of the activity type
    :param users: who is responsible, may be empty
    :param summary: a text, or a function that gives it for a user; default the type's own
    :param str note: more text
    :param date date_deadline: default today plus the days of the type
    :return: the activities
    """
    activities = records.env['mail.activity']
    if not records:
        return activities
    activity_type = records.env.ref(xmlid)
    # sudo: who is archived or of a department is no secret
    users = users.sudo().filtered('active') or records.env['cfia.department']._get_responsible_of('organisation')
    for user in users:
        text = summary(user) if callable(summary) else summary
        activities += records.activity_schedule(
            xmlid, user_id=user.id, note=note or '',
            summary=text or activity_type.with_context(lang=user._get_reader_lang()).summary,
            date_deadline=date_deadline or association_today() + relativedelta(days=activity_type.delay_count))
    return activities
