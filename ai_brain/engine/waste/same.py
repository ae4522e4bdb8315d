"""May the answer to one request serve another? A canonical key, and nothing that resembles.

Likeness does not tell it: "revenue of last month" is nearer to "revenue of last year" than to a
true paraphrase, and C, C# and C++ differ by a sign. So two requests are the same if nothing is left
of their difference once politeness, white space, closing marks, and letter case where it carries
no meaning are taken away. Word order, figures, signs, accents and every other word stay.

>>> same_request("Hi, could you please list all open invoices?", "list all open invoices")
True
>>> same_request("How do I compile a program in C?", "How do I compile a program in C#?")
False
>>> Request("What's  the VAT rate in Austria?").key
'what is the VAT rate in austria'
"""

import unicodedata

from ..base.lazy import regex

LIMIT = 2000  # longer texts are the same only if they are equal to a letter

_WIDTHS = ("<wide>", "<narrow>", "<noBreak>")
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("’‘ʼ`´", "'"),
        **dict.fromkeys("“”„«»‟", '"'),
        **dict.fromkeys("−–—‐‑", "-"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", None),
        "…": "...",
    }
)
_CHUNK = regex(r"\S+")
_OPENING = "\"'([¿¡"
_CLOSING = ".,;:!?\"')]"
_BREAKS = frozenset(".!?:")
_ENDS = frozenset(".!?")

# Words that another spelling of the same letters makes another word. German pronouns are told
# apart even at the beginning of a sentence.
_CASE_TELLS = frozenset(
    ["us", "it", "who", "aids", "may", "march", "august", "polish", "turkey", "china", "apple", "windows", "word", "excel", "access", "outlook", "teams", "go", "swift", "rust", "ruby", "java", "python", "shell", "target", "gap", "visa", "orange", "bill", "mark", "will", "rob", "frank", "grant", "sap", "am", "pm", "or", "all"]
)
_PRONOUNS = frozenset(["sie", "ihr", "ihre", "ihnen", "ihrem", "ihren", "ihrer", "ihres"])
_ENGLISH = frozenset(
    ["the", "what", "which", "how", "who", "when", "where", "why", "is", "are", "of", "does", "do", "did", "please", "and", "for", "my", "with", "that", "this", "from", "should", "could", "would", "have", "has", "was", "were", "tell", "give", "show", "list", "write", "make", "many", "much"]
)
_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"],
        2,
    )
}
_CONTRACTIONS = {
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "i'm": "i am",
    "let's": "let us",
    **{f"{w}n't": f"{w} not" for w in ["do", "does", "did", "is", "are", "was", "were", "has", "have", "had", "could", "would", "should", "must", "need"]},
    **{f"{w}'s": f"{w} is" for w in ["what", "where", "when", "who", "how", "that", "there", "here", "it"]},
    **{f"{w}'re": f"{w} are" for w in ["we", "you", "they"]},
    **{f"{w}'ve": f"{w} have" for w in ["i", "we", "you", "they"]},
    **{f"{w}'ll": f"{w} will" for w in ["i", "we", "you", "they", "it"]},
}  # fmt: skip


def _phrases(text):
    """Phrases, one a line, as tuples of words; the longest first."""
    return sorted((tuple(line.split()) for line in text.strip().splitlines()), key=len)[::-1]


