#!/usr/bin/env python3
"""How many everyday prompts an agent's router leaves to its efficient provider.

    python3 benchmarks/bench_everyday.py [--data DIR]

The two are gpt-4o-mini and gpt-4o with the catalogue's prices and published abilities, nobody has
rated them and no need is stated: what an agent does that was set up a minute ago. Prompts are those
of ai_brain/engine/tests/choice/business_mix*.tsv, written before anything was measured on them, and
those of DIR: each *.json (a list) or *.jsonl (one a line) of objects with ``instruction``, what it
is about under ``input``, ``context`` or the first of ``instances``. Public ones:

- yizhongw/self-instruct at 0b26ccaa4159 (Apache-2.0), human_eval/user_oriented_instructions.jsonl:
  252 requests that people make in mail, tables, notes and the like
- tatsu-lab/alpaca_eval at cd543a149df8 (Apache-2.0), a model_outputs.json of results/: 805
  instructions, of which the routing gain (not the complexity) has seen the results

Printed by set (and for ours by kind and language): prompts, the share that stays with the efficient
one, and what all would cost beside the strong one alone, at 400 tokens an answer. Exit 1 where less
than 75 % of ours stay; a public set is printed as it is.
"""

import argparse
import collections
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "ai_brain"))

from engine.choice import difficulty_shift, ranking  # noqa: E402
from engine.choice.complexity import score_complexity  # noqa: E402
from engine.choice.priors import prior  # noqa: E402
from engine.price import catalogue  # noqa: E402
from engine.prompt.tokens import count_tokens  # noqa: E402

CHOICE = ROOT / "ai_brain" / "engine" / "tests" / "choice"
#: Name -> file of a mix that is owed: ours, and one by a stranger (86 of 100 when first read).
OURS = {"our mix": "business_mix.tsv", "a stranger's mix": "business_mix_stranger.tsv"}
MODELS = ("gpt-4o-mini", "gpt-4o")
OWED = 0.75


def candidates():
    """The two as they come out of the catalogue."""
    return [
        ranking.Candidate(
            key=number,
            name=name,
            price=catalogue.lookup(name, vendor="openai")[-1].price,
            ability=prior(name),
            context_window=128_000,
        )
        for number, name in enumerate(MODELS)
    ]


def routed(text, both):
    """(is it left to the efficient one, its cost there or at the strong one, at the strong one)"""
    messages = [{"role": "user", "content": text}]
    need = ranking.Need(
        count_tokens(messages, MODELS[1]).tokens,
        complexity=score_complexity(messages).score,
        shift=difficulty_shift(messages),
    )
    chosen = ranking.rank(both, need, of_pair=True).choice
    strong = ranking.judge(both[1], need, need.needed)
    return chosen.candidate is both[0], chosen.cost, strong.cost


def ours():
    """[(keys to count under, prompt)]"""
    for name, file in OURS.items():
        for line in (CHOICE / file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                language, kind, text = line.split("\t")
                yield (name, f"{name}, {kind}", f"{name}, {language}"), text.replace("\\n", "\n")


def public(path):
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines() if path.suffix == ".jsonl" else None
    for item in json.loads(text) if lines is None else map(json.loads, filter(None, lines)):
        more = item.get("input") or item.get("context") or ""
        if not more and item.get("instances"):
            more = item["instances"][0].get("input") or ""
        yield (path.stem,), f"{item['instruction']}\n\n{more}".strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, help="folder with *.json and *.jsonl of instructions")
    folder = parser.parse_args().data
    prompts = [*ours()]
    for path in sorted(folder.glob("*.json*")) if folder else ():
        prompts += public(path)
    both, found = candidates(), collections.defaultdict(list)
    for keys, text in prompts:
        judged = routed(text, both)
        for key in keys:
            found[key].append(judged)
    print(f"{'':28}{'prompts':>8}{'efficient':>11}{'cost of strong alone':>22}")
    for key, judged in found.items():
        share = sum(one[0] for one in judged) / len(judged)
        cost = sum(one[1] for one in judged) / sum(one[2] for one in judged)
        print(f"{key:28}{len(judged):8}{share:11.1%}{cost:22.1%}")
    shares = {name: sum(one[0] for one in found[name]) / len(found[name]) for name in OURS}
    for name, share in shares.items():
        if share < OWED:
            print(f"FAIL  {share:.1%} of {name} stay with the efficient one, {OWED:.0%} are owed")
    return 0 if min(shares.values()) >= OWED else 1


if __name__ == "__main__":
    sys.exit(main())
