from collections import OrderedDict, defaultdict
from decimal import Decimal

from odoo import models
from odoo.tools import SQL

from ...engine.choice import complexity, difficulty_shift, ranking
from ...engine.choice.routing_features import text_of
from ...engine.ledger.kinds import REUSED
from ...engine.price.pricing import UNPRICED, cost
from ...engine.price.usage import TokenUsage
from ...engine.prompt import threads
from ...engine.prompt.tokens import count_tokens
from ...engine.reuse import asked as reading
from ...engine.reuse.keeping import may_keep
from ...engine.reuse.pointing import points_elsewhere
from ...engine.savings import replay
from ...engine.waste.kept import read_exchange
from ..reuse.kept_answer_step import NO_RECORDS
from .replay_sql import COMPLEXITY, RATE, single_rows
from .what_if_run import Sum, in_company

#: Calls of one slice: each is a transaction of a second or two.
SLICE = 4000
#: Columns that only a replay by texts reads.
MORE = """, messages, prompt_complexity, context_size_tokens, user_id, res_model, res_id,
    configured_provider_id, create_date, finish_reason, answer_text"""
#: Blocks of conversations whose tokens are remembered within a slice.
MOST_BLOCKS = 5000
MOST_IDS = 10_000
_COLUMNS = {
    "what_if_id": "integer",
    "usage_id": "integer",
    "answerer_id": "integer",
    "then_usd": "numeric",
    "reason": "varchar",
    "asked_at": "timestamp",
    "may_keep": "boolean",
    "has_record": "boolean",
    "question": "bigint",
    "digest": "bigint",
    "digest_usd": "numeric",
}


