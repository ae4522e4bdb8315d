"""How many tokens a PDF has at least: its bytes may say little of its pages."""

import base64
import binascii
import re
import zlib

# Anthropic reads a page as its text (1,500 to 3,000 tokens) and as a picture (4,784 at most):
# platform.claude.com, "PDF support" and "Vision". Google: 258 a page. OpenAI: text and a picture.
TOKENS_A_PAGE = 8_000
MAX_PAGES = 3_000
#: Most compressed objects that are looked into, and most bytes of each, packed and unpacked.
MAX_OBJECTS = 200
MAX_PACKED = 256 * 1024
MAX_UNPACKED = 1024 * 1024
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_COUNT = re.compile(rb"/Count\s+(\d{1,9})\b")
_STREAM = re.compile(rb"stream\r?\n")


def least_tokens(data):
    """Tokens of the pages that a PDF (base64 text, or a data URL) shows; 0 for anything else."""
    head, _comma, tail = data[:200].partition("base64,")
    encoded = data[len(head) + len("base64,") :] if tail else data
    if not encoded.startswith("JVBER"):  # %PDF
        return 0
    try:
        pages = _pages(base64.b64decode(encoded, validate=False))
    except (binascii.Error, ValueError):
        return 0
    return TOKENS_A_PAGE * min(pages, MAX_PAGES)


def _pages(pdf):
    """Pages that a PDF declares, plainly or in its compressed objects."""
    seen, counted = _look(pdf)
    looked = 0
    for match in _STREAM.finditer(pdf):
        if b"/ObjStm" not in pdf[max(match.start() - 400, 0) : match.start()]:
            continue
        looked += 1
        if looked > MAX_OBJECTS:
            break
        packed = pdf[match.end() : match.end() + MAX_PACKED]
        try:
            unpacked = zlib.decompressobj().decompress(packed, MAX_UNPACKED)
        except zlib.error:
            continue
        more, count = _look(unpacked)
        seen, counted = seen + more, max(counted, count)
    return max(seen or counted, 1)


def _look(data):
    counts = [int(count) for count in _COUNT.findall(data)]
    return len(_PAGE.findall(data)), max(counts, default=0)
