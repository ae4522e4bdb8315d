"""What a call asks for where that is no chat: what the spine wants to know of it."""

from ...engine.price.usage import TokenUsage
from ...engine.prompt.tokens import TokenCount


class Job:
    """One kind of work for a model. Plain data: safe when the database is not.

    ``identity``: what makes two of them differ, as JSON has it.
    """

    identity = None

    def count(self, model_name, api_format):
        """Return the ``TokenCount`` of the text that is sent."""
        return TokenCount(0, True, 0, "")

    def check(self, facts):
        """Refuse what a provider cannot take.

        :param facts: ``ProviderFacts``
        :raise RequestError: it is too long for it
        """

    def request(self, model_name):
        """Return the request of ``providers`` for a model."""
        raise NotImplementedError

    def check_request(self, wire, request, base_url):
        """Refuse what a format does not take.

        :raise providers.errors.ProviderError: and why
        """
        raise NotImplementedError

    def ask(self, wire, endpoint, request):
        """Send it; return a ``ChatResponse``, or one that says more."""
        raise NotImplementedError

    def may_replace(self, asked, other):
        """Is the answer of another provider of the same use? Both are ``ProviderFacts``."""
        return True

    def worst_case(self, target):
        """Return the most that it can cost at a ``Target`` in USD; ``pricing.UNPRICED`` where that
        is not known."""
        raise NotImplementedError

    def estimate(self, target):
        """Return the ``TokenUsage`` of an answer that did not say what it took."""
        return TokenUsage(input=target.count.tokens)

    def need(self):
        """Return what a recommendation goes by beside the tokens."""
        return {}

    def asked_text(self):
        """Return what is kept of what was asked."""
        return ""

    def result(self, response, usage):
        """Return what the caller gets beside what every call gives."""
        return {}
