import math
from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.base.sentence import Sentence
from ...engine.choice.experiments import mean_interval
from ...engine.choice.ranking import wilson
from ...engine.report.period import unit_of
from ...engine.savings.holdout import HELD_OUT, TREATED
from ...engine.savings.proven import Sums, saving
from ..base.arguments import is_id
from ..base.wording import reader as sentence_reader
from .ai_saving_sum import ALL, MEASURES, SESSION, SPANS, STRATUM, calls, session_sums

Z = 1.96
#: Filters that both arms take alike: who answered, and how, is what the arms differ in.
SHARED = ("user_id", "module", "agent_type", "task_type", "res_model", "res_id")
MOST_STRATA = 2_000
#: Amounts of a ``Line`` in USD, which it has in the company's currency, too.
_AMOUNTS = ("usd", "low_usd", "high_usd", "held_out_usd", "making_usd")
_SUMS = ("cost", "expected", "cost_squares", "products", "expected_squares")
_RATED = ("rated", "ratings", "rating_squares")
_QUALITY = (*_RATED, "failed", "asked")


class AiTokenAnalytics(models.Model):
    """What the holdouts of agents have shown: the one method that screens, mails, metrics and
    programs read."""

    _inherit = "ai.token.analytics"

    @api.model
    @api.readonly
    def get_proven_savings(
        self, period=None, agent=None, company=None, date_from=None, date_to=None
    ):
        """Return what agents with a holdout save, with an interval that holds at every look.

        Counts the calls that the user may see. The interval holds with 95 % for each period by
        itself, however often it is looked at while it grows (``engine.savings.proven`` names the
        method). It covers the costs of the calls and of their summaries; of ``usd`` what was spent
        on variants of prompts is taken off as well.

        :param period: None: since the holdouts began; else day, week, month, quarter, year or
            custom (``date_from`` to ``date_to``), as of :meth:`get_cost_breakdown`
        :param agent: id of one agent; None: all together
        :param company: id of one company; None: those that the user has switched on
        :return: dict with ``state`` (none: nothing held out; open: not proven yet; proven; loss),
            ``label`` (proven, estimated), ``text`` (it in a sentence), ``percent``, ``low`` and
            ``high`` (percent of what it would have cost; None where too little is known, ``low``
            also where nothing bounds it), ``usd``, ``low_usd`` and ``high_usd`` (saved on the calls
            that were not held out), ``held_out_usd`` (what holding out has cost), ``making_usd``,
            ``estimated_usd`` (the ledger's own estimate for the same calls), all of them in the
            company's currency, too (``company``, ``low_company``, …: as these calls were counted),
            ``more_calls`` (about so many until it is proven, or None), ``sessions``,
            ``held_out_sessions``, ``calls``, ``held_out_calls``, ``quality`` (``treated`` and
            ``held_out``: ``rating``, ``rating_low``, ``rating_high``, 0 to 100, ``rated``,
            ``errors``, ``errors_low``, ``errors_high`` in percent; None where nothing), ``domain``
            (of the calls) and ``agents``, a list of the same dict for each agent with ``agent_id``
            and ``name``, most calls first
        :raise UserError: an unknown period or company, no id of an agent; AccessError: no access
        """
        filters = {}
        if company is not None:
            if not is_id(company):
                raise UserError(self.env._("The company is given by its id."))
            filters["company_ids"] = [company]
        if not (agent is None or is_id(agent)):
            raise UserError(self.env._("The agent is given by its id."))
        reader = self._reader(filters)
        days = ()
        if period is not None:
            found = self._period(self._company_of(reader), period, date_from, date_to)
            days = found.first, found.last
        return self._proven(reader, days, agent)

    @api.model
    def _proof_of_period(self, reader, period):
        """Return the proven savings of a dashboard's calls, with ``ever`` where they are not proven
        (:meth:`_proof_ever`); None where a filter shows one arm more than the other, or nothing was
        held out."""
        if set(reader.filters) - set(SHARED):
            return None
        found = self._proven(reader, (period.first, period.last))
        is_proven = found["state"] in ("proven", "loss")
        found["ever"] = None if is_proven else self._proof_ever(reader)
        return None if found["state"] == "none" and not found["ever"] else found

    @api.model
    def _proof_ever(self, reader):
        """Return what was proven since the holdouts began, of all agents together, else of one;
        None where nothing was, or where a filter would have it summed from the whole ledger.

        A period has few calls at its beginning; what was proven before it stays proven. Where all
        together provably lose, that is told, and no single agent is said to save.

        :return: dict with ``state`` (proven, loss), ``text``, ``percent``, ``low``, ``high``
            (saved: below zero for a loss), ``since`` (ISO), ``agent_ids`` (whom it is about),
            ``count`` (of them) and ``agents`` (how many there are)
        """
        companies = self.env.companies.ids if reader.company_ids is None else reader.company_ids
        if reader.scope != "all" or reader.filters or not self._has_arms(companies):
            return None
        found = self._proven(reader, ())
        everybody = [line["agent_id"] for line in found["agents"]]
        if found["state"] in ("proven", "loss"):
            lines = [line for line in found["agents"] if line["percent"] is not None]
        else:
            lines = [line for line in found["agents"] if line["state"] == "proven"]
            if not lines:
                return None
            found = lines[0]  # of each by itself: what they save together is not proven
        usages = self.env["ai.token.usage"]
        first = usages.search(found["domain"], order="local_date, id", limit=1).local_date
        agents = self.env["ai.agent"].search([("company_id", "in", [False, *companies])])
        told = {
            "since_date": first.isoformat(),
            "count": len(lines),
            "agents": len({*agents.ids, *everybody}),
            **{name: round(found[name], 1) for name in ("percent", "low", "high")},
        }
        if found["state"] == "loss":
            code, more = "savings.ever_loss", ("percent", "high", "low")
            told.update(
                zip(("percent", "low", "high"), [-told[name] for name in more], strict=True)
            )
        elif "name" in found:
            code, told["name"] = "savings.ever_agent", found["name"]
        elif told["count"] == told["agents"]:
            code = "savings.ever_all"
        else:
            code = "savings.ever_some"
        return {
            "state": found["state"],
            "text": sentence_reader(self.env).text(Sentence(code, **told)),
            "since": told["since_date"],
            "agent_ids": [line["agent_id"] for line in lines],
            "count": told["count"],
            "agents": told["agents"],
            **{name: found[name] for name in ("percent", "low", "high")},
        }

    @api.model
    def _has_arms(self, company_ids):
        """Did companies ever hold out a call? One look at an index that is empty otherwise."""
        usages = self.env["ai.token.usage"]
        usages.check_access("read")
        usages.flush_model(["company_id", "holdout_arm"])
        self.env.cr.execute(
            "SELECT 1 FROM ai_token_usage"
            " WHERE holdout_arm IS NOT NULL AND company_id = ANY(%s) LIMIT 1",
            ([*company_ids],),
        )
        return bool(self.env.cr.fetchone())

    @api.model
    def _agents_with_arms(self):
        """Return ids of the agents of which the user may see calls with an arm."""
        reader = self._reader({})
        if reader.scope == "all":
            return self.env["ai.saving.sum"].sudo()._agents(self.env.companies.ids)
        armed = [("holdout_arm", "!=", False)]
        groups = self.env["ai.token.usage"]._read_group(armed, ["agent_key"])
        return {agent for (agent,) in groups}

    @api.model
    def _proven(self, reader, days, agent_id=None):
        """Return what :meth:`get_proven_savings` says of a reader's calls.

        :param days: first and last day, or () for all
        """
        domain, companies = reader.domain(*days), reader.company_ids
        if companies is None:
            companies = self.env.companies.ids
            domain.append(("company_id", "in", companies))
        if agent_id:
            domain = [*domain, ("agent_key", "=", agent_id)]
        money = self._money_of(reader)
        strata, making = {}, {}
        if self._has_arms(companies):
            kept = self._kept_sums(reader, days, companies, agent_id)
            strata = self._strata(domain, money, kept)
            making = self._making_usd(domain) if strata else {}
        by_agent = defaultdict(list)
        for (agent, _percent), arms in strata.items():
            by_agent[agent].append(arms)
        lines = []
        names = self._agent_names([*by_agent])
        for agent, arms in by_agent.items():
            where = [*domain, ("agent_key", "=", agent)]
            line = self._line(arms, making.get(agent, 0.0), where, money)
            lines.append({"agent_id": agent, "name": names[agent], **line})
        lines.sort(key=lambda line: (-line["calls"], line["agent_id"]))
        spent = math.fsum(making.get(agent, 0.0) for agent in by_agent)
        total = self._line([*strata.values()], spent, domain, money)
        return {**total, "agents": lines}

    @api.model
    def _money_of(self, reader):
        company = self._company_of(reader)
        return self._money(company, company._ai_local_date())

    @api.model
    def _line(self, arms, making_usd, domain, money):
        """Return the dict of some strata, each ``{arm: row of sums}``."""
        pairs = [(_sums(pair.get(HELD_OUT)), _sums(pair.get(TREATED))) for pair in arms]
        found = saving(pairs, making_usd)
        say = sentence_reader(self.env).text
        figures = found._asdict()
        treated = [pair[TREATED] for pair in arms if TREATED in pair]
        figures["making_usd"] = making_usd
        rows = [row for pair in arms for row in pair.values()]
        rate = float(money.rate)
        cost = math.fsum(row["cost"] for row in rows)
        own = math.fsum(_own(row, "cost", money) for row in rows)
        worth = own / cost if cost else rate
        for name in _AMOUNTS:
            usd = figures[name]
            figures[f"{name[:-3]}company"] = None if usd is None else usd * worth
        return {
            "state": found.state,
            "label": "proven" if found.state in ("proven", "loss") else "estimated",
            "text": say(found.said),
            "percent": _percent(figures.pop("ratio")),
            **{name: _percent(figures.pop(name)) for name in ("low", "high")},
            **{name: value for name, value in figures.items() if name != "state"},
            "estimated_usd": math.fsum(row["saved"] for row in treated),
            "estimated_company": math.fsum(_own(row, "saved", money) for row in treated),
            "quality": {
                arm: _quality([pair[arm] for pair in arms if arm in pair])
                for arm in (TREATED, HELD_OUT)
            },
            "domain": [
                *([name, op, str(v) if hasattr(v, "isoformat") else v] for name, op, v in domain),
                ["holdout_arm", "!=", False],
            ],
        }

    @api.model
    def _kept_sums(self, reader, days, companies, agent_id):
        """Return the sums kept beside the rollup, None where they do not hold what is asked: who
        sees some calls only, a filter, days that are no month, quarter or year, or amounts in
        more than one currency besides USD."""
        span = unit_of(*days) if days else ALL
        if reader.scope != "all" or reader.filters or span not in SPANS:
            return None
        if not self.env.su:
            companies = set(companies) & set(self.env.companies.ids)
        first = days[0] if days else None
        if len(self._other_currencies(companies)) > 1:
            return None
        return self.env["ai.saving.sum"].sudo()._sums(companies, span, first, agent_id)

    @api.model
    def _other_currencies(self, company_ids):
        """Return ids of the currencies besides USD that companies' amounts are counted in."""
        companies = self.env["res.company"].browse(company_ids).sudo()
        self.env.cr.execute(
            "SELECT DISTINCT currency_id FROM ai_cost_rollup"
            " WHERE company_id = ANY(%s) AND dimension = 'total'",
            (companies.ids,),
        )
        counted = {currency_id for (currency_id,) in self.env.cr.fetchall()}
        return (counted | set(companies.currency_id.ids)) - {0, self.env.ref("base.USD").id}

    @api.model
    def _strata(self, domain, money, kept=None):
        """Return ``{(agent id, percent): {arm: row of sums}}`` of the calls that the user may see.

        :param kept: what :meth:`_kept_sums` found; None: they are summed from the ledger
        """
        rows = self._ledger_sums(domain, money.currency.id) if kept is None else kept
        rows = sorted(rows, key=lambda row: -int(row[3]["sessions"]))[: 2 * MOST_STRATA]
        rated = self._rated(domain)
        strata = defaultdict(dict)
        for agent, percent, arm, sums in rows:
            values = {name: float(value) for name, value in sums.items()}
            values.update(zip(_RATED, rated.get((agent, percent, arm), (0, 0.0, 0.0)), strict=True))
            strata[agent, percent][arm] = values
        return strata

    @api.model
    def _armed(self, domain):
        """Return FROM and WHERE of the ledger's rows of a domain that have an arm."""
        usages = self.env["ai.token.usage"]
        usages.flush_model()
        query = usages._search([*domain, ("holdout_arm", "!=", False)])
        return SQL("%s WHERE %s", query.from_clause, query.where_clause or SQL("TRUE"))

    @api.model
    def _ledger_sums(self, domain, currency_id=None):
        """Return what ``ai.saving.sum`` keeps, of any calls that the user may see."""
        rows = self.env.execute_query(
            SQL(
                "WITH calls AS (SELECT %s FROM %s), sessions AS (SELECT %s, %s FROM calls"
                " GROUP BY %s) SELECT %s, %s FROM (SELECT *, every_first[2] AS every_expected"
                " FROM sessions) AS s GROUP BY %s",
                SQL(calls("ai_token_usage", currency_id)),
                self._armed(domain),
                SQL(", ".join(STRATUM)),
                SQL(session_sums()),
                SQL(", ".join(SESSION)),
                SQL(", ".join(STRATUM)),
                SQL(
                    ", ".join(
                        f"COALESCE(sum({text.format(p='every')}), 0)::{kind}::text"
                        for kind, text in MEASURES.values()
                    )
                ),
                SQL(", ".join(STRATUM)),
            )
        )
        return [(*row[:3], dict(zip(MEASURES, row[3:], strict=True))) for row in rows]

    @api.model
    def _rated(self, domain):
        """Return ``{(agent, percent, arm): (sessions, sum, sum of squares)}`` of ratings. They come
        when a call is long in the sums, and are few: an index knows them."""
        rows = self.env.execute_query(
            SQL(
                "WITH sessions AS (SELECT %(stratum)s, avg(quality_score)::float8 AS score"
                " FROM %(rows)s GROUP BY %(session)s)"
                " SELECT %(stratum)s, count(score), sum(score), sum(score * score) FROM sessions"
                " WHERE score IS NOT NULL GROUP BY %(stratum)s",
                stratum=SQL(", ".join(STRATUM)),
                session=SQL(", ".join(SESSION)),
                rows=self._armed([*domain, ("feedback_count", ">", 0)]),
            )
        )
        return {row[:3]: row[3:] for row in rows}

    @api.model
    def _making_usd(self, domain):
        """Return ``{agent id: USD}`` spent on variants of prompts, which no arm's calls contain."""
        groups = self.env["ai.token.usage"]._read_group(
            [*domain, ("kind", "=", "trial"), ("agent_key", "!=", False)],
            ["agent_key"],
            ["cost_usd:sum"],
        )
        return {agent: float(cost or 0) for agent, cost in groups}

    @api.model
    def _agent_names(self, ids):
        """Return ``{agent id: name}``; one that is gone or hidden is called by its number."""
        return self._names("ai.agent", ids) if ids else {}


