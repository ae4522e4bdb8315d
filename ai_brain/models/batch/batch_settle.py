import dataclasses
import json
import logging
import re
from types import SimpleNamespace

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine.base.money import as_decimal
from ...engine.base.text import last_user_text
from ...engine.batch import when
from ...engine.call.fits import read_answer
from ...engine.ledger import outcomes
from ...engine.price import pricing
from ...engine.price.usage import TokenUsage
from ...providers.errors import (
    BadAnswer,
    BatchRefused,
    ProviderError,
    RequestCancelled,
    RequestExpired,
)
from ..base.own_cursor import begin_again
from ..base.transactions import Apart
from ..base.wording import reader
from ..call.call import Call
from ..call.settle import _TOKEN_COLUMNS
from .batch_hold import RECORD

_logger = logging.getLogger(__name__)

#: Outcomes that are settled in one transaction.
CHUNK = 500
CANCELLED = "The batch was cancelled before it was processed."
_NUMBER = re.compile(r"-([0-9]{1,18})\Z")


class AiBatch(models.Model):
    """Settle: each outcome becomes one ledger row, once, on the day on which it came.

    Outcomes come from a file that is read line by line, and are settled in transactions of a few
    hundred: ledger rows in, requests closed, what was held freed, budgets moved. Whose request is
    closed already is passed over, whoever settles it once more.
    """

    _inherit = "ai.batch"

    def _settle_results(self, found):
        """Settle ``(custom_id, ChatResponse or ProviderError)`` as they come.

        :raise ProviderError: what reading them raised, once all that came is settled
        """
        self.ensure_one()
        prefix, chunk = f"{self._label()}-", {}
        try:
            for name, outcome in found:
                number = name.startswith(prefix) and _NUMBER.search(name)
                if number:
                    chunk.setdefault(int(number[1]), outcome)
                if len(chunk) >= CHUNK:
                    self._settle_chunk(chunk)
                    chunk = {}
        finally:
            self._settle_chunk(chunk)

    def _settle_rest(self, status, why=""):
        """Settle what the results, whole as they are, say nothing of.

        :param str why: the vendor's words, where it refused the batch as a whole
        """
        self.ensure_one()
        told = {
            "expired": RequestExpired("The batch expired before this call was processed."),
            "cancelled": RequestCancelled(CANCELLED),
            "failed": BatchRefused(f"The vendor refused the batch as a whole. {why}".strip()),
        }.get(status) or BadAnswer("The batch's results do not mention this call.")
        while numbers := self._open_numbers():
            if not self._settle_chunk(dict.fromkeys(numbers, told)):
                return

    def _open_numbers(self):
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "SELECT id FROM ai_batch_request WHERE batch_id = %s AND state = 'sent'"
                " ORDER BY id LIMIT %s",
                (self.id, CHUNK),
            )
            return [row[0] for row in cr.fetchall()]

    def _settle_chunk(self, chunk):
        """Settle ``{request id: outcome}``; return how many were open until now."""
        if not chunk:
            return 0
        apart, settled, alert = Apart(self.env), 0, False
        with apart.cursor() as cr:
            # a budget "each record" may be younger than what is held for this batch as a whole
            apart_by = RECORD if self.with_env(apart.on(cr))._budgets_tell_records() else ()
            query = SQL(
                "SELECT reservation_id, array_agg(id) FROM ai_batch_request"
                " WHERE batch_id = %s AND state = 'sent' AND id = ANY(%s) GROUP BY %s",
                self.id,
                [*chunk],
                SQL(", ").join([SQL("reservation_id"), *(SQL('"row"->%s', n) for n in apart_by)]),
            )
            cr.execute(query)
            parts = cr.fetchall()
        # one reservation a transaction: its budgets are locked in one order, and briefly
        for reservation_id, numbers in parts:
            some = {number: chunk[number] for number in numbers}
            count, due = self._settle_some(apart, reservation_id, some)
            settled, alert = settled + count, alert or due
        if alert:
            self.env["ai.service"]._wake_alerts(apart)
        return settled

    def _settle_some(self, apart, reservation_id, chunk):
        """Settle outcomes of one reservation; ``(how many, alert due)``. Where the database does
        not take them, one by one: what it does not take is uncertain, without its text."""
        try:
            return self._settle_apart(apart, reservation_id, chunk)
        except (psycopg2.DataError, psycopg2.IntegrityError) as error:
            _logger.warning("AI batch %s: %s outcomes not kept: %s", self.id, len(chunk), error)
            if len(chunk) == 1:
                ((number, outcome),) = chunk.items()
                if isinstance(outcome, ProviderError):  # it has no text that could be left out
                    raise
                told = BadAnswer("The answer holds what the database does not take.")
                return self._settle_apart(apart, reservation_id, {number: told})
        settled, alert = 0, False
        for number, outcome in chunk.items():
            count, due = self._settle_some(apart, reservation_id, {number: outcome})
            settled, alert = settled + count, alert or due
        return settled, alert

    def _settle_apart(self, apart, reservation_id, chunk):
        with apart.cursor() as cr:
            begin_again(cr)
            return self.with_env(apart.on(cr))._settle_part(reservation_id, chunk)

    def _settle_part(self, reservation_id, chunk):
        """On the own cursor: settle the outcomes of one reservation; ``(how many, alert due)``."""
        cr = self.env.cr
        requests = self.env["ai.batch.request"]
        cr.execute(
            "SELECT id, user_id, company_id, provider_id, model_name, row, body, tries, send_at,"
            " held_usd::text AS held_usd FROM ai_batch_request"
            " WHERE batch_id = %s AND state = 'sent' AND id = ANY(%s) ORDER BY id FOR UPDATE",
            (self.id, [*chunk]),
        )
        found = cr.dictfetchall()
        if not found:
            return 0, False
        context = self._context_of(found[0], reservation_id)
        rows, ended, again, refused, is_stopped = [], [], {}, {}, self._is_stopped()
        held = cost = saved = as_decimal(0)
        for request in found:
            outcome = chunk[request["id"]]
            held += as_decimal(request["held_usd"])
            if self._may_be_sent_again(request, outcome):
                if not is_stopped:
                    later = refused if isinstance(outcome, BatchRefused) else again
                    later[request["id"]] = str(outcome)
                    continue
                outcome = RequestCancelled(CANCELLED)
            row, closing = self._judge_one(request, outcome, context)
            rows.append(row)
            ended.append(closing)
            cost += row["cost_usd"]
            saved += row["saved_usd"]
        self._add_waste(rows, context)
        for closing, usage_id in zip(ended, self._insert_rows(rows), strict=True):
            closing["token_usage_id"] = closing["answer"]["token_usage_id"] = usage_id
        requests._close(cr, ended)
        requests._put_back_on(cr, self.id, again, settled=True)
        requests._put_back_on(cr, self.id, refused, settled=True, moment_of=when.after_refusal)
        cr.execute(
            "UPDATE ai_batch SET settled_count = COALESCE(settled_count, 0) + %s,"
            " cost_usd = COALESCE(cost_usd, 0) + %s, saved_usd = COALESCE(saved_usd, 0) + %s,"
            " lease_until = CASE WHEN lease_until IS NULL THEN NULL"
            "   ELSE GREATEST(lease_until, now() AT TIME ZONE 'UTC' + interval '10 minutes') END"
            " WHERE id = %s",
            (len(found), cost, saved, self.id),
        )
        tags = self._tags_of([request["row"] for request in found])
        due = self._free_held(reservation_id, held, cost, context.day, tags)
        return len(found), due

    @api.model
    def _tags_of(self, rows):
        """Return the tags of calls that are settled together; of no record where theirs differ."""
        same = {tuple(row.get(name) for name in RECORD) for row in rows}
        record = same.pop() if len(same) == 1 else (None, None)
        return {**rows[0], **dict(zip(RECORD, record, strict=True))}

    @api.model
    def _insert_rows(self, rows):
        return self.env["ai.token.usage"]._insert(rows)

    @api.model
    def _context_of(self, request, reservation_id):
        """Return what the requests of a reservation have in common: provider, prices, their day.

        The day is today's; where answers are fetched later than the vendor can have given them,
        the last day on which they were held.
        """
        cr = self.env.cr
        company = self.env["res.company"].browse(request["company_id"]).sudo()
        provider = self.env["ai.service.provider"].sudo().browse(request["provider_id"])
        cr.execute(
            "SELECT last_date FROM ai_cost_reservation WHERE id = %s", (reservation_id or 0,)
        )
        last = cr.fetchone()
        now = fields.Datetime.now()
        day = company._ai_local_date(now)
        day = min(day, last[0]) if last and last[0] else day
        currency_id, rate = company._ai_usd_rate(day)
        price_id, price = self._price_of(provider, request["model_name"])
        return SimpleNamespace(
            now=now,
            company=company,
            facts=provider._facts(),
            price=price,
            price_id=price_id,
            policy=company._ai_policy().text_policy,
            reader=reader(self.env),
            answered=[],
            day={
                "company_id": company.id,
                "user_id": request["user_id"],
                "create_date": now,
                "local_date": day,
                "currency_id": currency_id,
                "currency_rate": rate,
            },
        )

    @api.model
    def _may_be_sent_again(self, request, outcome):
        """Did the vendor not get round to it, or have a bad moment, so that it is asked again?"""
        if not isinstance(outcome, ProviderError) or isinstance(outcome, RequestCancelled):
            return False
        most = when.REFUSALS if isinstance(outcome, BatchRefused) else when.SENDINGS
        passing = isinstance(outcome, RequestExpired | BatchRefused)
        passing = passing or outcome.status in (408, 429, 500, 503, 529)
        return outcome.billing == "none" and passing and (request["tries"] or 0) < most

    def _is_stopped(self):
        """On the own cursor: was it to be cancelled, so that nothing of it is sent again?"""
        self.env.cr.execute("SELECT is_cancelling FROM ai_batch WHERE id = %s", (self.id,))
        return bool(self.env.cr.fetchone()[0])

    # ------------------------------------------------------------------
    # One outcome
    # ------------------------------------------------------------------

    @api.model
    def _judge_one(self, request, outcome, context):
        """Return (ledger row, what closes the request)."""
        error = outcome if isinstance(outcome, ProviderError) else None
        response = None if error else outcome
        body, kept = json.loads(request["body"]), dict(request["row"])
        held, usage = as_decimal(request["held_usd"]), response and response.usage
        guessed = False
        if error and error.billing == "none":
            cancelled = isinstance(error, RequestCancelled)
            state, usage, cost = "failed", TokenUsage(), as_decimal(0)
        elif error or usage is None:
            state, cost, guessed = "uncertain", held, True
            usage = TokenUsage(input=kept.get("context_size_tokens") or 0)
        else:
            state = "done"
            cost = pricing.cost(
                usage,
                context.price,
                batch=True,
                returned_usd=response.returned_cost_usd,
                when=context.now,
            )
            if cost is pricing.UNPRICED:
                state, cost = "uncertain", held
        baseline = self._single_price(kept, usage, cost, state, context)
        data, problems = None, []
        schema = body.get("response_schema")
        if schema and response and not response.tool_calls:
            data, found = read_answer(response.content, schema)
            problems = [context.reader.text(problem) for problem in found]
        row = {
            **kept,
            **context.day,
            "user_id": request["user_id"],
            "price_id": context.price_id,
            **{column: getattr(usage, kind) or None for kind, column in _TOKEN_COLUMNS.items()},
            "usage_details": usage.details(),
            **self._texts_of(body, response, context),
            "kind": "batch",
            "state": state,
            "tokens_estimated": guessed,
            "cost_returned": (state == "done" and response.returned_cost_usd is not None) or None,
            "cost_usd": cost,
            "baseline_cost_usd": baseline,
            "saved_usd": baseline - cost,
            "error_code": outcomes.error_code(error),
            "finish_reason": (response.finish_reason or "")[:64] if response else None,
        }
        if response and state == "done":
            row.update(self._columns_of_steps(row, body, response, usage, context))
            context.answered.append((row, body, response, usage))
        said = self._said(error, state, problems)
        closing = {
            "id": request["id"],
            "state": "cancelled" if error and error.billing == "none" and cancelled else state,
            "error": said,
            "error_code": row["error_code"] or ("AnswerNotValidError" if problems else None),
            "cost_usd": cost,
            "saved_usd": baseline - cost,
            "keeps_body": context.policy == "full"
            or (state == "failed" and context.policy != "none"),
        }
        closing["answer"] = {
            "content": response.content if response else "",
            "state": closing["state"],
            "error": said,
            "error_code": closing["error_code"],
            "usage": usage.as_dict(),
            "cost_usd": float(cost),
            "baseline_cost_usd": float(baseline),
            "saved_usd": float(baseline - cost),
            "provider_id": request["provider_id"],
            "provider_name": context.facts.name,
            "model": (response and response.model) or request["model_name"],
            "kind": "batch",
            "token_usage_id": None,
            "tool_calls": response.tool_calls if response else [],
            "finish_reason": response.finish_reason if response else "",
            **({"data": data, "problems": problems} if schema else {}),
        }
        return row, closing

    @api.model
    def _said(self, error, state, problems):
        if error:
            return str(error)
        if problems:
            return self.env._("The answer does not fit its schema. %s", " ".join(problems))
        if state == "uncertain":
            return self.env._("What it cost is not known; its highest possible cost is counted.")
        return None

    @api.model
    def _single_price(self, kept, usage, cost, state, context):
        """Return what the configured provider would have charged for the call by itself."""
        if state == "failed":
            return as_decimal(0)
        price, asked_for = context.price, kept.get("configured_provider_id")
        if asked_for:
            provider = self.env["ai.service.provider"].sudo().browse(asked_for).exists()
            price = provider._engine_price()[1] if provider else price
        if usage.service == "batch":
            usage = dataclasses.replace(usage, service="")
        single = pricing.cost(usage, price, when=context.now)
        return cost if single is pricing.UNPRICED else single

    @api.model
    def _columns_of_steps(self, row, body, response, usage, context):
        """Return what steps find in an answer (figures out of the air), as for any call.

        Their memory of when the call was handed in is gone: what they knew then is in the row.
        """
        call = Call(
            messages=body["messages"],
            company_id=row["company_id"],
            user_id=row["user_id"],
            apart=Apart(self.env),
            configured_id=row.get("configured_provider_id") or row["provider_id"],
            blocks=body.get("blocks") or {},
            tools=body.get("tools"),
            kind="batch",
            deferred=True,
        )
        attempt = SimpleNamespace(
            response=response, state="done", paid=True, usage=usage, kind="batch", error=None
        )
        found = {}
        for columns in self.env["ai.step"]._run_apart("_columns", call, attempt):
            found.update((name, value) for name, value in columns.items() if value is not None)
        return found

    @api.model
    def _texts_of(self, body, response, context):
        """Return what the company keeps of prompt and answer, as for any call."""
        kept = body.get("text_policy") or "none"
        call = SimpleNamespace(
            job=None,
            messages=body["messages"],
            blocks=body.get("blocks") or {},
            text_policy="none" if context.policy == "none" else kept,
            last_user_text=last_user_text(body["messages"]),
        )
        return self.env["ai.service"]._texts(call, SimpleNamespace(response=response))
