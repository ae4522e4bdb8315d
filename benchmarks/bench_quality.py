#!/usr/bin/env python3
"""Quality by difficulty, held against what models really got right, beside priors by price tier.

    python3 benchmarks/bench_quality.py                 # the plans' prompts alone
    python3 benchmarks/bench_quality.py --data DIR      # and per-question results in DIR

DIR, each file optional; none of it was used in fitting the abilities:

  claude-3-haiku-20240307.jsonl, gemini-2.0-flash-001.jsonl   a question a line with its score,
      from ``cached_results/`` of RouteWorks/RouterArena (commit 4714a9ad, 2025-11-12, Apache-2.0)
  routing*.csv[.gz]   set, prompt, weak_right, strong_right: Mixtral 8x7B and GPT-4 (November 2023)
      on MMLU and GSM8K, the responses published with lm-sys/RouteLLM (Apache-2.0)

Printed, for each set and model: the share of good answers, the share expected, Brier scores (mean
squared error of the chance; less is better) of the chance as it is, of the chance moved by one
constant a set (benchmarks are harder or easier than everyday questions of the same complexity) and
of the tier's prior (70, 80, 90); the exponent with which the odds of a poor answer grow with
complexity. Then for each pair: where calls go, how many are answered well and at what cost, with
the bar that follows from complexity and with the baseline (tier priors, one bar of 75), beside
always the cheaper, always the better. Prices are those of the catalogue. Exit 1 if fewer than 90 %
of the plans' prompts go where the plans say, or the decisions are beaten by the baseline (more
right answers at no higher cost).
"""

import argparse
import csv
import gzip
import json
import math
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "ai_brain"))

from engine.choice import quality as q  # noqa: E402
from engine.choice.complexity import score_complexity  # noqa: E402
from engine.choice.model_family import family  # noqa: E402
from engine.choice.priors import prior  # noqa: E402

PLAN = ROOT / "ai_brain" / "engine" / "tests" / "choice" / "plan_prompts.tsv"
CATALOGUE = ROOT / "ai_brain" / "data" / "price_catalogue.json"
TIER_PRIOR = {"efficient": 70, "standard": 80, "premium": 90}
ARENA = ("claude-3-haiku-20240307", "gemini-2.0-flash-001")
ROUTELLM = ("mixtral-8x7b", "gpt-4-turbo")
ANSWER_TOKENS = 300  # expected answer, where results do not say


def catalogue():
    """{family: (tier, input, output)}, USD per million tokens, dearest vendor first seen wins."""
    found = {}
    for item in json.loads(CATALOGUE.read_text(encoding="utf-8"))["models"]:
        price = item["prices"][-1]
        if item["kind"] == "chat" and price.get("output"):
            record = (item["tier"], float(price["input"]), float(price["output"]))
            found.setdefault(family(item["model"]), record)
    return found


def results(folder):
    """Yield (set, (model, model), [(complexity, tokens, right, right)])."""
    files = [folder / f"{name}.jsonl" for name in ARENA]
    if all(f.exists() for f in files):
        rows = {}
        for name, path in zip(ARENA, files):
            for line in path.read_text(encoding="utf-8").splitlines():
                item = json.loads(line)
                score = (item.get("evaluation_result") or {}).get("score")
                if score is not None:
                    rows.setdefault((item["global_index"], item["question"]), {})[name] = score
        both = [(k[1], v) for k, v in rows.items() if len(v) == 2]
        yield (
            "RouterArena",
            ARENA,
            [
                (score_complexity(t).score, len(t) / 4, *(float(v[m] >= 0.5) for m in ARENA))
                for t, v in both
            ],
        )
    for path in sorted(folder.glob("routing*.csv*")):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
        for name in sorted({r["set"] for r in rows}):
            yield (
                name,
                ROUTELLM,
                [
                    (
                        score_complexity(r["prompt"]).score,
                        len(r["prompt"]) / 4,
                        float(r["weak_right"]),
                        float(r["strong_right"]),
                    )
                    for r in rows
                    if r["set"] == name
                ],
            )


def fit_logistic(pairs, start=(0.0, 0.0), free=2):
    """(constant, slope) of a logistic regression by Newton; ``free`` 1 keeps the slope.

    ``pairs`` are (x, right, offset)."""
    a, b = start
    for _step in range(50):
        ga = gb = haa = hab = hbb = 1e-9
        for x, right, offset in pairs:
            p = q.sigmoid(a + b * x + offset)
            w = p * (1 - p)
            ga, gb = ga + right - p, gb + (right - p) * x
            haa, hab, hbb = haa + w, hab + w * x, hbb + w * x * x
        if free == 1:
            a += ga / haa
            continue
        det = haa * hbb - hab * hab
        a, b = a + (hbb * ga - hab * gb) / det, b + (haa * gb - hab * ga) / det
    return a, b


