import logging
import re

from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from ..engine.gateway import openai_chat
from ..models.gateway import refused
from ..models.gateway.refused import Refused
from .admitted import admitted
from .gateway import ROUTE

_logger = logging.getLogger(__name__)

FILTERS = ("agent_type", "start_date", "end_date", "user", "provider", "lead_id")
#: Filters that may name a record by its id.
IDS = ("user", "provider", "lead_id")


class Figures(http.Controller):
    """What programs and operators read: costs as JSON, metrics for Prometheus."""

    @http.route(["/ai/v1/analytics/costs", "/api/analytics/ai-costs"], **ROUTE)
    def costs(self, **_params):
        """The costs of a period, as ``ai.token.analytics.get_cost_report`` gives them."""
        try:
            gateway, _facts = admitted("/ai/v1/analytics/costs")
            try:
                found = gateway.env["ai.token.analytics"].get_cost_report(**_filters())
            except AccessError:
                raise
            except UserError as error:
                words = re.findall(r"\w+", str(error))  # of whatever language
                param = next((word for word in words if word in FILTERS), None)
                status, code = (400, "bad_filter")
                if isinstance(error, MissingError):
                    status, code = (404, "not_found")
                raise Refused(status, str(error), code=code, param=param) from error
            response = request.make_json_response(found)
            response.headers["Cache-Control"] = "no-store"
            return response
        except Exception as error:
            return _refusal(error)

    @http.route("/ai/metrics", **ROUTE)
    def metrics(self, **_params):
        """The metrics of the key's company, in Prometheus' text format."""
        try:
            gateway, facts = admitted("/ai/metrics")
            company = gateway.env["res.company"].browse(facts.company_id)
            text = gateway.env["ai.metrics"]._text(company)
            return request.make_response(
                text, headers=[("Content-Type", CONTENT_TYPE_LATEST), ("Cache-Control", "no-store")]
            )
        except Exception as error:
            return _refusal(error)


def _filters():
    """Return the filters of the query.

    :raise Refused: 400, naming what is unknown or given twice
    """
    given = {}
    for name, values in request.httprequest.args.lists():
        if name not in FILTERS:
            known = ", ".join(FILTERS)
            raise Refused(
                400,
                f"There is no filter “{name[:60]}”. Filters are: {known}.",
                code="unknown_filter",
                param=name[:60],
            )
        if len(values) > 1:
            raise Refused(400, f"{name} is given more than once.", code="bad_filter", param=name)
        value = values[0]
        is_number = value.isascii() and value.isdigit() and len(value) < 10
        given[name] = int(value) if name in IDS and is_number else value
    return given


def _refusal(error):
    if isinstance(error, NotFound):
        raise error
    told = refused.of(error)
    if not told:
        _logger.exception("AI figures: no answer")
        told = Refused(500, "Something went wrong on the server.", code="server_error", retry=False)
    found = openai_chat.error(told.status, None, told.message, told.param, told.code, told.extra)
    response = request.make_json_response(found, headers=told.headers, status=told.status)
    response.headers["Cache-Control"] = "no-store"
    return response
