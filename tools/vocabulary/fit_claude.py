#!/usr/bin/env python3
"""Fits WEIGHTS of ai_brain/engine/prompt/token_claude.py to what Claude billed.

    python tools/vocabulary/fit_claude.py DIR CALLS.jsonl …

DIR is that of ``benchmarks/bench_tokens.py``, whose arena is read; CALLS.jsonl are recorded calls
as ``recorded_calls.py`` writes them. Of those, requests of text alone to Claude 3 to 4.6 weigh
thrice each: the arena's are long and all of one model. Least absolute relative errors, held to
0 where there is little to see. Needs numpy.
"""

import argparse
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "ai_brain"), str(ROOT / "benchmarks")]

from bench_tokens import read_arena, read_calls  # noqa: E402
from engine.prompt import token_claude, vocab  # noqa: E402
from engine.prompt.token_family import CLAUDE, family_of  # noqa: E402

HELD = 0.1


def texts_of(messages):
    for message in messages:
        content = message.get("content") or ""
        for part in [content] if isinstance(content, str) else content:
            yield part if isinstance(part, str) else part.get("text", "")


def is_plain(message):
    content = message.get("content") or ""
    return isinstance(content, str) or all(
        isinstance(part, str) or part.get("type", "text") == "text" for part in content
    )


def kinds_of(encoding, texts):
    """(count of cl100k_base, {kind: how many}) of the texts; (0, {}) where one word is most."""
    ranks = Counter(rank for text in texts for rank in encoding.encode_ordinary(text))
    whole, found = sum(ranks.values()), Counter()
    if whole > 50 and max(ranks.values()) > whole / 4:
        return 0, found
    for rank, times in ranks.items():
        found[token_claude.kind_of(encoding.decode_single_token_bytes(rank), rank)] += times
    return whole, found


def measured(args):
    """[(count of cl100k_base, {kind: how many}, billed without frames)]"""
    encoding, rows, seen = vocab.load("cl100k_base"), [], set()
    for weight, calls in [(1, read_arena(args.data / "arena"))] + [
        (3, read_calls(path)) for path in args.calls
    ]:
        for api_format, model, messages, tools, more, billed, text in calls:
            said = [m for m in messages if m["role"] != "system"]
            old = family_of(model, api_format) is CLAUDE
            plain = text and not tools and not more and all(map(is_plain, said))
            if not plain or not old or not said or said[0]["role"] != "user":
                continue
            turns = sum(a["role"] != b["role"] for a, b in pairwise(said))
            frames = turns - (said[-1]["role"] == "assistant")
            whole, found = kinds_of(encoding, texts_of(messages))
            net = billed - CLAUDE.constant - CLAUDE.frame * frames
            key = (billed, whole, *sorted(found.items()))
            if whole and key not in seen:
                rows += [(whole, found, net, billed)] * weight
            seen.add(key)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("calls", type=Path, nargs="*")
    rows = measured(parser.parse_args())
    kinds = sorted({kind for _w, found, _n, _b in rows for kind in found} - {"foreign"})
    parts = numpy.array([[found.get(kind, 0) for kind in kinds] for _w, found, _n, _b in rows])
    more = numpy.array([net - whole for whole, _f, net, _b in rows], dtype=float)
    share = 1 / numpy.array([billed for _w, _f, _n, billed in rows], dtype=float)
    weights = numpy.zeros(len(kinds))
    for _turn in range(40):
        off = numpy.abs((parts @ weights - more) * share)
        scaled = parts * (share**2 / numpy.maximum(off, 0.01))[:, None]
        weights = numpy.linalg.solve(
            scaled.T @ parts + HELD * numpy.eye(len(kinds)), scaled.T @ more
        )
    off = numpy.abs((parts @ weights - more) * share)
    print(f"{len(rows)} rows, mean absolute error {off.mean():.4f}")
    for kind, weight in zip(kinds, weights, strict=True):
        print(f'    "{kind}": {round(float(weight), 3)},')


if __name__ == "__main__":
    main()
