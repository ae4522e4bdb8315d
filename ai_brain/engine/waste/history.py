"""Waste by sending what was said long ago."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import NamedTuple

from ..base.sentence import Sentence, _lt, declare
from . import history_conditions as conditions
from .history_blocks import SURE, Talk, unrelated
from .history_pairs import Said, pair_features, pair_score
from .history_things import accepts, comes_back_to, goes_on, things
from .history_words import (
    CLOSING_OFFER,
    CONTINUES,
    FAREWELL,
    NAMES_AGAIN,
    POINTS_AT_ONE,
    REFERS_BACK,
    RULES_LATER,
    TAKES_UP,
    TURN_CHARS,
    leans,
    opens,
)
from .rule import MIN_CHARS, Rule
from .text import common_stems, language, terms
from .types import Finding, text_of

KEPT_EXCHANGES = 2  # the last questions and answers always count as needed
MAX_EXCHANGES = 40  # older ones are not judged

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

# Of an exchange: with fewer stems it need not show what it hangs on, with so many it does.
FEW_STEMS, TELLING_STEMS = 6, 12
OWN_STEMS = 4  # a last question with fewer goes on with what was spoken of just before
# How much two exchanges have to share, by the sizes of what they are about.
_LINK_BASE, _LINK_BY_SIZE = 0.45, 1 / 3
ASKS_BACK_CHARS = 240  # a longer answer does more than ask for what is missing
END_CHARS = 200  # of an answer, where it asks or offers something


class _Exchange(NamedTuple):
    """A question with the turns that follow it: its messages' places, what it is about, whether
    it leans on what came before or takes up what was settled there, whether it rules what comes
    after, and the kinds of conditions that it tells (``told``) or takes for known (``kept``)."""

    places: tuple
    chars: int
    asked: frozenset
    topic: frozenset
    specific: frozenset
    words: frozenset
    stems: frozenset
    wording: frozenset
    leans: bool
    takes_up: bool
    rules: bool
    asks_back: bool
    asks: bool
    farewell: bool
    opens: bool
    accepts: bool
    things: frozenset
    known: frozenset
    told: frozenset
    kept: frozenset
    varies: bool


class UnnecessaryHistory(Rule):
    """Old turns that nothing which the answer needed refers to.

    The last two questions and answers always count as needed, and so does what tells how to
    answer from then on. From there needed turns are followed: those that a needed turn shares
    its subject with; back to those that one leans on ("And for two?"), which are the nearest that
    it shares its subject and any word with, and the one before it where it is too short to show;
    and on to those that lean on a needed one next to them. A reply needs the question that it
    answers, a name in the last question needs every turn that has it, and a last question that
    names little goes on with what was spoken of just before it. A question that points back in
    words ("all of them", where it is not English "as I said", too) needs everything, and one that
    takes up what was settled ("in the same area", "between the two") needs all that was said before
    it, as does a further errand of the same trip ("Thanks, I also need a taxi"). Who takes a thing
    for known ("the hotel", "book a table") needs what spoke of its kind (``history_things``), and
    who asks for the same again ("how about Lyon?") the conditions told before
    (``history_conditions``).

    In English that is one sign of several (``history_blocks``): there a block of turns is named
    where all that it shares with the rest, and how it stands in it, says that it is of another
    subject; what tells how to answer and what has a name of the last question stays needed. Under a
    question that points at one thing ("that you mentioned earlier") it takes a block that is sure
    to be of another subject, and a turn that shares the question's.
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
        if CONTINUES.search(question) or TAKES_UP.search(question):
            return None
        spoken = language(call.answer) or language(question)
        english, points = self._in_english(call, places, spoken), REFERS_BACK.search(question)
        if points and (not english or REFERS_BACK.search(POINTS_AT_ONE.sub(" ", question))):
            return None
        read = []
        for before, group in zip([None, *groups], groups, strict=False):
            call.tick()
            read.append(self._read(call, group, before, read[-1].things if read else frozenset()))
        earlier = "\n".join(text_of(call.messages[i]) for i in groups[-1])
        last = _about(
            places[-1:],
            len(question),
            question,
            call.answer,
            self._leans(call, question, groups[-1]),
            False,
            call,
            earlier,
            read[-1].things,
        )
        if last.takes_up:
            return None
        if NAMES_AGAIN.search(question) and not any(_linked(e, last) for e in read):
            return None  # "the options that you listed"
        needed, sure = self._needed([*read, last]), set()
        if english:
            apart = unrelated(talk_of([*read, last], needed, call.tick), call.tick)
            sure = {i for i, above in apart.items() if above > SURE}
            if points:
                apart = sure
                if not any(_linked(e, last) for i, e in enumerate(read) if i not in apart):
                    return None  # what it points at may be among those
            named = last.asked & last.specific
            needed = {i for i, e in enumerate(read) if i not in apart or e.rules or e.topic & named}
        needed = _come_back([*read, last], needed, sure)
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
    def _read(call, group, before, things_before):
        messages = [call.messages[i] for i in group]
        asked = text_of(messages[0]) if messages[0]["role"] == "user" else ""
        said = "\n".join(text_of(m)[:TURN_CHARS] for m in (messages[1:] if asked else messages))
        chars = sum(len(text_of(m)) for m in messages)
        rules = bool(RULES_LATER.search(asked[:TURN_CHARS]))
        hangs = before is not None and UnnecessaryHistory._leans(call, asked, before)
        earlier = "\n".join(text_of(call.messages[i]) for i in before or ())
        return _about(group, chars, asked, said, hangs, rules, call, earlier, things_before)

    @staticmethod
    def _leans(call, question, before):
        texts = [text_of(call.messages[i]) for i in before]
        return leans(question, texts[-1], "\n".join(texts))

    @staticmethod
    def _needed(read):
        """Indices of the exchanges that the last one needs, itself among them."""
        end = len(read) - 1
        needed = {end, *(i for i, e in enumerate(read) if e.rules)}
        named = read[-1].asked & read[-1].specific
        needed.update(i for i in range(end) if read[i].topic & named)
        for i in range(end - 1, max(-1, end - 1 - KEPT_EXCHANGES), -1):
            after = read[i + 1]
            follows = after.leans or len(after.asked) < (OWN_STEMS if after is read[-1] else 2)
            if (i + 1 in needed and follows) or any(
                _near(read[i], read[j]) for j in range(i + 1, end + 1) if j in needed
            ):
                needed.add(i)
        todo = sorted(needed)
        while todo:
            at = todo.pop()
            reached = {i for i in range(end) if i not in needed and _linked(read[i], read[at])}
            if at + 1 < end and read[at + 1].leans:
                reached.add(at + 1)  # its reply, or what was said on
            if read[at].leans:
                reached.update(_antecedents(read, at))
            if at and read[at - 1].asks_back and read[at].leans:
                reached.add(at - 1)  # what was asked there is told here
            elif read[at].leans:
                reached.update(_left_open(read, at))
            todo.extend(reached - needed)
            needed |= reached
        return needed.union(range(max(0, end - KEPT_EXCHANGES), end))

    @staticmethod
    def _in_english(call, places, spoken):
        """Related words are known in English alone."""
        if spoken not in ("", "en"):
            return False
        asked = "\n".join(text_of(call.messages[i])[:200] for i in places[-12:])
        return language(asked) in ("", "en")

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


