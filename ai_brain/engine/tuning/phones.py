"""Numbers to call in a text, as countries write them, and no dates, amounts or order numbers.

>>> text = "On 05/22/2012 030 23125001 / 0171 3920012 rang, 12 345 678 € and (415) 555-0132"
>>> [text[start:end] for start, end, _key in phones_in(text)]
['030 23125001', '0171 3920012', '(415) 555-0132']
"""

import re
from functools import lru_cache

import phonenumbers

from ..base.lazy import regex

#: Where national numbers without a leading 0 are looked for, and bare ones checked.
REGIONS = ("DE", "AT", "CH", "FR", "BE", "ES", "GB", "US", "IT", "NL")

_PHONE = regex(
    r"(?<!\w)(?:(?<!\w[-./#])|(?=\+))[+(]{0,2}[0-9]"
    r"(?:[ \u00a0\u202f().\-\u2010-\u2013/]{0,3}[0-9]){6,40}"
    r"(?P<inner>,?\s?(?:x|ext\.?|extension|poste|dw\.?|durchwahl|int\.)\s?\d{1,6})?(?!\w)",
    re.IGNORECASE,
)
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:(?:19|20)\d\d|\d\d)"
_DAY_MONTH = rf"(?:{_DAY}[./]{_MONTH}|{_MONTH}[./]{_DAY})"
_TO = r"\s?[-–]\s?"
_HOUR = r"(?:[01]?\d|2[0-4])[.:h][0-5]\d"
#: Dates, months, times and spans of them, and addresses of computers: no digit of them is dialled.
_DATES = regex(
    r"(?<![\w./-])(?<!\+\d{3} )(?<!\+\d\d )(?:"
    rf"{_DAY_MONTH}\.?{_TO}{_DAY_MONTH}(?:[./]{_YEAR}|\.)?|"
    rf"(?:{_DAY}([./-]){_MONTH}|{_MONTH}([./-]){_DAY})(?:\1|\2){_YEAR}|"
    rf"(?:19|20)\d\d([./-]){_MONTH}\3{_DAY}|"
    rf"(?:{_DAY_MONTH}|{_MONTH})[/ .](?:19|20)\d\d(?! \d)|"
    rf"{_HOUR}{_TO}{_HOUR}|"
    r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    r")(?![\w]|[./-]\d)",
    re.IGNORECASE,
)
#: Thousands, and years one after the other, where no word says that they are dialled.
_THOUSANDS = regex(r"\d{1,2}(?:([ \u00a0\u202f.])\d{3})(?:\1\d{3}){1,3}\Z")
_YEARS = regex(r"\(?(?:19|20)\d\d\)?(?:\D{1,3}(?:19|20)\d\d)+\Z")
_NORTH_AMERICA = regex(r"(?:1[-. ])?\(?[2-9]\d\d\)?[-. ]{1,2}[2-9]\d\d[-. ]\d{4}\Z")
#: A code of an area in brackets: written so in many countries, and nothing else is.
_BRACKETS = regex(r"\(\d{2,5}\)[ \u00a0\u202f-]{0,2}\d{2,4}(?:[ \u00a0\u202f.\-]?\d{2,4}){1,3}\Z")
_GROUPED = regex(r"\d{2,3}(?:[ \u00a0\u202f.\-]\d{2,4}){2,4}\Z")
_MONEY_AFTER = regex(
    r"[.,]\d|\s?(?:[€$£¥%]|EUR|USD|GBP|CHF|euros?|dollars?|[kcm]?[gm]\b|km\b|m[²2³3]|"
    r"litr?e?r?s?\b|units?|pcs|pieces|Stück|Stk|pièces|unidades|uds|points?\b|Punkte)",
    re.IGNORECASE,
)
_MONEY_BEFORE = regex(r"(?<!\d)(?<!\d[ \u00a0\u202f])(?:[€$£¥]|\b(?:EUR|USD|GBP|CHF))\s?\Z")
#: What says that a bare number is one to call, in the languages that we know, and what denies it.
_CALLED = regex(
    r"\b(?:tel|tél|phone|fon|call|text|dial|ring|mobil|móvil|mobile|cell|fax|whats|sms|anruf|ruf|"
    r"erreich|handy|appel|joign|portable|llam|contact|reach|under|unter|numer|número es|numéro est|"
    r"number is|nummer ist)",
    re.IGNORECASE,
)
#: What stands before a number to call and before no other number.
_DIAL = regex(
    r"\b(?:tel|tél|phone|telefon|téléphone|teléfono|fon|mobile?|mobil|móvil|cell|celular|fax|"
    r"whats\s?app|sms|handy|portable|fijo)\w{0,8}[\s.:=#)-]{0,4}"
    r"(?:(?:nr|no|num|n[°º])[.:\s]{1,3})?\Z|"
    r"\b(?:tel|tél|phone|fon|call|ring|anruf|erreich|appel|joign|llam)[^\d\n]{0,40}?"
    r"(?::|\b(?:al|au|on|at|unter))\s\Z",
    re.IGNORECASE,
)
_COUNTED = regex(
    r"\b(?:po\b|order|invoice|articles?|item|serial|sku|ref|ticket|bestell|auftrag|rechnung|artikel|"
    r"serien|commande|facture|série|pedido|factura|artículo|serie)",
    re.IGNORECASE,
)
_SPACED = regex(r"[ \u00a0\u202f]")
_STROKE = regex(r"[ \u00a0\u202f]?/[ \u00a0\u202f]?|[ \u00a0\u202f][-–][ \u00a0\u202f]")
#: After a figure comes what it counts.
_NOUN_NEXT = regex(r"[ \u00a0\u202f][^\W\d_]{2}")
_APART = regex(r"[ \u00a0\u202f](?:[/-][ \u00a0\u202f]|\()")
_TRUNK = regex(r"\(0\)")
#: Right before a number of something ("Rechnung 0042/2026"), unless it can be dialled.
_COUNTS = regex(
    r"(?:\b(?:order|invoice|po|ref|lot|batch|auftrag|rechnung|bestellung|charge|commande|facture|"
    r"pedido|factura|lote)\w{0,10}|\b(?:no|nr|num)\.?|[#°º])[\s.:]*\Z",
    re.IGNORECASE,
)
_NOT_ZERO = tuple("123456789")
_DIGITS = regex(r"\d+")
_NOT_DIGIT = regex(r"\D")
_AFTER_DIGITS = regex(r"\D*\Z")


