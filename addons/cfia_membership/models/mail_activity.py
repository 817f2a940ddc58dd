from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.cfia_membership.tools.dates import association_today


class MailActivity(models.Model):
    _inherit = 'mail.activity'

    cfia_date_escalated = fields.Date(string="Escalated On", readonly=True)

    _follow_up_idx = models.Index('(activity_type_id, date_deadline) WHERE cfia_date_escalated IS NULL')

    def _action_done(self, feedback=False, attachment_ids=None):
        """Say in the association's language what was done where nobody with a language does it."""
        if not self.env.context.get('lang') and any((model or '').startswith('cfia.') for model in self.mapped('res_model')):
            self = self.with_context(lang=self.env.company._get_association_lang())  # noqa: PLW0642
        return super()._action_done(feedback=feedback, attachment_ids=attachment_ids)

    def _get_assigner_name(self):
        """Return who handed out this activity; what nobody in person did the association did."""
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id) if self.res_model else self
        if record._speaks_for_association() and self.create_uid == self.env.user:
            return record._get_association().sudo().name  # sudo: the association's name is no secret
        return self.create_uid.name

    @api.model
    def _cron_escalate_follow_ups(self, batch_size=500):
        """Put follow-ups of recruitment that are overdue before the organisation department, each once.

        Where the department itself is late, the secretary-general is told.
        """
        types = self.env.ref('cfia_membership.mail_act_enquiry_follow_up') + self.env.ref(
            'cfia_membership.mail_act_prospect_next')
        grace = timedelta(days=max(self.env.company.cfia_follow_up_grace_days, 0))
        domain = [
            ('activity_type_id', 'in', types.ids),
            ('date_deadline', '<', association_today() - grace),
            ('cfia_date_escalated', '=', False),
        ]
        while overdue := self.search(domain, order='id', limit=batch_size).try_lock_for_update():
            overdue._escalate()
            if not self.env['ir.cron']._commit_progress(len(overdue)):
                break

    def _escalate(self):
        """Put these activities before whoever supervises them."""
        today = association_today()
        chief = self.env['cfia.department']._get_responsible_of('organisation')
        leaders = self.env.company._get_secretaries_general()
        escalation = self.env.ref('cfia_membership.mail_act_follow_up_overdue')
        for model, activities in self.grouped('res_model').items():
            # core reads the names one by one
            self.env[model].browse(activities.mapped('res_id')).mapped('display_name')
        self.with_context(mail_activity_quick_update=True).create([
            vals for activity in self
            if (vals := activity._prepare_escalation_values(escalation, chief, leaders, today))
        ])
        self.cfia_date_escalated = today

    def _prepare_escalation_values(self, escalation, chief, leaders, today):
        """Return the activity that tells of an overdue one, nothing where nobody is to be told."""
        self.ensure_one()
        user = chief if chief and chief != self.user_id else leaders.filtered(lambda leader: leader != self.user_id)[:1]
        if not user:
            return None
        env = self.with_context(lang=user._get_reader_lang()).env
        return {
            'activity_type_id': escalation.id,
            'res_model_id': self.res_model_id.id,
            'res_id': self.res_id,
            'user_id': user.id,
            'date_deadline': today + timedelta(days=escalation.delay_count),
            'summary': env._(
                "Overdue since %(date)s: %(summary)s (%(user)s)",
                date=self.date_deadline, user=self.user_id.name,
                summary=self.summary or self.activity_type_id.with_env(env).summary or ''),
        }
