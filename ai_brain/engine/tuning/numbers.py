"""Mails, phone numbers, IBANs and card numbers in a text, whatever its language.

What is found is masked before the text leaves, so doubt is decided for finding. What every order
has (amounts, dates, order and article numbers, quantities) stays, as an example without it would
teach nothing.

>>> text = "Order S00042, 1,234.50 USD, 14/03/2026: a.b@example.com, +44 20 7946 0123"
>>> [(found.kind, text[found.start : found.end]) for found in numbers_in(text)]
[('mail', 'a.b@example.com'), ('phone', '+44 20 7946 0123')]
"""

import re
from typing import NamedTuple

import phonenumbers
from stdnum import luhn

from ..base.lazy import regex

#: Where national numbers without a leading 0 are looked for, and bare ones checked.
REGIONS = ("DE", "AT", "CH", "FR", "BE", "ES", "GB", "US", "IT", "NL")
#: By kind: how its placeholder is called.
LABELS = {"mail": "EMAIL", "phone": "PHONE", "iban": "IBAN", "card": "CARD", "name": "NAME"}

_LOCAL = regex(r"[\w.+%'-]{1,64}\Z")
_DOMAIN = regex(r"[^\W_](?:[\w-]{0,62}\.){1,8}[^\W\d_][\w-]{1,62}")
_SPELLED = regex(
    r"(?<![\w.+-])[\w.+-]{1,64} ?[\[(] ?(?:at|ät|arroba|arobase) ?[\])] ?[\w-]{1,62}"
    r"(?:(?:\.| ?[\[(] ?(?:dot|punkt|point|punto) ?[\])] ?)[\w-]{1,62}){1,6}",
    re.IGNORECASE,
)
#: Lengths by country, of SWIFT's IBAN registry. Not python-stdnum's: Odoo 19 loads that package in
#: a way in which it does not find its own data.
_IBAN_LENGTHS = {
    code[:2]: int(code[2:])
    for code in (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 "
        "EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 "
        "IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 "
        "NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 "
        "TR26 UA29 VA22 VG24 XK20"
    ).split()
}
_IBAN = regex(r"(?<![^\W_])[A-Z]{2}[ -]?[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}", re.IGNORECASE)
#: Lengths by the first digits (ISO/IEC 7812): other long numbers are parcels', devices', firms'.
_ISSUED = regex(r"(?:3(?:0[0-5]|[689]\d)\d{11}|3[47]\d{13}|[2-6]\d{15}|[2-6]\d{18})\Z")
_CARD = regex(r"(?<![\w.,])[2-6][0-9](?:[ -]?[0-9]){12,17}(?![\w])")
_PHONE = regex(
    r"(?<!\w)(?<!\w[-./#])[+(]{0,2}[0-9](?:[ \u00a0\u202f().\-/]{0,3}[0-9]){6,17}"
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
    rf"(?:{_DAY_MONTH}|{_MONTH})[/ .](?:19|20)\d\d|"
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
_MONEY_BEFORE = regex(r"(?:[€$£¥]|\b(?:EUR|USD|GBP|CHF))\s?\Z")
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
_APART = regex(r"[ \u00a0\u202f](?:[/-][ \u00a0\u202f]|\()")
_TRUNK = regex(r"\(0\)")
#: Right before a number of something ("Rechnung 0042/2026"), unless it can be dialled.
_COUNTS = regex(
    r"(?:\b(?:order|invoice|po|ref|lot|batch|auftrag|rechnung|bestellung|charge|commande|facture|"
    r"pedido|factura|lote)\w{0,10}|\b(?:no|nr|num)\.?|[#°º])[\s.:]*\Z",
    re.IGNORECASE,
)
_NOT_DIGIT = regex(r"\D")
_AFTER_DIGITS = regex(r"\D*\Z")


class Found(NamedTuple):
    """Something personal in a text; what has one ``key`` is one thing, however it is written."""

    start: int
    end: int
    kind: str
    key: str


def numbers_in(text, regions=REGIONS):
    """Everything of these kinds, a list of :class:`Found` in the order of the text.

    :param regions: countries (ISO 3166) whose national numbers are recognised
    """
    room = Room(len(text))
    for find in (_mails, _ibans, _cards):
        room.put(find(text))
    room.put(_phones(text, regions))
    return room.found()


class Room:
    """Places in a text; what comes later gets none that is taken."""

    def __init__(self, length):
        self._taken, self._found = bytearray(length), []

    def put(self, found):
        """Take the places of those :class:`Found` whose place is free."""
        for one in found:
            if not any(self._taken[one.start : one.end]):
                self._taken[one.start : one.end] = b"\x01" * (one.end - one.start)
                self._found.append(one)

    def found(self):
        """All that got a place, in the order of the text."""
        return sorted(self._found)


def _mails(text):
    place = text.find("@")
    while place >= 0:
        local = _LOCAL.search(text, max(0, place - 64), place)
        domain = _DOMAIN.match(text, place + 1)
        if local and domain:
            yield Found(
                local.start(), domain.end(), "mail", text[local.start() : domain.end()].lower()
            )
        place = text.find("@", place + 1)
    for match in _SPELLED.finditer(text):
        yield Found(match.start(), match.end(), "mail", match[0].lower())


def _ibans(text):
    for match in _IBAN.finditer(text):
        found = match[0]
        for end in _cuts(found):
            compact = re.sub("[ -]", "", found[:end]).upper()
            if len(compact) < 15:
                break
            if _is_iban(compact):
                yield Found(match.start(), match.start() + end, "iban", compact)
                break


def _cuts(found):
    """Ends at which an IBAN may stop, the longest first: a word may follow it without a gap."""
    return [end for end in range(len(found), 14, -1) if end == len(found) or found[end] in " -"]


def _is_iban(compact):
    """ISO 13616: the length of its country, and a remainder of 1 by 97."""
    compact = compact.upper()
    if _IBAN_LENGTHS.get(compact[:2]) != len(compact) or not compact.isascii():
        return False
    return int("".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])) % 97 == 1


