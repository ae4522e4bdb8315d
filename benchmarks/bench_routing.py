#!/usr/bin/env python3
"""The routing gain as a router, beside prompt length, complexity and chance.

    ./sam bench bench_routing --data DIR
    python benchmarks/bench_routing.py --data DIR [--quick]

DIR holds routing_*.csv[.gz] with the columns set, prompt, weak_right, strong_right (0 to 1). None
of it lies in this repository:

- MMLU and GSM8K: the evaluation responses in lm-sys/RouteLLM at 0b64fdafe049 (Apache-2.0;
  questions MIT): Mixtral 8x7B is the weak model, GPT-4 of November 2023 the strong one.
- AlpacaEval (everyday instructions): tatsu-lab/alpaca_eval at cd543a149df8 (Apache-2.0), the same
  two models, and MT-bench out of RouteLLM; ``tools/routing_data.py`` makes routing_everyday.csv.gz
  of both.

Prints, by set and pooled: APGR (the mean share of the gap between weak and strong that is
recovered over all thresholds; chance .5; at the end of a line the gain's standard error) and the
share of the strong model's score that is kept with 60 % of the calls on the strong model (a line
below says it beside length and beside chance, which is exact there and one draw in the table); then
what a company's own ratings do, with 0 and 10 % of its calls rated, one model's score a rated
call; and the time a call takes.

Where the prompts are those that the weights were fitted on, the figures of the shipped weights
flatter, and those to go by are the cross-fitted ones (numpy; a minute). Where numpy is missing,
or with --quick, it says so instead. Exits with 1 where a bound is broken.
"""

import argparse
import importlib.util
import json
import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "ai_brain"), str(ROOT / "tools"), str(ROOT / "benchmarks")]
from _bench import clock, p50, print_facts  # noqa: E402
from _routing import apgr, apgr_error, kept, kept_by_chance  # noqa: E402
from engine.choice.complexity import score_complexity  # noqa: E402
from engine.choice.routing import foresee, routing_gain  # noqa: E402
from engine.choice.routing_features import text_of  # noqa: E402
from engine.choice.routing_ratings import CompanyRatings, rating_features  # noqa: E402
from routing_data import fingerprints, read_folder  # noqa: E402

# (sets, least APGR, least share kept at 60 %, whether it has to beat length)
BOUNDS = (
    (("MMLU",), 0.60, None, True),
    (("GSM8K",), 0.59, None, True),
    (("AlpacaEval",), 0.49, None, False),
    (("MT-bench",), None, None, False),
    (("MMLU", "GSM8K"), None, 0.965, True),
    (("MMLU", "GSM8K", "AlpacaEval"), None, None, True),
)
WEIGHTS = ROOT / "ai_brain" / "engine" / "choice" / "data" / "routing_weights.json"
DRAWS = 40  # one draw of few can turn the mean
SHARE = 0.1
HARM = 0.005  # what 10 % ratings may cost where the weights know the kind of traffic already


def judge(title, routers, rows):
    """Print the table of {router: scores}; the bounds that the first router breaks."""
    broken, said = [], []
    first = next(iter(routers))
    print(f"\n{title}")
    print(f"{'':<28}{'n':>6}" + "".join(f"{name:>20}" for name in routers))
    for sets, least, least_kept, above_length in BOUNDS:
        chosen = [i for i, row in enumerate(rows) if row.source in sets]
        if {rows[i].source for i in chosen} != set(sets):
            continue
        weak, strong = [rows[i].weak for i in chosen], [rows[i].strong for i in chosen]
        gains = [s - w for s, w in zip(strong, weak)]
        found = {}
        for name, scores in routers.items():
            picked = [scores[i] for i in chosen]
            found[name] = (apgr(picked, gains), kept(picked, weak, strong))
        name = "+".join(sets)
        cells = "".join(f"{a:>11.3f} {100 * k:6.2f} %" for a, k in found.values())
        error = apgr_error([routers[first][i] for i in chosen], gains)
        print(f"{name:<28}{len(chosen):>6}{cells}   +- {error:.3f}")
        ours, ours_kept = found[first]
        if least is not None and ours < least:
            broken.append(f"{name}: APGR {ours:.3f}, owed {least}")
        if least_kept is not None and ours_kept < least_kept:
            broken.append(f"{name}: kept {ours_kept:.4f}, owed {least_kept}")
        if above_length and ours <= found["length"][0]:
            broken.append(f"{name}: APGR {ours:.3f}, length {found['length'][0]:.3f}")
        length, by_chance = found["length"][1], kept_by_chance(weak, strong)
        if least_kept is not None and ours_kept <= length:
            broken.append(f"{name}: kept {ours_kept:.4f}, length {length:.4f}")
        said.append(
            f"{name}: with 60 % of the calls on the strong model {ours_kept:.2%} of its score is "
            f"kept; by length {length:.2%}, by chance {by_chance:.2%}"
        )
    print(*said, sep="\n")
    return broken


