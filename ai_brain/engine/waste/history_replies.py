"""What an answer asks for, and what a turn tells: "Where to?" is answered by "To Lyon".

A turn goes on with the one whose question it answers, though the two share no word.
"""

from ..base.lazy import regex
from .history_words import CLOSING_OFFER, TURN_CHARS

END_CHARS = 240  # of an answer, where it asks
FEW_WORDS = 6  # a turn of so few may be no more than what was asked for

# What is asked for of an errand and told in any words.
SAID_LATER = frozenset(("where", "when", "count"))

_SENTENCE = regex(r"[^.!?。！？\n]*[?？]")
_ASKED = {
    "where": regex(
        r"(?i)\b(?:where|(?:which|what|in what|in which) (?:\w+ )?(?:city|town|area|place|location"
        r"|part|country|airport|station|address)|wo|wohin|woher"
        r"|welche[rsmn]? (?:stadt|ort|gegend|viertel)"
        r"|où|quelle? (?:ville|endroit|quartier|adresse)|d[oó]nde"
        r"|qué (?:ciudad|zona|lugar|barrio))\b"
    ),
    "when": regex(
        r"(?i)\b(?:when|dates|(?:which|what) (?:\w+ )?(?:time|day|date|dates|month)|wann"
        r"|(?:welche[rsmn]?|um wie ?viel) (?:tag|datum|uhr|zeit)|quand|quelle? (?:jour|date|heure)"
        r"|cu[aá]ndo|qué (?:día|fecha|hora))\b"
    ),
    "count": regex(
        r"(?i)\b(?:how (?:many|much|long)|budget|number of|wie ?(?:viele?|lange)|combien"
        r"|cu[aá]nt[oa]s?)\b"
    ),
    "choice": regex(
        r"(?i)\b(?:which|what|who|preference|prefer|welche[rsmn]?|was für|quelle?s?|qué"
        r"|cu[aá]l(?:es)?|anything|something|specific|particular)\b"
    ),
    "yes": regex(
        r"(?i)(?:^|[,;:] )\W*(?:(?:and|so|or|then|also|sure|okay|ok|great|alright|und|et|y)\W+)*"
        r"(?:would|do|does|did|shall|should|is|are|was|can|could|will|have|has|may|any"
        r"|möchten|soll|sollen|wollen|ist|sind|passt|voulez|souhaitez|est-ce|dois|quiere|quieres"
        r"|desea|deseas|es|está|le|te)\b"
    ),
}  # fmt: skip
_CONFIRM = regex(r"(?i)\b(?:confirm|bestätigen|confirmer|confirmez|confirme|confirma)\b")
_NUMBER = (
    r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|zwei|drei|vier|fünf|sechs|deux|trois"
    r"|quatre|cinq|dos|tres|cuatro|cinco)"
)
_TOLD = {
    "where": regex(
        r"\b(?:[Ii]n|[Tt]o|[Ff]rom|[Aa]t|[Nn]ear|[Aa]round|[Oo]ut of|[Ff]or|[Nn]ach|[Vv]on|[Aa]us"
        r"|[Bb]ei|[Àà]|[Dd]e|[Ee]n|[Dd]esde|[Aa]) (?:the |der |la |le |el )?[^\W\d_a-zß-öø-ÿ]\w"
    ),
    "when": regex(
        r"(?i)\d\s?(?:am|pm|uhr|h)\b|\d[:.]\d\d|\d(?:st|nd|rd|th)\b|\b(?:today|tonight|tomorrow|noon"
        r"|morning|afternoon|evening|midnight|o'clock|weekend"
        r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|jan(?:uary)?|feb(?:ruary)?|march|april|june"
        r"|july|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
        r"|heute|morgen|mittag|abends?|\w+tag|aujourd'hui|demain|midi|soir|hoy|mañana|mediodía"
        r"|noche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|lundi|mardi|mercredi|jeudi"
        r"|vendredi|samedi|dimanche|\w+ (?:days?|weeks?) (?:from|after))\b"
    ),
    "count": regex(
        rf"(?i)(?<!\w){_NUMBER}(?!\w)|\b(?:only me|just me|myself|couple|nur ich|seulement moi"
        r"|solo yo)\b"
    ),
}  # fmt: skip
_ASKS = regex(r"[?？]")
_STARTS_NAME = regex(r"^\W*[^\W\d_a-zß-öø-ÿ]\w")


def asked_for(answer):
    """Kinds of what the end of an answer asks for."""
    found, end = set(), answer[-END_CHARS:]
    if CLOSING_OFFER.search(end):
        return frozenset()
    if _CONFIRM.search(end):
        found.add("yes")
    for sentence in _SENTENCE.findall(end):
        found |= {kind for kind, pattern in _ASKED.items() if pattern.search(sentence.strip())}
    return frozenset(found)


def tells(question, accepts):
    """Kinds of what a turn tells; ``accepts``: does it begin with "yes", "great", "no"?"""
    question = question[:TURN_CHARS]
    few = len(question.split()) <= FEW_WORDS and not _ASKS.search(question)
    found = {kind for kind, pattern in _TOLD.items() if pattern.search(question)}
    if accepts:
        found.add("yes")
    if few:
        found.add("choice")
        if _STARTS_NAME.search(question):
            found.add("where")
    return frozenset(found)


def closes(answer):
    """Does an answer end with "Anything else?"?"""
    return bool(CLOSING_OFFER.search(answer[-END_CHARS:]))
