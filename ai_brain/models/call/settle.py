import logging
import time
from decimal import ROUND_UP, Decimal
from operator import attrgetter

import psycopg2
from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.tools import SQL

from ... import exceptions
from ...engine import waste
from ...engine.base.money import as_decimal
from ...engine.base.text import text_of
from ...engine.ledger import outcomes
from ...engine.price import pricing
from ...engine.price.usage import TokenUsage
from ...engine.prompt import tokens
from ..base.own_cursor import NoConnection, begin_again, commit_at_once
from ..base.sql_names import all_in_one
from ..base.transactions import under_test
from ..budget import sql as budget_sql
from .call import Evidence

_logger = logging.getLogger(__name__)

#: How long a settle tries to reach the database before it leaves the row to the reaper.
SETTLE_PATIENCE_S = 120
EXCERPT = 1000
#: Columns that a row can do without, where PostgreSQL refuses what is in them.
TEXTS = {"prompt_text", "answer_text", "messages", "finish_reason"}
#: Evidence is no money: it need not wait for the disk, nor long for a lock.
UNHURRIED = SQL("SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = '250ms'")

_TOKEN_COLUMNS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "reasoning": "reasoning_tokens",
}
_AMOUNTS = ("cost_usd", "baseline_cost_usd", "saved_usd")


