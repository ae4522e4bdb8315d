"""What a ranking says: why this provider, and why not the others."""

from __future__ import annotations

from decimal import Decimal

from ..base.sentence import Sentence, _lt, declare
from ..price.pricing import UNPRICED

declare(
    {
        # why a provider cannot take the call: phrases that stand alone and in brackets
        "bar.unpriced": _lt("has no known price"),
        "bar.verdict": _lt("lost the experiment against “%(name)s”"),
        "bar.window": _lt("takes at most %(window)s tokens of context"),
        "bar.least_window": _lt("its context window of %(window)s tokens is below %(least)s"),
        "bar.tools": _lt("cannot call tools"),
        "bar.tier": _lt("its tier %(tier)s is above the allowed %(most)s"),
        "bar.latency": _lt("answers in %(latency)s ms on average, above %(most)s ms"),
        "tier.efficient": _lt("efficient"),
        "tier.standard": _lt("standard"),
        "tier.premium": _lt("premium"),
        # why not an alternative: phrases that stand alone
        "not.budget": _lt("%(cost_usd)s is above the budget of %(budget_usd)s"),
        "not.quality": _lt("quality %(lower)s of 100 at least, %(needed)s needed"),
        "not.better": _lt("costs the same, and its quality is no better"),
        "not.point": _lt(
            "cheaper at %(cost_usd)s, but a point of quality costs more: quality %(quality)s "
            "against %(best)s"
        ),
        "not.cost": _lt("meets the need too, but costs %(cost_usd)s"),
        "not.cost_times": _lt(
            "meets the need too, but costs %(cost_usd)s, %(times)s times as much"
        ),
        # phrases of the sentences below: quality, the bar, and what the quality rests on
        "figure": _lt("quality %(quality)s of 100"),
        "figure.lower": _lt("quality %(quality)s of 100 (%(lower)s at least)"),
        "raised": _lt("%(needed)s (raised from %(bar)s as the request is demanding)"),
        "evidence.many": _lt("based on %(rated)s rated calls"),
        "evidence.many_since": _lt("based on %(rated)s rated calls since %(since_day)s"),
        "evidence.many_since_year": _lt("based on %(rated)s rated calls since %(since_date)s"),
        "evidence.one": _lt("based on one rated call"),
        "evidence.one_since": _lt("based on one rated call since %(since_day)s"),
        "evidence.one_since_year": _lt("based on one rated call since %(since_date)s"),
        "evidence.prior": _lt("taken from its record, as no call was rated yet"),
        "evidence.assumed": _lt("an assumption, as nobody stated it and no call was rated yet"),
        "best": _lt(
            "%(name)s costs least for its quality: about %(cost_usd)s for %(figure)s, "
            "%(evidence)s, where %(needed)s is needed."
        ),
        "best.dearer": _lt(
            "%(name)s costs least for its quality: about %(cost_usd)s for %(figure)s, "
            "%(evidence)s, where %(needed)s is needed; %(other)s would cost about %(other_usd)s "
            "for quality %(other_quality)s."
        ),
        "best.poorer": _lt(
            "%(name)s costs least for its quality: about %(cost_usd)s for %(figure)s, "
            "%(evidence)s, where %(needed)s is needed; %(other)s would cost about %(other_usd)s "
            "and reaches only %(other_quality)s."
        ),
        "nearest": _lt(
            "No provider reaches the quality of %(needed)s that is needed; %(name)s comes nearest "
            "with %(figure)s, %(evidence)s, for about %(cost_usd)s."
        ),
        "nearest.budget": _lt(
            "No provider within %(budget_usd)s reaches the quality of %(needed)s that is needed; "
            "%(name)s comes nearest with %(figure)s, %(evidence)s, for about %(cost_usd)s."
        ),
        "none.active": _lt("There is no active provider for this task."),
        "none.budget": _lt(
            "No provider fits the budget of %(budget_usd)s: the cheapest, %(name)s, would cost "
            "about %(cost_usd)s."
        ),
        "none.only": _lt("The only provider cannot take this call: %(name)s (%(why)s)."),
        "none.many": _lt(
            "None of %(count)s providers can take this call, for example %(name)s (%(why)s)."
        ),
    }
)


