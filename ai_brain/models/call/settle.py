import logging
import time
from contextlib import contextmanager
from decimal import Decimal

import psycopg2

from odoo import api, models
from odoo.modules import module
from odoo.tools import SQL

from ...engine.price import pricing
from ...engine.price.usage import TokenUsage
from ...engine.prompt import tokens
from ..base.own_cursor import NoConnection, ledger_cursor
from . import call as call_module

_logger = logging.getLogger(__name__)

#: How long a settle tries to reach the database before it leaves the row to the reaper.
SETTLE_PATIENCE_S = 120
EXCERPT = 1000


class AiService(models.AbstractModel):
    _inherit = "ai.service"

    # ------------------------------------------------------------------
    # Own transactions
    # ------------------------------------------------------------------

    @contextmanager
    def _own_cursor(self, wait_s=30.0):
        """Yield a cursor of a short transaction beside the caller's, committed at the end.

        In tests, where nothing may be committed, it is a savepoint of the test's transaction.

        :raise ledger_cursor.NoConnection: nothing was executed
        """
        registry = self.env.registry
        if registry.in_test_mode():
            with registry.cursor() as cr:
                yield cr
        elif module.current_test:
            with self.env.cr.savepoint():
                yield self.env.cr
        else:
            with ledger_cursor(self.env.cr.dbname, wait_s) as cr:
                yield cr

    def _on(self, cr):
        """Return this model on another cursor, as superuser."""
        return self.with_env(self.env(cr=cr, su=True))

    # ------------------------------------------------------------------
    # Settle
    # ------------------------------------------------------------------

    @api.model
    def _settle(self, call):
        """Write the ledger row and free what was held, in one transaction of its own.

        Waits for a database that restarts; a row that cannot be written within
        ``SETTLE_PATIENCE_S`` is left to the reaper, which finds the reservation.
        """
        self._judge(call)
        row = self._ledger_row(call)
        deadline = time.monotonic() + SETTLE_PATIENCE_S
        while True:
            try:
                with self._own_cursor() as cr:
                    service = self._on(cr)
                    if call.reservation_id and not call.sent and call.kind == "api":
                        service._release(call)
                    else:
                        call.token_usage_id = service._write_settlement(call, row)
                return
            except (NoConnection, psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                if time.monotonic() > deadline:
                    _logger.critical(
                        "AI ledger: reservation %s of %s USD could not be settled; the reaper "
                        "will count it as uncertain.",
                        call.reservation_id,
                        row["cost_usd"],
                    )
                    raise
                _logger.info("AI ledger: settling again after: %s", error)
                time.sleep(0.2)

    @api.model
    def _judge(self, call):
        """Set state, usage, cost and baseline from what came back."""
        if call.kind != "api":
            return  # whoever found the answer without a vendor has set them
        if call.response is None and call.error is None:
            # Interrupted on the way, by whatever it was.
            call.error = self._missing_answer(call)
        response, error = call.response, call.error
        billing = getattr(error, "billing", "unknown") if error else None
        if billing == "none" or not call.sent:
            call.state, call.usage, call.cost_usd = "failed", TokenUsage(), Decimal(0)
        elif error or response.usage is None:
            call.state, call.usage = "uncertain", self._estimate_usage(call)
            call.tokens_estimated = True
            call.cost_usd = call.held_usd
        else:
            call.state, call.usage = "done", response.usage
            paid = pricing.cost(
                response.usage, call.target.price, returned_usd=response.returned_cost_usd
            )
            if paid is pricing.UNPRICED:
                call.state, paid = "uncertain", call.held_usd
            call.cost_usd = paid
        call.baseline_usd = self._baseline(call)

    @api.model
    def _estimate_usage(self, call):
        content = call.response.content if call.response else ""
        target = call.target
        output = tokens.count_text(content, target.model_name, target.endpoint.api_format).tokens
        return TokenUsage(input=call.count.tokens, output=output)

    @api.model
    def _baseline(self, call):
        """What the configured provider would have charged; the cost itself where that is it."""
        if call.state == "failed" or call.configured is call.target:
            return call.cost_usd
        baseline = pricing.cost(call.usage, call.configured.price)
        return call.cost_usd if baseline is pricing.UNPRICED else baseline

    @api.model
    def _tags_row(self, call):
        """The part of the ledger row that is known before the call; JSON-able."""
        target = call.target
        switched = call.configured_id != target.provider_id
        return {
            **call.tags,
            "company_id": call.company_id,
            "user_id": call.user_id,
            "provider_id": target.provider_id,
            "configured_provider_id": call.configured_id if switched else None,
            "model_name": target.model_name,
            "price_id": target.price_id,
            "task_type": call.task_type,
            "context_size_tokens": call.count.tokens,
            "prompt_complexity": call.complexity,
            "content_hash": call.content_hash,
            "currency_id": call.frozen.get("currency_id"),
            "currency_rate": str(call.frozen.get("currency_rate", 1)),
        }

    @api.model
    def _ledger_row(self, call):
        if not call.frozen:
            self._freeze(call, self.env["res.company"].browse(call.company_id).sudo())
        return {
            **self._tags_row(call),
            **{k: v for k, v in call.frozen.items() if k != "text_policy"},
            **_token_columns(call.usage),
            **self._texts(call),
            "kind": call.kind,
            "state": call.state,
            "tokens_estimated": call.tokens_estimated,
            "cost_usd": call.cost_usd,
            "baseline_cost_usd": call.baseline_usd,
            "saved_usd": call.baseline_usd - call.cost_usd,
            "latency_ms": call.latency_ms,
            "error_code": type(call.error).__name__ if call.error else None,
            "finish_reason": (call.response.finish_reason or "")[:64] if call.response else None,
        }

    @api.model
    def _texts(self, call):
        """What the company keeps of prompt and answer. An excerpt is 1,000 characters a call."""
        policy = call.frozen["text_policy"]
        answer = call.response.content if call.response else ""
        if policy == "full":
            prompt = "\n\n".join(f"{m['role']}: {call_module.text_of(m)}" for m in call.messages)
            return {"prompt_text": prompt, "answer_text": answer}
        if policy == "none":
            return {}
        prompt = call.last_user_text
        room = max(EXCERPT // 2, EXCERPT - len(answer))
        prompt = prompt[:room]
        return {"prompt_text": prompt, "answer_text": answer[: EXCERPT - len(prompt)]}

    @api.model
    def _write_settlement(self, call, row):
        """On the own cursor: reservation away, ledger row in, budgets moved. Returns its id."""
        cr = self.env.cr
        if call.reservation_id:
            cr.execute(
                "DELETE FROM ai_cost_reservation WHERE id = %s RETURNING usage_id",
                (call.reservation_id,),
            )
            gone = cr.fetchone()
            if not gone:
                # Settled before: the answer to that COMMIT was lost with the connection.
                usage_id = self._find_settled(row)
                if usage_id:
                    return usage_id
                call.reservation_id = None
            elif gone[0]:
                row = self._correction_of(gone[0], row)
        usage_id = self.env["ai.token.usage"]._insert([row])[0]
        if call.idempotency_key and call.state != "failed":
            self._keep_answer(call, usage_id)
        self._spend_budgets(call, row)
        return usage_id

    @api.model
    def _find_settled(self, row):
        self.env.cr.execute(
            "SELECT max(id) FROM ai_token_usage WHERE company_id = %(company_id)s"
            " AND content_hash = %(content_hash)s AND create_date = %(create_date)s"
            " AND provider_id = %(provider_id)s AND user_id = %(user_id)s",
            row,
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _spend_budgets(self, call, row):
        """Turn what was held against the budgets into what was spent."""

    @api.model
    def _release(self, call):
        """On the own cursor: nothing was sent, so give everything back and record nothing."""
        self.env.cr.execute("DELETE FROM ai_cost_reservation WHERE id = %s", (call.reservation_id,))
        if self.env.cr.rowcount:
            self._release_budgets(call)

    @api.model
    def _release_budgets(self, call):
        """Give back what was held against the budgets."""

    # ------------------------------------------------------------------
    # Corrections and the reaper
    # ------------------------------------------------------------------

    @api.model
    def _correction_of(self, usage_id, row):
        """Return ``row`` as the difference to the row that was already written for this call."""
        numbers = (*_TOKEN_COLUMNS.values(), *_AMOUNTS)
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM ai_token_usage WHERE id = %s",
                SQL(", ").join(SQL("%s::text", SQL.identifier(name)) for name in numbers),
                usage_id,
            )
        )
        before = dict(zip(numbers, self.env.cr.fetchone(), strict=True))
        delta = {}
        for name in numbers:
            change = Decimal(row.get(name) or 0) - Decimal(before[name] or 0)
            delta[name] = change if name in _AMOUNTS else int(change)
        return {**row, **delta, "correction_of_id": usage_id, "call_count": 0}

    @api.model
    def _close_reservation(self, reservation):
        """On the own cursor: settle a call whose worker died. The row is locked by the caller.

        :param dict reservation: columns of the row, ``amount_usd`` as text
        """
        held = Decimal(reservation["amount_usd"])
        if not reservation["sent"]:
            self.env.cr.execute(
                "DELETE FROM ai_cost_reservation WHERE id = %s", (reservation["id"],)
            )
            self._release_reservation(reservation, held)
            return
        kept = dict(reservation["row"])
        row = {
            **kept,
            "currency_rate": Decimal(kept["currency_rate"]),
            "create_date": reservation["create_date"],
            "local_date": reservation["local_date"],
            "state": "uncertain",
            "tokens_estimated": True,
            "input_tokens": kept.get("context_size_tokens"),
            "cost_usd": held,
            "error_code": "WorkerDied",
        }
        usage_id = self.env["ai.token.usage"]._insert([row])[0]
        # Kept a while: a worker that was only slow finds its row here and corrects it.
        self.env.cr.execute(
            "UPDATE ai_cost_reservation SET usage_id = %s, call_key = NULL WHERE id = %s",
            (usage_id, reservation["id"]),
        )
        if reservation["call_key"]:
            self._keep_unknown(reservation)
        self._spend_reservation(reservation, row)

    @api.model
    def _release_reservation(self, reservation, held_usd):
        """Give back what a dead worker held against the budgets."""

    @api.model
    def _spend_reservation(self, reservation, row):
        """Turn what a dead worker held against the budgets into what was spent."""


_TOKEN_COLUMNS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "reasoning": "reasoning_tokens",
}
_AMOUNTS = ("cost_usd", "baseline_cost_usd", "saved_usd")


def _token_columns(usage):
    # Nothing rather than 0: an empty column takes no room in a table of millions.
    return {column: getattr(usage, kind) or None for kind, column in _TOKEN_COLUMNS.items()}