class AiService(models.AbstractModel):
    """Settle: exact cost, ledger row, budgets moved, reservation away; then the evidence.

    The caller's cursor may be closed by now: everything happens on cursors of our own.
    """

    _inherit = "ai.service"

    @api.model
    def _settle(self, call, attempt):
        """Write the ledger row of an attempt and free what was held, in one transaction.

        Waits for a database that restarts; a row that cannot be written within
        ``SETTLE_PATIENCE_S`` is left to the reaper, which finds the reservation.
        """
        attempt.latency_ms = round((time.monotonic() - attempt.started) * 1000)
        self._judge(call, attempt)
        self._check_answer(call, attempt)
        row = self._ledger_row(call, attempt)
        self._learn_overrun(call, attempt)
        deadline = time.monotonic() + SETTLE_PATIENCE_S
        while True:
            try:
                with call.apart.cursor() as cr:
                    service = self.with_env(call.apart.on(cr))
                    if attempt.reservation_id and not attempt.sent:
                        service._release(call, attempt)
                    else:
                        attempt.token_usage_id = service._write_settlement(call, attempt, row)
                break
            except (NoConnection, psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                if time.monotonic() > deadline:
                    _logger.critical(
                        "AI ledger: reservation %s of %s USD could not be settled; the reaper "
                        "will count it as uncertain.",
                        attempt.reservation_id,
                        row["cost_usd"],
                    )
                    raise
                _logger.info("AI ledger: settling again after: %s", error)
                time.sleep(0.2)
            except (psycopg2.DataError, ValueError) as error:
                if not TEXTS & row.keys():
                    raise
                # its message may hold the text itself
                _logger.warning("AI ledger: texts were not kept: %s", type(error).__name__)
                row = {name: value for name, value in row.items() if name not in TEXTS}
        if attempt.alert_due:
            self._wake_alerts(call.apart)
        self._keep_evidence(call, attempt)

    # ------------------------------------------------------------------
    # What it cost
    # ------------------------------------------------------------------

    @api.model
    def _judge(self, call, attempt):
        """Set state, usage, cost and baseline of an attempt from what came back."""
        if not attempt.paid:
            return  # whoever found the answer without a vendor has set them
        if attempt.response is None and attempt.error is None:
            # Interrupted on the way, by whatever it was.
            attempt.error = exceptions.ProviderCallError(self.env._("The call was interrupted."))
        response, error = attempt.response, attempt.error
        billing = getattr(error, "billing", "unknown") if error else None
        if billing == "none" or not attempt.sent:
            attempt.state, attempt.usage, attempt.cost_usd = "failed", TokenUsage(), Decimal(0)
        elif error or response.usage is None:
            attempt.state, attempt.usage = "uncertain", self._estimate_usage(call, attempt)
            attempt.tokens_estimated = True
            attempt.cost_usd = attempt.held_usd
        else:
            attempt.state, attempt.usage = "done", response.usage
            paid = pricing.cost(
                response.usage,
                attempt.target.price,
                returned_usd=response.returned_cost_usd,
                when=fields.Datetime.now(),
            )
            if paid is pricing.UNPRICED:
                attempt.state, paid = "uncertain", attempt.held_usd
            attempt.cost_usd = paid
        attempt.baseline_usd = self._baseline(call, attempt)

    @api.model
    def _learn_overrun(self, call, attempt):
        """Where the vendor billed more than was estimated: later holds are raised as much."""
        own = attempt.cost_usd, attempt.held_usd / attempt.hold_factor
        cost, estimate = attempt.whole_usd or own
        if attempt.state != "done" or not estimate or cost <= estimate:
            return
        ratio = (cost / estimate).quantize(Decimal("0.0001"), ROUND_UP)
        target = attempt.target
        try:
            with call.apart.env() as env:
                env["ai.hold.overrun"]._learn(target.provider_id, target.model_name, ratio)
        except Exception:
            _logger.warning("AI budgets: a bill above its estimate was not noted", exc_info=True)

    @api.model
    def _estimate_usage(self, call, attempt):
        if call.job:
            return call.job.estimate(attempt.target)
        target, content = attempt.target, attempt.response.content if attempt.response else ""
        output = tokens.count_text(content, target.model_name, target.api_format).tokens
        return TokenUsage(input=target.count.tokens, output=output)

    @api.model
    def _baseline(self, call, attempt):
        """What the configured provider would have charged; the cost itself where that is it."""
        asked_for = call.configured
        if attempt.singly_usd is not None and attempt.state == "done":
            return attempt.singly_usd
        if attempt.state == "failed" or asked_for.provider_id == attempt.target.provider_id:
            return attempt.cost_usd
        baseline = pricing.cost(attempt.usage, asked_for.price, when=fields.Datetime.now())
        return attempt.cost_usd if baseline is pricing.UNPRICED else baseline

    # ------------------------------------------------------------------
    # The row
    # ------------------------------------------------------------------

    @api.model
    def _tags_row(self, call, attempt):
        """The part of the ledger row that is known before the call is sent; JSON-able."""
        target, moment = attempt.target, attempt.moment
        switched = call.configured_id != target.provider_id
        row = {
            **call.tags,
            "company_id": call.company_id,
            "user_id": call.user_id,
            "provider_id": target.provider_id,
            "configured_provider_id": call.configured_id if switched else None,
            "choice_reason": call.reason,
            "model_name": target.model_name,
            "price_id": target.price_id,
            "task_type": call.task_type,
            "context_size_tokens": target.count.tokens,
            "prompt_complexity": call.complexity,
            "content_hash": call.content_hash,
            "currency_id": moment.currency_id,
            "currency_rate": str(moment.currency_rate),
        }
        for columns in self.env["ai.step"]._run_apart("_columns", call, attempt):
            row.update(columns)
        return row

    @api.model
    def _ledger_row(self, call, attempt):
        usage, response = attempt.usage, attempt.response
        return {
            **self._tags_row(call, attempt),
            **attempt.moment._asdict(),
            # Nothing rather than 0: an empty column takes no room in a table of millions.
            **{column: getattr(usage, kind) or None for kind, column in _TOKEN_COLUMNS.items()},
            "usage_details": usage.details(),
            **self._texts(call, attempt),
            "kind": attempt.kind,
            "state": attempt.state,
            "tokens_estimated": attempt.tokens_estimated,
            "cost_returned": self._is_returned(attempt) or None,
            "cost_usd": attempt.cost_usd,
            "baseline_cost_usd": attempt.baseline_usd,
            "saved_usd": attempt.saved_usd,
            "latency_ms": attempt.latency_ms,
            "error_code": outcomes.error_code(attempt.error),
            "finish_reason": (response.finish_reason or "")[:64] if response else None,
        }

    @api.model
    def _is_returned(self, attempt):
        """Is the cost the vendor's own figure? The share of a joined call is ours."""
        said = attempt.response and attempt.response.returned_cost_usd
        return attempt.paid and attempt.state == "done" and attempt.joined == 1 and said is not None

    @api.model
    def _texts(self, call, attempt):
        """What the company keeps of prompt and answer. An excerpt is 1,000 characters of each."""
        answer = attempt.response.content if attempt.response else ""
        if call.job and call.text_policy != "none":
            most = None if call.text_policy == "full" else EXCERPT
            return {"prompt_text": call.job.asked_text()[:most], "answer_text": answer[:most]}
        if call.text_policy == "full":
            prompt = "\n\n".join(f"{m['role']}: {text_of(m)}" for m in call.messages)
            kept = waste.keep_exchange(call.messages, call.blocks)
            return {"prompt_text": prompt, "answer_text": answer, "messages": kept}
        if call.text_policy == "none":
            return {}
        return {"prompt_text": call.last_user_text[:EXCERPT], "answer_text": answer[:EXCERPT]}

    # ------------------------------------------------------------------
    # Writing, on a cursor of our own
    # ------------------------------------------------------------------

    @api.model
    def _write_settlement(self, call, attempt, row):
        """On the own cursor: reservation away, ledger row in, budgets moved. Returns its id."""
        cr = self.env.cr
        if attempt.reservation_id and not call.idempotency_key:
            usage_id = self._settle_at_once(attempt, row)
            if usage_id:
                return usage_id
            begin_again(cr)
        held = attempt.held_usd
        if attempt.reservation_id:
            cr.execute(
                "DELETE FROM ai_cost_reservation WHERE id = %s RETURNING usage_id",
                (attempt.reservation_id,),
            )
            gone = cr.fetchone()
            if not gone:
                # Settled before: the answer to that COMMIT was lost with the connection.
                usage_id = self._find_settled(row)
                if usage_id:
                    return usage_id
                held = Decimal(0)
            elif gone[0]:
                row, held = self._correction_of(gone[0], row), Decimal(0)
        else:
            held = Decimal(0)
        usage_id = self.env["ai.token.usage"]._insert([row])[0]
        if held or row["cost_usd"]:
            moved = self._move_budgets(row, held, row["cost_usd"])
            attempt.alert_due, attempt.remaining_usd = moved
        else:
            cr.execute(budget_sql.LEFT, budget_sql.call_values(row, held))
            attempt.remaining_usd = _left(cr.fetchone()[0])
        ended = attempt.state != "failed" and attempt.lasting and not attempt.unread
        if call.idempotency_key and ended:
            self._keep_answer(call, attempt, usage_id)
        return usage_id

    @api.model
    def _settle_at_once(self, attempt, row):
        """Reservation, ledger row and budgets in one statement; None if the reaper was first."""
        cr = self.env.cr
        columns = self.env["ai.token.usage"]._complete(row)
        values = {
            f"u_{name}": Json(value) if isinstance(value, dict) else value
            for name, value in columns.items()
        }
        commit_at_once(cr)
        cr.execute(
            budget_sql.settle(tuple(columns)),
            {
                **budget_sql.call_values(row, attempt.held_usd, row["cost_usd"]),
                **values,
                "reservation": attempt.reservation_id,
            },
        )
        found = cr.fetchone()
        if not found:
            return None
        if cr.connection.autocommit:
            cr.execute(budget_sql.FLUSH)
        attempt.alert_due, attempt.remaining_usd = _moved(found[1])
        return found[0]

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
    def _release(self, call, attempt):
        """On the own cursor: nothing was sent, so give everything back and record nothing."""
        self.env.cr.execute(
            "DELETE FROM ai_cost_reservation WHERE id = %s", (attempt.reservation_id,)
        )
        if self.env.cr.rowcount:
            row = {**self._tags_row(call, attempt), **attempt.moment._asdict()}
            self._move_budgets(row, attempt.held_usd)

    @api.model
    def _correction_of(self, usage_id, row):
        """Return ``row`` as the difference to the row that was already written for this call.

        It is no usage of its own, so it has no details that a price could be asked for.
        """
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
        once = dict.fromkeys(self.env["ai.step"]._summed_columns())
        kept = {**row, **once, "usage_details": None, "correction_of_id": usage_id, "call_count": 0}
        return {**kept, **delta}

    @api.model
    def _move_budgets(self, row, held_usd, cost_usd=0):
        """On the own cursor: from held to spent. Returns whether an alert is due, and what is
        left in USD under the tightest budget, None without one."""
        values = budget_sql.call_values(row, held_usd, as_decimal(cost_usd))
        self.env.cr.execute(budget_sql.MOVE, values)
        return _moved(self.env.cr.fetchone()[0])

    @api.model
    def _wake_alerts(self, apart):
        """Have the alerts sent soon by the scheduled action: the call does not wait for mail."""
        try:
            with apart.env(wait_s=2) as env:
                env.ref("ai_brain.ir_cron_budget_alerts")._trigger()
        except Exception:
            _logger.info("AI budgets: alerts wait for their schedule", exc_info=True)

    # ------------------------------------------------------------------
    # Evidence
    # ------------------------------------------------------------------

    @api.model
    def _keep_evidence(self, call, attempt):
        """Write what steps know now, in one statement of a short transaction of its own.

        Every attempt leaves it, a failed one too, whose error passes the later steps by.
        """
        found = [
            one
            for some in self.env["ai.step"]._run_apart("_evidence", call, attempt)
            for one in some
        ]
        if attempt.hold_factor > 1:
            target = attempt.target
            count = self.env["ai.hold.overrun"]._count_sql(target.provider_id, target.model_name)
            found.append(Evidence(count, shared=True))
        if not found:
            return
        found.sort(key=attrgetter("shared"))
        query = SQL(all_in_one(len(found)), *(one.statement for one in found))
        if not under_test():
            query = SQL("%s; %s", UNHURRIED, query)
        try:
            with call.apart.cursor(wait_s=1.0) as cr:
                commit_at_once(cr)
                cr.execute(query)
                ids = cr.fetchone()
        except Exception:
            _logger.warning("AI call: its evidence could not be kept", exc_info=True)
            return
        for one, found_id in zip(found, ids, strict=True):
            if one.kept:
                one.kept(found_id)


def _moved(found):
    """Return what MOVE says: is an alert due, and what is left in USD (None: any)."""
    alert_due, left = found
    return alert_due == "true", _left(left)


def _left(text):
    return None if text is None else max(Decimal(text), Decimal(0))
