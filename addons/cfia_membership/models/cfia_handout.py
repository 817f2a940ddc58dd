import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)

# kind → report on this model that makes the PDF where none is uploaded
REPORTS = {
    'application_form': 'cfia_membership.action_report_handout_application_form',
    'guide': 'cfia_membership.action_report_handout_guide',
}
ENTRY_KINDS = ('application_form', 'guide')


class CfiaHandout(models.Model):
    """A version of what is handed to units: 《入会申请表》, 《入会须知》, 会员征集文件, the measures of article 2.3.

    Once released, its PDF is frozen: records of what was handed over point to the version.
    """

    _name = 'cfia.handout'
    _description = "Paper Handed Out"
    _inherit = ['cfia.guard.mixin']
    _order = 'kind, date_released desc, id desc'
    _frozen_when = {'released': '*'}
    _never_frozen = ('note',)
    _guard_texts = {
        'write': _lt("A version is released by its button."),
        'frozen': _lt("It stays as it was released. Make a new version."),
        'unlink': _lt("It was released: records of what was handed out point to it."),
    }

    kind = fields.Selection(
        selection=[
            ('application_form', "Membership application form"),
            ('guide', "Membership guide"),
            ('recruitment', "Recruitment document"),
            ('measures', "Measures for local associations"),
            ('call', "Call to recommend members"),
            ('other', "Printed matter"),
        ],
        required=True,
        default='recruitment',
    )
    version = fields.Char(required=True, copy=False)
    title = fields.Char(help="Printed matter: what it is called.")
    state = fields.Selection(
        selection=[('draft', "Draft"), ('released', "Released")],
        required=True, readonly=True, default='draft', copy=False)
    file = fields.Binary(
        string="PDF", attachment=True, copy=False,
        help="Empty for application form and guide: the suite prints them.")
    filename = fields.Char()
    attachment_id = fields.Many2one('ir.attachment', string="Released PDF", readonly=True, copy=False, ondelete='restrict')
    sha256 = fields.Char(string="SHA-256", readonly=True, copy=False)
    date_released = fields.Date(string="Released On", readonly=True, copy=False)
    released_by_id = fields.Many2one('res.users', string="Released By", readonly=True, copy=False)
    is_current = fields.Boolean(compute='_compute_is_current')
    note = fields.Text(string="What Is New")

    _kind_version_unique = models.UniqueIndex(
        "(kind, version, COALESCE(title, ''))", "There is this version already. Give the new one another number.")

    # === COMPUTE METHODS === #

    @api.depends('kind', 'version', 'title')
    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for handout in self:
            handout.display_name = f"{handout.title or kinds.get(handout.kind, '')} {handout.version or ''}".strip()

    @api.depends('kind', 'state', 'date_released')
    def _compute_is_current(self):
        current = self._get_current(set(self.mapped('kind')) - {'other'})
        for handout in self:
            handout.is_current = (
                handout.state == 'released' if handout.kind == 'other' else handout._origin in current)

    # === ACTION METHODS === #

    def action_release(self):
        """Freeze the PDF; from now on this version is handed out.

        :raise UserError: where there is no PDF
        """
        self.check_access('write')
        self.filtered(lambda handout: handout.state == 'draft')._release()
        return True

    def action_open_pdf(self):
        """Open the frozen PDF."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_url',
            'url': f'/web/content/{self.attachment_id.id}',
            'target': 'new',
        }

    # === BUSINESS METHODS === #

    def _release(self):
        for handout in self:
            content = handout._get_content()
            kind = dict(self._fields['kind']._description_selection(self.env))[handout.kind]
            # sudo: any department hands out, the first version is made by whoever needs it first
            attachment = self.env['ir.attachment'].sudo().create({
                'name': f"{handout.title or kind} {handout.version}.pdf",
                'raw': content,
                'mimetype': 'application/pdf',
                'res_model': self._name,
                'res_id': handout.id,
            })
            unlocked(handout).write({
                'state': 'released',
                'attachment_id': attachment.id,
                'sha256': hashlib.sha256(content).hexdigest(),
                'date_released': association_today(),
                'released_by_id': self.env.uid,
                'file': False,
            })

    def _get_content(self):
        """Return the PDF of a draft: the one uploaded, or the one printed.

        :raise UserError: where there is neither, or the upload is no PDF
        """
        self.ensure_one()
        uploaded = self.with_context(bin_size=False)['file']
        if uploaded:
            # sudo: the paper's own file, without its record's access by field
            content = self.env['ir.attachment'].sudo().search([
                ('res_model', '=', self._name), ('res_id', '=', self.id), ('res_field', '=', 'file')], limit=1).raw
            if not content.startswith(b'%PDF'):
                raise UserError(self.env._(
                    "%(paper)s: the file is no PDF. Save it as PDF and upload it again.", paper=self.display_name))
            return content
        if self.kind not in REPORTS:
            raise UserError(self.env._("%(paper)s has no PDF yet. Upload it.", paper=self.display_name))
        lang = self.env.company._get_association_lang()
        # sudo: a form without members' data is printed
        return self.env['ir.actions.report'].sudo().with_context(lang=lang)._render_qweb_pdf(
            REPORTS[self.kind], self.ids)[0]

    @api.model
    def _get_current(self, kinds):
        """Return the version of each of these kinds that is handed out now, where there is one."""
        # sudo: what is handed out is no secret
        released = self.sudo().search(
            [('kind', 'in', list(kinds)), ('state', '=', 'released')], order='date_released desc, id desc')
        by_kind = released.grouped('kind')
        return self.browse([by_kind[kind][0].id for kind in kinds if kind in by_kind])

    @api.model
    def _get_entry_papers(self):
        """Return the current 《入会申请表》 and 《入会须知》, releasing the first version of what is missing."""
        current = self._get_current(ENTRY_KINDS)
        missing = [kind for kind in ENTRY_KINDS if kind not in current.mapped('kind')]
        if missing:
            # sudo: as above
            new = self.sudo().create([{'kind': kind, 'version': '1.0'} for kind in missing])
            new._release()
            current = self._get_current(ENTRY_KINDS)
        return current

    def _get_attachment_commands(self):
        """Return the frozen PDFs as values of ``attachment_ids`` of a mail."""
        # sudo: handouts are for everybody who asks to join
        return [Command.link(attachment.id) for attachment in self.sudo().attachment_id]
