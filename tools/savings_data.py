#!/usr/bin/env python3
"""The messages that benchmarks/bench_savings.py sends, out of public repositories.

    python tools/savings_data.py SOURCES DIR [--freeze]

makes DIR/savings.jsonl.gz and refuses where a text is not the one that was frozen
(benchmarks/data/savings_messages.tsv: kind, corpus, row, the first 16 digits of the text's
SHA-256). The list was made with --freeze, before anything was run on it; rows are taken by the
order of SHA-256 over "corpus row", so nobody chose among them, and twins in a corpus stay twins.
SOURCES holds clones (bare ones too) under their names; what they hold lies not in this repository:

- clinc/oos-eval at 828f8093932c (CC BY 3.0), data/data_full.json, ``test``: 150 messages of the
  intents greeting, goodbye, thank_you, yes, no; 280 of the other intents, small talk and the
  assistant's own settings left out. Some hundred messages of this corpus, which ones nobody wrote
  down, were among those that the message types' weights were fitted with.
- NathanDuran/Switchboard-Corpus at 2aec5da98f15 (GPL-3, corpus by the LDC), test and val: 75
  utterances with the dialogue acts fc, ft, fp, ny, nn, aa, bk (closing, thanks, opening, yes, no,
  agreement, acknowledgement).
- xliuhw/NLU-Evaluation-Data at f6071b496b17 (CC BY 4.0), the test sets of its folds 1 to 5: 75 of
  general_affirm and general_praise.
- lm-sys/RouteLLM at 0b64fdafe049 (Apache-2.0; MMLU and GSM8K MIT), what Mixtral 8x7B and GPT-4 of
  November 2023 answered right: 280 of MMLU's elementary and high school subjects as simple, 70 of
  its college and professional ones and 70 of GSM8K as complex. What ``--seen FILE`` holds
  (routing_dev.csv.gz, which the routing gain was fitted on) is left out.
- tatsu-lab/alpaca_eval at cd543a149df8 (Apache-2.0), results/Mixtral-8x7B-Instruct-v0.1: the
  business mix, 252 of selfinstruct (made with Gmail, Notion and the like in mind), 156 of koala, 80
  of vicuna, 12 of helpful_base; a result is the share of two annotators that preferred the answer.
  The routing gain was fitted on these.

A line's ``weak`` and ``strong`` are the two models' results (null: nobody published one), its
``output`` the tokens of GPT-4's published answer.
"""

import argparse
import collections
import csv
import gzip
import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "ai_brain"))

from engine.prompt.tokens import count_text  # noqa: E402

FROZEN = ROOT / "benchmarks" / "data" / "savings_messages.tsv"
FOLDS = "CrossValidation/autoGeneFromRealAnno/autoGene_2018_03_22-13_01_25_169/CrossValidation"
WEAK, STRONG = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"
SHORT = ("greeting", "goodbye", "thank_you", "yes", "no")
ACTS = ("fc", "ft", "fp", "ny", "nn", "aa", "bk")
ALPACA = {"selfinstruct": 252, "koala": 156, "vicuna": 80, "helpful_base": 12}


class Clone:
    """A clone's files at a commit."""

    def __init__(self, sources, name, commit):
        folder = next(
            (f for f in (sources / name, sources / name.replace("/", "+")) if f.is_dir()), None
        )
        if folder is None:
            raise SystemExit(f"{sources} holds no clone of {name}")
        inner = [f for f in (folder / "repo", folder / ".git", folder) if (f / "HEAD").exists()]
        self.git, self.commit = ["git", f"--git-dir={inner[0]}"], commit

    def __call__(self, *words):
        return subprocess.run(
            [*self.git, *words], check=True, capture_output=True, encoding="utf-8"
        ).stdout

    def text(self, path):
        return self("show", f"{self.commit}:{path}")

    def names(self, folder):
        return self("ls-tree", "-r", "--name-only", self.commit, folder).splitlines()


def message(kind, corpus, row, text, weak=None, strong=None, answer=None):
    return {
        "kind": kind,
        "corpus": corpus,
        "row": str(row),
        "text": text,
        "weak": weak,
        "strong": strong,
        "output": answer and count_text(answer, api_format="openai").tokens,
    }


def clinc(sources):
    clone = Clone(sources, "clinc/oos-eval", "828f8093932c")
    domains = json.loads(clone.text("data/domains.json"))
    others = {i for d in ("small_talk", "meta") for i in domains[d]}
    for row, (text, intent) in enumerate(json.loads(clone.text("data/data_full.json"))["test"]):
        if intent in SHORT:
            yield message("short", "clinc150", row, text)
        elif intent not in others:
            yield message("simple", "clinc150", row, text)


def switchboard(sources):
    clone = Clone(sources, "NathanDuran/Switchboard-Corpus", "2aec5da98f15")
    for part in ("test", "val"):
        for path in clone.names(f"swda_data/{part}/"):
            for row, line in enumerate(clone.text(path).splitlines()):
                _speaker, text, act = line.split("|")
                if act in ACTS:
                    yield message("short", "switchboard", f"{Path(path).stem}:{row}", text)


