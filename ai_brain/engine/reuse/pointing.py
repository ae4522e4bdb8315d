"""Does a question point at something that its words do not say: this one, here, today?

Such a question means another thing each time. A word too many here costs a saving, one too few a
wrong answer, so "that" counts even where it only joins two clauses.

>>> points_elsewhere("Is this invoice paid?"), points_elsewhere("What did we sell last month?")
(True, True)
>>> points_elsewhere("How many days are there in a fiscal year?")
False
>>> points_elsewhere("Welche Rechnungen sind heute fällig?"), points_elsewhere("¿Qué vence mañana?")
(True, True)
"""

from ..base.lazy import regex

_WORDS = frozenset(
    "this that these those here above below today tonight tomorrow yesterday now currently current "
    "recent recently latest lately newest ago upcoming previous previously already yet still "
    "dies diese dieser dieses diesen diesem jene jener jenes jenen jenem hier oben unten heute "
    "heutige heutigen morgen gestern jetzt gerade derzeit aktuell aktuelle aktuellen aktueller "
    "aktuelles momentan neueste neuesten letzte letzten letzter letztes nächste nächsten nächster "
    "nächstes vorige vorigen bisher schon bereits noch "
    "ce cet cette ces cela ça ceci celui celle ceux celles ici là aujourd'hui demain hier "
    "maintenant actuellement actuel actuelle actuels récent récente dernier dernière derniers "
    "dernières prochain prochaine prochains prochaines déjà encore "
    "este esta estos estas ese esa esos esas eso esto aquel aquella aquello aquí ahí allí hoy "
    "mañana ayer ahora actualmente actual actuales reciente recientes último última últimos "
    "últimas próximo próxima próximos próximas ya todavía".split()
)
_SPANS = regex(
    r"(?i)\b(?:last|next|past|coming|same)\s+(?:\w+\s+){0,2}"
    r"(?:days?|weeks?|months?|quarters?|years?|hours?|time|night|monday|tuesday|wednesday|thursday"
    r"|friday|saturday|sunday|january|february|march|april|may|june|july|august|september|october"
    r"|november|december)\b|\b(?:year|month|week|quarter) to date\b|\b(?:ytd|mtd)\b"
)
#: One of these is in each ASCII text that has such a span: looking for them is much quicker.
_OF_SPANS = ("last", "next", "past", "coming", "same", "to date", "ytd", "mtd")
_WORD = regex(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def points_elsewhere(text):
    """Return whether a question, in any of the four languages, points outside itself."""
    lowered = text.lower()
    if not _WORDS.isdisjoint(_WORD.findall(lowered.replace("’", "'"))):
        return True
    if text.isascii() and not any(part in lowered for part in _OF_SPANS):
        return False
    return bool(_SPANS.search(text))
