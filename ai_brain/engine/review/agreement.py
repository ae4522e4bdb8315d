"""How far two reviewers of the same answers agree, beyond what chance would bring."""

import random
from typing import NamedTuple

#: Draws that the interval is read from.
DRAWS = 4000


class Agreement(NamedTuple):
    """``pairs``: answers that two people judged; ``agreed``: those on which they said the same.

    ``raw``: the share of these; ``kappa``: Cohen's; ``low``, ``high``: the 95 % interval of kappa.
    All four are None without a pair; ``kappa`` and its interval also where both said the same of
    every answer, right or wrong alone: then there is nothing that chance could be told from.
    """

    pairs: int
    agreed: int
    raw: float | None
    kappa: float | None
    low: float | None
    high: float | None


def agreement(both_right, first_right, second_right, both_wrong):
    """Return the ``Agreement`` of a table of counts.

    Cohen's kappa: J. Cohen, "A coefficient of agreement for nominal scales", Educational and
    Psychological Measurement 20 (1960), 37-46. The interval holds for few pairs and for full
    agreement too, where the usual standard error is 0: kappa of tables drawn from the posterior of
    the four shares under Jeffreys' prior (S. Basu, M. Banerjee, A. Sen, "Bayesian inference for
    kappa from single and multiple studies", Biometrics 56 (2000), 577-582).

    :param int first_right: answers that the first reviewer alone found right
    :param int second_right: answers that the second one alone found right

    >>> found = agreement(20, 5, 10, 15)
    >>> found.pairs, found.agreed, found.raw, round(found.kappa, 3)
    (50, 35, 0.7, 0.4)
    >>> round(found.low, 2), round(found.high, 2)
    (0.13, 0.61)
    >>> few = agreement(3, 0, 0, 2)
    >>> few.kappa, few.low < 0.5 < few.high
    (1.0, True)
    >>> agreement(9, 0, 0, 0)
    Agreement(pairs=9, agreed=9, raw=1.0, kappa=None, low=None, high=None)
    >>> agreement(0, 0, 0, 0)
    Agreement(pairs=0, agreed=0, raw=None, kappa=None, low=None, high=None)
    """
    counts = (both_right, first_right, second_right, both_wrong)
    pairs, agreed = sum(counts), both_right + both_wrong
    if not pairs:
        return Agreement(0, 0, None, None, None, None)
    found = _kappa([count / pairs for count in counts])
    if found is None:
        return Agreement(pairs, agreed, agreed / pairs, None, None, None)
    draw = random.Random(repr(counts))  # the same table, the same interval
    drawn = []
    for _time in range(DRAWS):
        shares = [draw.gammavariate(count + 0.5, 1.0) for count in counts]
        whole = sum(shares)
        drawn.append(_kappa([share / whole for share in shares]) or 0.0)
    drawn.sort()
    low, high = drawn[round(0.025 * DRAWS)], drawn[round(0.975 * DRAWS) - 1]
    # the point lies at the edge of what was drawn where both agreed throughout
    return Agreement(pairs, agreed, agreed / pairs, found, min(low, found), max(high, found))


def _kappa(shares):
    both, first, second, neither = shares
    by_chance = (both + first) * (both + second) + (neither + first) * (neither + second)
    if by_chance >= 1:
        return None
    return (both + neither - by_chance) / (1 - by_chance)
