"""Which tools a request needs: those that share a word, or a meaning, with what the user says.

A tool that is sent costs its description with every call, and most calls need none of them. One
that is missing costs an answer. So what is not understood is kept: a forced tool, a running tool
call, pictures, another language without a sure match, a description in an unknown shape.

>>> tools = [
...     {"type": "function", "function": {"name": "get_weather", "description": "Forecast"}},
...     {"type": "function", "function": {"name": "send_email", "description": "Send a mail"}},
... ]
>>> needed_tools([{"role": "user", "content": "Will it rain tomorrow?"}], tools)
['get_weather']
>>> needed_tools([{"role": "user", "content": "Wird es morgen regnen?"}], tools)
['get_weather']
>>> needed_tools([{"role": "user", "content": "Who wrote Faust?"}], tools)
[]
>>> needed_tools([{"role": "user", "content": "Who wrote Faust?"}], tools, "required")
['get_weather', 'send_email']

All turns of the user are read, not only the last: "and tomorrow?" means what was asked before, and
in a conversation the tools only become more, so that a vendor's cached prefix seldom changes.
"""

from ..base.lazy import regex
from ..base.text import content_text
from .needed_tools_itself import has_number, is_by_itself, is_ours, is_own
from .needed_tools_read import concepts, read_tool, stems, tool_name
from .needed_tools_words import LANGUAGES, READ_CHARS, fold, lexicon, meanings, spoken, stem, words

# What a word in common counts: with the name; the description; a property's name or fixed value; a
# property's description, where examples stand. Then a meaning: with the name; with the others.
_NAMED, _SAID, _TAKEN, _TOLD = 1.0, 0.9, 1.0, 0.5
_MEANT_NAMED, _MEANT_SAID = 1.0, 0.5
# Of that, where it is a word of any tool's description, or a meaning that fits any tool.
_GENERIC, _ACTION = 0.5, 0.5
# Some tool must reach this, else none is needed. Where one does, every hint keeps another.
_ENOUGH = 0.9
# A tool below this has little more than one word in common. It falls by one for each of: it must
# be given a number and none was said; it must be given more than there are words left.
_SURE, _LACKING = 2.0, 1.0

_FEW = 6  # tools of which one may well not fit
_MOST_MESSAGES = 2_000
_SHORT = 4  # words of a turn that leans on the answer before it
_ANSWER_CHARS = 2_000
_TEXT_PARTS = ("text", "input_text")
_FOREIGN_LETTERS = 0.1  # share of letters beyond Latin above which a text is not read

_TOKEN = regex(r"[^\W_]+")
_CURRENCY = regex(r"[$€£¥₹]|\b(?:usd|eur|gbp|jpy|chf|cny|inr|cad|aud)\b")
_URL = regex(r"https?://|\bwww\.")
_MAIL = regex(r"\w@[\w-]{1,80}\.\w")
_FILE = regex(r"\w\.(?:pdf|docx?|xlsx?|csv|txt|json|xml|png|jpe?g|zip|py|md)\b")
_OPERATION = regex(r"\d\s*[-+*/×÷^]\s*\d")
_NUMBER = regex(r"\d+(?:[.,]\d+)*")
_HOW_MUCH = regex(r"\bhow (?:much|many)\b|\bwie ?viele?\b|\bcombien\b|\bcu[aá]nt[oa]s?\b")
_GENERAL = regex(
    r"\W*(?:who|whom|whose|why|explain|define|write|rewrite|rephrase|reword|proofread|compose"
    r"|tell me (?:a|an|about)|what (?:is|are|was) (?:an?|the difference)|how do(?:es)? \w+ work"
    r"|warum|wieso|wer|erklare?|schreibe?|pourquoi|qui|explique|redige|por que|quien|explica"
    r"|redacta)\b"
)
# The words that a value stands for.
_MEANT = (
    (_CURRENCY, ("currency",)),
    (_URL, ("url", "link", "website")),
    (_MAIL, ("email",)),
    (_FILE, ("file",)),
)
_SUMS = ("add", "subtract", "multiply", "divide", "calculate")
_VOWELS = frozenset("aeiouy")
_MASHED = 6  # letters without a vowel that are no word, nor "https"
_BEFORE_NAMES = frozenset("in nach von aus bei fur zu a de en chez pour par hacia para con".split())


def needed_tools(messages, tools, tool_choice=None):
    """The names of the tools that a request needs, in the order of ``tools``.

    ``messages`` and ``tools`` have OpenAI's shape, or Anthropic's; ``tool_choice``: one that forces
    a tool, or any, keeps all; with "none" only those that the conversation has called are needed.
    A tool that cannot be read is kept under its name (``tool_name``); what has no name cannot be
    listed and is the caller's to keep. Never raises; a list that is none is empty. The first
    20,000 characters from the end of what the user wrote are read.
    """
    if not isinstance(tools, list | tuple):
        return []
    names = list(dict.fromkeys(name for name in map(tool_name, tools) if name))
    choice = tool_choice.get("type") if isinstance(tool_choice, dict) else tool_choice
    if not names or choice not in (None, "auto", "none"):
        return names
    talk = _Talk(messages)
    if talk.keeps_all:
        return names
    chosen = talk.called if choice == "none" else _chosen(talk, tools)
    return names if chosen is None else [name for name in names if name in chosen]