def _own(row, name, money):
    """An amount of sums in the company's currency: as its calls were counted, what was counted in
    USD at today's rate."""
    if money.currency == money.currency.env.ref("base.USD"):
        return row[name]
    return row[f"{name}_own"] + row[f"{name}_rest"] * float(money.rate)


def _sums(row):
    if row is None:
        return Sums()
    return Sums(int(row["sessions"]), int(row["calls"]), *(float(row[name]) for name in _SUMS))


def _percent(ratio):
    return None if ratio is None or math.isinf(ratio) else 100 * ratio


def _quality(rows):
    """Return the quality of an arm: of ratings the mean of a session counts once."""
    total = {name: math.fsum(float(row[name]) for row in rows) for name in _QUALITY}
    rated, asked = int(total["rated"]), int(total["asked"])
    mean, low, high = mean_interval(rated, total["ratings"], total["rating_squares"], Z)
    errors = wilson(total["failed"], asked, Z) if asked else (None, None)
    return {
        "rated": rated,
        "rating": mean,
        "rating_low": None if low is None else max(0.0, low),
        "rating_high": None if high is None else min(100.0, high),
        "errors": 100 * total["failed"] / asked if asked else None,
        "errors_low": _percent(errors[0]),
        "errors_high": _percent(errors[1]),
    }
