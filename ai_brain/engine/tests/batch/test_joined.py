"""Like questions in one call: nothing is read that was not answered, and no cent is lost."""

import random
from decimal import Decimal

import pytest
from engine.batch import joined, shares
from engine.price.pricing import Price, Rates, Tier, cost
from engine.price.usage import TokenUsage

SIGN = "7f3a9c01"


def asked(*texts, system="Be brief."):
    before = [{"role": "system", "content": system}] if system else []
    return [[*before, {"role": "user", "content": text}] for text in texts]


def marked(*answers):
    return "\n".join(
        f"<answer-{n}-{SIGN}>{a}</answer-{n}-{SIGN}>" for n, a in enumerate(answers, 1)
    )


def test_the_system_prompt_is_sent_once_and_every_question_between_its_marks():
    system, user = joined.compose(asked("One?", "Two?", "Three?"), SIGN)
    assert system == {"role": "system", "content": "Be brief."}
    assert user["content"].count("Be brief.") == 0
    for n, text in enumerate(("One?", "Two?", "Three?"), 1):
        assert f"<question-{n}-{SIGN}>\n{text}\n</question-{n}-{SIGN}>" in user["content"]


def test_what_joining_adds_is_bounded():
    for n in range(2, joined.MOST + 1):
        requests = asked(*["x" * 7] * n, system="")
        added = len(joined.compose(requests, SIGN * 2)[0]["content"].encode()) - 7 * n
        assert added <= n * joined.EXTRA_BYTES


@pytest.mark.parametrize(
    "requests",
    [
        asked("One?"),
        asked(*"abcdef"),
        asked("One?") + asked("Two?", system="At length."),
        asked("One?", f"What is {SIGN}?"),
    ],
)
def test_what_cannot_be_joined_is_refused(requests):
    with pytest.raises(ValueError, match="not to be joined"):
        joined.compose(requests, SIGN)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "user", "content": "  "}],
        [{"role": "user", "content": "x" * 2001}],
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
        [{"role": "assistant", "content": "b"}, {"role": "user", "content": "a"}],
        [{"role": "user", "content": "a", "name": "b"}],
        [{"role": "system", "content": "x" * 20_001}, {"role": "user", "content": "a"}],
    ],
)
def test_only_one_short_question_in_plain_text_is_small(messages):
    assert not joined.is_small(messages)


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        (marked("A", "B", "C"), ["A", "B", "C"]),
        ("\n " + marked(" A ", "B\n\nC", "D") + "\n", ["A", "B\n\nC", "D"]),
        (marked("A", "", "C"), ["A", None, "C"]),
        (marked("A", "B"), ["A", "B", None]),
        ("Here you are:\n" + marked("A", "B", "C"), [None, None, None]),
        (marked("A", "B", "C").replace(f"</answer-2-{SIGN}>", ""), ["A", None, None]),
        (marked("A", "B", "C") + marked("A"), [None, "B", "C"]),
        (marked("A", f"B {SIGN}", "C"), ["A", None, "C"]),
        (marked("A", "B", "C").replace(SIGN, "0000"), [None, None, None]),
        ("", [None, None, None]),
        ("A\nB\nC", [None, None, None]),
        (marked("A", "B", "C")[:-20], ["A", "B", None]),
    ],
)
def test_an_answer_is_read_only_where_it_is_exactly_as_asked(text, answers):
    assert joined.read(text, 3, SIGN) == answers


def test_answers_in_another_order_are_not_taken_for_each_other():
    one, two = marked("A", "B").split("\n")
    assert joined.read(two + one, 2, SIGN) == [None, None]


def test_shares_of_10000_bills_add_up_to_the_last_digit():
    dice = random.Random(16)
    for _round in range(10_000):
        n = dice.randint(2, 5)
        usage = TokenUsage(
            input=dice.randint(0, 9000),
            output=dice.randint(0, 3000),
            cache_read=dice.randint(0, 500),
            reasoning=dice.randint(0, 50),
        )
        rates = Rates(
            input=Decimal(dice.randint(1, 10**6)).scaleb(-5),
            output=Decimal(dice.randint(1, 10**6)).scaleb(-4),
        )
        price = Price(rates, tiers=(Tier(5000, Rates(Decimal(7), Decimal(11))),))
        returned = Decimal(dice.randint(0, 10**9)).scaleb(-12) if dice.random() < 0.3 else None
        parts = shares.share_usage(
            usage,
            [dice.randint(0, 400) for _ in range(n)],
            [dice.randint(0, 400) for _ in range(n)],
        )
        for name in ("input", "output", "cache_read", "reasoning"):
            assert sum(getattr(part, name) for part in parts) == getattr(usage, name)
        amounts = shares.share_cost(usage, parts, price, returned_usd=returned)
        assert sum(amounts) == cost(usage, price, returned_usd=returned)
        assert min(amounts) >= 0


def test_parts_of_a_count_never_exceed_its_share():
    usage = TokenUsage(input=7, input_audio=7, cache_write=5, cache_write_1h=4, output=3)
    for part in shares.share_usage(usage, (1, 2, 4), (0, 0, 1)):
        assert part.input_audio == part.input
        assert part.cache_write_1h <= part.cache_write


def test_what_no_price_covers_stays_unknown_in_every_share():
    usage = TokenUsage(input=10, output=4, service="flex")
    parts = shares.share_usage(usage, (1, 1), (1, 1))
    assert {part.service for part in parts} == {"flex"}
    assert shares.share_cost(usage, parts, Price(Rates(Decimal(1), Decimal(2)))) is None
