from odoo import http
from odoo.http import request


class Constant(http.Controller):
    """What Odoo's own road takes: a request for JSON that costs nothing else."""

    @http.route(
        "/ai_brain_probe/constant",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def constant(self, **_params):
        """The same JSON for every request."""
        request.httprequest.get_data(cache=False)
        return request.make_json_response({"answer": 42})
