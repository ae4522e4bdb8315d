"""Where did a call spend tokens that it did not need? Five rules, each a small class.

A rule is called with the :class:`Exchange` and its :class:`History` and returns a
:class:`Finding` or None. It prefers silence to a guess: a finding asks a person to change
something. :func:`analyze` runs them under a deadline and settles what overlaps, so that the
savings never add up to more than the call cost.
"""

from __future__ import annotations

import math
import re
import time
from decimal import Decimal

from .lazy import regex
from .pricing import format_usd
from .waste_text import Reference, Request, language, terms
from .waste_types import Cheaper, Earlier, Exchange, Finding, History, Report, text_of

__all__ = [
    "RULES",
    "Cheaper",
    "Earlier",
    "Exchange",
    "Finding",
    "History",
    "Report",
    "Rule",
    "analyze",
]

MIN_CHARS = 160  # a shorter block or turn is not worth a person's time
DUPLICATE_WINDOW_S = 24 * 3600
NEAR_WINDOW_S = 3600
KEPT_TURNS = 4  # the last two questions and answers always count as needed
ENOUGH_CALLS = 20
EXCERPT_CHARS = 490  # a stored text of this length may be cut off


def _source(tags):
    """What made the call, as a target."""
    if tags.get("cron_id"):
        return {"kind": "cron", "id": tags["cron_id"], "name": tags.get("cron_name") or ""}
    for kind, tag in (("agent", "agent_type"), ("module", "module")):
        if tags.get(tag):
            return {"kind": kind, "name": tags[tag]}
    return {"kind": "provider", "id": tags.get("provider_id"), "name": tags.get("provider_name")}


def _source_phrase(tags):
    target = _source(tags)
    if target["kind"] == "provider":
        return "the caller"
    return f"the {'scheduled action' if target['kind'] == 'cron' else target['kind']} " + (
        f"“{target['name']}”" if target["name"] else "that made the call"
    )


class Rule:
    """Base of the rules. ``type`` names its findings; ``needs_text`` if it reads the exchange."""

    type = ""
    needs_text = True

    def __call__(self, call, history):
        raise NotImplementedError


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
        question = _without(call.question, call.blocks.values())
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
        names = ", ".join(f"“{name}”" for name, _text_ in unused)
        one = len(unused) == 1
        return Finding(
            self.type,
            f"The context block{'' if one else 's'} {names} ({tokens:,} tokens) "
            f"{'was' if one else 'were'} sent, but neither the question nor the answer uses "
            f"{'it' if one else 'them'}.",
            f"Leave {names} out for requests of this kind.",
            tokens,
            Decimal(0),
            target={
                "kind": "context_block",
                "name": unused[0][0],
                "names": [name for name, _text_ in unused],
            },
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


def _without(text, parts):
    for part in parts:
        if part:
            text = text.replace(part, " ")
    return text


class DuplicateQuery(Rule):
    """The same request, or nearly the same, by the same company inside a window: a day for
    equal content, an hour for nearly equal words (figures, names and negations being the same)."""

    type = "duplicate_query"
    needs_text = False

    def __call__(self, call, history):
        question = call.question
        for earlier in sorted(history.earlier, key=lambda e: e.age_s):
            if earlier.same and 0 <= earlier.age_s <= DUPLICATE_WINDOW_S:
                return self._finding(call, earlier, "The same request was")
        if not question or len(question) > EXCERPT_CHARS:
            return None
        asked = Request(question)
        for earlier in sorted(history.earlier, key=lambda e: e.age_s):
            if (
                earlier.comparable
                and 0 <= earlier.age_s <= NEAR_WINDOW_S
                and 12 <= len(earlier.text) < EXCERPT_CHARS
                and self._same_context(call, earlier)
                and asked.same_as(earlier.text)
            ):
                return self._finding(call, earlier, "Nearly the same request was")
        return None

    @staticmethod
    def _same_context(call, earlier):
        """What surrounds the question is as large as then, within the size of the rewording."""
        if not earlier.input_tokens or not call.size:
            return True
        slack = max(12, 0.02 * call.size)
        return abs(earlier.input_tokens - call.size) <= slack

    def _finding(self, call, earlier, what):
        minutes = earlier.age_s / 60
        ago = f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.0f} hours"
        if minutes < 1:
            ago = "less than a minute"
        return Finding(
            self.type,
            f"{what} answered {ago} before.",
            f"Keep the answer and give it again, or let {_source_phrase(call.tags)} ask once.",
            call.input_tokens + call.output_tokens,
            call.cost,
            basis="call",
            target={**_source(call.tags), "duplicate_of": earlier.key},
        )


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
            f"{call.size:,} input tokens were sent where {len(sizes):,} earlier calls of "
            f"this kind needed {median:,.0f} (nine in ten at most {high:,.0f}).",
            f"Have {_source_phrase(call.tags)} send only the part of the context that bears on "
            "the question.",
            wasted,
            Decimal(0),
            target=_source(call.tags),
        )

    @staticmethod
    def _unused(call):
        """Tokens of context, the question apart, in paragraphs that the exchange does not use."""
        last = max((i for i, m in enumerate(call.messages) if m["role"] == "user"), default=-1)
        question = _without(call.question, call.blocks.values())
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