def tier_name(tier):
    """A tier as a person calls it."""
    return Sentence(f"tier.{tier}") if tier in ("efficient", "standard", "premium") else tier


def why_not(option, choice, need):
    """Why an alternative was not chosen."""
    if option.barred:
        return option.barred
    amount = float(option.cost)
    if not option.within_budget:
        return Sentence("not.budget", cost_usd=amount, budget_usd=float(need.max_budget_usd))
    if not option.meets_quality:
        lower = round(option.quality.lower)
        return Sentence("not.quality", lower=lower, needed=_points(need.needed))
    if option.cost == choice.cost:
        return Sentence("not.better")
    if option.cost < choice.cost:
        quality, best = round(option.quality.mean), round(choice.quality.mean)
        return Sentence("not.point", cost_usd=amount, quality=quality, best=best)
    if choice.cost and option.cost / choice.cost >= Decimal("1.5"):
        times = round(float(option.cost / choice.cost), 1)
        return Sentence("not.cost_times", cost_usd=amount, times=times)
    return Sentence("not.cost", cost_usd=amount)


def reason(choice, others, need, configured, today):
    """Why the choice, against the configured provider or else the next best."""
    facts = {
        "name": choice.candidate.name,
        "cost_usd": float(choice.cost),
        "figure": _figure(choice.quality),
        "evidence": _evidence(choice, today),
        "needed": _points(need.needed),
    }
    if need.complexity is not None and need.needed > need.bar:
        facts["needed"] = Sentence("raised", needed=facts["needed"], bar=_points(need.bar))
    if not choice.meets_quality:
        if need.max_budget_usd is None:
            return Sentence("nearest", **facts)
        return Sentence("nearest.budget", budget_usd=float(need.max_budget_usd), **facts)
    other = _compared(others, configured)
    if other is None:
        return Sentence("best", **facts)
    facts.update(other=other.candidate.name, other_usd=float(other.cost))
    if other.meets_quality:
        return Sentence("best.dearer", other_quality=round(other.quality.mean), **facts)
    return Sentence("best.poorer", other_quality=round(other.quality.lower), **facts)


def nothing(others, need):
    """Why no provider is suitable; ``others`` are all that there are."""
    if not others:
        return Sentence("none.active")
    dear = [o for o in others if not o.barred and o.cost is not UNPRICED]
    if dear:
        cheapest = min(dear, key=lambda o: o.cost)
        return Sentence(
            "none.budget",
            budget_usd=float(need.max_budget_usd),
            name=cheapest.candidate.name,
            cost_usd=float(cheapest.cost),
        )
    facts = {"name": others[0].candidate.name, "why": others[0].barred}
    if len(others) == 1:
        return Sentence("none.only", **facts)
    return Sentence("none.many", count=len(others), **facts)


def _points(value):
    return round(value) if abs(value - round(value)) < 0.05 else round(value, 1)


def _figure(quality):
    mean, lower = round(quality.mean), round(quality.lower)
    if quality.rated and lower != mean:
        return Sentence("figure.lower", quality=mean, lower=lower)
    return Sentence("figure", quality=mean)


def _evidence(option, today):
    total = option.candidate.evidence
    rated = total.rated or (option.candidate.quality_evidence or total).rated
    if not rated:
        return Sentence("evidence.prior" if option.candidate.prior_set else "evidence.assumed")
    code, facts = "evidence.many", {"rated": round(rated)}
    if facts["rated"] <= 1:
        code, facts = "evidence.one", {}
    if not total.since:
        return Sentence(code, **facts)
    day = total.since.isoformat()
    if today and today.year == total.since.year:
        return Sentence(f"{code}_since", since_day=day, **facts)
    return Sentence(f"{code}_since_year", since_date=day, **facts)


def _compared(others, configured):
    """The configured provider, else the next best that could take the call."""
    priced = [o for o in others if o.cost is not UNPRICED]
    own = next((o for o in priced if o.candidate.key == configured), None)
    return own or next((o for o in priced if not o.barred and o.meets_quality), None)