class _Talk:
    """What the messages say. ``keeps_all``: a tool is running, or they cannot be read."""

    def __init__(self, messages):
        self.keeps_all = True
        self.called, self.system, self.text, self.last, self.answer = set(), "", "", "", ""
        self.asked = ""  # the text without the answer
        if not isinstance(messages, list | tuple) or len(messages) > _MOST_MESSAGES:
            return
        users, systems = [], []
        answered, waiting = "", False
        for message in messages:
            if not isinstance(message, dict):
                return
            role, content = message.get("role"), message.get("content")
            if role == "user" and _has_part(content, "tool_result"):
                waiting = True  # Anthropic's shape of a tool's result
            elif role == "user":
                if waiting or not _readable(content):
                    return
                users.append(content_text(content))
                self.answer = answered
            elif role in ("system", "developer"):
                systems.append(content_text(content))
            elif role == "assistant":
                answered = content_text(content)
                calls = _calls(message)
                self.called.update(calls)
                waiting = waiting or bool(calls)
                if not calls:
                    waiting = False
            else:
                waiting = True  # the result of a tool, not yet answered
        if waiting or not users:
            return
        self.keeps_all = False
        self.system = "\n".join(systems)[:READ_CHARS]
        self.text = self.asked = "\n".join(users)[-READ_CHARS:]
        self.last = users[-1][-READ_CHARS:]
        if len(stems(words(self.last))) < _SHORT:
            self.text += "\n" + self.answer[-_ANSWER_CHARS:]
        self.turns = len(users)


def _readable(content):
    """Is a message's content text alone?"""
    if isinstance(content, str):
        return True
    return isinstance(content, list | tuple) and all(
        isinstance(part, dict) and part.get("type") in _TEXT_PARTS for part in content
    )


def _has_part(content, kind):
    parts = content if isinstance(content, list | tuple) else ()
    return any(isinstance(part, dict) and part.get("type") == kind for part in parts)


def _calls(message):
    """Names of the tools that a message of the model calls: in OpenAI's shape, in the one that
    ``ChatResponse.tool_calls`` has, and in Anthropic's."""
    calls, content = message.get("tool_calls"), message.get("content")
    found = [message.get("function_call")]
    if isinstance(calls, list | tuple):
        found += [call.get("function", call) if isinstance(call, dict) else None for call in calls]
    if _has_part(content, "tool_use"):
        found += [part for part in content if isinstance(part, dict)]
    names = [one.get("name") for one in found if isinstance(one, dict)]
    return {name for name in names if isinstance(name, str)}


def _chosen(talk, tools):
    """Names of the tools to keep; None for all."""
    read = {}
    for tool in tools:
        name = tool_name(tool)
        if name and (name not in read or read[name] is not None):
            read[name] = read_tool(tool)
    sure = {
        name
        for name, one in read.items()
        if one is None or name in talk.called or (_is_code(name) and name in talk.system)
    }
    said = words(talk.text)
    if said and (_is_small_talk(said) or _is_mashed(talk, said)):
        return sure
    letters = [c for c in talk.text if c.isalpha()]
    if sum(c > "\u024f" for c in letters) > _FOREIGN_LETTERS * len(letters):
        return None
    language = spoken(said)
    theirs = _language_of(read)
    if "other" in (language, theirs):
        return None
    known = {name: one for name, one in read.items() if one is not None}
    if language and language != theirs:
        return _chosen_elsewhere(talk, said, language, known, theirs, sure)
    subject, meant = stems(said), _meant(talk.text, said, theirs)
    if not (subject or meant) or not (stems(words(talk.last)) or talk.turns == 1):
        return None
    scores = _scores(subject, meant, known, theirs)
    sure |= {name for name, one in known.items() if one.anything}
    best = max(scores.values(), default=0)
    if best < _SURE and _may_mean_any(talk, known, theirs, best):
        return None
    given = _given(said, theirs)
    lacking = {name: _lacks(known[name], score, given) for name, score in scores.items()}
    if not any(score - lacking[name] >= _ENOUGH for name, score in scores.items()):
        return sure if language or _is_known(said, theirs) else None
    return sure | {name for name, score in scores.items() if score}


def _chosen_elsewhere(talk, said, language, known, theirs, sure):
    """Names of the tools to keep for a request in another language than theirs; None for all."""
    scores, is_whole = _understood(talk.text, said, language, known, theirs)
    best = max(scores.values(), default=0)
    if best < _MEANT_SAID and talk.turns == 1 and is_by_itself(talk.asked, language):
        return sure
    if not is_whole or not best or (best < _SURE and has_number(talk.asked)):
        return None
    return sure | {name for name, score in scores.items() if score}


