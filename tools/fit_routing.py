#!/usr/bin/env python3
"""Fit the weights of the routing gain and print how well they carry over to unseen prompts.

    python tools/fit_routing.py --data DIR             # cross-fitted figures only
    python tools/fit_routing.py --data DIR --write     # and fit on everything, and write

DIR holds the files that ``routing_data.py`` reads. Needs numpy; the gain itself does not.

Method: (1) ridge regression of "weak right" and of "strong right" on the shape of the request
and its words and pairs of words, hashed; (2) boosted small trees that foresee the difference
from the shape and from (1), where (1) is itself foreseen by models that did not see the row.
Everyday prompts have no right and wrong: their preferences are shrunk and set on a common level,
so that they order everyday prompts among themselves; the prompts of complexity_everyday.tsv say
where a greeting stands and where a proof. Each figure is cross-fitted, five folds by a hash
of the prompt.
"""

import argparse
import base64
import json
import sys
import zlib
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "ai_brain"), str(ROOT / "benchmarks"), str(ROOT / "tools")]
from _routing import apgr, kept  # noqa: E402
from engine.choice.routing import Foreseen  # noqa: E402
from engine.choice.routing_features import BUCKETS, MIDDLE, describe, text_of  # noqa: E402
from engine.choice.routing_ratings import features_of  # noqa: E402
from fit_complexity import read_everyday  # noqa: E402
from routing_boost import Sparse, boost, ridge_fit  # noqa: E402
from routing_data import Row, fingerprints, read_folder  # noqa: E402
from routing_topics import topics  # noqa: E402

WEIGHTS = ROOT / "ai_brain" / "engine" / "choice" / "data" / "routing_weights.json"
TOPICS = WEIGHTS.with_name("routing_topics.json")
FOLDS = 5
PENALTY = 8.0
DENSE_SCALE = 3.0
SEEDS = 3
TREES = 120
# Weight of a row by source: the everyday kinds have few rows and must not be drowned.
WEIGHT = {"MMLU": 1.0, "GSM8K": 1.0, "AlpacaEval": 2.0, "MT-bench": 6.0, "levels": 6.0}
# Of sets without right and wrong: how far a preference moves the gain from their common level.
EVERYDAY_LEVEL = 0.22
SHRUNK = {"AlpacaEval": 0.25, "MT-bench": 1.0}
# What a stronger model is taken to win at the levels of complexity_everyday.tsv.
LEVEL_GAIN = {0: 0.0, 1: 0.04, 2: 0.14, 3: 0.30, 4: 0.42}
LEVEL_WEAK = {0: 1.0, 1: 0.95, 2: 0.85, 3: 0.6, 4: 0.4}


def targets(rows):
    """(weak, strong) as they are fitted."""
    weak, strong = (np.array([getattr(r, k) for r in rows]) for k in ("weak", "strong"))
    for name, shrunk in SHRUNK.items():
        chosen = np.array([r.source == name for r in rows])
        if chosen.any():
            gain = (strong - weak)[chosen]
            middle = 0.5 + EVERYDAY_LEVEL / 2
            half = (EVERYDAY_LEVEL + shrunk * (gain - gain.mean())) / 2
            weak[chosen], strong[chosen] = middle - half, middle + half
    return weak, strong


def level_rows():
    """The prompts of complexity_everyday.tsv as rows."""
    return [
        Row("levels", p, LEVEL_WEAK[level], LEVEL_WEAK[level] + LEVEL_GAIN[level])
        for level, _language, p in read_everyday()
    ]


class Table:
    """Rows as arrays: shape (dense, standardised for the ridge), words (sparse), targets."""

    def __init__(self, rows):
        described = [describe(text_of(r.prompt)) for r in rows]
        self.names = list(described[0][0])
        self.shape = np.array([list(d[0].values()) for d in described])
        at = {name: place for place, name in enumerate(self.names)}
        self.problem_chars = self.shape[:, at["problem"]] * (self.shape[:, at["chars"]] - MIDDLE)
        found = [d[1] for d in described]
        self.words = Sparse(
            np.repeat(np.arange(len(rows)), [len(f) for f in found]),
            np.array([k for f in found for k in f]),
            np.array([v for f in found for v in f.values()]),
            (len(rows), BUCKETS),
        )
        self.source = np.array([r.source for r in rows])
        self.weight = np.array([WEIGHT[s] for s in self.source])
        self.weak, self.strong = targets(rows)
        self.mean = self.shape.mean(axis=0)
        self.spread = (self.shape.std(axis=0) + 1e-6) * DENSE_SCALE


