from collections import Counter
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...engine.call.checks import RequestError
from ...engine.call.request import check_variables
from ...engine.choice.message_words import language_of
from ...engine.ledger.kinds import VENDOR
from ...engine.reuse.conditions import ConditionError, parse
from ...engine.reuse.pattern_words import words_of
from ...engine.reuse.patterns import LANGUAGES, Index, Occasion
from ..report.list_totals import COMPANY, RATE_DAY

RECENT_DAYS = 30
#: A message that came less often is not worth a pattern.
LEAST_TIMES = 5
#: What is looked at of the ledger, and how much of it is shown.
MOST_ROWS = 50_000
MOST_FOUND = 100
MOST_CHARS = 60
MOST_PATTERNS = 1000


class Frequent(NamedTuple):
    """A short message that many calls of an agent sent; ``patterns`` could answer it, and the
    agent does not list them; ``cost_company`` is the cost as it was counted."""

    text: str
    language: str
    times: int
    people: int
    cost_usd: float
    agent_id: int | None
    pattern_ids: tuple
    cost_company: float = 0.0


class AiAnswerPattern(models.Model):
    """What patterns did, what they would do, and what is still missing."""

    _name = "ai.answer.pattern"
    _inherit = ["ai.answer.pattern", "ai.shown.figures"]
    _shown_sums = {"recent_saved_listed": "recent_saved_usd"}

    recent_hits = fields.Integer(
        "Answers of 30 Days",
        compute="_compute_recent",
        help="How often it answered in the last 30 days, as far as you may see the calls.",
    )
    recent_saved_usd = fields.Float(
        "Saved in 30 Days (USD)",
        digits=0,
        compute="_compute_recent",
        help="What the providers asked for would have charged for these calls: an estimate.",
    )
    recent_saved_listed = fields.Float(
        "Saved in 30 Days (Company Currency)",
        digits=0,
        compute="_compute_recent",
        help="The same in the company's currency, at the rates of these days.",
    )
    last_use = fields.Date(
        compute="_compute_recent", help="The last day within a year on which it answered."
    )

    @api.depends_context("company", RATE_DAY, COMPANY)
    def _compute_recent(self):
        today = self.env.company._ai_local_date()
        usage = self.env["ai.token.usage"]
        of_these = [("pattern_key", "in", self.ids), ("call_count", "=", 1)]
        recent = usage._read_group(
            [*of_these, ("local_date", ">", fields.Date.subtract(today, days=RECENT_DAYS))],
            ["pattern_key"],
            ["__count", "saved_usd:sum", "saved_company:sum"],
        )
        last = usage._read_group(
            [*of_these, ("local_date", ">", fields.Date.subtract(today, years=1))],
            ["pattern_key"],
            ["local_date:max"],
        )
        recent = {key: figures for key, *figures in recent}
        last = dict(last)
        for pattern in self:
            key = pattern._origin.id
            hits, saved, own = recent.get(key, (0, 0.0, 0.0))
            pattern.recent_hits, pattern.recent_saved_usd = hits, saved
            pattern.recent_saved_listed = own
            pattern.last_use = last.get(key, False)

    def action_view_answers(self):
        """Open the calls that its figures are of: what it answered in the last 30 days."""
        self.ensure_one()
        self.check_access("read")
        last = fields.Date.subtract(self.env.company._ai_local_date(), days=RECENT_DAYS)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answered by %s", self.name),
            "res_model": "ai.token.usage",
            "view_mode": "list,form,pivot,graph",
            "domain": [
                ("pattern_key", "=", self.id),
                ("call_count", "=", 1),
                ("local_date", ">", str(last)),
            ],
        }

    # ------------------------------------------------------------------
    # Try it
    # ------------------------------------------------------------------

    @api.model
    def _now_of_user(self):
        """Return the moment in the user's time zone, or in that of his company."""
        # one column, rather than all that is known of the person
        user = self.env.user.sudo().with_context(prefetch_fields=False)
        zone = user.tz or str(self.env.company._ai_policy().timezone)
        return fields.Datetime.context_timestamp(self.with_context(tz=zone), fields.Datetime.now())

    def try_text(self, text, variables="", hour=None, weekday=None, model=""):
        """Say which of these patterns would answer a message, and why the others would not.

        Nothing is sent or recorded.

        :param str text: what somebody might write
        :param str variables: of the call, as conditions are written: ``streak = 5``
        :param float hour: of the day, 0 to 24; None: now, in the user's time zone
        :param int weekday: 0 is Monday; None: today
        :param str model: of the record that the call is about
        :return: list of dicts in the order of the patterns: ``pattern_id``, ``name``,
            ``answers`` (bool), ``why`` (a sentence), ``texts`` (the answers that it chooses from,
            with the user's own fields)
        :raise ValidationError: variables that cannot be read
        """
        self.check_access("read")
        for given, limit in ((hour, 24), (weekday, 7)):
            numeric = isinstance(given, int | float) and not isinstance(given, bool)
            if given is not None and not (numeric and 0 <= given < limit + 0.001):
                raise ValidationError(
                    self.env._("An hour lies between 0 and 24, a weekday between 0 and 6.")
                )
        index, facts = self[:MOST_PATTERNS]._index()
        now = self._now_of_user()
        occasion = Occasion(
            hour=now.hour + now.minute / 60 if hour is None else float(hour),
            weekday=now.weekday() if weekday is None else int(weekday),
            language=(self.env.lang or "en_US")[:2],
            variables=self._variables_of(str(variables or "")),
            model=model or "",
        )
        return [
            {
                "pattern_id": verdict.pattern.id,
                "name": facts[verdict.pattern.id].name,
                "answers": verdict.code == "answers",
                "why": self._worded_verdict(verdict),
                "texts": [*facts[verdict.pattern.id].answers.get(verdict.language, ())],
            }
            for verdict in index.verdicts(str(text or ""), occasion)
        ]

    @api.model
    def _variables_of(self, text):
        """Return the variables that a text states: ``streak = 5, tier = gold``."""
        try:
            stated = parse(text)
            if any(one.sign != "=" for one in stated):
                raise ConditionError(text)
            values = {
                one.name: one.value if isinstance(one.value, str) else float(one.value)
                for one in stated
            }
            return check_variables({"variables": values})
        except (ConditionError, RequestError) as error:
            raise ValidationError(
                self.env._("Write variables as in: streak = 5, tier = gold")
            ) from error

    @api.model
    def _worded_verdict(self, verdict):
        figure = verdict.figure
        said = str(figure)  # a condition is a tuple, which Odoo 19 would word as a list
        if verdict.code == "hours":
            first, last = (f"{int(h)}:{round(h % 1 * 60):02d}" for h in figure)
            return self.env._("It answers from %(first)s to %(last)s.", first=first, last=last)
        texts = {
            "answers": self.env._("It answers."),
            "later": self.env._("It would answer if the one above did not."),
            "words": self.env._("No trigger says it, or something else is said besides."),
            "long": self.env._("It answers messages of %s words at most.", figure),
            "weekday": self.env._("It does not answer on this day of the week."),
            "variables": self.env._("The variables do not meet: %s", said),
            "model": self.env._("It answers calls about a record of %s.", figure),
            "asked": self.env._("The message may be the reply to a question."),
            "unless": self.env._("The message has a word with which it does not answer."),
        }
        return texts[verdict.code]

    # ------------------------------------------------------------------
    # What no pattern answers yet
    # ------------------------------------------------------------------

    @api.model
    def _frequent_messages(self):
        """Return :class:`Frequent` messages of the company's last 30 days that a model answered,
        the most frequent first: of the texts that are kept, as far as the user may read them.

        Spellings that no pattern tells apart are one message. What one of the agent's own
        patterns could have answered is left out.
        """
        self.check_access("create")
        found = {}
        for text, agent_id, times, users, *costs in self._short_messages():
            words = words_of(text)
            if not words:
                continue
            one = found.setdefault((words, agent_id), {"texts": Counter(), "people": set()})
            one["texts"][text.strip()] += times
            one["people"].update(users)
            one["costs"] = [a + b for a, b in zip(one.get("costs", (0.0, 0.0)), costs, strict=True)]
        ranked = sorted(found.items(), key=lambda item: -item[1]["texts"].total())
        known = self.search([], limit=MOST_PATTERNS)
        patterns = [pattern._engine_pattern() for pattern in known]
        index = Index(
            # when and under which conditions it answers is another matter
            one._replace(hours=None, weekdays=frozenset(), conditions=(), model="")
            for one in patterns
        )
        listed = {pattern.id: set(pattern.sudo().agent_ids.ids) for pattern in known}
        answer = []
        for (_words, agent_id), one in ranked:
            times = one["texts"].total()
            if times < LEAST_TIMES or len(answer) == MOST_FOUND:
                break
            text = one["texts"].most_common(1)[0][0]
            hits = [hit.pattern.id for hit in index.hits(text, Occasion())]
            if any(agent_id in listed[pattern_id] for pattern_id in hits):
                continue
            answer.append(
                Frequent(
                    text=text,
                    language=self._language_of(text),
                    times=times,
                    people=len(one["people"]),
                    cost_usd=one["costs"][0],
                    cost_company=one["costs"][1],
                    agent_id=agent_id,
                    pattern_ids=tuple(hits),
                )
            )
        return answer

    @api.model
    def _short_messages(self):
        """Return rows ``(text, agent id or None, times, ids of users, cost in USD, and as it was
        counted in the company's currency)``."""
        money = self.env["ai.token.analytics"]._money(
            self.env.company, self.env.company._ai_local_date()
        )
        today = self.env.company._ai_local_date()
        query = self.env["ai.token.usage"]._search(
            [
                ("company_id", "=", self.env.company.id),
                ("local_date", ">", fields.Date.subtract(today, days=RECENT_DAYS)),
                ("kind", "in", VENDOR),
                ("state", "=", "done"),
                ("call_count", "=", 1),
                ("prompt_text", "!=", False),
            ],
            order="id desc",
            limit=MOST_ROWS,
        )
        names = ("messages", "prompt_text", "agent_key", "user_id", "cost_usd", "cost_company")
        names += ("currency_id",)
        columns = [SQL.identifier(query.table, name) for name in names]
        # a full text is "role: text" a message; an excerpt is the user's last message alone
        last = SQL(
            "CASE WHEN messages IS NULL THEN prompt_text"
            " ELSE substring(right(%(gap)s || prompt_text, %(most)s) FROM %(user)s) END",
            gap="\n\n",
            most=MOST_CHARS + 20,
            user="\n\nuser: ([^\n]+)$",
        )
        return self.env.execute_query(
            SQL(
                "SELECT text, agent_key, count(*), array_agg(DISTINCT user_id),"
                " sum(cost_usd)::float, coalesce(sum(own), 0)::float"
                " FROM (SELECT %s AS text, agent_key, user_id, cost_usd,"
                " CASE WHEN COALESCE(currency_id, %s) = %s THEN cost_company"
                " ELSE cost_usd * %s END AS own FROM (%s) recent) short"
                " WHERE length(text) BETWEEN 1 AND %s"
                " GROUP BY text, agent_key ORDER BY count(*) DESC LIMIT 5000",
                last,
                money.currency.id,
                money.currency.id,
                money.rate,
                query.select(*columns),
                MOST_CHARS,
            )
        )

    @api.model
    def _language_of(self, text):
        """Return the language under which a trigger is best written, the user's where unsure."""
        found = language_of(words_of(text)) or (self.env.lang or "en_US")[:2]
        return found if found in LANGUAGES else "xx"
