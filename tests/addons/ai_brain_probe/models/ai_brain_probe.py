import base64
import time

from odoo import api, fields, models
from odoo.exceptions import UserError

_tries = {}


class AiBrainProbe(models.Model):
    """Callers that misbehave around a paid call: they roll back, conflict, lock."""

    _name = "ai.brain.probe"
    _description = "AI Brain Probe"

    name = fields.Char(help="What the probe was made for.")
    counter = fields.Integer(help="How often it was written.")

    @api.model
    def prepare(self, vendor_url, key, prices):
        """Users of each group and a provider for each model of the loopback vendor."""
        base = {"openai": "/v1", "anthropic": "", "gemini": "/v1beta"}
        for model_name, price in prices.items():
            services = price.get("services", {})
            regions = price.get("regions", {})
            rates = {
                **_rates(price),
                **_unit(price),
                "region_factors": ", ".join(f"{name}={value}" for name, value in regions.items()),
                "tier_ids": [
                    (0, 0, {"service": name, **_rates(other)}) for name, other in services.items()
                ],
            }
            self.env["ai.service.provider"].create(
                {
                    "name": model_name,
                    "api_format": price["format"],
                    "base_url": vendor_url + base[price["format"]],
                    "api_key": key,
                    "model_name": model_name,
                    "timeout_s": 120,
                    "task_type": price.get("task", "chat"),
                    "enable_cost_optimization": False,
                    "enable_waste_detection": False,
                    "price_ids": [(0, 0, {"valid_from": "2020-01-01", **rates})],
                }
            )
        users = self.env["res.users"].with_context(no_reset_password=True)
        for login, group in (
            ("user", "base.group_user"),
            ("other", "base.group_user"),
            ("manager", "ai_brain.group_ai_manager"),
        ):
            groups = self.env.ref("base.group_user") + self.env.ref(group)
            users.create(
                {
                    "name": login,
                    "login": login,
                    "password": login,
                    "groups_id": [(6, 0, groups.ids)],
                }
            )
        return True

    @api.model
    def _send(self, text, provider_id, **options):
        return self.env["ai.service"].send_message(text, config=provider_id, **options)

    @api.model
    def hear(self, data, provider_id, **options):
        """The text of a recording, given as base64."""
        audio = base64.b64decode(data)
        return self.env["ai.service"].transcribe(audio, config=provider_id, **options)

    @api.model
    def stream(self, text, provider_id, pieces=None, **options):
        """Read a streamed call to its end, or leave after so many pieces."""
        events = self.env["ai.service"].stream_message(text, config=provider_id, **options)
        read = []
        for event in events:
            if event["type"] == "done":
                return {**event["result"], "read": "".join(read)}
            read.append(event["text"])
            if pieces and len(read) >= pieces:
                events.close()
                return {"left": True, "read": "".join(read)}
        return {"read": "".join(read)}

    @api.model
    def send_then_raise(self, text, provider_id):
        """The caller's transaction is rolled back after the answer was paid."""
        self.create({"name": "rolled back"})
        self._send(text, provider_id)
        raise UserError(self.env._("The caller failed after the call."))

    @api.model
    def send_in_savepoint(self, text, provider_id):
        """The call happens inside a savepoint that is undone, twice with the same content."""
        for _time in range(2):
            try:
                with self.env.cr.savepoint():
                    self._send(text, provider_id)
                    raise UserError(self.env._("Undo the savepoint."))
            except UserError:
                continue
        return True

    @api.model
    def send_then_conflict(self, texts, provider_id, times, name, streamed=False):
        """After the calls, conflict for real with another transaction in the first ``times`` tries.

        Both write one row: ours began before theirs committed, so PostgreSQL refuses ours and
        Odoo runs the whole request again.
        """
        probe = self.search([("name", "=", name)])
        ask = self.stream if streamed else self._send
        results = [ask(text, provider_id)["token_usage_id"] for text in texts]
        tries = _tries[name] = _tries.get(name, 0) + 1
        if tries <= times:
            with self.env.registry.cursor() as other:
                other.execute(
                    "UPDATE ai_brain_probe SET counter = coalesce(counter, 0) + 1 WHERE id = %s",
                    (probe.id,),
                )
        probe.counter += 1
        probe.flush_recordset()
        return {"rows": results, "tries": tries}

    @api.model
    @api.readonly
    def send_on_readonly_route(self, text, provider_id):
        """A readonly route that writes after the call: Odoo runs it again with another cursor."""
        result = self._send(text, provider_id)
        self.create({"name": "written on a readonly route"})
        return result["token_usage_id"]

    @api.model
    def send_each(self, texts, provider_id):
        """Several calls in one request; for each, the id of its row or what was said instead."""
        told = []
        for text in texts:
            try:
                told.append(self._send(text, provider_id)["token_usage_id"])
            except UserError as error:
                told.append(str(error))
        return told

    @api.model
    def send_after_locking(self, text, provider_id):
        """The caller holds locks on rows that the call refers to, its user's among them."""
        self.env.cr.execute("SELECT 1 FROM res_users WHERE id = %s FOR UPDATE", (self.env.uid,))
        self.env.cr.execute("SELECT 1 FROM res_company FOR UPDATE")
        started = time.monotonic()
        try:
            result = self._send(text, provider_id)
        except UserError as error:
            return {"refused": str(error), "seconds": time.monotonic() - started}
        return {"row": result["token_usage_id"], "seconds": time.monotonic() - started}

    @api.model
    def correct(self, usage_id, cost_usd):
        """Add a correction row, as an addon does that learns of a credit note."""
        usage = self.env["ai.token.usage"].sudo().browse(usage_id)
        values = {"correction_of_id": usage.id, "call_count": 0, "cost_usd": cost_usd}
        kept = {"company_id": usage.company_id.id, "provider_id": usage.provider_id.id}
        return usage.create({**kept, **values}).id

    @api.model
    def run_cron(self, xml_id):
        """Run a scheduled action now, as the scheduler would."""
        self.env.ref(xml_id).sudo().method_direct_trigger()
        return True


def _rates(price):
    return {
        f"{kind}_usd": float(value)
        for kind, value in price.items()
        if kind not in ("format", "services", "regions", "task", "minute", "hour", "least")
    }


def _unit(price):
    """A price by time is for no tokens."""
    unit = next((unit for unit in ("minute", "hour") if unit in price), None)
    if not unit:
        return {} if "output" in price else {"output_priced": False}
    none = {"input_priced": False, "output_priced": False}
    least = price.get("least", 0)
    return {"unit": unit, "unit_usd": float(price[unit]), "least_seconds": least, **none}
