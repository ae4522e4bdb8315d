"""Which provider for this call? Candidates and a need go in, a recommendation comes out.

Quality is the chance of a good answer at the difficulty of the question (``quality``): a
candidate's ability, from published results or from somebody's word, moved by the ratings that its
calls got at each level of complexity. Price never enters it, and technical errors never do either:
they make a provider dearer, as failed calls are repeated.
"""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from ..base.sentence import Sentence
from ..price.pricing import UNPRICED, Price, Rates, cost
from ..price.sound import usage_of
from ..price.usage import TokenUsage
from .priors import UNKNOWN
from .quality import LOWER_Z, Ability, Chance, bar_for, posterior
from .quality import quality as chance_of
from .ranking_sentences import nothing, of_two, reason, tier_name, why_not

DEFAULT_OUTPUT_TOKENS = 400  # expected answer of a provider that has no history yet
ENOUGH_HISTORY = 5
TIERS = ("efficient", "standard", "premium")
NOTHING_SUITS = ("best", "cheapest")


class Evidence(NamedTuple):
    """What a provider did, as sums over its calls: ``output_sum`` (tokens, reasoning included)
    and ``latency_sum`` (ms) are of the ``answered``; ``since`` is the day of the first."""

    calls: int = 0
    errors: int = 0
    answered: int = 0
    output_sum: float = 0
    latency_sum: float = 0
    since: date | None = None


NO_EVIDENCE = Evidence()


class Candidate(NamedTuple):
    """One provider. ``ability`` is what was known before anybody rated it, ``ratings`` a tuple of
    (level, ``quality.Ratings``) pairs that move it. ``typical_latency_ms`` (0: unknown) is what
    somebody says of its speed; it counts until there is a history."""

    key: int
    name: str
    price: Price | None
    ability: Ability = UNKNOWN
    tier: str = "standard"
    context_window: int = 0
    max_output_tokens: int = 0
    tools: bool = True
    sandbox: bool = False
    evidence: Evidence = NO_EVIDENCE
    ratings: tuple = ()
    typical_latency_ms: int = 0
    lost_to: int | None = None  # key of the one that an experiment found to be the better choice


class Need(NamedTuple):
    """What the call needs. ``bar`` is the least quality that was asked for, None where nobody
    stated a need: then it follows the difficulty, by ``bars`` (the company's, see
    ``quality.bar_for``). ``shift`` moves the complexity to the difficulty that is judged by (a
    router's ``routing.shift``). ``nothing_suits`` says whether then the best or the cheapest is
    taken. ``tier`` and ``user_tier`` are the highest tiers allowed; 0 or None elsewhere means no
    demand. ``refusing``: keys of those whose format does not take what the call asks for.
    ``cached``: by key, how many of the context's tokens lie in a vendor's prompt cache. ``task``:
    what it is for; of speech, ``audio_seconds`` say how much."""

    context_tokens: int
    bar: float | None = None
    complexity: float | None = None
    max_budget_usd: Decimal | None = None
    max_latency_ms: int | None = None
    min_context_window: int | None = None
    max_tokens: int | None = None
    tools: bool = False
    tier: str | None = None
    user_tier: str | None = None
    bars: dict | None = None
    shift: float = 0.0
    nothing_suits: str = "best"
    refusing: frozenset = frozenset()
    cached: dict | None = None
    task: str = "chat"
    audio_seconds: int = 0

    @property
    def difficulty(self):
        """The complexity that quality is judged at, None where it is not known.

        >>> Need(0, complexity=0.4, shift=0.1).difficulty, Need(0).difficulty
        (0.5, None)
        """
        if self.complexity is None:
            return None
        return min(1.0, max(0.0, self.complexity + self.shift))

    @property
    def needed(self):
        """The bar, stated or following from the difficulty.

        >>> Need(0, bar=90).needed, Need(0).needed, Need(0, complexity=1).needed
        (90, 75.0, 63.0)
        """
        return bar_for(self.difficulty, self.bars) if self.bar is None else self.bar


class Option(NamedTuple):
    """A candidate, judged: its ``ability`` as ratings moved it, and the chance of a good answer
    (``quality``, 0..100). ``barred`` and ``why_not`` are each a Sentence, or '' where there is
    nothing to say."""

    candidate: Candidate
    cost: object  # Decimal or UNPRICED
    output_tokens: int
    ability: Ability
    quality: Chance
    meets_quality: bool
    within_budget: bool
    barred: object = ""
    why_not: object = ""

    @property
    def is_known(self):
        """Is its quality more than an assumption?"""
        return self.ability.is_known

    @property
    def is_fit(self):
        """Does it fit the need in everything?"""
        return self.meets_quality and self.within_budget and not self.barred


class Ranking(NamedTuple):
    """``choice`` is None where nothing is suitable; ``reasoning``, a Sentence, says why in every
    case."""

    choice: Option | None
    alternatives: tuple
    reasoning: str


@lru_cache(maxsize=4096)
def ability_of(prior, ratings):
    """``quality.posterior`` of a candidate's ability and ratings. The same until a rating comes,
    so it is kept from one call to the next."""
    return posterior(prior, dict(ratings)) if ratings else prior


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


def expected_latency(candidate):
    """Milliseconds to expect: the history's mean from five calls on, before that what is said of
    the provider; 0 where nobody knows.

    >>> expected_latency(Candidate(1, "A", None, typical_latency_ms=900))
    900
    """
    evidence = candidate.evidence
    if evidence.answered >= ENOUGH_HISTORY:
        return evidence.latency_sum / evidence.answered
    return candidate.typical_latency_ms


