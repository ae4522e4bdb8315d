"""What send_message raises. Each is a UserError: a person reads it, code catches it by type."""

from odoo.exceptions import UserError

from .engine.base.line import one_line

MOST = 2000


class AiError(UserError):
    """Any refusal or failure of a call, said in one line: Odoo logs what it refuses."""

    def __init__(self, message):
        super().__init__(one_line(message, MOST))


class InvalidCallError(AiError):
    """The call's own input cannot be sent; nothing was sent or recorded."""


class KeyReusedError(InvalidCallError):
    """The idempotency key stands for another request already."""


class TooLargeError(InvalidCallError):
    """A file is larger than its vendor takes; nothing was sent."""


class UnpricedModelError(AiError):
    """The model has no price and the company refuses such calls; nothing was sent."""


class BudgetExceededError(AiError):
    """A budget does not allow the call; nothing was sent.

    ``details`` is a dict: budget_id, budget_name, spent_usd, limit_usd, resets_at (naive UTC).
    """

    def __init__(self, message, details=None):
        super().__init__(message)
        self.details = details or {}


class TooManyCallsError(AiError):
    """This person has as many calls under way, or holds as much, as the company allows at once."""


class ServerBusyError(AiError):
    """No database connection came free in time; nothing was sent."""


class CallInProgressError(AiError):
    """Another call with the same idempotency key is still under way."""


class ProviderCallError(AiError):
    """The provider, and its fallback if there is one, did not answer.

    ``provider_error`` is the ``providers.errors.ProviderError`` behind it; ``token_usage_id`` the
    ledger row of the last attempt.
    """

    def __init__(self, message, provider_error=None, token_usage_id=False):
        super().__init__(message)
        self.provider_error = provider_error
        self.token_usage_id = token_usage_id


class AnswerNotValidError(AiError):
    """The answer does not fit the call's ``response_schema``; it was paid, as the ledger says.

    ``content`` is the last answer as it came, ``problems`` what is wrong with it (sentences),
    ``token_usage_ids`` the ledger rows of the call, the first try's first.
    """

    def __init__(self, message, content="", problems=(), token_usage_ids=()):
        super().__init__(message)
        self.content = content
        self.problems = list(problems)
        self.token_usage_ids = list(token_usage_ids)


class OutcomeUnknownError(ProviderCallError):
    """The request left and no answer came: it may have been billed and is counted as uncertain."""
