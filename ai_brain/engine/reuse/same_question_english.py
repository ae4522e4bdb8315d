"""What is left of an English question without politeness, articles, plurals and ways of asking."""

from functools import lru_cache

from ..base.lazy import regex
from ..base.politeness import CASE_TELLS, PRONOUNS
from .same_question_turns import turned
from .same_question_words import (
    ABLE,
    ACRONYMS,
    AFTER_A_NAME,
    AGREEMENT,
    AMOUNTS,
    ARTICLES,
    ASKS,
    BEGINNINGS,
    CONTRACTIONS,
    COUNTED,
    DIFFERENCE,
    DOES,
    EMPHASIS,
    GREETINGS,
    HOW,
    HOW_YOU,
    ICS,
    IRREGULAR_PARTICIPLES,
    LEXICAL,
    NAMED_BY_LETTER,
    NAMES,
    ONES,
    OPENERS,
    PEOPLES,
    PERIODS,
    RELATIVE,
    SINGULAR,
    SPEAKER,
    SPELLING,
    SUPERLATIVE,
    TENS,
    THANKS,
    TURNING,
    UNITS,
)

_ABOUT_WORDS = regex(
    r'(?i)["`]|(?:^|\s)\'\w|\b(?:spell\w*|pronounc\w*|translat\w*|rewrite|rephrase|proofread\w*'
    r"|grammar\w*|grammatical\w*|plurals?|singular|paraphrase|punctuat\w*|capitali[sz]\w*"
    r"|correct (?:this|the following)|the following|the words?)\b"
)
#: One of these is in each ASCII text that the expression finds something in: looking for them is
#: ten times as quick.
_SAYS_WORDS = (
    *"\"`'",
    *"spell pronounc translat rewrit rephras proofread gramma plural singular paraphras".split(),
    *"punctuat capitali".split(),
    *("correct this", "the following", "the word"),
)
_OPENING = "\"'([{"
_CLOSING = ".,;:!?\"')]}"
_ENDS = frozenset("?!.")
_STOPS = frozenset(",;.!?")
_BREAKS = frozenset(".!?:")
_HYPHEN = regex(r"(?<=[^\W\d_]{2})-(?=[^\W\d_]{2})")
_SIGNED = regex(r"[-+#~<>=€$£¥₹]*\d")
_MONEY = frozenset("%€$£¥₹")
_PER_CENT = frozenset(("%", "percent"))
_SAYS_NUMBER = frozenset((*TENS, *UNITS, "one"))
_FIGURE_WORDS = _SAYS_NUMBER | _PER_CENT | _MONEY
_MAY_BE_PLAINER = EMPHASIS | SPELLING.keys() | AGREEMENT.keys() | {",", "exactly", "ever", "so"}
_VOWELS = frozenset("AEIOUY")
_ACRONYM = regex(r"[A-Z][A-Z0-9&]{1,4}")
_NO_NAME = frozenset("it us who am pm or all aids".split())
_SHOW_ME = frozenset(("show", "give", "list"))


def is_about_words(text):
    """Does a text ask about wording, where an article or a plural is what it is about?

    >>> is_about_words("Is 'the goods' a plural?"), is_about_words("Where are the goods?")
    (True, False)
    """
    if text.isascii():
        lowered = text.lower()
        if not any(part in lowered for part in _SAYS_WORDS):
            return False
    return bool(_ABOUT_WORDS.search(text))


