"""Facts of a conversation survive its summary, whatever the summary says.

``data/thread_facts.tsv``: language, kind, a sentence that states a fact, and the part of it that
must be in what is sent, as it is written.
"""

import random
import re
from pathlib import Path

import pytest
from engine.prompt import threads

FACTS = [
    line.split("\t")
    for line in (Path(__file__).parents[1] / "data" / "thread_facts.tsv")
    .read_text(encoding="utf-8")
    .splitlines()
]
FILLER = {
    "en": "The weather was mild and the meeting went quietly, as it usually does in spring.",
    "de": "das wetter war mild, und die sitzung verlief ruhig, wie meistens im frühling.",
    "fr": "Il faisait doux et la réunion s'est bien passée, comme souvent au printemps.",
    "es": "Hacía buen tiempo y la reunión fue tranquila, como casi siempre en primavera.",
}


def block_of(language, rng):
    """Return twenty messages of small talk in which the facts of a language are planted."""
    block = [
        {"role": role, "content": f"{FILLER[language]} " * 4}
        for _turn in range(10)
        for role in ("user", "assistant")
    ]
    facts = [fact for fact in FACTS if fact[0] == language]
    for fact in facts:
        message = rng.choice(block)
        message["content"] += f"{fact[2]} {FILLER[language]} "
    return block, facts


def poor_summary(block, rng):
    """Half of the sentences, a third of those altered."""
    said = []
    for _role, text in threads.said(block):
        for sentence in re.split(r"(?<=[.!?])\s+", text):
            if rng.random() < 0.5:
                continue
            if rng.random() < 0.33:
                sentence = re.sub(r"\d", lambda m: str((int(m[0]) + 3) % 10), sentence, count=1)
                sentence = re.sub(r"\b(?:not|nicht|no|ne|pas) ", "", sentence)
            said.append(sentence)
    return " ".join(said)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
@pytest.mark.parametrize("seed", range(5))
def test_every_fact_is_in_what_is_sent_and_none_is_altered(language, seed):
    rng = random.Random(f"{language} {seed}")
    block, facts = block_of(language, rng)
    whole = "\n".join(text for _role, text in threads.said(block))
    said, _names = threads.checked(poor_summary(block, rng), block)
    for _language, kind, sentence, fact in facts:
        assert fact in said, (kind, sentence)
    for line in said.splitlines():
        for sentence in re.split(r"(?<=[.!?])\s+", line.split(": ", 1)[-1]):
            if any(digit.isdigit() for digit in sentence):
                assert sentence.strip(" …") in whole, sentence


@pytest.mark.parametrize(
    ("said", "summary"),
    [
        ("The total is 12,345.67 EUR.", "The total is 12,345.72 EUR."),
        ("The lot number is 1,234,567.", "The lot number is 1,234,568."),
        ("Anna pays Bert 400 EUR.", "Bert pays Anna 400 EUR."),
        ("It went from 900 to 1100 units.", "It went from 1100 to 900 units."),
        ("Nordfracht delivers at 8.", "Nordfracht never delivers at 8."),
    ],
)
def test_what_is_turned_round_is_struck_out_and_the_original_sent(said, summary):
    block = [{"role": "user", "content": f"{FILLER['en']} " * 20 + said}]
    told, _names = threads.checked(f"{summary} They talked.", block)
    assert said in told
    assert summary not in told


def test_it_is_much_shorter():
    rng = random.Random(1)
    block, _facts = block_of("en", rng)
    said, _names = threads.checked("They spoke of the weather.", block)
    assert len(said) < 0.45 * sum(len(text) for _role, text in threads.said(block))


def talk(turns):
    return [
        {"role": role, "content": f"{role} {n}"}
        for n in range(turns)
        for role in ("user", "assistant")
    ][:-1]


def test_what_is_cut_off_stays_the_same_for_ten_turns():
    cuts = [threads.cut(talk(turns)) for turns in range(21, 31)]
    assert len({len(found.blocks) for found in cuts}) == 1
    assert len(threads.cut(talk(31)).blocks) == len(cuts[0].blocks) + 1
    for found in cuts:
        assert len(found.recent) >= 20
        assert found.recent[0]["role"] == "user"


def test_a_digest_is_of_the_block_and_all_before_it():
    plan = threads.cut(talk(35))
    first = threads.digest(plan.blocks)
    other = [[{"role": "user", "content": "else"}], *plan.blocks[1:]]
    assert len(set(first)) == len(first) == 2
    assert not set(first) & set(threads.digest(other))


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "system", "content": "x"}],
        [{"role": "assistant", "content": "x"}] * 100,
        [{"role": "tool", "content": "x", "tool_call_id": "1"}, *talk(40)],
    ],
)
def test_what_is_no_thread_is_left_alone(messages):
    assert threads.cut(messages) is None


@pytest.mark.parametrize(
    "text", ["A" * 200_000, "1. " * 50_000, "A b\n" * 40_000, "\x00\ud800" * 9]
)
def test_hostile_text_ends(text):
    threads.checked(text[:5_000], [{"role": "user", "content": text}])
