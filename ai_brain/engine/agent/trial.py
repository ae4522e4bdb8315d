"""What a trial of another policy came to, in words for whoever pays for the calls.

Arm A is the agent as it is, arm B what is on trial. Each figure stands with the interval that its
mean lies in with 95 %; which arm is the better choice is for ``choice.experiments.weigh``, whose
verdict holds at every look.
"""

from __future__ import annotations

from ..base.sentence import Sentence, _lt, declare
from ..choice.experiments import mean_interval
from ..choice.ranking import wilson

Z = 1.96
MONTH = 30

declare(
    {
        "tried.none": _lt("No call has been on trial yet."),
        "tried.alone": _lt(
            "All calls so far were on trial (%(calls)s), so there is nothing to compare them with."
        ),
        "tried.cost": _lt(
            "On trial a call cost %(b_usd)s on average (%(b)s calls), as it is %(a_usd)s (%(a)s)."
        ),
        "tried.less": _lt(
            "For all calls of the agent that is about %(month_usd)s a month less (estimated)."
        ),
        "tried.more": _lt(
            "For all calls of the agent that is about %(month_usd)s a month more (estimated)."
        ),
        "tried.apply": _lt("What is on trial is the better choice."),
        "tried.leave": _lt("The agent is better left as it is."),
        "tried.open": _lt("Neither is shown to be the better choice yet."),
        "tried.arms": _lt("In detail (A: as it is, B: on trial):"),
        "tried.usd": _lt("%(mean_usd)s, between %(low_usd)s and %(high_usd)s"),
        "tried.usd_once": _lt("%(mean_usd)s (one call)"),
        "tried.rated": _lt("%(mean)s of 100, between %(low)s and %(high)s (%(ratings)s ratings)"),
        "tried.rated_once": _lt("%(mean)s of 100 (one rating)"),
        "tried.time": _lt("%(mean_ms)s, between %(low_ms)s and %(high_ms)s"),
        "tried.time_once": _lt("%(mean_ms)s (one call)"),
        "tried.errors": _lt("%(mean)s%%, between %(low)s%% and %(high)s%%"),
    }
)


def figures(outcome):
    """Return ``{'cost', 'quality', 'time', 'errors': Sentence or ''}`` of an arm.

    :param outcome: ``choice.experiments.Outcome``

    >>> from ..choice.experiments import Arm, Outcome
    >>> said = figures(Outcome(calls=4, errors=1, cost=Arm(3, 0.03, 0.00038)))
    >>> str(said["cost"]), str(said["errors"]), said["quality"]
    ('$0.01, between $0.0028 and $0.017', '25.0%, between 4.6% and 69.9%', '')

    An amount keeps its digits: it is rounded once, in the currency of whoever reads it.

    >>> figures(Outcome(calls=1, cost=Arm(1, 0.0123456, 0.00015241)))["cost"].args
    {'mean_usd': 0.0123456}
    """
    said = {
        "cost": _mean(outcome.cost, "tried.usd", "_usd"),
        "quality": _mean(outcome.quality, "tried.rated", places=0, most=100),
        "time": _mean(outcome.time, "tried.time", "_ms", places=0),
        "errors": "",
    }
    if outcome.calls:
        low, high = wilson(outcome.errors, outcome.calls, Z)
        shares = {"mean": outcome.errors / outcome.calls, "low": low, "high": high}
        said["errors"] = Sentence(
            "tried.errors", **{name: _rounded(100 * share, 1) for name, share in shares.items()}
        )
    return said


def _mean(arm, code, unit="", places=None, most=float("inf")):
    mean, low, high = mean_interval(arm.n, arm.total, arm.squares, Z)
    if mean is None:
        return ""
    if low is None:
        return Sentence(f"{code}_once", **{f"mean{unit}": _rounded(mean, places)})
    low, high = max(0.0, low), min(most, high)
    values = {"mean": mean, "low": low, "high": high}
    args = {f"{name}{unit}": _rounded(value, places) for name, value in values.items()}
    if code == "tried.rated":
        args["ratings"] = arm.n
    return Sentence(code, **args)


def _rounded(value, places):
    if places is None:
        return value
    return round(value, places) if places else round(value)


def summary(a, b, verdict, days):
    """Return in a tuple of sentences what a trial came to.

    :param a, b: ``choice.experiments.Outcome`` of the agent as it is and of what is tried
    :param verdict: what ``choice.experiments.weigh`` says of the two
    :param float days: how long the trial has run
    """
    if not b.calls:
        return (Sentence("tried.none"),)
    if not a.calls:
        return (Sentence("tried.alone", calls=b.calls),)
    costs = {"a_usd": a.cost.mean, "b_usd": b.cost.mean}
    said = [Sentence("tried.cost", a=a.calls, b=b.calls, **costs)]
    if any(one.code == "trial.cost" for one in verdict.said):
        month = (a.cost.mean - b.cost.mean) * (a.calls + b.calls) * MONTH / max(days, 1.0)
        code = "tried.less" if month > 0 else "tried.more"
        said.append(Sentence(code, month_usd=abs(month)))
    said.append(
        Sentence({"a": "tried.leave", "b": "tried.apply"}.get(verdict.winner, "tried.open"))
    )
    return (*said, Sentence("tried.arms"), *verdict.said)
