from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import MissingError, UserError

from ...engine.ledger.kinds import REUSED
from ..base.arguments import is_id
from .breakdown import KEY
from .figures import by_key
from .ledger_groups import group_sums
from .rollup_read import Bucket
from .summary import SUMMED

#: Leads that are listed, the dearest.
TOP_LEADS = 10
LEAD = "crm.lead"


class AiTokenAnalytics(models.Model):
    """What programs ask for: a period's costs by agent and lead, and what the caches saved [D3]."""

    _inherit = "ai.token.analytics"

    @api.model
    @api.readonly
    def get_cost_report(
        self,
        agent_type=None,
        start_date=None,
        end_date=None,
        user=None,
        provider=None,
        lead_id=None,
    ):
        """Return what calls cost in a period, of those that the user may see in this company.

        :param str agent_type: only this agent; '': calls without one
        :param start_date: first day, ``2026-12-31``, in the company's time zone; None: the first of
            the month of ``end_date``
        :param end_date: last day, included; None: today
        :param user: only this person: an id or a login
        :param provider: only this provider: an id or a name
        :param int lead_id: only this lead
        :return: ``{'total_cost_usd', 'total_requests', 'by_agent': [{'agent_type',
            'total_cost_usd', 'total_requests', 'avg_cost_per_request', 'avg_latency_ms',
            'cache_hit_rate'}], 'by_lead': [{'lead_id', 'total_cost_usd', 'ai_calls',
            'agents_used'}], 'by_key': [{'key_id', 'name', 'total_cost_usd', 'total_requests'}],
            'cache_stats': {'cache_hit_rate', 'cache_hits', 'cache_misses', 'saved_usd'}}``; lists
            are dearest first. The lines of ``by_agent`` and those of ``by_key`` add up to the
            totals: all are there, and calls without an agent, or without a key of the endpoint,
            have one with None. ``by_lead`` has the ten dearest leads. Rates are ratios, what
            nothing speaks about is None
        :raise UserError: a filter that cannot be (MissingError: a text that names nobody); its
            message has the filter's name
        """
        reader = self._reader(
            {
                "company_ids": self.env.company.ids,
                "agent_type": agent_type,
                "user_id": self._one("user", user, "res.users", "login"),
                "provider_id": self._one("provider", provider, "ai.service.provider", "name"),
                **self._lead(lead_id),
            }
        )
        bucket = self._bucket_of_dates(start_date, end_date)
        total = by_key(reader.sums(["total"], [bucket], SUMMED)).get("", {})
        total = {name: total.get(name, Decimal(0)) for name in SUMMED}
        kinds = by_key(reader.sums(["kind"], [bucket], ("calls", "saved_usd")))
        reused = [kinds[kind] for kind in REUSED if kind in kinds]
        hits, calls = int(total["reused_calls"]), int(total["calls"])
        return {
            "total_cost_usd": float(total["cost_usd"]),
            "total_requests": calls,
            "by_agent": [
                _agent(name, line)
                for name, line in self._summaries(reader, "agent", bucket).items()
            ],
            "by_lead": [_lead(key[1], line) for key, line in self._dearest_leads(reader, bucket)],
            "by_key": self._keys(reader, bucket, total),
            "cache_stats": {
                "cache_hit_rate": hits / calls if calls else None,
                "cache_hits": hits,
                "cache_misses": calls - hits,
                "saved_usd": float(sum((one["saved_usd"] for one in reused), Decimal(0))),
            },
        }

    @api.model
    def _dearest_leads(self, reader, bucket):
        """Return ``[((model, id), figures)]`` of the leads that cost most."""
        found = self._group_summaries(
            reader, ("res_model", "res_id"), bucket, [("res_model", "=", LEAD)], TOP_LEADS
        )
        return found.items()

    @api.model
    def _keys(self, reader, bucket, total):
        """Return what calls cost by the endpoint's key that they came with, dearest first; a line
        without a key has the rest, so that all add up to ``total``."""
        measures = ("cost_usd", "calls", "row_count")
        found = {}
        for sums in group_sums(reader, (KEY,), bucket, measures):
            line = found.setdefault(sums.key[0], dict.fromkeys(measures, Decimal(0)))
            for name in measures:
                line[name] += sums.values[name]
        rest = {name: total[name] - sum(one[name] for one in found.values()) for name in measures}
        names = self._labels("key", list(found))
        if rest["row_count"]:
            found[None] = rest
        return [
            {
                "key_id": key,
                "name": names[key] if key else None,
                "total_cost_usd": float(line["cost_usd"]),
                "total_requests": int(line["calls"]),
            }
            for key, line in sorted(
                found.items(), key=lambda one: (-one[1]["cost_usd"], one[0] or 0)
            )
        ]

    @api.model
    def _lead(self, lead_id):
        if lead_id is None:
            return {}
        if not is_id(lead_id):
            raise UserError(self.env._("lead_id takes the id of a lead, a whole number."))
        return {"res_model": LEAD, "res_id": lead_id}

    @api.model
    def _one(self, filter_name, given, model, text_field):
        """Return the id of the record that a filter names by its id or by a text."""
        if given is None:
            return None
        if is_id(given):
            return given
        if given == "" or "\0" in str(given):
            raise UserError(self.env._("%(name)s takes an id or a name.", name=filter_name))
        if isinstance(given, str):
            domain = [(text_field, "=", given)]
            if model == "ai.service.provider":
                domain.append(("company_id", "in", [False, self.env.company.id]))
            found = self.env[model].with_context(active_test=False).search(domain, limit=2)
            if len(found) > 1:
                raise UserError(
                    self.env._(
                        "%(name)s: more than one is named so. Give the id.", name=filter_name
                    )
                )
            if found:
                return found.id
        raise MissingError(
            self.env._(
                "%(name)s takes an id or a name, and nothing that you may see is named so.",
                name=filter_name,
            )
        )

    @api.model
    def _bucket_of_dates(self, start_date, end_date):
        first = self._day("start_date", start_date)
        last = self._day("end_date", end_date) or self.env.company.sudo()._ai_local_date()
        first = first or last.replace(day=1)
        if first > last:
            raise UserError(self.env._("start_date lies after end_date."))
        if (last - first).days > 3_660:
            raise UserError(self.env._("start_date lies more than ten years before end_date."))
        return Bucket("now", first, last)

    @api.model
    def _day(self, name, given):
        if given is None:
            return None
        try:
            day = fields.Date.to_date(given)
        except (ValueError, TypeError):
            day = None
        written_so = day and not (isinstance(given, str) and day.isoformat() != given)
        if not written_so or not 2000 <= day.year < 2100:
            raise UserError(
                self.env._("%s takes a day of the years 2000 to 2099, written 2026-12-31.", name)
            )
        return day


def _agent(name, line):
    return {
        "agent_type": name or None,
        "total_cost_usd": line["cost_usd"],
        "total_requests": line["calls"],
        "avg_cost_per_request": line["cost_per_call_usd"],
        "avg_latency_ms": line["latency_ms"],
        "cache_hit_rate": line["cache_hit_rate"],
    }


def _lead(lead_id, line):
    return {
        "lead_id": lead_id,
        "total_cost_usd": line["cost_usd"],
        "ai_calls": line["calls"],
        "agents_used": line["agents_used"],
    }
