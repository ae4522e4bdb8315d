"""Kinds of answer are said once, and each is one thing or another."""

import pytest
from engine.ledger.kinds import KINDS, PAID, REUSED, VENDOR, sql_list


def test_an_answer_was_paid_to_a_vendor_or_reused_or_is_none():
    assert not set(VENDOR) & set(REUSED)
    none = {code for code, kind in KINDS.items() if not kind.lasting}
    assert not none & {*VENDOR, *REUSED}
    assert {*VENDOR, *REUSED, *none} == set(KINDS)


def test_training_is_paid_to_a_vendor_and_answers_nothing():
    assert set(PAID) - set(VENDOR) == {"tuning"}


def test_lists_for_sql_hold_kinds_and_nothing_else():
    assert sql_list(VENDOR) == "('api', 'batch', 'summary', 'trial')"
    for codes in ((), ("api', 'x",), ("other",)):
        with pytest.raises(ValueError, match="no kinds"):
            sql_list(codes)
