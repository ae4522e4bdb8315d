"""A short message as the words that patterns are compared by.

Case, accents, apostrophes, plain punctuation and letters held down do not tell messages apart. A
question mark does, and so does any sign that could mean something (+, #, %, €, digits are words).

>>> words_of("Heyyy, how are YOU??")
('hey', 'how', 'are', 'you', '?')
>>> words_of("J'ai fini, d'accord 👍") == words_of("jai fini daccord")
True
>>> words_of("C++")
('c', '+', '+')
>>> words_of("¿listo"), words_of("thanks :(")
(('listo', '?'), ('thanks', ':('))
"""

import itertools
import math
import unicodedata

#: What is longer is no short message; nobody has to read it.
MOST_CHARS = 400
#: Signs that say nothing by themselves.
_DROPPED = frozenset("'’‘`´\u00ad\u200b\u200d\ufe0f")
_SPACES = frozenset('.,!¡;:…()[]"“”„«»-–—_*~')
_FRIENDLY = frozenset(
    "🙂😊😀😃😄😁😆😉😍🥰😘🤗☺🙏👍👌👏🙌💪🎉🥳🔥✨⭐🌟❤🧡💛💚💙💜✅✔☀🌞👋🤝😅🏃🏋🚴🏊🎯🌸🌻🍀😇💯🌙🤩☕"
)
_SAD = (":(", ":-(", ":/", ":-/", ":'(")
QUESTION = "?"
#: Most phrases that one line with alternatives may stand for.
MOST_OF_LINE = 500


def words_of(text):
    """Return the words of a text, a tuple. What is longer than ``MOST_CHARS`` is cut there."""
    text = text[:MOST_CHARS]
    for face in _SAD:
        if face in text:
            # a face is a word of its own; that of a link (https://) is no face
            text = text.replace(face, " \x01 " if face + "/" not in text else " / ")
    text = unicodedata.normalize("NFKD", text.casefold())
    made = []
    for sign in text:
        if sign.isalnum():
            made.append(sign)
        elif sign == "\x01":
            made.append(" \x01 ")
        elif sign.isspace() or sign in _SPACES or sign in _FRIENDLY:
            made.append(" ")
        elif sign in _DROPPED or unicodedata.category(sign) in ("Mn", "Sk", "Cf"):
            continue
        elif sign in "?¿":
            made.append(" ? " if sign == QUESTION else " ")
        else:
            made.append(f" {sign} ")
    words = []
    for word in "".join(made).split():
        if word != QUESTION:
            words.append(":(" if word == "\x01" else _held(word))
        elif words[-1:] != [QUESTION]:
            words.append(word)
    if "¿" in text and QUESTION not in words:
        words.append(QUESTION)
    return tuple(words)


def phrases_of(line):
    """Return the phrases that a line with alternatives (``a/b``) stands for, a list.

    >>> phrases_of("done/finished with my run")
    ['done with my run', 'finished with my run']
    """
    words = [word.split("/") if word.strip("/") else [word] for word in line.split()]
    if words and words[-1][-1].endswith(QUESTION):  # the mark is each alternative's
        words[-1] = [word.rstrip(QUESTION) + QUESTION for word in words[-1]]
    if math.prod(map(len, words)) > MOST_OF_LINE:
        return []
    return [" ".join(chosen).strip() for chosen in itertools.product(*words)]


def spellings(line):
    """Return the ways in which the words of a line are written: each alternative, umlauts as
    they are and with an e, a question with its mark and without.

    >>> sorted(spellings("schön?"))
    [('schoen',), ('schoen', '?'), ('schon',), ('schon', '?')]
    """
    found = set()
    for one in (text for phrase in phrases_of(line) for text in (phrase, _with_e(phrase))):
        words = words_of(one)
        found.add(words)
        if words[-1:] == (QUESTION,):
            found.add(words[:-1])
    return {words for words in found if words}


def _with_e(text):
    text = unicodedata.normalize("NFC", text.casefold())
    return text.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")


def _held(word):
    """A letter that was held down is one letter: "heyyy"."""
    if not word.isalpha():
        return word
    made = []
    for place, sign in enumerate(word):
        run = place > 0 and word[place - 1] == sign
        if run and (word[place - 2 : place - 1] == sign or word[place + 1 : place + 2] == sign):
            continue
        made.append(sign)
    return "".join(made)
