"""Sentences: English to read, a code and figures to keep."""

import json
import re

import pytest
from engine import waste  # noqa: F401  (they declare their templates)
from engine.base.sentence import (
    ENGLISH,
    Reader,
    Sentence,
    _templates,
    declare,
    kept,
)
from engine.choice import ranking_sentences  # noqa: F401  (they declare their templates)

PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?(.)")


class Shouting(Reader):
    def template(self, addon, source):
        return source if "%" in source else source.upper()


def test_the_text_of_a_sentence_is_english():
    said = Sentence("model.instead", target="Mini")
    assert str(said) == "Send requests of this kind to Mini, or let the router choose."
    assert said == Sentence("model.instead", target="Mini") != Sentence("model.instead", target="A")


def test_a_sentence_does_not_change():
    said = Sentence("model.instead", target="Mini")
    with pytest.raises(AttributeError):
        said.code = "model.used"
    said.args["target"] = "Other"
    assert "Mini" in str(said)


def test_what_is_kept_says_the_same_after_json():
    inner = Sentence("ratings.many_since_year", rated=1412, since_date="2025-10-01")
    said = Sentence("nearest", needed=90, name="A", figure="f", evidence=inner, cost_usd=0.0004)
    assert "1,412 rated calls since 1 October 2025" in str(said)
    assert ENGLISH.text(json.loads(json.dumps(kept(said)))) == str(said)


def test_plain_texts_stay_as_they_are():
    assert kept("It rained.") == "It rained."
    assert ENGLISH.text("It rained.") == "It rained."
    assert [ENGLISH.text(nothing) for nothing in (None, "", False)] == ["", "", ""]


def test_another_reader_words_it_anew_and_what_is_in_it_too():
    said = kept(Sentence("none.only", name="A", why=Sentence("bar.tools")))
    assert "A (CANNOT CALL TOOLS)" in Shouting().text(said)


def test_names_are_data_and_never_templates():
    assert "%(name)s %d %" in str(Sentence("model.instead", target="%(name)s %d %"))


def test_a_code_that_nobody_declared_and_a_figure_that_was_not_stored_break_nothing():
    assert ENGLISH.text(["gone.addon", {"a": 1}]) == "gone.addon"
    assert "—" in ENGLISH.text(["model.instead", {}])


@pytest.mark.parametrize("broken", ["%(target)d", "100 % %(target)s", "%(target", "%s %s"])
def test_a_broken_translation_falls_back_to_english(broken):
    class Broken(Reader):
        def template(self, addon, source):
            return broken

    assert Broken().words("model.instead", {"target": "Mini"}).startswith("Send requests")


def test_an_addon_declares_its_own():
    declare({"my_addon.shout": "It shouts %(count)s times."}, addon="my_addon")
    try:
        assert str(Sentence("my_addon.shout", count=1200)) == "It shouts 1,200 times."
        assert _templates["my_addon.shout"][0] == "my_addon"
    finally:
        del _templates["my_addon.shout"]


def test_templates_name_their_arguments():
    assert len(_templates) > 50
    for _addon, source in _templates.values():
        for name, kind in PLACEHOLDER.findall(source):
            assert kind == "%" or (name and kind == "s"), source