class Texts:
    """Reads the kept texts of calls for a slice: who would have answered, what is asked, how much
    of a conversation is left out."""

    def __init__(self, what_if, replayer):
        self.what_if, self.replayer = what_if, replayer
        company = what_if.company_id
        self.env = what_if.sudo().with_company(company).env
        self.company = self.env["res.company"].browse(company.id)
        self.optimizer = self.env["ai.cost.optimizer"]
        self.learnt = self.env["ai.routing.ratings"]._of(company.id)
        self.only = set(what_if.only_provider_ids.ids)
        self._ranked, self._pairs, self._shifts, self._blocks = {}, {}, {}, OrderedDict()

    # -- the router --------------------------------------------------------------

    def answerer(self, row, group, messages):
        """Who would have answered by the router; None where none suits."""
        configured = row["configured_provider_id"] or row["provider_id"]
        configured = self.replayer.policy.answerer(row["agent_key"], configured)
        tokens = row["context_size_tokens"] or group.usage.input_total
        score = row["prompt_complexity"]
        if score is None:
            score = complexity.score_complexity(messages).score
        need = self.optimizer._need(
            self.company,
            tokens,
            {"complexity": score, "shift": self._shift(messages)},
        )
        candidates = self._candidates(row)
        pair = self._pair(row["agent_key"], configured)
        if pair:
            candidates = [one for one in candidates if one.key in pair]
        choice = ranking.best(candidates, need, configured=configured, of_pair=bool(pair))
        return choice.candidate.key if choice else configured

    def _shift(self, messages):
        """What the router adds to the complexity; the same text is read once."""
        text = text_of(messages)
        if text not in self._shifts:
            if len(self._shifts) >= MOST_BLOCKS:
                self._shifts.clear()
            self._shifts[text] = difficulty_shift(text, self.learnt)
        return self._shifts[text]

    def _candidates(self, row):
        key = row["task_type"] or "chat", row["asked_on"]
        if key not in self._ranked:
            found = self.optimizer._candidates(self.company, key[0])
            there = {"provider_id": 0, "price_id": 0, "asked_on": row["asked_on"]}
            self._ranked[key] = [
                one._replace(price=self.replayer.new(one.key, there))
                for one in found
                if not self.only or one.key in self.only
            ]
        found = self._ranked[key]
        if any(one.price and one.price.hours for one in found):
            when = row["create_date"]
            return [one._replace(price=one.price and one.price.at(when)) for one in found]
        return found

    def _pair(self, agent_key, configured):
        if agent_key not in self._pairs:
            agent = self.env["ai.agent"].browse(agent_key).exists() if agent_key else None
            efficient = agent and agent.efficient_provider_id
            strong = agent and agent.provider_id.id
            self._pairs[agent_key] = (efficient.id, strong) if efficient else None
        pair = self._pairs[agent_key]
        return pair and (pair[0], pair[1] or configured)

    # -- kept answers ------------------------------------------------------------

    def question(self, row, messages, blocks, target):
        """(number of what is asked, in the scope that may share answers; does it rest on a
        record), (None, False) where no answer may serve it."""
        asked = reading.question_of(messages) if messages else None
        if not asked:
            return None, False
        record = (row["res_model"], row["res_id"])
        has_record = bool(all(record) and record[0] not in NO_RECORDS)
        if not has_record and points_elsewhere(asked.text):
            return None, False
        near = self.what_if.reuse == "same_question"
        language, key = reading.key_of(asked.text) if near else (None, asked.text)
        wide = self.what_if.reuse_scope == "company" and not (blocks or has_record)
        parts = [
            None if wide else row["user_id"],
            row["agent_key"],
            row["task_type"],
            asked.before,
            asked.rest,
            blocks,
            record if has_record else None,
            target,
            language,
            key,
        ]
        return reading.digest(parts)[0], has_record

    # -- long conversations ------------------------------------------------------

    def cut(self, row, messages, target):
        """(tokens that are not sent, number of the newest block, what its summary costs)."""
        plan = threads.cut(messages, self.what_if.keep_messages)
        if not plan:
            return 0, None, None
        price = self.replayer.new(target, row)
        digests = threads.digest(plan.blocks)
        spared, newest = 0, (None, None)
        for block, digest in zip(plan.blocks, digests, strict=True):
            tokens = self._tokens(block, digest, row)
            usd = self._summary_usd(tokens, price)
            if usd is None:
                continue
            spared += tokens - round(tokens * threads.EXPECTED_SHARE)
            newest = int(digest[:15], 16), usd
        return spared, *newest

    def _tokens(self, block, digest, row):
        """Tokens of a block, 0 where it is sent as it is."""
        if digest not in self._blocks:
            known = threads.is_summable(block)
            found = count_tokens(block, row["model_name"]).tokens if known else 0
            self._blocks[digest] = found
            if len(self._blocks) > MOST_BLOCKS:
                self._blocks.popitem(last=False)
        return self._blocks[digest]

    def _summary_usd(self, tokens, price):
        """What the summary costs, None where it does not pay, as in ``prompt/threads_step.py``."""
        if not tokens or price is None:
            return None
        usage = TokenUsage(input=tokens, output=round(tokens * threads.EXPECTED_SHARE))
        usd, plain = cost(usage, price), price.rates.rate("input")
        if usd is UNPRICED or not plain:
            return None
        reading_rate = price.rates.rate("cache_read")
        saved = Decimal(tokens - usage.output) * threads.BLOCK * min(plain, reading_rate)
        return usd if saved.scaleb(-6) > usd else None


