"""Read the figures of a text: numbers with their units, dates, times and identifiers.

English, German, French and Spanish, and whatever is written in figures anyway. Where a way of
writing has two meanings ("1,234", "3/4/2026") both are read.
"""

import datetime
from typing import NamedTuple

from ..base.lazy import regex
from .figures_units import MONTH, MONTH_EN, MONTH_RE, SCALES, UNITS, WORDS

MOST_CHARS = 60_000
MOST_DIGITS = 15

_GAP = r"[ \u00a0\u202f]"
_BODY = rf"\d{{1,3}}(?:(?:{_GAP}|[.,'’])\d{{3}})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_TOKEN = regex(
    r"(?P<iso>\b\d{4}-\d{2}-\d{2}\b)"
    r"|(?P<numeric>(?<![\d/.,-])\d{1,2}(?P<sep>[./-])\d{1,2}(?P=sep)(?:\d{4}|\d{2})?(?![\d/-]|[.,]\d))"
    rf"|(?P<dmy>(?<![\w.,])\d{{1,2}}(?:st|nd|rd|th|er|º|\.)?\s+(?:de\s+|of\s+)?{MONTH_RE}"
    r"(?:,?\s+(?:de\s+|del\s+)?\d{4}\b)?)"
    rf"|(?P<mdy>\b{MONTH_EN}\s+\d{{1,2}}(?:st|nd|rd|th)?\b"
    r"(?![.,]?\d|:\d|\s*[%€$]|[ \u00a0\u202f]\d{3}\b(?!\d))(?:,?\s+\d{4}\b)?)"
    rf"|(?P<my>\b{MONTH_RE}\s+(?:de\s+|of\s+)?\d{{4}}\b)"
    r"|(?P<time>(?<![\d.,:])\d{1,2}(?::|h| h )[0-5]\d(?::[0-5]\d)?(?!\d)(?:\s*[ap]\.?m\b)?"
    r"|\b\d{1,2}\s*(?:[ap]\.?m\b|Uhr\b))"
    r"|(?P<untime>(?<![\d.,:])\d{1,2}(?::|h| h )[6-9]\d(?![\d:]))"
    r"|(?P<phone>\+\d[\d ()/\u00a0-]{6,}\d)"
    rf"|(?P<by>(?<![\d.,])\d+(?:[.,]\d+)?(?=[x×]\d))"
    r"|(?P<local>(?<![\w.,])0\d{1,4}(?:[ /-]\d{2,8}){1,5}(?![\w.,]?\d)"
    r"|\b(?=\d{0,3}[A-Z])[A-Z\d]{1,4}(?: \d{2,4}){3,6}(?: \d{1,4})?\b)"
    rf"|(?P<iban>\b[A-Z]{{2}}\d{{2}}(?:{_GAP}?[A-Z0-9]{{4}}){{2,7}}(?:{_GAP}?[A-Z0-9]{{1,3}})?\b)"
    r"|(?P<id>\b(?=[\w/_.-]{0,60}\d)(?=[\w/_.-]{0,60}[^\W\d_])\w{1,60}(?:[-/_.]\w{1,60}){0,12}"
    rf"|(?<![\d.,])\d+(?:[-/_]\d+)+(?![.,]?\d)|(?<![\d.,])(?!\d{{1,3}}(?:\.\d{{3}})+(?![.\d]))\d+(?:\.\d+){{2,}}(?!\d))"
    rf"|(?P<number>(?<![\d.,])(?:{_BODY}))"
)
_ARRAY = regex(r"\[[-\d.]{1,12}(?:,[-\d.]{1,12}){1,60}\]")
_EACH = regex(r"(?i)\s?[^\W\d_]+\.?\s?(?:/|(?:par|per|pro|je|al?|por|am|each|every)\b)")
_KEY = regex(r"\"([^\W\d]{1,24})\"\s?:\s?\Z")
_KEYS = ("time", "months", "mass", "percent")
_AND = regex(r"\s*(?:[–-]|to|and|auf|bis|und|à|et|a|y)\s*")
_TWO_PARTS = regex(r"\d{1,2}\.\d\d\.")
_ON_THE = regex(r"\d+\s*am\Z")
_CAPITAL = regex(r"\s(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b)[A-ZÄÖÜ][a-zäöüß]")
_DAYS_ARE = ("working", "business", "calendar", "full", "whole", "volle", "ganze")
_LIST = regex(r",\s|\s(?:and|und|et|y)\s")
_BY = regex(r"[x×*]")
_SIZES = ("length", "area")  # "6 x 42.5 kg" are six
_KINDS = {"sep": "numeric", "by": "number", "local": "phone", "untime": "id"}
_ATTACHED = regex(rf"(?P<body>{_BODY})(?P<unit>[^\W\d_]+[23²³]?)\Z")
_UNIT = regex(
    rf"{_GAP}?(?:(?P<scale>[^\W\d_]{{1,9}})\b\.?{_GAP}?)?(?P<unit>pour{_GAP}cent|por{_GAP}ciento|"
    r"%|€|\$|£|¥|[^\W\d_]{1,15}[23²³]?)?"
)
_LISTED = regex(
    r"(?:\s?[^\W\d_]{1,12})?(?:,|\s(?:and|und|et|y))\s(?:(?:a|à|für|for|to)\s)?[A-ZÀ-Ý][^\W\d_]*\s"
)
_LIST_GOES_ON = regex(r"[,;.)]|\s(?:and|und|et|y)\s|\Z")
_NUMBER_OF = regex(
    r"(?i)(?:#|\bid\"?\s?[:=]|_id\"?\s?[:=]\s?\[?|\bn[°º]\.?|\bn[or]\.|(?-i:\bN[oO])|\bn[uú]m\.)\s?\Z"
)
_PERIOD = regex(r"(?:[QTSH][1-4]|[1-4][QTSH])\Z")
_PERCENT = regex(rf"{_GAP}?(?:%|percent|prozent)")
_HOURS = regex(rf"(?i){_GAP}?(?:h|hrs?|hours|std|stunden|heures|horas)\b")
_UNTIL = regex(
    r"(?i)\.?\s*(?:to|until|and|bis|und|au|et|al|y|[-–])\s*(?:zum\s|den\s|le\s|el\s)?"
    r"(?:[^\W\d_]{3,10},?\s)?"
)
_PERIOD_NAMED = regex(
    r"\b(?P<ordinal>\w{1,12})\.?\s(?:quarter|half|quartal|halbjahr|trimestre|semestre)"
)
_ORDINALS = [
    (number, start)
    for number, starts in {
        1: "1 first erste premier primer",
        2: "2 second zweite deuxième segundo",
        3: "3 third dritte troisième tercer",
        4: "4 fourth vierte quatrième cuarto",
    }.items()
    for start in starts.split()
]
_LIST_MARK = regex(r"(?m)^\s*(?:#+\s*)?\d{1,2}[.)](?=\s|\Z)")
_BEFORE = regex(r"(?:[€$£¥]|\b(?:EUR|USD|CHF|GBP))\s?\Z")
_ABOUT = regex(
    r"(?i)(?:\b(?:about|around|approx(?:imately|\.)?|roughly|some|ca\.?|circa|rund|etwa|ungefähr|"
    r"environ|quelque|unos|unas|cerca de|alrededor de|aproximadamente)|[~≈±])\W{0,3}\Z"
)
_NOT_QUITE = regex(
    r"(?i)\b(?:nearly|almost|over|under|more than|less than|knapp|fast|gut|über|mehr als|"
    r"weniger als|près de|presque|plus de|moins de|casi|más de|menos de)\W{0,3}\Z"
)


