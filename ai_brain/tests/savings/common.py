from ...engine.savings.holdout import HELD_OUT, assign
from ..common import AiCase


class HoldoutCase(AiCase):
    """``self.agent`` holds out half of its conversations; ``self.user`` asks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._new_user("holdout-user")
        cls.boss = cls._new_user("holdout-boss", "base.group_user", "ai_brain.group_ai_manager")
        cls.agent = cls.env["ai.agent"].create(
            {
                "name": "Desk",
                "code": "desk",
                "provider_id": cls.vendor_provider.id,
                "holdout_share": 50,
            }
        )

    def _session(self, arm, start=0):
        """Return the name of a conversation that is in an arm."""
        key = self.env["ai.step.holdout"]._key()
        for number in range(start, start + 1_000):
            name = f"talk {number}"
            part = assign(key, self.agent.id, self.company.id, name, self.agent.holdout_share)
            if part.arm == arm:
                return name
        raise AssertionError(arm)

    def _ask(self, arm=HELD_OUT, text="What is VAT?", session=None, config=None, **options):
        """Return the ledger row of a call in an arm; ``self.result`` is what was returned."""
        tags = {"agent_type": "desk", "session_id": session or self._session(arm)}
        tags.update(options.pop("environment", {}))
        service = self.service.with_user(self.user)
        self.result = service.send_message(text, config and config.id, tags, **options)
        return self._row(self.result)
