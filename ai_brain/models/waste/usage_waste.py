import logging
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine import waste
from ...engine.base.line import one_line
from ...engine.base.money import format_usd
from ...engine.choice import ranking_sentences
from ...engine.price import pricing
from ...engine.price.elsewhere import elsewhere
from ...engine.price.usage import TokenUsage
from ..base.sql_names import column_list
from ..base.wording import naming_reader

_logger = logging.getLogger(__name__)

#: Calls before one that are looked at for its kind's usual size and for near duplicates.
LOOK_BACK = 1000
KIND_ROWS = 200
#: What makes two calls of one kind.
KIND = ("task_type", "module", "context_model", "agent_type", "context_type")
DEADLINE_MS = 50


class AiTokenUsage(models.Model):
    """Waste of a call: analysed once, kept on its row, given again when asked again."""

    _inherit = "ai.token.usage"

    def analyze_waste(self):
        """Return the waste report of a call, made now if there is none yet.

        :return: dict with ``waste_detected``, ``waste_score`` (0-100), ``findings`` (dicts of
            ``type``, ``description``, ``tokens_wasted``, ``cost_wasted``, ``recommendation`` and
            ``target``: what to change), ``potential_savings_usd`` and ``not_assessed``;
            its sentences in the language of the environment
        :raise AccessError: a call that the user may not see
        """
        self.ensure_one()
        self.check_access("read")
        usage = self.sudo()
        if usage.waste_analyzed:
            return usage._stored_report()
        call, history = usage._exchange(), usage._history_of_row()
        report = waste.analyze(call, history, rules=self._waste_rules())
        usage.write(self._waste_columns(report))
        found = report.as_dict(naming_reader(self.env))
        log_waste(usage.id, usage.provider_id.name, usage.cost_usd, found)
        return found

    @api.model
    def _waste_rules(self):
        """Return the rules to run, instances of ``engine.waste.Rule``; addons add theirs."""
        return waste.RULES

    @api.model
    def _waste_columns(self, report):
        """Return what the ledger keeps of a report; nothing but the score of a clean one.

        Findings are kept as codes and figures: each reader has them in his own language.
        """
        columns = {"waste_analyzed": True, "optimization_score": 100.0 - report.score}
        stored = report.as_kept()
        if stored:
            columns["waste_report"] = stored
        if report.findings:
            columns.update(
                waste_detected=True,
                waste_reason=", ".join(finding.type for finding in report.findings),
                could_have_saved_usd=report.savings,
            )
        return columns

    def _stored_report(self):
        """Return the report that is kept, in words for the reader."""
        return waste.read_report(
            self.waste_report or {},
            round(100.0 - self.optimization_score, 1),
            self.could_have_saved_usd,
            naming_reader(self.env),
        )

    # ------------------------------------------------------------------
    # A row of the ledger as the engine sees it
    # ------------------------------------------------------------------

    def _exchange(self):
        """Return the ``engine.waste.Exchange`` of a row; with text where it was kept in full, as
        an excerpt is cut off."""
        messages, blocks = waste.read_exchange(self.messages)
        usage = self._engine_usage()
        cost = Decimal(repr(self.cost_usd))
        return waste.Exchange(
            cost=cost,
            input_cost=input_share(cost, usage, self.price_id._to_engine(self._billed_at())),
            input_tokens=usage.input_total,
            output_tokens=usage.output_total,
            counted_tokens=self.context_size_tokens or None,
            messages=messages,
            answer=(self.answer_text or "") if messages is not None else None,
            blocks=blocks,
            tags={
                "module": self.module,
                "agent_type": self.agent_type,
                "session_id": self.session_id,
                "provider_id": self.provider_id.id,
                "provider_name": self.provider_id.name,
            },
        )

    def _history_of_row(self):
        tags = {name: self[name] or None for name in KIND}
        tags.update(
            company_id=self.company_id.id,
            user_id=self.user_id.id or None,
            content_hash=self.content_hash,
            context_size_tokens=self.context_size_tokens,
            res_model=self.res_model or None,
            res_id=self.res_id or None,
        )
        sizes, earlier = self._history(tags, self.create_date, self.id)
        return waste.History(sizes, earlier, self._cheaper_for_row())

    def _cheaper_for_row(self):
        optimizer = self.env["ai.cost.optimizer"]
        options = {"complexity": self.prompt_complexity or None}
        ranked = optimizer._rank(
            self.task_type or "chat", self.context_size_tokens, options, self.company_id
        )
        is_batch = self.kind == "batch"
        used = self.company_id.id, self.task_type or "chat", self.provider_id.id
        return self._cheaper(ranked, self._engine_usage(), used, is_batch)

    @api.model
    def _cheaper(self, ranked, usage, used, batch=False):
        """Return the provider that makes the one that was used the wrong one, or None; not where
        an experiment has decided otherwise, or still compares the two.

        :param tuple used: company id, task, id of the provider
        """
        experiments = self.env["ai.experiment"]
        return cheaper(
            *ranked, usage, used[2], batch, lambda other_id: experiments._settled(*used, other_id)
        )

    # ------------------------------------------------------------------
    # History
    # ------------------------------------------------------------------

    @api.model
    def _history(self, tags, moment, before_id=None):
        """Return (sizes, earlier calls) before a call, by one bounded, indexed query.

        Sizes are those of the last calls of its kind; earlier calls are the last one of equal
        content, and those whose text may be nearly the same.

        Both are the company's own; which of the earlier calls the same user made is told.

        :param dict tags: columns of the ledger row: company, user, content hash, size, kind, record
        :param moment: naive UTC datetime of the call
        :param before_id: the call's own id, if it has one: history is what came before
        """
        size = tags.get("context_size_tokens") or 0
        slack = waste.slack(size)
        kind = SQL(" AND ").join(
            SQL("%s = %s", SQL.identifier(name), tags[name])
            if tags.get(name)
            else SQL("%s IS NULL", SQL.identifier(name))
            for name in KIND
        )
        query = SQL(
            """
            (SELECT TRUE, id, extract(epoch FROM %(moment)s - create_date)::float8,
                    context_size_tokens, NULL, user_id IS NOT DISTINCT FROM %(user)s
               FROM ai_token_usage
              WHERE company_id = %(company)s AND content_hash = %(hash)s AND id < %(before)s
                AND state = 'done' AND call_count = 1
              ORDER BY id DESC LIMIT 1)
            UNION ALL
            (SELECT FALSE, id, extract(epoch FROM %(moment)s - create_date)::float8,
                    context_size_tokens,
                    CASE WHEN create_date > %(near)s
                          AND context_size_tokens BETWEEN %(low)s AND %(high)s
                          AND res_model IS NOT DISTINCT FROM %(res_model)s
                          AND res_id IS NOT DISTINCT FROM %(res_id)s
                         THEN prompt_text END,
                    user_id IS NOT DISTINCT FROM %(user)s
               FROM (SELECT id, create_date, context_size_tokens, prompt_text, user_id,
                            res_model, res_id, %(kinds)s
                       FROM ai_token_usage
                      WHERE company_id = %(company)s AND id < %(before)s
                        AND state = 'done' AND call_count = 1 AND kind = 'api'
                      ORDER BY id DESC LIMIT %(look_back)s) recent
              WHERE %(kind)s
              LIMIT %(rows)s)
            """,
            moment=moment,
            near=fields.Datetime.subtract(moment, seconds=waste.NEAR_WINDOW_S),
            low=size - slack,
            high=size + slack,
            res_model=tags.get("res_model") or None,
            res_id=tags.get("res_id") or None,
            before=before_id or 2**31 - 1,
            look_back=LOOK_BACK,
            company=tags["company_id"],
            user=tags.get("user_id") or None,
            hash=tags.get("content_hash") or None,
            kind=kind,
            kinds=column_list(KIND),  # all columns take as long to plan as these to be read
            rows=KIND_ROWS,
        )
        if self.env.cr.connection.autocommit:  # an own cursor: give up what takes too long
            query = SQL("SET LOCAL statement_timeout = '250ms'; %s", query)
        self.env.cr.execute(query)
        sizes, earlier = [], []
        for same, key, age, tokens, text, own in self.env.cr.fetchall():
            if same or text:
                earlier.append(
                    waste.Earlier(key, max(0.0, age), same, text or "", tokens or 0, own=own)
                )
            if tokens and not same:
                sizes.append(tokens)
        return sizes, tuple(earlier)


