from odoo import api, models

from ...engine.budget import anomaly

#: What may be the cause of unusual spend: the fields of the ledger that name it.
CAUSES = {
    "agent": ("agent_type",),
    "user": ("user_id",),
    "module": ("module",),
    "record": ("res_model", "res_id"),
}


class AiCostBudget(models.Model):
    """Who or what made a day's spend depart from its own history."""

    _inherit = "ai.cost.budget"

    @api.model
    def _spend_cause(self, domain, day, total, apart=()):
        """Return the ``Cause`` that explains most of what ``day`` cost above the usual, or None.

        ``domain`` is that of the series that departed, of ``anomaly.HISTORY_DAYS`` and of ``day``;
        ``total`` its sums by day; ``apart`` the dimensions that the series itself is one of. The
        key of a cause is a tuple of values of its fields in ``CAUSES``.
        """
        usage = self.env["ai.token.usage"]
        series = {}
        for dimension, names in CAUSES.items():
            if dimension in apart:
                continue
            named = [(name, "!=", False) for name in names]
            spent = usage._read_group(
                [*domain, *named, ("local_date", "=", day)],
                names,
                order="cost_usd:sum desc",
                limit=50,
            )
            if not spent:
                continue
            on_day = [(names[-1], "in", [_value(found[-1]) for found in spent])]
            parts = series.setdefault(dimension, {})
            for *key, date, amount in usage._read_group(
                [*domain, *named, *on_day], [*names, "local_date:day"], ["cost_usd:sum"]
            ):
                parts.setdefault(tuple(map(_value, key)), {})[date] = amount
        return anomaly.cause(series, day, total)

    @api.model
    def _cause_words(self, found, cause, text):
        """Return what the day cost above the usual and whose doing that was, a sentence in the
        language of this record.

        :param text: function of an amount in USD that writes it
        """
        above = text(round(found.excess, 6))
        if cause is None:
            return self.env._("That is %(above)s above the usual.", above=above)
        args = {
            "above": above,
            "cost": text(round(cause.excess, 6)),
            "name": self._cause_name(cause),
        }
        if cause.dimension == "agent":
            return self.env._(
                "That is %(above)s above the usual, of which %(cost)s by the agent “%(name)s”.",
                **args,
            )
        if cause.dimension == "user":
            return self.env._(
                "That is %(above)s above the usual, of which %(cost)s by %(name)s.", **args
            )
        if cause.dimension == "module":
            return self.env._(
                "That is %(above)s above the usual, of which %(cost)s by the addon “%(name)s”.",
                **args,
            )
        return self.env._(
            "That is %(above)s above the usual, of which %(cost)s for the record “%(name)s”.",
            **args,
        )

    def _cause_name(self, cause):
        if cause.dimension == "user":
            return self.env["res.users"].browse(cause.key).sudo().display_name
        if cause.dimension in ("agent", "module"):
            labels = self.env["ai.token.analytics"]._labels(cause.dimension, cause.key)
            return labels[cause.key[0]]
        # Not the record's own name: who may read the alert need not see the record.
        model, record_id = cause.key
        kind = self.env["ir.model"]._get(model).name if model in self.env else model
        return f"{kind} {record_id}"


def _value(found):
    return found.id if isinstance(found, models.BaseModel) else found
