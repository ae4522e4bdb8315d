#!/usr/bin/env python3
"""Long conversations: how much less is sent, and whether a fact is lost.

    python3 benchmarks/bench_threads.py --data DIR

DIR holds LoCoMo's conversations (snap-research/locomo, commit
e76cdff4a04fce19090596d49862fe87a5c15aaa, data/locomo10.zip unpacked, CC BY-NC 4.0): ten talks of
several hundred turns between two people. Into the first turns of each, facts of
ai_brain/engine/tests/data/thread_facts.tsv are planted; the summary that stands for a model's drops
half of the sentences of a block and alters a third of the rest.

Printed: characters that are sent from turn 40 on, with and without summaries, beside the last 20
messages alone (which lose what is older), the facts that are left of those planted, and those
altered. Exit 1 where a fact is lost or altered, or more than half is sent.
"""

import argparse
import json
import random
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ai_brain"))

from engine.prompt import threads

ROOT = Path(__file__).resolve().parents[1]
FACTS = ROOT / "ai_brain" / "engine" / "tests" / "data" / "thread_facts.tsv"
FIRST, LAST, PLANTED = 40, 120, 60


def talks(folder):
    """Yield the messages of each conversation; one of the two is the user."""
    for path in sorted(folder.rglob("*.json")):
        talk = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(talk, dict) or "session_1" not in talk:
            continue
        sessions = [name for name in talk if re.fullmatch(r"session_\d+", name)]
        first, messages = talk["session_1"][0]["speaker"], []
        for name in sorted(sessions, key=lambda name: int(name[8:])):
            for turn in talk[name]:
                role = "user" if turn["speaker"] == first else "assistant"
                if messages and messages[-1]["role"] == role:
                    messages[-1]["content"] += f" {turn['text']}"
                else:
                    messages.append({"role": role, "content": turn["text"]})
        yield messages


def poor_summary(block, rng):
    """(what a bad model says of a block, the sentences that it altered)"""
    said, altered = [], set()
    for _role, text in threads.said(block):
        for sentence in re.split(r"(?<=[.!?])\s+", text):
            if rng.random() < 0.5:
                continue
            changed = sentence
            if rng.random() < 0.33:
                changed = re.sub(r"\d", lambda m: str((int(m[0]) + 3) % 10), sentence, count=1)
                changed = re.sub(r"\b(?:not|nicht|no|ne|pas) ", "", changed)
                changed = changed.replace("decided", "refused").replace("agreed", "denied")
            if changed != sentence:
                altered.add(changed)
            said.append(changed)
    return " ".join(said), altered


def size(messages):
    return sum(len(message["content"]) for message in messages)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data
    facts = [line.split("\t") for line in FACTS.read_text(encoding="utf-8").splitlines()]
    rng = random.Random(20261126)
    whole = sent = tail = planted = left = altered = cuts = 0
    for messages in talks(folder):
        mine = rng.sample(facts, PLANTED)
        for fact in mine:
            messages[rng.randrange(2 * FIRST - 40)]["content"] += f" {fact[2]}"
        made = {}
        for turns in range(FIRST, min(LAST, len(messages) // 2)):
            part = messages[: 2 * turns - 1]
            plan = threads.cut(part)
            summaries, names, wrong = [], frozenset(), set()
            for number, block in enumerate(plan.blocks):
                if number not in made:
                    said, lies = poor_summary(block, rng)
                    made[number] = *threads.checked(said, block, names), lies
                text, names, lies = made[number]
                summaries.append(text)
                wrong |= lies
            out = threads.summarised(plan, summaries)
            whole, sent, tail = whole + size(part), sent + size(out), tail + size(part[-20:])
            cuts += 1
        text = "\n".join(message["content"] for message in out)
        real = "\n".join(message["content"] for message in part)
        planted += len(mine)
        left += sum(fact[3] in text for fact in mine)
        altered += sum(one in text and one not in real for one in wrong)
    if not cuts:
        raise SystemExit(f"{folder} holds no conversation of LoCoMo")
    print(f"turns {FIRST} to {LAST}: {cuts} requests, {whole:,} characters without summaries")
    print(f"with summaries          {sent / whole:.3f} of that (limit .5)")
    print(f"the last 20 messages    {tail / whole:.3f}, and nothing older")
    print(f"facts left              {left} of {planted}; altered: {altered}")
    return 1 if sent > whole / 2 or left < planted or altered else 0


if __name__ == "__main__":
    sys.exit(main())
