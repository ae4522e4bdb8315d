"""Which pattern answers a short message? None rather than a wrong one.

A message is looked up by its words, never searched with regular expressions. Where a pattern
answers *whole* messages, the message has to consist of its triggers, one or several, and of words
that may come along: "thanks" and "so much" make "thanks so much", and "thanks, the server is down"
is left over. Where a part is enough, a question, a sad face or a word like *not* outside the
trigger speaks against it.

>>> thanks = Pattern(1, {"en": ("thanks", "thank you")}, {"en": ("so much", "a lot")})
>>> index = Index([thanks])
>>> [hit.pattern.id for hit in index.hits("Thank you, thanks so much!", Occasion())]
[1]
>>> [*index.hits("thanks, the server is down", Occasion())]
[]
"""

from typing import NamedTuple

from ..base.text import text_of
from .conditions import fails
from .pattern_words import MOST_CHARS, QUESTION, spellings, words_of

LANGUAGES = ("en", "de", "fr", "es", "xx")
#: Longest phrase, and most words of a message that a pattern may allow.
MOST_PHRASE = 12
MOST_WORDS = 50
#: Words that turn a message into its opposite, in any language that patterns are shipped in.
_NOT = frozenset(
    "not no never dont doesnt didnt isnt wasnt arent cant cannot couldnt wont without nothing but"
    " nicht kein keine keinen nie niemals ohne nichts aber"
    " pas ne jamais non sans rien mais aucun aucune"
    " nunca sin nada pero jamas tampoco ningun ninguna".split()
)


class Pattern(NamedTuple):
    """``triggers``, ``along`` (words that may come along): language to phrases. ``hours``: from
    and to, past midnight where the first is later; ``weekdays``: 0 is Monday, empty is any."""

    id: int
    triggers: dict
    along: dict = {}
    part: bool = False
    most_words: int = 8
    hours: tuple | None = None
    weekdays: frozenset = frozenset()
    conditions: tuple = ()
    unless: tuple = ()
    model: str = ""
    #: also where the message may be the reply to a question
    replies: bool = False


class Occasion(NamedTuple):
    """What is known beside the text. ``hour`` and ``weekday`` are the user's, ``language`` his;
    ``model`` is that of the call's record; ``asked``: a question went before the message."""

    hour: float = 12.0
    weekday: int = 0
    language: str = "en"
    variables: dict = {}
    model: str = ""
    asked: bool = False


class Hit(NamedTuple):
    """A pattern that answers, and the language of its triggers that did."""

    pattern: Pattern
    language: str


class Verdict(NamedTuple):
    """Why a pattern answers (``answers``), would have (``later``), or does not.

    ``code``: answers, later, words, long, hours, weekday, variables, model, asked, unless;
    ``figure`` is what the sentence about it names.
    """

    pattern: Pattern
    code: str
    figure: object = None
    language: str = ""


class Index:
    """Patterns, in the order in which they are asked, by the words of their triggers."""

    def __init__(self, patterns):
        self.patterns = tuple(patterns)
        #: does the answer of any of them depend on the time?
        self.timed = any(p.hours or p.weekdays for p in self.patterns)
        self._triggers = {}  # words -> [(place of the pattern, language)]
        self._lengths = {}  # first word -> lengths of triggers that begin with it
        self._along = [_spelled(p.along) for p in self.patterns]
        self._unless = [_spelled({"": p.unless}) for p in self.patterns]
        self._most_words = max((p.most_words for p in self.patterns), default=0)
        for place, pattern in enumerate(self.patterns):
            for language, lines in pattern.triggers.items():
                for words in _spelled({language: lines}):
                    self._triggers.setdefault(words, []).append((place, language))
                    self._lengths.setdefault(words[0], set()).add(len(words))

    def reads(self, text):
        """Do the phrases of a pattern make up the text, whatever the occasion?

        Costs next to nothing where none does, and is True for all that :meth:`hits` finds.
        """
        words = self._short(text)
        found = self._found(words)
        return any(self._language(place, words, found[place], "") for place in found)

    def hits(self, text, occasion):
        """Yield a :class:`Hit` for each pattern that answers the text, the first one first."""
        words = self._short(text)
        if not words:
            return
        found = self._found(words)
        for place in sorted(found):
            pattern = self.patterns[place]
            if not _barred(pattern, words, occasion):
                language = self._language(place, words, found[place], occasion.language)
                if language and not self._excepted(place, words):
                    yield Hit(pattern, language)

    def verdicts(self, text, occasion):
        """Return a :class:`Verdict` for each pattern, in their order: what *Try it* shows."""
        words = words_of(text) if len(text) <= MOST_CHARS else ()
        found, taken, said = self._found(words[:MOST_WORDS]), False, []
        for place, pattern in enumerate(self.patterns):
            language = len(words) <= MOST_WORDS and self._language(
                place, words, found.get(place, {}), occasion.language
            )
            barred = _barred(pattern, words or ("",) * (MOST_WORDS + 1), occasion)
            if not language and not (barred and barred[0] == "long"):
                said.append(Verdict(pattern, "words"))
            elif barred:
                said.append(Verdict(pattern, *barred))
            elif self._excepted(place, words):
                said.append(Verdict(pattern, "unless"))
            else:
                said.append(Verdict(pattern, "later" if taken else "answers", None, language))
                taken = True
        return said

    def _short(self, text):
        """Return the words of a text, () where it is too long for any pattern."""
        if not self.patterns or len(text) > MOST_CHARS:
            return ()
        # what begins with a letter of ASCII is a word for sure: not all need be read to count them
        least = 0
        for part in text.split():
            least += part < "\x80" and part[0].isalnum()
            if least > self._most_words:
                return ()
        words = words_of(text)
        return words if sum(word != QUESTION for word in words) <= self._most_words else ()

    def _found(self, words):
        """Return ``{place of the pattern: {language: [(start, end)]}}`` of the triggers there."""
        found = {}
        for start, word in enumerate(words):
            for length in self._lengths.get(word, ()):
                for place, language in self._triggers.get(words[start : start + length], ()):
                    spans = found.setdefault(place, {}).setdefault(language, [])
                    spans.append((start, min(start + length, len(words))))
        return found

    def _language(self, place, words, found, wanted):
        """Return the language in which the pattern's phrases make up the message, '' if none.

        The reader's own comes first; words that come along may be of any of the pattern's.
        """
        if not found:
            return ""
        if self.patterns[place].part:
            fits = _is_part
        else:
            along = _spans(words, self._along[place])

            def fits(words, triggers):
                return _makes_up(len(words), triggers, along)

        languages = sorted(found, key=lambda code: code != wanted)
        return next((code for code in languages if fits(words, found[code])), "")

    def _excepted(self, place, words):
        """Does a phrase stand in the message with which the pattern does not answer?"""
        return bool(self._unless[place] and _spans(words, self._unless[place]))