class Figure(NamedTuple):
    """A figure as it stands in a text.

    ``kind`` is number, date, time, period ("Q2", "S1") or id. ``values`` are its readings: of a
    number (value, step of its last digit), of a date (year, month, day) with None for what is not
    said, of a time minutes, of a period which it is, of an identifier its letters and digits.
    ``unit`` is (family, factor) or None.
    ``approx`` is how many of its last digit that is not 0 it may be off ("about", "almost").
    ``span`` is how many minutes a time means where it may be a duration ("6 h 30").
    """

    kind: str
    text: str
    start: int
    end: int
    values: tuple
    unit: tuple | None = None
    approx: float = 0
    span: float | None = None


def read_figures(text):
    """Return the figures of a text in their order, numbers in words not among them.

    >>> [f.kind for f in read_figures("S00421 of 5 March 2026, 14:30: 4 x $1,280.00")]
    ['id', 'date', 'time', 'number', 'number']
    >>> read_figures("1,24 Mio. €")[0].values
    ((1240000.0, 10000.0),)
    """
    text = _ARRAY.sub(lambda match: match[0].replace(",", ";"), text[:MOST_CHARS])
    marks = {match.end() for match in _LIST_MARK.finditer(text)}
    found = []
    for match in _TOKEN.finditer(text):
        kind, word = _KINDS.get(match.lastgroup, match.lastgroup), match[0]
        figure = _figure(kind, word, match, text)
        if figure and not (kind == "number" and match.end() + 1 in marks):
            found.append(figure)
    found = _with_units_of_lists(_compound(_decimals(found), text), text)
    return _first_days(_with_units_of_chains(found, text), text)