def _about(places, chars, asked, said, hangs, rules, call, earlier, things_before):
    asked, said = asked[:TURN_CHARS], said[:TURN_CHARS]
    begins = opens(asked, earlier)
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
        hangs,
        bool(TAKES_UP.search(asked)) or goes_on(asked, things_before, begins),
        rules,
        len(said) <= ASKS_BACK_CHARS
        and said.rstrip().endswith(("?", "？", ".", "!"))
        and "?" in said
        and not CLOSING_OFFER.search(said),
        "?" in said[-END_CHARS:] and not CLOSING_OFFER.search(said[-END_CHARS:]),
        bool(FAREWELL.search(asked)),
        begins,
        accepts(asked),
        things(asked) | things(said),
        comes_back_to(asked),
        conditions.told(asked),
        conditions.comes_back_to(asked),
        conditions.varies(asked),
    )


def talk_of(read, needed, tick):
    """The :class:`Talk` of exchanges, ``needed`` as followed by :meth:`_needed`."""
    said, size = [], len(read)
    for exchange in read:
        tick()
        said.append(Said(exchange.words, exchange.stems, exchange.specific))
    scores = [[0.0] * size for _ in read]
    for j in range(size):
        tick()
        for i in range(j):
            linked = _linked(read[i], read[j])
            scores[i][j] = scores[j][i] = pair_score(pair_features(said[i], said[j], linked))
    return Talk(said, scores, read, needed)


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


def _come_back(read, needed, sure):
    """``needed`` with what those take for known that are needed, the last exchange among them,
    with the replies to what they ask, what went on with the errand before one that leans, and the
    conditions under which one asks for the same again. What is ``sure`` to be of another subject
    is neither a reply nor a condition of those."""
    end, needed = len(read) - 1, set(needed)
    todo = sorted({*needed, end})
    while todo:
        at = todo.pop()
        if read[at].takes_up:  # from where is not said
            reached = set(range(at))
        else:
            reached = {i for i in range(at) if _comes_back(read[at], read[i])}
            if read[at].varies:
                reached |= {i for i in range(at) if read[i].told and i not in sure}
        if at and read[at].leans and read[at - 1].takes_up:
            reached.add(at - 1)
        for i in sorted({at, *reached}):
            while i + 1 < end and i + 1 not in sure and _replies(read[i], read[i + 1]):
                i += 1
                reached.add(i)
        todo.extend(reached - needed)
        needed |= reached
    return needed


def _comes_back(one, before):
    return before.things & one.known or before.told & one.kept


def _replies(one, after):
    return one.asks_back and after.leans and not after.opens


def _left_open(read, at):
    """Index of the nearest exchange whose question back the next one does not answer."""
    if read[at].stems & read[at - 1].stems:
        return set()
    for i in range(at - 2, -1, -1):
        if read[i].asks_back and not read[i + 1].leans:
            return {i}
    return set()


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
