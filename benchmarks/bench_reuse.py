#!/usr/bin/env python3
"""May one answer serve two questions? Precision and recall, beside exact match and likeness. And
what kept answers cost: time, bytes, hit rates (_kept_answers.py).

    ./sam bench --data DIR bench_reuse             # SAM_REUSE_SIZES="100000" for fewer answers
    python benchmarks/bench_reuse.py --data DIR    # without Odoo: the questions alone

DIR holds any of

- ``reuse_*.csv.gz`` with a, b, same, capability and test: minimal pairs of CheckList's suite for
  Quora question pairs (marcotcr/checklist, MIT);
- ``quora*.tsv`` with a line a pair of six columns (id, two ids, question 1, question 2, 1 for a
  duplicate), without a heading: Quora's question pairs (released 2017 under Quora's terms of
  service, not for commercial use; read from the 323 files ``train`` and 81 files ``test`` in
  prannb/erogol, commit 8d4976071ada8c995a14880fd17f952993c45dbd);
- ``dialogues_*.json``, in any folder: the first message of each conversation with an assistant, in
  their order, for the hit rate (google-research-datasets/dstc8-schema-guided-dialogue, commit
  e852981ae34990f4358979625854259302feaa78, CC BY-SA 4.0: the 96 files of ``train`` below 4 MB,
  12,174 conversations about bookings, rentals, banks, doctors and the like);
- ``stream*.txt``: any stream of questions that come again, one a line in their order; the Quora
  pairs are read as such a stream too, the first of each pair, then the second.

None of it lies in this repository. The rules were worked on with the first 60,000 pairs of
``train`` at hand; ``test`` was read for figures alone. Two tables of pairs in four languages do lie
here (ai_brain/engine/tests/data): reuse_pairs.tsv, written down before the rules, and
unsafe_pairs.tsv.

Prints precision and recall, the share of false hits by capability and the worst test, and how many
pairs of our own are the same; exits with 1 where a bound is broken.
"""

import argparse
import csv
import gzip
import json
import os
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "ai_brain"), str(ROOT / "benchmarks")]
import _kept_answers  # noqa: E402
import bench_patterns  # noqa: E402
from engine.reuse import same_question  # noqa: E402

OWN = ROOT / "ai_brain" / "engine" / "tests" / "data"
LIKE = 0.85  # of trigrams, the threshold of many a semantic cache
PRECISION, RECALL = 0.93, 0.06
BY_CAPABILITY, BY_TEST = 0.001, 0.005


def exact(a, b, _lang):
    return " ".join(a.split()) == " ".join(b.split())


def trigrams(text):
    text = f"  {' '.join(text.lower().split())} "
    return {text[at : at + 3] for at in range(len(text) - 2)}


def alike(a, b, _lang):
    one, two = trigrams(a), trigrams(b)
    return len(one & two) >= LIKE * len(one | two)


RULES = {"same_question": same_question, "exact match": exact, f"trigrams at {LIKE}": alike}


def unquoted(field):
    if len(field) > 1 and field[0] == field[-1] == '"':
        return field[1:-1].replace('""', '"')
    return field


def quora_pairs(path):
    """(question 1, question 2, is it a duplicate) of every line"""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            if len(fields) == 6 and fields[5] in ("0", "1"):
                yield unquoted(fields[3]), unquoted(fields[4]), fields[5] == "1"


def quora(path, broken):
    pairs = list(quora_pairs(path))
    duplicates = sum(same for _a, _b, same in pairs)
    print(f"\n{path.name}: {len(pairs)} pairs, {duplicates} duplicates")
    for name, rule in RULES.items():
        hits = Counter(same for a, b, same in pairs if rule(a, b, "en"))
        found = hits[True] + hits[False]
        precision = hits[True] / found if found else 1.0
        recall = hits[True] / duplicates if duplicates else 1.0
        print(f"  {name:16} precision {precision:.4f}  recall {recall:.4f}  ({hits[False]} wrong)")
        if rule is same_question and (precision < PRECISION or recall < RECALL):
            broken.append(f"{path.name}: precision {precision:.4f} at recall {recall:.4f}")


