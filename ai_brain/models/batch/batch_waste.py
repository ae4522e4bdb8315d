import logging
import time

from odoo import api, models

from ...engine import waste
from ..base.own_cursor import commit_at_once
from ..base.transactions import Apart
from ..waste.usage_waste import DEADLINE_MS, input_share

_logger = logging.getLogger(__name__)

#: Seconds for the calls that are settled together; those beyond are analysed when somebody asks.
MOST_S = 5.0


class AiBatch(models.Model):
    """The waste of answers that came in a batch, found while their texts are at hand, so that the
    report is part of the row as it is of a single call's."""

    _inherit = "ai.batch"

    @api.model
    def _add_waste(self, rows, context):
        """Complete rows by what the rules find in their answers, in place. Never raises.

        :param list rows: of the ledger, settled together; ``context.answered`` has (row, body,
            response, usage) of those that were answered
        """
        try:
            seeks = self._seekers({_asked_of(row) for row, *_rest in context.answered})
            some = [one for one in context.answered if _asked_of(one[0]) in seeks]
            if some:
                self._number(rows)
                self._analyze_answers(some, context)
        except Exception:
            _logger.warning("AI batch: waste was not looked for", exc_info=True)

    @api.model
    def _seekers(self, provider_ids):
        """Return those of some providers whose calls are searched for waste."""
        providers = self.env["ai.service.provider"].sudo().browse(provider_ids).exists()
        return {provider.id for provider in providers if provider._facts().seeks_waste}

    @api.model
    def _number(self, rows):
        """Give each row its id: of equal requests in one batch the second repeats the first.

        The rollup counts on it that whoever draws an id has locked the ledger as an INSERT does.
        """
        self.env.cr.execute("LOCK TABLE ai_token_usage IN ROW EXCLUSIVE MODE")
        self.env.cr.execute(
            "SELECT nextval(pg_get_serial_sequence('ai_token_usage', 'id'))"
            " FROM generate_series(1, %s)",
            (len(rows),),
        )
        for row, (number,) in zip(rows, self.env.cr.fetchall(), strict=True):
            row["id"] = number

    @api.model
    def _analyze_answers(self, answered, context):
        end = time.monotonic() + MOST_S
        apart = Apart(self.env)
        with apart.cursor(wait_s=0.5) as cr:
            commit_at_once(cr)
            usages = apart.on(cr)["ai.token.usage"]
            rows = [row for row, *_rest in answered]
            histories = usages._histories(rows, context.now)
            rules = usages._waste_rules()
            optimizer, candidates = usages.env["ai.cost.optimizer"], {}
            company = context.company.with_env(usages.env)
            for (row, body, response, usage), (sizes, earlier) in zip(
                answered, histories, strict=True
            ):
                left = end - time.monotonic()
                if left <= 0:
                    return
                task = row.get("task_type") or "chat"
                if task not in candidates:
                    candidates[task] = optimizer._candidates(company, task)
                one = None
                if any(other.key != row["provider_id"] for other in candidates[task]):
                    ranked = optimizer._rank(
                        task,
                        row.get("context_size_tokens") or 0,
                        {"complexity": row.get("prompt_complexity")},
                        company,
                        candidates[task],
                    )
                    used = company.id, task, row["provider_id"]
                    one = usages._cheaper(ranked, usage, used, batch=True)
                report = waste.analyze(
                    self._exchange_of(row, body, response, usage, context),
                    waste.History(sizes, earlier, one),
                    rules=rules,
                    deadline_s=min(left, DEADLINE_MS / 1000),
                )
                row.update(usages._waste_columns(report))

    @api.model
    def _exchange_of(self, row, body, response, usage, context):
        return waste.Exchange(
            cost=row["cost_usd"],
            input_cost=input_share(row["cost_usd"], usage, context.price),
            input_tokens=usage.input_total,
            output_tokens=usage.output_total,
            messages=body["messages"],
            answer=response.content,
            blocks=body.get("blocks") or {},
            counted_tokens=row.get("context_size_tokens") or None,
            tags={
                **{name: row.get(name) for name in ("module", "agent_type", "session_id")},
                "provider_id": row["provider_id"],
                "provider_name": context.facts.name,
            },
        )


def _asked_of(row):
    """The provider that the call was to go to."""
    return row.get("configured_provider_id") or row["provider_id"]
