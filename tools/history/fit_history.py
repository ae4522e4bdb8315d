#!/usr/bin/env python3
"""Fits ai_brain/engine/waste/data/history_weights.json on public dialogues.

    python tools/history/fit_history.py DIR OUT

DIR: the folder of ``dialogues.py``. First the scores of pairs (logistic regression: of one
dialogue or not), then those of blocks (boosted trees of three branchings: put in or not). What a
block shares with the rest may only lower its score. Sources weigh alike, put in and own ones too;
an exchange that the answer needs counts four times, one that a source tells to be needless a
quarter. OUT keeps its limits (``least``, ``least_alone``); they were chosen by hand.
Needs numpy and scikit-learn.
"""

import json
import math
import random
import sys
from pathlib import Path
from types import SimpleNamespace

import dialogues
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from engine.waste import history  # the path is set by dialogues  # isort: skip
from engine.waste.history_blocks import FEATURES, Left, Talk  # isort: skip
from engine.waste.history_pairs import Said, pair_features  # isort: skip
from engine.waste.history_words import RULES_LATER, TURN_CHARS, leans  # isort: skip

MOST_PAIRS = 4000  # of a source and kind
LOWERS = """most most_three most_last mean_last after first_leans needed first_replies next_replies
near_rest near_last_ones near_before near_behind shares shares_last shares_last_most near_question
share next_accepts same_kinds same_kinds_last""".split()
RAISES = """bridge least_inside mean_inside farewell_at_end mean_outside holds_together
near_around""".split()
NEEDED, NEEDLESS = 4.0, 0.25  # weights of own exchanges whose need is known
_NO_LIMIT = SimpleNamespace(tick=lambda: None)


def exchanges_of(told):
    """The rule's reading of [(asked, answered)]."""
    found, before = [], None
    for place, (asked, answered) in enumerate(told):
        earlier = "\n".join(before) if before else ""
        things = found[-1].things if found else frozenset()
        hangs = bool(before) and leans(asked, before[1], earlier)
        rules = bool(RULES_LATER.search(asked[:TURN_CHARS]))
        size = len(asked) + len(answered)
        found.append(
            history._about(
                (place,), size, asked, answered, hangs, rules, _NO_LIMIT, earlier, things
            )
        )
        before = (asked, answered)
    return found


class Case:
    """A dialogue with others' exchanges put in, and the features of its pairs."""

    def __init__(self, told, flags, needed):
        self.read, self.flags, self.needed = exchanges_of(told), flags, needed
        self.said = [Said(e.words, e.stems, e.specific) for e in self.read]
        self.pairs = {}
        for j in range(len(told)):
            for i in range(j):
                linked = history._linked(self.read[i], self.read[j])
                self.pairs[i, j] = pair_features(self.said[i], self.said[j], linked)

    def labelled_pairs(self):
        for (i, j), features in self.pairs.items():
            if not (self.flags[i] and self.flags[j]):
                yield features, not (self.flags[i] or self.flags[j])

    def blocks(self, base, weights):
        """Yield (features, put in?, weight)."""
        if len(self.read) < 4:
            return
        scores = [[0.0] * len(self.read) for _ in self.read]
        for (i, j), features in self.pairs.items():
            scores[i][j] = scores[j][i] = base + float(np.dot(features, weights))
        read = self.read
        needed = history.UnnecessaryHistory._needed(read)
        talk = Talk(self.said, scores, read, needed)
        left = Left(talk, list(range(len(read))))
        for first, last in left.blocks(math.inf):
            own = {i for i in range(first, last + 1) if not self.flags[i]}
            weight = 1.0
            if own and self.needed is not None:
                weight = NEEDED if own & self.needed else NEEDLESS
            yield left.features(first, last), not own, weight


def fit_pairs(found):
    """(base, weights) of the logistic regression."""
    rng, features, labels, weights = random.Random(5), [], [], []
    for cases in found.values():
        rows = [row for case in cases for row in case.labelled_pairs()]
        rng.shuffle(rows)
        for label in (True, False):
            some = [row for row, same in rows if same == label][:MOST_PAIRS]
            features += some
            labels += [label] * len(some)
            weights += [1 / max(1, len(some))] * len(some)
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=0.1, max_iter=500)
    model.fit(scaler.transform(features), labels, np.array(weights) / np.mean(weights))
    each = model.coef_[0] / scaler.scale_
    base = model.intercept_[0] - float(each @ scaler.mean_)
    return float(f"{base:.5g}"), [float(f"{weight:.5g}") for weight in each]


def fit_blocks(found, base, pair_weights):
    features, labels, weights = [], [], []
    for name, cases in found.items():
        rows = [row for case in cases for row in case.blocks(base, pair_weights)]
        label = np.array([row[1] for row in rows])
        weight = np.array([row[2] for row in rows])
        for kind in (True, False):
            weight[label == kind] *= dialogues.SOURCES[name][2] / weight[label == kind].sum()
        features += [row[0] for row in rows]
        labels.append(label)
        weights.append(weight)
    weights = np.concatenate(weights)
    model = HistGradientBoostingClassifier(
        max_iter=150,
        max_depth=3,
        learning_rate=0.1,
        l2_regularization=5,
        min_samples_leaf=60,
        early_stopping=False,
        monotonic_cst=[(name in RAISES) - (name in LOWERS) for name in FEATURES],
    )
    model.fit(np.array(features), np.concatenate(labels), weights * len(weights) / weights.sum())
    return model


def as_lists(nodes, at=0):
    node = nodes[at]
    if node["is_leaf"]:
        return round(float(node["value"]), 4)
    limit = float(f"{float(node['num_threshold']):.5g}")
    low, high = as_lists(nodes, node["left"]), as_lists(nodes, node["right"])
    return [int(node["feature_idx"]), limit, low, high]


def main():
    folder, out = map(Path, sys.argv[1:3])
    found = {}
    for name, (_read, count, _weight) in dialogues.SOURCES.items():
        talks = dialogues.read(name, folder)
        found[name] = [Case(*case) for case in dialogues.cases(name, talks, count)]
        print(f"{name}: {len(found[name])} cases", flush=True)
    base, weights = fit_pairs(found)
    model = fit_blocks(found, base, weights)
    kept = json.loads(out.read_text(encoding="utf-8"))
    kept["pair"] = {"base": base, "weights": weights}
    kept["block"]["base"] = round(float(model._baseline_prediction.ravel()[0]), 4)
    kept["block"]["trees"] = [as_lists(tree[0].nodes) for tree in model._predictors]
    out.write_text(json.dumps(kept, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
