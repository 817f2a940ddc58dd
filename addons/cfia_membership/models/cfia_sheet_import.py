from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.tools import split_every

from odoo.addons.cfia_membership.tools.guard import unlocked

BATCH_SIZE = 500


class CfiaSheetImport(models.Model):
    """A list that was imported: its file, where its rows ended, what was made of it, and the way back.

    Written by the importers alone. A long list is worked on in the background, batch by batch; what is committed is
    known to the next run, which judges the list again and goes on with the rest.
    """

    _name = 'cfia.sheet.import'
    _description = "Imported List"
    _inherit = ['cfia.guard.mixin', 'mail.thread']
    _acts_of_readers = ('action_resume', 'action_take_back')
    _made_by_steps = True
    _order = 'id desc'

    name = fields.Char(string="File Name", required=True, readonly=True)
    res_model = fields.Char(string="Importer", required=True, readonly=True)
    kind = fields.Selection(
        selection=lambda self: self.env['cfia.sheet.form']._selection_kind(), string="Kind of List", readonly=True)
    answers = fields.Json(string="Said in the Dialog", readonly=True, help="What the dialog was told beside the file.")
    file = fields.Binary(string="Uploaded File", attachment=True, readonly=True)
    checksum = fields.Char(readonly=True, index='btree_not_null')
    company_id = fields.Many2one('res.company', required=True, readonly=True)
    user_id = fields.Many2one('res.users', string="Imported By", required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ('waiting', "Waiting"), ('running', "Running"), ('done', "Imported"), ('failed', "Stopped"),
            ('undone', "Taken back"),
        ], default='running', required=True, readonly=True, tracking=True, index=True)
    date_done = fields.Datetime(string="Done On", readonly=True)
    seen_count = fields.Integer(string="Rows in the List", readonly=True)
    todo_count = fields.Integer(string="To Be Taken", readonly=True)
    taken_count = fields.Integer(string="Taken", readonly=True)
    questioned_count = fields.Integer(string="Questions", readonly=True)
    left_out_count = fields.Integer(string="Rows Left Out", readonly=True)
    progress = fields.Float(compute='_compute_progress', help="Share of the rows that is done, in percent.")
    made = fields.Json(readonly=True, help="Ids of what was made, as ranges.")
    made_model = fields.Char(readonly=True)
    summary = fields.Html(readonly=True, sanitize=False)
    notice = fields.Char(readonly=True)
    left_file = fields.Binary(string="Rows Left Out as a List", attachment=True, readonly=True)
    left_filename = fields.Char(compute='_compute_left_filename')
    can_take_back = fields.Boolean(compute='_compute_can_take_back')

    # === COMPUTE METHODS === #

    @api.depends('taken_count', 'todo_count')
    def _compute_progress(self):
        for kept in self:
            kept.progress = 100.0 * kept.taken_count / kept.todo_count if kept.todo_count else 100.0

    @api.depends('name')
    def _compute_left_filename(self):
        for kept in self:
            kept.left_filename = f'{(kept.name or "").rpartition(".")[0] or kept.name}_{self.env._("left out")}.xlsx'

    @api.depends('state', 'made')
    @api.depends_context('uid')
    def _compute_can_take_back(self):
        for kept in self:
            kept.can_take_back = (
                kept.state in ('done', 'failed') and bool(kept.made) and kept.res_model in self.env
                and self.env[kept.res_model].has_access('create'))

    # === ACTION METHODS === #

    def action_take_back(self):
        """Take back what the list brought, as long as nothing was built on it; all of it or nothing.

        :raise UserError: naming what was built on it
        """
        self.ensure_one()
        self.check_access('read')
        if not self.can_take_back:
            raise UserError(self.env._("“%(file)s” brought nothing that can be taken back.", file=self.name))
        importer = self.env[self.res_model].with_company(self.company_id)
        importer.check_access('create')
        importer._take_back(self._get_made().exists())
        # sudo: the state belongs to the act
        unlocked(self.sudo()).write({'state': 'undone', 'made': False})
        return True

    def action_view_made(self):
        """Open what came in."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.name,
            'res_model': self.made_model,
            'domain': [('id', 'in', self._get_made().ids)],
            'view_mode': 'list,form',
        }

    def action_resume(self):
        """Try a stopped import again."""
        self.ensure_one()
        self.check_access('read')
        if self.state == 'failed':
            # sudo: the state belongs to the act
            self.sudo()._queue()
        return True

    def _get_form_action(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Imported List"),
            'res_model': self._name,
            'res_id': self.id,
            'views': [(False, 'form')],
        }

    # === BUSINESS METHODS === #

    def _get_made(self):
        """Return the records that the list made or changed."""
        self.ensure_one()
        return self.env[self.made_model].browse(
            [number for first, last in self.made or [] for number in range(first, last + 1)]) if self.made else self.env[
                'cfia.sheet.import']

    def _note_made(self, records, count):
        """Note records as made of the list.

        :param int count: rows of the list that they are of
        """
        self.ensure_one()
        ranges = [list(pair) for pair in self.made or []]
        for number in sorted(records.ids):
            if ranges and ranges[-1][1] + 1 == number:
                ranges[-1][1] = number
            else:
                ranges.append([number, number])
        unlocked(self).write({'made': ranges, 'made_model': records._name, 'taken_count': self.taken_count + count})

    def _queue(self):
        """Let the list be worked on in the background."""
        unlocked(self).state = 'waiting'
        self.env.ref('cfia_membership.ir_cron_cfia_sheet_import')._trigger()

    @api.model
    def _cron_import(self):
        """Work on the lists that wait, the oldest first."""
        waiting = self.search([('state', 'in', ('waiting', 'running'))], order='id')
        self.env['ir.cron']._commit_progress(remaining=sum(kept.todo_count - kept.taken_count for kept in waiting))
        for kept in waiting:
            kept = kept.try_lock_for_update()
            if kept and not kept._work():
                return

    def _work(self):
        """Import what is left of one list.

        :return: whether there is time for more
        :rtype: bool
        """
        unlocked(self).state = 'running'
        commit = self.env['ir.cron']._commit_progress
        try:
            # the rights and the language of who asked for it
            importer = self.env[self.res_model].with_user(self.user_id).with_context(
                lang=self.user_id.lang, tz=self.user_id.tz, allowed_company_ids=self.company_id.ids,
            ).create({**(self.answers or {}), 'file': self.with_context(bin_size=False).file, 'filename': self.name})
            importer.import_id = self.id
            judged = importer._judge_list()
        except (RedirectWarning, UserError) as error:
            return self._stop(error)
        for entries in split_every(BATCH_SIZE, judged.taken, list):
            try:
                with self.env.cr.savepoint():
                    records = importer._take(entries)
            except UserError as error:
                return self._stop(error)
            self._note_made(records.with_env(self.env), len(entries))
            if not commit(len(entries)):
                return False
            self.env.invalidate_all()
        unlocked(self).write({'state': 'done', 'date_done': fields.Datetime.now()})
        kept = self.with_context(lang=self.user_id.lang)
        kept._tell(kept.env._(
            "“%(file)s” is imported: %(taken)s rows taken, %(questioned)s questions, %(left)s left out.",
            file=self.name, taken=self.taken_count, questioned=self.questioned_count, left=self.left_out_count))
        return bool(commit(0))

    def _stop(self, error):
        """Note why the list goes no further; what came in before stays, and can be taken back."""
        reason = str(error.args[0])
        unlocked(self).write({'state': 'failed', 'notice': reason})
        kept = self.with_context(lang=self.user_id.lang)
        kept._tell(kept.env._("“%(file)s” was stopped: %(reason)s", file=self.name, reason=reason))
        return bool(self.env['ir.cron']._commit_progress(0))

    def _tell(self, text):
        """Tell who asked for it, wherever that user is now."""
        self.message_notify(
            partner_ids=self.user_id.partner_id.ids, subject=self.name, body=text)
        self.user_id._bus_send('simple_notification', {'title': self.name, 'message': text, 'sticky': True, 'type': 'info'})