def words_as_numbers(text):
    """Return the numbers that a text says in words.

    >>> words_as_numbers("deux mois")
    [2]
    """
    found = regex(r"[^\W\d_]+").finditer(text[:MOST_CHARS].casefold())
    return [WORDS[match[0]] for match in found if match[0] in WORDS]


def months_named(text):
    """Return the numbers of the months that a text names.

    >>> sorted(months_named("Januar und März"))
    [1, 3]
    """
    found = regex(r"[^\W\d_]+").finditer(text[:MOST_CHARS].casefold())
    return {MONTH[match[0]] for match in found if match[0] in MONTH}


def periods_named(text):
    """Return the numbers of the quarters and halves that a text names in words.

    >>> sorted(periods_named("das dritte Quartal, premier trimestre, 2nd quarter"))
    [1, 2, 3]
    """
    found = set()
    for match in _PERIOD_NAMED.finditer(text[:MOST_CHARS].casefold()):
        word = match["ordinal"]
        found |= {n for n, start in _ORDINALS if word.startswith(start)}
    return found


def _figure(kind, word, match, text):
    start, end = match.span()
    if kind in ("iso", "numeric", "dmy", "mdy", "my"):
        values = _dates(kind, word)
        if values:
            return Figure("date", word, start, end, values)
        if kind == "numeric" and word.endswith(".") and word.count(".") == 2:
            end, word, kind = end - 1, word[:-1], "number"  # "4.0." ends a sentence
        kind = "id" if kind in ("iso", "numeric") else "number"
        if match.lastgroup == "mdy":  # "March 55" is a number of March's
            word = regex(r"\d+").search(word)[0]
            start = end - len(word)
        elif match.lastgroup == "dmy":  # "31 June" is a date that there is not
            return Figure("date", word, start, end, ())
        elif kind == "number" and match.lastgroup == "my":
            return None
    if kind == "time" and _ON_THE.match(word) and _CAPITAL.match(text, end):
        kind, word = "number", word[:-2].rstrip()  # "40 am Tag"
        end = start + len(word)
    if kind == "time":
        minutes = _minutes(word)
        numbers = [int(n) for n in regex(r"\d+").findall(word)]
        span = minutes if "h" in word or _HOURS.match(text, end) else None
        if len(numbers) == 3:  # to the second
            span = minutes + numbers[2] / 60
        return Figure("time", word, start, end, (minutes,), span=span)
    if kind == "id" and _PERIOD.match(word):
        return Figure("period", word, start, end, (int(regex(r"\d").search(word)[0]),))
    if kind == "id":
        attached = _ATTACHED.fullmatch(word)
        name = attached and attached["unit"].casefold()
        if attached and (name in UNITS or name in SCALES or name in ("x",)):
            return _number(attached["body"], name, start, end, text, word)
    if kind == "number" and word.isdigit() and _NUMBER_OF.search(text, max(0, start - 12), start):
        kind = "number" if _PERCENT.match(text, end) else "id"  # "No. 92 % came"
    if kind in ("id", "phone", "iban") or sum(map(str.isdigit, word)) > MOST_DIGITS:
        return Figure("id", word, start, end, (squashed(word),))
    after = _UNIT.match(text, end)
    names = [after["scale"], after["unit"]] if after else []
    return _number(word, [name.casefold() for name in names if name], start, end, text, word)


