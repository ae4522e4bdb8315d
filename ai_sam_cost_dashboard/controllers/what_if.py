import json

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request


class WhatIf(http.Controller):
    @http.route("/ai_costs/what_if/<file_format>", type="http", auth="user", methods=["GET"])
    def what_ifs(self, file_format, ids="[]"):
        """Send what-ifs side by side as a file.

        :param file_format: csv or xlsx
        :param ids: JSON list of the ids of what-ifs that are done
        """
        try:
            numbers = json.loads(ids)
        except ValueError:
            numbers = None
        if not isinstance(numbers, list):
            raise UserError(request.env._("Choose what-ifs by their ids."))
        # of all companies that the person has; the rules say which he may read
        request.update_context(allowed_company_ids=request.env.user.company_ids.ids)
        name, kind, content = request.env["ai.what.if"].export_what_ifs(file_format, numbers)
        return request.make_response(
            content,
            headers=[("Content-Type", kind), ("Content-Disposition", content_disposition(name))],
        )
