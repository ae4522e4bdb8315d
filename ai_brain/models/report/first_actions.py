from decimal import Decimal

from odoo import api, fields, models

from ...engine.report.first_actions import Saving, count_once
from ..base.wording import reader_in
from . import rollup_schema as schema
from .figures import add_up
from .rollup_read import Bucket

DAYS = 30
#: What an item may know, each in USD and in the company's currency.
AMOUNTS = ("cost", "after", "saving")
MOST_SHOWN = 20
#: Kind of waste -> what its money is of the same kind as.
GROUPS = {"wrong_model": "model", "could_wait": "wait", "duplicate_query": "repeat"}
#: What of an agent's policy saves money, one leaf of a domain each.
SAVING = (
    ("mode", "=", "smart_router"),
    ("vendor_cache", "=", True),
    ("reuse", "in", ("exact", "same_question")),
    ("keep_messages", ">", 0),
    ("tool_policy", "=", "needed"),
    ("pattern_ids", "!=", False),
)


class AiTokenAnalytics(models.Model):
    """Do this first: everything that would save money, in one list [B1]."""

    _inherit = "ai.token.analytics"

    @api.model
    @api.readonly
    def get_first_actions(self, **filters):
        """Return what would save money, the dearest first: of the last 30 days, as far as the user
        may see it. No figure is computed here: each is read where its own screen reads it.

        With a filter by user, agent or task there is waste alone, as nothing else is known by them.

        :param filters: as of :meth:`get_cost_breakdown`
        :return: dict of ``date_from``, ``date_to``, ``cost_usd`` (of the calls of these days),
            ``together_usd`` (what all that is not applied saves at least: what overlaps is counted
            once), and ``items``. An item has ``id`` (a text), ``kind``, ``title``, ``text``,
            ``code`` (what to write, False without), ``cost_usd`` and ``after_usd`` (None where
            nobody knows), ``saving_usd`` (the same), ``counted_usd`` (its part of
            ``together_usd``), each of these amounts as ``…_company`` too, ``calls``, ``affected``
            (a sentence or ''), ``before`` and ``after``
            (quality as ``{'name', 'mean', 'low', 'high', 'ratings'}``, None where it stays),
            ``conflicts`` (sentences), ``applied``, ``can_undo``, ``result`` (what an applied one
            came to, '' before), ``domain`` (of the ledger rows, False without),
            ``waste_kind`` (of a line of waste), and ``buttons``:
            ``{'key', 'label', 'model', 'method', 'args', 'confirm', 'done'}``, or with
            ``res_model`` and ``res_id`` what it opens
        :raise UserError: an unknown filter; AccessError: no access to AI usage
        """
        reader = self._reader(filters)
        return self._first_actions(reader, self._company_of(reader))

    @api.model
    def _first_actions(self, reader, company):
        today = company._ai_local_date()
        month = Bucket("now", fields.Date.subtract(today, days=DAYS - 1), today)
        money = self._money(company, today)
        sums = reader.sums(["total", "agent"], [month], ["cost_usd", "cost_company", "calls"])
        total = [one for one in sums if one.dimension == "total"]
        cost = sum((one.values["cost_usd"] for one in total), Decimal(0))
        own_cost = sum(map(money, total), Decimal(0))
        waste = reader.sums([schema.WASTE], [month], schema.WASTE_MEASURES, by_day=True)
        worth = own_cost / cost if cost else money.rate
        items = []
        if not set(reader.filters) - {"provider_id"}:
            items += self._advice_items(company, reader.filters.get("provider_id"))
            if self._access_level() != "user":
                items += self._managers_items(reader, company, sums, money, worth)
        items += self._waste_items(waste, money)
        for item in items:
            _in_company(item, float(worth))
        open_ones = [item for item in items if not item["applied"]]
        together = {}
        for unit, spent in (("usd", cost), ("company", own_cost)):
            counted = count_once([_saving(item, unit) for item in open_ones], spent)
            for item, amount in zip(open_ones, counted, strict=True):
                item[f"counted_{unit}"] = float(amount)
            together[f"together_{unit}"] = float(sum(counted, Decimal(0)))
        shown = [item for item in items if not self._is_told_by_others(item)]
        shown.sort(key=lambda item: (not item["applied"], item["saving_usd"] or 0), reverse=True)
        for item in shown:
            item.pop("group", None)
            item.pop("is_rest", None)
        return {
            "date_from": str(month.first),
            "date_to": str(month.last),
            "cost_usd": float(cost),
            "cost_company": float(own_cost),
            **together,
            "items": shown[:MOST_SHOWN],
        }

    @api.model
    def _saves_something(self, reader):
        """Is anything switched on that saves money: applied advice, or an agent with a policy?"""
        companies = reader.company_ids or self.env.companies.ids
        advices = self.env["ai.cost.advice"]
        applied = [("company_id", "in", companies), ("state", "=", "applied")]
        if advices.has_access("read") and advices.search_count(applied, limit=1):
            return True
        return bool(
            self.env["ai.agent"].search_count(
                [
                    ("company_id", "in", [False, *companies]),
                    *["|"] * (len(SAVING) - 1),
                    *SAVING,
                ],
                limit=1,
            )
        )

    @api.model
    def _is_told_by_others(self, item):
        """Is all the money of a group's rest that of other lines of the list?"""
        return bool(item.get("is_rest") and item["saving_usd"] and not item["counted_usd"])

    @api.model
    def _item(self, key, kind, title, text, **values):
        """Return an item of the list with what it does not say itself."""
        return {
            "id": key,
            "kind": kind,
            "title": title,
            "text": text,
            "code": False,
            **dict.fromkeys(f"{name}_{unit}" for name in AMOUNTS for unit in ("usd", "company")),
            "counted_usd": 0.0,
            "counted_company": 0.0,
            "calls": None,
            "affected": "",
            "before": None,
            "after": None,
            "conflicts": [],
            "applied": False,
            "can_undo": False,
            "result": "",
            "domain": False,
            "waste_kind": False,
            "buttons": [],
            **values,
        }

    @api.model
    def _managers_items(self, reader, company, sums, money, worth):
        """Return what only managers see: what concerns settings, and calls of everybody."""
        if "provider_id" in reader.filters:
            return []
        agents = {}
        for one in sums:
            if one.dimension == "agent":
                agents.setdefault(one.key, []).append(one)
        agents = {key: add_up(found, money) for key, found in agents.items()}
        return [
            *self._waiting_items(company),
            *self._found_items(company, reader_in(money.currency, worth)),
            *self._no_agent_items(company, agents),
            *self._trial_items(company),
        ]

    # ------------------------------------------------------------------
    # Waste
    # ------------------------------------------------------------------

    @api.model
    def _waste_items(self, days, money):
        items = []
        for line in self._waste(days, money):
            action = line["action"]
            items.append(
                self._item(
                    f"waste-{line['type']}",
                    "waste",
                    line["label"],
                    line["description"],
                    saving_usd=line["cost_usd"],
                    saving_company=line["cost_company"],
                    calls=line["calls"],
                    domain=line["domain"],
                    waste_kind=line["type"],
                    group=GROUPS.get(line["type"], line["type"]),
                    is_rest=line["type"] in GROUPS,
                    buttons=[{"key": "open", **action}] if action else [],
                )
            )
        return items


def _in_company(item, worth):
    """Add the amounts in the company's currency that an item does not know exactly: as the calls
    of these days were counted."""
    for name in AMOUNTS:
        usd = item[f"{name}_usd"]
        if usd is not None and item[f"{name}_company"] is None:
            item[f"{name}_company"] = usd * worth


def _saving(item, unit):
    amount = item[f"saving_{unit}"]
    return Saving(
        amount and Decimal(repr(amount)), item.get("group", ""), item.get("is_rest", False)
    )
