"""Where did a call spend tokens that it did not need? Seven rules, each a small class.

A rule is called with the :class:`Exchange` and its :class:`History` and returns a
:class:`Finding` or None. It prefers silence to a guess: a finding asks a person to change
something. :func:`analyze` runs them under a deadline and settles what overlaps, so that the
savings never add up to more than the call cost. The rules have a file for each kind of waste:
``repeat``, ``context``, ``history``, ``prefix``, ``model``, ``waiting``.
"""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

from .context import OversizedContext, RedundantContext
from .history import UnnecessaryHistory
from .model import WrongModel
from .prefix import BrokenPrefix
from .repeat import DuplicateQuery
from .types import Report, TimeUp
from .waiting import CouldWait

RULES = (
    DuplicateQuery(),
    RedundantContext(),
    UnnecessaryHistory(),
    OversizedContext(),
    BrokenPrefix(),
    WrongModel(),
    CouldWait(),
)

#: They judge the input as a whole, which contains what others judge.
_WHOLE_INPUT = (OversizedContext.type, BrokenPrefix.type)


def analyze(call, history, rules=RULES, deadline_s=None, clock=time.monotonic):
    """Run the rules and return a :class:`Report`.

    Rules that need a text that was not kept, and those that ``deadline_s`` (seconds from now)
    left no time for, are named in ``not_assessed``: it is looked at before each rule and inside its
    loops. A rule that raises is named there too: a report never fails a call. Overlaps: a
    repeated call wastes all of itself and leaves nothing to the others; findings about the input
    claim its tokens once, the largest first; a cheaper model saves its share of what then remains,
    and a batch its share of what remains after that.
    """
    end = clock() + deadline_s if deadline_s is not None else None
    if end is not None:

        def tick():
            if clock() > end:
                raise TimeUp

        call = replace(call, tick=tick)
    found, not_assessed = [], []
    for rule in rules:
        blind = rule.needs_text and (call.messages is None or call.answer is None)
        if blind or (end is not None and clock() > end):
            not_assessed.append(rule.type)
            continue
        try:
            finding = rule(call, history)
        except Exception:
            not_assessed.append(rule.type)
            continue
        if finding:
            found.append(finding)
    findings = _settle(call, found)
    # a correction may have given money back: nothing can be saved of it
    cost = max(call.cost, Decimal(0))
    savings = min(cost, sum((f.cost_wasted for f in findings), Decimal(0)))
    if cost:
        score = float(100 * savings / call.cost)
    else:
        total = call.input_tokens + call.output_tokens
        wasted = sum(f.tokens_wasted for f in findings)
        score = 100.0 * min(1.0, wasted / total) if total else 0.0
    return Report(tuple(findings), round(score, 1), savings, tuple(not_assessed))


def _settle(call, found):
    """Give each finding the tokens and the money that no other one has claimed."""
    whole = [f for f in found if f.basis == "call"]
    if whole:
        rest = [
            f._replace(tokens_wasted=0, cost_wasted=Decimal(0)) for f in found if f not in whole
        ]
        return [whole[0], *rest]
    settled = []
    tokens_left, money_left = call.input_tokens, min(call.input_cost, call.cost)
    per_token = money_left / call.input_tokens if call.input_tokens else Decimal(0)
    inputs = sorted((f for f in found if f.basis == "input"), key=lambda f: -f.tokens_wasted)
    # Blocks and turns are distinct text; the size of the whole context contains them.
    inputs.sort(key=lambda f: f.type in _WHOLE_INPUT)
    claimed = 0
    for finding in inputs:
        tokens = finding.tokens_wasted
        if finding.type in _WHOLE_INPUT:
            tokens = max(0, tokens - claimed)
        tokens = min(tokens, tokens_left)
        if not tokens:
            continue
        claimed += tokens
        tokens_left -= tokens
        settled.append(
            finding._replace(tokens_wasted=tokens, cost_wasted=min(money_left, tokens * per_token))
        )
    spent = sum((f.cost_wasted for f in settled), Decimal(0))
    for finding in (f for f in found if f.basis == "model"):
        remaining = (call.cost - spent) / call.cost if call.cost else Decimal(0)
        saved = finding.cost_wasted * remaining
        settled.append(finding._replace(cost_wasted=saved))
        spent += saved
    return settled
