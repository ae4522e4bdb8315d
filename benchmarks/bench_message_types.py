#!/usr/bin/env python3
"""Types of messages: how many are told, beside what the cue words alone tell.

    python3 benchmarks/bench_message_types.py [FILE.tsv ...] [--errors]

FILE: set, language, type ("-" for none) and message, tab separated; message_types_test.tsv of
ai_brain/engine/tests/choice/data unless others are named (message_types_stranger*.tsv: by a
stranger, with what each came to when it was first read). Printed by file for each set, language
and both: top-1 (messages with a type whose type was named; one that is named nothing is wrong) and
the share of messages of no type that were given one. Baseline: the type with most cues and hints
found in the lower-case text, None where no cue is found or two types are level. Then what mistyping
and a random half of the cues cost, how the certainty fits, and milliseconds a message. Exit 1 if
the test set is told worse than .85, more than 5 % of its typeless ones are typed, or the baseline
is as good.
"""

import argparse
import collections
import random
import sys
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "ai_brain"))

from engine.choice import message_types as mt  # noqa: E402
from engine.choice.message_words import fold  # noqa: E402

DATA = ROOT / "ai_brain" / "engine" / "tests" / "choice" / "data"
TEST = DATA / "message_types_test.tsv"


def messages(path):
    """[(set, language, type or None, text)]"""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, language, label, text = line.split("\t")
            found.append((name, language, None if label == "-" else label, unescape(text)))
    return found


def unescape(text):
    return text.replace("\\n", "\n")


def told(text, types):
    kind, certainty = mt.classify(text, types)
    return (kind.code if kind else None), certainty


def cue_words(text, types):
    """The baseline: cues as plain words, counted."""
    text = fold(text)
    counts = collections.Counter()
    for kind in types:
        for lines in kind.cues.values():
            for line in lines:
                words = [w.rstrip("*") for w in line.strip("~-^ ").split() if w not in ("…", "^")]
                if words and all(any(alt in text for alt in w.split("/")) for w in words):
                    counts[kind.code] += 1
    ranked = counts.most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None, 0.0
    code = ranked[0][0]
    return (None if next(t for t in types if t.code == code).none else code), 1.0


def score(rows, how, types_of=mt.shipped_types):
    """({key: [right, typed, false, typeless]}, [(right?, certainty)], [what was told wrong])"""
    found = collections.defaultdict(lambda: [0, 0, 0, 0])
    judged, wrong = [], []
    for name, language, label, text in rows:
        code, certainty = how(text, types_of(name))
        for key in (f"{name} {language}", name, language, "all"):
            cell = found[key]
            if label is None:
                cell[2] += code is not None
                cell[3] += 1
            else:
                cell[0] += code == label
                cell[1] += 1
        if code is not None:
            judged.append((code == label, certainty))
        if code != label:
            wrong.append((name, language, label, code, round(certainty, 2), text))
    return found, judged, wrong


def shares(cell):
    return cell[0] / max(cell[1], 1), cell[2] / max(cell[3], 1)


def mistyped(rows):
    """One of the longer words with two letters swapped or one left out, the same on every run."""
    chance = random.Random(13)
    found = []
    for name, language, label, text in rows:
        words = text.split(" ")
        long_ones = [n for n, word in enumerate(words) if len(word) > 5 and word.isalpha()]
        if long_ones:
            at = chance.choice(long_ones)
            word, place = words[at], chance.randrange(1, len(words[at]) - 2)
            swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
            words[at] = swapped if chance.random() < 0.5 else word[:place] + word[place + 1 :]
        found.append((name, language, label, " ".join(words)))
    return found


def half_of_the_cues(half):
    def types_of(name):
        if name not in kept:
            kept[name] = mt.prepare(
                kind._replace(
                    cues={
                        language: [c for c in lines if zlib.crc32(c.encode()) % 2 == half]
                        for language, lines in kind.cues.items()
                    }
                )
                for kind in mt.shipped_types(name)
            )
        return kept[name]

    kept = {}
    return types_of


def bench(path, errors):
    rows = messages(path)
    found, judged, wrong = score(rows, told)
    base, _judged, _wrong = score(rows, cue_words)
    print(f"{path.name}: {len(rows)} messages")
    print(f"  {'':14} {'top-1':>7} {'typeless typed':>16}   cue words alone")
    for key in sorted(found, key=lambda k: (k == "all", len(k.split()) == 1, k)):
        one, other = shares(found[key]), shares(base[key])
        print(
            f"  {key:14} {one[0]:7.3f} {one[1]:10.3f} ({found[key][3]:3})   "
            f"{other[0]:.3f} {other[1]:.3f}"
        )
    for title, changed, types_of in (
        ("mistyped", mistyped(rows), mt.shipped_types),
        ("half the cues", rows, half_of_the_cues(0)),
        ("other half", rows, half_of_the_cues(1)),
    ):
        print(
            "  {:14} {:7.3f} {:10.3f}".format(
                title, *shares(score(changed, told, types_of)[0]["all"])
            )
        )
    for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        inside = [j for j in judged if low <= j[1] < high]
        if inside:
            right, mean = (sum(j[n] for j in inside) / len(inside) for n in (0, 1))
            print(f"  certainty {mean:.2f}: right {right:.2f} ({len(inside)} that were typed)")
    started = time.perf_counter()
    for name, _language, _label, text in rows:
        mt.classify(text, mt.shipped_types(name))
    print(f"  {(time.perf_counter() - started) / len(rows) * 1000:.2f} ms a message")
    if errors:
        for case in wrong:
            print("   ", *case)
    (top, typed), (base_top, base_typed) = shares(found["all"]), shares(base["all"])
    beaten = top > base_top and typed <= base_typed + 0.05
    return path != TEST or (top >= 0.85 and typed <= 0.05 and beaten)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("files", nargs="*", type=Path, default=[TEST])
    parser.add_argument("--errors", action="store_true", help="list what was told wrong")
    options = parser.parse_args()
    good = [bench(path.resolve(), options.errors) for path in options.files]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
