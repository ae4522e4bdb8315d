"""Waste by asking a dearer model than was needed."""

from __future__ import annotations

from decimal import Decimal

from ..base.sentence import Sentence, _lt, declare
from .rule import Rule
from .types import Finding

declare(
    {
        "model.used": _lt("The model used"),
        "model.chance": _lt(
            "%(used)s cost %(cost_usd)s; %(target)s would have cost %(less_usd)s and reaches "
            "%(quality)s of 100 (%(lower)s to %(upper)s), %(evidence)s, where %(needed)s is needed."
        ),
        # where nobody says what it rests on
        "model.rated": _lt(
            "%(used)s cost %(cost_usd)s; %(target)s would have cost %(less_usd)s and reaches "
            "%(quality)s of 100 on %(ratings)s ratings, where %(needed)s is needed."
        ),
        "model.rated_once": _lt(
            "%(used)s cost %(cost_usd)s; %(target)s would have cost %(less_usd)s and reaches "
            "%(quality)s of 100 on one rating, where %(needed)s is needed."
        ),
        "model.record": _lt(
            "%(used)s cost %(cost_usd)s; %(target)s would have cost %(less_usd)s and reaches "
            "%(quality)s of 100 by its record, where %(needed)s is needed."
        ),
        "model.instead": _lt("Send requests of this kind to %(target)s, or let the router choose."),
    }
)


class WrongModel(Rule):
    """A cheaper provider meets the needed quality for this complexity."""

    type = "wrong_model"
    needs_text = False
    least_saving = Decimal("0.3")

    def __call__(self, call, history):
        cheaper = history.cheaper
        if cheaper is None or cheaper.quality < cheaper.needed or not call.cost:
            return None
        saving = call.cost - cheaper.cost
        if saving <= 0 or saving < call.cost * self.least_saving:
            return None
        facts = {
            "used": call.tags.get("provider_name") or Sentence("model.used"),
            "cost_usd": float(call.cost),
            "target": cheaper.name,
            "less_usd": float(cheaper.cost),
            "quality": round(cheaper.quality),
            "needed": round(cheaper.needed),
        }
        ratings = round(cheaper.rated)
        if cheaper.evidence:
            interval = {"lower": round(cheaper.lower), "upper": round(cheaper.upper)}
            description = Sentence("model.chance", evidence=cheaper.evidence, **interval, **facts)
        elif ratings > 1:
            description = Sentence("model.rated", ratings=ratings, **facts)
        else:
            description = Sentence("model.rated_once" if ratings else "model.record", **facts)
        return Finding(
            self.type,
            description,
            Sentence("model.instead", target=cheaper.name),
            0,
            saving,
            basis="model",
            target={
                "kind": "provider",
                "id": cheaper.key,
                "name": cheaper.name,
                "instead_of": call.tags.get("provider_id"),
            },
        )
