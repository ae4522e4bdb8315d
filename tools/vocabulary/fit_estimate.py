#!/usr/bin/env python3
"""Fits the weights of ai_brain/engine/prompt/token_estimate.py against the exact counts.

    python tools/vocabulary/fit_estimate.py ODOO_TREE

Reads translations, Python, XML, JavaScript, SCSS and CSV of the Odoo tree's addons in pieces
of 2,000 characters, fits on half of the modules (by a hash of the name) and prints the weights
and the error on the other half. Needs numpy and tiktoken.
"""

import argparse
import random
import re
import sys
import zlib
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ai_brain"))

from engine.prompt import token_estimate, vocab  # noqa: E402

PIECE = 2000
PIECES_A_KIND = 700
LANGUAGES = [
    "de",
    "fr",
    "es",
    "it",
    "nl",
    "pl",
    "tr",
    "vi",
    "ru",
    "uk",
    "zh_CN",
    "zh_TW",
    "ja",
    "ko",
    "ar",
    "he",
    "fa",
    "hi",
    "th",
]
KINDS = {"py": "*.py", "xml": "*.xml", "js": "*.js", "scss": "*.scss", "csv": "*.csv"}


def pieces(text):
    return [text[at : at + PIECE] for at in range(0, len(text) - PIECE // 4, PIECE)]


def translated(path):
    """The translations of a .po file, or its English sources for the .pot."""
    field = "msgid" if path.suffix == ".pot" else "msgstr"
    found = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        match = re.search(rf'^{field} ((?:".*"\n?)+)', block, re.MULTILINE)
        if match:
            lines = re.findall(r'"(.*)"', match.group(1))
            found.append("".join(lines).replace("\\n", "\n").replace('\\"', '"'))
    return "\n".join(text for text in found if text)


def corpus(tree):
    """{kind: [(module, piece)]}"""
    rng = random.Random(18)
    kinds = {}
    for module in sorted(path for path in (tree / "addons").iterdir() if path.is_dir()):
        for kind, pattern in KINDS.items():
            for path in list(module.rglob(pattern))[:12]:
                text = path.read_text(encoding="utf-8", errors="ignore")
                kinds.setdefault(kind, []).extend((module.name, p) for p in pieces(text)[:6])
        names = {lang: f"{lang}.po" for lang in LANGUAGES} | {"en": f"{module.name}.pot"}
        for lang, name in names.items():
            path = module / "i18n" / name
            if path.exists():
                kinds.setdefault(lang, []).extend(
                    (module.name, p) for p in pieces(translated(path))[:20]
                )
    return {
        kind: rng.sample(found, min(len(found), PIECES_A_KIND)) for kind, found in kinds.items()
    }


def fit(rows, counts):
    """Non-negative least squares on the relative error, by clipping and refitting.

    A word after a space weighs one token, as most do; only the rest is fitted, else plain
    prose pays for the long words of translations.
    """
    scaled = rows / counts[:, None]
    target = 1 - scaled[:, 0]
    used = [index for index in range(1, rows.shape[1]) if rows[:, index].any()]
    while True:
        weights = numpy.linalg.lstsq(scaled[:, used], target, rcond=None)[0]
        if (weights >= 0).all():
            break
        used = [index for index, weight in zip(used, weights) if weight > 0]
    full = numpy.zeros(rows.shape[1])
    full[0] = 1
    full[used] = weights
    return full


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree", type=Path)
    kinds = corpus(parser.parse_args().tree)
    for encoding in ("o200k_base", "cl100k_base"):
        exact = vocab.load(encoding)
        data = {"fit": [], "held": []}
        for kind, found in kinds.items():
            for module, piece in found:
                half = "fit" if zlib.crc32(module.encode()) % 2 else "held"
                count = len(exact.encode_ordinary(piece))
                data[half].append((kind, token_estimate.features(piece), count))
        rows = numpy.array([row for _kind, row, _count in data["fit"]], dtype=float)
        counts = numpy.array([count for _kind, _row, count in data["fit"]], dtype=float)
        weights = numpy.round(fit(rows, counts), 3)
        print(f"{encoding}: {len(data['fit'])} pieces fitted, {len(data['held'])} held out")
        for name, weight in zip(token_estimate.WEIGHTS, weights):
            print(f"  {name:20} {weight:.3f}")
        errors = {}
        for kind, row, count in data["held"]:
            errors.setdefault(kind, []).append(float(numpy.dot(weights, row) / count - 1))
        for kind in sorted(errors):
            mean, spread = numpy.mean(errors[kind]), numpy.mean(numpy.abs(errors[kind]))
            print(f"  {kind:6} mean {mean:+.3f}  mean absolute {spread:.3f}")
        every = numpy.array([error for found in errors.values() for error in found])
        print(f"  all    mean absolute {numpy.abs(every).mean():.3f}, lowest {every.min():.3f}")
        print(f"  95 % within {numpy.quantile(numpy.abs(every), 0.95):.3f}")


if __name__ == "__main__":
    main()