def first_messages(folder):
    """What people began a conversation with, in the order of the conversations"""
    for path in sorted(folder.glob("**/dialogues_*.json")):
        for conversation in json.loads(path.read_text(encoding="utf-8")):
            said = (t["utterance"] for t in conversation["turns"] if t["speaker"] == "USER")
            yield next(said)


def minimal_pairs(path, broken):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    print(f"\n{path.name}: {len(rows)} pairs; false hits by capability, the worst test, safe found")
    for name, rule in RULES.items():
        of, wrong, safe = Counter(), Counter(), Counter()
        for row in rows:
            hit = rule(row["a"], row["b"], "en")
            if row["same"] == "1":
                safe[hit] += 1
                continue
            for key in (row["capability"], (row["capability"], row["test"])):
                of[key] += 1
                wrong[key] += hit
        shares = {key: wrong[key] / of[key] for key in of}
        capabilities = {key: share for key, share in shares.items() if isinstance(key, str)}
        tests = {key: share for key, share in shares.items() if not isinstance(key, str)}
        worst = max(tests, key=tests.get)
        print(f"  {name:16} " + "  ".join(f"{k} {v:.2%}" for k, v in sorted(capabilities.items())))
        print(f"  {'':16} {worst[1]}: {tests[worst]:.1%}; safe {safe[True]} of {safe.total()}")
        if rule is same_question:
            broken += [f"{k}: {v:.2%}" for k, v in capabilities.items() if v > BY_CAPABILITY]
            broken += [f"{k}: {v:.2%}" for k, v in tests.items() if v > BY_TEST]


def own_pairs(path, broken):
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    print(f"\n{path.name}: unsafe taken for the same, and safe found, by language")
    for name, rule in RULES.items():
        of, hits = Counter(), Counter()
        for row in rows:
            key = row["lang"], row["same"]
            of[key] += 1
            hits[key] += rule(row["a"], row["b"], row["lang"])
        print(
            f"  {name:16} "
            + "  ".join(
                f"{lang} {hits[lang, '0']}/{of[lang, '0']} {hits[lang, '1']}/{of[lang, '1']}"
                for lang in ("en", "de", "fr", "es")
            )
        )
        if rule is same_question and any(hits[lang, "0"] for lang, _same in of):
            broken.append(f"{path.name}: an unsafe pair is taken for the same")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with quora*.tsv and reuse_*.csv.gz")
    sizes = os.environ.get("SAM_REUSE_SIZES", "100000 1000000").split()
    parser.add_argument("--sizes", type=int, nargs="*", default=[int(size) for size in sizes])
    parser.add_argument("--times", type=int, default=300, help="samples of each thing")
    asked = parser.parse_args()
    broken = []
    for path in (OWN / "reuse_pairs.tsv", OWN / "unsafe_pairs.tsv"):
        own_pairs(path, broken)
    for path in sorted(asked.data.glob("reuse_*.csv.gz")) if asked.data else ():
        minimal_pairs(path, broken)
    for path in sorted(asked.data.glob("quora*.tsv")) if asked.data else ():
        quora(path, broken)
        pairs = [*quora_pairs(path)]
        stream = [pair[side] for side in (0, 1) for pair in pairs]
        _kept_answers.hit_rates(path.name, stream)
    for path in sorted(asked.data.glob("stream*.txt")) if asked.data else ():
        _kept_answers.hit_rates(path.name, path.read_text(encoding="utf-8").splitlines())
    begun = [*first_messages(asked.data)] if asked.data else []
    if begun:
        _kept_answers.hit_rates("first messages of conversations", begun)
    if os.environ.get("ODOO_RC") and asked.sizes:
        print()
        if _kept_answers.measure(asked.sizes, asked.times):
            broken.append("kept answers: see above")
        if bench_patterns.measure(asked.times // 3, 3):
            broken.append("patterns: see above")
    for line in broken:
        print(f"BROKEN {line}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
