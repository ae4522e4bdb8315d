"""Long threads: the older part as a summary that loses no fact, in blocks of turns.

A turn is a message of the user with all that answered it, so a tool's call is never parted from its
result. The older part is cut off in whole blocks of ten turns: between two cuts what is sent begins
with the same words, and the vendor's cache survives. Each block is summarised once, and what a
summary misses of its numbers, dates, names, amounts, decisions and promises is appended word for
word; what it says that is not in the block is struck out.

>>> talk = [{"role": r, "content": f"{r} {n}"} for n in range(40) for r in ("user", "assistant")]
>>> plan = cut(talk, keep=20)
>>> len(plan.head), [len(block) for block in plan.blocks], len(plan.recent)
(0, [20, 20, 20], 20)
>>> cut(talk[:38], keep=20) is None
True
"""

import hashlib
import json
from itertools import pairwise
from typing import NamedTuple

from ..base.text import text_of
from .thread_facts import MOST_CHARS, around, read_units, words_of

#: Turns of a block.
BLOCK = 10
MOST_BLOCKS = 200
#: Tokens that a summary may have, and what it and the facts come to of a block, as a rule.
MOST_TOKENS = 600
EXPECTED_SHARE = 0.3
#: How much of a block its summary may be, what is appended to it left out.
_SHARE = 0.1
#: From this share of its words on, a sentence is about the same as another that has them.
_LIKE = 0.6
#: Of a summary so much is read.
MOST_SUMMARY, MOST_SENTENCES = 10_000, 60
_OPENING = "Earlier in this conversation ({number}):"
_WORD_FOR_WORD = "Word for word:"
#: What a summary is asked for; the facts are checked by code.
INSTRUCTION = (
    "Summarise this part of a conversation for whoever continues it, in its language, in at most "
    "{words} words of plain sentences. Write numbers, dates, amounts and names exactly as they are "
    "written. No introduction."
)


class Cut(NamedTuple):
    """``head``: system messages before the first turn; ``blocks``: the older part, ten turns each;
    ``recent``: the rest, as it is sent."""

    head: list
    blocks: list
    recent: list


def cut(messages, keep=20, block=BLOCK):
    """Return the :class:`Cut` of a thread, None where nothing is cut off.

    :param keep: messages that are never summarised, counted from the last
    :param block: turns that are cut off at once
    """
    starts = [n for n, message in enumerate(messages) if message["role"] == "user"]
    if not starts or keep < 1:
        return None
    spare = sum(start <= len(messages) - keep for start in starts) - 1  # turns before the kept ones
    if spare < block:
        return None
    bounds = starts[: spare + 1 : block][: MOST_BLOCKS + 1]
    head = messages[: starts[0]]
    if any(message["role"] not in ("system", "developer") for message in head):
        return None  # it begins in the middle of something
    blocks = [messages[a:b] for a, b in pairwise(bounds)]
    if not blocks:
        return None
    return Cut(head, blocks, messages[bounds[-1] :])


def digest(blocks):
    """Return 32 hex digits for each block: of it and all before it."""
    state = hashlib.blake2b(digest_size=16)
    found = []
    for block in blocks:
        state.update(json.dumps(block, sort_keys=True, default=str).encode("utf-8", "replace"))
        found.append(state.copy().hexdigest())
    return found


def said(block):
    """Return [(role, text)] of a block, system messages and tools left out.

    >>> said([{"role": "user", "content": "Hello"}, {"role": "tool", "content": "4"}])
    [('user', 'Hello')]
    """
    texts = [
        (message["role"], text_of(message))
        for message in block
        if message["role"] in ("user", "assistant")
    ]
    return [(role, text) for role, text in texts if text.strip()]


def is_summable(block):
    """May a block be summarised? Not with pictures or files, nor results of tools, whose words
    later turns may need, nor one whose facts take too long to find."""
    if sum(len(text) for _role, text in said(block)) > MOST_CHARS:
        return False
    for message in block:
        if message["role"] == "tool" or message.get("tool_calls"):
            return False
        content = message.get("content")
        if isinstance(content, list) and any(part.get("type") != "text" for part in content):
            return False
    return True


def question(block):
    """Return the messages that ask a model for the summary of a block."""
    text = "\n\n".join(f"{role}: {words}" for role, words in said(block))
    words = max(40, min(250, len(text) // 75))
    return [
        {"role": "system", "content": INSTRUCTION.format(words=words)},
        {"role": "user", "content": text},
    ]


def checked(summary, block, known=frozenset()):
    """Return (summary of a block without what the block does not say, and with what it lacks; the
    names in it).

    :param known: names that stand in what is sent before the block

    >>> said = "It rained again, all day long. " * 9
    >>> said += "The deposit is 4,350 EUR. We agreed on blue."
    >>> block = [{"role": "user", "content": said}]
    >>> print(checked("The deposit is 4,530 EUR. They spoke of tiles.", block)[0])
    They spoke of tiles.
    Word for word:
    user: The deposit is 4,350 EUR. We agreed on blue.
    """
    units = read_units(said(block))
    kept, room = [], _SHARE * sum(len(unit.text) for unit in units)
    worded = [(unit, words_of(unit.text)) for unit in units]
    for unit in read_units([("", summary[:MOST_SUMMARY])])[:MOST_SENTENCES]:
        if _is_borne_out(unit, worded) and len(unit.text) <= room:
            kept.append(unit)
            room -= len(unit.text)
    told = [(figure, unit.names) for unit in kept for figure in unit.figures]
    have = set(known).union(*(unit.names for unit in kept))
    lines, last, seen = [unit.text for unit in kept], None, set()
    for unit in units:
        words = _missing(unit, told, have)
        have |= unit.names
        if not words or words in seen:
            continue
        seen.add(words)
        if last is None:
            lines.append(_WORD_FOR_WORD)
        if unit.role == last:
            lines[-1] += f" {words}"
        else:
            lines.append(f"{unit.role}: {words}")
        last = unit.role
    return "\n".join(lines), frozenset(have)


def _missing(unit, told, have):
    """Return what of a sentence has to be appended, '' where nothing."""
    if unit.binding or any(
        not any(figure == one and unit.names <= names for one, names in told)
        for figure in unit.figures
    ):
        return unit.text
    new = unit.names - have
    return around(unit.text, new) if new else ""


def _is_borne_out(unit, units):
    """May a sentence of a summary stay?

    A sentence of the block, word for word, may. Else it tells the gist in words of its own, without
    figures and names, which only the block's own words tie together right; what is nearly a
    sentence of the block, and is not, may have turned it round. What decides or promises is taken
    from the block itself.

    :param units: list of (unit of the block, its words)
    """
    if unit.binding:
        return False
    folded = unit.text.casefold()
    if any(folded == one.text.casefold() for one, _words in units):
        return True
    if unit.figures or unit.names:
        return False
    mine = words_of(unit.text)
    return all(len(mine & words) < _LIKE * len(mine) for _one, words in units)


def summarised(plan, summaries):
    """Return what is sent of a thread: its head, the summaries, the system messages and blocks that
    could not be summarised, and the recent part.

    :param summaries: for each block its checked summary, None where it is sent as it is
    """
    sent = list(plan.head)
    for number, (block, summary) in enumerate(zip(plan.blocks, summaries, strict=True), 1):
        if summary is None:
            sent += block
            continue
        sent += [m for m in block if m["role"] in ("system", "developer")]
        text = _OPENING.format(number=number) + "\n" + summary
        sent.append({"role": "user", "content": text})
    return [*sent, *plan.recent]