def bare(text):
    """The canonical form of an English question whose white space and signs were made alike;
    "" if nothing of it is left.

    >>> bare("Hi, how do I cancel the orders? Thanks!")
    'how to cancel order'
    >>> bare("What is the difference between a quotation and an order?")
    'difference between order and quotation'
    """
    words = _without_greeting(_tokens(text))
    words, question = _without_ends(words)
    words = _expanded(words)
    words, asked_for = _without_opener(words)
    words = _without_articles(_cased(words))
    words = _figures(words)
    words = words[:1] + [_singular(word) for word in words[1:]]
    words = turned(_plainer(words), words)
    for phrase, like in BEGINNINGS:
        if _begins(words, phrase):
            words = [*like, *words[len(phrase) :]]
    done = _done(words)
    if done:
        return " ".join(("how to", "become" if done[0] == "be" else done[0], *done[1:]))
    size = _covered(words, _DIFFERENCE)
    if size:
        return " ".join(("difference between", *_in_order(words[size:])))
    # Without a word that asks, the mark alone may make a question of it.
    if question and words and not asked_for and words[0].lower() not in ASKS:
        words.append("?")
    return " ".join(words)


def _done(words):
    """What is to be done, where a question asks how to do it; [] where it does not."""
    size = _covered(words, _HOW)
    if size:
        return words[size:]
    size = _covered(words, _HOW_YOU)
    return [] if not size or SPEAKER.intersection(words[size:]) else words[size:]


def _tokens(text):
    """Words and marks; a mark that belongs to a word (C#, .NET, -5, 5%, customer's) stays on it."""
    found = []
    for chunk in (_HYPHEN.sub(" ", text) if "-" in text else text).split():
        if chunk.isalnum():
            found.append(chunk)
            continue
        start, end = 0, len(chunk)
        while start < end and chunk[start] in _OPENING:
            start += 1
        while end > start and chunk[end - 1] in _CLOSING:
            end -= 1
        found += chunk[:start]
        if start < end:
            found.append(chunk[start:end])
        found += chunk[end:]
    return found


def _by_first(phrases):
    """{first word: phrases, in their order}"""
    found = {}
    for phrase in phrases:
        found.setdefault(phrase[0], []).append(phrase)
    return found


def _by_size(phrases):
    """[(number of words, phrases)], the longest first"""
    sizes = sorted({len(phrase) for phrase in phrases}, reverse=True)
    return [(n, frozenset(phrase for phrase in phrases if len(phrase) == n)) for n in sizes]


_HOW, _HOW_YOU, _DIFFERENCE = map(_by_size, (HOW, HOW_YOU, DIFFERENCE))
_COURTESY, _OPENERS = _by_first((*GREETINGS, *THANKS)), _by_first(OPENERS)


def _covered(words, by_size):
    """Number of words that the longest phrase covers at the beginning of some words, 0 if none
    does."""
    begin = tuple(word.lower() for word in words[: by_size[0][0]])
    return next((size for size, phrases in by_size if begin[:size] in phrases), 0)


def _that_begin(by_first, words, at=0):
    return by_first.get(words[at].lower(), ()) if at < len(words) else ()


def _begins(words, phrase, at=0):
    if at >= len(words) or words[at].lower() != phrase[0]:
        return False  # most of them, and nothing is copied for it
    found = words[at : at + len(phrase)]
    return len(found) == len(phrase) and all(
        word.lower() == other for word, other in zip(found, phrase, strict=True)
    )


def _without_greeting(words):
    """Greetings from the beginning and thanks from both ends, where a mark parts them."""
    at, end = 0, len(words)
    while phrase := next(
        (
            p
            for p in _that_begin(_COURTESY, words, at)
            if _begins(words, p, at) and end > at + len(p) + 1 and words[at + len(p)] in _STOPS
        ),
        None,
    ):
        at += len(phrase)
        while at < end and words[at] in _STOPS:
            at += 1
    while True:
        last = end
        while last > at and words[last - 1] in _STOPS:
            last -= 1
        phrase = next(
            (
                p
                for p in THANKS
                if last - len(p) - 1 > at
                and _begins(words, p, last - len(p))
                and words[last - len(p) - 1] in _STOPS
            ),
            None,
        )
        if phrase is None:
            return words[at:end]
        end = last - len(phrase)


