from odoo import api, models

from ...engine.choice import complexity, difficulty_shift

CRITERIA = (
    "quality_required",
    "max_budget_usd",
    "max_latency_ms",
    "complexity",
    "max_tokens",
    "tools",
    "tier",
    "user_tier",
    "mode",
    "pair",
    "refusing",
    "cached",
    "evidence",
    "audio_seconds",
)


class AiService(models.AbstractModel):
    _inherit = "ai.service"

    @api.model
    def _recommend_provider_before_call(self, config, messages, environment):
        """Recommend a provider for a call; override to steer the choice.

        :param config: ``ai.service.provider`` record that the call names
        :param list messages: the messages
        :param dict environment: tags of the call, and ``context_size_tokens`` (counted if
            missing), ``quality_required`` (missing: what the complexity asks for),
            ``max_budget_usd``, ``max_latency_ms``, ``complexity``, ``max_tokens``, ``tools``,
            ``tier``, ``user_tier``; with ``mode`` smart_router the routing gain counts, too.
            ``pair``: ids of an efficient and a strong provider, the only ones to choose from;
            ``refusing``: ids of those that do not take what the call asks for; ``cached``: by id,
            tokens of the call that lie in a vendor's prompt cache; ``evidence``:
            (company id, task type, what ``ai_provider_evidence`` gives) where that was read;
            ``audio_seconds``: of a recording
        :return: dict like ``ai.cost.optimizer.recommend_provider``'s, not recorded yet; or None
        """
        environment = environment or {}
        tokens = environment.get("context_size_tokens")
        if tokens is None:
            tokens = self._count_tokens_api(config, messages)["input_tokens"]
        options = {name: environment.get(name) for name in CRITERIA}
        task_type = config._facts().task_type
        if task_type == "chat":
            options = self._shifted(options, messages)
        options["configured_provider_id"] = config.id
        return self.env["ai.cost.optimizer"]._recommend(task_type, tokens, options)

    @api.model
    def _shifted(self, options, messages):
        """Return criteria with the complexity of the messages, and what the router adds to it where
        there is a choice."""
        options = dict(options)
        if options["complexity"] is None:
            options["complexity"] = complexity.score_complexity(messages).score
        if options["mode"] == "smart_router" and len(set(options["pair"] or ())) != 1:
            learnt = self.env["ai.routing.ratings"]._of(self.env.company.id)
            options["shift"] = difficulty_shift(messages, learnt)
        return options
