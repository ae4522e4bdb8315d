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
_CARD = regex(r"(?<![\w.,])[2-6][0-9](?:[ -]?[0-9]){12,17}(?![\w])")
_PHONE = regex(r"(?<!\w)(?<!\w[-./#])[+(]{0,2}[0-9](?:[ \u00a0\u202f().\-/]{0,3}[0-9]){6,17}(?!\w)")
_DATE = regex(
    r"\(?(?:[0-3]?\d([./-])[01]?\d\1(?:\d{4}|\d\d)|\d{4}([./-])[01]?\d\2[0-3]?\d)(?: \d{1,2})?\Z"
)
_NORTH_AMERICA = regex(r"(?:1[-. ])?\(?[2-9]\d\d\)?[-. ]{1,2}[2-9]\d\d[-. ]\d{4}\Z")
_GROUPED = regex(r"\d{2,3}(?:[ \u00a0\u202f.\-]\d{2,4}){2,4}\Z")
_MONEY_AFTER = regex(
    r"[.,]\d|\s?(?:[€$£¥%]|EUR|USD|GBP|CHF|euros?|dollars?|kg\b|km\b|units?|Stück|pièces|unidades)",
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
_COUNTED = regex(
    r"\b(?:po\b|order|invoice|articles?|item|serial|sku|ref|ticket|bestell|auftrag|rechnung|artikel|"
    r"serien|commande|facture|série|pedido|factura|artículo|serie)",
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
        if len(digits) in (14, 15, 16, 19) and luhn.is_valid(digits):
            yield Found(match.start(), match.end(), "card", digits)


def _phones(text, regions):
    for match in _PHONE.finditer(text):
        found = match[0]
        if _is_phone(found, text, match, regions):
            start = match.start()
            if found.startswith("(") and ")" not in found:
                start += 1
            digits = _NOT_DIGIT.sub("", found)
            yield Found(start, match.end(), "phone", digits[-8:])


def _is_phone(found, text, match, regions):
    digits = _NOT_DIGIT.sub("", found)
    if _DATE.match(found) or len(digits) > 17:
        return False
    bare = found.lstrip("(")
    if bare.startswith("+"):
        return len(digits) >= 8
    if bare.startswith("00") and len(digits) >= 10:
        return bare[2:3] not in "0."
    if _MONEY_AFTER.match(text, match.end()) or _MONEY_BEFORE.search(text, 0, match.start()):
        return False
    if _NORTH_AMERICA.match(found):
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
    return bool(separated and _GROUPED.match(found)) or _is_called(text, match.start())


def _is_valid(digits, regions):
    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(digits, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _is_called(text, start):
    before = _AFTER_DIGITS.search(text, max(0, start - 40), start)[0]
    return bool(_CALLED.search(before)) and not _COUNTED.search(before)