def _number(body, names, start, end, text, word):
    scale, unit = 1, None
    names = [names] if isinstance(names, str) else names
    money = _BEFORE.search(text, max(0, start - 5), start)
    if money and not (names and names[0] in SCALES):
        names = []
    if names and names[0] in UNITS and names[0] != "m":
        unit = UNITS[names[0]]
    elif names and names[0] in SCALES:
        money = money or (len(names) > 1 and UNITS.get(names[1], ("",))[0] == "money")
        if names[0] == "m" and not money:
            unit = UNITS["m"]
        else:
            scale = SCALES[names[0]]
            unit = UNITS.get(names[1]) if len(names) > 1 else None
    elif len(names) > 1 and names[0] in _DAYS_ARE and names[1] in UNITS:
        unit = UNITS[names[1]]
    elif len(names) == 1 or (len(names) > 1 and names[0] not in UNITS):
        name = names[0].replace("\u00a0", " ").replace("\u202f", " ")
        unit = UNITS["%"] if name in ("pour cent", "por ciento") else UNITS.get(name)
    if unit is None and money:
        unit = UNITS["€"]
    key = None if unit or names else _KEY.search(text, max(0, start - 30), start)
    if key:
        parts = (UNITS.get(part) for part in key[1].casefold().split("_"))
        unit = next((one for one in parts if one and one[0] in _KEYS), None)
    before = max(0, start - 25), start
    approx = 0.6 if _ABOUT.search(text, *before) else 1.0 if _NOT_QUITE.search(text, *before) else 0
    readings = _readings(body)
    if scale > 1:
        readings.reverse()  # "1,104 million" are hardly a thousand of them
    values = tuple((value * scale, step * scale) for value, step in readings)
    return Figure("number", word, start, end, values, unit, approx=approx)


def _readings(body):
    """Return [(value, what its last digit is worth)] of a number as written."""
    body = regex(rf"{_GAP}|['’]").sub("", body)
    separators = [char for char in body if char in ".,"]
    if not separators:
        return [(float(body), 1.0)]
    last = separators[-1]
    whole, _, decimals = body.rpartition(last)
    grouped = body.replace(".", "").replace(",", "")
    as_decimal = (
        float(whole.replace(".", "").replace(",", "") + "." + decimals),
        10.0 ** -len(decimals),
    )
    if len(set(separators)) > 1:
        return [as_decimal]
    if len(separators) > 1:
        return [(float(grouped), 1.0)]
    if len(decimals) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        return [(float(grouped), 1.0), as_decimal]
    return [as_decimal]


def _dates(kind, word):
    numbers = [int(n) for n in regex(r"\d+").findall(word)]
    if kind == "iso":
        found = [tuple(numbers)]
    elif kind == "numeric":
        first, second = numbers[:2]
        year = numbers[2] if len(numbers) > 2 else None
        if year is not None and year < 100:
            year += 2000
        found = [(year, second, first)]
        if "." not in word:
            found.append((year, first, second))
    else:
        name = regex(r"[^\W\d_]+").findall(word.casefold())
        month = next(MONTH[part] for part in name if part in MONTH)
        if kind == "my":
            found = [(numbers[0], month, None)]
        else:
            found = [(numbers[1] if len(numbers) > 1 else None, month, numbers[0])]
    return tuple(one for one in found if _is_date(*one))


def _is_date(year, month, day):
    try:
        datetime.date(year or 2024, month, day or 1)
    except ValueError:
        return False
    return True


def _minutes(word):
    numbers = [int(n) for n in regex(r"\d+").findall(word)]
    hour = numbers[0]
    if regex(r"(?i)p\.?m").search(word) and hour < 12:
        hour += 12
    return hour * 60 + (numbers[1] if len(numbers) > 1 else 0)


def squashed(text):
    """Return the letters and digits of a text alone, in one case.

    >>> squashed("INV/2026/00042")
    'inv202600042'
    """
    return "".join(char for char in text.casefold() if char.isalnum())


def _decimals(figures):
    """Put that reading of "1,719" first whose decimal mark the text uses elsewhere."""
    marks = {".": 0, ",": 0}
    for one in figures:
        if one.kind == "number" and len(one.values) == 1 and one.values[0][1] < 1:
            marks[next(char for char in reversed(one.text) if char in ".,")] += 1
    if marks["."] == marks[","]:
        return figures
    used = max(marks, key=marks.get)
    if not marks[","]:  # "16.12." ends a sentence there
        figures = [_without_end(one) for one in figures]
    return [
        one._replace(values=one.values[::-1])
        if one.kind == "number" and len(one.values) == 2 and used in one.text
        else one
        for one in figures
    ]


