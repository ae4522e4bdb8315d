"""What an answer asks for, what a turn tells, and which errands rest on others."""

import time
from types import SimpleNamespace

import pytest
from engine.waste.history import _asked_and_told
from engine.waste.history_errands import ANY, TRAVEL, carried, conditions_of, errand
from engine.waste.history_replies import asked_for, closes, tells
from engine.waste.history_words import TAKES_UP, hangs
from talks import PALLETS, turns_named


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("Fine. Where shall the parcel go?", "where"),
        ("In welche Stadt soll das Paket?", "where"),
        ("Dans quelle ville faut-il livrer ?", "where"),
        ("¿En qué ciudad lo entregamos?", "where"),
        ("When do you need it?", "when"),
        ("Wann brauchen Sie es?", "when"),
        ("Quand en avez-vous besoin ?", "when"),
        ("¿Cuándo lo necesita?", "when"),
        ("How many crates are there?", "count"),
        ("Wie viele Kisten sind es?", "count"),
        ("Combien de caisses y a-t-il ?", "count"),
        ("¿Cuántas cajas son?", "count"),
        ("Please confirm the order of nine crates.", "yes"),
    ],
)
def test_the_end_of_an_answer_tells_what_it_asks_for(answer, kind):
    assert kind in asked_for(answer)


def test_an_answer_that_asks_nothing_or_offers_more_asks_for_nothing():
    assert not asked_for("The crates went where they were to go.")
    assert not asked_for("Done. Is there anything else?")
    assert closes("Done. Is there anything else?")


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("It goes to Bremen", "where"),
        ("Es geht nach Bremen", "where"),
        ("Cela part de Brest", "where"),
        ("Sale desde Bilbao", "where"),
        ("On Friday at noon, if that suits", "when"),
        ("Am Freitag, wenn es passt", "when"),
        ("Vendredi, si cela convient", "when"),
        ("El viernes, si le va bien", "when"),
        ("There are nine crates", "count"),
        ("60290", "count"),
    ],
)
def test_a_turn_tells_what_may_have_been_asked_for(asked, kind):
    assert kind in tells(asked, False)


@pytest.mark.parametrize(
    "asked",
    ["And what do they weigh?", "Und was wiegt es?", "Et s'il pleut ?", "Y si llueve, ¿qué?"],
)
def test_a_turn_that_begins_with_and_hangs(asked):
    assert hangs(asked)
    assert not hangs("Write a mail to the carrier")


@pytest.mark.parametrize(
    "asked",
    [
        "What would both cost with the frame?",
        "Wie viel wiegen beide zusammen?",
        "Combien pèsent les deux ensemble ?",
        "¿Cuánto pesan los dos juntos?",
    ],
)
def test_both_together_takes_up_what_was_settled(asked):
    assert TAKES_UP.search(asked)


@pytest.mark.parametrize(
    "asked",
    [
        "I would like something fun to do",
        "Ich möchte etwas Schönes zu unternehmen, etwas zu unternehmen",
        "Je cherche quelque chose à faire",
        "Busco algo para hacer",
        "I need a hotel",
        "Ich suche ein Hotel",
        "Je cherche un hôtel",
        "Busco un hotel",
    ],
)
def test_a_new_errand_is_told(asked):
    assert errand(asked, frozenset())
    assert not errand(asked, frozenset({"lodging", "event"}))


@pytest.mark.parametrize(
    "asked",
    [
        "We are two adults and look at flights",
        "Wir sind zwei Erwachsene und suchen Flüge",
        "Nous sommes deux adultes et cherchons des vols",
        "Somos dos adultos y buscamos vuelos",
    ],
)
def test_conditions_of_a_flight_hold_for_the_journey(asked):
    assert conditions_of(asked, "Good.", False) >= TRAVEL


def test_a_budget_of_nothing_yet_holds_where_more_is_asked_for():
    assert conditions_of("We have 4200 to spend", "Where would you like to go?", False) == {ANY}
    assert not conditions_of("We have 4200 to spend", "That is a lot.", False)
    assert not conditions_of("Look at flights", "Good.", False)


def turn(asked, answer, earlier=()):
    return SimpleNamespace(
        errand=errand(asked, frozenset(earlier)),
        tells=tells(asked, False),
        asked_for=asked_for(answer),
        could_open=asked.startswith("I need"),
        opens=asked.startswith("I need"),
    )


def test_an_errand_that_says_not_where_rests_on_where_the_one_before_it_was():
    car = [
        turn("I need a rental car", "Where do you want to pick it up?"),
        turn("In Bremen", "I found one at the station."),
    ]
    found = turn("I need a hotel with a sauna", "The Anker has one.")
    asks = turn("I need a hotel with a sauna", "In which city?")
    there = turn("I need a hotel in Brest", "The Anker is good.")
    assert carried([*car, found]) == {2: {1}}
    assert carried([*car, asks]) == carried([*car, there]) == carried([found]) == {}


def test_what_was_asked_stays_with_what_tells_it():
    asks = turn("I need a cab", "How many people are you?")
    poem = turn("I need a poem on the sea", "The waves roll in.")
    tells_it = turn("Five of us", "A large one then.")
    assert _asked_and_told([asks, poem, tells_it, poem, poem], {0, 3, 4}) == {2}
    assert _asked_and_told([poem, asks, tells_it, poem, poem], {0, 2, 3, 4}) == {1}
    assert _asked_and_told([asks, poem, tells_it, poem, poem], {0, 2, 3, 4}) == set()


POEM = ("Write a poem on the sea.", "The waves roll in, the gulls cry out, the foam is white. " * 6)


@pytest.mark.parametrize(
    ("first", "named"),
    [("Great, which carriers bring pallets to Lyon?", []), (PALLETS[0][0], [0])],
)
def test_a_first_kept_turn_that_accepts_something_keeps_what_is_before_it(first, named):
    talk = [POEM, (first, PALLETS[0][1]), *PALLETS[1:3]]
    asked = ("Do pallets with Geodis reach Nice?", "Geodis does.")
    assert turns_named([*talk, asked]) == named


def test_texts_made_to_be_slow_are_read_in_time():
    start = time.perf_counter()
    for text in (
        "to the " * 9000,
        "where " * 9000,
        "?" * 60000,
        "something a " * 9000,
        "9" * 60000,
    ):
        asked_for(text)
        tells(text, False)
        hangs(text)
        errand(text, frozenset())
        conditions_of(text, text, False)
    assert time.perf_counter() - start < 1
