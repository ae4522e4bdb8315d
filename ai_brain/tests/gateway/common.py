import json

from odoo.tests import HttpCase

from ..common import new_provider


class EndpointCase(HttpCase):
    """The endpoint over HTTP: ``self.key`` calls as ``self.user``, ``self.secret`` is its key."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.env["ir.config_parameter"].set_param("ai_brain.endpoint", "True")
        cls.provider = new_provider(
            cls.env, "Vendor One", base_url="http://127.0.0.1:9/v1", sequence=1
        )
        cls.user = cls.env["res.users"].create(
            {
                "name": "Endpoint",
                "login": "endpoint",
                "groups_id": [(6, 0, [cls.env.ref("base.group_user").id])],
            }
        )
        cls.key = cls.new_key()
        cls.secret = cls.key._issue__key()

    @classmethod
    def new_key(cls, **vals):
        return cls.env["ai.gateway.key"].create(
            {"name": "A script", "user_id": cls.user.id, "company_id": cls.company.id, **vals}
        )

    def post(self, path="chat/completions", body=None, secret=None, headers=None, **more):
        """Send a request as a client does; ``more`` are fields of its body."""
        if body is None:
            body = {
                "model": "Vendor One",
                "messages": [{"role": "user", "content": "Hello"}],
                **({"max_tokens": 50} if path == "messages" else {}),
                **more,
            }
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.secret if secret is None else secret}",
            **(headers or {}),
        }
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.url_open(f"/ai/v1/{path}", data=data, headers=headers)

    def get(self, path, secret=None, headers=None):
        headers = {"Authorization": f"Bearer {secret or self.secret}", **(headers or {})}
        return self.url_open(f"/ai/v1/{path}", headers=headers)

    def rows(self):
        return self.env["ai.token.usage"].search([("user_id", "=", self.user.id)], order="id")
