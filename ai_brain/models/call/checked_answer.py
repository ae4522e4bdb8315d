from odoo import api, models

from ... import exceptions
from ...engine.base.sentence import ENGLISH
from ...engine.call.fits import read_answer


class AiService(models.AbstractModel):
    """Answers that have to fit a schema: checked as they are settled, asked for once more.

    A second try is an attempt like any other: reserved, budgeted, a ledger row of its own. What
    another try could not change (a refusal, an answer cut at ``max_tokens``) is not asked again.
    """

    _inherit = "ai.service"

    @api.model
    def _check_answer(self, call, attempt):
        """Set the attempt's ``data``, and the ``problems`` of an answer that does not fit."""
        response = attempt.response
        if not call.response_schema or attempt.error or response is None or response.tool_calls:
            return
        attempt.data, attempt.problems = read_answer(response.content, call.response_schema)

    @api.model
    def _fits(self, call, outcome):
        """Is what was found without a vendor of any use to this call?"""
        if not call.response_schema:
            return True
        return not read_answer(outcome.response.content, call.response_schema)[1]

    @api.model
    def _valid_answer(self, call):
        """Ask, and once more where the answer does not fit; return the text of one that does.

        :raise AnswerNotValidError: it does not fit
        """
        self._ask_whole(call)
        attempt = call.attempt
        if attempt.problems and self._may_change(attempt):
            call.first_try, asked = attempt, call.messages
            call.messages = [*asked, *self._correction(attempt)]
            try:
                with call.apart.reading() as env:
                    self.with_env(env)._recount(call)
                self._ask_whole(call)
            except exceptions.AiError as error:
                raise self._wrong(call, attempt, error) from error
            finally:
                call.messages = asked
        if call.attempt.problems:
            raise self._wrong(call, call.attempt)
        return call.attempt.response.content

    @api.model
    def _may_change(self, attempt):
        return attempt.response.finish_reason not in ("length", "content_filter")

    @api.model
    def _correction(self, attempt):
        """Return messages that tell the model what was wrong."""
        wrong = "\n".join(f"- {ENGLISH.text(problem)}" for problem in attempt.problems)
        said = attempt.response.content
        told = (
            f"Your answer does not fit the JSON schema:\n{wrong}\n"
            "Give the whole answer again as JSON that fits, and nothing else."
        )
        before = [{"role": "assistant", "content": said}] if said.strip() else []
        return [*before, {"role": "user", "content": told}]

    @api.model
    def _ask_whole(self, call):
        """Ask, and keep from the reader what he may not get to see."""
        for _text in self._ask(call):
            pass

    # ------------------------------------------------------------------
    # What the caller gets
    # ------------------------------------------------------------------

    @api.model
    def _data_of(self, call):
        """Return the keys of a result that a schema brings."""
        if not call.response_schema:
            return {}
        attempt, first = call.attempt, call.first_try
        if first and attempt is not first:
            first = {
                "token_usage_id": first.token_usage_id,
                "cost_usd": float(first.cost_usd),
                "problems": [call.reader.text(problem) for problem in first.problems],
            }
        else:
            first = None
        return {"data": attempt.data, "first_try": first}

    @api.model
    def _kept_problems(self, call):
        """Return what is kept under the key of a call whose answer does not fit, or None."""
        attempt = call.attempt
        if not attempt.problems:
            return None
        return {
            "content": attempt.response.content,
            "problems": [call.reader.text(problem) for problem in attempt.problems],
            "rows": self._rows_of(call),
        }

    @api.model
    def _rows_of(self, call):
        tries = [call.first_try] if call.first_try is not call.attempt else []
        return [one.token_usage_id for one in (*tries, call.attempt) if one and one.token_usage_id]

    @api.model
    def _wrong(self, call, attempt, error=None):
        """Return the error for an answer that does not fit; ``error``: why there is no better."""
        reason = attempt.response.finish_reason
        problems = [call.reader.text(problem) for problem in attempt.problems]
        if error:
            told = self.env._(
                "It was asked for once more, in vain: %s", getattr(error, "args", [""])[0]
            )
        elif reason == "length":
            told = self.env._(
                "The answer was cut at %s tokens: allow a longer one (max_tokens).",
                call.reader.number(attempt.target.max_tokens),
            )
        elif reason == "content_filter":
            told = self.env._("The model refused to answer: %s", attempt.response.content[:300])
        else:
            told = self.env._("It was asked for once more, in vain.")
        return self._not_valid(attempt.response.content, problems, self._rows_of(call), told)

    @api.model
    def _not_valid(self, content, problems, row_ids, told=""):
        text = self.env._(
            "The answer does not fit the schema that it was asked for. %(wrong)s %(told)s It was "
            "paid; the ledger has what it cost.",
            wrong=" ".join(problems),
            told=told,
        )
        return exceptions.AnswerNotValidError(text, content, problems, row_ids)

    @api.model
    def _schema_refusals(self):
        """Return the sentences of what ``engine.call.schema`` refuses, by their codes."""
        return {
            "schema_root": self.env._(
                "The root of a response_schema is an object: {'type': 'object', 'properties': …}. "
                "Put a list or a single value under a key of it."
            ),
            "schema_json": self.env._("A response_schema consists of JSON values only."),
            "schema_size": self.env._(
                "The response_schema has %(size)s bytes, and %(limit)s are allowed."
            ),
            "schema_depth": self.env._(
                "A response_schema nests %(depth)s levels and holds %(most)s schemas at most."
            ),
            "schema_value": self.env._(
                "In the response_schema, “%(key)s” at %(path)s must be: %(kind)s."
            ),
            "schema_key": self.env._(
                "The response_schema has “%(key)s” at %(path)s, which is not checked here. Known "
                "are: %(known)s."
            ),
            "schema_pattern": self.env._(
                "The response_schema has “%(key)s” at %(path)s. Regular expressions are not "
                "checked, as one can keep a server busy for ever: use format, enum or lengths, and "
                "check the rest yourself."
            ),
            "schema_format": self.env._(
                "The response_schema has a format at %(path)s that is not checked here. Known are: "
                "%(known)s."
            ),
            "schema_ref": self.env._(
                "The response_schema has a $ref at %(path)s (%(ref)s) that leads nowhere. It names "
                "a schema within it, such as #/$defs/line."
            ),
        }
