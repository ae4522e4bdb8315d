"""Waste by sending what was said long ago."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import NamedTuple

from ..base.lazy import regex
from ..base.sentence import Sentence, _lt, declare
from .rule import MIN_CHARS, Rule
from .text import common_stems, language, terms
from .types import Finding, text_of

KEPT_EXCHANGES = 2  # the last questions and answers always count as needed
MAX_EXCHANGES = 60  # older ones are not judged
TURN_CHARS = 3000  # of a turn that are read

declare(
    {
        "history.one": _lt(
            "The first message of the conversation (%(tokens)s tokens) was sent again, but the "
            "question and the answer do not refer to it."
        ),
        "history.many": _lt(
            "The first %(count)s messages of the conversation (%(tokens)s tokens) were sent "
            "again, but the question and the answer do not refer to them."
        ),
        "history.some": _lt(
            "%(count)s earlier messages of the conversation (%(tokens)s tokens) were sent again, "
            "but what was asked and answered since does not refer to them."
        ),
        "history.begin": _lt(
            "Start a new conversation for a new subject, or keep only the last messages and a "
            "summary."
        ),
    }
)

# What it names was said: it is found by its words.
_NAMES_AGAIN = regex(
    r"(?i)\byou (?:said|told|mentioned|gave|suggested|wrote|listed|explained|recommended)\b"
)
# Points at something said, wherever it was.
_REFERS_BACK = regex(
    r"(?i)\b(?:earlier|above|previous(?:ly)?|before|as (?:you|i|we) said"
    r"|i (?:said|told|mentioned|gave)"
    r"|we (?:discussed|agreed|decided|talked)|so far"
    r"|all (?:of )?(?:it|that|them|these|this|those)|summari[sz]e"
    r"|recap|conversation|minutes|everything|remember|back to|original|initial|started|mentioned"
    r"|vorhin|oben|zuvor|vorher|wie gesagt|du hast|sie haben|wir haben|bisher|alles?"
    r"|all(?:es|em) das|zusammenfass\w*"
    r"|fasse|gespräch|ursprünglich\w*|erwähnt\w*|besprochen|précédent\w*|plus haut|ci-dessus"
    r"|tout à l'heure|tout (?:cela|ça|ceci)|résum\w*|conversation|mentionn\w*"
    r"|anterior\w*|antes|arriba|resum\w*"
    r"|conversación|tod[oa]s? (?:eso|esto|ello|ell[oa]s)|mencion\w*"
    r"|precedent\w*|sopra|prima|riassum\w*|acima"
    r"|eerder|hierboven|samenvat\w*|wcześniej|powyżej|podsumuj\w*"
    r"|ранее|выше|раньше|итог\w*|önceki|yukarıda|özetle\w*)\b"
    r"|刚才|之前|上面|前面|总结|前述|先ほど|まとめ|위에서|아까|요약"
)
_CONTINUES = regex(r"(?i)^\W*(?:go on|continue|more|next|weiter|continue[rz]?|sigue|继续|続け)")
# How later turns are to be answered: needed by each of them, though they have no word of it.
_RULES_LATER = regex(
    r"(?i)\b(?:from now on|for the rest of|in this conversation|whatever i|whenever i|each time i"
    r"|every time i|when(?:ever)? i (?:say|write|type|give|send|ask)|i(?:'ll| will| am going to) "
    r"(?:give|send|name|tell|ask|provide|paste|type|write|share|list|describe|say|present)"
    r"|i want you to|i'd like you to|i would like you to|act as|pretend|you are (?:a|an|my|the)"
    r"|you(?:'ll| will) (?:be|act|play)|let's (?:play|say|pretend|do)|role.?play|always|never"
    r"|(?:one|ones|word|text|term|topic|title|number)s? (?:that )?i (?:mention|name|give|say"
    r"|provide)"
    r"|only (?:answer|reply|respond)|(?:answer|reply|respond) (?:only|in|with|as|to)"
    r"|my name is|call me|i(?:'m| am) (?:a|an|allergic|vegan|vegetarian)|ab jetzt|von nun an"
    r"|ich (?:gebe|nenne|schicke|sende|werde)|du bist|immer|niemals|antworte|ich bin|ich heiße"
    r"|mein name|désormais|à partir de maintenant|dorénavant|je vais te|je vais vous|tu es"
    r"|vous êtes"
    r"|toujours|jamais|réponds|je suis|je m'appelle|a partir de ahora|de ahora en adelante|voy a"
    r"|te voy a|eres|siempre|nunca|responde|me llamo|soy)\b|从现在|以后|你是|今から"
)
# A question that could stand at the beginning of a conversation.
_OPENS = regex(
    r"(?i)^\W*(?:(?:hi|hello|hey|hallo|bonjour|hola|please|bitte|also|ok(?:ay)?|now|thanks?|great"
    r"|and|so|well)\W+)*(?:what|which|who|where|when|why|how|can|could|would|will|is|are|do|does"
    r"|did|should|i (?:want|need|would like|am looking|have)|i'd like|i'm (?:looking|trying)|please"
    r"|help|tell|give|write|explain|describe|find|show|list|create|make|translate|compare|name"
    r"|convert|calculate|suggest|recommend|provide|generate|plan|design|solve|add|build|draft"
    r"|imagine|if|suppose|let's|wer|was|wann|wo|warum|wie|welche[rsmn]?|kann|könn\w+|ich möchte"
    r"|ich brauche|schreib\w*|nenne|erklär\w*|übersetz\w*|gib|qui|que|quoi|quand|où|combien|comment"
    r"|pourquoi|quel\w*|peux-tu|pouvez|je voudrais|écris|donne|explique|traduis|qué|quién\w*|cuándo"
    r"|dónde|cuánt\w*|cómo|cuál\w*|puedes|quiero|necesito|escribe|dame|explica|traduce)\b"
)
_POINTS = regex(
    r"(?i)\b(?:this|that|these|those|such|ones"
    r"|(?:the|another|other|first|last|cheaper|better|each|every|any|an? \w+) one(?! way)"
    r"|one(?=\W*(?:$|[.?!,;]| (?:is|are|was|that|which|in|for|with|to|on|from|has|does|instead"
    r"|please|too|and|or)\b))|same|also|too|instead|else|another|other|others"
    r"|more|then|again|still|first|second|third|last|both|(?<!is )(?<!are )there(?! (?:is|are|was"
    r"|were))|your (?:answer|response|explanation|advice|list|suggestion|reply|summary"
    r"|description)s?"
    r"|re(?:phrase|state|format|write|word)\w*|refer(?:ring)?|regarding|given|dies\w*|davon|dazu"
    r"|damit|dafür|auch|dann|noch|nochmal|beide|erste[nsr]?|zweite[nsr]?|cet|cette|ces|cela|ça"
    r"|aussi"
    r"|alors|encore|premi(?:er|ère)|deuxième|est[eao]s?|es[eao]s?|también|entonces|otra vez"
    r"|primer\w*"
    r"|segund\w*|перв\w+|втор\w+)\b|第一|第二|最初|처음"
)
# These may stand for something named before them in the same question.
_PRONOUNS = regex(
    r"(?i)\b(?:it|its|they|them|their|he|she|him|her|his|er|sie|es(?! gibt)|ihn|ihm|ihr\w*"
    r"|il(?! y a)"
    r"|elle|ils|elles|lui|leur|él|ella)\b"
)
# "The stairs" of something that was named before; "the stairs of the tower" name it themselves.
_THE_KNOWN = regex(
    r"\b[Tt]he (?![A-Z]|(?:world|internet|web|earth|sun|moon|sky|sea|future|past|present|day|night"
    r"|morning|afternoon|evening|weekend|most|best|\w+est)\b|(?:[\w'-]+ ){0,3}(?:of|in|for|that"
    r"|which|who|between|from|on|at|to|by|with)\b)\w"
)
_CONNECTS = regex(
    r"(?i)^\W*(?:and|but|so|or|also|because|now|then|what about|how about|what if|und|aber|oder"
    r"|also|et|mais"
    r"|ou|donc|y|pero|o|entonces|那|那么)\b"
)
_CLOSING_OFFER = regex(
    r"(?i)(?:anything|something|what) else|else (?:can|may|could)|further (?:help|assist|questions)"
    r"|noch (?:etwas|was)|sonst noch|autre chose|d'autres questions|algo más|alguna otra"
)
_SENTENCE_END = regex(r"[.!?。！？]\s")
SHORT_WORDS = 12
# Of an exchange: with fewer stems it need not show what it hangs on, with so many it does.
FEW_STEMS, TELLING_STEMS = 6, 12
# How much two exchanges have to share, by the sizes of what they are about.
_LINK_BASE, _LINK_BY_SIZE = 0.45, 1 / 3
ASKS_BACK_CHARS = 240  # a longer answer does more than ask for what is missing


class _Exchange(NamedTuple):
    """A question with the turns that follow it: its messages' places, what it is about, whether
    it leans on what came before, and whether it rules what comes after."""

    places: tuple
    chars: int
    asked: frozenset
    topic: frozenset
    specific: frozenset
    words: frozenset
    stems: frozenset
    wording: frozenset
    leans: bool
    rules: bool
    asks_back: bool


class UnnecessaryHistory(Rule):
    """Old turns that nothing which the answer needed refers to.

    The last two questions and answers always count as needed, and so does what tells how to
    answer from then on. From there needed turns are followed: those that a needed turn shares
    its subject with; back to those that one leans on ("And for two?"), which are the nearest that
    it shares its subject and any word with, and the one before it where it is too short to show;
    and on to those that lean on a needed one next to them. A question that points back in words
    ("as I said", "all of them") needs everything.
    """

    type = "unnecessary_history"

    def __call__(self, call, history):
        places = [i for i, m in enumerate(call.messages) if m["role"] != "system"]
        while places and call.messages[places[-1]]["role"] != "user":
            places.pop()
        groups = list(_groups(call.messages, places[:-1]))[-MAX_EXCHANGES:]
        if len(groups) <= KEPT_EXCHANGES or not call.answer:
            return None
        question = call.question[:2000]
        if _REFERS_BACK.search(question) or _CONTINUES.search(question):
            return None
        spoken = language(call.answer) or language(question)
        read = []
        for before, group in zip([None, *groups], groups, strict=False):
            call.tick()
            read.append(self._read(call, group, self._end(call, before)))
        last = _about(
            places[-1:],
            len(question),
            question,
            call.answer,
            _leans(question, self._end(call, groups[-1])),
            False,
            call,
        )
        if _NAMES_AGAIN.search(question) and not any(_linked(e, last) for e in read):
            return None  # "the options that you listed"
        needed = self._needed([*read, last])
        unused = [
            e
            for i, e in enumerate(read)
            if i not in needed and not self._foreign(call, e, spoken) and not self._acts(call, e)
        ]
        chars = sum(e.chars for e in unused)
        tokens = call.tokens_of(chars)
        if chars < MIN_CHARS or tokens < 0.1 * call.input_tokens:
            return None
        turns = [place for e in unused for place in e.places]
        return Finding(
            self.type,
            self._sentence(turns, places, tokens),
            Sentence("history.begin"),
            tokens,
            Decimal(0),
            target={
                "kind": "conversation",
                "name": call.tags.get("session_id") or "",
                "turns": turns,
            },
        )

    @staticmethod
    def _sentence(turns, places, tokens):
        if turns != places[: len(turns)]:
            return Sentence("history.some", count=len(turns), tokens=tokens)
        if len(turns) == 1:
            return Sentence("history.one", tokens=tokens)
        return Sentence("history.many", count=len(turns), tokens=tokens)

    @staticmethod
    def _read(call, group, before):
        messages = [call.messages[i] for i in group]
        asked = text_of(messages[0]) if messages[0]["role"] == "user" else ""
        said = "\n".join(text_of(m)[:TURN_CHARS] for m in (messages[1:] if asked else messages))
        chars = sum(len(text_of(m)) for m in messages)
        rules = bool(_RULES_LATER.search(asked[:TURN_CHARS]))
        leans = before is not None and _leans(asked, before)
        return _about(group, chars, asked, said, leans, rules, call)

    @staticmethod
    def _end(call, group):
        return None if group is None else text_of(call.messages[group[-1]])

    @staticmethod
    def _needed(read):
        """Indices of the exchanges that the last one needs, itself among them."""
        end = len(read) - 1
        needed = {end, *(i for i, e in enumerate(read) if e.rules)}
        for i in range(end - 1, max(-1, end - 1 - KEPT_EXCHANGES), -1):
            if any(_near(read[i], read[j]) for j in range(i + 1, end + 1) if j in needed):
                needed.add(i)
        todo = sorted(needed)
        while todo:
            at = todo.pop()
            reached = {i for i in range(end) if i not in needed and _linked(read[i], read[at])}
            if at + 1 < end and read[at + 1].leans:
                reached.add(at + 1)  # its reply, or what was said on
            if read[at].leans:
                reached.update(_antecedents(read, at))
            if at and read[at - 1].asks_back and not read[at - 1].leans:
                reached.add(at - 1)  # what was asked there is told here
            todo.extend(reached - needed)
            needed |= reached
        return needed.union(range(max(0, end - KEPT_EXCHANGES), end))

    @staticmethod
    def _foreign(call, exchange, spoken):
        own = language("\n".join(text_of(call.messages[i])[:TURN_CHARS] for i in exchange.places))
        return bool(own and spoken and own != spoken)

    @staticmethod
    def _acts(call, exchange):
        return any(
            call.messages[i].get("tool_calls") or call.messages[i]["role"] == "tool"
            for i in exchange.places
        )


def _about(places, chars, asked, said, leans, rules, call):
    asked, said = asked[:TURN_CHARS], said[:TURN_CHARS]
    question, answer = terms(asked, TURN_CHARS, call.tick), terms(said, TURN_CHARS, call.tick)
    common = common_stems() | {t for t in question.topic | answer.topic if "'" in t or "’" in t}
    return _Exchange(
        tuple(places),
        chars,
        question.topic - common,
        (question.topic | answer.topic) - common,
        (question.specific | answer.specific) - common,
        question.topic | question.weak,
        question.topic | question.weak | answer.topic | answer.weak,
        frozenset(word.strip("?.!,;:") for word in asked[:200].lower().split()),
        leans,
        rules,
        len(said) <= ASKS_BACK_CHARS
        and said.rstrip().endswith(("?", "？", ".", "!"))
        and "?" in said
        and not _CLOSING_OFFER.search(said),
    )


def _leans(question, before):
    """Can a question not be understood without ``before``, the answer given before it?

    A question that could open a conversation and names its subject stands by itself; what points
    at something, goes on with "and" or replies to a question does not.
    """
    question = question[:TURN_CHARS].strip()
    if not question or _CONNECTS.search(question):
        return True
    if _REFERS_BACK.search(question) or _NAMES_AGAIN.search(question):
        return True
    end = _SENTENCE_END.search(question)
    begin = question[: end.start() if end else 200][:200]
    opens = _OPENS.search(question)
    content = terms(question, TURN_CHARS)
    own = content.topic - common_stems()
    short = len(question.split()) <= SHORT_WORDS
    reach = question if short else begin
    if _POINTS.search(reach) or _unbound(_PRONOUNS, reach, 1):
        return True
    if short and _unbound(_THE_KNOWN, question, 2):
        return True
    tail = before[-200:].rstrip()
    if not opens and tail.endswith(("?", "？")) and not _CLOSING_OFFER.search(tail):
        return True
    if opens:
        return not own and len(content.topic | content.weak) < 2
    return len(own) < 3


def _unbound(pattern, text, names):
    """Does the text point at something before it has named so many things itself?"""
    found = pattern.search(text)
    return bool(found) and len(terms(text[: found.start()]).topic - common_stems()) < names


def _linked(one, other):
    """Do two exchanges share their subject? Questions that share most of their words do, though
    they be words of every business mail."""
    said = one.words & other.words
    if len(said) >= 2 and 2 * len(said) >= min(len(one.words), len(other.words)):
        return True
    # "How much is 40 €?" has no other word than "How much is 40 $?"
    longer = max(len(one.wording), len(other.wording))
    if len(one.wording & other.wording) >= longer * (2 / 3 if longer == 3 else 3 / 4):
        return True
    shared = one.topic & other.topic
    if not shared:
        return False
    if any(not stem.isalpha() for stem in shared & one.specific & other.specific):
        return True  # a code
    if any(e.asked and e.asked <= shared for e in (one, other)):
        return True  # all that a question asks for
    # Long texts share words by chance, the more the longer; those of a question count half more.
    weight = len(shared) + (len(shared & one.asked) + len(shared & other.asked)) / 2
    return weight >= _LINK_BASE + _LINK_BY_SIZE * math.log(len(one.topic) * len(other.topic))


def _antecedents(read, at):
    """Indices of what an exchange that leans on something leans on: the nearest that shares its
    subject, the nearest that shares any word, and the one before it, unless both say enough to
    share a word if they belonged together."""
    before = range(at - 1, -1, -1)
    linked = next((i for i in before if _linked(read[i], read[at])), None)
    shares = next((i for i in before if read[i].stems & read[at].stems), None)
    found = {i for i in (linked, shares) if i is not None}
    if at:
        least = min(len(read[at].stems), len(read[at - 1].stems))
        if least < (FEW_STEMS if linked is None else 0) or (
            shares is None and least < TELLING_STEMS
        ):
            found.add(at - 1)
    return found


def _near(one, other):
    """Do two neighbours share any word in their questions, or two elsewhere?"""
    return bool(one.words & other.words) or len(one.stems & other.stems) >= 2


def _groups(messages, places):
    """Places of a question and of what follows it."""
    group = []
    for place in places:
        if messages[place]["role"] == "user" and group:
            yield group
            group = []
        group.append(place)
    if group:
        yield group