def log_waste(usage_id, provider_name, cost_usd, report):
    """One line for whoever watches the log: kinds and figures, nothing of what was said."""
    if report["waste_detected"]:
        _logger.warning(
            "AI waste: %s of %s that call %s to %s cost: %s",
            format_usd(report["potential_savings_usd"]),
            format_usd(float(cost_usd)),
            usage_id,
            one_line(provider_name or "?", 100),
            one_line(", ".join(finding["type"] for finding in report["findings"])),
        )


def input_share(cost, usage, price):
    """The part of a cost that the input made, in USD; by tokens where the price is not known."""
    whole = pricing.cost(usage, price)
    sent = TokenUsage(input=usage.input, cache_read=usage.cache_read, cache_write=usage.cache_write)
    if whole is not pricing.UNPRICED and whole:
        part = pricing.cost(sent, price)
        if part is not pricing.UNPRICED:
            return min(cost, cost * part / whole)
    total = usage.input_total + usage.output_total
    return cost * usage.input_total / total if total else Decimal(0)


def cheaper(ranked, need, usage, used_id, batch=False, settled=None):
    """The cheapest provider of a ranking that meets the need, at the tokens used, or None.

    A quality that was neither rated nor stated by anybody is no ground to call a model wrong.
    ``settled`` tells of a provider's id whether it is not for ratings to put it above the used one.
    """
    best = None
    for option in (ranked.choice, *ranked.alternatives):
        usable = option and option.meets_quality and not option.barred and option.is_known
        if not usable or option.candidate.key == used_id or option.candidate.sandbox:
            continue
        if settled and settled(option.candidate.key):
            continue
        price = option.candidate.price
        amount = elsewhere(usage.input_total, usage.output_total, price, batch=batch)
        if amount is not pricing.UNPRICED and (best is None or amount < best[0]):
            best = amount, option
    if best is None:
        return None
    amount, option = best
    return waste.Cheaper(
        option.candidate.key,
        option.candidate.name,
        amount,
        option.quality.decides,
        need.needed,
        option.ability.rated,
        option.quality.lower,
        option.quality.upper,
        ranking_sentences.evidence(option.ability),
    )
