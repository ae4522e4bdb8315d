"""Types of messages: what is told, what is left alone, and what administrators may write."""

import json
import time
from pathlib import Path

import pytest
from engine import choice
from engine.choice import message_types as mt
from engine.choice.message_cues import CueIndex, parse
from engine.choice.message_types import (
    MessageType,
    classify,
    evidence,
    name_type,
    prepare,
    shipped_types,
)
from engine.choice.message_words import read

DATA = Path(__file__).with_name("data")
SHIPPED = Path(mt.__file__).with_name("data") / "message_types.json"
LANGUAGES = ["en", "de", "fr", "es"]


def labelled(name):
    """[(set, language, type or None, text)]"""
    found = []
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            kind, language, label, text = line.split("\t")
            found.append((kind, language, None if label == "-" else label, text))
    return found


def code(messages, types):
    kind = classify(messages, types)[0]
    return kind and kind.code


def told(text, name="coaching"):
    return code(text.replace("\\n", "\n"), shipped_types(name))


# ------------------------------------------------------------------ how many are told


def test_the_test_set_is_what_it_should_be():
    rows = labelled("message_types_test.tsv")
    assert len(rows) == len({row[3] for row in rows}) == 400
    for language in LANGUAGES:
        mine = [row for row in rows if row[1] == language]
        assert (len(mine), sum(row[2] is None for row in mine)) == (100, 25)


@pytest.mark.parametrize("name", ["coaching", "business"])
def test_messages_that_the_classifier_was_not_made_with_are_told(name):
    rows = [row for row in labelled("message_types_test.tsv") if row[0] == name]
    typed = [told(text, name) == label for _s, _l, label, text in rows if label]
    assert sum(typed) / len(typed) >= 0.85


def test_messages_of_no_type_are_left_alone():
    rows = [row for row in labelled("message_types_test.tsv") if not row[2]]
    assert sum(told(text, name) is not None for name, _l, _n, text in rows) <= 0.05 * len(rows)


def test_only_the_likeliest_types_are_asked_for_cues_and_examples():
    """It takes the longest, and changes next to nothing: by all of them as many are told."""
    both = prepare([*shipped_types("coaching"), *shipped_types("business")])
    rows = [row for row in labelled("message_types_test.tsv") if row[2]]
    right, by_all, compared = 0, 0, 0
    for _name, _language, label, text in rows:
        text = text.replace("\\n", "\n")
        told = both.model.told(read(text))
        told.scores(both.weights)
        compared += sum(map(bool, told.parts["near"]))
        scores = {
            number: sum(both.weights[part][number] * value for part, value in parts.items())
            for number, parts in evidence(text, both).items()
        }
        chances = mt.share_out(scores, both, mt.NONE)
        by_all += both[max(chances, key=chances.get)].code == label
        right += code(text, both) == label
    assert right >= 0.9 * len(rows)
    assert right >= by_all - 0.05 * len(rows)
    assert 0 < compared < 2 * len(rows) < len(both) * len(rows)


@pytest.mark.parametrize("quoted", [False, True])
def test_a_long_example_has_room_beside_others(quoted):
    """What examples have in common with a message is added up in a few bits each."""
    words = [f"{one}{two}{three}" for one in "bdfgklmn" for two in "aeiou" for three in "rstvxz"]
    long = " ".join(words[:230])
    text = f'Hello Ann,\n"{long}"\nplease see:\n{long}' if quoted else long
    others = [" ".join(words[n : n + 40]) for n in range(0, 200, 10)]
    types = prepare([MessageType("a", {"en": [*others, text, *others]}), MessageType("b", {})])
    near = evidence(text, types)[0]["near"]
    assert classify(text, types)[0].code == "a"
    # to the whole text the nearest one, and those beside it are not touched by it
    assert near > max(evidence(one, types)[0]["near"] for one in ("bar", words[0], "hello"))
    assert evidence(others[3], types)[0]["near"] > 0.9 * evidence(others[4], types)[0]["near"]


def test_what_is_none_of_one_set_speaks_hardly_against_the_types_of_another():
    both = prepare([*shipped_types("coaching"), *shipped_types("business")])
    rows = [row for row in labelled("message_types_test.tsv") if row[2]]
    of_both = sum(code(text, both) == label for _s, _l, label, text in rows)
    of_one = sum(told(text, name) == label for name, _l, label, text in rows)
    assert of_both >= of_one - 0.02 * len(rows)
    # of either set, but each other's: a mail is no coaching, an aim of one's own no mail
    assert code("Please translate the attached letter into French.", both) == "translation"
    assert code("I keep promising to stop and I never do. Why?", both) == "pattern_analysis"
    assert code("My hard disk is full.", both) is None


