"""What a ranking says: why this provider, and why not the others."""

from __future__ import annotations

from decimal import Decimal

from ..base.sentence import Sentence, _lt, declare
from ..price.pricing import UNPRICED
from .quality import TURN

EASY = 0.3  # below it a request is called easy, as the level 'low' is

declare(
    {
        # why a provider cannot take the call: phrases that stand alone and in brackets
        "bar.unpriced": _lt("has no known price"),
        "bar.verdict": _lt("lost the experiment against “%(name)s”"),
        "bar.window": _lt("takes at most %(window)s tokens of context"),
        "bar.least_window": _lt("its context window of %(window)s tokens is below %(least)s"),
        "bar.tools": _lt("cannot call tools"),
        "bar.refusing": _lt("does not take all that the call asks for"),
        "bar.tier": _lt("its tier %(tier)s is above the allowed %(most)s"),
        "bar.slow": _lt("answers in %(latency_ms)s on average, above %(most_ms)s"),
        # of recommendations that 1.2 kept
        "bar.latency": _lt("answers in %(latency)s ms on average, above %(most)s ms"),
        "tier.efficient": _lt("efficient"),
        "tier.standard": _lt("standard"),
        "tier.premium": _lt("premium"),
        # why not an alternative: phrases that stand alone
        "not.budget": _lt("%(cost_usd)s is above the budget of %(budget_usd)s"),
        "not.reached": _lt("quality %(quality)s of 100, %(needed)s needed"),
        # of recommendations that 1.0 kept
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
        # phrases of the sentences below: quality, at which difficulty, and what it rests on
        "at.easy": _lt("on an easy request"),
        "at.ordinary": _lt("on an ordinary request"),
        "at.demanding": _lt("on a demanding request"),
        "figure": _lt("quality %(quality)s of 100 (%(lower)s to %(upper)s) %(difficulty)s"),
        "ratings.many": _lt("%(rated)s rated calls"),
        "ratings.many_since": _lt("%(rated)s rated calls since %(since_day)s"),
        "ratings.many_since_year": _lt("%(rated)s rated calls since %(since_date)s"),
        "ratings.one": _lt("one rated call"),
        "ratings.one_since": _lt("one rated call since %(since_day)s"),
        "ratings.one_since_year": _lt("one rated call since %(since_date)s"),
        "basis.published": _lt("%(tables)s published tables of %(origins)s publishers"),
        "basis.published_origin": _lt("%(tables)s published tables of one publisher"),
        "basis.published_one": _lt("one published table"),
        "basis.given": _lt("the figure stated on its form"),
        "basis.kin": _lt("published results of its predecessor %(like)s"),
        "evidence.rated": _lt("based on %(ratings)s"),
        "evidence.rated_basis": _lt("based on %(ratings)s and on %(basis)s"),
        "evidence.basis": _lt("based on %(basis)s, as no call was rated yet"),
        "evidence.assumed": _lt(
            "an assumption, as it is in no published table, nobody stated it and no call was rated "
            "yet"
        ),
        "told": _lt("%(figure)s, %(evidence)s."),
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
        "best.poorer_rated": _lt(
            "%(name)s costs least for its quality: about %(cost_usd)s for %(figure)s, "
            "%(evidence)s, where %(needed)s is needed; %(other)s would cost about %(other_usd)s "
            "and reaches only %(other_quality)s (%(other_lower)s to %(other_upper)s), "
            "%(other_evidence)s."
        ),
        "best.barred": _lt(
            "%(name)s costs least for its quality: about %(cost_usd)s for %(figure)s, "
            "%(evidence)s, where %(needed)s is needed; %(other)s, which was asked for, cannot take "
            "the call (%(why)s)."
        ),
        "best.beyond": _lt(
            "%(name)s costs least for its quality: about %(cost_usd)s for %(figure)s, "
            "%(evidence)s, where %(needed)s is needed; %(other)s, which was asked for, would cost "
            "about %(other_usd)s, above the budget of %(budget_usd)s."
        ),
        "cheapest": _lt(
            "No provider reaches the quality of %(needed)s that is needed; %(name)s costs least, "
            "about %(cost_usd)s, with %(figure)s, %(evidence)s."
        ),
        "cheapest.budget": _lt(
            "No provider within %(budget_usd)s reaches the quality of %(needed)s that is needed; "
            "%(name)s costs least, about %(cost_usd)s, with %(figure)s, %(evidence)s."
        ),
        "nearest": _lt(
            "No provider reaches the quality of %(needed)s that is needed; %(name)s comes nearest "
            "with %(figure)s, %(evidence)s, for about %(cost_usd)s."
        ),
        "nearest.budget": _lt(
            "No provider within %(budget_usd)s reaches the quality of %(needed)s that is needed; "
            "%(name)s comes nearest with %(figure)s, %(evidence)s, for about %(cost_usd)s."
        ),
        # of an efficient and a strong provider
        "two.alone": _lt(
            "%(name)s is the only one that can be asked: about %(cost_usd)s for %(figure)s, "
            "%(evidence)s, where %(needed)s is needed."
        ),
        "two.enough": _lt(
            "%(name)s is good enough for this request: about %(cost_usd)s for %(figure)s, "
            "%(evidence)s, where %(needed)s is needed; %(other)s would cost about %(other_usd)s."
        ),
        "two.poorer": _lt(
            "%(name)s is worth its price for this request: %(other)s would cost about "
            "%(other_usd)s and reach only %(other_quality)s of 100 where %(needed)s is needed; "
            "here it is about %(cost_usd)s for %(figure)s, %(evidence)s."
        ),
        "two.poorer_rated": _lt(
            "%(name)s is worth its price for this request: %(other)s would cost about "
            "%(other_usd)s and reach only %(other_quality)s of 100 (%(other_lower)s to "
            "%(other_upper)s), %(other_evidence)s, where %(needed)s is needed; here it is about "
            "%(cost_usd)s for %(figure)s, %(evidence)s."
        ),
        "two.barred": _lt(
            "%(name)s takes this request, as %(other)s cannot (%(why)s): about %(cost_usd)s for "
            "%(figure)s, %(evidence)s."
        ),
        "two.nearest": _lt(
            "Neither %(name)s nor %(other)s gives this request the quality of %(needed)s that is "
            "needed within what it may cost; %(name)s comes nearest with %(figure)s, %(evidence)s, "
            "for about %(cost_usd)s."
        ),
        "two.cheapest": _lt(
            "Neither %(name)s nor %(other)s gives this request the quality of %(needed)s that is "
            "needed within what it may cost; %(name)s costs least, about %(cost_usd)s, with "
            "%(figure)s, %(evidence)s."
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
        quality, needed = _points_below(option.quality.decides, need.needed)
        return Sentence("not.reached", quality=quality, needed=needed)
    if option.cost == choice.cost:
        return Sentence("not.better")
    if option.cost < choice.cost:
        quality, best = round(option.quality.mean), round(choice.quality.mean)
        return Sentence("not.point", cost_usd=amount, quality=quality, best=best)
    if choice.cost and option.cost / choice.cost >= Decimal("1.5"):
        times = round(float(option.cost / choice.cost), 1)
        return Sentence("not.cost_times", cost_usd=amount, times=times)
    return Sentence("not.cost", cost_usd=amount)


def of_two(choice, others, need, today):
    """Why the choice of an efficient and a strong provider; without a second one it is alone."""
    facts = _facts(choice, need, today)
    if not others:
        return Sentence("two.alone", **facts)
    other = others[0]
    facts["other"] = other.candidate.name
    if not choice.meets_quality:
        code = "cheapest" if need.nothing_suits == "cheapest" else "nearest"
        return Sentence(f"two.{code}", **facts)
    if other.barred:
        return Sentence("two.barred", why=other.barred, **facts)
    facts["other_usd"] = float(other.cost)
    if not other.within_budget:
        why = Sentence(
            "not.budget", cost_usd=facts.pop("other_usd"), budget_usd=float(need.max_budget_usd)
        )
        return Sentence("two.barred", why=why, **facts)
    if other.meets_quality:
        return Sentence("two.enough", **facts)
    return _poorer("two.poorer", other, need, today, facts)


def _facts(choice, need, today):
    return {
        "name": choice.candidate.name,
        "cost_usd": float(choice.cost),
        "figure": figure(choice.quality, need.difficulty),
        "evidence": evidence(choice.ability, choice.candidate.evidence.since, today),
        "needed": _points(need.needed),
    }


def reason(choice, others, need, configured, today):
    """Why the choice, against the configured provider or else the next best."""
    facts = _facts(choice, need, today)
    if not choice.meets_quality:
        code = "cheapest" if need.nothing_suits == "cheapest" else "nearest"
        if need.max_budget_usd is None:
            return Sentence(code, **facts)
        return Sentence(f"{code}.budget", budget_usd=float(need.max_budget_usd), **facts)
    other = _compared(others, configured)
    if other is None:
        return Sentence("best", **facts)
    facts["other"] = other.candidate.name
    if other.barred:
        return Sentence("best.barred", why=other.barred, **facts)
    facts["other_usd"] = float(other.cost)
    if not other.meets_quality:
        return _poorer("best.poorer", other, need, today, facts)
    if not other.within_budget:
        return Sentence("best.beyond", budget_usd=float(need.max_budget_usd), **facts)
    return Sentence("best.dearer", other_quality=round(other.quality.mean), **facts)


def _poorer(code, other, need, today, facts):
    """The other one falls short; where ratings say so, they are named as those of the choice."""
    quality, facts["needed"] = _points_below(other.quality.decides, need.needed)
    if not other.ability.rated:
        return Sentence(code, other_quality=quality, **facts)
    return Sentence(
        f"{code}_rated",
        other_quality=quality,
        other_lower=round(other.quality.lower),
        other_upper=round(other.quality.upper),
        other_evidence=evidence(other.ability, other.candidate.evidence.since, today),
        **facts,
    )


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


def _points_below(value, needed):
    """Both as points; with as many digits as it takes to show that the first falls short."""
    shown, bar = round(value), _points(needed)
    return (shown, bar) if shown < bar else (round(value, 1), bar)


def figure(quality, difficulty=None):
    """A ``quality.Chance`` with its interval, and the difficulty that it is of, as a phrase."""
    level = "ordinary"
    if difficulty is not None:
        level = "easy" if difficulty < EASY else "ordinary" if difficulty <= TURN else "demanding"
    return Sentence(
        "figure",
        quality=round(quality.mean),
        lower=round(quality.lower),
        upper=round(quality.upper),
        difficulty=Sentence(f"at.{level}"),
    )


def evidence(ability, since=None, today=None):
    """What a ``quality.Ability`` rests on, as a phrase; ``since``: day of the first call."""
    basis, rated = _basis(ability), _ratings(ability, since, today)
    if rated:
        if basis is None:
            return Sentence("evidence.rated", ratings=rated)
        return Sentence("evidence.rated_basis", ratings=rated, basis=basis)
    if basis is None:
        return Sentence("evidence.assumed")
    return Sentence("evidence.basis", basis=basis)


def told(ability, quality, since=None, today=None):
    """Quality of an ordinary request and what it rests on, as one sentence."""
    return Sentence("told", figure=figure(quality), evidence=evidence(ability, since, today))


def _basis(ability):
    if ability.basis == "given":
        return Sentence("basis.given")
    if ability.basis == "kin":
        return Sentence("basis.kin", like=ability.like)
    if ability.basis != "published":
        return None
    if ability.tables <= 1:
        return Sentence("basis.published_one")
    if ability.origins <= 1:
        return Sentence("basis.published_origin", tables=ability.tables)
    return Sentence("basis.published", tables=ability.tables, origins=ability.origins)


def _ratings(ability, since, today):
    if not ability.rated:
        return None
    code, facts = "ratings.many", {"rated": round(ability.rated)}
    if facts["rated"] <= 1:
        code, facts = "ratings.one", {}
    if not since:
        return Sentence(code, **facts)
    day = since.isoformat()
    if today and today.year == since.year:
        return Sentence(f"{code}_since", since_day=day, **facts)
    return Sentence(f"{code}_since_year", since_date=day, **facts)


def _compared(others, configured):
    """The configured provider, else the next best that could take the call."""
    own = next((o for o in others if o.candidate.key == configured), None)
    return own or next((o for o in others if o.is_fit), None)