def _without_end(one):
    if one.kind != "date" or not _TWO_PARTS.fullmatch(one.text):
        return one
    text = one.text[:-1]
    return Figure("number", text, one.start, one.end - 1, ((float(text), 0.01),))


def _first_days(figures, text):
    """Make a date of the 3 of "3 to 7 August"."""
    for index in range(len(figures) - 2, -1, -1):
        one, after = figures[index], figures[index + 1]
        if (
            one.kind == "number"
            and not one.unit
            and after.kind == "date"
            and one.text.isdigit()
            and _UNTIL.fullmatch(text, one.end, after.start)
        ):
            day = int(one.text)
            values = tuple((y, m, day) for y, m, d in after.values if d and _is_date(y, m, day))
            if values:
                figures[index] = one._replace(kind="date", values=values)
    return figures


def _compound(figures, text):
    """Make one figure of "1 hour and 15 minutes" and "2 Tage 3 Std."."""
    gap = regex(r"\s?[^\W\d_]{0,12}\.?,?\s{0,3}(?:and|und|et|y)?\s{0,3}")
    found = []
    for one in figures:
        last = found[-1] if found else None
        if (
            last
            and one.kind == last.kind == "number"
            and one.unit
            and last.unit
            and one.unit[0] == last.unit[0] == "time"
            and one.unit[1] < last.unit[1]
            and gap.fullmatch(text, last.end, one.start)
            and not ("," in text[last.end : one.start] and _EACH.match(text, one.end))
        ):
            value, step = one.values[0]
            value += last.values[0][0] * last.unit[1] / one.unit[1]
            words = text[last.start : one.end]
            found[-1] = one._replace(text=words, start=last.start, values=((value, step),))
        else:
            found.append(one)
    return found


def _with_units_of_chains(figures, text):
    """Give "1,200 x 640 x 980 mm" and "3 to 5 days" the unit of the last to all."""
    chain = regex(r"\s*(?:[x×*–-]|to|bis|à)\s*")
    for index in range(len(figures) - 2, -1, -1):
        one, after = figures[index], figures[index + 1]
        if one.unit or not one.kind == after.kind == "number":
            continue
        in_chain = after.unit and chain.fullmatch(text, one.end, after.start)
        if in_chain and after.unit[0] not in _SIZES:
            in_chain = not _BY.search(text, one.end, after.start)
        if _AND.fullmatch(text, one.end, after.start):
            figures[index] = one = _scaled_like(one, after)
        listed = _is_listed_with(one, after) and _LIST.fullmatch(text, one.end, after.start)
        if in_chain or listed:
            figures[index] = one._replace(unit=after.unit)
    return figures


def _is_listed_with(one, after):
    """May the 4 and the 7 of "4, 7 and 10.6 minutes" be minutes?"""
    if not (one.kind == after.kind == "number" and after.unit and not one.unit):
        return False
    value, its_value = one.values[0][0], after.values[0][0]
    alike = its_value / 20 <= value <= its_value * 20
    return alike and after.unit[0] not in ("percent", "money")


def _scaled_like(one, after):
    """Give "9.6" of "from 9.6 to 10.8 million euros" the scale and the unit of the other."""
    scale = after.values[0][0] / (_readings(after.text)[0][0] or 1)
    if scale < 1000 or one.values[0][0] >= 1000:
        return one
    values = tuple((value * scale, step * scale) for value, step in one.values)
    return one._replace(values=values, unit=after.unit)


def _with_units_of_lists(figures, text):
    """Give the 41 of "Ana 34 years, Luis 41, Marta 29" the unit of the first."""
    for index in range(1, len(figures)):
        last, one = figures[index - 1], figures[index]
        if (
            one.kind == last.kind == "number"
            and last.unit
            and not one.unit
            and _LISTED.fullmatch(text, last.end, one.start)
            and _LIST_GOES_ON.match(text, one.end)
        ):
            figures[index] = one._replace(unit=last.unit)
    return figures