def test_the_share_of_each_type_is_weighed_against_its_own_sets_rest():
    mail, chat = MessageType("order", set="mail"), MessageType("mood", set="chat")
    rest = MessageType("other", set="chat", none=True)
    alone = mt.share_out({0: 1.0, 1: 1.0}, [mail, chat], 0.0)
    shared = mt.share_out({0: 1.0, 1: 1.0, 2: 3.0}, [mail, chat, rest], 0.0)
    assert shared.keys() == {0, 1}
    assert shared[1] < 0.5 * shared[0] < shared[0] < alone[0]


def test_name_type_says_what_classify_does():
    for _name, _language, _label, text in labelled("message_types_test.tsv")[::20]:
        kind, certainty = classify(text, shipped_types("business"))
        assert name_type(text, shipped_types("business")) == (kind and (kind, certainty))


@pytest.mark.parametrize("text", ["Hi there!", "Guten Morgen", "Bonjour à tous", "Hola"])
def test_a_type_of_both_sets_is_told_where_an_agent_has_both(text):
    both = prepare([*shipped_types("coaching"), *shipped_types("business")])
    assert classify(text, both)[0].code == name_type(text, both)[0].code == "greeting"


@pytest.mark.parametrize(
    ("name", "owed"),
    [
        ("stranger", 0.85),
        ("stranger2", 0.85),
        ("stranger3", 0.85),
        ("stranger4", 0.6),
        ("stranger5", 0.85),
        ("stranger6", 0.85),
        ("stranger7", 0.85),
        ("stranger8", 0.8),
        ("stranger9", 0.8),
        ("stranger10", 0.85),
        ("stranger11", 0.85),
        ("stranger14", 0.85),
    ],
)
def test_messages_of_a_stranger_are_told_or_called_nothing(name, owed):
    """What each came to when it was first read stands in the files: .868, .767, .758, .447,
    .882, .952, .842, .833, .841, .672, .659, .878."""
    rows = labelled(f"message_types_{name}.tsv")
    found = [(label, told(text, of)) for of, _language, label, text in rows]
    typed = [label == code for label, code in found if label]
    assert sum(typed) / len(typed) >= owed
    typeless = [code for label, code in found if not label]
    assert sum(code is not None for code in typeless) <= 0.05 * len(typeless)
    assert sum(bool(label and code and code != label) for label, code in found) <= 0.02 * len(rows)


@pytest.mark.parametrize(
    ("name", "each", "typeless"),
    [
        ("stranger7", 50, 12),
        ("stranger8", 20, 5),
        ("stranger9", 15, 4),
        ("stranger10", 60, 15),
        ("stranger11", 30, 8),
        ("stranger12", 34, 8),
        ("stranger14", 100, 24),
    ],
)
def test_a_stranger_wrote_as_much_in_each_language(name, each, typeless):
    rows = labelled(f"message_types_{name}.tsv")
    assert len(rows) == len({row[3] for row in rows}) == 4 * each
    for language in LANGUAGES:
        mine = [row for row in rows if row[1] == language]
        assert (len(mine), sum(row[2] is None for row in mine)) == (each, typeless)


def test_of_the_latest_strangers_messages_few_are_given_a_type_that_they_have_not():
    """976 with a type, a quarter of them written to be hard, and 320 without, half near misses.
    What all but the last 400 came to was known when SURE was chosen."""
    names = [f"message_types_stranger{number}.tsv" for number in range(10, 15)]
    rows = [row for name in names for row in labelled(name)]
    found = [(label, told(text, of)) for of, _language, label, text in rows]
    typed = [label == code for label, code in found if label]
    typeless = [code is not None for label, code in found if not label]
    wrong = sum(bool(label and code and label != code) for label, code in found)
    assert (len(typed), len(typeless)) == (976, 320)
    assert wrong <= 8
    assert sum(typed) >= 0.9 * len(typed)
    assert sum(typeless) <= 0.04 * len(typeless)


def test_the_certainty_is_the_share_that_is_right():
    # of messages by strangers, on which no weight was fitted
    names = [f"stranger{number}" for number in range(7, 12)]
    rows = [row for name in names for row in labelled(f"message_types_{name}.tsv")]
    named = []
    for name, _language, label, text in rows:
        kind, certainty = classify(text.replace("\\n", "\n"), shipped_types(name))
        if kind:
            assert certainty >= mt.SURE
            named.append((kind.code == label, certainty))
    for low, high in ((mt.SURE, 0.95), (0.95, 1.01)):
        inside = [n for n in named if low <= n[1] < high]
        right, mean = (sum(n[at] for n in inside) / len(inside) for at in (0, 1))
        assert len(inside) > 40
        assert abs(right - mean) < 0.1


