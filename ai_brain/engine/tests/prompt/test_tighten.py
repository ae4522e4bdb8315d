"""Tightening takes out what says nothing, and nothing else."""

import pytest
from engine.prompt.shorter import judge, question
from engine.prompt.tighten import facts, tighten
from engine.prompt.variables import fill, mismatch, read_back, variables
from engine.prompt.word_diff import word_diff

SHORTER = [
    ("Please answer briefly.", "Answer briefly."),
    ("Could you please answer in French?", "Answer in French?"),
    ("Answer in German, please.", "Answer in German."),
    ("- Please note that prices exclude VAT.", "- Prices exclude VAT."),
    ("Use the list in order to find the price.", "Use the list to find the price."),
    ("Quote prices in EUR. Quote prices in EUR.", "Quote prices in EUR."),
    ("Answer in one line. Thank you very much!", "Answer in one line."),
    ("Please make sure to  greet {customer}.\n\n\n\nBe brief.", "Greet {customer}.\n\nBe brief."),
    ("Bitte antworte auf Deutsch. Vielen Dank im Voraus!", "Antworte auf Deutsch."),
    ("Aufgrund der Tatsache, dass er zahlt, antworte.", "Weil er zahlt, antworte."),
    ("Veuillez répondre en français. Merci d’avance.", "Répondre en français."),
    (
        "Il est important de noter que les prix sont hors taxe.",
        "Les prix sont hors taxe.",
    ),
    ("Por favor, responde en español. Muchas gracias.", "Responde en español."),
    ("Tenga en cuenta que el plazo es de 30 días.", "El plazo es de 30 días."),
]
AS_IT_IS = [
    "Never say please.",
    "Please the customer.",
    'Begin with "Please note that" and end with "Thank you."',
    "Make sure to never promise a date.",
    "Do not quote a price.",
    "Examples of confirmations:\n- Thank you\n- Thanks a lot",
    "Customer: Please send the invoice.\nAgent: The invoice is on its way to you.\n"
    "Customer: Please send it.\nAgent: The invoice is on its way to you.",
    "# Refunds\nAsk for the order number first.\n# Returns\nAsk for the order number first.",
    "Ask for a date. Otherwise ask him once more. Ask for a name. Otherwise ask him once more.",
    "```\nplease   wait\n\n\n\nplease wait\n```",
    "| a  | b   |\n| please  | x |",
    "Bitte um Geduld ist höflich.",
    "Merci de votre visite.",
    "def f():\n        return   1",
    'Return {"please  note": {customer}}.',
]


@pytest.mark.parametrize(("before", "after"), SHORTER)
def test_what_says_nothing_goes(before, after):
    assert tighten(before).text == after
    assert tighten(before).removed


@pytest.mark.parametrize("text", AS_IT_IS)
def test_what_says_something_stays(text):
    assert tighten(text).text == text


@pytest.mark.parametrize("text", [before for before, _after in SHORTER] + AS_IT_IS)
def test_numbers_negations_and_variables_stay_and_twice_is_once(text):
    once = tighten(text).text
    assert facts(once) == facts(text)
    assert tighten(once).text == once


def test_a_negation_keeps_what_stands_before_it():
    assert tighten("Please do not guess.").text == "Do not guess."
    assert tighten("Please never guess.").text == "Please never guess."


def test_it_is_fast_on_long_texts():
    # grows with the text, not with its square: 30,000 characters of openings and of none
    for text in ("Please answer. " * 2000, "a " * 15000, '"' * 30000, "Please " * 4000):
        tighten(text)


def test_variables_are_filled_once_and_never_evaluated():
    text = "For {a} {a.__class__} {a[0]} {a!r} {} {{a}} {a}"
    assert variables(text) == ("a",)
    assert fill(text, {"a": "{b}"}) == "For {b} {a.__class__} {a[0]} {a!r} {} {a} {b}"
    assert mismatch(text, {"b": 1}) == (["a"], ["b"])


def test_values_are_read_back_only_where_that_is_sure():
    text = "Serve {name} of {firm}. {name} pays {{late}}."
    filled = fill(text, {"name": "Ms Weber", "firm": "Ost KG"})
    assert read_back(text, filled) == {"name": "Ms Weber", "firm": "Ost KG"}
    assert read_back("{a} of {b}", "x of y of z") is None
    assert read_back("Be brief.", "Be brief.") == {}
    assert read_back("Be brief.", "Be long.") is None
    assert read_back("{a} and {a}", "x and y") is None
    assert read_back(" {a}" * 40, " " * 5000) is None


def test_a_diff_holds_both_texts():
    before, after = "Please answer very briefly, in German.", "Answer briefly, in German."
    found = word_diff(before, after)
    assert "".join(text for kind, text in found if kind != "added") == before
    assert "".join(text for kind, text in found if kind != "removed") == after


def test_suggestions_that_lose_or_invent_a_variable_are_refused():
    text = "Serve {customer} of {company} with all the care that you have."
    good = "Serve {customer} of {company} with care."
    found = judge(text, ["Serve {customer}.", good + " {date}", good])
    assert [problem for _text, problem, _names in found] == ["lost", "invented", None]
    assert judge(text, [good], [good])[0][1] == "known"
    assert judge(text, [text + " And more."])[0][1] == "longer"
    assert judge(text, ["", good, good])[2][1] == "known"
    assert "{customer}" in question(text)[0]["content"]
