"""What of a conversation must not be lost: numbers, dates, names, amounts, decisions and promises.

English, German, French and Spanish. Where it is unsure a word is taken for a name and a sentence
for a promise: that costs tokens, and the other way round a fact.
"""

from typing import NamedTuple

from ..base.lazy import regex
from .figures_read import read_figures, squashed

_UNIT = regex(r"[^\n.!?]+(?:[.!?](?![\s\n]|$)[^\n.!?]*)*[.!?]*")
_FENCE = regex(r"(?s)```.*?(?:```|\Z)")
_WORD = regex(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_DECIDED = regex(
    r"(?i)\b(?:decid\w*|decision\w*|agree[ds]?|agreed|agreement|settled (?:on|for)|opt(?:ed|s)? "
    r"(?:for|to)|chose|chosen|going with|we go (?:for|with)|let'?s go (?:for|with)|approved?|rejected?|"
    r"confirm(?:ed|s)?|cancel\w*|finali[sz]ed|instead of|no longer|only if|"
    r"entschied\w*|entschieden|entscheid\w*|beschloss\w*|beschließ\w*|vereinbar\w*|festgelegt|"
    r"geeinigt|einig\w* uns|nehmen wir|bleibt es bei|genehmigt|abgelehnt|storniert|bestätigt|"
    r"zugestimmt|statt|nicht mehr|nur wenn|niemals|"
    r"décid\w*|décision\w*|conven\w*|retenu\w*|choisi\w*|d'accord|part(?:ons)? sur|optons|opté|"
    r"validé\w*|refusé\w*|annul\w*|confirmé\w*|au lieu de|ne \w+ plus|jamais|"
    r"decid\w*|decisión\w*|acord\w*|acuerdo|quedamos|quedado|elegi\w*|optamos|aprobad\w*|rechazad\w*|"
    r"cancelad\w*|confirmad\w*|en lugar de|ya no|nunca)\b"
)
_PROMISED = regex(
    r"(?i)\b(?:i|we|he|she|they)(?:['’]ll| will| shall| am going to| are going to|['’]m going to|"
    r"['’]re going to| have to| need to)\b|\b(?:promis\w*|make sure|get back to|follow up|owe\w*|remind\w*|deadline|due|"
    r"by (?:the end|the \\d|next|end|tomorrow|tonight|monday|tuesday|wednesday|thursday|friday|saturday|"
    r"sunday|noon)|still open|to-?do)\b|"
    r"\b(?:ich|wir|er|sie) (?:\w+ )?(?:werde|werden|wird|schicke|schicken|melde|melden|kümmere|"
    r"kümmern|liefer\w*|sende|senden|prüfe|prüfen|reiche|bringe|bringen|rufe|rufen|mache|machen|"
    r"kläre|klären|muss|müssen)\b|\b(?:werde ich|werden wir|verspr\w*|zugesagt|zusage\w*|sage zu|"
    r"spätestens|erinner\w*|frist|fällig|bis (?:zum|morgen|montag|dienstag|mittwoch|donnerstag|"
    r"freitag|samstag|sonntag|ende|nächste\w*)|noch offen|steht noch aus)\b|"
    r"\b(?:je vais|nous allons|on va|promets|promis|promettons|m'engage|nous engageons|d'ici|au plus "
    r"tard|avant (?:le|la|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)|rappel\w*|échéance|"
    r"reste à|je (?:vous |te |le |la |les )?\w+rai|nous (?:vous |te )?\w+rons|dois|devons|doit)\b|"
    r"\b(?:voy a|vamos a|va a|promet\w*|comprometo|comprometemos|a más tardar|antes del?|plazo|"
    r"recuérd\w*|recordar\w*|pendiente|vence|tengo que|tenemos que|debo|debemos|\w+(?:aré|eré|iré|"
    r"aremos|eremos|iremos))\b"
)
_MOST_UNITS = 4_000
_AROUND = 4


class Unit(NamedTuple):
    """A sentence, line or row of a conversation with what it says that must stay: ``figures`` and
    ``names`` as they are compared, ``binding`` where it decides or promises something."""

    role: str
    text: str
    figures: frozenset
    names: frozenset
    binding: bool


def read_units(messages):
    """Return the ``Unit``s of messages (role and text), in their order; code is left out.

    >>> [u.binding for u in read_units([("user", "Nice day. We agreed on blue.")])]
    [False, True]
    """
    whole = "\n".join(text for _role, text in messages)
    lower = {word for word in _WORD.findall(whole) if word[0].islower()}
    german = _is_german(whole)
    found = []
    for role, text in messages:
        for match in _UNIT.finditer(_FENCE.sub("\n", text)):
            said = " ".join(match[0].split())
            if len(said) > 1 and len(found) < _MOST_UNITS:
                found.append(
                    Unit(
                        role,
                        said,
                        _figures(said),
                        _names(said, lower, german),
                        _binds(said),
                    )
                )
    return found


def around(text, names):
    """Return the words around names: a short sentence whole, of a long one a few on each side.

    >>> around("One two three four five six seven eight nine Anna ten eleven twelve thirteen", {"anna"})
    '… six seven eight nine Anna ten eleven twelve thirteen'
    """
    words = text.split()
    if len(words) <= 2 * _AROUND + 1:
        return text
    wanted = set()
    for place, word in enumerate(words):
        if any(match[0].casefold() in names for match in _WORD.finditer(word)):
            wanted.update(range(place - _AROUND, place + _AROUND + 1))
    parts, last = [], -1
    for place, word in enumerate(words):
        if place in wanted:
            parts += [word] if place == last + 1 else ["…", word]
            last = place
    return " ".join(parts)


def _binds(text):
    """Does it decide or promise something? A question does not."""
    return not text.endswith("?") and bool(_DECIDED.search(text) or _PROMISED.search(text))


def _figures(text):
    """What stands in the text in figures, each in one way of writing."""
    found = set()
    for figure in read_figures(text):
        if figure.kind == "number":
            found.add(f"n{figure.values[0][0]:g}")
        elif figure.kind == "date":
            found.add("d" + "/".join(str(part) for value in figure.values[:1] for part in value))
        elif figure.kind == "time":
            found.add(f"t{figure.values[0]}")
        else:
            found.add("i" + squashed(figure.text))
    return frozenset(found)


def _names(text, lower, german):
    """Words that are capitalised without a reason of grammar."""
    found, before = set(), None
    words = list(_WORD.finditer(text))
    for place, match in enumerate(words):
        word = match[0]
        capital = word[0].isupper() and (len(word) > 1)
        follows = place + 1 < len(words) and words[place + 1][0][0].isupper()
        if capital and not _is_plain(word, place, before, follows, lower, german):
            found.add(word.casefold())
        before = word
    return frozenset(found)


def _is_plain(word, place, before, follows, lower, german):
    """Is a capitalised word none of a name?"""
    folded = word.casefold()
    if folded in _OPENINGS or folded in lower:
        return True
    if word.isupper() and len(word) < 2:
        return True
    if not german:
        return place == 0 and folded.endswith(("ing", "ly"))
    if before and before[0].isupper() and before.casefold() not in _ARTICLES:
        return False  # Petra Vogt
    if place and before and before.casefold() in ("herr", "herrn", "frau", "firma"):
        return False
    # a noun has an article or an adjective before it, or an ending of nouns
    if place and (before.casefold() in _ARTICLES or before.casefold().endswith(_ADJECTIVES)):
        return not follows
    return folded.endswith(_NOUNS)


_ARTICLES = frozenset(
    "der die das den dem des ein eine einen einem einer eines kein keine keinen keiner im am zum zur "
    "vom beim ins ans aufs mein meine meinen meiner dein deine unser unsere unseren unserer ihr ihre "
    "ihren ihrer sein seine seinen seiner euer eure dieser diese dieses diesen diesem jeder jede jedes "
    "jeden welche welcher welches alle beide viele mehr zwei drei vier fünf sechs sieben acht neun "
    "zehn zwölf pro je als".split()
)
_ADJECTIVES = ("en", "er", "es", "em")
_NOUNS = tuple(
    "ung ungen heit heiten keit keiten schaft schaften tion tionen ität nis nisse tum chen lein ling "
    "ment anz enz preis kosten zeit tag tage woche wochen monat monate jahr jahre uhr teil teile zahl "
    "menge liste plan termin antwort frage".split()
)
#: Words that open a sentence, and what is capitalised in English anyway.
_OPENINGS = frozenset(
    "i i'm i'll i've i'd yes no ok okay hi hey hello thanks thank please sure well wow oh so and but or "
    "if the a an it it's its he she we you they this that these those there here my your our his her "
    "their what when where who why how which do does did can could would should will may might is are "
    "was were have has had be been let's let not also just then now one two three as at by for from "
    "in of on to up with ja nein danke bitte gut hallo guten liebe lieber sehr wir ich du er sie es "
    "und aber oder wenn weil dass was wer wie wo wann warum oui non merci bonjour le la les un une des "
    "je tu il elle nous vous ils elles et mais ou si que qui quoi où quand comment pourquoi ce cette "
    "ces mon ma mes notre votre sí gracias hola el los las uno una unos yo tú él ella nosotros "
    "ustedes y pero o que quién qué dónde cuándo cómo mi su nuestro monday tuesday wednesday thursday "
    "friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag".split()
)


def _is_german(text):
    words = [word.casefold() for word in _WORD.findall(text[:20_000])]
    german = sum(word in ("der", "die", "das", "und", "ist", "nicht", "wir", "ein") for word in words)
    return german > 0.05 * max(1, len(words))