class Linear:
    """The two ridge models, their weights on unstandardised shape and on words."""

    def __init__(self, table, rows):
        dense = (table.shape[rows] - table.mean) / table.spread
        words = table.words.take(rows)
        self.bias, self.dense, self.words = [], [], []
        for y in (table.weak, table.strong):
            bias, d, w = ridge_fit(dense, words, y[rows], table.weight[rows], PENALTY)
            self.bias.append(bias - float((d * table.mean / table.spread).sum()))
            self.dense.append(d / table.spread)
            self.words.append(w)

    def quantised(self):
        """Words as whole numbers from -127 to 127 with one scale a model, as they are shipped."""
        self.scales = [float(np.abs(w).max() / 127) for w in self.words]
        self.whole = [np.round(w / s).astype(np.int8) for w, s in zip(self.words, self.scales)]
        self.words = [w * s for w, s in zip(self.whole, self.scales)]
        return self

    def predict(self, table, rows):
        words = table.words.take(rows)
        return np.column_stack(
            [
                bias + table.shape[rows] @ dense + words.dot(w)
                for bias, dense, w in zip(self.bias, self.dense, self.words)
            ]
        )


def fit(table, rows, folds):
    """(Linear, [Trees]) of the given rows."""
    foreseen = np.zeros((len(table.source), 2))
    for k in range(FOLDS):
        held = rows[folds[rows] == k]
        if len(held):
            foreseen[held] = Linear(table, rows[folds[rows] != k]).predict(table, held)
    x = np.hstack([table.shape[rows], foreseen[rows]])
    slope = problem_slope(table, rows)
    gain = (table.strong - table.weak)[rows] - slope * table.problem_chars[rows]
    forests = [
        boost(x, gain, table.weight[rows], trees=TREES, leaves=8, least=80.0, seed=seed)
        for seed in range(SEEDS)
    ]
    return Linear(table, rows).quantised(), forests, slope


def problem_slope(table, rows):
    """What a word problem gains with its length: least squares on the word problems alone.

    A few hundred noisy rows carry one slope, and no forest.
    """
    chosen = rows[table.shape[rows, table.names.index("problem")] > 0]
    length = table.problem_chars[chosen]
    gain = (table.strong - table.weak)[chosen]
    return float(np.cov(length, gain)[0, 1] / np.var(length, ddof=1))


def predict(model, table, rows):
    linear, forests, slope = model
    x = np.hstack([table.shape[rows], linear.predict(table, rows)])
    grown = np.mean([forest.predict(x) for forest in forests], axis=0)
    return grown + slope * table.problem_chars[rows]


def inner_folds(rows):
    """Folds within a fit, dealt by another hash than the outer ones (else one were empty)."""
    return np.array([zlib.crc32(b"inner" + r.prompt.encode()) % FOLDS for r in rows])


def cross_fitted(table, rows):
    """(gain, rating features) of each row by a model that saw neither it nor its fold."""
    folds = np.array([zlib.crc32(r.prompt.encode()) % FOLDS for r in rows])
    gains, features = np.zeros(len(rows)), [None] * len(rows)
    for k in range(FOLDS):
        held = np.where(folds == k)[0]
        model = fit(table, np.where(folds != k)[0], inner_folds(rows))
        gains[held] = predict(model, table, held)
        for i, found in zip(held, as_rated(model, table, rows, held)):
            features[i] = found
    return gains, features


