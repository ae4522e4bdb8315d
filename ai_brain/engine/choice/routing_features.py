"""A request -> what the routing gain is computed from: its shape, and its words in buckets.

The features of complexity say what kind of work a prompt asks for; here come how it is built
(lengths of question and options, statements to be judged, formulas) and which words it uses.
Words are hashed: the weights know buckets, no text.
"""

import math
from zlib import crc32

from ..base.lazy import regex
from .complexity_features import features, split_options, window

BITS = 14
BUCKETS = 1 << BITS
MAX_CHARS = 20_000
MIDDLE = 5.4  # log of the length of a common word problem
_HEAD, _TAIL = 3000, 1500

_WORD = regex(r"[^\W\d_]{2,}")
_ROMAN = regex(r"\b(?:II|III|IV)\b")
_STATEMENT = regex(r"(?i)\b(?:statement|scenario|assertion) ?[12ab]\b")
_MARKUP = regex(r"\$|\\[a-zA-Z]{2,}")


def text_of(messages):
    """The request's text: the last turn of the user, a short follow-up with the turn before it.

    ``messages`` is a string or a list of ``{'role', 'content'}``, content a string or a list of
    parts (OpenAI's shape). Whatever has no text is ''.
    """
    if isinstance(messages, str):
        return _clip(messages)
    if not isinstance(messages, (list, tuple)):
        return ""
    dicts = [m for m in messages if isinstance(m, dict)]
    turns = [_content(m.get("content")) for m in dicts if m.get("role") == "user"]
    turns = turns or [_content(m.get("content")) for m in dicts][-1:]
    if not turns:
        return ""
    if len(turns) > 1 and len(turns[-1]) < 60:
        return _clip(turns[-2] + "\n" + turns[-1])
    return _clip(turns[-1])


def _content(content):
    if isinstance(content, str):
        return content
    if isinstance(content, (list, tuple)):
        parts = (p.get("text") if isinstance(p, dict) else p for p in content)
        return "\n".join(p for p in parts if isinstance(p, str))
    return ""


def _clip(text):
    if len(text) > MAX_CHARS:
        text = text[: MAX_CHARS // 2] + "\n\n" + text[-MAX_CHARS // 2 :]
    return text.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")


def _shape(text, words):
    stem, options = split_options(text)
    sizes = [len(option) for option in options]
    mean = sum(sizes) / len(sizes) if sizes else 0.0
    spread = math.sqrt(sum((s - mean) ** 2 for s in sizes) / len(sizes)) if sizes else 0.0
    n = len(text) + 20
    return {
        "chars": math.log1p(len(text)),
        "stem_chars": math.log1p(len(stem)),
        "option_chars": math.log1p(sum(sizes)),
        "longest_option": math.log1p(max(sizes, default=0)),
        "option_spread": spread / (mean + 1.0),
        "options": min(len(options), 10) / 4,
        "lines": math.log1p(stem.count("\n")),
        "digits": sum(map(str.isdigit, text)) / n,
        "capitals": sum(map(str.isupper, stem)) / (len(stem) + 20),
        "gap": float("___" in text or "…" in text),
        "asks_last": float(stem.rstrip().endswith(("?", "？", "؟"))),
        "markup": min(1.0, len(_MARKUP.findall(text)) / 6),
        "roman": float(bool(_ROMAN.search(text))),
        "statements": float(bool(_STATEMENT.search(text))),
        "quoted": min(1.0, (text.count('"') + text.count("“") + text.count("«")) / 4),
        "word_length": sum(map(len, words)) / (len(words) + 3),
        "distinct_words": len(set(words)) / (len(words) + 5),
    }


def buckets(words):
    """{bucket: weight} of words and pairs of neighbours, signed, of length 1 (Euclid).

    >>> found = buckets(["same", "words", "same", "words"])
    >>> round(sum(weight * weight for weight in found.values()), 6)
    1.0
    """
    codes, before = [], None
    for word in words:
        letters = word.encode("utf-8", "replace")
        code = crc32(letters)
        codes.append(code)
        if before is not None:
            codes.append(crc32(letters, crc32(b" ", before)))  # of both words and a blank
        before = code
    counts = {}
    for code in codes:
        # The sign comes from another bit than the bucket: collisions cancel out on average.
        bucket = code & (BUCKETS - 1)
        counts[bucket] = counts.get(bucket, 0.0) + (1.0 if code >> 31 else -1.0)
    norm = math.sqrt(sum([v * v for v in counts.values()])) or 1.0
    return {bucket: v / norm for bucket, v in counts.items() if v}


def describe(text):
    """(features, buckets): a dict of floats in a fixed order, and ``buckets`` of the words."""
    if len(text) > _HEAD + _TAIL:
        looked_at = text[:_HEAD] + "\n\n" + text[-_TAIL:]
    else:
        looked_at = text
    words = _WORD.findall(looked_at.lower())
    shape = features(window(text)) | _shape(looked_at, words)
    # A word problem: what it takes grows with its length, as nowhere else.
    problem = float(not shape["options"] and shape["numbers"] > 0.3 and shape["quantity"] > 0) * (
        1.0 - max(shape["rewrite"], shape["code"])
    )
    shape["problem"] = problem
    return shape, buckets(words)
