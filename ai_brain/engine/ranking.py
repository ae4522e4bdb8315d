"""Which provider for this call? Candidates and a need go in, a recommendation comes out.

Quality is evidence. A provider's prior (0..100, from its record) counts like
:data:`PRIOR_STRENGTH` rated calls; ratings move it: the posterior mean of a normal model with
unknown variance (normal-inverse-gamma; K. Murphy, "Conjugate Bayesian analysis of the Gaussian
distribution", 2007, section 3). What has to reach the bar is the lower end: the mean less 1.2816
standard errors (90 % one-sided) of that shrunken mean. Without ratings this error is 0 and the
prior's mean decides; with thousands the prior is irrelevant. Price never enters the quality, and
technical errors never do either: they make a provider dearer, as failed calls are repeated.
"""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .pricing import UNPRICED, Price, cost, format_usd
from .usage import TokenUsage

PRIOR_STRENGTH = 8
PRIOR_DEVIATION = 20.0
OTHER_LEVELS = 0.25  # what a rating at another level of complexity counts
LOWER_Z = 1.2816
DEFAULT_OUTPUT_TOKENS = 400  # expected answer of a provider that has no history yet
ENOUGH_HISTORY = 5
TIERS = ("efficient", "standard", "premium")
BARS = {"low": 60.0, "medium": 75.0, "high": 90.0}
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class Evidence(NamedTuple):
    """What a provider did, as sums over its calls.

    ``rated``, ``rating_sum`` and ``rating_squares`` are of ratings 0..100, weighted or not;
    ``output_sum`` (tokens, reasoning included) and ``latency_sum`` (ms) are of the ``answered``.
    """

    calls: int = 0
    errors: int = 0
    answered: int = 0
    output_sum: float = 0
    latency_sum: float = 0
    rated: float = 0
    rating_sum: float = 0.0
    rating_squares: float = 0.0
    since: date | None = None


NO_EVIDENCE = Evidence()


class Quality(NamedTuple):
    """Posterior ``mean`` and its ends, 0..100, from ``rated`` ratings."""

    mean: float
    lower: float
    upper: float
    rated: float


class Candidate(NamedTuple):
    """One provider. ``evidence`` counts every call; ``quality_evidence`` has the ratings as
    weighted for the complexity at hand (those of another level count :data:`OTHER_LEVELS`), by
    default the same."""

    key: int
    name: str
    price: Price | None
    prior: float = 80.0
    tier: str = "standard"
    context_window: int = 0
    max_output_tokens: int = 0
    tools: bool = True
    sandbox: bool = False
    evidence: Evidence = NO_EVIDENCE
    quality_evidence: Evidence | None = None


class Need(NamedTuple):
    """What the call needs. ``bar`` is the least quality before complexity raises it; ``tier``
    and ``user_tier`` are the highest tiers allowed; 0 or None elsewhere means no demand."""

    context_tokens: int
    bar: float = BARS["medium"]
    complexity: float | None = None
    max_budget_usd: Decimal | None = None
    max_latency_ms: int | None = None
    min_context_window: int | None = None
    max_tokens: int | None = None
    tools: bool = False
    tier: str | None = None
    user_tier: str | None = None

    @property
    def needed(self):
        """The bar, raised by up to 40 % of its distance to 100 for a demanding prompt.

        >>> Need(0, bar=75).needed, Need(0, bar=75, complexity=1.0).needed
        (75, 85.0)
        """
        above = max(0.0, (self.complexity or 0.0) - 0.3) / 0.7
        return self.bar + 0.4 * (100 - self.bar) * above if above else self.bar


class Option(NamedTuple):
    """A candidate, judged. ``why_not`` is '' for the recommended one."""

    candidate: Candidate
    cost: object  # Decimal or UNPRICED
    output_tokens: int
    quality: Quality
    meets_quality: bool
    within_budget: bool
    barred: str = ""
    why_not: str = ""


class Ranking(NamedTuple):
    """``choice`` is None where nothing is suitable; ``reasoning`` says why in every case."""

    choice: Option | None
    alternatives: tuple
    reasoning: str


def posterior(prior, evidence):
    """Quality of a provider with this prior and these ratings.

    >>> posterior(80, Evidence())
    Quality(mean=80.0, lower=80.0, upper=80.0, rated=0)
    >>> round(posterior(60, Evidence(rated=1, rating_sum=100, rating_squares=10_000)).mean, 1)
    64.4
    """
    n, k = evidence.rated, PRIOR_STRENGTH
    prior = min(100.0, max(0.0, float(prior)))
    if n <= 0:
        return Quality(prior, prior, prior, 0)
    sample = evidence.rating_sum / n
    spread = max(0.0, evidence.rating_squares - n * sample * sample)
    mean = (k * prior + n * sample) / (k + n)
    variance = (k * PRIOR_DEVIATION**2 + spread + k * n / (k + n) * (sample - prior) ** 2) / (k + n)
    error = LOWER_Z * n / (n + k) * math.sqrt(variance / n)
    return Quality(mean, max(0.0, mean - error), min(100.0, mean + error), n)


