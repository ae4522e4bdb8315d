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

from stdnum import luhn

from ..base.lazy import regex
from .phones import REGIONS, phones_in

#: By kind: how its placeholder is called.
LABELS = {"mail": "EMAIL", "phone": "PHONE", "iban": "IBAN", "card": "CARD", "name": "NAME"}

_LOCAL = regex(r"[\w.+%'-]{1,64}\Z")
_DOMAIN = regex(r"[^\W_](?:[\w-]{0,62}\.){1,8}[^\W\d_][\w-]{1,62}")
_SPELLED = regex(
    r"(?<![\w.+-])[\w.+-]{1,64} ?[\[(] ?(?:at|ät|arroba|arobase) ?[\])] ?[\w-]{1,62}"
    r"(?:(?:\.| ?[\[(] ?(?:dot|punkt|point|punto) ?[\])] ?)[\w-]{1,62}){1,6}",
    re.IGNORECASE,
)
#: The same without brackets.
_SAID_MAIL = regex(
    r"(?<![\w.+-])[\w.+-]{1,64} (?:at|ät|arroba|arobase) [\w-]{1,62}"
    r"(?: (?:dot|punkt|point|punto) [\w-]{1,62}){1,6}",
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
_GAP = r"[ \u00a0\u202f.\-\u2010-\u2013]"
#: At every place where one may begin: "am 20.07. an CH…" begins like one.
_IBAN = regex(
    rf"(?<![^\W_])(?=([A-Z]{{2}}{_GAP}?[0-9]{{2}}(?:{_GAP}?[A-Z0-9]){{11,30}}))", re.IGNORECASE
)
_IN_IBAN = regex(_GAP)
#: Said to be one, it is one though a digit is wrong.
_SAID = regex(r"\bIBAN[\s:.]{0,3}\Z", re.IGNORECASE)
#: Lengths by the first digits (ISO/IEC 7812): other long numbers are parcels', devices', firms'.
_ISSUED = regex(r"(?:3(?:0[0-5]|[689]\d)\d{11}|3[47]\d{13}|[2-6]\d{15}|[2-6]\d{18})\Z")
_CARD = regex(rf"(?<![\w.,+])[0-9](?:{_GAP}?[0-9]){{13,40}}(?!\w)")
_DIGITS = regex(r"\d+")
_NOT_DIGIT = regex(r"\D")


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
    phones = phones_in(text, regions)
    room.put(Found(start, end, "phone", key) for start, end, key in phones)
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
    for spelled in (_SPELLED, _SAID_MAIL):
        for match in spelled.finditer(text):
            yield Found(match.start(), match.end(), "mail", match[0].lower())


def _ibans(text):
    for match in _IBAN.finditer(text):
        found = match[1]
        for end in _cuts(found):
            compact = _IN_IBAN.sub("", found[:end]).upper()
            if len(compact) < 15:
                break
            said = _SAID.search(text, max(0, match.start() - 10), match.start())
            if _is_iban(compact, said):
                yield Found(match.start(), match.start() + end, "iban", compact)
                break


def _cuts(found):
    """Ends at which an IBAN may stop, the longest first: a word may follow it without a gap."""
    return [
        end for end in range(len(found), 14, -1) if end == len(found) or _IN_IBAN.match(found, end)
    ]


def _is_iban(compact, said=False):
    """ISO 13616: the length of its country, and a remainder of 1 by 97, which no typing error has.

    :param said: it is called so
    """
    compact = compact.upper()
    if _IBAN_LENGTHS.get(compact[:2]) != len(compact) or not compact.isascii():
        return False
    return (
        bool(said)
        or int("".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])) % 97 == 1
    )


def _cards(text):
    for match in _CARD.finditer(text):
        groups = [(one.start(), one.end()) for one in _DIGITS.finditer(text, *match.span())]
        first = 0
        while first < len(groups):
            last = _card_from(text, groups[first:])
            if last:
                start, end = groups[first][0], groups[first + last - 1][1]
                yield Found(start, end, "card", _NOT_DIGIT.sub("", text[start:end]))
            first += last or 1


def _card_from(text, groups):
    """How many groups of digits are a card's number from the first one on: what follows it may be
    the date on it."""
    digits, sizes, found = "", [], 0
    for count, (start, end) in enumerate(groups, 1):
        digits += text[start:end]
        sizes.append(end - start)
        if len(digits) > 19:
            break
        usual = sizes[:2] == [4, 6] or len(set(sizes[:-1])) < 2 or count == len(groups)
        if usual and _ISSUED.match(digits) and luhn.is_valid(digits):
            found = count
    return found
