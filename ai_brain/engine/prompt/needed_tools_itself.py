"""What no model knows by itself, and what any does, told by the form of a request."""

from ..base.lazy import regex
from .needed_tools_words import fold

# Of what the user's own company has, owes or did.
_OURS = regex(
    r"\b(?:our|ours|us)\b|\b(?:do|did|have|had|are|were) we\b|\bunser(?:e[mnrs]?)?\b"
    r"|\b(?:notre|nos)\b|\bnuestr[ao]s?\b"
)
# Something that has a number of its own: four digits and more that are no year, a code.
_NUMBERED = regex(
    r"\b(?!(?:19|20)\d\d\b)\d{4,}\b|\b\d+-\d+\b"
    r"|\b(?=[a-z]{0,9}\d)(?=\d{0,9}[a-z])[a-z\d]{4,}\b"
)
# The speaker's own case ("I have 3 apples" is a sum), or this moment.
_OWN = {
    "en": regex(
        r"\b(?:my|mine)\b|\b(?:i|we)['’](?:m|ve|re)\b|\bsome(?:one|body)\b"
        r"|\b(?:i|we) (?:am|are|have(?! \d)|had|haven|lost|forgot)\b|\b(?:am|was|did|have|had) i\b"
        r"|\b(?:today|tonight|tomorrow|yesterday|right now|at the moment|so far|not yet"
        r"|this (?:week|weekend|month|morning|afternoon|evening))\b"
    ),
    "de": regex(r"\bmein(?:e[mnrs]?)?\b|\b(?:heute|morgen|gestern|gerade|momentan)\b"),
    "fr": regex(r"\b(?:mon|ma|mes|aujourd.hui|demain|hier|en ce moment)\b"),
    "es": regex(r"\b(?:mis?|mi[ao]s?|hoy|manana|ayer|ahora)\b"),
}
# Questions that any model answers by itself, and texts that it makes up.
_BY_ITSELF = {
    "de": regex(
        r"\W*(?:was (?:bedeutet|heisst|versteht man unter)"
        r"|was ist (?:eigentlich )?(?:eine?|der unterschied)\b|wer (?:war|waren)\b"
        r"|wer hat .{1,60}(?:erfunden|entdeckt|geschrieben|gemalt|komponiert|gegrundet)"
        r"|(?:was ist|wie heisst|nenne?) (?:mir )?die hauptstadt"
        r"|wie viele (?:kontinente|planeten|ozeane)"
        r"|(?:erklar|erlauter)\w* (?:sie )?(?:mir )?(?:bitte )?(?:den unterschied|was eine? )"
        r"|(?:schreib|verfass|dicht|erzahl|erfind)\w* (?:sie )?(?:mir |uns )?(?:bitte )?eine?n? "
        r"(?:\w+ )?(?:gedicht|geschichte|witz|aufsatz|absatz|lied|marchen|liebesbrief))"
    ),
    "fr": regex(
        r"\W*(?:(?:que|qu['’]est-ce que) (?:veut dire|signifie)"
        r"|(?:c['’]est quoi|qu['’]est-ce qu).{1,3}une?\b"
        r"|qui (?:etai(?:t|ent)|a (?:invente|decouvert|ecrit|peint|compose|fonde))\b"
        r"|quelle est la (?:capitale|difference entre)|combien (?:de|d['’]) ?"
        r"(?:continents|planetes|oceans)"
        r"|explique[rz]?(?:-(?:moi|nous))? (?:la difference|ce qu['’]est)"
        r"|(?:ecri(?:s|vez)|redige[rz]?|raconte[rz]?|invente[rz]?|compose[rz]?)(?:-(?:moi|nous))? "
        r"une? (?:\w+ )?(?:poeme|histoire|blague|dissertation|paragraphe|chanson|conte"
        r"|lettre d['’]amour))"
    ),
    "es": regex(
        r"\W*(?:que (?:significa|quiere decir|es una?)\b|cual es la (?:capital|diferencia entre)"
        r"|quien(?:es)? (?:era|eran|fue|fueron|invento|descubrio|escribio|pinto|compuso|fundo)\b"
        r"|cuant[ao]s (?:continentes|planetas|oceanos)"
        r"|expli(?:ca|que|came|queme) (?:la diferencia|que es una?)"
        r"|(?:escrib|redact|cuent|invent|compon)\w* un[ao]? (?:\w+ )?(?:poema|cuento|chiste|ensayo"
        r"|parrafo|historia|cancion|carta de amor))"
    ),
}


def is_ours(text):
    """Is it about what the speaker's company has, owes or did?"""
    return bool(_OURS.search(fold(text)))


def has_number(text):
    """Does it name something by a number of its own?

    >>> [has_number(text) for text in ("Why did 5512 fail?", "HX19 KLO", "In 2024, 3 + 4")]
    [True, True, False]
    """
    return bool(_NUMBERED.search(fold(text)))


def is_own(text, language):
    """Is it the speaker's own case, of this moment, or of something with a number of its own?

    >>> is_own("I'm out of milk", "en"), is_own("If I have 3 apples", "en")
    (True, False)
    """
    said = _OWN.get(language)
    return has_number(text) or bool(said and said.search(fold(text)))


def is_by_itself(text, language):
    """Does any model answer it by itself, whatever the words mean that are not known?

    >>> [is_by_itself(f"Qui a peint {what} ?", "fr") for what in ("la Joconde", "mon portail")]
    [True, False]
    """
    form = _BY_ITSELF.get(language)
    known = form and form.match(fold(text))
    return bool(known) and not (is_ours(text) or is_own(text, language))
