"""Conditions told before hold for who asks for the same again."""

import unicodedata

import pytest
from engine.waste.history_conditions import comes_back_to, told, varies
from talks import PALLETS, turns_named


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ("We have 3700 and leave on September 8", {"budget", "dates"}),
        ("Two adults and three kids, for $900", {"budget", "people"}),
        ("Wir sind zwei Erwachsene und reisen im September", {"people", "dates"}),
        ("Nous partons en septembre avec deux enfants", {"people", "dates"}),
        ("Somos dos adultos y salimos en septiembre", {"people", "dates"}),
        ("Ein Zimmer für zwei Nächte unter 1.500 €", {"budget", "dates"}),
        ("Une semaine à Rome", {"dates"}),
        ("Un fin de semana en Roma", {"dates"}),
        (unicodedata.normalize("NFD", "Im März"), {"dates"}),
        ("Which hotel has a sauna at 12:30?", set()),
        ("Is there a sauna on Mars?", set()),
        ("Gibt es Sauna auf dem Mars, Frau Kern?", set()),
        ("Jan mag Zimmer 404", set()),
        ("HTTP 404 since 2024", set()),
        ("Call me on 030 555", set()),
    ],
)
def test_a_condition_is_told_by_its_words_or_an_amount(asked, kinds):
    assert told(asked) == kinds


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("Does Cleveland work within my dates?", "dates"),
        ("Passt das in mein Budget?", "budget"),
        ("Est-ce dans mon budget ?", "budget"),
        ("¿Entra en mi presupuesto?", "budget"),
        ("Est-ce possible à la date prévue, c'est-à-dire à ma date ?", "dates"),
        ("¿Y en la fecha que dije?", "dates"),
        ("Geht das an unseren Daten auch?", "dates"),
    ],
)
def test_a_condition_that_is_the_speakers_is_taken_for_known(asked, kind):
    assert comes_back_to(asked) == {kind}


@pytest.mark.parametrize(
    "asked",
    [
        "I have a budget and some dates in mind",
        "What is the price of gold?",
        "Exportiere die Daten nach Excel",
        "Is the prıce of it known, or the dateſ?",
    ],
)
def test_what_is_not_the_speakers_is_no_condition(asked):
    assert not comes_back_to(asked)


@pytest.mark.parametrize(
    "asked",
    [
        "What about Denver?",
        "Is there anything to Lyon?",
        "Und wenn wir später reisen?",
        "Wie sieht es mit Lyon aus?",
        "Et si nous partons plus tard ?",
        "¿Qué tal Lyon?",
    ],
)
def test_another_condition_asks_for_the_same_again(asked):
    assert varies(asked)
    assert not varies("Which carriers bring pallets to Lyon?")


HOTEL = ("Which hotel has a sauna?", "The Anker has a sauna and a garden by the lake. " * 6)
POEM = ("Write a poem on the sea.", "The waves roll in, the gulls cry out, the foam is white. " * 6)


@pytest.mark.parametrize(
    ("asked", "answered", "named"),
    [
        ("You mentioned a carrier of pallets to Lyon earlier, is it Geodis?", "It is.", [0, 1]),
        ("Which one did you mention earlier?", "The second one.", []),
        ("Summarize our conversation on pallets to Lyon.", "Geodis brings pallets.", []),
        ("What topics besides pallets to Lyon have we discussed?", "Three: of all kinds.", []),
        ("How many questions did I ask before the one on pallets to Lyon?", "Two.", []),
        ("What did we discuss before pallets to Lyon?", "Poetry and accommodation.", []),
        ("What was my initial question, before pallets to Lyon?", "On a place to stay.", []),
        ("Go back to the original subject and leave the pallets to Lyon.", "Happily.", []),
        ("Write Geodis a mail with all the points above on pallets to Lyon.", "Dear Geodis,", []),
        ("What did you tell me before the pallets to Lyon?", "Of a place to stay.", []),
    ],
)
def test_what_points_at_one_thing_needs_no_other_subject(asked, answered, named):
    assert turns_named([HOTEL, POEM, *PALLETS[:3], (asked, answered)]) == named


TOLD = ("We can spend 900 on a sauna.", "A sauna of spruce has a bench and a stove. " * 6)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("Do pallets with Geodis reach Nice?", [0, 1]),
        ("Do pallets with Geodis fit our budget?", [1]),
    ],
)
def test_a_condition_taken_for_known_is_needed_from_where_it_was_told(asked, named):
    assert turns_named([TOLD, POEM, *PALLETS[:3], (asked, "Geodis does.")]) == named


PALETTEN = [
    ("Welche Speditionen bringen Paletten nach Lyon?", "Geodis bringt Paletten nach Lyon. " * 6),
    ("Wie lange brauchen Paletten nach Lyon?", "Geodis braucht zwei Tage nach Lyon. " * 6),
    ("Bringt Geodis Paletten auch nach Lille?", "Geodis bringt Paletten nach Lille. " * 6),
]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("Bringt Geodis Paletten nach Nizza?", [0]),
        ("Wie sieht es mit Paletten von Geodis nach Nizza aus?", []),
    ],
)
def test_who_asks_for_the_same_again_needs_the_conditions_told_before(asked, named):
    two = ("Wir sind zwei Erwachsene und mögen Sauna.", "Eine Sauna hat Bank und Ofen. " * 6)
    assert turns_named([two, *PALETTEN, (asked, "Geodis bringt Paletten nach Nizza.")]) == named
