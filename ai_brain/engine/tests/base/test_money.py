"""Amounts: exact, unknown, and as a person reads them."""

import math
from decimal import Decimal

import pytest
from engine.base.money import UNPRICED, AmountError, PriceError, as_decimal, format_usd

D = Decimal


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0.00"),
        (D("0E-12"), "$0.00"),
        (-0.0, "$0.00"),
        (0.0004, "$0.0004"),
        ("0.0004000", "$0.0004"),
        (0.00000012, "$0.00000012"),
        (D("0.000000123"), "$0.00000012"),
        (D("0.00125"), "$0.0013"),
        (D("0.05"), "$0.05"),
        (D("0.5"), "$0.50"),
        (D("0.0996"), "$0.10"),
        (D("0.996"), "$1.00"),
        (D("0.994"), "$0.99"),
        (1, "$1.00"),
        (D("1.005"), "$1.01"),
        (12.3456, "$12.35"),
        (999.995, "$1,000.00"),
        (1234567.891, "$1,234,567.89"),
        (D("12345678901234567890.12"), "$12,345,678,901,234,567,890.12"),
        (-0.0004, "-$0.0004"),
        ("-1234.5", "-$1,234.50"),
        (None, "—"),
        (UNPRICED, "—"),
    ],
)
def test_format_usd(amount, text):
    assert format_usd(amount) == text


@pytest.mark.parametrize("wrong", [True, "", "five", math.nan, math.inf, D("NaN"), []], ids=repr)
def test_format_usd_refuses_what_is_no_amount(wrong):
    with pytest.raises(PriceError):
        format_usd(wrong)


@pytest.mark.parametrize(
    ("value", "exact"),
    [(0.1, D("0.1")), (1e-9, D("1E-9")), ("2.50", D("2.50")), (7, D(7)), (D("0.3"), D("0.3"))],
)
def test_amounts_are_exact_whatever_they_come_as(value, exact):
    assert as_decimal(value) == exact


@pytest.mark.parametrize("value", ["", "five", None, [], {}])
def test_what_is_no_number_is_named(value):
    with pytest.raises(AmountError, match="Not a number"):
        as_decimal(value)


def test_an_unknown_amount_reads_as_a_dash():
    assert format_usd(None) == format_usd(UNPRICED) == "—"
