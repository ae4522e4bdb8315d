from odoo import api, models
from odoo.exceptions import UserError


class AiBrainProbe(models.Model):
    _inherit = "ai.brain.probe"

    @api.model
    def send_facts(self, text, provider_id, **options):
        """Return what came of a call, its row of the ledger included."""
        self.create({"name": "the caller's own"})  # not flushed when the call begins
        try:
            result = self.env["ai.service"].send_message(text, config=provider_id, **options)
        except (UserError, ValueError) as error:
            return {"error": f"{type(error).__name__}: {error}"}
        with self.env.registry.cursor() as cr:
            cr.execute(
                "SELECT probe_mood, state, context_size_tokens FROM ai_token_usage WHERE id = %s",
                (result["token_usage_id"],),
            )
            row = cr.fetchone()
        names = self.search([("name", "=like", "written by%")]).mapped("name")
        own = self.search_count([("name", "=", "the caller's own")])
        return {**result, "row": row, "written": names, "own": own}

    @api.model
    def send_with_closed_cursor(
        self, text, provider_id, streamed=False, forgotten=False, **options
    ):
        """The caller gives his database connection back while the vendor is asked.

        :param bool forgotten: somebody changes a setting meanwhile, and all caches are cleared
        """
        from odoo.addons.ai_brain import providers

        cr = self.env.registry.cursor()
        env = api.Environment(cr, self.env.uid, dict(self.env.context))
        service = env["ai.service"]
        wire = providers.get_wire("openai")
        real = wire.complete

        def close_and_complete(endpoint, chat):
            cr.close()
            if forgotten:
                self.env.registry.clear_all_caches()
            return real(endpoint, chat)

        if streamed:
            events = service.stream_message(text, config=provider_id, **options)
            next(events)
            cr.close()
            return next(event for event in events if event["type"] == "done")["result"]
        wire.complete = close_and_complete
        try:
            return service.send_message(text, config=provider_id, **options)
        finally:
            del wire.complete
