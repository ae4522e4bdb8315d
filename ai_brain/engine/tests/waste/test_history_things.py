"""What a turn takes for known, told by the kind of thing that it names."""

import pytest
from engine.waste.history_things import accepts, comes_back_to, goes_on, things
from talks import PALLETS, turns_named

HOTEL = ("Which hotel has a sauna?", "The Anker has a sauna and a garden by the lake. " * 6)
TERRACE = ("Which restaurant has a terrace?", "The Linde has a terrace with old trees. " * 6)


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("Take me from the hotel to the station", "lodging"),
        ("Arrive by the booking time", "booking"),
        ("What does my reservation say?", "booking"),
        ("Wann muss ich aus dem Hotel?", "lodging"),
        ("Was steht in meiner Buchung?", "booking"),
        ("Quelle est l'adresse de l'hôtel ?", "lodging"),
        ("À quelle heure est ma réservation ?", "booking"),
        ("¿A qué hora salgo del hotel?", "lodging"),
        ("¿Qué dice mi reserva?", "booking"),
    ],
)
def test_a_kind_with_an_article_is_taken_for_known(asked, kind):
    assert kind in comes_back_to(asked)


def test_a_kind_that_is_brought_up_is_not_taken_for_known():
    assert not comes_back_to("I am looking for a hotel in Lyon")
    assert not comes_back_to("Ich suche ein Hotel in Lyon")
    assert not comes_back_to("Je cherche un hôtel à Lyon")
    assert not comes_back_to("Busco un hotel en Lyon")


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("Can you book a table for me?", "eating"),
        ("Please buy two tickets", "event"),
        ("Können Sie einen Tisch reservieren?", "eating"),
        ("Je voudrais réserver une chambre", "lodging"),
        ("Quiero reservar una mesa", "eating"),
    ],
)
def test_what_is_booked_without_its_name_comes_back_to_where_it_was_offered(asked, kind):
    assert kind in comes_back_to(asked)


@pytest.mark.parametrize(
    "asked",
    [
        "I need a table of the open invoices of Oak",
        "Make a comprehensive table of sales",
        "Machen Sie eine Liste der offenen Posten",
        "Je voudrais un tableau, car il le demande",
        "Quiero una tabla de ventas",
        "I am meeting Anna at nine",
    ],
)
def test_a_table_of_figures_is_none_to_eat_at(asked):
    assert not comes_back_to(asked) & {"eating", "car", "meeting"}
    assert not things(asked) & {"eating", "car"}
    assert not goes_on(f"Merci, {asked}, car il le faut", frozenset(), begins=True)


def test_an_answer_counts_however_long_its_question_is():
    settled = (
        "Please read this. " + "All of it matters to us. " * 150,
        "The Anker hotel is best. ",
    )
    talk = [HOTEL, settled, *PALLETS[:3]]
    asked = ("Can you send the driver to the hotel?", "Geodis does.")
    assert 1 not in turns_named([*talk, asked])
    assert 1 in turns_named([*talk, ("Can you send the driver at nine?", "Geodis does.")])


def test_names_of_several_words_are_read():
    assert "lodging" in things("There is a bed and breakfast near the river")
    assert "lodging" not in things("There is bread for breakfast")


@pytest.mark.parametrize(
    "asked",
    [
        "Thanks! Can you recommend a nice museum to see?",
        "I also need a taxi for five people",
        "How is the weather there?",
        "Danke, ich suche ein Museum",
        "Ich brauche auch ein Taxi",
        "Merci, je cherche un musée",
        "Il y a un musée là-bas ?",
        "Gracias, busco un museo",
        "¿Hay un museo cerca de allí?",
    ],
)
def test_a_further_errand_rests_on_what_was_settled(asked):
    earlier = things("Is there a train on Sunday? It leaves at nine.")
    assert goes_on(asked, earlier, begins=True)


def test_a_first_errand_and_another_subject_rest_on_nothing():
    earlier = things("Is there a train on Sunday? It leaves at nine.")
    assert not goes_on("Can you recommend a museum?", earlier, begins=True)
    assert not goes_on("Thanks! Write me a poem on the sea", earlier, begins=True)
    assert not goes_on("I am moving to Lyon and need an apartment there", earlier, begins=True)
    assert not goes_on("Great, is there a later train there?", earlier, begins=True)


@pytest.mark.parametrize("asked", ["Great, book it", "Danke, gern", "D'accord", "Vale, gracias"])
def test_a_word_on_what_was_said_accepts_it(asked):
    assert accepts(asked)
    assert not accepts("I want a flight")


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("Can you send the driver to the hotel?", [1]),
        ("Can you send the driver to the restaurant?", [0]),
        ("Can you send the driver at nine?", [0, 1]),
    ],
)
def test_where_a_thing_was_settled_is_needed_by_who_comes_back_to_it(asked, named):
    assert turns_named([HOTEL, TERRACE, *PALLETS[:3], (asked, "Geodis does.")]) == named


def test_a_question_that_comes_back_to_nothing_needs_neither():
    asked = ("Can you send the driver at nine?", "Geodis does.")
    assert turns_named([HOTEL, TERRACE, *PALLETS[:3], asked]) == [0, 1]


def test_a_further_errand_needs_all_that_was_settled_before_it():
    errand = ("Thanks, I also need a flight to Lyon.", "There are two flights on that day. " * 6)
    later = ("Which of these flights is cheaper?", "The flight at nine is cheaper. " * 6)
    assert turns_named([HOTEL, TERRACE, errand, later, later, later]) == []
    first = ("I need a flight to Lyon.", errand[1])
    assert turns_named([HOTEL, TERRACE, first, later, later, later])


def test_a_beginning_that_the_next_turn_answers_is_needed():
    asked = (
        "Salut! I am the number one pastry chef in the world and need a taste of a pastry of a "
        "friend in Melbourne. We would love that so much."
    )
    begins = (asked, "Sure! Do you have a budget?")
    later = ("How much is the flight to Lyon?", "The flight to Lyon is 146 €. " * 6)
    cheapest = (
        "Which flight to Lyon is the cheapest of all?",
        "The flight at nine is the cheapest. " * 6,
    )
    replied = ("From Lyon, please. We are four people.", "There are three flights to Lyon. " * 6)
    opened = ("Which flights to Lyon are there?", replied[1])
    assert turns_named([begins, replied, later, cheapest, later]) == []
    assert turns_named([begins, opened, later, cheapest, later]) == [0]
