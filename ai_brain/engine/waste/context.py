"""Waste by sending too much context."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from ..base.lazy import regex
from ..base.sentence import Sentence, _lt, declare
from .rule import MIN_CHARS, Rule, ask_source, source
from .text import language, terms
from .types import QUESTION_CHARS, Finding, text_of

ENOUGH_CALLS = 20
SAMPLE = 48  # paragraphs of a large context that are read

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
            "Have the addon “%(target)s” send only the part of the context that bears on the "
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

# A block that shapes the answer without showing in it: how to write, and for whom.
_SHAPES = regex(
    r"(?i)instruct|guideline|style|tone|voice|format|schema|persona|role|prompt|template|example"
    r"|profile?|audience|customer|client|user|contact|partner|person|lead|ticket|thread|memory"
    r"|prefer|goal|anweis|vorgabe|regel|kunde|ziel|beispiel|consigne|instruc|perfil|estilo|objeti"
    r"|istruzion|stijl|правил|инструк|规则|指示"
)
_COMMAND = regex(
    r"(?i)\b(?:you are|you must|you should|always|never|do not|don't|respond|reply in|answer in"
    r"|make sure|use the|avoid|du bist|antworte|verwende|immer|niemals|bitte nicht|tu es|réponds"
    r"|répondez|toujours|jamais|eres|responde|siempre|nunca|sei un|rispondi|sempre|jij bent"
    r"|antwoord|altijd|nooit|ты|отвечай|всегда|никогда)\b|请|你是|必须|不要|あなたは|ください"
)
# A question that points at something given, or is about whoever asks, may be answered from any
# block without a word of it.
_POINTS = regex(
    r"(?i)\b(?:this|that|these|those|it|its|they|them|their|he|she|him|her|his|we|us|our|my|me|i"
    r"|here|above|following|attached|dies\w*|es|er|ihm|ihn|ihr\w*|mein\w*|mich|mir|ich|wir|uns\w*"
    r"|hier|oben|folgend\w*|anbei|damit|dazu|davon|ces?|cet|cette|il|elle|ils|elles|lui|leur|mon"
    r"|ma|mes|nous|notre|nos|ici|est[eao]s?|es[eao]s?|él|ella|lo|le|les|mi|mis|nuestr[oa]s?|sus?)\b"
)
_ASKS = regex(
    r"(?i)^\W*(?:what|which|who|whom|whose|when|where|why|how|wer|wen|wem|was|wann|wo|wohin|woher"
    r"|warum|wie|wieviel|welche[rsmn]?|qui|que|quoi|quand|où|combien|comment|pourquoi|quel\w*"
    r"|qué|quién\w*|cuándo|dónde|cuánt\w*|cómo|cuál\w*)\b"
)
# A question about all that was given together rests on each part of it, and so does an answer that
# something is in none of them.
_TOGETHER = regex(
    r"(?i)\b(?:(?:the|these|those|all|any|both|each|which|following|above) (?:\w+ )?(?:texts?"
    r"|documents?|files?|pages?|notes|passages?|sources|blocks?|sections?|materials?|context)"
    r"|everything|all of (?:this|these|it|them)|(?:dies\w*|alle\w*|d(?:en|ie|er)|beide\w*"
    r"|welche\w*|obige\w*|folgende\w*) (?:\w+ )?(?:texte?n?|dokumente?n?|unterlagen|dateie?n?"
    r"|seiten|notizen|quellen|abschnitte?n?|kontext)|alles|(?:ces|les|tous|toutes|quels?) (?:\w+ )?"
    r"(?:textes?|documents?|fichiers?|pages?|notes|sources|sections?)|tout ce(?:la| qui)"
    r"|(?:estos|estas|los|las|todos|todas|qué) (?:\w+ )?(?:textos?|documentos?|archivos?|páginas?"
    r"|notas|fuentes|secciones)"
    r"|todo (?:esto|lo))\b"
)
_IN_NONE = regex(
    r"(?i)\b(?:none of (?:the|these|them)|not? (?:\w+ ){0,3}(?:mention|stated?|found|given|said)\w*"
    r"|nothing (?:about|on|in)|kein\w* d(?:er|ieser)|nicht (?:erwähnt|genannt|enthalten|angegeben)"
    r"|steht nichts|aucun\w* (?:de|des)|n'est (?:pas )?(?:mentionn|indiqu)\w*|ningun[oa] de"
    r"|no se (?:menciona|indica|encuentra)\w*)\b"
)
TELLING_TERMS = 3  # an answer with fewer terms does not show where it came from
JUDGED_CHARS = 6000  # of a block


class RedundantContext(Rule):
    """Named context blocks whose distinctive terms neither question nor answer touch.

    Silence is no proof: an answer may rest on a block without a word of it. So a block is called
    redundant in two cases only. Either the answer is told by the question and the other blocks,
    term by term, and holds nothing of this one. Or the question names something of its own, points
    at nothing that was given, and neither it nor the answer has a term of any block. Blocks that
    shape an answer (instructions, formats, who is spoken to) and blocks in another language, which
    cannot show in it, are not judged, nor are those past ``MAX_BLOCKS``, nor any where the question
    is about all of them or the answer says that none of them has it.
    """

    type = "redundant_context"

    def __call__(self, call, history):
        if not call.blocks or not call.answer:
            return None
        if _TOGETHER.search(call.asked) or _IN_NONE.search(call.answer[:QUESTION_CHARS]):
            return None
        spoken = language(call.answer) or language(call.question)
        sent = _Sent(call)
        read = {}
        for name, text in call.judged_blocks.items():
            call.tick()
            if sent.holds(text):
                read[name] = terms(text, JUDGED_CHARS, call.tick)
        told_apart = self._told_apart(call, read)
        unused = [
            (name, call.blocks[name])
            for name in read
            if name in told_apart
            and len(call.blocks[name]) >= MIN_CHARS
            and not self._shapes(name, call.blocks[name])
            and not self._other_language(call.blocks[name], spoken)
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

    def _told_apart(self, call, read):
        """Names of the blocks that the exchange does without, by either case."""
        asked, said = call.reference.asked, call.reference.said
        touched = {name: self._touch(call, part) for name, part in read.items()}
        untouched = {name for name, touch in touched.items() if not touch and read[name].topic}
        used = [read[name].topic | read[name].weak for name in read if name not in untouched]
        if not untouched:
            return set()
        known = frozenset().union(asked.topic, asked.weak, *used)
        told = len(said.topic & known)
        if len(said.topic) >= TELLING_TERMS and 2 * told >= len(said.topic):
            return untouched
        own = (
            not used
            and asked.specific
            and _ASKS.search(call.asked)
            and not _POINTS.search(call.asked)
        )
        return untouched if own else set()

    @staticmethod
    def _touch(call, part):
        """Does question or answer hold a term of the block? One common term in a long block is
        chance."""
        asked, said = call.reference.asked, call.reference.said
        if part.topic & asked.topic or part.specific & said.topic or said.specific & part.topic:
            return True
        return len(part.topic & said.topic) > len(part.topic) // 40

    @staticmethod
    def _shapes(name, text):
        text = text[:JUDGED_CHARS]
        sentences = max(1, len(re.findall(r"[.!?。！？\n]", text)))
        return bool(_SHAPES.search(name)) or len(_COMMAND.findall(text)) >= 0.3 * sentences

    @staticmethod
    def _other_language(text, spoken):
        own = language(text)
        return bool(own and spoken and own != spoken)


class _Sent:
    """The prompt, read once: was a block in the messages, word for word or laid out anew?"""

    def __init__(self, call):
        self._call = call
        self._prompt = " ".join(" ".join(map(text_of, call.messages)).split())
        self._topic = None

    def holds(self, text):
        if " ".join(text.split()) in self._prompt:
            return True
        topic = terms(text, JUDGED_CHARS, self._call.tick).topic
        if topic and self._topic is None:
            self._topic = terms(self._prompt, 60_000, self._call.tick).topic
        return bool(topic) and len(topic & self._topic) >= 0.8 * len(topic)


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
        """Tokens of context, the question apart, in paragraphs that the exchange does not use.

        Of very much context ``SAMPLE`` paragraphs, evenly spread, stand for all.
        """
        last = max((i for i, m in enumerate(call.messages) if m["role"] == "user"), default=-1)
        context = [text_of(m) for i, m in enumerate(call.messages) if i != last]
        # Blocks embedded in the last message are context, whoever's message carries them.
        question = call.question[:QUESTION_CHARS]
        context += [b for b in call.judged_blocks.values() if b and b in question]
        paragraphs = [p for text in context for p in _paragraphs(text) if p.strip()]
        sample = paragraphs[:: max(1, len(paragraphs) // SAMPLE)]
        spare = 0
        for paragraph in sample:
            call.tick()
            if not call.answer or not call.reference.uses(paragraph, call.tick):
                spare += len(paragraph)
        share = spare / max(1, sum(map(len, sample)))
        return call.tokens_of(share * sum(map(len, paragraphs)))


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