def as_rated(model, table, rows, held):
    """The ``rating_features`` of held-out rows, by this model instead of the shipped one."""
    gains, rights = predict(model, table, held), model[0].predict(table, held)
    chars = table.shape[held, table.names.index("chars")]
    return [
        features_of(Foreseen(*map(float, (g, *r, c)), describe(text_of(rows[i].prompt))[1]))
        for i, g, r, c in zip(held, gains, rights, chars)
    ]


def without_each(table, rows, sources):
    """{source: (rating features, rows)} by weights that never saw the source."""
    result = {}
    for source in sources:
        held = np.where(table.source == source)[0]
        if len(held):
            model = fit(table, np.where(table.source != source)[0], inner_folds(rows))
            result[source] = (as_rated(model, table, rows, held), [rows[i] for i in held])
    return result


def pooled(scores, rows, sets):
    chosen = [i for i, r in enumerate(rows) if r.source in sets]
    return (
        apgr([scores[i] for i in chosen], [rows[i].strong - rows[i].weak for i in chosen]),
        kept(
            [scores[i] for i in chosen],
            [rows[i].weak for i in chosen],
            [rows[i].strong for i in chosen],
        ),
    )


def report(scores, rows):
    for sets in (
        ("MMLU",),
        ("GSM8K",),
        ("AlpacaEval",),
        ("MT-bench",),
        ("MMLU", "GSM8K"),
        ("MMLU", "GSM8K", "AlpacaEval"),
        ("MMLU", "GSM8K", "AlpacaEval", "MT-bench"),
    ):
        if all(any(r.source == s for r in rows) for s in sets):
            a, k = pooled(scores, rows, sets)
            length, kl = pooled([len(r.prompt) for r in rows], rows, sets)
            print(
                f"{' + '.join(sets):<42} APGR {a:.3f} (length {length:.3f})   "
                f"kept at 60 % {100 * k:.2f} % (length {100 * kl:.2f} %)",
                flush=True,
            )


def packed(model, table, rows):
    linear, forests, slope = model
    trees = {"roots": [], "feature": [], "value": [], "left": [], "right": []}
    for forest in forests:
        offset = len(trees["feature"])
        trees["roots"] += [r + offset for r in forest.roots]
        trees["left"] += [n + offset for n in forest.left]
        trees["right"] += [n + offset for n in forest.right]
        trees["feature"] += forest.feature
        trees["value"] += [
            round(v / len(forests), 7) if f < 0 else float(f"{v:.7g}")
            for f, v in zip(forest.feature, forest.value)
        ]
    return {
        "made_by": "tools/fit_routing.py",
        "fitted_on": {s: int((table.source == s).sum()) for s in sorted(set(table.source))},
        "fingerprints": fingerprints(rows),
        "names": table.names,
        "bias": [round(b, 6) for b in linear.bias],
        "dense": [[round(float(w), 6) for w in d] for d in linear.dense],
        "scales": linear.scales,
        "words": base64.b64encode(b"".join(w.tobytes() for w in linear.whole)).decode(),
        "problem_slope": round(slope, 6),
        "base": round(forests[0].base, 6),
        "trees": trees,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder with routing_*.csv[.gz]")
    parser.add_argument("--write", action="store_true", help="fit on all rows and write the file")
    parser.add_argument("--skip-figures", action="store_true")
    args = parser.parse_args()
    rows = read_folder(args.data)
    rows += level_rows()
    table = Table(rows)
    if not args.skip_figures:
        scores, _features = cross_fitted(table, rows)
        report(scores, rows)
        for level, gain in LEVEL_GAIN.items():
            chosen = [
                s
                for s, r in zip(scores, rows)
                if r.source == "levels" and abs(r.strong - r.weak - gain) < 1e-9
            ]
            print(f"everyday level {level}: mean gain {np.mean(chosen):.3f}")
    if args.write:
        model = fit(table, np.arange(len(rows)), inner_folds(rows))
        WEIGHTS.write_text(json.dumps(packed(model, table, rows)) + "\n", encoding="utf-8")
        found = topics(table.words)
        TOPICS.write_text(json.dumps(found) + "\n", encoding="utf-8")
        print("wrote", WEIGHTS.relative_to(ROOT), WEIGHTS.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