def _without_ends(words):
    """(words without closing marks and a closing "please", was there a question mark)"""
    end, question = len(words), False
    while end and words[end - 1] in _ENDS:
        end -= 1
        question = question or words[end] == "?"
    # "Which gifts please?" may be meant as it stands, "…, please?" not.
    if end > 2 and words[end - 1].lower() == "please":
        if words[end - 2] == ",":
            end -= 2
        elif words[0].lower() not in ("what", "which", "who"):
            end -= 1
    return words[:end], question


def _expanded(words):
    """Contractions written out."""
    lowered = [word.lower() for word in words]
    if CONTRACTIONS.keys().isdisjoint(lowered):
        return words
    found = []
    for word, low, after in zip(words, lowered, (*lowered[1:], ""), strict=True):
        full = CONTRACTIONS.get(low)
        if full is None or (
            low.endswith("s")
            and full.endswith(" is")
            and (after.endswith("ed") or after in IRREGULAR_PARTICIPLES)
        ):
            found.append(word)
        elif word[0].isupper() and not found:
            found += full.capitalize().split()
        else:
            found += full.split()
    return found


def _without_opener(words):
    """(words without the phrase that only asks for what follows, was there one)"""
    begun = len(words)
    for phrase in _that_begin(_OPENERS, words):
        if _begins(words, phrase) and len(words) > len(phrase) + 1:
            words = words[len(phrase) :]
            if words[0] == ",":
                words = words[1:]
            break
    able = len(words) > 3 and words[0].lower() in ABLE and words[1].lower() == "you"
    if able and words[2].lower() in DOES:
        words = words[2:]
    if len(words) > 2 and words[0].lower() in _SHOW_ME and words[1].lower() == "me":
        words = [words[0], *words[2:]]
        return words, True
    return words, len(words) < begun


def _cased(words):
    """Words in small letters, save where a capital makes another word of it."""
    found = []
    for at, word in enumerate(words):
        if word.islower() and word.isalpha():
            found.append(word)
            continue
        begins = not at or words[at - 1] in _BREAKS
        unit = at and len(word) <= 3 and _SIGNED.match(words[at - 1])
        found.append(word if unit else _folded(word, begins))
    return found


def _folded(word, begins):
    if word.islower() or not word[0].isalpha():
        return word if _SIGNED.match(word) else word.lower()
    low = word.lower()
    if low in PRONOUNS:  # German that was taken for English: Sie is not sie
        return word
    single = word[:-1] if word.endswith("s") else word
    if _ACRONYM.fullmatch(single):
        plain = len(single) > 2 and single.isalpha() and not _VOWELS.intersection(single)
        return single.lower() if plain or single.lower() in ACRONYMS else single
    if "://" in word or (len(word) <= 3 and any(c.isupper() for c in word[1:])):
        return word
    if word == "A":
        return word
    if not begins and word[0].isupper():
        name = low in CASE_TELLS and low not in _NO_NAME
        plural = low.endswith(("ians", "eans", "icans")) or low in PEOPLES or low in SINGULAR
        if name or (_is_plural(low) and not plural):
            return word[0] + low[1:]  # Adams is not Adam
    return low


def _without_articles(words):
    lowered = [word.lower() for word in words]
    if ARTICLES.isdisjoint(lowered):
        return words
    found = []
    for at, (word, low) in enumerate(zip(words, lowered, strict=True)):
        if low not in ARTICLES:
            found.append(word)
            continue
        after = lowered[at + 1] if at + 1 < len(words) else ""
        before = lowered[at - 1] if at else ""
        if low == "a":
            if (word == "A" and before and before not in _BREAKS) or (
                not after or after in AFTER_A_NAME or before in NAMED_BY_LETTER
            ):
                found.append("A")
            elif after in AMOUNTS or _SIGNED.match(before):
                found.append("a")
        elif low == "the" and after in RELATIVE and at + 2 < len(words):
            # In the last month (thirty days) is not in last month (the one before).
            then = lowered[at + 2]
            if then in PERIODS or then in UNITS or then.isdigit():
                found.append("the")
    return found


