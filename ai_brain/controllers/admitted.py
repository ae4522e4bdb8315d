"""Who may ask what of the endpoint: shared by its controllers."""

from werkzeug.exceptions import NotFound

from odoo.http import request

from ..engine.gateway.operations import OPERATIONS, methods
from ..models.gateway.refused import Refused


def admitted(path):
    """Return (``ai.gateway`` as the caller, his ``KeyFacts``).

    :param str path: as ``engine.gateway.operations`` has it: its method there says which scope a
        key needs; None: what is not served, of which only callers are told so
    :raise NotFound: nothing is served here
    :raise Refused: the key is not valid, is not for this, or asks too often; the path has no such
        method
    """
    gateway, http_request = request.env["ai.gateway"].sudo(), request.httprequest
    facts = gateway._admit(http_request.headers, http_request.remote_addr or "")
    if not facts:
        raise NotFound()
    gateway = gateway._as_caller(facts)
    scope = _scope(gateway, path)
    if scope and not getattr(facts, scope):
        told = {
            "may_call": gateway.env._("This key may not call models."),
            "may_read_figures": gateway.env._("This key may not read figures."),
            "may_read_metrics": gateway.env._("This key may not read metrics."),
        }
        raise Refused(403, told[scope], code="not_allowed", retry=False)
    gateway._check_limits(facts)
    return gateway, facts


def _scope(gateway, path):
    if path is None:
        return "may_call"
    method = {"HEAD": "GET"}.get(request.httprequest.method, request.httprequest.method)
    operation = OPERATIONS.get((path, method))
    if not operation:
        known = ", ".join(methods(path))
        raise Refused(
            405,
            gateway.env._("%(path)s takes %(methods)s.", path=path, methods=known),
            code="method_not_allowed",
            allow=known,
            retry=False,
        )
    return operation.scope
