from odoo import api, models

from ...engine.call.checks import Number, OfType, OneOf, RequestError, check_text
from ...engine.call.request import MAX_REQUEST_BYTES
from ...engine.ledger.tasks import EMBEDDING
from ...engine.tasks.vectors import unpack
from ...providers.openai_tasks import MOST_TEXTS, usual_numbers
from .embedding_job import EmbeddingJob

#: Numbers of all vectors of a call whose answer is kept under its key: 6 MB.
MOST_KEPT_NUMBERS = 2**19
#: Bytes that a person's kept answers have together, of a day, when no more vectors are kept.
MOST_KEPT_BYTES = 256 * 1024 * 1024
#: A token number is no larger in any vocabulary.
MOST_TOKEN = 10_000_000
OPTIONS = {
    "dimensions": Number(1, 65_536, whole=True),
    "too_long": OneOf(("refuse", "split")),
    "user": OfType(str, 255),
}


class AiService(models.AbstractModel):
    """Embeddings: texts become vectors that lie near each other where the texts are alike."""

    _inherit = "ai.service"

    @api.model
    def embed(self, texts, config=None, environment=None, **options):
        """Turn texts into vectors, with their exact cost.

        A call like any other: budgets, the ledger, benchmarks and what is paid once. No kept
        answer, no router and no budget's switch touches it, because the vectors of two models
        cannot be compared; a fallback is asked only where it serves the same model.

        :param texts: a str, or a list of at most 2,048 str (none empty), or lists of token numbers
        :param config: ``ai.service.provider`` record or id, for embeddings; None takes the default
        :param dict environment: tags of the call, as for :meth:`send_message`
        :param options: ``dimensions`` (how many numbers a vector has, where the model lets one
            choose; else the provider's), ``too_long`` (of a text that the model does not read
            whole: refuse, or split it at a sentence and take the mean of its pieces' vectors by
            their length, at length 1), ``user`` (passed to the vendor), ``max_budget_usd``,
            ``max_latency_ms``, ``idempotency_key`` (for 524,288 numbers of all vectors, and 256 MB
            of a person's answers a day), and those of steps that serve this task
        :return: the dict of :meth:`send_message`, its ``content`` empty, with ``vectors`` (a list
            of lists of floats, in the order of the texts), ``dimensions`` and ``split``: a list of
            dicts ``index``, ``pieces``, ``tokens`` of the texts that were sent in pieces, which
            ``notices`` tell as well
        :raise exceptions.InvalidCallError: a text is too long, empty or no text
        :raise exceptions.AiError: a subclass of UserError that says what to do
        """
        call = self._check_embedding(texts, config, environment, options)
        return self._with_vectors(self._whole(call))

    @api.model
    def _check_embedding(self, texts, config=None, environment=None, options=None):
        """Return the checked ``Call``; :meth:`_whole` asks it."""
        texts = self._worded(_check_texts, texts)
        call = self._check_task(
            EMBEDDING,
            lambda own: EmbeddingJob(texts, **own),
            OPTIONS,
            config,
            environment,
            options or {},
        )
        if call.idempotency_key:
            self._worded(self._check_kept_size, call)
        split = len(call.job.sent.inputs) - len(texts)
        if split:
            call.notices.append(
                self.env._(
                    "Texts that are longer than “%(name)s” reads were split: %(texts)s texts were "
                    "sent in %(pieces)s pieces.",
                    name=call.target.name,
                    texts=len(texts),
                    pieces=len(call.job.sent.inputs),
                )
            )
        return call

    @api.model
    def _check_kept_size(self, call):
        """Refuse a key where the vectors would take more place than a day's keys may."""
        each = call.job.length or usual_numbers(call.target.model_name)
        if len(call.job.texts) * each > MOST_KEPT_NUMBERS:
            raise RequestError("task_key_texts", limit=max(1, MOST_KEPT_NUMBERS // each))
        self.env.cr.execute(
            "SELECT sum(pg_column_size(answer)), bool_or(call_key = %s) FROM ai_call_answer"
            " WHERE company_id = %s AND user_id = %s"
            " AND create_date > now() AT TIME ZONE 'UTC' - interval '24 hours'",
            (call.idempotency_key, call.company_id, call.user_id),
        )
        size, is_kept = self.env.cr.fetchone()
        if (size or 0) > MOST_KEPT_BYTES and not is_kept:
            raise RequestError("task_key_bytes", limit=MOST_KEPT_BYTES)

    @api.model
    def _with_vectors(self, result):
        """Return a result whose vectors are lists of floats."""
        return {**result, "vectors": [unpack(text) for text in result["vectors"]]}


def _check_texts(texts):
    """Return texts as a list."""
    if isinstance(texts, str):
        texts = [texts]
    if not isinstance(texts, list | tuple) or not texts:
        raise RequestError("task_texts")
    if len(texts) > MOST_TEXTS:
        raise RequestError("task_texts_number", number=len(texts), limit=MOST_TEXTS)
    size = 0
    for place, text in enumerate(texts):
        if isinstance(text, str):
            check_text(text)
            good = bool(text.strip())
        else:
            good = bool(text) and isinstance(text, list) and all(map(_is_token, text))
        if not good:
            raise RequestError("task_text", number=place + 1)
        size += len(text)
    if size > MAX_REQUEST_BYTES:
        raise RequestError("size", size=size, limit=MAX_REQUEST_BYTES)
    return list(texts)


def _is_token(value):
    return type(value) is int and 0 <= value < MOST_TOKEN