def _plainer(words):
    """Agreement, spelling, emphasis and commas that change nothing, made alike or left out."""
    found = []
    for at, word in enumerate(words):
        if word not in _MAY_BE_PLAINER:
            found.append(word)
            continue
        before = words[at - 1] if at else ""
        if word in EMPHASIS and at and before not in TURNING:
            continue
        if word == "," and at and before.lower() not in TURNING and not _SIGNED.match(before):
            continue
        if word == "exactly" and before in ("what", "how", "where", "when", "why"):
            continue
        if word == "ever" and SUPERLATIVE.intersection(words[:at]):
            continue
        if word == "so" and words[0] == "why" and at + 1 < len(words):
            continue
        found.append(SPELLING.get(word) or AGREEMENT.get(word, word))
    if found and found[0] == "which":
        found[0] = "what"
    if len(found) > 3:
        if found[:2] == ["how", "do"] and found[-1] == "works":
            found[-1] = "work"
        if found[-2:] == ["in", "world"] and SUPERLATIVE.intersection(found):
            found = found[:-2]
        if found[-2:] == ["or", "not"] and found[0] in ASKS:
            found = found[:-2]
    return found


def _figures(words):
    """Numbers in digits, their sign of currency or per cent beside them."""
    if _FIGURE_WORDS.isdisjoint(words) and not any("-" in word for word in words):
        return words
    found, at = [], 0
    while at < len(words):
        word = words[at]
        number, size = _number(words, at) if word in _SAYS_NUMBER or "-" in word else (0, 0)
        if size:
            found.append(str(number))
            at += size
            continue
        if (
            found
            and (word in _PER_CENT or word in _MONEY)
            and _SIGNED.match(found[-1])
            and found[-1][-1].isdigit()
        ):
            if word in _PER_CENT:
                found[-1] += "%"
                at += 1
                continue
            if word in _MONEY:
                found[-1] += word
                at += 1
                continue
        found.append(word)
        at += 1
    return found


def _number(words, at):
    """(number, how many words say it); (0, 0) where none begins.

    >>> _number(["two", "hundred", "orders"], 0), _number(["twenty-five"], 0)
    ((200, 2), (25, 1))
    """
    after = (*words[at + 1 : at + 3], "", "")
    tens, _hyphen, one = words[at].partition("-")
    if tens in TENS and (not one or one in ONES):
        number, size = TENS[tens] + ONES.get(one, 0), 1
        if not one and after[0] in ONES:
            number, size = number + ONES[after[0]], 2
    elif words[at] in UNITS:
        number, size = UNITS[words[at]], 1
    elif words[at] == "one" and after[0] in COUNTED:
        number, size = 1, 1
    else:
        return 0, 0
    for name, times in (("hundred", 100), ("thousand", 1000)):
        if at + size < len(words) and words[at + size] == name:
            return number * times, size + 1
    return number, size


def _is_plural(word):
    return (
        len(word) > 3
        and word.isalpha()
        and word.endswith("s")
        and not word.endswith(("ss", "us", "is", "ics"))
        and word not in LEXICAL
        and word not in NAMES
    ) or word in ICS


@lru_cache(maxsize=20_000)  # people's words are few
def _singular(word):
    """The singular of a plural that means no more than many of it.

    >>> [_singular(word) for word in "invoices companies taxes sales Adams adams".split()]
    ['invoice', 'company', 'tax', 'sales', 'Adams', 'adams']
    """
    if word in SINGULAR:
        return SINGULAR[word]
    if not _is_plural(word) or not word.islower():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


def _in_order(words):
    """What is compared, in the order of the alphabet: "X and Y" where nothing else follows."""
    if words.count("and") != 1:
        return words
    at = words.index("and")
    one, two = words[:at], words[at + 1 :]
    if not one or not two or any(_SIGNED.match(word) for word in words):
        return words
    return [*min(one, two), "and", *max(one, two)]
