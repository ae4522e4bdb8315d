#!/usr/bin/env python3
"""Fit ai_brain/engine/choice/data/message_weights.txt, and the weights beside it.

    python tools/fit_message_weights.py             # cross-fitted figures only
    python tools/fit_message_weights.py --write     # and fit on everything, and write

Read are tools/messages/*.tsv (set, language, type or "-", message), which were written for this by
seven hands that knew the types' meanings and neither their cues nor their examples (mixed_*.tsv and
the end of es_coaching.tsv by one that did; near_*.tsv are of no type, by four further hands that
knew the meanings only; hard_*.tsv, without the obvious words and with near misses, by four more
such), and the examples of the types themselves; never what is under tests/. Needs scikit-learn;
telling a type does not.

Method: a logistic regression for each type, of it against all other messages (of the other set
those that have a type there), on ``message_model.word_features`` over the root of their sum. Then
the few numbers of ``message_types._TRAINED``, by ``fit_message_types.fit`` on the messages with
logistic regressions that did not see them: five folds by a hash of the message. Printed is how many
messages are told so, and the numbers to put into ``_TRAINED``.
"""

import argparse
import math
import sys
import zlib
from pathlib import Path

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "ai_brain"), str(ROOT / "tools")]
from engine.choice import message_types as mt  # noqa: E402
from engine.choice.message_model import word_features  # noqa: E402
from engine.choice.message_weights import NO_TYPE, line_of, name_of  # noqa: E402
from engine.choice.message_words import read  # noqa: E402
from fit_message_types import START as UNTRAINED  # noqa: E402
from fit_message_types import case_of, chance_of, fit, report  # noqa: E402

MESSAGES = ROOT / "tools" / "messages"
WEIGHTS = ROOT / "ai_brain" / "engine" / "choice" / "data" / "message_weights.txt"
SETS = ("coaching", "business")
FOLDS = 5
# what words and concepts tell is in the regressions
START = {**UNTRAINED, "trained": 0.5}
for part in ("bayes", "odd", "about"):
    del START[part]
STRENGTH = 100.0  # inverse of the regularisation; 10 tells .02 less
SHARPER = 1.3  # of people who were not asked for near misses more is right than the fit says
#: So much of what people write is taken to be of no type, however many near misses are taught.
TYPELESS = 0.25
RARE = 2  # features of fewer messages are left out


def messages():
    """[(set, language, type or None, text)] of tools/messages."""
    found = []
    for path in sorted(MESSAGES.glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                name, language, code, text = line.split("\t")
                found.append((name, language, None if code == "-" else code, text))
    return [(*row[:3], row[3].replace("\\n", "\n")) for row in dict.fromkeys(found)]


def examples():
    """The same of the types' own examples."""
    return [
        (name, language, None if kind.none else kind.code, text)
        for name in SETS
        for kind in mt.shipped_types(name)
        for language, texts in kind.examples.items()
        for text in texts
    ]


def columns():
    return [(name, t.code) for name in SETS for t in mt.shipped_types(name)]


def features(text):
    both = word_features(read(text))
    size = math.sqrt(sum(sum(some.values()) for some in both)) or 1.0
    return {name_of(f): weight / size for some in both for f, weight in some.items()}


def is_of(row, column):
    """A greeting is one in either set; else what is of a type of the other set is of none of this.
    Of what is of no type there it is not known: None."""
    (name, _language, code, _text), (of, kind) = row, column
    if name != of and code is None:
        return None
    if kind == NO_TYPE:
        return code is None if name == of else code != "greeting"
    return code == kind and (name == of or code == "greeting")


def counts(rows):
    """How much each row counts, so that TYPELESS of each set's are of no type."""
    found = []
    of_set = {
        name: [code is None for of, _language, code, _text in rows if of == name] for name in SETS
    }
    for name, _language, code, _text in rows:
        none = sum(of_set[name])
        typed = len(of_set[name]) - none
        found.append(1.0 if code else typed / none * TYPELESS / (1.0 - TYPELESS))
    return found


class Regressions:
    """One a column, fitted on some rows."""

    def __init__(self, rows):
        self.vectors = DictVectorizer()
        matrix = self._narrow(self.vectors.fit_transform([features(row[3]) for row in rows]))
        often = matrix.getnnz(axis=0) >= RARE
        self.kept = often.nonzero()[0]
        matrix = matrix[:, self.kept]
        self.fitted, count = [], counts(rows)
        for column in columns():
            model = LogisticRegression(C=STRENGTH, solver="liblinear")
            of = [is_of(row, column) for row in rows]
            told = [at for at, value in enumerate(of) if value is not None]
            self.fitted.append(
                model.fit(matrix[told], [of[at] for at in told], [count[at] for at in told])
            )

    @staticmethod
    def _narrow(matrix):
        matrix.indices, matrix.indptr = (
            matrix.indices.astype("int32"),
            matrix.indptr.astype("int32"),
        )
        return matrix

    def odds(self, texts):
        """[[log odds a column] a text]"""
        matrix = self._narrow(self.vectors.transform([features(t) for t in texts]))[:, self.kept]
        told = [model.decision_function(matrix) for model in self.fitted]
        return [list(map(float, row)) for row in zip(*told, strict=True)]

    def lines(self):
        names = [self.vectors.feature_names_[at] for at in self.kept]
        rows = zip(*(model.coef_[0] for model in self.fitted), strict=True)
        told = [line_of(name, map(float, row)) for name, row in zip(names, rows, strict=True)]
        return [
            "# What speaks for each type, by tools/fit_message_weights.py: places, biases, and a",
            "# row of signed eighths for each word, pair of words, length and concept.",
            " ".join("/".join(column) for column in columns()),
            " ".join(f"{model.intercept_[0]:.3f}" for model in self.fitted),
            *sorted(line for line in told if line),
        ]


def cases(rows, odds):
    """The cases of messages, with the log odds of regressions that did not see them."""
    found, places = [], {column: at for at, column in enumerate(columns())}
    for (name, _language, code, text), told in zip(rows, odds, strict=True):
        types = mt.shipped_types(name)
        codes = [t.code for t in types]
        known = {"trained": [told[places[name, kind]] for kind in codes]}
        found.append(case_of(text, types, codes.index(code) if code else None, known))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--write", action="store_true", help="also fit on everything, and write")
    options = parser.parse_args()
    rows, own = messages(), examples()
    print(f"{len(rows)} messages, {len(own)} examples")
    fold = [zlib.crc32(row[3].encode()) % FOLDS for row in rows]
    odds = [None] * len(rows)
    for part in range(FOLDS):
        seen = Regressions([row for row, n in zip(rows, fold, strict=True) if n != part] + own)
        asked = [at for at, n in enumerate(fold) if n == part]
        for at, told in zip(asked, seen.odds([rows[at][3] for at in asked]), strict=True):
            odds[at] = told
    some = cases(rows, odds)
    weights = {part: SHARPER * value for part, value in fit(some, START, counts(rows)).items()}
    print({name: round(value, 2) for name, value in weights.items()})
    report("messages, cross-fitted", [(case[-1], *chance_of(case, weights)[1:]) for case in some])
    if options.write:
        lines = Regressions(rows + own).lines()
        WEIGHTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{len(lines)} lines, {WEIGHTS.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
