"""What SQL says of one company's calls, and what its lists add up: the two sides of the walk."""

from collections import Counter
from decimal import Decimal

from lxml import etree

VENDOR = "kind IN ('api', 'batch', 'summary', 'trial')"
REUSED = "kind IN ('pattern', 'cache', 'dedup')"
NOBODYS = "COALESCE(error_code, '') IN ('ReaderLeft', 'ConfigurationError', 'RefusedByUs')"
#: Calls that no provider answered, nor a correction that came later.
FAILED = f"""correction_of_id IS NULL AND NOT {NOBODYS}
    AND (state = 'failed' OR state = 'uncertain' AND error_code IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM walked c WHERE c.correction_of_id = u.id
                       AND c.state <> 'failed' AND c.error_code IS NULL)"""
JUDGED = f"correction_of_id IS NULL AND ({VENDOR} OR {REUSED}) AND NOT {NOBODYS}"
ANSWERED = f"correction_of_id IS NULL AND {VENDOR} AND NOT {NOBODYS} AND NOT ({FAILED})"


COLUMNS = (
    *("id", "correction_of_id", "user_id", "provider_id", "model_name", "task_type", "module"),
    *("context_model", "agent_type", "agent_key", "res_model", "res_id", "session_id", "kind"),
    *("state", "error_code", "call_count", "cost_usd", "saved_usd", "could_have_saved_usd"),
    *("currency_rate", "input_tokens", "output_tokens", "cache_read_tokens"),
    *("cache_write_tokens", "reasoning_tokens", "latency_ms", "quality_score", "feedback_count"),
    *("waste_report", "waste_detected", "holdout_arm", "holdout_unit", "price_id", "choice_reason"),
    *("create_date", "prompt_key", "prompt_variant_key", "gateway_key", "pattern_key"),
    *("answer_key", "trial_key", "trial_arm", "tuning_job_key", "trained_tokens"),
    *("configured_provider_id", "context_size_tokens", "holdout_percent", "holdout_expected_usd"),
)

#: Amount in USD that a list of calls adds up -> the same in the company's currency.
OWN = {"cost_usd": "cost_listed", "saved_usd": "saved_company"}
#: What additions of floats may differ by, as lists and files make them.
NEAR = Decimal("1e-11")