@pytest.mark.parametrize(
    "text",
    [
        "hard disk",
        "My hard disk is full",
        "can't log in",
        "I can't log in anymore",
        "is it done?",
        "Festplatte voll",
        "kann mich nicht anmelden",
        "ist es erledigt?",
        "mon disque dur est plein",
        "c'est fait ?",
        "no puedo entrar en mi cuenta",
        "¿está hecho?",
        "se me rompió el disco duro",
        "no logro entrar",
        "je n'arrive plus à me connecter",
        "impossible d'ouvrir l'appli",
    ],
)
def test_the_everyday_is_no_coaching(text):
    assert told(text) is None


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("Hello", "business", "greeting"),
        ("Hello, please translate this letter into Dutch", "business", "translation"),
        ("Guten Morgen, wie ist der Stand unserer Anfrage?", "business", "status_question"),
        ("Bonjour coach, je veux perdre trois kilos avant l'été", "coaching", "goal_setting"),
        ("hola, no hice lo que prometí, sin excusas", "coaching", "accountability"),
        ("Summarise this.\n\nBest regards,\nAnna", "business", "summary"),
        ("Could you send it by Monday? Thanks in advance", "business", None),
    ],
)
def test_a_greeting_with_a_request_is_the_request(text, name, expected):
    assert told(text, name) == expected


def test_what_is_quoted_is_material():
    assert told('Please translate into German: "Thank you very much!"', "business") == "translation"
    pasted = "Summarise the mail below:\n\nDear team, how do I reset my password? Many thanks, Jo"
    assert told(pasted, "business") == "summary"


def test_slips_of_the_pen_are_forgiven():
    assert told("plese transalte this into frnech", "business") == "translation"
    assert told("HIIIII coach") == "greeting"


def test_of_a_conversation_the_last_message_of_the_user_counts():
    turns = [
        {"role": "system", "content": "Summarise everything."},
        {"role": "user", "content": "Thank you!"},
        {"role": "assistant", "content": "You are welcome."},
        {"role": "user", "content": [{"type": "text", "text": "Translate it into Polish"}]},
    ]
    assert code(turns, shipped_types("business")) == "translation"
    assert code(turns[:3], shipped_types("business")) == "thanks"


# ------------------------------------------------------------------ learned from the records


def test_an_administrators_types_are_told_in_any_language():
    types = [
        MessageType("urlop", {"pl": ["Chciałbym wziąć urlop", "Proszę o urlop w maju"]}, {}),
        MessageType("faktura", {"pl": ["Gdzie jest moja faktura?"]}, {"pl": "faktur*\nrachunek"}),
    ]
    assert code("proszę o urlop w czerwcu", types) == "urlop"
    assert code("brakuje mi faktury za maj", types) == "faktura"
    assert code("Jaka jest dziś pogoda?", types) is None


def test_a_changed_record_changes_the_answer():
    before = [MessageType("visit", {"": ["May we visit your plant?"]}, {})]
    after = [before[0]._replace(cues={"en": "guided tour"})]
    text = "Do you offer a guided tour?"
    assert code(text, before) is None
    assert code(text, after) == "visit"


def test_types_of_equal_content_are_learned_once():
    def types():
        return [MessageType("once", {"en": ["An example that stands for itself"]}, {})]

    prepare(types())
    learned = mt._model.cache_info().misses
    assert prepare(types()).model is prepare(types()).model
    assert mt._model.cache_info().misses == learned


def test_ties_are_nobodys():
    one = MessageType("one", {"en": ["Please water the plants"]}, {"en": ["water"]})
    assert code("water the plants", [one]) == "one"
    assert code("water the plants", [one, one._replace(code="two")]) is None


def test_a_type_that_stands_for_none_is_never_the_answer():
    order = MessageType("order", {"en": ["I want to order pens"]}, {"en": "order"})
    rest = MessageType("rest", {"en": ["My order is wrong"]}, {"en": "order … wrong"}, none=True)
    assert code("I want to order ink", [order, rest]) == "order"
    assert classify("my last order was wrong", [order, rest])[0] is None


# ------------------------------------------------------------------ what may be written


