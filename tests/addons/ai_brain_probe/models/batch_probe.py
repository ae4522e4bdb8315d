from odoo import api, fields, models

from odoo.addons.ai_brain.callbacks import ai_callback

RUN = {
    "send": ("ai.batch", "_cron_send"),
    "poll": ("ai.batch", "_cron_poll"),
    "call_back": ("ai.batch.request", "_cron_call_back"),
}


class AiBrainProbe(models.Model):
    """Submits many requests, and writes down who was called back."""

    _inherit = "ai.brain.probe"

    @api.model
    def submit_many(self, texts_by_provider, max_tokens=100):
        """Submit texts to the batches of providers, ``{provider id: [text]}``; return the ids."""
        probe = self.create({"name": "asks"})
        callback = (self._name, "_on_batch_answer", probe.ids)
        submit = self.env["ai.service"].submit
        return [
            submit(text, config=int(key), callback=callback, max_tokens=max_tokens).id
            for key, texts in texts_by_provider.items()
            for text in texts
        ]

    @ai_callback
    def _on_batch_answer(self, request, answer):
        self.create({"name": f"{answer['state']} {request.id}"})
        self.env.flush_all()

    @api.model
    def run_batches(self, *names):
        """Run scheduled actions of batches in this process, as if their time had come."""
        past = fields.Datetime.to_datetime("2020-01-01 00:00:00")
        for name in names:
            if name == "poll":
                self.env.cr.execute(
                    "UPDATE ai_batch SET next_at = %s WHERE lease_until IS NULL", (past,)
                )
            elif name == "send":
                now = fields.Datetime.now()
                self.env.cr.execute(
                    "UPDATE ai_batch_request SET send_at = %s, not_before = NULL"
                    " WHERE state = 'waiting'",
                    (now,),
                )
            self.env.cr.commit()  # as a scheduled action begins
            model, method = RUN[name]
            getattr(self.env(su=True)[model], method)()
        return True
