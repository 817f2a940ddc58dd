"""Which requests may be answered by a replica of the database."""
from odoo.http import request


def is_read(controller, rule, args):
    """Tell whether a route that shows a form and takes it, too, is asked to show it; for its ``readonly``.

    :return: whether a replica may answer
    :rtype: bool
    """
    return request.httprequest.method in ('GET', 'HEAD')
