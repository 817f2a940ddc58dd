import io

from odoo import api, fields, models
from odoo.tools.pdf import merge_pdf

from odoo.addons.base.models import ir_actions_report
from odoo.addons.cfia_membership.tools.paper_scale import get_zoom

# report of an enquiry → kinds of papers whose frozen version it hands out
HANDOUT_REPORTS = {
    'cfia_membership.action_report_application_form_blank': ('application_form',),
    'cfia_membership.action_report_membership_guide': ('guide',),
    'cfia_membership.action_report_enquiry_documents': ('guide', 'application_form'),
}


class IrActionsReport(models.Model):
    _inherit = 'ir.actions.report'

    is_official = fields.Boolean(
        string="Official Paper",
        help="Printed with the styles of its own template alone. The paper then looks the same under "
             "any report theme of the company, and printing it fetches nothing from the web server.",
    )

    is_label = fields.Boolean(
        string="Data of Many Units",
        help="Prints data of many units, such as address labels. Each printing is noted as a disclosure (article 1).",
    )

    def _get_layout(self):
        """Give official papers a bare page instead of the one that loads the report theme."""
        if self.is_official:
            return self.env.ref('cfia_membership.paper_layout')
        return super()._get_layout()

    @api.model
    def _render_qweb_html(self, report_ref, docids, data=None):
        """Note labels and lists as what they are, whichever way they are printed."""
        self = self._with_association_lang(report_ref)  # noqa: PLW0642
        report = self._get_report(report_ref)
        if report.is_label and not self.env.su:
            self.env[report.model].browse(docids)._disclose_labels()
        return super()._render_qweb_html(report_ref, docids, data=data)

    @api.model
    def _render_xlsx(self, report_ref, docids, data):
        return super(IrActionsReport, self._with_association_lang(report_ref))._render_xlsx(report_ref, docids, data)

    @api.model
    def _with_association_lang(self, report_ref):
        """Return this with the association's language for the suite's papers where nobody's is known."""
        if self.env.context.get('lang') or not (self._get_report(report_ref).report_name or '').startswith('cfia_'):
            return self
        return self.with_context(lang=self.env.company._get_association_lang())

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Hand out the released versions of form and guide, not what the templates say by now."""
        report = self._get_report(report_ref)
        # the ids of the three are cached: other reports cost no query
        kinds = next((
            kinds for xmlid, kinds in HANDOUT_REPORTS.items()
            if self.env['ir.model.data']._xmlid_to_res_id(xmlid) == report.id), None)
        if not kinds or not res_ids:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        # sudo: handouts are for everybody who asks to join
        papers = self.env['cfia.handout']._get_entry_papers().sudo().grouped('kind')
        contents = [papers[kind].attachment_id.raw for kind in kinds]
        content = merge_pdf(contents) if len(contents) > 1 else contents[0]
        return {res_id: {'stream': io.BytesIO(content), 'attachment': None} for res_id in res_ids}

    @api.model
    def _run_wkhtmltopdf(self, bodies, report_ref=False, *args, **kwargs):
        if report_ref and self._get_report(report_ref).is_official:
            self = self.with_context(cfia_official_paper=True)
        return super()._run_wkhtmltopdf(bodies, report_ref, *args, **kwargs)

    @api.model
    def _build_wkhtmltopdf_args(self, *args, **kwargs):
        """Print official papers in one size with every build, and do not wait, a second a page, for scripts they lack."""
        command_args = super()._build_wkhtmltopdf_args(*args, **kwargs)
        if not self.env.context.get('cfia_official_paper'):
            return command_args
        if '--javascript-delay' in command_args:
            position = command_args.index('--javascript-delay')
            command_args[position:position + 2] = ['--disable-javascript']
        program = ir_actions_report._wkhtml()
        if program.is_patched_qt:
            if '--zoom' in command_args:
                position = command_args.index('--zoom')
                del command_args[position:position + 2]
            command_args += ['--zoom', f'{get_zoom(program.bin):.4f}']
        return command_args
