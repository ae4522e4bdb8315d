#!/usr/bin/env python3
"""Packs tiktoken's vocabularies into ai_brain/engine/prompt/vocab, where no download is needed.

    python tools/vocabulary/pack.py FOLDER

FOLDER holds the files as tiktoken publishes or caches them, under any name (the wheel of
llama-index-core carries both in `_static/tiktoken_cache`). Each is recognised by the SHA-256
that tiktoken itself expects, so a wrong or altered file cannot be packed. Needs tiktoken.

The packed file is xz over: one length byte per token in order of rank, then all token bytes.
"""

import argparse
import base64
import hashlib
import json
import lzma
import shutil
from importlib import metadata
from pathlib import Path
from unittest import mock

from tiktoken_ext import openai_public

TARGET = Path(__file__).resolve().parents[2] / "ai_brain" / "engine" / "prompt" / "vocab"
NAMES = ("o200k_base", "cl100k_base")


def definition(name):
    """(pattern, SHA-256 of the vocabulary file, address) as tiktoken defines them."""
    seen = {}

    def note(url, expected_hash=None):
        seen.update(url=url, sha256=expected_hash)
        return {}

    with mock.patch.object(openai_public, "load_tiktoken_bpe", note):
        pattern = getattr(openai_public, name)()["pat_str"]
    return pattern, seen["sha256"], seen["url"]


def pack(content):
    """The packed form of a vocabulary file, and the SHA-256 of it unpacked."""
    tokens = []
    for line in content.splitlines():
        token, rank = line.split()
        if int(rank) != len(tokens):
            raise SystemExit(f"rank {rank} is out of order")
        tokens.append(base64.b64decode(token))
    raw = bytes(len(token) for token in tokens) + b"".join(tokens)
    packed = lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME)
    return packed, hashlib.sha256(raw).hexdigest(), len(tokens)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    files = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path
        for path in folder.iterdir()
        if path.is_file()
    }
    TARGET.mkdir(parents=True, exist_ok=True)
    version = metadata.version("tiktoken")
    encodings = {}
    for name in NAMES:
        pattern, sha256, url = definition(name)
        if sha256 not in files:
            raise SystemExit(f"no file in {folder} has the SHA-256 of {name}: {sha256}")
        packed, raw_sha256, count = pack(files[sha256].read_bytes())
        (TARGET / f"{name}.xz").write_bytes(packed)
        encodings[name] = {
            "source": url,
            "source_sha256": sha256,
            "licence": f"MIT, from tiktoken {version}: see LICENSE.tiktoken",
            "tokens": count,
            "sha256": raw_sha256,
            "pattern": pattern,
        }
        print(f"{name}: {count} tokens, {len(packed)} bytes")
    text = json.dumps(encodings, indent=2, ensure_ascii=False) + "\n"
    (TARGET / "encodings.json").write_text(text, encoding="utf-8")
    for path in metadata.files("tiktoken"):
        if path.name == "LICENSE":
            shutil.copy(path.locate(), TARGET / "LICENSE.tiktoken")


if __name__ == "__main__":
    main()