def _is_code(name):
    """Could this name not be a word of a sentence?"""
    return not name.isalpha() or not name[1:].islower()


def _is_small_talk(said):
    known, place = lexicon(), 0
    while place < len(said):
        phrase = next((p for p in known.phrases if tuple(said[place : place + len(p)]) == p), None)
        if phrase is None and said[place] not in known.small_talk:
            return False
        place += len(phrase or (0,))
    return True


def _is_mashed(talk, said):
    """Do keys alone speak: no word of two letters, or none that could be pronounced?

    Only where nothing was said before: "b" may choose from a list, and ZXCVBN may be a code.
    """
    readable = talk.text.isascii() and all(word.isalpha() for word in said)
    if talk.turns > 1 or talk.answer or not readable:
        return False
    longest = max(map(len, said))
    if longest == 1:
        return True
    spoken_aloud = any(_VOWELS & set(word) for word in said)
    return longest >= _MASHED and not spoken_aloud and talk.text == talk.text.lower()


def _language_of(read):
    hits = dict.fromkeys((*LANGUAGES, "other"), 0)
    for one in read.values():
        if one is not None:
            for name, number in one.hits.items():
                hits[name] += number
    return max(hits, key=hits.__getitem__)


def _meant(text, said, language):
    """Concepts of the words, and of the values that stand between them."""
    found = set(concepts(said, language))
    text = fold(text)
    for pattern, stand_for in _MEANT:
        if pattern.search(text):
            found.update(n for word in stand_for for n in meanings(word, "en"))
    numbers = len(_NUMBER.findall(text[:4_000]))
    if _OPERATION.search(text) or (numbers > 1 and _HOW_MUCH.search(text)):
        found.update(n for word in _SUMS for n in meanings(word, "en"))
    return found


def _scores(subject, meant, known, language):
    """{name: what a tool has in common with the words and the meanings of a prompt}"""
    generic, actions = lexicon().generic, lexicon().actions
    scores = {}
    for name, one in known.items():
        score = 0.0
        fields = (one.named, one.said, one.taken, one.told)
        for theirs, weight in zip(fields, (_NAMED, _SAID, _TAKEN, _TOLD)):
            shared = subject & theirs
            score += weight * (len(shared) - (1 - _GENERIC) * len(shared & generic))
        for theirs, weight in zip(one.concepts(language), (_MEANT_NAMED, _MEANT_SAID)):
            shared = meant & theirs
            score += weight * (len(shared) - (1 - _ACTION) * len(shared & actions))
        scores[name] = score
    return scores


def _may_mean_any(talk, known, language, best):
    """Is it likely that a tool is meant that has not a word of the request?

    What we have, owe or sold no model knows. Nor does it know the speaker's own case, or how things
    are today (which one tool alone seldom does either), unless a tool's name says that. And of many
    tools one rather fits than of a few, but for a question of general knowledge, or a text to be
    written.
    """
    if is_ours(talk.text):
        return True
    if _GENERAL.match(fold(talk.last)) and not _NUMBER.search(talk.last[:4_000]):
        return False
    of_own = best < _NAMED and is_own(talk.asked, language)
    return len(known) > (1 if of_own else _FEW)


def _given(said, language):
    """(stems of the words that could be an argument, is a number among them)"""
    known = lexicon()
    left = frozenset(stem(word) for word in said if word not in known.function[language])
    is_number = any(word[0].isdigit() or word in known.numbers for word in said)
    return left - known.generic, is_number


def _lacks(one, score, given):
    """What a tool of this score falls by, since a call of it could not be made now."""
    if not 0 < score < _SURE:
        return 0.0
    left, is_number = given
    missing = one.asks > len(left - one.named - one.said)
    return _LACKING * ((one.figures and not is_number) + missing)


def _is_known(said, language):
    """Does a text that has no function word of any language seem to be in this one?"""
    known = lexicon()
    return any(meanings(word, language) or stem(word) in known.generic for word in said)


def _understood(text, said, language, known, theirs):
    """({name: score} for a prompt in another language, was every word of it known?)"""
    vocabulary = frozenset().union(*(one.named | one.said | one.taken for one in known.values()))
    beginnings = {word[:6] for word in vocabulary if len(word) >= 6}
    skipped = lexicon().function[language]
    before, subject, is_whole = None, set(), True
    for token in _TOKEN.findall(text):
        word = fold(token)
        alike = stem(word) in vocabulary or (len(word) >= 6 and word[:6] in beginnings)
        if alike and word not in skipped:
            subject.add(stem(word))
        is_name = token[0].isupper() and (
            before in _BEFORE_NAMES if language == "de" or before is None else True
        )
        clear = alike or len(word) < 2 or word in skipped or is_name
        if not (clear or any(c.isdigit() for c in word) or meanings(word, language)):
            is_whole = False
        before = word
    return _scores(frozenset(subject), _meant(text, said, language), known, theirs), is_whole
