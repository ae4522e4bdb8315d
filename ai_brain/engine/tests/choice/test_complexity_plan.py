"""Complexity as it is shown: everyday prompts in order, and planning work above 0.7."""

from pathlib import Path

import pytest
from engine.choice.complexity import score_complexity

HERE = Path(__file__).parent
HELD_OUT = HERE / "everyday_held_out.tsv"
SECOND = HERE / "everyday_second.tsv"
TURN = 0.45  # where gpt-4o-mini ends: engine.choice.quality


def score(prompt):
    return score_complexity(prompt).score


def rows_of(path, columns=3):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t", columns - 1) for line in lines if not line.startswith("#")]


def held_out(language=None, path=HELD_OUT):
    """[(level, prompt)] of the prompts that no weight was fitted on."""
    rows = rows_of(path)
    return [(int(level), prompt) for level, lang, prompt in rows if language in (None, lang)]


def in_order(rows):
    scored = [(level, score(prompt)) for level, prompt in rows]
    pairs = [
        low < high
        for level_low, low in scored
        for level_high, high in scored
        if level_low < level_high
    ]
    return sum(pairs) / len(pairs)


def test_everyday_prompts_that_were_not_fitted_stand_in_order():
    # .926 before planning and thoroughness were told apart from few words; .990 since
    assert len(held_out()) == 74
    assert in_order(held_out()) >= 0.95


@pytest.mark.parametrize("path", [HELD_OUT, SECOND], ids=["first", "second"])
@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_the_order_holds_within_each_language(language, path):
    assert in_order(held_out(language, path)) >= 0.95


def test_prompts_of_another_hand_stand_in_order():
    # .985 at first sight
    assert len(held_out(path=SECOND)) == 72
    assert in_order(held_out(path=SECOND)) >= 0.95


@pytest.mark.parametrize("name", ["planning_prompts.tsv", "planning_worked_on.tsv"])
def test_nine_in_ten_plans_are_told_from_what_only_names_one(name):
    rows = rows_of(HERE / name)
    right = [(score(prompt) > TURN) == (goes == "up") for goes, _language, prompt in rows]
    assert len(rows) >= 40
    assert sum(right) >= 0.9 * len(rows)


@pytest.mark.parametrize(
    "prompt",
    [
        "Develop a strategic plan for our shops: who does what, when, and where",
        "Erarbeite einen strategischen Plan: Wer macht was, wann und wo?",
        "Élabore un plan stratégique : qui fait quoi, quand et où ?",
        "Elabora un plan estratégico: quién hace qué, cuándo y dónde",
    ],
)
def test_a_question_word_inside_a_plan_makes_it_no_question_for_a_fact(prompt):
    assert score(prompt) > 0.7


def test_a_phrase_goes_on_as_a_stem_does():
    for one, several in (("Product title for a belt", "Product titles for a belt"),):
        assert score(one) < 0.3
        assert score(several) < 0.3


@pytest.mark.parametrize(
    "prompt",
    [
        "Strategic plan",
        "I need a strategic plan.",
        "Ich brauche einen Strategieplan.",
        "J'ai besoin d'un plan stratégique.",
        "Necesito un plan estratégico.",
        "Develop a strategic plan for the next five years",
        "Erarbeite einen strategischen Plan für die nächsten fünf Jahre",
        "Rédige un plan stratégique pour les cinq prochaines années",
        "Elabora un plan estratégico para los próximos cinco años",
        "Analyze, compare and evaluate the offers comprehensively",
        "Analysiere, vergleiche und bewerte die Angebote umfassend",
        "Analysez, comparez et évaluez les offres de manière exhaustive",
        "Analice, compare y evalúe las ofertas de forma exhaustiva",
        "Design microservices in detail",
        "Entwirf die Microservices im Detail",
        "Concevez les microservices en détail",
        "Diseñe los microservicios en detalle",
    ],
)
def test_planning_full_analysis_and_architecture_are_hard(prompt):
    assert score(prompt) > 0.7


@pytest.mark.parametrize(
    "prompt",
    [
        "Write a product title for a leather belt",
        "Schreibe einen Produkttitel für einen Ledergürtel",
        "Écris un titre de produit pour une ceinture en cuir",
        "Escribe un título de producto para un cinturón de cuero",
    ],
)
def test_a_product_title_is_easy(prompt):
    assert score(prompt) < 0.3


@pytest.mark.parametrize(
    "prompt",
    [
        "When is the strategy meeting?",
        "What is a strategic plan?",
        "Translate into German: our strategic plan was approved",
        "Schreibe eine Einladung zum Strategietreffen",
        "The strategic plan is attached, thanks",
        "Give me a comprehensive list of EU countries",
        "Describe in detail how to reset a password",
    ],
)
def test_a_plan_that_is_only_mentioned_makes_nothing_hard(prompt):
    assert score(prompt) < 0.35


def test_the_reasons_name_planning_and_full_detail():
    assert "plans strategically" in score_complexity("Create a strategic plan").reasons
    reasons = score_complexity("Analyze, compare and evaluate comprehensively").reasons
    assert reasons[0] == "asks for it in full detail"