class AiWhatIf(models.Model):
    """A replay by texts: call by call first, then what kept answers would have served, then sums
    a day. What is kept of a call are numbers, no texts."""

    _inherit = "ai.what.if"

    def _slice_texts(self, replayer):
        """Look at the next calls of the day that comes next."""
        rows = self._rows(self.next_day)
        cuts = self._prices_of(rows, replayer)
        values, last = [], self.last_usage_id
        texts = replayer.texts = replayer.texts or Texts(self, replayer)
        for row, group in single_rows(self.env.cr, rows, cuts, more=MORE, last=self.last_usage_id):
            values.append(self._judge_text(row, group, replayer, texts))
            last = row["id"]
            if len(values) >= SLICE:
                break
        self._keep_calls(values)
        if len(values) >= SLICE:
            self.write({"last_usage_id": last})
        else:
            self._to_next_day()

    def _judge_text(self, row, group, replayer, texts):
        """Return the values of a call, in the order of ``_COLUMNS``."""
        answerer, cut, digest, digest_usd = None, 0, None, None
        question, has_record, keeps = None, False, False
        reason = replayer.is_assessable(row, group)
        is_open = not reason and (row["verdict"] == "priced" or replayer._is_asked_anew(row))
        if is_open and row["provider_id"]:
            messages, blocks = read_exchange(row["messages"])
            if not messages:
                reason = replay.NO_TEXT
            elif self.router == "on":
                answerer = texts.answerer(row, group, messages)
            target = answerer or replayer.policy.answerer(row["agent_key"], row["provider_id"])
            if not reason and self.keep_messages:
                cut, digest, digest_usd = texts.cut(row, messages, target)
            if not reason and self.reuse in ("exact", "same_question"):
                question, has_record = texts.question(row, messages, blocks, target)
                keeps = question is not None and may_keep(
                    row["answer_text"] or "", row["finish_reason"] or "stop", None
                )
        if reason == replay.NO_TEXT:
            found = group.cost, replayer.who_did(row), reason
        else:
            found = replayer.then(row, group, answerer, cut, reason)
        then, answerer, reason = found
        if reason:
            question = digest = digest_usd = None
        return (
            self.id, row["id"], answerer, then, reason, row["create_date"], keeps, has_record,
            question, digest, digest_usd,
        )  # fmt: skip

    def _keep_calls(self, values):
        if not values:
            return
        columns = SQL(", ").join(map(SQL.identifier, _COLUMNS))
        self.env.cr.execute(
            SQL(
                "INSERT INTO ai_what_if_call (%s) SELECT * FROM unnest(%s)"
                " ON CONFLICT (what_if_id, usage_id) DO NOTHING",
                columns,
                SQL(", ").join(
                    SQL("%s::%s[]", list(column), SQL(kind))
                    for column, kind in zip(zip(*values, strict=True), _COLUMNS.values())
                ),
            )
        )

    # ------------------------------------------------------------------
    # What kept answers would have served
    # ------------------------------------------------------------------

    def _serve_kept(self):
        """Mark the calls that a kept answer would have served, and pay each summary once."""
        served = []
        for rows in self._asked_alike():
            start = rows[0][1]
            asked = [((at - start).total_seconds(), keeps) for _id, at, keeps in rows]
            for place in replay.served(asked, self.reuse_ttl_h * 3600):
                served.append(rows[place][0])
            if len(served) >= SLICE:
                self._mark_served(served)
                served = []
        self._mark_served(served)
        self.env.cr.execute(
            """
            UPDATE ai_what_if_call c SET digest_usd = NULL
              FROM (SELECT id, row_number() OVER (PARTITION BY digest ORDER BY usage_id) AS place
                      FROM ai_what_if_call WHERE what_if_id = %s AND digest IS NOT NULL) d
             WHERE d.id = c.id AND d.place > 1
            """,
            (self.id,),
        )

    def _asked_alike(self):
        """Yield the calls of each question as lists of (id, when, may it be kept), by time."""
        alike, before = [], None
        for question, at, _usage, row_id, keeps in self._asked():
            if question != before and alike:
                yield alike
                alike = []
            before = question
            alike.append((row_id, at, keeps))
        if alike:
            yield alike

    def _asked(self):
        """Yield (question, when, call, id, may it be kept) in the order of the first three, which
        are those of an index."""
        after = SQL("TRUE")
        while True:
            self.env.cr.execute(
                SQL(
                    "SELECT question, asked_at, usage_id, id, may_keep FROM ai_what_if_call"
                    " WHERE what_if_id = %s AND question IS NOT NULL AND %s"
                    " ORDER BY question, asked_at, usage_id LIMIT %s",
                    self.id,
                    after,
                    SLICE,
                )
            )
            found = self.env.cr.fetchall()
            yield from found
            if len(found) < SLICE:
                return
            after = SQL("(question, asked_at, usage_id) > %s", found[-1][:3])

    def _mark_served(self, ids):
        if not ids:
            return
        # whether the record had changed nobody knows any more: such a call keeps its cost
        self.env.cr.execute(
            SQL(
                "UPDATE ai_what_if_call c SET is_kept = NOT COALESCE(has_record, FALSE),"
                " then_usd = CASE WHEN has_record THEN u.cost_usd ELSE 0 END,"
                " reason = CASE WHEN has_record THEN %s END,"
                " answerer_id = CASE WHEN has_record AND u.kind NOT IN %s"
                "   THEN COALESCE(u.provider_id, 0) WHEN has_record THEN 0"
                "   ELSE c.answerer_id END,"
                " digest = NULL, digest_usd = NULL"
                " FROM ai_token_usage u WHERE u.id = c.usage_id AND c.id = ANY(%s)",
                replay.RECORD,
                REUSED,
                ids,
            )
        )

    # ------------------------------------------------------------------
    # Sums
    # ------------------------------------------------------------------

    def _sum_texts(self, replayer):
        """Return the sums of the day that comes next, of calls that were looked at."""
        self.env.cr.execute(
            SQL(
                """
                SELECT COALESCE(u.agent_type, ''), COALESCE(u.model_name, ''),
                       COALESCE(u.provider_id, 0), c.answerer_id, COALESCE(c.is_kept, FALSE),
                       COALESCE(c.reason, ''),
                       %s, SUM(u.call_count)::bigint, SUM(u.cost_usd)::text,
                       SUM(c.then_usd + COALESCE(c.digest_usd, 0))::text,
                       SUM(u.cost_company)::text, %s AS rate
                  FROM ai_what_if_call c JOIN ai_token_usage u ON u.id = c.usage_id
                 WHERE c.what_if_id = %s AND u.company_id = %s AND u.local_date = %s
                 GROUP BY 1, 2, 3, 4, 5, 6, 7, rate
                """,
                SQL(COMPLEXITY),
                SQL(RATE, self.currency_id.id),
                self.id,
                self.company_id.id,
                self.next_day,
            )
        )
        sums, counts, last_rate = defaultdict(Sum), [], Decimal(repr(self.last_rate))
        for (
            agent,
            model,
            provider,
            answerer,
            is_kept,
            reason,
            score,
            calls,
            now,
            then,
            own,
            rate,
        ) in self.env.cr.fetchall():
            now, then = Decimal(now), Decimal(then)
            own = in_company(now, Decimal(own or 0), then, Decimal(rate), last_rate)
            keys = [
                ("total", ""),
                ("day", str(self.next_day)),
                ("agent", agent),
                ("model", model),
                ("answerer", f"{provider}>{0 if is_kept else answerer}"),
            ]
            if reason:
                keys.append(("reason", reason))
            for key in keys:
                sums[key].add(calls, now, then, *own)
            if score is not None and provider:
                counts.append((agent, model, provider, answerer or provider, score, calls))
        self._add_quality(sums, counts, replayer.ability_of)
        return sums

    def _call_ids(self, line):
        """Return the numbers of the calls of a line, the newest first; None where they are not kept
        one by one."""
        provider, _arrow, answerer = (line.key or "").partition(">")
        where = (
            SQL("COALESCE(c.reason, '') = %s", line.key)
            if line.dimension == "reason"
            else SQL(
                "COALESCE(u.provider_id, 0) = %s"
                " AND CASE WHEN c.is_kept THEN 0 ELSE c.answerer_id END = %s",
                int(provider or 0),
                int(answerer or 0),
            )
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT c.usage_id FROM ai_what_if_call c JOIN ai_token_usage u"
                " ON u.id = c.usage_id WHERE c.what_if_id = %s AND %s"
                " ORDER BY c.usage_id DESC LIMIT %s",
                self.id,
                where,
                MOST_IDS,
            )
        )
        return [row[0] for row in rows] or None
