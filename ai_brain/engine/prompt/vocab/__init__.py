"""The vocabularies o200k_base and cl100k_base, shipped, so that counting needs no network.

tiktoken would fetch them on first use, without a timeout, in the middle of a request. Here an
encoding is built from the packed file beside this module (see tools/vocabulary/pack.py): once
a process, when first needed, about 0.3 s and 85 MB.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import threading
from pathlib import Path

FOLDER = Path(__file__).resolve().parent

_lock = threading.Lock()
_loaded = {}


class VocabularyMissing(Exception):
    """The vocabulary, or tiktoken itself, is not there or not what was packed."""


def load(name):
    """The tiktoken.Encoding called ``name``; without special tokens, so text stays text.

    Raises VocabularyMissing; a failure is remembered and not tried again in this process.
    """
    found = _loaded.get(name)
    if found is None:
        with _lock:
            found = _loaded.get(name)
            if found is None:
                found = _loaded[name] = _build(name)
    if isinstance(found, VocabularyMissing):
        raise found
    return found


def count(encoding, text):
    """How many tokens ``text`` has: see :func:`encode`."""
    return len(encode(encoding, text))


def encode(encoding, text):
    """The tokens of ``text``; special tokens in it count as the text that they are.

    Raises VocabularyMissing when the tokenizer gives up on the text.
    """
    try:
        return encoding.encode_ordinary(text)
    except BaseException as error:
        # What tiktoken's Rust half raises on a stack overflow is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise VocabularyMissing(f"{encoding.name}: {error}") from error


def forget():
    """Drop what was loaded, to start anew after the files changed."""
    with _lock:
        _loaded.clear()


def _build(name):
    try:
        import tiktoken

        definition = json.loads((FOLDER / "encodings.json").read_text(encoding="utf-8"))[name]
        raw = lzma.decompress((FOLDER / f"{name}.xz").read_bytes())
    except (ImportError, OSError, KeyError, ValueError, EOFError, lzma.LZMAError) as error:
        return VocabularyMissing(f"{name}: {error}")
    if hashlib.sha256(raw).hexdigest() != definition["sha256"]:
        return VocabularyMissing(f"{name}: the file does not have the packed SHA-256")
    return tiktoken.Encoding(
        name,
        pat_str=definition["pattern"],
        mergeable_ranks=_ranks(raw, definition["tokens"]),
        special_tokens={},
    )


def _ranks(raw, count):
    ranks, at = {}, count
    for rank in range(count):
        end = at + raw[rank]
        ranks[raw[at:end]] = rank
        at = end
    return ranks
