"""Who may ask what of the endpoint: shared by its controllers."""

from werkzeug.exceptions import NotFound

from odoo.http import request

from ..models.gateway.refused import Refused


def admitted(scope):
    """Return (``ai.gateway`` as the caller, his ``KeyFacts``).

    :param str scope: the field of ``KeyFacts`` that allows it
    :raise NotFound: nothing is served here
    :raise Refused: the key is not valid, is not for this, or asks too often
    """
    gateway, http_request = request.env["ai.gateway"].sudo(), request.httprequest
    facts = gateway._admit(http_request.headers, http_request.remote_addr or "")
    if not facts:
        raise NotFound()
    gateway = gateway._as_caller(facts)
    if not getattr(facts, scope):
        told = {
            "may_call": gateway.env._("This key may not call models."),
            "may_read_figures": gateway.env._("This key may not read figures."),
            "may_read_metrics": gateway.env._("This key may not read metrics."),
        }
        raise Refused(403, told[scope], code="not_allowed", retry=False)
    gateway._check_limits(facts)
    return gateway, facts
