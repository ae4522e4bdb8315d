#!/usr/bin/env python3
"""Fits GEMINI of ai_brain/engine/prompt/token_estimate.py against Gemma 3's tokenizer.

    python tools/vocabulary/fit_gemini.py ODOO_TREE TOKENIZER.json [TEXTS.jsonl …]

Google counts Gemini's tokens on the spot with the tokenizer of Gemma 3, and what it bills is that
count and none or one token a message (``benchmarks/bench_tokens.py`` looks at both). The texts
are those of ``fit_estimate.py``, fitted on half of the modules and reported on the other;
TEXTS.jsonl adds texts of another kind to the report: the ``question`` of a line, or its ``tools``.
Needs numpy, tiktoken and tokenizers.
"""

import argparse
import json
import sys
import zlib
from pathlib import Path

import numpy
from fit_estimate import corpus
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ai_brain"))

from engine.prompt import token_estimate, vocab  # noqa: E402


def as_json(pieces):
    """The pieces again, as requests hold them: lines of one as JSON, in objects of one level."""
    for module, piece in pieces:
        lines = [line.strip() for line in piece.splitlines() if line.strip()][:12]
        rows = [{"type": "string", f"key_{i}": line, "n": i} for i, line in enumerate(lines)]
        yield module, json.dumps({"properties": rows, "required": []}, ensure_ascii=False)


def measured(pieces, gemma, o200k):
    """(features with o200k's count first, Gemma's counts) of the pieces, as arrays."""
    rows = [
        [len(o200k.encode_ordinary(text)), *token_estimate.gemini_features(text)] for text in pieces
    ]
    counts = gemma.encode_batch(pieces, add_special_tokens=False)
    return numpy.array(rows, dtype=float), numpy.array([len(c.ids) for c in counts], dtype=float)


def report(name, found, counts, plain, quarter):
    off = found / counts - 1
    print(
        f"  {name:8} {len(counts):>5} pieces: mean {off.mean():+.3f}, mean absolute "
        f"{numpy.abs(off).mean():.3f}, {off.min():+.2f} to {off.max():+.2f}; o200k alone "
        f"{numpy.abs(plain / counts - 1).mean():.3f}, quarter of the characters "
        f"{numpy.abs(quarter / counts - 1).mean():.3f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", type=Path)
    parser.add_argument("tokenizer")
    parser.add_argument("texts", type=Path, nargs="*")
    args = parser.parse_args()
    gemma, o200k = Tokenizer.from_file(args.tokenizer), vocab.load("o200k_base")
    halves = {"fit": [], "held": []}
    kinds = corpus(args.tree)
    kinds["json"] = [pair for kind in ("en", "de", "py") for pair in as_json(kinds[kind][:230])]
    for kind, found in kinds.items():
        for module, piece in found:
            if len(piece) >= 50:
                half = "fit" if zlib.crc32(module.encode()) % 2 else "held"
                halves[half].append((kind, piece))
    rows, counts = measured([piece for _kind, piece in halves["fit"]], gemma, o200k)
    weights = numpy.linalg.lstsq(rows / counts[:, None], numpy.ones(len(counts)), rcond=None)[0]
    weights = numpy.round(weights, 3)
    print(f"{len(counts)} pieces fitted; GEMINI_TOKENS {weights[0]:.3f}")
    for name, weight in zip(token_estimate.GEMINI, weights[1:]):
        print(f"  {name:18} {weight:+.3f}")
    held = {"all": [piece for _kind, piece in halves["held"]]}
    for kind, piece in halves["held"]:
        held.setdefault(kind, []).append(piece)
    for path in args.texts:
        lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        held[path.stem[:8]] = [
            line["question"] if "question" in line else json.dumps(line["tools"]) for line in lines
        ]
    for name in sorted(held):
        rows, counts = measured(held[name], gemma, o200k)
        quarter = numpy.array([len(piece) / 4 for piece in held[name]])
        report(name, rows @ weights, counts, rows[:, 0], quarter)


if __name__ == "__main__":
    main()
