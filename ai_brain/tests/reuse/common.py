from ..common import AiCase, answering


class ReuseCase(AiCase):
    """``self.agent`` keeps answers of the same question; ``self.user`` asks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._new_user("reuse-user")
        cls.other = cls._new_user("reuse-other")
        cls.agent = cls.env["ai.agent"].create(
            {
                "name": "Desk",
                "code": "desk",
                "reuse": "same_question",
                "reuse_check_share": 0,
                "provider_id": cls.vendor_provider.id,
            }
        )
        cls.answers = cls.env["ai.answer"]

    def _ask(self, text="What is VAT?", user=None, company=None, environment=None, **options):
        service = self.service.with_user(user or self.user)
        if company:
            service = service.with_company(company)
        environment = {"agent_type": "desk", **(environment or {})}
        return service.send_message(text, environment=environment, **options)

    def _kinds(self, *asks):
        """Return the kind of answer of each of some calls: dicts of arguments of ``_ask``."""
        with answering(self.env, lambda request: f"Answer to {request.messages[-1]['content']}"):
            return [self._ask(**ask)["kind"] for ask in asks]

    def _reused(self, first, then):
        """Does the answer to one call serve another?"""
        self.answers.search([]).unlink()
        kinds = self._kinds(first, then)
        self.assertEqual(kinds[0], "api")
        return kinds[1] == "cache"
