#!/usr/bin/env python3
"""Fit the few weights of ai_brain/engine/choice/message_types.py on labelled messages.

    python3 tools/fit_message_types.py [--others FILE]

The labelled messages are message_types_dev.tsv, _dev2 and _after in
ai_brain/engine/tests/choice/data, never the test set. The cues were written by the hand that wrote
the messages, so the weights are fitted with half of the cues at a time: other people's messages
hold words that no cue foresaw. FILE holds everyday requests that are of no type, a language and a
message a line. The weights in use were fitted with some hundred a language of clinc/oos-eval
(CC BY 3.0), home-assistant/intents (CC BY 4.0) and small published chatbots, so that a request to
set an alarm is no goal. Prints the weights to put into ``_WEIGHTS`` and how the certainty fits what
is right; cross-fitted in five parts, for weights that never saw the message.
"""

import argparse
import math
import sys
import zlib
from itertools import repeat
from operator import mul
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "ai_brain"))

from engine.choice import message_types as mt  # noqa: E402
from engine.choice.message_stages import Sets, score  # noqa: E402

DATA = ROOT / "ai_brain/engine/tests/choice/data"
DEV = ("message_types_dev.tsv", "message_types_dev2.tsv", "message_types_after.tsv")
START = {
    "cues": 2.0,
    "hints": 1.0,
    "bayes": 1.0,
    "near": 1.5,
    "against": 2.0,
    "odd": 1.0,
    "about": 0.6,
}
PULL = 0.5  # towards START: the weights hold for types that nobody has written yet, too


def halved(types, half):
    """Types with every second cue: other people's messages hold words that no cue foresaw."""
    return mt.prepare(
        t._replace(
            cues={
                language: [c for c in lines if zlib.crc32(c.encode()) % 2 == half]
                for language, lines in t.cues.items()
            }
        )
        for t in types
    )


def _as_own(types, half=None):
    """Types as if a person had made them: what thousands of messages told is not known of them."""
    types = [t._replace(code=f"own_{t.code}") for t in types]
    return mt.prepare(types) if half is None else halved(types, half)


def case_of(text, types, right, known=None):
    """(evidence of the types, types, their sets, number of the right one or None)

    :param known: {part: a number a type} instead of what the types themselves tell
    """
    rows = mt.evidence(text, types)
    parts = {part: [of_type[part] for of_type in rows.values()] for part in rows[0]}
    parts.update(known or {})
    names = [t.set if known else None for t in types]
    return parts, types, Sets.of(names, [t.none for t in types]), right


def cases(path, half=None):
    """The cases (:func:`case_of`) of a file of messages."""
    found, own = [], {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, _language, label, text = line.split("\t")
        types = own.setdefault((name, half), _as_own(mt.shipped_types(name), half))
        codes = [t.code.removeprefix("own_") for t in types]
        right = codes.index(label) if label != "-" else None
        found.append(case_of(text.replace("\\n", "\n"), types, right))
    return found


def chance_of(case, weights):
    """(chance of the right answer, the best type, its chance)"""
    parts, types, sets, right = case
    by_type = {part: [weights.get(part, 0.0)] * len(types) for part in parts}
    scores = dict(enumerate(score(parts, by_type, sets)))
    found = mt.share_out(scores, types, mt.NONE)
    best = max(found, key=found.get)
    mine = found[right] if right is not None else 1.0 - sum(found.values())
    return mine, best, found[best]


def loss(some, weights, start, counts):
    chances = (math.log(max(chance_of(case, weights)[0], 1e-6)) for case in some)
    total = -sum(map(mul, chances, counts or repeat(1.0)))
    return total + PULL * sum((weights[k] - start[k]) ** 2 for k in weights)


def fit(some, start, counts=None):
    """Coordinate descent with shrinking steps: the loss is smooth, and there are few weights.

    :param counts: how much each case counts, 1 unless given
    """
    weights, step = dict(start), 0.8
    best = loss(some, weights, start, counts)
    while step > 0.02:
        moved = False
        for name in start:
            for change in (step, -step):
                tried = dict(weights, **{name: max(0.0, weights[name] + change)})
                value = loss(some, tried, start, counts)
                if value < best - 1e-9:
                    weights, best, moved = tried, value, True
                    break
        if not moved:
            step /= 2
    return weights


def report(title, judged):
    """``judged``: [(right, best, chance of the best)]"""
    typed = [j for j in judged if j[0] is not None]
    rest = [j for j in judged if j[0] is None]
    print(title)
    for bar in (0.4, 0.5, 0.6):
        hit = sum(1 for right, best, p in typed if best == right and p >= bar)
        false = sum(1 for _right, _best, p in rest if p >= bar)
        print(f"  from {bar}: top-1 {hit / len(typed):.3f}, typeless typed {false / len(rest):.3f}")
    for low, high in ((0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.95), (0.95, 1.01)):
        inside = [j for j in judged if low <= j[2] < high]
        if inside:
            right = sum(1 for r, best, _p in inside if r == best) / len(inside)
            mean = sum(p for _r, _b, p in inside) / len(inside)
            print(f"  certainty {mean:.2f}: right {right:.2f} ({len(inside)})")


def others(path):
    """Cases of no type: language and message a line, everyday requests to other programs."""
    found, own = [], {}
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.split("\t")[-1]
        for name in ("coaching", "business"):
            types = own.setdefault(name, _as_own(mt.shipped_types(name)))
            found.append(case_of(text, types, None))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--others", type=Path, help="messages of no type, see above")
    options = parser.parse_args()
    found = [case for name in DEV for case in cases(DATA / name)]
    poorer = [case for half in (0, 1) for name in DEV for case in cases(DATA / name, half)]
    more = others(options.others) if options.others else []
    weights = fit(poorer + more, START)
    print({name: round(value, 2) for name, value in weights.items()})
    report("every cue", [(case[-1], *chance_of(case, weights)[1:]) for case in found])
    report("every second cue", [(case[-1], *chance_of(case, weights)[1:]) for case in poorer])
    judged = []
    for part in range(5):
        seen = fit([c for n, c in enumerate(poorer) if n % len(found) % 5 != part] + more, START)
        judged += [
            (case[-1], *chance_of(case, seen)[1:])
            for n, case in enumerate(poorer)
            if n % len(found) % 5 == part
        ]
    report("every second cue, cross-fitted", judged)


if __name__ == "__main__":
    main()
