"""Figures that are one that was given, written wrong: a digit off, two that changed places.

How plainly a figure is such a slip depends on how alike the two are, and on whether the answer says
it of the same thing: "the sofa weighs 58 kg" where "Sofa 85 kg" was given.
"""

import math

from ..base.lazy import regex

#: A slip that something else may explain, and one that hardly anything does.
MAYBE, PLAIN = 1, 2
_WORD = regex(r"[^\W\d_]{3,40}")
_BOUND = regex(r"[;,.\n(){}\[\]|]")
_NEXT = regex(r"[ \u00a0\u202f]{0,2}([^\W\d_]{3,40})")
_MOST_BEFORE, _MOST_AFTER, _MOST_RECORD = 60, 30, 100
#: How many letters of a word tell it from others: "Lieferung", "Lieferungen".
_STEM = 5
_COMMON = frozenset(
    "the and are was were has have had for with from that this per each all total them they "
    "their der die das den dem des und ist sind war waren hat haben hatte mit von vom zum zur "
    "bei für pro ein eine einen einer auf als aus les des est sont une par pour avec sur dans "
    "soit aux son ses los las del una uno con por para son está hay que sus fue eur euro euros "
    "usd gbp chf day days tag tage tagen jour jours día días hour hours std stunde stunden "
    "heure heures hora horas min minuten minutes minutos year years jahr jahre jahren ans année "
    "años month months monat monate monaten mois mes meses week weeks woche wochen semaine "
    "semaines semanas".split()
)


def is_slip(one, other, least=4):
    """Do two figures differ in one digit, or in two that changed places?

    >>> is_slip("1.899,24", "1.889,24"), is_slip("S00421", "S00412"), is_slip("12", "13")
    (True, True, False)
    """
    one, other = _digits(one), _digits(other)
    if len(one) != len(other) or len(one) < least:
        return False
    while one[-1] == other[-1] == "0":  # round ones are few
        one, other = one[:-1], other[:-1]
        if len(one) < 4:
            return False
    return _likeness(one, other) in ("digit", "swap")


def _digits(text):
    return "".join(char for char in text if char.isdigit())


def _likeness(one, other):
    """Return how digits are alike: "swap", "digit", "tens", "one more", or None."""
    if one == other:
        return None
    if len(one) == len(other):
        places = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        if len(places) == 1:
            return "digit"
        if len(places) == 2 and places[1] == places[0] + 1:
            i, j = places
            return "swap" if one[i] == other[j] and one[j] == other[i] else None
        return None
    if len(one) > len(other):
        one, other = other, one
    if len(one) > 1 and one == other.rstrip("0"):
        return "tens"
    if len(other) == len(one) + 1 and len(one) != 2:
        place = next((i for i, char in enumerate(one) if char != other[i]), len(one))
        if one[place:] == other[place + 1 :]:
            return "one more"
    return None


def variants(text, value):
    """Return the values that a number has with two digits beside each other swapped.

    >>> sorted(variants("1.620", 1620.0))
    [1260.0, 1602.0, 6120.0]
    """
    digits = _digits(text)
    scale = value / float(digits) if float(digits or 0) else 0
    found = set()
    for i in range(len(digits) - 1):
        swapped = digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :]
        if swapped != digits and swapped[0] != "0":
            found.add(float(swapped) * scale)
    return found


def labels(text, figures):
    """Return for each figure (stems of the words that say what it is, the word after it)."""
    found, heads = [], {}
    rows = text.count("\n") > 1
    for index, one in enumerate(figures):
        start = max(figures[index - 1].end if index else 0, one.start - _MOST_BEFORE)
        end = figures[index + 1].start if index + 1 < len(figures) else len(text)
        before = _BOUND.split(text[start : one.start])[-1]
        after = _BOUND.split(text[one.end : min(end, one.end + _MOST_AFTER)])[0]
        record = text.rfind("{", max(0, one.start - _MOST_RECORD), one.start)
        if record >= 0 and "}" not in text[record : one.start]:
            before = text[record : one.start]
        line = text.rfind("\n", 0, one.start) + 1
        if line not in heads:
            heads[line] = text[line : one.start] if rows and one.start - line < _MOST_BEFORE else ""
        follows = _NEXT.match(text, one.end)
        noun = not one.unit and follows and follows[1].casefold()
        noun = noun[:_STEM] if noun and noun not in _COMMON else None
        found.append((_stems(before) | _stems(after) | _stems(heads[line]), noun))
    return found