def wilson(successes, n, z=LOWER_Z):
    """(lower, upper) of a proportion: E. B. Wilson, JASA 22 (1927), 209-212.

    >>> [round(x, 3) for x in wilson(5, 10, z=1.96)]
    [0.237, 0.763]
    """
    if n <= 0:
        return 0.0, 1.0
    share, square = successes / n, z * z / n
    middle = (share + square / 2) / (1 + square)
    half = z / (1 + square) * math.sqrt(share * (1 - share) / n + square / (4 * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def expected_output(evidence, max_tokens=None, limit=0):
    """Tokens of answer to expect: the history's mean from five calls on, before that blended
    with :data:`DEFAULT_OUTPUT_TOKENS`; never above what the call or the model allows."""
    n = evidence.answered
    mean = evidence.output_sum / n if n else DEFAULT_OUTPUT_TOKENS
    if n < ENOUGH_HISTORY:
        mean = (n * mean + (ENOUGH_HISTORY - n) * DEFAULT_OUTPUT_TOKENS) / ENOUGH_HISTORY
    expected = math.ceil(mean)
    if max_tokens and max_tokens < expected:
        expected = max_tokens
    return min(expected, limit) if limit else expected


def judge(candidate, need, needed):
    """An :class:`Option` with its cost, quality and what bars it; ``why_not`` is left empty."""
    evidence = candidate.evidence
    output = expected_output(evidence, need.max_tokens, candidate.max_output_tokens)
    amount = cost(TokenUsage(input=need.context_tokens, output=output), candidate.price)
    quality = posterior(candidate.prior, candidate.quality_evidence or evidence)
    window = candidate.context_window
    barred = ""
    if amount is UNPRICED:
        barred = "has no known price"
    elif window and need.context_tokens + min(output, need.max_tokens or output) > window:
        barred = f"takes at most {window:,} tokens of context"
    elif window and need.min_context_window and window < need.min_context_window:
        barred = f"its context window of {window:,} tokens is below {need.min_context_window:,}"
    elif need.tools and not candidate.tools:
        barred = "cannot call tools"
    elif (need.tier or need.user_tier) and (too_high := _above_tier(candidate.tier, need)):
        barred = f"its tier {candidate.tier} is above the allowed {too_high}"
    elif need.max_latency_ms and evidence.answered >= ENOUGH_HISTORY:
        latency = evidence.latency_sum / evidence.answered
        if latency > need.max_latency_ms:
            barred = f"answers in {latency:,.0f} ms on average, above {need.max_latency_ms:,} ms"
    budget = need.max_budget_usd
    within = amount is not UNPRICED and (budget is None or amount <= budget)
    meets = quality.lower >= needed - 1e-9
    return Option(candidate, amount, output, quality, meets, within, barred)


def _above_tier(tier, need):
    allowed = [t for t in (need.tier, need.user_tier) if t in TIERS]
    lowest = min(allowed, key=TIERS.index, default=None)
    if lowest and TIERS.index(tier if tier in TIERS else "standard") > TIERS.index(lowest):
        return lowest
    return None


def _sort_key(option):
    """Cost of a point of quality, then quality: zeros and ties go to the better one."""
    quality = option.quality.mean
    evidence = option.candidate.evidence
    errors = wilson(evidence.errors, evidence.calls)[0] if evidence.errors else 0.0
    amount = float(option.cost)
    if amount == 0:
        ratio = 0.0
    elif quality <= 0:
        ratio = math.inf
    else:
        # Nine digits: figures that differ by rounding alone are a tie.
        ratio = float(f"{amount / quality / max(0.01, 1 - errors):.9g}")
    return ratio, -round(quality, 6), -option.quality.rated


def rank(candidates, need, configured=None, today=None):
    """Recommend one of ``candidates`` (a sequence of :class:`Candidate`) for ``need``.

    The best is the one with the least cost per quality point among those that meet quality and
    budget. If none meets the quality, the one of best quality within the budget is given, its
    ``meets_quality`` False. ``configured`` is the key of the provider that would be used without
    advice, and ``today`` the date that evidence is dated against; both serve the sentence only.

    :return: Ranking; never raises on candidates that cannot be used
    """
    if any(not c.sandbox for c in candidates):
        candidates = [c for c in candidates if not c.sandbox]
    needed = need.needed
    options = [judge(candidate, need, needed) for candidate in candidates]
    usable = [o for o in options if not o.barred]
    affordable = [o for o in usable if o.within_budget]
    good = sorted((o for o in affordable if o.meets_quality), key=_sort_key)
    rest = sorted(
        (o for o in affordable if not o.meets_quality),
        key=lambda o: (-o.quality.lower, *_sort_key(o)),
    )
    choice = (good or rest or [None])[0]
    dear = sorted((o for o in usable if not o.within_budget), key=lambda o: o.cost)
    barred = [o for o in options if o.barred]
    others = [o for o in (*good, *rest, *dear, *barred) if o is not choice]
    alternatives = tuple(_with_reason(o, choice, need) for o in others)
    reasoning = _reasoning(choice, others, need, configured, today)
    return Ranking(choice, alternatives, reasoning)


def _with_reason(option, choice, need):
    if option.barred:
        why = option.barred
    elif not option.within_budget:
        why = f"{format_usd(option.cost)} is above the budget of {format_usd(need.max_budget_usd)}"
    elif not option.meets_quality:
        why = f"quality {option.quality.lower:.0f} of 100 at least, {_points(need.needed)} needed"
    elif option.cost == choice.cost:
        why = "costs the same, and its quality is no better"
    elif option.cost < choice.cost:
        why = (
            f"cheaper at {format_usd(option.cost)}, but a point of quality costs more: quality "
            f"{option.quality.mean:.0f} against {choice.quality.mean:.0f}"
        )
    else:
        why = f"meets the need too, but costs {format_usd(option.cost)}{_times(option, choice)}"
    return option._replace(why_not=why)


def _times(option, choice):
    if not choice.cost or option.cost / choice.cost < Decimal("1.5"):
        return ""
    return f", {float(option.cost / choice.cost):.1f} times as much"


def _points(value):
    return f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"


def _evidence_phrase(option, today):
    evidence = option.candidate.quality_evidence or option.candidate.evidence
    total = option.candidate.evidence
    rated = total.rated or evidence.rated
    if not rated:
        return "taken from its record, as no call was rated yet"
    count = f"{rated:,.0f} rated call" + ("" if round(rated) == 1 else "s")
    return f"based on {count}{_since(total.since, today)}"


def _since(day, today):
    if not day:
        return ""
    year = "" if today and today.year == day.year else f" {day.year}"
    return f" since {day.day} {MONTHS[day.month - 1]}{year}"


def _reasoning(choice, others, need, configured, today):
    needed = _points(need.needed)
    if need.complexity is not None and need.needed > need.bar:
        needed += f" (raised from {_points(need.bar)} as the request is demanding)"
    if choice is None:
        return _nothing(others, need)
    name, amount, quality = choice.candidate.name, format_usd(choice.cost), choice.quality
    evidence = _evidence_phrase(choice, today)
    figure = f"quality {quality.mean:.0f} of 100"
    if quality.rated and round(quality.lower) != round(quality.mean):
        figure += f" ({quality.lower:.0f} at least)"
    if not choice.meets_quality:
        return (
            f"No provider {_within(need)}reaches the quality of {needed} that is needed; {name} "
            f"comes nearest with {figure}, {evidence}, for about {amount}."
        )
    against = _against(choice, others, configured)
    return (
        f"{name} costs least for its quality: about {amount} for {figure}, {evidence}, where "
        f"{needed} is needed{against}."
    )


def _within(need):
    if need.max_budget_usd is None:
        return ""
    return f"within {format_usd(need.max_budget_usd)} "


def _against(choice, others, configured):
    """Compare with the configured provider, else with the next best."""
    priced = [o for o in others if o.cost is not UNPRICED]
    other = next((o for o in priced if o.candidate.key == configured), None)
    if other is None:
        other = next((o for o in priced if not o.barred and o.meets_quality), None)
    if other is None:
        return ""
    text = f"; {other.candidate.name} would cost about {format_usd(other.cost)}"
    if other.meets_quality:
        return text + f" for quality {other.quality.mean:.0f}"
    return text + f" and reaches only {other.quality.lower:.0f}"


def _nothing(others, need):
    if not others:
        return "There is no active provider for this task."
    dear = [o for o in others if not o.barred and o.cost is not UNPRICED]
    if dear:
        cheapest = min(dear, key=lambda o: o.cost)
        return (
            f"No provider fits the budget of {format_usd(need.max_budget_usd)}: the cheapest, "
            f"{cheapest.candidate.name}, would cost about {format_usd(cheapest.cost)}."
        )
    first = others[0]
    if len(others) == 1:
        return f"The only provider cannot take this call: {first.candidate.name} {first.barred}."
    return (
        f"None of {len(others)} providers can take this call; {first.candidate.name}, for "
        f"example, {first.barred}."
    )