@pytest.mark.parametrize(
    ("cue", "text", "holds"),
    [
        ("invoice", "the invoices are here", True),
        ("invoice", "an involved story", False),
        ("translat*", "Translators wanted", True),
        ("Résumé", "un resume svp", True),
        ("good morning", "good morning all", True),
        ("good morning", "good old morning", False),
        ("list/show … dates", "show me all the dates", True),
        ("list/show ... dates", "dates to show", False),
        ("list … dates", "List them. What are dates?", False),
        ("^ how to", "how to print", True),
        ("^ how to", "show me how to print", False),
        ("slept # hours", "slept 7.5 hours", True),
        ("# %", "by 10 %", True),
        ("ready ?", "is it ready?", True),
        ("don't", "I dont know", True),
        ("don’t", "I don't know", True),
        ("j'ai", "j’ai fini", True),
    ],
)
def test_cues(cue, text, holds):
    index = CueIndex({"x": {"": [cue]}})
    assert bool(index.match(read(text))) is holds


@pytest.mark.parametrize(
    "line", ["", " ", "…", "~", "- ", "^", "/ /", "a b c d e f g h i", "*", "^ …"]
)
def test_a_line_without_a_cue_is_passed_over(line):
    assert parse("x", "en", line) is None
    assert code("hello", [MessageType("x", {}, {"en": [line]})]) is None


def test_what_speaks_against_a_type_is_heard():
    kind = MessageType("print", {"en": ["Print this page please"]}, {"en": "print\n- print shop"})
    assert code("print this page", [kind]) == "print"
    assert code("where is the print shop", [kind]) is None


@pytest.mark.parametrize(
    "messages", [None, 7, {}, [], [None], [{"role": "user"}], "", " ", "?!", "12"]
)
def test_odd_messages_are_of_no_type(messages):
    assert classify(messages, shipped_types("business"))[0] is None


@pytest.mark.parametrize(
    "kind",
    [
        MessageType("a", None, None),
        MessageType("a", {"en": None, None: ["x"]}, {"en": [None, 7, ""]}),
        MessageType("a", ["plain list"], "plain text"),
        MessageType(
            "a", {"en": "\x00\ud800"}, {"en": "((((*)*)*\n" + "a/" * 5000 + "\n" + "… " * 900}
        ),
    ],
)
def test_odd_records_are_borne(kind):
    assert classify("hello there \ud800", [kind])[1] <= 1.0
    assert classify("hello", None) == (None, 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "how to " * 200_000,
        "a" * 2_000_000,
        '"' * 500_000,
        ":\n" * 300_000,
        "?!" * 300_000,
        "é’s " * 300_000,
    ],
    ids=["words", "one word", "quotes", "lines", "marks", "apostrophes"],
)
def test_a_long_message_costs_no_more_than_its_ends(text):
    types = shipped_types("business")
    classify("warm", types)
    started = time.process_time()
    classify(text, types)
    assert time.process_time() - started < 0.5


# ------------------------------------------------------------------ what is shipped


def test_the_shipped_types_are_complete():
    data = json.loads(SHIPPED.read_text(encoding="utf-8"))
    assert [(s["code"], s["first_strong_messages"]) for s in data["sets"]] == [
        ("coaching", 3),
        ("business", 0),
    ]
    codes = {
        s: [t["code"] for t in data["types"] if t["set"] == s] for s in ("coaching", "business")
    }
    assert codes == {
        "coaching": "greeting check_in celebration goal_setting accountability pattern_analysis "
        "deep_coaching other".split(),
        "business": "greeting thanks status_question how_to summary translation extraction "
        "analysis negotiation strategy other".split(),
    }
    for item in data["types"]:
        assert set(item["name"]) == set(item["examples"]) == set(item["cues"]) == set(LANGUAGES)
        for language in LANGUAGES:
            assert len(item["examples"][language]) >= 12
            assert len(set(item["cues"][language])) == len(item["cues"][language]) >= 10
            for line in item["cues"][language]:
                assert parse("x", language, line).line == line
        if item.get("none"):
            continue
        assert item["complexity"] in ("simple", "moderate", "complex")
        assert item["quality"] in ("low", "medium", "high")
        assert item["provider"] == ("strong" if item["complexity"] == "complex" else "efficient")
        assert item["tools"] in ("none", "given")
        assert 100 <= item["max_tokens"] <= 2000
        assert 0 <= item["temperature"] <= 1
        assert (item["context"] == "last") == (item["context_turns"] > 0)
        assert item["context"] in ("none", "last", "all")


def test_no_message_of_the_test_set_is_a_shipped_example():
    tested = {" ".join(t.word for t in read(row[3])) for row in labelled("message_types_test.tsv")}
    same = {
        text
        for name in ("coaching", "business")
        for kind in shipped_types(name)
        for texts in kind.examples.values()
        for text in texts
        if len(text.split()) > 4 and " ".join(t.word for t in read(text)) in tested
    }
    assert not same


def test_the_package_gives_what_callers_use():
    assert choice.classify is classify
    assert choice.MessageType is MessageType
    assert choice.shipped_types is shipped_types
