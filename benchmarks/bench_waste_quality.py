#!/usr/bin/env python3
"""Precision and recall of each waste rule on labelled exchanges.

    python benchmarks/bench_waste_quality.py [--verbose] [FILE.jsonl]

Beside each rule stands a baseline that knows as much and compares by the plainest means: a block
or an old question is waste if it shares less than a twentieth of the words with the exchange
(Jaccard), a request is a duplicate at half of them, a context is oversized above twice the median,
a model is wrong where a cheaper one reaches the needed quality.

Prints one line a rule for the even ids, the odd ones (not looked at until the rules had been
made; see the README of the engine) and all of them, and ends with
PASS or FAIL: overall precision at least 0.9 and recall at least 0.8 on all of them.

An item has ``q``, ``a``, ``expect`` (rules that should find something) and, where they matter,
``blocks`` (names of waste_blocks.json, put into the system message), ``turns`` ([role, text]),
``context`` (kind of unnamed context), ``tokens``, ``sizes``, ``earlier``, ``cost``, ``cheaper``.
"""

import argparse
import json
import re
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "ai_brain"))
from engine.waste import Cheaper, Earlier, Exchange, History, analyze  # noqa: E402

DATA = HERE / "data" / "waste_exchanges.jsonl"
BLOCKS = HERE / "data" / "waste_blocks.json"
NEAR, FAR = 0.5, 0.05
RULES = (
    "redundant_context",
    "duplicate_query",
    "oversized_context",
    "wrong_model",
    "unnecessary_history",
)
CONTEXTS = {
    "few": ("customer_becker",),
    "many": ("server_runbook", "solar_datasheet", "travel_policy", "gdpr_notice", "meeting_notes"),
    "many_de": ("urlaub_de", "maschine_de", "rueckgabe", "lieferung_de"),
    "many_fr": ("conges_fr", "garantie_fr"),
    "policies": ("hr_leave", "travel_policy", "return_policy", "shipping_terms", "gdpr_notice"),
}


def to_engine(item, texts):
    """The (Exchange, History) of a labelled item; tokens default to a quarter of the text."""
    blocks = {name: texts[name] for name in item.get("blocks", ())}
    context = [texts[name] for name in CONTEXTS.get(item.get("context"), ())]
    system = "\n\n".join(
        ["You are the assistant of a trading company.", *context, *blocks.values()]
    )
    messages = [{"role": "system", "content": system}]
    messages += [{"role": role, "content": text} for role, text in item.get("turns", ())]
    messages.append({"role": "user", "content": item["q"]})
    size = sum(len(m["content"]) for m in messages)
    tokens = item.get("tokens") or size // 4
    cost = Decimal(item.get("cost", "0.01"))
    call = Exchange(
        cost=cost,
        input_cost=cost * Decimal("0.8"),
        input_tokens=tokens,
        output_tokens=len(item["a"]) // 4,
        messages=messages,
        answer=item["a"],
        blocks=blocks,
        tags={"module": "demo", "provider_name": "Large"},
    )
    cheaper = item.get("cheaper")
    history = History(
        sizes=item.get("sizes"),
        earlier=tuple(
            Earlier(1, e["age_s"], e["same"], e["text"], e.get("tokens") or tokens, e["comparable"])
            for e in item.get("earlier", ())
        ),
        cheaper=cheaper
        and Cheaper(
            2,
            "Small",
            Decimal(cheaper["cost"]),
            cheaper["quality"],
            cheaper["needed"],
            cheaper["rated"],
        ),
    )
    return call, history


def overlap(one, other):
    """Share of the words of two texts that both have."""
    a, b = (set(re.findall(r"\w+", text.lower())) for text in (one, other))
    return len(a & b) / len(a | b) if a | b else 0.0


def plain_rules(item, texts):
    """The rules that the baseline calls broken."""
    exchange = f"{item['q']} {item['a']}"
    if any(overlap(texts[name], exchange) < FAR for name in item.get("blocks", ())):
        yield "redundant_context"
    if any(
        e["same"] or overlap(e["text"] or "", item["q"]) >= NEAR for e in item.get("earlier", ())
    ):
        yield "duplicate_query"
    sizes = item.get("sizes")
    call, _history = to_engine(item, texts)
    if sizes and call.size > 2 * median(sizes):
        yield "oversized_context"
    cheaper = item.get("cheaper")
    if cheaper and cheaper["quality"] >= cheaper["needed"]:
        yield "wrong_model"
    asked = [text for role, text in item.get("turns", ()) if role == "user"]
    if any(overlap(text, exchange) < FAR for text in asked):
        yield "unnecessary_history"


def by_rules(item, texts):
    """The rules that ours call broken."""
    return {finding.type for finding in analyze(*to_engine(item, texts)).findings}


def judge(items, texts, verbose=False, method=by_rules):
    """Counter of (rule, 'hit'|'false'|'missed')."""
    counts = Counter()
    for item in items:
        found = set(method(item, texts))
        for rule in RULES:
            outcome = (
                "hit"
                if rule in found and rule in item["expect"]
                else "false"
                if rule in found
                else "missed"
                if rule in item["expect"]
                else None
            )
            counts[rule, outcome] += 1
            if verbose and outcome in ("false", "missed"):
                print(f"  {outcome}: {rule} in item {item['id']}: {item['q'][:70]}")
    return counts


def ratio(hits, others):
    return hits / (hits + others) if hits + others else float("nan")


def total_of(counts, rule, outcome):
    """How often an outcome was counted, of one rule or (None) of all."""
    return sum(counts[name, outcome] for name in ([rule] if rule else RULES))


def precision_recall(hit, false, missed):
    return ratio(hit, false), ratio(hit, missed)


def show(title, items, texts, verbose=False):
    """Print a table and return (overall precision, overall recall)."""
    counts = judge(items, texts, verbose)
    plain = judge(items, texts, method=plain_rules)
    clean = sum(1 for item in items if not item["expect"])
    print(f"{title}: {len(items)} exchanges, {clean} of them clean")
    for rule in (*RULES, None):
        hit, false, missed = (total_of(counts, rule, o) for o in ("hit", "false", "missed"))
        others = (total_of(plain, rule, o) for o in ("hit", "false", "missed"))
        print(
            f"  {rule or 'all rules':<20} found {hit:>3}  false {false:>3}  missed {missed:>3}   "
            f"precision {ratio(hit, false):.3f}  recall {ratio(hit, missed):.3f}   baseline "
            "{:.3f}  {:.3f}".format(*precision_recall(*others))
        )
    return precision_recall(hit, false, missed)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", default=DATA)
    parser.add_argument("--verbose", action="store_true", help="name the even items missed")
    args = parser.parse_args()
    texts = json.loads(BLOCKS.read_text(encoding="utf-8"))
    lines = Path(args.file).read_text(encoding="utf-8").splitlines()
    items = [json.loads(line) for line in lines if line.strip()]
    show("even ids", [i for i in items if i["id"] % 2 == 0], texts, args.verbose)
    show("odd ids", [i for i in items if i["id"] % 2], texts)
    precision, recall = show("all", items, texts)
    good = precision >= 0.9 and recall >= 0.8
    print("PASS" if good else "FAIL", "precision at least 0.9, recall at least 0.8")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
