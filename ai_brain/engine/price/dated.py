"""Which of several prices holds at a moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timezone
from typing import NamedTuple

from .rates import Price


class DatedPrice(NamedTuple):
    """A price and the time it holds: from ``valid_from`` on, until before ``valid_to``.

    Both are UTC, naive or aware; None leaves that side open.
    """

    price: Price
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def at(self, when):
        """This, with the rates that the hour of ``when`` (UTC) has: :meth:`Price.at`."""
        return self._replace(price=self.price.at(when)) if self.price.hours else self


def price_at(prices: Iterable, when: datetime | date):
    """The entry of ``prices`` that holds at ``when`` (UTC; a date is its midnight), or None.

    Entries need ``valid_from`` and may have ``valid_to`` (see DatedPrice), datetimes or dates;
    periods are half-open, so a change at midnight holds from 00:00:00 on. Where several hold,
    the one that began last wins. This is the one place that says which price holds.

    >>> from decimal import Decimal
    >>> from engine.price.rates import Rates
    >>> may = DatedPrice(Price(Rates(input=Decimal(3))), datetime(2026, 5, 1))
    >>> june = DatedPrice(Price(Rates(input=Decimal(2))), datetime(2026, 6, 1))
    >>> price_at([june, may], datetime(2026, 5, 31, 23, 59, 59, 999999)) is may
    True
    >>> price_at([june, may], datetime(2026, 6, 1)) is june
    True
    """
    when = utc(when)
    best, best_start = None, None
    for entry in prices:
        start = utc(entry.valid_from) if entry.valid_from else datetime.min
        end = getattr(entry, "valid_to", None)
        holds = start <= when and not (end and when >= utc(end))
        if holds and (best is None or start > best_start):
            best, best_start = entry, start
    return best


def utc(moment):
    """Naive UTC, as Odoo keeps it, of a naive or aware datetime; a date's midnight."""
    if isinstance(moment, date) and not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day)
    if not isinstance(moment, datetime):
        raise TypeError(f"expected a datetime, got {moment!r}")
    if moment.tzinfo is not None:
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return moment
