"""Waste by sending too much context."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from ..base.lazy import regex
from ..base.sentence import Sentence, _lt, declare
from .rule import (
    MIN_CHARS,
    Rule,
    ask_source,
    source,
    without,
)
from .text import Reference, language, terms
from .types import Finding, text_of

ENOUGH_CALLS = 20

declare(
    {
        "redundant.one": _lt(
            "The context block “%(target)s” (%(tokens)s tokens) was sent, but neither the "
            "question nor the answer uses it."
        ),
        "redundant.many": _lt(
            "The context blocks %(targets)s (%(tokens)s tokens) were sent, but neither the "
            "question nor the answer uses them."
        ),
        "redundant.omit.one": _lt("Leave “%(target)s” out for requests of this kind."),
        "redundant.omit.many": _lt("Leave %(targets)s out for requests of this kind."),
        "oversized.size": _lt(
            "%(size)s input tokens were sent where %(calls)s earlier calls of this kind needed "
            "%(median)s (nine in ten at most %(high)s)."
        ),
        "oversized.select.agent": _lt(
            "Have the agent “%(target)s” send only the part of the context that bears on the "
            "question."
        ),
        "oversized.select.module": _lt(
            "Have the module “%(target)s” send only the part of the context that bears on the "
            "question."
        ),
        "oversized.select.cron": _lt(
            "Have the scheduled action “%(target)s” send only the part of the context that bears "
            "on the question."
        ),
        "oversized.select.some_cron": _lt(
            "Have the scheduled action that made the call send only the part of the context that "
            "bears on the question."
        ),
        "oversized.select.caller": _lt(
            "Have the caller send only the part of the context that bears on the question."
        ),
    }
)

_INSTRUCTION = regex(
    r"(?i)instruct|guideline|style_?guide|tone|style|format|persona|role|prompt|template"
    r"|anweis|vorgabe|regel|consigne|instruc|istruzion|estilo|stijl|правил|инструк|规则|指示"
)
_COMMAND = regex(
    r"(?i)\b(?:you are|you must|you should|always|never|do not|don't|respond|reply in|answer in"
    r"|make sure|use the|avoid|du bist|antworte|verwende|immer|niemals|bitte nicht|tu es|réponds"
    r"|répondez|toujours|jamais|eres|responde|siempre|nunca|sei un|rispondi|sempre|jij bent"
    r"|antwoord|altijd|nooit|ты|отвечай|всегда|никогда)\b|请|你是|必须|不要|あなたは|ください"
)


class RedundantContext(Rule):
    """Named context blocks whose distinctive terms neither question nor answer touch.

    Blocks of instructions shape an answer without showing in it, and a block in another language
    cannot show in it: neither is judged.
    """

    type = "redundant_context"

    def __call__(self, call, history):
        if not call.blocks or not call.answer:
            return None
        question = without(call.question, call.blocks.values())
        reference = Reference(question, call.answer)
        spoken = language(call.answer) or language(call.question)
        prompt = " ".join(" ".join(map(text_of, call.messages)).split())
        unused = [
            (name, text)
            for name, text in call.blocks.items()
            if len(text) >= MIN_CHARS
            and self._is_sent(text, prompt)
            and not self._is_instruction(name, text)
            and not self._other_language(text, spoken)
            and not reference.uses(text)
        ]
        if not unused:
            return None
        tokens = sum(call.tokens_of(len(text)) for _name, text in unused)
        names = [name for name, _text in unused]
        if len(names) == 1:
            description = Sentence("redundant.one", target=names[0], tokens=tokens)
            advice = Sentence("redundant.omit.one", target=names[0])
        else:
            description = Sentence("redundant.many", targets=names, tokens=tokens)
            advice = Sentence("redundant.omit.many", targets=names)
        return Finding(
            self.type,
            description,
            advice,
            tokens,
            Decimal(0),
            target={"kind": "context_block", "name": names[0], "names": names},
        )

    @staticmethod
    def _is_sent(text, prompt):
        """Is a block in the messages, word for word or laid out differently?"""
        if " ".join(text.split()) in prompt:
            return True
        topic = terms(text).topic
        return bool(topic) and len(topic & terms(prompt, 60_000).topic) >= 0.8 * len(topic)

    @staticmethod
    def _is_instruction(name, text):
        sentences = max(1, len(re.findall(r"[.!?。！？\n]", text)))
        return bool(_INSTRUCTION.search(name)) or len(_COMMAND.findall(text)) >= 0.3 * sentences

    @staticmethod
    def _other_language(text, spoken):
        own = language(text)
        return bool(own and spoken and own != spoken)


class OversizedContext(Rule):
    """Context far above what calls of this kind need, judged against their own history.

    The person's own last message does not count: a long contract that someone pastes is the
    task. Neither do paragraphs of the context that the exchange uses.
    """

    type = "oversized_context"
    needs_text = False

    def __call__(self, call, history):
        sizes = history.sizes
        if not sizes or len(sizes) < ENOUGH_CALLS:
            return None
        ordered = sorted(sizes)
        median, high = _quantile(ordered, 0.5), _quantile(ordered, 0.9)
        # The spread of the middle half keeps kinds that vary by nature from being accused.
        spread = _quantile(ordered, 0.75) - _quantile(ordered, 0.25)
        limit = max(2.5 * median, 1.5 * high, median + 4 * spread)
        if call.size <= limit:
            return None
        wasted = round((call.size - high) * call.input_tokens / call.size)
        if call.messages is not None:
            wasted = min(wasted, self._unused(call))
        if wasted < max(200, 0.2 * call.input_tokens):
            return None
        return Finding(
            self.type,
            Sentence(
                "oversized.size",
                size=call.size,
                calls=len(sizes),
                median=round(median),
                high=round(high),
            ),
            ask_source("oversized.select", call.tags),
            wasted,
            Decimal(0),
            target=source(call.tags),
        )

    @staticmethod
    def _unused(call):
        """Tokens of context, the question apart, in paragraphs that the exchange does not use."""
        last = max((i for i, m in enumerate(call.messages) if m["role"] == "user"), default=-1)
        question = without(call.question, call.blocks.values())
        reference = Reference(question, call.answer or "")
        spare = 0
        context = [text_of(m) for i, m in enumerate(call.messages) if i != last]
        # Blocks embedded in the last message are context, whoever's message carries them.
        context += [b for b in call.blocks.values() if b and b in call.question]
        for text in context:
            for paragraph in _paragraphs(text):
                if not call.answer or not reference.uses(paragraph):
                    spare += len(paragraph)
        return call.tokens_of(spare)


def _paragraphs(text, size=1200):
    for paragraph in re.split(r"\n\s*\n", text[:400_000]):
        for start in range(0, len(paragraph), size):
            yield paragraph[start : start + size]


def _quantile(ordered, share):
    """Linear interpolation between closest ranks.

    >>> _quantile([1, 2, 3, 4], 0.5)
    2.5
    """
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
