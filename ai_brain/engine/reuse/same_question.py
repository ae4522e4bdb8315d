"""May the answer to one question serve another? A canonical key, and nothing that resembles.

Two questions may share an answer if their keys are equal. The key of an English question leaves
out what carries no meaning there: case, politeness, articles, the plural, the way of asking "how".
Word order, negation, figures, signs, units, names and every other word stay, so "from A to B" is
not "from B to A". In any other language, or where it is not sure, only Unicode's compatible forms,
case and white space are made alike; accents stay.

>>> same_question("How do I print delivery slips?", "how can I print a delivery slip", "en")
True
>>> same_question("How do I compile it in C?", "How do I compile it in C#?", "en")
False
>>> same_question("¿A quién pagó?", "¿Quién pagó?", "es")
False
>>> canonical_key("Could you please list the three largest customers?", "en")
'list 3 largest customer'
"""

import unicodedata
from hashlib import blake2b

from ..base.lazy import regex
from ..base.politeness import PRONOUNS
from .detect_words import FIRST_WORDS, SPOKEN, TELLING, telling
from .same_question_english import bare, is_about_words

LIMIT = 2000  # characters; a longer text is compared as it stands, white space apart
LONG = 250  # an English text that is longer is no question; only case and white space are folded
_PASSES = 6
_READ = 1200  # characters tell the language
_KEPT_FORMS = ("<super>", "<sub>", "<fraction>", "<circle>", "<square>")
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("’‘ʼ`´", "'"),
        **dict.fromkeys("“”„«»‟", '"'),
        **dict.fromkeys("−–—‐‑", "-"),
        **dict.fromkeys("\u200b\u2060\ufeff\u00ad", None),
        "…": "...",
    }
)
_UNSTORABLE = regex("[\x00\ud800-\udfff]")
_WORD = regex(r"[^\W\d_]+")
_UNSURE_CAPITALS = frozenset(("us", "it", "aids"))


def same_question(a, b, lang):
    """May the answer to question ``a`` serve question ``b``?

    :param str a, b: what was asked
    :param lang: language of both ("en", "en_US", "de", …), None where it is not sure
    :return: bool; False where it is not sure
    """
    return a == b or canonical_key(a, lang) == canonical_key(b, lang)


def canonical_key(text, lang):
    """The text that all questions have in common which the same answer may serve.

    A key is its own key. It can be stored: it holds no NUL and no half of a surrogate pair.

    >>> canonical_key("What's the VAT rate in the US?", "en_GB")
    'what is VAT rate in US'
    >>> canonical_key("Wann  haben Sie die Ware abgeschickt?", "de")
    'wann haben Sie die ware abgeschickt?'
    """
    text = _UNSTORABLE.sub(lambda match: f"\ufffd{ord(match.group()):x}", text)
    if len(text) > LIMIT:
        return " ".join(text.split())
    english = str(lang or "")[:3].lower() in ("en", "en_", "en-")
    for _pass in range(_PASSES):
        key = _once(text, english)
        if key == text:
            break
        text = key
    return key


def question_hash(key):
    """A key as a number of 64 bits with a sign, for an index; on a hit the keys are compared.

    >>> question_hash("how to print delivery slip")
    8733427452962896493
    """
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def detect(text):
    """The language of a question: "en", "de", "fr" or "es", None where it is not sure.

    Short questions are the rule, so it counts words that one language alone has, and one of
    another language is enough to doubt.

    >>> detect("How do I register a payment?"), detect("¿Cómo registro un pago?")
    ('en', 'es')
    >>> print(detect("Status 4711"))
    None
    """
    sample = text[:_READ]
    hits, told = dict.fromkeys(TELLING, 0), telling()
    words = _WORD.findall(sample.lower())
    for word in words:
        if word in told:
            for lang in told[word]:
                hits[lang] += 1
    if words and words[0] in FIRST_WORDS:
        hits[FIRST_WORDS[words[0]]] += 1
    (second, _other), (first, best) = sorted((count, lang) for lang, count in hits.items())[-2:]
    return best if first >= 2 and first >= 3 * second and best in SPOKEN else None


def _once(text, english):
    text = " ".join(_plain(text).split())
    words = text.split(" ")
    shouted = len(words) > 2 and _is_shouted(text)
    if shouted and english and any(w.strip("?!.,").lower() in _UNSURE_CAPITALS for w in words):
        return text  # capitals hide which of two words was meant
    if english and len(text) <= LONG and "\n" not in text and not is_about_words(text):
        found = bare(text.lower() if shouted else text)
        if found:
            return found
    if text.islower():
        return text
    return " ".join([word if word.islower() else _cased(word, shouted) for word in words])


def _is_shouted(text):
    """Are there letters, and all of them capitals? Read up to the first that is none."""
    letters = 0
    for c in text:
        if c.isalpha() and c.lower() != c.upper():
            if c.islower():
                return False
            letters += 1
    return letters > 5


def _plain(text):
    """The text with forms and signs that only look different made alike.

    10² is not 102: what NFKC would take a meaning from stays as it is.
    """
    if text.isascii():
        return text
    kept = {c for c in text if unicodedata.decomposition(c).startswith(_KEPT_FORMS)}
    text = text.translate(_ALIKE)
    if not kept:
        return unicodedata.normalize("NFKC", text).translate(_ALIKE)
    parts, start = [], 0
    for at, c in enumerate(text):
        if c in kept:
            parts += unicodedata.normalize("NFKC", text[start:at]), c
            start = at + 1
    parts.append(unicodedata.normalize("NFKC", text[start:]))
    return "".join(parts).translate(_ALIKE)


def _cased(word, shouted):
    """A word of a text that is only compared by case: acronyms and German pronouns keep theirs."""
    letters = "".join(c for c in word if c.isalpha())
    if shouted:
        return word.lower()
    if letters.lower() in PRONOUNS or (1 < len(letters) <= 5 and letters.isupper()):
        return word
    return word.lower()