class Walk:
    """One company, walked by one of its managers; counts the figures of each page.

    A figure is right where what the page shows is what SQL finds in the ledger by the moments at
    which the calls were made, and what the list adds up that a click opens.
    """

    def __init__(self, case, company, manager):
        self.case, self.company = case, company.sudo()
        self.env = case.env(
            user=manager.id, context={"allowed_company_ids": company.ids, "lang": "en_US"}
        )
        self.usage = self.env["ai.token.usage"]
        self.analytics = self.env["ai.token.analytics"]
        self.tz = self.company._ai_tz()
        self.today = self.company._ai_local_date()
        currency_id, self.rate = self.company._ai_usd_rate(self.today)
        self.currency = self.env["res.currency"].browse(currency_id)
        self.own = self.currency.name != "USD"
        self.figures = Counter()
        self.names = {}
        #: {model: {id: {field: what a program read}}}
        self.read = {}
        self.shown = {}
        self._copy()

    # -- what SQL says -------------------------------------------------------------------------

    def _copy(self):
        """Copy the company's calls with the day on which each was made, so that many sums of them
        take little time."""
        self.env.flush_all()
        self.env.cr.execute(
            f"""
            DROP TABLE IF EXISTS walked;
            CREATE TEMPORARY TABLE walked ON COMMIT DROP AS
            SELECT {", ".join(COLUMNS)},
                   (create_date AT TIME ZONE 'UTC' AT TIME ZONE %s)::date AS made_on
              FROM ai_token_usage WHERE company_id = %s;
            CREATE INDEX ON walked (made_on);
            CREATE UNIQUE INDEX ON walked (id);
            CREATE INDEX ON walked (gateway_key) WHERE gateway_key IS NOT NULL;
            CREATE INDEX ON walked (pattern_key) WHERE pattern_key IS NOT NULL;
            CREATE INDEX ON walked (answer_key) WHERE answer_key IS NOT NULL;
            CREATE INDEX ON walked (trial_key) WHERE trial_key IS NOT NULL;
            CREATE INDEX ON walked (correction_of_id) WHERE correction_of_id IS NOT NULL;
            ANALYZE walked
            """,
            (self.tz, self.company.id),
        )

    def sql(self, what, where="TRUE", days=None):
        """Return an exact sum over the calls of some days, both included; None where SQL has none.

        :param str what: an aggregate over ``walked u``
        """
        first, last = days or self.days
        self.env.cr.execute(
            f"""
            SELECT ({what})::text FROM walked u
             WHERE ({where}) AND made_on BETWEEN %s AND %s
            """,
            (first, last),
        )
        found = self.env.cr.fetchone()[0]
        return None if found is None else Decimal(found)

    def days_of_all(self):
        """The first and the last day of the ledger."""
        self.env.cr.execute("SELECT min(made_on), max(made_on) FROM walked")
        return self.env.cr.fetchone()

    def sum(self, what="cost_usd", where="TRUE", days=None):
        return self.sql(f"SUM({what})", where, days) or Decimal(0)

    def amount(self, what="cost_usd", where="TRUE", days=None):
        """The same in the currency of the page: each row at the rate that was frozen on it."""
        return self.sum(f"({what}) * currency_rate" if self.own else what, where, days)

    def found(self, kind):
        """What of a call's waste is of one kind, by its report."""
        return f"""(SELECT COALESCE(SUM((f ->> 'cost_wasted')::numeric), 0)
            FROM jsonb_array_elements(waste_report -> 'findings') f
            WHERE f ->> 'type' = '{kind}')"""

    def calls(self, where="TRUE", days=None):
        return int(self.sum("call_count", where, days))

    # -- what the page shows -------------------------------------------------------------------

    def pick(self, line, name):
        """Return an amount of a payload as the page picks it: the company's currency first."""
        own = "company" if name in ("value", "usd") else f"{name}_company"
        usd = f"{name}_usd" if f"{name}_usd" in line else name
        return line[own if self.own else usd]

    def text(self, amount):
        """An amount as a person reads it: the one formatter."""
        return self.currency._ai_text(amount)

    # -- what a click opens --------------------------------------------------------------------

    def listed(self, domain, column="cost", about="cost", group="provider_id", **context):
        """Return the total of the list that a click opens, and see that the list shows it.

        :param column: cost, saved, could_have_saved, found: in the currency of the page; else a
            field
        """
        usage = self.usage.with_context(**context)
        amounts = ("cost", "saved", "could_have_saved", "found")
        name = f"{column}_{'company' if self.own else 'usd'}" if column in amounts else column
        name = "cost_listed" if name == "cost_company" else name
        self.case.assertIn(name, self._totals(about), f"the list about {about} adds up no {name}")
        groups = usage._read_group(domain, [group], [f"{name}:sum"])
        return sum((Decimal(repr(found or 0)) for _key, found in groups), Decimal(0))

    def total(self, domain, field="cost_usd"):
        """Return what the plain list of calls adds up."""
        found = self.usage._read_group(domain, ["provider_id"], [f"{field}:sum"])
        return sum((Decimal(repr(value or 0)) for _key, value in found), Decimal(0))

    def _totals(self, about):
        """Return the columns that the list of an action shows and adds up."""
        if about not in self.shown:
            action = self.env.ref(f"ai_sam_cost_dashboard.action_ai_calls_{about}").sudo()
            view = self.usage.get_views([(action.view_id.id, "list")])["views"]["list"]
            fields = self.usage.fields_get(attributes=["aggregator"])
            self.shown[about] = {
                field.get("name")
                for field in etree.fromstring(view["arch"]).iter("field")
                if field.get("sum") and field.get("optional") != "hide"
                if fields[field.get("name")].get("aggregator") == "sum"
            }
        return self.shown[about]

    def rows(self, domain):
        return self.usage.search_count(domain)

    # -- the figures ---------------------------------------------------------------------------

    def same(self, page, name, shown, expected, say=None, **others):
        """Check one figure, and count it.

        :param shown: of the payload that the page is drawn from
        :param expected: of SQL; both None where there is nothing
        :param say: how the page writes it; None: as an amount in its currency
        :param others: what else shows it: ``listed``, ``export``, ``api``…
        """
        self.figures[page] += 1
        self.names.setdefault(page, set()).add(name)
        for where, value in {"SQL": expected, **others}.items():
            with self.case.subTest(page=page, figure=name, where=where):
                self._check(shown, value, say or self.text)

    def elsewhere(self, record, field):
        """What a file and a program have of a record's figure."""
        found = record.web_read({field: {}})[0][field]
        self.read.setdefault(record._name, {}).setdefault(record.id, {})[field] = found
        return {"export": record.export_data([field])["datas"][0][0], "program": found}

    def own_field(self, model, field):
        """Name of a model's amount in the company's currency that stands before one in USD; None
        where there is none."""
        shown = {**getattr(model, "_shown_money", {}), **getattr(model, "_shown_sums", {})}
        return next((own for own, usd in shown.items() if usd == field), None)

    def money(self, page, name, record, field, sums, listed=None, summed="cost_usd"):
        """Check an amount of a record in USD and, where it is shown, in the company's currency.

        :param sums: arguments of :meth:`sum`
        :param listed: domain of the calls that a click opens; None: it opens none
        :param summed: what that list adds up
        """
        usd = self.env["res.currency"]._ai_usd_text
        others = self.elsewhere(record, field)
        if listed is not None:
            others["listed"] = self.total(listed, summed)
        self.same(page, f"{name}, {field}", record[field], self.sum(*sums), usd, **others)
        own = self.own and self.own_field(record, field)
        if own:
            others = self.elsewhere(record, own)
            if listed is not None:
                others["listed"] = self.total(listed, OWN[summed])
            self.same(page, f"{name}, {own}", record[own], self.amount(*sums), **others)

    def column(self, page, name, model, domain, field, expected, say):
        """Check what a list of records adds up."""
        found = model._read_group(domain, [], [f"{field}:sum"])[0][0]
        shown = Decimal(repr(found or 0))
        self.same(page, f"{name}, {field}", float(shown), expected, say)

    def _check(self, shown, value, say):
        if value is None or shown is None:
            self.case.assertIs(shown, value)
            return
        value = Decimal(str(value))
        near = abs(Decimal(repr(shown)) - value)
        self.case.assertLessEqual(near, NEAR * max(1, abs(value)), f"{shown!r} and {value}")
        self.case.assertEqual(say(shown), say(value.quantize(NEAR) if value else value))


def count(value):
    return f"{int(value):,}"


def share(value):
    """Per cent with one decimal, as the page writes it."""
    return f"{float(value):.1f}"


def whole(value):
    return f"{float(value):.0f}"
