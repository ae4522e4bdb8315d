"""Conditions of a request: how much, when and for how many; later requests keep them unsaid.

"How about Denver?" asks the same as before under the budget, the dates and for the people told
before, and "within my budget" needs the turn that told it.
"""

from ..base.lazy import regex
from .history_words import TURN_CHARS

_WORD = regex(r"[^\W\d_]+")
#: {kind: words that tell one, in English, German, French and Spanish}
_TOLD = {
    "budget": "budget budgets dollar dollars bucks euro euros usd eur spend afford price ausgeben"
    " preis leisten dépenser prix presupuesto gastar precio",
    "dates": "date dates days weeks weekend monday tuesday wednesday thursday friday saturday"
    " sunday january february march april june july august september october november"
    " december jan feb mar apr jun jul aug sep sept oct nov dec datum tage tagen wochen"
    " wochenende montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar"
    " märz mai juni juli oktober dezember jours semaines lundi mardi mercredi jeudi"
    " vendredi samedi dimanche janvier février mars avril juin juillet août septembre"
    " octobre novembre décembre fecha fechas días semanas lunes martes miércoles jueves"
    " viernes sábado domingo enero febrero marzo abril mayo junio julio agosto septiembre"
    " octubre noviembre diciembre",
    "people": "adult adults kids children people family wife husband person persons guests"
    " travelers travellers erwachsene kinder kindern leute familie frau mann personen gäste adultes"
    " enfants personnes famille femme mari adultos niños personas familia esposa marido",
}
_KIND = {word: kind for kind, words in _TOLD.items() for word in words.split()}
_AMOUNT = regex(r"(?<![\d:.])[1-9]\d{2,}(?![\d:])|[$€£]\s?\d|\d\s?[$€£]")
# Takes one for known: "my budget", "the dates".
_COMES_BACK = regex(
    r"(?i)\b(?:my|our|the|this|these|that|those|mein|unser|das|dieses|im|mon|notre|le|ce|mi|nuestro"
    r"|el|este|meinem|unserem|nos|mes|les|ces|mis|nuestras|las|estas|meine|unsere|die|diesen)"
    r" (?P<word>budget|price|dates?|preis|daten|prix|presupuesto|precio|fechas?)\b"
)
_NAMED = {"daten": "dates"}
# Asks for the same under another condition.
_VARIES = regex(
    r"(?i)\b(?:(?:what|how) about|what if|any other|other (?:options?|packages?|offers?)|else"
    r"|instead|(?:anything|nothing|something)(?= (?:to|in|from|for|cheaper|better|closer)\b)|either"
    r"|in that case|wie (?:wäre|sieht|steht) es|was ist mit|und wenn|etwas anderes"
    r"|andere (?:angebote|möglichkeiten)|stattdessen|qu'en est-il|et si|que (?:diriez|dirais)"
    r"|d'autres?|autre chose|plutôt|à la place|qué tal|qué hay de|y si|alguna otra|algún otro"
    r"|otras (?:opciones|ofertas)|en (?:vez|lugar) de|en cambio)\b"
)


def told(question):
    """Kinds of conditions that a question tells."""
    question = question[:TURN_CHARS]
    found = {_KIND[w] for w in map(str.lower, _WORD.findall(question)) if w in _KIND}
    return frozenset(found | {"budget"} if _AMOUNT.search(question) else found)


def comes_back_to(question):
    """Kinds of conditions that it takes for known."""
    words = (m["word"].lower() for m in _COMES_BACK.finditer(question[:TURN_CHARS]))
    return frozenset(_NAMED.get(word) or _KIND[word] for word in words)


def varies(question):
    """Does it ask for the same again under another condition?"""
    return bool(_VARIES.search(question[:TURN_CHARS]))