def nlu(sources):
    clone = Clone(sources, "xliuhw/NLU-Evaluation-Data", "f6071b496b17")
    for fold in range(1, 6):
        for intent in ("general_affirm", "general_praise"):
            path = f"{FOLDS}/KFold_{fold}/testset/text/{intent}.txt"
            for row, text in enumerate(clone.text(path).splitlines()):
                yield message("short", "nlu", f"{fold}:{intent}:{row}", text.strip())


def routellm(sources, seen):
    clone = Clone(sources, "lm-sys/RouteLLM", "0b64fdafe049")
    folder = "routellm/evals"
    for path in [
        *clone.names(f"{folder}/mmlu/responses/"),
        f"{folder}/gsm8k/gsm8k_responses.csv",
    ]:
        name = Path(path).stem.removeprefix("mmlu_")
        level = name.split("_")[0]
        kind = {"elementary": "simple", "high": "simple"}.get(level, "complex")
        if level not in ("elementary", "high", "college", "professional", "gsm8k"):
            continue
        corpus = "gsm8k" if level == "gsm8k" else f"mmlu {kind}"
        for row, line in enumerate(csv.DictReader(io.StringIO(clone.text(path), newline=""))):
            if line["prompt"].strip() not in seen:
                right = [float(line[model] == "True") for model in (WEAK, STRONG)]
                answer = line.get(f"{STRONG}_response")
                yield message(kind, corpus, f"{name}:{row}", line["prompt"].strip(), *right, answer)


def alpaca(sources):
    clone = Clone(sources, "tatsu-lab/alpaca_eval", "cd543a149df8")
    folder = "results/Mixtral-8x7B-Instruct-v0.1"
    preferred, answers = collections.defaultdict(list), {}
    for judge in ("alpaca_eval_gpt4_turbo_fn", "alpaca_eval_cot_gpt4_turbo_fn"):
        for item in json.loads(clone.text(f"{folder}/{judge}/annotations.json")):
            preferred[item["instruction"]].append(item["preference"] - 1.0)
            answers[item["instruction"]] = item["output_1"]
    for row, item in enumerate(json.loads(clone.text(f"{folder}/model_outputs.json"))):
        text = item["instruction"]
        if item["dataset"] in ALPACA and preferred[text]:
            weak = sum(preferred[text]) / len(preferred[text])
            corpus = f"alpaca {item['dataset']}"
            yield message("business", corpus, row, text, weak, 1.0 - weak, answers[text])


#: (kind, corpus) -> how many are taken
SIZES = {
    ("short", "clinc150"): 150,
    ("short", "switchboard"): 75,
    ("short", "nlu"): 75,
    ("simple", "clinc150"): 280,
    ("simple", "mmlu simple"): 280,
    ("complex", "mmlu complex"): 70,
    ("complex", "gsm8k"): 70,
    **{("business", f"alpaca {name}"): size for name, size in ALPACA.items()},
}


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def chosen(found):
    """Those that are taken, in an order that mixes them."""
    by_size = collections.defaultdict(list)
    for item in found:
        if item["text"]:
            by_size[item["kind"], item["corpus"]].append(item)
    taken = []
    for key, size in SIZES.items():
        if len(by_size[key]) < size:
            raise SystemExit(f"{key}: {len(by_size[key])} found, {size} are needed")
        taken += sorted(by_size[key], key=place)[:size]
    return sorted(taken, key=place)


def place(item):
    return digest(f"{item['corpus']} {item['row']}")


def lines(messages):
    for item in messages:
        yield "\t".join((item["kind"], item["corpus"], item["row"], digest(item["text"])[:16]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("sources", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seen", type=Path, help="routing_dev.csv.gz")
    parser.add_argument("--freeze", action="store_true", help="write the list anew")
    asked = parser.parse_args()
    seen, sources = set(), asked.sources
    if asked.seen:
        csv.field_size_limit(10**9)
        with gzip.open(asked.seen, "rt", encoding="utf-8", newline="") as handle:
            seen = {line["prompt"].strip() for line in csv.DictReader(handle)}
    found = [
        *clinc(sources),
        *switchboard(sources),
        *nlu(sources),
        *routellm(sources, seen),
        *alpaca(sources),
    ]
    if asked.freeze:
        messages = chosen(found)
        FROZEN.write_text("\n".join(lines(messages)) + "\n", encoding="utf-8")
    else:
        by_row = {(item["kind"], item["corpus"], item["row"]): item for item in found}
        frozen = FROZEN.read_text(encoding="utf-8").splitlines()
        messages = [by_row[tuple(line.split("\t")[:3])] for line in frozen]
        if [*lines(messages)] != frozen:
            raise SystemExit("a text is not the one that was frozen")
    asked.folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(asked.folder / "savings.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(item) + "\n" for item in messages)
    print(collections.Counter((item["kind"], item["corpus"]) for item in messages))


if __name__ == "__main__":
    main()
