import json

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request


class Export(http.Controller):
    @http.route("/ai_costs/export/<file_format>", type="http", auth="user", methods=["GET"])
    def breakdown(self, file_format, args="{}"):
        """Send the cost breakdown as a file.

        :param file_format: csv or xlsx
        :param args: JSON object, the arguments of ``ai.token.analytics.get_cost_breakdown``
        """
        try:
            arguments = json.loads(args)
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            raise UserError(request.env._("The filters of the export are not readable."))
        company_ids = arguments.get("company_ids")
        if company_ids:
            request.update_context(allowed_company_ids=company_ids)
        name, kind, content = request.env["ai.token.analytics"].export_breakdown(
            file_format, arguments
        )
        return request.make_response(
            content,
            headers=[("Content-Type", kind), ("Content-Disposition", content_disposition(name))],
        )
