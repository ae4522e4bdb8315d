"""Who would have answered, under a policy that is asked about: plain rules, no texts.

>>> policy = Policy(moves=(Move(agent=7, old=None, new=3), Move(agent=None, old=1, new=2)))
>>> policy.answerer(7, 1), policy.answerer(8, 1), policy.answerer(8, 5)
(3, 2, 5)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ..choice.quality import quality
from ..choice.ranking import TIERS


class Move(NamedTuple):
    """Calls of ``agent`` (None: any) that ``old`` (None: any) answered go to ``new``; all ids."""

    agent: int | None
    old: int | None
    new: int


class Offer(NamedTuple):
    """A provider that may answer: its id, and its tier."""

    key: int
    tier: str


@dataclass(frozen=True)
class Policy:
    """``moves``: the first that fits counts. ``only``: :class:`Offer` of the providers that may
    answer at all, e.g. another vendor's; whoever is none of them is replaced by the one of the
    nearest tier, the stronger of two that are as near, the first of those that are alike.
    ``tiers``: id to tier of the others."""

    moves: tuple = ()
    only: tuple = ()
    tiers: tuple = ()

    def answerer(self, agent, provider):
        """Return the id of who would answer a call of ``agent`` that ``provider`` answered.

        >>> other = Policy(only=(Offer(8, "efficient"), Offer(9, "premium")),
        ...                tiers=((1, "premium"), (2, "efficient"), (3, "standard")))
        >>> [other.answerer(None, provider) for provider in (1, 2, 3, 8)]
        [9, 8, 9, 8]
        """
        for move in self.moves:
            if move.agent in (None, agent) and move.old in (None, provider):
                provider = move.new
                break
        if not self.only or any(offer.key == provider for offer in self.only):
            return provider
        at = _rank(dict(self.tiers).get(provider))
        return min(self.only, key=lambda one: (abs(_rank(one.tier) - at), -_rank(one.tier))).key

    @property
    def changes_answerer(self):
        return bool(self.moves or self.only)


def _rank(tier):
    return TIERS.index(tier) if tier in TIERS else TIERS.index("standard")


@lru_cache(maxsize=4096)
def _chance(ability, complexity):
    return quality(ability, complexity)


def expected(counts, ability_of):
    """Return (calls, sum of the chances of a good answer, sums of the lower and upper ends).

    Each call's chance is that of ``choice.quality`` at its complexity. The ends are added up, too:
    what is not known of a model's ability is the same for all its calls, so it does not average
    out; the mean of the ends is where the mean may lie (90 % each side, rather wider than needed
    where several models answer).

    :param counts: (provider id, complexity 0..1, calls)
    :param ability_of: function of a provider id: its ``choice.quality.Ability``, None: not known

    >>> from engine.choice.quality import Ability
    >>> calls, mean, low, high = expected([(1, 0.45, 2)], lambda key: Ability(0.0, 0.5))
    >>> calls, round(mean), round(low), round(high)
    (2, 150, 125, 169)
    """
    calls, sums = 0, [0.0, 0.0, 0.0]
    for provider, complexity, count in counts:
        ability = ability_of(provider)
        if ability is None:
            continue
        chance = _chance(ability, complexity)
        calls += count
        for place, value in enumerate((chance.mean, chance.lower, chance.upper)):
            sums[place] += count * value
    return (calls, *sums)