class WrongModel(Rule):
    """A cheaper provider meets the needed quality for this complexity."""

    type = "wrong_model"
    needs_text = False
    least_saving = Decimal("0.3")

    def __call__(self, call, history):
        cheaper = history.cheaper
        if cheaper is None or cheaper.quality < cheaper.needed or not call.cost:
            return None
        saving = call.cost - cheaper.cost
        if saving <= 0 or saving < call.cost * self.least_saving:
            return None
        used = call.tags.get("provider_name") or "The model used"
        evidence = f"on {cheaper.rated:,.0f} ratings" if cheaper.rated else "by its record"
        return Finding(
            self.type,
            f"{used} cost {format_usd(call.cost)}; {cheaper.name} would have cost "
            f"{format_usd(cheaper.cost)} and reaches {cheaper.quality:.0f} of 100 {evidence}, "
            f"where {cheaper.needed:.0f} is needed.",
            f"Send requests of this kind to {cheaper.name}, or let the router choose.",
            0,
            saving,
            basis="model",
            target={
                "kind": "provider",
                "id": cheaper.key,
                "name": cheaper.name,
                "instead_of": call.tags.get("provider_id"),
            },
        )


_REFERS_BACK = regex(
    r"(?i)\b(?:earlier|above|previous(?:ly)?|before|again|as (?:you|i|we) said|you (?:said|told"
    r"|mentioned|gave|suggested|wrote|listed)|we (?:discussed|agreed|decided|talked)|so far|first"
    r"|second|third|both|all of (?:them|these|this|those)|those|the same|still|summari[sz]e|recap"
    r"|conversation|minutes|everything|remember|back to|original|initial|started|mentioned"
    r"|vorhin|oben|zuvor|vorher|nochmal|wie gesagt|du hast|sie haben|wir haben|bisher|erste[nsr]?"
    r"|zweite[nsr]?|beide|alle|zusammenfass\w*|fasse|gespräch|ursprünglich\w*|erwähnt\w*|besprochen"
    r"|précédent\w*|plus haut|ci-dessus|tout à l'heure|encore|premi(?:er|ère)|deuxième|résum\w*"
    r"|conversation|mentionn\w*|anterior\w*|antes|arriba|otra vez|primer\w*|segund\w*|resum\w*"
    r"|conversación|mencion\w*|precedent\w*|sopra|prima|riassum\w*|anterior\w*|acima|primeir\w*"
    r"|eerder|hierboven|eerste|tweede|samenvat\w*|wcześniej|powyżej|pierwsz\w*|podsumuj\w*"
    r"|ранее|выше|раньше|перв\w+|втор\w+|итог\w*|önceki|yukarıda|ilk|özetle\w*)\b"
    r"|刚才|之前|上面|前面|第一|第二|总结|前述|先ほど|最初|まとめ|위에서|처음|아까|요약"
)
_CONTINUES = regex(r"(?i)^\W*(?:go on|continue|more|next|weiter|continue[rz]?|sigue|继续|続け)")