def phones_in(text, regions=REGIONS):
    """Yield (start, end, key) of every number to call; the key is the same however it is written.

    :param regions: countries (ISO 3166) whose national numbers are recognised
    """
    # As long as the text was, so that places stay true.
    regions = tuple(regions)
    plain = _DATES.sub(lambda one: "," * len(one[0]), text)
    for match in _PHONE.finditer(plain):
        end = match.end() - len(match["inner"] or "")
        for start, stop in _pieces(plain, match.start(), end, regions):
            found = plain[start:stop]
            key = _NOT_DIGIT.sub("", found)[-8:]
            if found.startswith("(") and ")" not in found:
                start += 1
            yield start, match.end() if stop == end else stop, key


def _pieces(text, start, end, regions):
    """The numbers to call among digits that no word parts: [(start, end)]."""
    if _is_phone(text, start, end, regions):
        stop = start + _end_of(text, start, end, regions)
        rest = [] if stop == end else _later(text, stop, end, regions)
        return [(start, stop), *rest]
    return _later(text, start, end, regions)


def _later(text, start, end, regions):
    """Those that begin where another number may: after a stroke, or with a 0 after a gap."""
    for one in _STROKE.finditer(text, start, end):
        sides = _digits(text[start : one.start()]), _digits(text[one.end() : end])
        if min(map(len, sides)) >= 7:
            return [
                *_pieces(text, start, one.start(), regions),
                *_pieces(text, one.end(), end, regions),
            ]
    if text[start : start + 1] == "+":
        stops = [one.start() for one in _SPACED.finditer(text, start, end)]
        few = [stop for stop in stops if 8 <= len(_digits(text[start:stop])) <= 15]
        valid = [stop for stop in few if _is_international(text[start:stop])]
        if few:
            stop = max(valid or few)
            return [(start, stop), *_later(text, stop, end, regions)]
    gaps = [one.end() for one in _SPACED.finditer(text, start, end)]
    for begin in [start, *gaps]:
        if text[begin : begin + 1] != "0" or text[begin + 1 : begin + 2] not in _NOT_ZERO:
            continue
        ends = [end, *(one.start() for one in reversed([*_SPACED.finditer(text, begin, end)]))]
        for stop in ends:
            if (begin, stop) == (start, end):
                continue  # it was refused as a whole
            if 9 <= len(_digits(text[begin:stop])) <= 13 and _is_valid(text[begin:stop], regions):
                return [(begin, stop), *_later(text, stop, end, regions)]
    return []