def calibration(title, models, rows, known):
    print(
        f"\n{title}: {len(rows)} questions, complexity {mean(r[0] for r in rows):.2f} in the mean"
    )
    print("  model                      right  expected   Brier   moved    tier   exponent")
    logits = {m: [_logit(q.quality(prior(m), r[0]).mean) for r in rows] for m in models}
    joint = [
        (0.0, r[2 + i], logits[m][j]) for i, m in enumerate(models) for j, r in enumerate(rows)
    ]
    shift, _slope = fit_logistic(joint, free=1)
    for i, model in enumerate(models):
        right = [r[2 + i] for r in rows]
        chance = [q.sigmoid(x) for x in logits[model]]
        moved = [q.sigmoid(x + shift) for x in logits[model]]
        tier = TIER_PRIOR[known[family(model)][0]] / 100
        logs = [(math.log(max(q.LEAST_COMPLEXITY, r[0])), r[2 + i], 0.0) for r in rows]
        _a, exponent = fit_logistic(logs)
        print(
            f"  {model:<26} {mean(right):6.3f} {mean(chance):9.3f} {brier(chance, right):8.4f}"
            f" {brier(moved, right):7.4f} {brier([tier] * len(right), right):7.4f} {-exponent:9.2f}"
        )


def decisions(title, models, rows, known):
    """Print what each rule answers well and costs; False where the baseline beats ours."""
    price = {m: known[family(m)][1:] for m in models}

    def cost(model, row):
        return (price[model][0] * row[1] + price[model][1] * ANSWER_TOKENS) / 1e6

    cheap, dear = sorted(models, key=lambda m: price[m][1])
    tier = {m: TIER_PRIOR[known[family(m)][0]] for m in models}
    enough = [m for m in models if tier[m] >= 75]
    # without one that reaches the bar, the best; of equals the one that the list has first
    by_tier = min(enough, key=lambda m: price[m][1]) if enough else max(models, key=tier.get)

    def ours(row):
        chance = {m: q.quality(prior(m), row[0]).decides for m in models}
        good = [m for m in models if chance[m] >= q.bar_for(row[0])]
        return min(good, key=lambda m: price[m][1]) if good else max(models, key=chance.get)

    rules = {
        "by complexity": ours,
        "tier priors, bar 75": lambda _row: by_tier,
        f"always {cheap}": lambda _row: cheap,
        f"always {dear}": lambda _row: dear,
    }
    print(f"{title}: decisions")
    figures = {}
    for name, rule in rules.items():
        chosen = [rule(row) for row in rows]
        right = mean(row[2 + models.index(m)] for m, row in zip(chosen, rows))
        spent = sum(cost(m, row) for m, row in zip(chosen, rows)) / len(rows) * 1000
        figures[name] = right, spent
        share = mean(m == dear for m in chosen)
        print(f"  {name:<34} right {right:.3f}   USD per 1,000 {spent:8.4f}   dearer {share:5.1%}")
    (right, spent), (base_right, base_spent) = (
        figures["by complexity"],
        figures["tier priors, bar 75"],
    )
    return not (base_right > right + 1e-9 and base_spent <= spent + 1e-9)


def plans(known):
    """Print where the plans' prompts go; the share that goes where it should."""
    lines = PLAN.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    tier = {m: TIER_PRIOR[known[family(m)][0]] for m in ("gpt-4o-mini", "gpt-4o")}
    counts = {}
    for kind, _language, goes, text in rows:
        complexity = score_complexity(text).score
        small = q.meets(prior("gpt-4o-mini"), complexity, q.bar_for(complexity))
        count = counts.setdefault(kind, [0, 0, 0])
        count[0] += 1
        count[1] += (goes == "mini") == small
        count[2] += (goes == "mini") == (tier["gpt-4o-mini"] >= 75)
    print("the plans' prompts, gpt-4o-mini or gpt-4o, unrated")
    for kind, (n, ours, baseline) in counts.items():
        print(f"  {kind:<20} {ours}/{n} by complexity   {baseline}/{n} by tier priors, bar 75")
    n, ours, baseline = (sum(c[i] for c in counts.values()) for i in range(3))
    print(f"  {'all':<20} {ours}/{n} by complexity   {baseline}/{n} by tier priors, bar 75")
    return ours / n


def _logit(percent):
    share = min(0.999, max(0.001, percent / 100))
    return math.log(share / (1 - share))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def brier(chances, right):
    return mean((c - r) ** 2 for c, r in zip(chances, right))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with per-question results")
    args = parser.parse_args()
    known = catalogue()
    passed = plans(known) >= 0.9
    for title, models, rows in results(args.data) if args.data else ():
        calibration(title, models, rows, known)
        passed &= decisions(title, models, rows, known)
    print("PASS" if passed else "FAIL")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
