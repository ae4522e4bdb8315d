"""The vendors' prompt caches, by the rules in their documents (as of October 2026).

Apart from the engine on purpose. A cache belongs to a key and a model. Time is the vendor's own
clock, which a test moves on (``vendor.later(seconds)``).

- Anthropic: only what stands before a mark (``cache_control``) is kept, from 1,024 tokens on here,
  at four marks at most, those of an hour before those of five minutes. The longest kept beginning
  that ends at most 20 blocks before a mark is read, which renews it; what lies between it and the
  last mark is written, at the life of the mark that follows.
- OpenAI: every beginning from 1,024 tokens on, in steps of 128, for ten minutes since its last use;
  a ``prompt_cache_key`` finds what came with the same. Writing costs nothing.
- Gemini: every beginning from 1,024 tokens on (4,096 for pro), for an hour here ("up to 24").

Tools come before all else, with as many tokens as they are counted for (``lead``).
"""

import json
from itertools import takewhile

from .counting import count, frame_of

LEAST = 1_024
STEP = 128
LIVES_S = {"5m": 300.0, "1h": 3600.0, "openai": 600.0, "gemini": 3600.0}
LOOKS_BACK = 20
MOST_MARKS = 4
#: How many beginnings are looked through, the latest first.
MOST_KEPT = 500


class BadMarks(ValueError):
    """What Anthropic answers with 400."""


class Caches:
    """What one vendor keeps."""

    def __init__(self):
        self.kept = {}
        self.ahead_s = 0.0

    def bill(self, form, model, key, body, sent, now, lead=0):
        """{kind: tokens} of a prompt's ``sent`` tokens that are read and written; keeps it.

        ``lead`` of them are tools.
        """
        now += self.ahead_s
        shelf = self.kept.setdefault((form.name, model, key), {})
        for name in [name for name, until in shelf.items() if until < now]:
            del shelf[name]
        while len(shelf) > MOST_KEPT:
            del shelf[next(iter(shelf))]
        if form.name == "anthropic":
            return _by_marks(shelf, body, sent, now, lead)
        return _by_itself(shelf, form, model, body, sent, now, lead)


def _by_itself(shelf, form, model, body, sent, now, lead):
    steps = STEP if form.name == "openai" else 1
    least = 4 * LEAST if form.name == "gemini" and "pro" in model else LEAST
    tools = json.dumps(body.get("tools") or []) + str(body.get("prompt_cache_key") or "")
    beginning = (tools, *form.texts(body))
    best, used = 0, None
    for other in shelf:
        same = _shared_tokens(beginning, other, form.name, lead)
        if same > best:
            best, used = same, other
    best = min(best, sent) // steps * steps
    if best < least:
        best = 0
    else:
        shelf[used] = now + LIVES_S[form.name]
    if sent >= least:
        shelf.pop(beginning, None)
        shelf[beginning] = now + LIVES_S[form.name]
    return {"cache_read": best}


def _shared_tokens(one, other, api_format, lead):
    if one[0] != other[0]:
        return 0
    tokens = lead
    for mine, theirs in zip(one[1:], other[1:], strict=False):
        if mine == theirs:
            tokens += count(mine, api_format) + frame_of(api_format)
            continue
        same = sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(mine, theirs, strict=False))
        )
        return tokens + (count(mine[:same], api_format) if same else 0)
    return tokens


def _by_marks(shelf, body, sent, now, lead):
    blocks = list(_blocks(body, lead))
    marks = [n for n, (_text, _tokens, life) in enumerate(blocks) if life]
    lives = [blocks[n][2] for n in marks]
    if len(marks) > MOST_MARKS:
        raise BadMarks(f"A maximum of 4 blocks with cache_control may be provided: {len(marks)}.")
    if lives != sorted(lives):  # "1h" sorts before "5m"
        raise BadMarks("a ttl='1h' block must not come after a ttl='5m' block")
    ends, so_far, names = [], "", []
    for text, tokens, _life in blocks:
        so_far += f"\x00{text}"
        names.append(so_far)
        ends.append(min(tokens, sent))
    marks = [n for n in marks if ends[n] >= LEAST]
    if not marks:
        return {}
    last, hit = marks[-1], None
    for mark in reversed(marks):
        near = range(mark, max(-1, mark - LOOKS_BACK), -1)
        hit = next((n for n in near if names[n] in shelf), None)
        if hit is not None:
            break
    read = 0 if hit is None else ends[hit]
    written, at = {"5m": 0, "1h": 0}, read
    for mark in marks:
        life = blocks[mark][2]
        if ends[mark] > at:
            written[life] += ends[mark] - at
            at = ends[mark]
        shelf[names[mark]] = now + LIVES_S[life]
    if hit is not None and hit not in marks:
        shelf[names[hit]] = max(shelf[names[hit]], now + LIVES_S["5m"])
    assert read + sum(written.values()) == max(read, ends[last])
    return {"cache_read": read, "cache_write": written["5m"], "cache_write_1h": written["1h"]}


def _blocks(body, lead):
    """(text, tokens from the start on, life of its mark or None) of each block, as they count."""
    for tool in body.get("tools") or ():
        yield json.dumps({**tool, "cache_control": None}), lead, _life(tool)
    tokens, frame = lead, frame_of("anthropic")
    system = body.get("system")
    turns = [("system", system)] if system else []
    turns += [(message["role"], message["content"]) for message in body["messages"]]
    for role, content in turns:
        said = []
        for block in content if isinstance(content, list) else [{"type": "text", "text": content}]:
            bare = {name: value for name, value in block.items() if name != "cache_control"}
            said.append(block.get("text") or json.dumps(bare))
            here = tokens + frame + count("\n".join(said), "anthropic")
            yield role + json.dumps(bare), here, _life(block)
        tokens += frame + count("\n".join(said), "anthropic")


def _life(block):
    mark = block.get("cache_control")
    return mark and mark.get("ttl", "5m")
