"""Conditions of a request: how much, when and for how many; later requests keep them unsaid.

"How about Denver?" asks the same as before under the budget, the dates and for the people told
before, and "within my budget" needs the turn that told it.
"""

import unicodedata

from ..base.lazy import regex
from .history_words import TURN_CHARS

_WORD = regex(r"[^\W\d_]+")
#: {kind: words that tell one, in English, German, French and Spanish}
_TOLD = {
    "budget": "budget budgets dollar dollars bucks euro euros usd eur spend afford price ausgeben"
    " preis leisten dépenser prix presupuesto gastar precio",
    "dates": "date dates day days week weeks night nights weekend weekends monday tuesday wednesday"
    " thursday friday saturday sunday january february april june july august september october"
    " november december feb apr jun jul aug sep oct nov dec datum tag tage tagen woche wochen nacht"
    " nächte nächten wochenende montag dienstag mittwoch donnerstag freitag samstag sonntag januar"
    " februar märz juni juli oktober dezember jour jours semaine semaines nuit nuits lundi mardi"
    " mercredi jeudi vendredi samedi dimanche janvier février avril juin juillet août septembre"
    " octobre novembre décembre fecha fechas día días dia dias semana semanas noche noches lunes"
    " martes miércoles miercoles jueves viernes sábado sabado domingo enero febrero marzo abril"
    " mayo junio julio agosto septiembre octubre noviembre diciembre",
    "people": "adult adults kids children people family wife husband person persons guests"
    " travelers travellers erwachsene kinder kindern leute familie personen gäste adultes"
    " enfants personnes famille femme adultos niños personas familia esposa marido",
}
_KIND = {word: kind for kind, words in _TOLD.items() for word in words.split()}
# An amount with its currency, or a bare one: no year, no number of a room or of an error.
_AMOUNT = regex(
    r"[$€£]\s?\d|\d\s?[$€£]"
    r"|(?<![\d:.,#-])(?<![^\W\d_] )(?<!\d )(?!(?:19|20)\d\d\b)[1-9]\d{2,}(?![\d:.,-])"
    r"|(?i:\b(?:have|spend|of|at|to|is|about|around|under|than|über|von|um|unter|etwa|de|à|a)"
    r" (?!(?:19|20)\d\d\b)[1-9]\d{2,}(?![\d:-]))"
)
# Takes one for known: "my budget", "the dates".
_COMES_BACK = regex(
    r"(?i)\b(?:(?:my|our|the|this|these|that|those|mein|unser|das|dieses|im|dem|zum|beim|der|den"
    r"|mon|notre|nos|le|la|ce|cette|au|ma|mes|les|ces|mi|nuestro|nuestra|el|este|esta|al|mis"
    r"|nuestras|las|estas|meinem|unserem|meine[nr]?|unsere[nr]?|die|diesem?n?)"
    r" (?P<word>budget|dates?|datum|presupuesto|fechas?)"
    r"|(?:my|our|mein|unser|meinem|unserem|mon|notre|mi|nuestro) (?P<price>price|preis|prix|precio)"
    r"|(?:meinen?|unseren?) (?P<days>daten))\b"
)
# Asks for the same under another condition.
_VARIES = regex(
    r"(?i)\b(?:(?:what|how) about|what if|any other|other (?:options?|packages?|offers?)"
    r"|(?:any|some)(?:thing|where|one) else|instead"
    r"|(?:anything|nothing|something)(?= (?:to|in|from|for|cheaper|better|closer)\b)"
    r"|in that case|wie (?:wäre|sieht|steht) es|was ist mit|und wenn|etwas anderes"
    r"|andere (?:angebote|möglichkeiten)|stattdessen|qu'en est-il|et si|que (?:diriez|dirais)"
    r"|d'autres (?:offres|options)|autre chose|à la place|qué tal|qué hay de|y si|alguna otra"
    r"|algún otro"
    r"|otras (?:opciones|ofertas)|en (?:vez|lugar) de|en cambio)\b"
)


def told(question):
    """Kinds of conditions that a question tells."""
    question = unicodedata.normalize("NFC", question[:TURN_CHARS])
    found = {_KIND[w] for w in map(str.lower, _WORD.findall(question)) if w in _KIND}
    return frozenset(found | {"budget"} if _AMOUNT.search(question) else found)


def comes_back_to(question):
    """Kinds of conditions that it takes for known."""
    found = _COMES_BACK.finditer(unicodedata.normalize("NFC", question[:TURN_CHARS]))
    kinds = {"price": "budget", "days": "dates"}
    said = (kinds.get(m.lastgroup) or _KIND.get(m[m.lastgroup].lower()) for m in found)
    return frozenset(filter(None, said))


def varies(question):
    """Does it ask for the same again under another condition?"""
    return bool(_VARIES.search(question[:TURN_CHARS]))
