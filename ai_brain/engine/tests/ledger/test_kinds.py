"""Kinds of answer are said once, and each is one thing or the other."""

import pytest
from engine.ledger.kinds import KEPT, KINDS, REUSED, VENDOR, sql_list


def test_an_answer_was_paid_to_a_vendor_or_reused():
    assert not set(VENDOR) & set(REUSED)
    assert {*VENDOR, *REUSED} == set(KINDS)


def test_what_was_kept_is_reused():
    assert set(KEPT) <= set(REUSED)


def test_lists_for_sql_hold_kinds_and_nothing_else():
    assert sql_list(VENDOR) == "('api', 'batch')"
    for codes in ((), ("api', 'x",), ("other",)):
        with pytest.raises(ValueError, match="no kinds"):
            sql_list(codes)
