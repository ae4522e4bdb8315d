"""How good a router is: what it recovers of the strong model's lead, in plain Python."""


def shares_above(scores):
    """For each prompt the share of all thresholds at which it goes to the strong model.

    The best prompt of n goes up at all but the first of them; ties share their places.

    >>> shares_above([0.9, 0.1, 0.5, 0.5])
    [0.875, 0.125, 0.5, 0.5]
    """
    n = len(scores)
    order = sorted(range(n), key=scores.__getitem__)
    result = [0.0] * n
    start = 0
    while start < n:
        end = start
        while end < n and scores[order[end]] == scores[order[start]]:
            end += 1
        for place in order[start:end]:
            result[place] = (start + end) / 2 / n
        start = end
    return result


def apgr(scores, gains):
    """Mean over all thresholds of the share of the gap between weak and strong that is recovered
    (RouteLLM's "average performance gap recovered", without steps): random is .5, 1 needs that
    only the prompts of the lowest scores have no gain. ``gains``: strong minus weak, by prompt.
    """
    total = sum(gains)
    if not total:
        return float("nan")
    return sum(s * g for s, g in zip(shares_above(scores), gains)) / total


def apgr_error(scores, gains):
    """Standard error of ``apgr``: of a ratio of sums over the prompts, their places held."""
    total, middle = sum(gains), apgr(scores, gains)
    spread = sum(((s - middle) * g) ** 2 for s, g in zip(shares_above(scores), gains))
    return spread**0.5 / abs(total) if total else float("nan")


def kept_by_chance(weak, strong, share=0.6):
    """``kept`` of a router that knows nothing, over all its draws: exact, where one draw is not.

    >>> kept_by_chance([0, 1], [1, 1])
    0.8
    """
    return (share * sum(strong) + (1 - share) * sum(weak)) / sum(strong)


def kept(scores, weak, strong, share=0.6):
    """The share of the strong model's score that is kept when ``share`` of the prompts, those of
    the highest scores, go to it and the others to the weak one."""
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    up = round(share * len(order))
    got = sum(strong[i] for i in order[:up]) + sum(weak[i] for i in order[up:])
    return got / sum(strong)