class UnnecessaryHistory(Rule):
    """Old turns that the exchange does not refer to.

    The last two questions and answers always count as needed. A question that points back in
    words ("as you said", "all of them") needs everything. A turn whose topic the kept part still
    talks about is needed, and with it all that came after it.
    """

    type = "unnecessary_history"

    def __call__(self, call, history):
        turns = [m for m in call.messages if m["role"] in ("user", "assistant", "tool")]
        while turns and turns[-1]["role"] != "user":
            turns.pop()
        old, kept = turns[:-1][:-KEPT_TURNS], turns[:-1][-KEPT_TURNS:]
        if not old or not call.answer:
            return None
        question = call.question
        if _REFERS_BACK.search(question[:2000]) or _CONTINUES.search(question):
            return None
        reference = Reference(question, "\n".join([call.answer, *map(text_of, kept)]))
        spoken = language(call.answer) or language(question)
        # A conversation is cut from its beginning: what follows a turn that is used stays, and so
        # does the turn before it, which it may have answered.
        pairs = list(_exchanges(old))
        first_used = next(
            (i for i, pair in enumerate(pairs) if self._used(pair, reference, spoken)), None
        )
        cut = pairs if first_used is None else pairs[: max(0, first_used - 1)]
        unused = sum(len(text_of(m)) for pair in cut for m in pair)
        count = sum(map(len, cut))
        tokens = call.tokens_of(unused)
        if unused < MIN_CHARS or tokens < 0.15 * call.input_tokens:
            return None
        return Finding(
            self.type,
            f"The first {count} messages of the conversation ({tokens:,} tokens) were sent again, "
            "but the question and the answer do not refer to them.",
            "Start a new conversation for a new subject, or keep only the last messages and a "
            "summary.",
            tokens,
            Decimal(0),
            target={"kind": "conversation", "name": call.tags.get("session_id") or ""},
        )

    @staticmethod
    def _used(pair, reference, spoken):
        text = "\n".join(map(text_of, pair))
        own = language(text)
        foreign = own and spoken and own != spoken
        return foreign or any(m.get("tool_calls") for m in pair) or reference.uses(text)


def _exchanges(turns):
    """Questions with the answers that follow them."""
    pair = []
    for message in turns:
        if message["role"] == "user" and pair:
            yield pair
            pair = []
        pair.append(message)
    if pair:
        yield pair


RULES = (
    DuplicateQuery(),
    RedundantContext(),
    UnnecessaryHistory(),
    OversizedContext(),
    WrongModel(),
)


def analyze(call, history, rules=RULES, deadline_s=None, clock=time.monotonic):
    """Run the rules and return a :class:`Report`.

    Rules that need a text that was not kept, and those that ``deadline_s`` (seconds from now)
    left no time for, are named in ``not_assessed``. A rule that raises is named there too: a
    report never fails a call. Overlaps: a repeated call wastes all of itself and leaves nothing
    to the others; findings about the input claim its tokens once, the largest first; a cheaper
    model saves its share of what then remains.
    """
    end = clock() + deadline_s if deadline_s is not None else None
    found, not_assessed = [], []
    for rule in rules:
        blind = rule.needs_text and (call.messages is None or call.answer is None)
        if blind or (end is not None and clock() > end):
            not_assessed.append(rule.type)
            continue
        try:
            finding = rule(call, history)
        except Exception:
            not_assessed.append(rule.type)
            continue
        if finding:
            found.append(finding)
    findings = _settle(call, found)
    savings = min(call.cost, sum((f.cost_wasted for f in findings), Decimal(0)))
    if call.cost:
        score = float(100 * savings / call.cost)
    else:
        total = call.input_tokens + call.output_tokens
        wasted = sum(f.tokens_wasted for f in findings)
        score = 100.0 * min(1.0, wasted / total) if total else 0.0
    return Report(tuple(findings), round(score, 1), savings, tuple(not_assessed))


def _settle(call, found):
    """Give each finding the tokens and the money that no other one has claimed."""
    whole = [f for f in found if f.basis == "call"]
    if whole:
        rest = [
            f._replace(tokens_wasted=0, cost_wasted=Decimal(0)) for f in found if f not in whole
        ]
        return [whole[0], *rest]
    settled = []
    tokens_left, money_left = call.input_tokens, min(call.input_cost, call.cost)
    per_token = money_left / call.input_tokens if call.input_tokens else Decimal(0)
    inputs = sorted((f for f in found if f.basis == "input"), key=lambda f: -f.tokens_wasted)
    # Blocks and turns are distinct text; the size of the whole context contains them.
    inputs.sort(key=lambda f: f.type == OversizedContext.type)
    claimed = 0
    for finding in inputs:
        tokens = finding.tokens_wasted
        if finding.type == OversizedContext.type:
            tokens = max(0, tokens - claimed)
        tokens = min(tokens, tokens_left)
        if not tokens:
            continue
        claimed += tokens
        tokens_left -= tokens
        settled.append(
            finding._replace(tokens_wasted=tokens, cost_wasted=min(money_left, tokens * per_token))
        )
    spent = sum((f.cost_wasted for f in settled), Decimal(0))
    for finding in (f for f in found if f.basis == "model"):
        remaining = (call.cost - spent) / call.cost if call.cost else Decimal(0)
        settled.append(finding._replace(cost_wasted=finding.cost_wasted * remaining))
    return settled
