from odoo.http import route

from odoo.addons.web.controllers.report import ReportController


class NotedReportController(ReportController):
    """What leaves by a report of the suite is noted (article 1), so printing it writes."""

    def _is_report_readonly(self, rule, args):
        return not str(args.get('reportname', '')).startswith('cfia_')

    @route(readonly=_is_report_readonly)
    def report_routes(self, reportname, docids=None, converter=None, **data):
        return super().report_routes(reportname, docids=docids, converter=converter, **data)