def _end_of(text, start, end, regions):
    """How long a number is that a figure may follow ("… 0018 / 25 units", "… 01 23 (14 h)")."""
    found = text[start:end]
    abroad = found.lstrip("(").startswith(("+", "00"))

    def is_whole(told):
        return _is_international(told) if abroad else _is_valid(told, regions)

    for one in _APART.finditer(found):
        if is_whole(found[: one.start()]):
            return one.start()
    counts = _NOUN_NEXT.match(text, end)
    ends = [one.start() for one in reversed([*_SPACED.finditer(found)])]
    if (
        counts and not abroad and not _is_usual(found, regions)
    ):  # "0171 3920012 48 chairs" might be one of twelve digits
        for cut in ends:
            if _is_usual(found[:cut], regions):
                return cut
    if is_whole(found) or not (abroad or counts):
        return len(found)
    return next((cut for cut in ends if is_whole(found[:cut])), len(found))


def _is_usual(told, regions):
    """Is a number grouped exactly as its country groups it?"""
    groups = _DIGITS.findall(told)
    for number in _numbers(_digits(told), regions):
        usual = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        if _DIGITS.findall(usual) == groups:
            return True
    return False


def _is_international(found):
    digits = _NOT_DIGIT.sub("", _TRUNK.sub("", found)).removeprefix("00")
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False


def _is_phone(text, start, end, regions):
    found = text[start:end]
    digits = _digits(found)
    if len(digits) > 17:
        return False
    bare = found.lstrip("(")
    if bare.startswith("+"):
        # "+12 500 000 €" is a change of an amount.
        money = _MONEY_AFTER.match(text, end) and _THOUSANDS.match(bare[1:])
        return not money or _is_international(found)
    if _is_dialled(text, start):
        return True
    if _YEARS.match(found) or (
        _COUNTS.search(text, max(0, start - 30), start) and not _is_valid(found, regions)
    ):
        return False
    if bare.startswith("00") and len(digits) >= 10:
        return bare[2:3] not in "0."
    if _MONEY_AFTER.match(text, end) or _MONEY_BEFORE.search(text, 0, start):
        return False
    if _NORTH_AMERICA.match(found):
        return True
    if _BRACKETS.match(found) and 8 <= len(digits) <= 12:
        return True
    separated = len(digits) < len(found)
    if bare.startswith("0"):
        if bare[1:2] == "." or not 8 <= len(digits) <= 13:
            return False
        if separated:
            return True
        return len(digits) <= 12 and (_is_valid(found, regions) or _is_called(text, start))
    if not 8 <= len(digits) <= 12 or not _is_valid(found, regions):
        return False
    if _THOUSANDS.match(found):
        return False
    return bool(separated and _GROUPED.match(found)) or _is_called(text, start)


def _digits(told):
    return _NOT_DIGIT.sub("", told)


def _is_valid(told, regions):
    return bool(_numbers(_digits(told), regions))


@lru_cache(maxsize=4096)
def _numbers(digits, regions):
    """What digits are in the countries where they are a number, a list."""
    found = []
    for region in regions if 7 <= len(digits) <= 13 else ():
        try:
            number = phonenumbers.parse(digits, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            found.append(number)
    return found


def _is_dialled(text, start):
    told = _DIAL.search(text, max(0, start - 60), start)
    return bool(told) and not _COUNTED.search(told[0])


def _is_called(text, start):
    before = _AFTER_DIGITS.search(text, max(0, start - 40), start)[0]
    return bool(_CALLED.search(before)) and not _COUNTED.search(before)