def _spelled(phrases):
    """Return the words of phrases by language, in all their spellings, as one set."""
    return {
        words
        for lines in phrases.values()
        for line in lines
        for words in spellings(line)
        if len(words) <= MOST_PHRASE
    }


def _spans(words, phrases):
    """Return ``(start, end)`` of each of the phrases that stands in the words."""
    return [
        (start, end)
        for start in range(len(words))
        for end in range(start + 1, min(start + MOST_PHRASE, len(words)) + 1)
        if words[start:end] in phrases
    ]


def _barred(pattern, words, occasion):
    """Return ``(code, figure)`` of why the pattern does not answer now, or None."""
    if sum(word != QUESTION for word in words) > pattern.most_words:
        return "long", pattern.most_words
    if pattern.hours and not within(occasion.hour, *pattern.hours):
        return "hours", pattern.hours
    if pattern.weekdays and occasion.weekday not in pattern.weekdays:
        return "weekday", occasion.weekday
    if pattern.model and pattern.model != occasion.model:
        return "model", pattern.model
    failing = fails(pattern.conditions, occasion.variables)
    if failing:
        return "variables", failing
    if occasion.asked and not pattern.replies:
        return "asked", None
    return None


def within(hour, first, last):
    """Is an hour within hours that may go past midnight? The last is not.

    >>> within(23, 17, 5), within(5, 17, 5), within(12, 5, 12), within(9, 0, 24)
    (True, False, False, True)
    """
    return first <= hour < last if first <= last else hour >= first or hour < last


def _makes_up(length, triggers, along):
    """Can the spans be laid one after another so that they fill the message, with a trigger?"""
    ends = {}
    for spans, is_trigger in ((triggers, True), (along, False)):
        for start, end in spans:
            ends.setdefault(start, []).append((end, is_trigger))
    reached = {(0, False)}
    for place in range(length):
        for triggered in (False, True):
            if (place, triggered) in reached:
                reached.update(
                    (end, triggered or is_trigger) for end, is_trigger in ends.get(place, ())
                )
    return (length, True) in reached


def _is_part(words, triggers):
    """Does one of the spans say what the message says, nothing outside it being against it?"""
    for start, end in triggers:
        rest = words[:start] + words[end:]
        if not any(word in _NOT or word in (QUESTION, ":(") for word in rest):
            return True
    return False


def last_message(messages):
    """Return ``(text, asked)`` of the message that a pattern may answer; '' where none may.

    It is the user's last word, the only one since he was last answered, and text alone. ``asked``:
    the answer before it asked something, so that this one may be the reply.

    >>> last_message([{"role": "user", "content": "ok"}])
    ('ok', False)
    >>> last_message([
    ...     {"role": "assistant", "content": "Shall I post the invoice?"},
    ...     {"role": "user", "content": "ok"},
    ... ])
    ('ok', True)
    """
    turns = [message for message in messages if message["role"] != "system"]
    if not turns or turns[-1]["role"] != "user":
        return "", False
    content = turns[-1]["content"]
    if isinstance(content, list) and any(part.get("type") != "text" for part in content):
        return "", False
    before = turns[-2] if len(turns) > 1 else None
    if before and (before["role"] != "assistant" or before.get("tool_calls")):
        return "", False
    asked = before is not None and any(mark in text_of(before)[-1000:] for mark in "?？؟")
    return text_of(turns[-1]), asked