def _stems(text):
    words = (word.casefold() for word in _WORD.findall(text))
    return {word[:_STEM] for word in words if word not in _COMMON}


class Slips:
    """Tells which figures of an answer are slips of ones that were given.

    :param texts: [(text, its figures)]
    """

    def __init__(self, texts, answer, told):
        self.given = [
            (one, *label)
            for text, figures in texts
            for one, label in zip(figures, labels(text, figures), strict=True)
        ]
        self.told = {
            one.start: label for one, label in zip(told, labels(answer, told), strict=True)
        }

    def noun(self, figure):
        """Return the stem of the word after a figure of the answer, or None."""
        return self.told[figure.start][1]

    def is_said(self, figure):
        """Was the figure given with a word that the answer says it with?"""
        words, _noun = self.told[figure.start]
        return any(
            words & its_words and set(figure.values).intersection(given.values)
            for given, its_words, _its_noun in self.given
        )

    def of(self, figure, quoted):
        """Return MAYBE, PLAIN or 0 for a number.

        :param quoted: values of what the answer quotes; what it quotes, it does not write wrong
        """
        words, noun = self.told[figure.start]
        found = 0
        for given, its_words, its_noun in self.given:
            if given.kind != "number" or quoted.intersection(given.values):
                continue
            nouns = None
            if noun and its_noun:
                nouns = noun == its_noun or noun in its_words or its_noun in words
            things = (figure.unit or noun) and (given.unit or its_noun)
            found = max(found, _degree(figure, given, words & its_words, nouns, things))
        return found


def _written(one, other):
    """Digits of two numbers with as many decimals: 301.00 and 310.0."""
    (value, step), (its_value, its_step) = one.values[0], other.values[0]
    decimals = max(0, round(-math.log10(min(step, its_step))))
    return tuple(_digits(f"{abs(number):.{decimals}f}") for number in (value, its_value))


def is_time_slip(minutes, other):
    """Do two times of the day, in minutes, differ in a digit, or in two that changed places?

    >>> is_time_slip(3 * 60 + 51, 3 * 60 + 15), is_time_slip(9 * 60, 14 * 60 + 30)
    (True, False)
    """
    one, other = (f"{int(n) // 60:02}{int(n) % 60:02}" for n in (minutes, other))
    return _likeness(one, other) in ("digit", "swap")


def _degree(figure, given, shared, same_noun, things):
    """How plainly is one the other?

    :param same_noun: None where one of them has none
    :param things: whether both say what they are of
    """
    same_unit = figure.unit == given.unit
    units = {one.unit[0] if one.unit else None for one in (figure, given)}
    alike = same_unit or (shared and not things and "percent" not in units)
    if is_slip(figure.text, given.text):
        return PLAIN if alike and shared else MAYBE
    if not alike or not figure.text[-1:].isdigit():
        return 0
    one, other = _written(figure, given)
    likeness = _likeness(one, other)
    if same_noun is False and len(one) < 3:
        return 0  # 12 members are not the 21 parcels
    if likeness == "swap":
        return PLAIN if shared else MAYBE
    if likeness == "digit" and shared and len(one) > 1:
        return PLAIN if len(one) > 2 or (same_noun and same_unit) else MAYBE
    if likeness in ("tens", "one more") and shared and same_unit:
        return PLAIN if len(min(one, other, key=len)) > 1 else MAYBE
    if len(one) == len(other) == 1 and same_unit:
        return PLAIN if same_noun else MAYBE if shared and figure.unit else 0
    return 0
