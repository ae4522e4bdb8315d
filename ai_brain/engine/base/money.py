"""Amounts of money: exact, or unknown, and how a person reads them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import NamedTuple


class AmountError(ValueError):
    """A value that is no number."""


class PriceError(ValueError):
    """A price that cannot be computed with: negative, not finite, not a Decimal, tiers twice."""


class _Unpriced:
    """The cost of a call whose price is unknown. One instance, :data:`UNPRICED`."""

    __slots__ = ()

    def __new__(cls):
        return UNPRICED

    def __repr__(self):
        return "UNPRICED"

    def __reduce__(self):
        return "UNPRICED"

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return id(self)

    def _refuse(self, *_args):
        raise TypeError("the price is not known: test `amount is UNPRICED` before using it")

    __bool__ = __int__ = __float__ = __abs__ = __neg__ = __round__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _refuse
    __mod__ = __rmod__ = __pow__ = __rpow__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = _refuse


UNPRICED = object.__new__(_Unpriced)


def as_decimal(value):
    """Return an exact Decimal; a float goes through its shortest text.

    >>> as_decimal(0.1)
    Decimal('0.1')

    :raise AmountError: no number
    """
    if isinstance(value, Decimal):
        return value
    try:
        return Decimal(repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation:
        raise AmountError(f"Not a number: {value!r}") from None


class Manner(NamedTuple):
    """How amounts are written: the separators, and what stands before and after the digits."""

    decimal: str = "."
    thousands: str = ","
    before: str = "$"
    after: str = ""
    decimals: int = 2


ENGLISH_USD = Manner()


def format_usd(amount, manner=ENGLISH_USD):
    """``amount`` in USD for a person: the one formatter for money of this size.

    From one dollar on, two decimals; below, enough decimals for two significant digits and
    never fewer than two. Rounds half up. An unknown amount (None, UNPRICED) is a dash.
    Takes Decimal, int, float (its shortest digits) or str; raises PriceError for anything else.
    Another ``manner`` writes it as another language does, or another currency's.

    >>> [format_usd(x) for x in (0, "0.0004", 0.00000012, Decimal("1234567.891"), -0.5, None)]
    ['$0.00', '$0.0004', '$0.00000012', '$1,234,567.89', '-$0.50', '—']
    >>> format_usd(1234.5, Manner(",", ".", "", " €"))
    '1.234,50 €'
    """
    if amount is None or amount is UNPRICED:
        return "—"
    value = _readable(amount)
    size = abs(value)
    decimals = manner.decimals
    if 0 < size < 1:
        decimals = max(decimals, 1 - size.adjusted())
    with_digits = _EXACT_DISPLAY.quantize(size, Decimal(1).scaleb(-decimals))
    whole, _, fraction = f"{with_digits:,f}".partition(".")
    fraction = fraction.rstrip("0").ljust(manner.decimals, "0")
    sign = "-" if value < 0 and with_digits else ""
    digits = whole.replace(",", manner.thousands) + (manner.decimal + fraction if fraction else "")
    return f"{sign}{manner.before}{digits}{manner.after}"


def exact_usd(amount, manner=ENGLISH_USD):
    """``amount`` in USD with every digit that it has, and two decimals at least.

    For sums that a person adds up again; :func:`format_usd` is for reading. Another ``manner``
    writes it as there.

    >>> [exact_usd(x) for x in (0, Decimal("0.00244850"), "1234.5", "-0.1", None)]
    ['$0.00', '$0.0024485', '$1,234.50', '-$0.10', '—']
    """
    if amount is None or amount is UNPRICED:
        return "—"
    value = _readable(amount)
    whole, _, fraction = f"{abs(value):,f}".partition(".")
    digits = whole.replace(",", manner.thousands)
    fraction = fraction.rstrip("0").ljust(manner.decimals, "0")
    digits += manner.decimal + fraction if fraction else ""
    return f"{'-' if value < 0 else ''}{manner.before}{digits}{manner.after}"


_EXACT_DISPLAY = Context(prec=400, rounding=ROUND_HALF_UP, traps=[InvalidOperation])


def _readable(amount):
    if isinstance(amount, bool) or not isinstance(amount, (Decimal, int, float, str)):
        raise PriceError(f"expected an amount in USD, got {amount!r:.80}")
    try:
        value = Decimal(repr(amount)) if isinstance(amount, float) else Decimal(amount)
    except InvalidOperation as error:
        raise PriceError(f"expected an amount in USD, got {amount!r:.80}") from error
    if not value.is_finite():
        raise PriceError(f"expected a finite amount in USD, got {amount!r:.80}")
    return value
