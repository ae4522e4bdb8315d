from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request


class NewKey(http.Controller):
    @http.route("/ai_costs/new_key", type="http", auth="user", methods=["POST"])
    def new_key(self, key_id="", **_unknown):
        """Make an endpoint's key and send it, this once, as JSON: ``name``, ``key``, ``curl``,
        ``python``, ``is_on``; or ``message`` where it is refused.

        A route, and no method of a model: what a template or a server action calls gives no key.
        """
        try:
            whole = key_id.isascii() and key_id.isdecimal() and len(key_id) < 10
            key = request.env["ai.gateway.key"].browse([int(key_id)] if whole else []).exists()
            if not key:
                raise UserError(request.env._("This key was deleted."))
            found, status = key._shown_once(), 200
        except AccessError as error:
            found, status = {"message": str(error)}, 403
        except UserError as error:
            found, status = {"message": str(error)}, 400
        response = request.make_json_response(found, status=status)
        response.headers["Cache-Control"] = "no-store"
        return response