# Taken away only where a mark or the text's end sets them apart.
_GREETINGS = _phrases(
    """
    hi
    hi there
    hello
    hello there
    hey
    good morning
    good afternoon
    good evening
    dear team
    dear all
    hallo
    hallo zusammen
    moin
    servus
    grüezi
    guten tag
    guten morgen
    guten abend
    sehr geehrte damen und herren
    liebes team
    bonjour
    bonjour madame
    bonjour monsieur
    bonjour à tous
    bonsoir
    salut
    coucou
    hola
    buenos días
    buenas tardes
    buenas noches
    """
)
_THANKS = _phrases(
    """
    thanks
    thanks a lot
    thanks in advance
    many thanks
    thank you
    thank you very much
    thank you so much
    thank you in advance
    danke
    danke schön
    danke sehr
    danke im voraus
    vielen dank
    vielen dank im voraus
    besten dank
    merci
    merci beaucoup
    merci bien
    merci d'avance
    gracias
    muchas gracias
    gracias de antemano
    muchas gracias de antemano
    """
)
_PLEASE = _phrases(
    """
    please
    kindly
    bitte
    s'il te plaît
    s'il vous plaît
    stp
    svp
    por favor
    """
)
_OPENERS = _phrases(
    """
    could you please
    can you please
    would you please
    will you please
    could you tell me
    can you tell me
    would you tell me
    please tell me
    tell me
    i would like to know
    i'd like to know
    i want to know
    i would like you to
    i'd like you to
    do you know
    """
)
_ABLE = _phrases("could you\ncan you\nwould you\nwill you")
_SAID = frozenset(  # what a text assistant does when it is asked whether it can
    ["tell", "give", "list", "explain", "describe", "summarise", "summarize", "translate", "write", "draft", "rewrite", "rephrase", "correct", "check", "review", "compare", "show", "name", "suggest", "recommend", "define", "classify", "extract", "convert", "calculate", "compute", "generate", "create", "find"]
)
_HOW = _phrases(
    """
    how do i
    how can i
    how could i
    how to
    what is the best way to
    """
)
# Where words are the subject, "please" may be one of them.
_ABOUT_WORDS = regex(
    r"(?i)\b(?:say|saying|word|words|mean|means|spell|pronounc\w*|translat\w*|heißt|heisst"
    r"|bedeutet|übersetz\w*|schreibt man|sagt man|wort|mot|mots|signifie|traduire|traduis\w*"
    r"|traduction|dit-on|palabra|significa|traduc\w*|se dice|dice)\b|[\"]"
)
_ASKS = frozenset(
    ["what", "which", "who", "whom", "whose", "when", "where", "why", "how", "is", "are", "was", "were", "do", "does", "did", "can", "could", "will", "would", "should", "shall", "has", "have", "had", "may", "must", "wer", "wen", "wem", "wessen", "was", "wann", "wo", "wohin", "woher", "warum", "wie", "wieviel", "welche", "welcher", "welches", "welchem", "welchen", "qui", "que", "quoi", "quand", "où", "combien", "comment", "pourquoi", "quel", "quelle", "quels", "quelles", "est-ce", "qu'est-ce", "qué", "quién", "quiénes", "cuándo", "dónde", "cuánto", "cuánta", "cuántos", "cuántas", "cómo", "cuál", "cuáles"]
)


def same_request(one, two):
    """May the answer to one request serve the other?

    :param str one, two: the texts; anything past ``LIMIT`` characters must be equal to a letter
    :return: bool; False where it is not sure
    """
    return Request(one).same_as(two)


class Request:
    """A request that others are held against, read once."""

    __slots__ = ("_case_free", "_english", "_words", "key", "text")

    def __init__(self, text):
        self.text = text
        if len(text) > LIMIT:
            self.key, self._words, self._case_free, self._english = text, (text,), False, False
            return
        words = _words(_plain(text))
        letters = [c for c in text if c.isalpha() and c.lower() != c.upper()]
        low, high = not any(c.isupper() for c in letters), not any(c.islower() for c in letters)
        self._case_free = bool(letters) and (low or high) and len(words) > 1
        self._english = sum(word.lower() in _ENGLISH for word in words) >= 2
        shouted = self._case_free and high and len(letters) > 5
        words = _recased(words, shouted)
        words = _bare(words, not _ABOUT_WORDS.search(_plain(text)))
        if self._english:
            words = [_NUMBERS.get(word, word) for word in words]
        self._words = tuple(words)
        # Shouting hides which of two words was meant.
        unsure = shouted and any(w in _CASE_TELLS or w in _PRONOUNS for w in words)
        key = " ".join(
            word if _is_marked(word) or word.lower() in _PRONOUNS else word.lower()
            for word in words
        )
        self.key = text if unsure else key

    def same_as(self, other):
        """:func:`same_request` of this text and another (a str or a Request)."""
        other = other if isinstance(other, Request) else Request(other)
        if self.text == other.text:
            return True
        if not self.key or self.key != other.key:
            return False
        if self._words == other._words or (self._english and other._english):
            return True
        # In other languages a capital may make a noun of a verb: all or none were typed.
        return self._case_free or other._case_free


