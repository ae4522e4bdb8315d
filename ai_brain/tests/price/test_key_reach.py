"""Code that people write into forms reaches a provider, and never its key."""

import logging

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from odoo.addons.base.models.ir_model import make_compute

from ..common import AiCase

KEY = "test-key-2718"
#: What such code may try; ``object`` is the provider.
ATTEMPTS = (
    "object._endpoint().api_key",
    "object._endpoint().read__key()",
    "object._endpoint().api_key._text",
    "object._endpoint()",
    "[object._endpoint().api_key][0]",
    "object.env['ai.service']._prepare('Hello', object).target.endpoint.api_key",
    "object.env['ai.service']._prepare('Hello', object).target.endpoint.read__key()",
    "object.env['ai.service']._prepare('Hello', object)",
    "'{0.api_key}'.format(object._endpoint())",
    "'{0.api_key._text}'.format(object._endpoint())",
    "'{0.__dict__}'.format(object._endpoint())",
    "'{0.__class__.__init__.__globals__}'.format(object._endpoint())",
    "'{0.api_key.__class__}'.format(object._endpoint())",
    "'%s' % object._endpoint().api_key",
    "'' + object._endpoint().api_key",
    "object.api_key",
    "object['api_key']",
    "object['api_key_value']",
    "object.api_key_value",
    "object.read(['api_key', 'has_api_key'])",
    "object.mapped('api_key')",
    "object.export_data(['api_key', 'api_key_value'])",
    "object.read_group([('id', '=', object.id)], ['api_key'], ['api_key'])",
    "object.search([('api_key', '=like', 'test%')])",
    "object.search([('api_key_value', '=like', 'test%')])",
    "object.filtered_domain([('api_key', '=like', 'test%')]).mapped('api_key')",
    "object.sudo().copy_data()",
)
#: What Odoo logs of attempts that fail, and of methods that are old.
NOISE = (
    "odoo.addons.base.models.ir_qweb",
    "odoo.addons.mail.models.mail_template",
    "py.warnings",
)


@tagged("post_install", "-at_install", "every_series")
class TestKeyReach(AiCase):
    def setUp(self):
        super().setUp()
        self.vendor_provider.api_key = KEY
        self.assertEqual(self.vendor_provider._endpoint().read__key(), KEY)

    def attempt(self, door):
        """Try everything through a door: a function from an expression to what it prints."""
        self.assertIn("Loopback", door("object.name"))
        self.assertIn("***", door("str(object._endpoint().api_key)"))
        for expression in ATTEMPTS:
            with self.subTest(expression), mute_logger(*NOISE):
                told = self.told(door, expression)
                self.assertNotIn(KEY, told)

    def told(self, door, expression):
        try:
            with self.env.cr.savepoint():
                return str(door(expression))
        except Exception as error:
            while error.__cause__:
                self.assertNotIn(KEY, str(error))
                error = error.__cause__
            return str(error)

    def test_a_mail_template_does_not_print_it(self):
        def body(expression):
            template = self.env["mail.template"].create(
                {
                    "name": "Key",
                    "model_id": self.env["ir.model"]._get_id("ai.service.provider"),
                    "body_html": f'<p><t t-out="{expression}"/></p>',
                }
            )
            return template._render_field("body_html", self.vendor_provider.ids)[
                self.vendor_provider.id
            ]

        self.attempt(body)

    def test_a_mail_s_subject_does_not_print_it(self):
        def subject(expression):
            return self.env["mail.template"]._render_template(
                f"{{{{ {expression} }}}}",
                "ai.service.provider",
                self.vendor_provider.ids,
                engine="inline_template",
            )[self.vendor_provider.id]

        self.attempt(subject)

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_a_server_action_does_not_print_it(self):
        def action(expression):
            server_action = self.env["ir.actions.server"].create(
                {
                    "name": "Key",
                    "model_id": self.env["ir.model"]._get_id("ai.service.provider"),
                    "state": "code",
                    "code": f"object = record\naction = {{'told': str({expression})}}",
                }
            )
            active = {"active_model": "ai.service.provider", "active_id": self.vendor_provider.id}
            return server_action.with_context(**active).run()["told"]

        self.attempt(action)

    def test_a_computed_field_does_not_hold_it(self):
        def computed(expression):
            found = {}
            compute = make_compute(
                f"for object in self: self.env.context['found']['told'] = str({expression})", ""
            )
            compute(self.vendor_provider.with_context(found=found))
            return found["told"]

        self.attempt(computed)

    def test_a_domain_does_not_hold_it(self):
        def domain(expression):
            known = {"object": self.vendor_provider}
            return str(safe_eval(f"[('name', '=', {expression})]", known))

        self.attempt(domain)

    def test_a_filter_does_not_find_it(self):
        for field, error in (("api_key", UserError), ("api_key_value", ValueError)):
            domain = f"[('{field}', '=like', 'test%')]"
            kept = self.env["ir.filters"].create(
                {"name": domain, "model_id": "ai.service.provider", "domain": domain}
            )
            with self.subTest(field), self.assertRaises(error):
                self.env["ai.service.provider"].search(kept._get_eval_domain())

    def test_the_debug_log_of_a_call_does_not_print_it(self):
        rows = [["imported", KEY]]
        for args, kwargs in (
            ((["name", "api_key"], rows), {}),
            ((["name", "fallback_provider_id/api_key"], rows), {}),
            (({"api_key": KEY},), {}),
            ((), {"vals": {"name": "x", "api_key": KEY}}),
            ((), {"fields": ["api_key"], "data": rows}),
        ):
            logger = logging.getLogger("odoo.api")
            values = (self.vendor_provider, "load", f"{args}, {kwargs}")
            record = logger.makeRecord("odoo.api", 10, "", 0, "call %s.%s(%s)", values, None)
            self.assertIn(KEY, record.getMessage())
            self.assertTrue(logger.filter(record))
            self.assertNotIn(KEY, record.getMessage())
            self.assertIn(f"{self.vendor_provider}.load", record.getMessage())