def rated(features, rows, share, seed):
    """(APGR without ratings, with them) on the calls that were not rated, the shipped way: each
    rated call shows the score of one model, weak or strong by a coin."""
    chance = random.Random(seed)
    ratings, rest = CompanyRatings(), []
    for item, row in zip(features, rows):
        if chance.random() < share:
            strong = chance.random() < 0.5
            ratings.add(item, strong, min(1.0, max(0.0, row.strong if strong else row.weak)))
        else:
            rest.append((item, row.strong - row.weak))
    gains = [gain for _item, gain in rest]
    plain = [item[1] - item[0] for item, _gain in rest]
    moved = [p + ratings.correction(item) for p, (item, _gain) in zip(plain, rest)]
    return apgr(plain, gains), apgr(moved, gains)


def judge_ratings(title, features, rows):
    """Print 0 and 10 % rated, mean of several draws; their (before, after) means."""
    none = rated(features, rows, 0.0, 0)
    draws = [rated(features, rows, SHARE, seed) for seed in range(DRAWS)]
    before, after = (sum(d[i] for d in draws) / DRAWS for i in (0, 1))
    better = sum(b > a for a, b in draws)
    print(
        f"{title:<46}{len(rows):>6}   0 %: {none[0]:.3f} -> {none[1]:.3f}"
        f"   10 %: {before:.3f} -> {after:.3f}   better in {better} of {DRAWS} draws"
    )
    return none, (before, after)


def cross_fitted(rows):
    """(scores, features, {set: (features, rows)} of weights that did not see the set), by numpy."""
    import fit_routing as fitting

    every = rows + fitting.level_rows()
    table = fitting.Table(every)
    scores, features = fitting.cross_fitted(table, every)
    n = len(rows)
    return (
        list(scores[:n]),
        features[:n],
        fitting.without_each(table, every, ("MMLU", "AlpacaEval")),
    )


def milliseconds_of_a_call():
    long = "Compare the offers of 2024 and explain, step by step, why costs rose by 12 %. " * 140
    return p50(clock(lambda: routing_gain(long), 50))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder with routing_*.csv[.gz]")
    parser.add_argument("--quick", action="store_true", help="the shipped weights alone")
    args = parser.parse_args()
    print_facts()
    print(f"a call: {milliseconds_of_a_call():.2f} ms for 2,000 words")
    if not args.data:
        print("no --data: nothing to route (see the docstring)")
        return 0
    rows = read_folder(args.data)
    chance = random.Random(1)
    others = {
        "length": [float(len(row.prompt)) for row in rows],
        "complexity": [score_complexity(row.prompt).score for row in rows],
        "random": [chance.random() for _row in rows],
    }
    fitted = json.loads(WEIGHTS.read_text(encoding="utf-8"))["fingerprints"]
    known = {s for s, number in fingerprints(rows).items() if fitted.get(s) == number}
    print(f"{len(rows)} prompts; the weights were fitted on {', '.join(sorted(known)) or 'none'}")
    started = time.perf_counter()
    foreseen = [foresee(text_of(row.prompt)) for row in rows]
    per_call = (time.perf_counter() - started) / len(rows) * 1000
    title = "Shipped weights" + (f" (flattered on {', '.join(sorted(known))})" if known else "")
    broken = judge(title, {"gain": [f.gain for f in foreseen]} | others, rows)
    features = [rating_features(row.prompt) for row in rows]
    print("\nA company's own ratings (APGR of the calls that were not rated)")
    none, _ten = judge_ratings("shipped weights, all prompts", features, rows)
    if none[0] != none[1]:
        broken.append("without ratings the gain moved")
    everything = known >= {row.source for row in rows}
    if everything and not args.quick and importlib.util.find_spec("numpy"):
        scores, features, without = cross_fitted(rows)
        known_kinds = [i for i, row in enumerate(rows) if row.source in ("MMLU", "GSM8K")]
        _none, (before, after) = judge_ratings(
            "cross-fitted, MMLU+GSM8K (kinds that are known)",
            [features[i] for i in known_kinds],
            [rows[i] for i in known_kinds],
        )
        if after < before - HARM:
            broken.append(f"ratings of known kinds: {before:.3f} -> {after:.3f}")
        for source, (features, their_rows) in without.items():
            _none, (before, after) = judge_ratings(
                f"weights that never saw {source}", features, their_rows
            )
            if after <= before:
                broken.append(f"ratings of {source}: {before:.3f} -> {after:.3f}")
        # Judged by these: the shipped weights have seen the prompts.
        broken = judge("Cross-fitted", {"gain": scores} | others, rows) + [
            b for b in broken if b.startswith(("ratings", "without"))
        ]
    elif known:
        print(
            "\nnot cross-fitted (--quick, numpy missing, or other prompts among these): bounds are"
        )
        print("judged of sets that the weights have not seen")
        broken = [b for b in broken if not known & set(b.partition(":")[0].split("+"))]
    print(f"\na call: {per_call:.2f} ms on these prompts")
    for line in broken:
        print("FAIL ", line)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