def _plain(text):
    """The text with signs that only look different made alike; signs that mean something stay."""
    text = text.translate(_ALIKE)
    if not text.isascii():
        text = "".join(
            unicodedata.normalize("NFKC", c)
            if unicodedata.decomposition(c).startswith(_WIDTHS)
            else c
            for c in unicodedata.normalize("NFC", text)
        )
    return text


def _words(text):
    """Words and marks of a text; a mark that belongs to a word (C#, .NET, -5, 5%) stays on it."""
    found = []
    for chunk in _CHUNK.findall(text):
        start, end = 0, len(chunk)
        while start < end and chunk[start] in _OPENING:
            start += 1
        while end > start and chunk[end - 1] in _CLOSING:
            end -= 1
        opening, word, closing = chunk[:start], chunk[start:end], chunk[end:]
        found.extend(c for c in opening if c not in "¿¡")
        if word:
            found.append(word)
        for c in closing:
            if not (found and found[-1] == c and c in _ENDS):
                found.append(c)
    return found


def _is_marked(word):
    """Does its case carry meaning? Acronyms, units, single letters, names that are words too."""
    return (len(word) > 1 and any(c.isupper() for c in word[1:])) or (word.isupper() and word != "I")


def _recased(words, shouted):
    """Capitals of a beginning, and of a text in capitals throughout, are taken back."""
    out, begins = [], True
    for word in words:
        if shouted or (
            begins and word[0].isupper() and not _is_marked(word) and word.lower() not in _PRONOUNS
        ) or (begins and len(word) == 1):
            word = word.lower()
        elif not begins and word.lower() in _CASE_TELLS and word[0].isupper():
            word = word.upper() if word.isupper() else "^" + word
        out.append(word)
        begins = word in _BREAKS or (begins and not word[0].isalnum())
    return out


def _bare(words, polite):
    """The words without greeting, thanks, politeness and closing marks; contractions written out.

    ``polite``: False where the text is about words, which may be those of politeness.
    """
    asked = "?" in words[-2:]
    if polite:
        words = _without_edges(words)
        words = _without_please(words)
        words, opened = _without_opener(words)
    else:
        opened = False
    while words and words[-1] in _ENDS:
        words = words[:-1]
    words = [
        part for word in words for part in _CONTRACTIONS.get(word.lower(), word).split()
    ] or list(words)
    for phrase in _HOW:
        if _begins(words, phrase):
            return ["how", "to", *words[len(phrase) :]]
    if asked and not opened and not (words and words[0].lower() in _ASKS):
        words = [*words, "?"]
    return words


def _begins(words, phrase):
    return tuple(word.lower() for word in words[: len(phrase)]) == phrase


def _without_edges(words):
    """Take greetings from the beginning, and thanks from both ends, where a mark parts them."""
    changed = True
    while changed:
        changed = False
        for phrase in (*_GREETINGS, *_THANKS):
            size = len(phrase)
            if _begins(words, phrase) and len(words) > size + 1 and words[size] in ",.!;":
                words, changed = words[size + 1 :], True
                break
        bare = list(words)
        while bare and bare[-1] in _ENDS:
            bare.pop()
        for phrase in _THANKS:
            size = len(phrase)
            if (
                len(bare) > size + 1
                and _begins(bare[-size:], phrase)
                and bare[-size - 1] in ",.!?;"
            ):
                words, changed = bare[: -size - (bare[-size - 1] in ",;")], True
                break
    return words


def _without_please(words):
    """Take "please" out wherever it stands, with the comma that goes with it."""
    out, at = [], 0
    while at < len(words):
        phrase = next((p for p in _PLEASE if _begins(words[at:], p)), None)
        if phrase is None or len(words) == len(phrase):
            out.append(words[at])
            at += 1
            continue
        at += len(phrase)
        if out and out[-1] == ",":
            out.pop()
            if at < len(words) and words[at] == ",":
                at += 1
        elif not out and at < len(words) and words[at] == ",":
            at += 1
    return out


def _without_opener(words):
    for phrase in _OPENERS:
        if _begins(words, phrase) and len(words) > len(phrase) + 1:
            return words[len(phrase) :], True
    for phrase in _ABLE:
        if _begins(words, phrase) and len(words) > 3 and words[2].lower() in _SAID:
            rest = words[2:]
            return (rest[2:] if _begins(rest, ("tell", "me")) else rest), True
    return words, False
