#!/usr/bin/env python3
"""The prompts with two models' results that the routing gain is fitted and scored on.

    python tools/routing_data.py ALPACA.json[,ALPACA.json] QUESTIONS.jsonl JUDGEMENTS.jsonl OUT

makes OUT (.csv.gz), the everyday prompts, from what two public repositories hold (not this one):

- AlpacaEval 2, tatsu-lab/alpaca_eval (Apache-2.0) at cd543a149df8, in
  results/Mixtral-8x7B-Instruct-v0.1 the annotations.json of alpaca_eval_gpt4_turbo_fn and of
  alpaca_eval_cot_gpt4_turbo_fn. 805 instructions; weak is Mixtral 8x7B, strong the reference
  gpt4_1106_preview; a result is the share of the two annotators that preferred the answer.
- MT-bench, lm-sys/RouteLLM (Apache-2.0) at 0b64fdafe049, in routellm/evals/mt_bench the
  question.jsonl and judgements.jsonl. 80 first turns, the same two models; a result is the mean
  score of both turns out of ten.

Columns of every file: set, prompt, weak_right, strong_right (0 to 1).
"""

import csv
import gzip
import json
import sys
import zlib
from pathlib import Path
from typing import NamedTuple

COLUMNS = ("set", "prompt", "weak_right", "strong_right")


class Row(NamedTuple):
    source: str
    prompt: str
    weak: float
    strong: float


def read(path):
    """The rows of one CSV file, packed or not."""
    csv.field_size_limit(10**9)
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as handle:
        return [
            Row(r["set"], r["prompt"], float(r["weak_right"]), float(r["strong_right"]))
            for r in csv.DictReader(handle)
        ]


def read_folder(folder):
    """All rows of the ``routing_*.csv`` and ``routing_*.csv.gz`` of a folder."""
    found = sorted(Path(folder).glob("routing_*.csv*"))
    if not found:
        raise SystemExit(f"{folder} holds no routing_*.csv or routing_*.csv.gz")
    return [row for path in found for row in read(path)]


def fingerprints(rows):
    """{source: a number that tells the same prompts from others}."""
    prompts = {}
    for row in rows:
        prompts.setdefault(row.source, []).append(row.prompt)
    return {s: zlib.crc32("\n".join(sorted(p)).encode()) for s, p in sorted(prompts.items())}


def _alpaca(paths):
    seen = {}
    for path in paths:
        for item in json.loads(Path(path).read_text(encoding="utf-8")):
            seen.setdefault(item["instruction"], []).append(item["preference"] - 1.0)
    for prompt, preferred in seen.items():
        weak = sum(preferred) / len(preferred)
        yield Row("AlpacaEval", prompt, weak, 1.0 - weak)


def _mt_bench(questions, judgements):
    def lines(path):
        return map(json.loads, Path(path).read_text(encoding="utf-8").splitlines())

    scores = {}
    for item in lines(judgements):
        weak = "mixtral" in item["model"].lower()
        scores.setdefault(item["question_id"], {}).setdefault(weak, []).append(item["score"] / 10)
    for item in lines(questions):
        mean = {k: sum(v) / len(v) for k, v in scores[item["question_id"]].items()}
        yield Row("MT-bench", item["turns"][0], mean[True], mean[False])


def main():
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    alpaca, questions, judgements, out = sys.argv[1:]
    with gzip.open(out, "wt", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(COLUMNS)
        writer.writerows(_alpaca(alpaca.split(",")))
        writer.writerows(_mt_bench(questions, judgements))


if __name__ == "__main__":
    main()
