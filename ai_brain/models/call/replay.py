from psycopg2.extras import Json

from odoo import api, models

from ... import exceptions


class AiService(models.AbstractModel):
    """Idempotency keys: the answer of a keyed call is kept, and given again for 24 hours."""

    _inherit = "ai.service"

    @api.model
    def _kept_answer(self, call):
        """Return the kept result of an earlier call with this key, or None.

        :raise KeyReusedError: the key was used for another request
        :raise OutcomeUnknownError: that call may have been billed and gave no answer
        :raise AnswerNotValidError: its answer did not fit the schema that it had
        """
        with call.apart.cursor() as cr:
            return self._find_answer(cr, call)

    @api.model
    def _find_answer(self, cr, call):
        cr.execute(
            "SELECT content_hash, answer FROM ai_call_answer"
            " WHERE company_id = %s AND user_id = %s AND call_key = %s"
            " AND create_date > now() AT TIME ZONE 'UTC' - interval '24 hours'",
            (call.company_id, call.user_id, call.idempotency_key),
        )
        found = cr.fetchone()
        if not found:
            return None
        content_hash, answer = found
        if content_hash != call.content_hash:
            raise exceptions.KeyReusedError(
                self.env._("This idempotency key was used for another request. Take a new key.")
            )
        if not answer:
            raise exceptions.OutcomeUnknownError(
                self.env._(
                    "The call with this key was sent and gave no complete answer. It may have "
                    "been billed. To ask again, take a new key."
                )
            )
        if answer.get("problems"):
            raise self._not_valid(answer["content"], answer["problems"], answer["rows"])
        return answer

    @api.model
    def _check_key_unused(self, cr, call):
        """After the reservation: the call that held the key may just have settled."""
        if self._find_answer(cr, call) is not None:
            raise exceptions.CallInProgressError(
                self.env._("The call with this key has just been answered. Ask again.")
            )

    @api.model
    def _keep_answer(self, call, attempt, usage_id):
        """On the own cursor, with the ledger row: keep the result under the call's key."""
        answer = None
        if attempt.error is None:
            attempt.token_usage_id = usage_id
            answer = Json(self._kept_problems(call) or self._result(call))
        self._write_answer(
            call.company_id, call.user_id, call.idempotency_key, call.content_hash, answer
        )

    @api.model
    def _keep_unknown(self, reservation):
        """On the own cursor: a keyed call whose worker died has an unknown outcome."""
        self._write_answer(
            reservation["company_id"],
            reservation["user_id"],
            reservation["call_key"],
            reservation["row"]["content_hash"],
            None,
        )

    @api.model
    def _write_answer(self, company_id, user_id, key, content_hash, answer):
        self.env.cr.execute(
            "INSERT INTO ai_call_answer (company_id, user_id, call_key, content_hash, answer,"
            " create_date) VALUES (%s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC')"
            " ON CONFLICT (company_id, user_id, call_key) DO UPDATE SET"
            " content_hash = EXCLUDED.content_hash, answer = EXCLUDED.answer,"
            " create_date = EXCLUDED.create_date",
            (company_id, user_id, key, content_hash, answer),
        )
