#!/usr/bin/env python3
"""Fit the weights of the complexity score and print how well they carry over.

    python tools/fit_complexity.py DATASET.csv[.gz]            # report only
    python tools/fit_complexity.py DATASET.csv[.gz] --write    # and write the weights

DATASET has the columns set, prompt, weak_right, strong_right (0/1). Needs numpy; the score itself
does not. Method: ridge logistic regression of "the weak model was wrong" on the features, slopes
shared by all sources, one intercept a source, slopes bounded to the sign that the feature's meaning
gives it. The everyday prompts (complexity_everyday.tsv) take part with soft targets by level, and
their intercept is the one that is shipped. Each source has the same total weight.
"""

import argparse
import csv
import gzip
import json
import sys
import zlib
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "ai_brain"))
from engine.choice.complexity_features import features  # noqa: E402

EVERYDAY = Path(__file__).with_name("complexity_everyday.tsv")
WEIGHTS = ROOT / "ai_brain" / "engine" / "choice" / "data" / "complexity_weights.json"
TARGET = {0: 0.03, 1: 0.12, 2: 0.27, 3: 0.62, 4: 0.88}
NEGATIVE = {"lookup", "rewrite", "short_copy", "chat", "tiny"}
BOUND = 3.0
CAPS = {"option_formula": 0.4, "length": 0.6}  # bounded: layout and length are not difficulty
RIDGE = 2.0


def read_bench(path):
    csv.field_size_limit(10**9)
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def read_everyday(path=EVERYDAY):
    rows = []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            level, language, prompt = line.split("\t", 2)
            rows.append((int(level), language, prompt.replace("\\n", "\n")))
    return rows


def auc(scores, positive):
    """Area under the ROC curve, ties counted half."""
    scores, positive = np.asarray(scores, float), np.asarray(positive, bool)
    _values, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n_pos, n_neg = positive.sum(), (~positive).sum()
    if not n_pos or not n_neg:
        return float("nan")
    return (ranks[positive].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg)


def fit(x, y, source, names, iterations=1500):
    """Accelerated projected gradient. Returns (slopes, {source: intercept})."""
    sources = sorted(set(source))
    dummies = np.array([[float(s == k) for k in sources] for s in source])
    size = dummies.sum(axis=0)
    weight = dummies @ (1000.0 / size)
    design = np.hstack([x, dummies])
    d = x.shape[1]
    low = np.array([-BOUND if n in NEGATIVE else 0.0 for n in names])
    high = np.array([0.0 if n in NEGATIVE else CAPS.get(n, BOUND) for n in names])
    step = 1.0 / (np.linalg.norm(design * np.sqrt(weight)[:, None], 2) ** 2 / 4 + RIDGE)
    current = np.zeros(d + len(sources))
    ahead, momentum = current.copy(), 1.0
    for _i in range(iterations):
        gradient = design.T @ (weight * (1 / (1 + np.exp(-design @ ahead)) - y))
        gradient[:d] += RIDGE * ahead[:d]
        following = ahead - step * gradient
        following[:d] = np.clip(following[:d], low, high)
        grown = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = following + (momentum - 1) / grown * (following - current)
        current, momentum = following, grown
    return current[:d], dict(zip(sources, current[d:]))


def ordered_pairs(scores, levels):
    """Share of pairs of different level that the score puts in order."""
    scores, levels = np.asarray(scores), np.asarray(levels)
    lower, higher = np.where(levels[:, None] < levels[None, :])
    return float(np.mean(scores[lower] < scores[higher]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    bench, everyday = read_bench(args.dataset), read_everyday()
    vectors = [features(r["prompt"]) for r in bench] + [features(p) for _l, _g, p in everyday]
    names = list(vectors[0])
    x = np.array([[v[n] for n in names] for v in vectors])
    n = len(bench)
    source = np.array([r["set"] for r in bench] + ["everyday"] * len(everyday))
    wrong = np.array([r["weak_right"] == "0" for r in bench])
    routed = wrong & np.array([r["strong_right"] == "1" for r in bench])
    levels = np.array([level for level, _g, _p in everyday])
    y = np.concatenate([wrong.astype(float), [TARGET[level] for level in levels]])
    # The same half of the everyday prompts is always held out, by a hash of the prompt.
    held = np.array([zlib.crc32(p.encode()) % 2 == 0 for _l, _g, p in everyday])
    everyday_rows = np.arange(n, n + len(everyday))

    def report(title, slopes, sets):
        for name in sets:
            rows = np.where(source[:n] == name)[0]
            s = x[rows] @ slopes
            print(
                f"{title:<42} {name:<9} n={len(rows):<5} AUC weak wrong {auc(s, wrong[rows]):.3f}"
                f"   weak wrong & strong right {auc(s, routed[rows]):.3f}"
            )

    sets = sorted(set(source[:n]))
    for name in sets:
        rows = np.concatenate([np.where(source[:n] == name)[0], everyday_rows])
        slopes, _b = fit(x[rows], y[rows], source[rows], names)
        report(f"trained on {name} + everyday, tested on", slopes, [s for s in sets if s != name])
    slopes, _b = fit(x[everyday_rows], y[everyday_rows], source[everyday_rows], names)
    report("trained on everyday alone, tested on", slopes, sets)
    fold = np.array([zlib.crc32(r["prompt"].encode()) % 5 for r in bench])
    scores = np.zeros(n)
    for k in range(5):
        rows = np.concatenate([np.where(fold != k)[0], everyday_rows])
        slopes, _b = fit(x[rows], y[rows], source[rows], names)
        scores[fold == k] = x[:n][fold == k] @ slopes
    for name in sets:
        rows = np.where(source[:n] == name)[0]
        print(
            f"{'five-fold, all sources':<42} {name:<9} n={len(rows):<5} AUC weak wrong "
            f"{auc(scores[rows], wrong[rows]):.3f}   weak wrong & strong right "
            f"{auc(scores[rows], routed[rows]):.3f}"
        )
    rows = np.concatenate([np.arange(n), everyday_rows[~held]])
    slopes, intercepts = fit(x[rows], y[rows], source[rows], names)
    s = x[everyday_rows] @ slopes + intercepts["everyday"]
    print(
        f"everyday held out: n={held.sum()} pairs in order "
        f"{ordered_pairs(s[held], levels[held]):.3f}   AUC level 3-4 against 0-2 "
        f"{auc(s[held], levels[held] >= 3):.3f}"
    )
    slopes, intercepts = fit(x, y, source, names)
    report("final fit, on what it was trained on", slopes, sets)
    s = 1 / (1 + np.exp(-(x[everyday_rows] @ slopes + intercepts["everyday"])))
    for level in sorted(set(levels)):
        print(
            f"everyday level {level}: mean score {s[levels == level].mean():.2f} "
            f"(min {s[levels == level].min():.2f}, max {s[levels == level].max():.2f})"
        )
    weights = {name: round(float(w), 3) for name, w in zip(names, slopes) if abs(w) >= 0.005}
    print(json.dumps(weights))
    if args.write:
        WEIGHTS.write_text(
            json.dumps(
                {
                    "intercept": round(float(intercepts["everyday"]), 3),
                    "weights": weights,
                    "fitted_on": {k: int((source == k).sum()) for k in sorted(set(source))},
                    "made_by": "tools/fit_complexity.py",
                },
                indent=1,
            )
            + "\n",
            encoding="utf-8",
        )
        print("wrote", WEIGHTS.relative_to(ROOT))


if __name__ == "__main__":
    main()