def _cards(text):
    for match in _CARD.finditer(text):
        digits = _NOT_DIGIT.sub("", match[0])
        if _ISSUED.match(digits) and luhn.is_valid(digits):
            yield Found(match.start(), match.end(), "card", digits)


def _phones(text, regions):
    # As long as the text was, so that places stay true.
    plain = _DATES.sub(lambda one: "," * len(one[0]), text)
    for match in _PHONE.finditer(plain):
        found = match[0].removesuffix(match["inner"] or "")
        if _is_phone(found, plain, match, regions):
            start = match.start()
            if found.startswith("(") and ")" not in found:
                start += 1
            end = match.start() + _end_of(found, regions)
            if end - match.start() == len(found):
                end = match.end()
            digits = _NOT_DIGIT.sub("", found[: end - match.start()])
            yield Found(start, end, "phone", digits[-8:])


def _end_of(found, regions):
    """Where a number ends that a figure may follow ("… 0018 / 25 units", "… 01 23 (14 h)")."""
    if found.lstrip("(").startswith(("+", "00")):
        spaced, is_whole = _SPACED, _is_international
    else:
        spaced, is_whole = None, lambda told: _is_valid(_NOT_DIGIT.sub("", told), regions)
    for one in _APART.finditer(found):
        if is_whole(found[: one.start()]):
            return one.start()
    if spaced is None or is_whole(found):
        return len(found)
    ends = [one.start() for one in spaced.finditer(found)]
    return next((end for end in reversed(ends) if is_whole(found[:end])), len(found))


def _is_international(found):
    digits = _NOT_DIGIT.sub("", _TRUNK.sub("", found)).removeprefix("00")
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False


def _is_phone(found, text, match, regions):
    digits = _NOT_DIGIT.sub("", found)
    if len(digits) > 17:
        return False
    bare = found.lstrip("(")
    if bare.startswith("+"):
        # "+12 500 000 €" is a change of an amount.
        money = _MONEY_AFTER.match(text, match.end()) and _THOUSANDS.match(bare[1:])
        return not money or _is_international(found)
    if _is_dialled(text, match.start()):
        return True
    if _YEARS.match(found) or (
        _COUNTS.search(text, max(0, match.start() - 30), match.start())
        and not _is_valid(digits, regions)
    ):
        return False
    if bare.startswith("00") and len(digits) >= 10:
        return bare[2:3] not in "0."
    if _MONEY_AFTER.match(text, match.end()) or _MONEY_BEFORE.search(text, 0, match.start()):
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
        return len(digits) <= 12 and (_is_valid(digits, regions) or _is_called(text, match.start()))
    if not 8 <= len(digits) <= 12 or not _is_valid(digits, regions):
        return False
    if _THOUSANDS.match(found):
        return False
    return bool(separated and _GROUPED.match(found)) or _is_called(text, match.start())


def _is_valid(digits, regions):
    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(digits, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _is_dialled(text, start):
    told = _DIAL.search(text, max(0, start - 60), start)
    return bool(told) and not _COUNTED.search(told[0])


def _is_called(text, start):
    before = _AFTER_DIGITS.search(text, max(0, start - 40), start)[0]
    return bool(_CALLED.search(before)) and not _COUNTED.search(before)