def judge(candidate, need, needed):
    """An :class:`Option` with its cost, quality and what bars it; ``why_not`` is left empty."""
    usage = _expected(candidate, need)
    output, amount = usage.output, cost(usage, candidate.price)
    ability = ability_of(candidate.ability, candidate.ratings)
    quality = chance_of(ability, need.difficulty)
    # what is no chat is read in pieces
    window = candidate.context_window if need.task == "chat" else 0
    barred = ""
    if amount is UNPRICED:
        barred = Sentence("bar.unpriced")
    elif window and need.context_tokens + min(output, need.max_tokens or output) > window:
        barred = Sentence("bar.window", window=window)
    elif window and need.min_context_window and window < need.min_context_window:
        barred = Sentence("bar.least_window", window=window, least=need.min_context_window)
    elif need.tools and not candidate.tools:
        barred = Sentence("bar.tools")
    elif candidate.key in need.refusing:
        barred = Sentence("bar.refusing")
    elif (need.tier or need.user_tier) and (too_high := _above_tier(candidate.tier, need)):
        barred = Sentence("bar.tier", tier=tier_name(candidate.tier), most=tier_name(too_high))
    elif need.max_latency_ms and (latency := expected_latency(candidate)) > need.max_latency_ms:
        barred = Sentence("bar.slow", latency_ms=round(latency), most_ms=need.max_latency_ms)
    budget = need.max_budget_usd
    within = amount is not UNPRICED and (budget is None or amount <= budget)
    meets = quality.decides >= needed - 1e-9
    return Option(candidate, amount, output, ability, quality, meets, within, barred)


def _expected(candidate, need):
    """The usage to expect: of a recording by its length, of an embedding what is sent."""
    if need.task == "voice_to_text":
        rates = candidate.price.rates if candidate.price else Rates()
        return usage_of(need.audio_seconds, rates)
    if need.task == "embedding":
        return _usage(need.context_tokens, 0)
    output = expected_output(candidate.evidence, need.max_tokens, candidate.max_output_tokens)
    cached = min(need.cached.get(candidate.key, 0), need.context_tokens) if need.cached else 0
    return _usage(need.context_tokens - cached, output, cached)


@lru_cache(maxsize=256)
def _usage(sent, answered, cached=0):
    # the same for most candidates of a ranking
    return TokenUsage(input=sent, output=answered, cache_read=cached)


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
    return ratio, -round(quality, 6), -option.ability.rated


def _heed_verdicts(options, configured):
    """Bar who lost an experiment to a provider that can take the call, however it is rated. The
    one that the call asked for stays: to leave it is the ranking's to say."""
    if not any(o.candidate.lost_to for o in options):
        return options
    able = {o.candidate.key: o.candidate.name for o in options if not o.barred and o.within_budget}
    return [
        o._replace(barred=Sentence("bar.verdict", name=able[o.candidate.lost_to]))
        if o.candidate.lost_to in able and o.candidate.key != configured and not o.barred
        else o
        for o in options
    ]


def rank(candidates, need, configured=None, today=None, of_pair=False):
    """Recommend one of ``candidates`` (a sequence of :class:`Candidate`) for ``need``.

    The best is the one with the least cost per quality point among those that meet quality and
    budget. ``configured`` is the key of the provider that would be used without advice: where it
    fits the need itself, nothing dearer is recommended. If none meets the quality, the one of best
    quality within the budget, or the cheapest, is given (``need.nothing_suits``), its
    ``meets_quality`` False. ``today`` is the date that evidence is dated against, for the sentence.

    ``of_pair``: the candidates are an efficient and a strong provider that somebody has chosen to
    stand beside each other. Then the cheaper of them that fits is taken, whatever a point of
    quality costs: the stronger one where the request is too hard for the other.

    :return: Ranking; never raises on candidates that cannot be used
    """
    choice, others = _ordered(candidates, need, configured, of_pair)
    alternatives = tuple(Option(*o[:-1], why_not(o, choice, need)) for o in others)
    if choice is None:
        return Ranking(None, alternatives, nothing(others, need))
    if of_pair:
        return Ranking(choice, alternatives, of_two(choice, others, need, today))
    return Ranking(choice, alternatives, reason(choice, others, need, configured, today))


def best(candidates, need, configured=None, of_pair=False):
    """The choice of :func:`rank` alone, for who asks it of very many calls: nothing is worded."""
    return _ordered(candidates, need, configured, of_pair)[0]


def _ordered(candidates, need, configured, of_pair):
    """The chosen :class:`Option` or None, and the others in the order in which they stand."""
    if any(not c.sandbox for c in candidates):
        candidates = [c for c in candidates if not c.sandbox]
    needed = need.needed
    options = [judge(candidate, need, needed) for candidate in candidates]
    options = _heed_verdicts(options, configured)
    usable = [o for o in options if not o.barred]
    affordable = [o for o in usable if o.within_budget]
    good = sorted((o for o in affordable if o.meets_quality), key=_sort_key)
    own = next((o for o in good if o.candidate.key == configured), None)
    if of_pair:
        good.sort(key=lambda o: o.cost)
    elif own:
        good.sort(key=lambda o: o.cost > own.cost)  # stable: what is dearer stands behind
    rest = [o for o in affordable if not o.meets_quality]
    if need.nothing_suits == "cheapest":
        rest.sort(key=lambda o: (o.cost, -o.quality.decides))
    else:
        rest.sort(key=lambda o: (-o.quality.decides, *_sort_key(o)))
    choice = (good or rest or [None])[0]
    dear = sorted((o for o in usable if not o.within_budget), key=lambda o: o.cost)
    barred = [o for o in options if o.barred]
    return choice, [o for o in (*good, *rest, *dear, *barred) if o is not choice]
