"""How hard is a prompt? A score between 0 and 1, and why.

The score is a logistic function of the features in ``complexity_features``. Its weights lie in
``data/complexity_weights.json``, made by ``tools/fit_complexity.py``: slopes common to all
sources, an intercept for each source of training data (so that what one benchmark looks like is
not learned as difficulty), and the intercept of everyday traffic used here. Which evaluation data:
the responses published with RouteLLM (lm-sys/RouteLLM, Apache-2.0) for MMLU and GSM8K (MIT).

>>> score_complexity("Hello!").level
'low'
>>> score_complexity("Prove that every finite tree has two leaves and derive a bound.").level
'high'
"""

import json
import math
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ..base.text import content_text
from .complexity_features import features

LOW, HIGH = 0.3, 0.7
_MAX_CHARS = 20_000
_CARRIED = 0.8

_REASONS = {
    "reasoning": "asks for reasoning or analysis",
    "proof": "asks for a proof or derivation",
    "design": "asks to design or build something",
    "strategy": "plans strategically",
    "thorough": "asks for it in full detail",
    "maths": "uses mathematical terms",
    "quantity": "relates quantities to each other",
    "constraint": "sets conditions the answer has to meet",
    "conditional": "works from assumptions",
    "negation": "turns on a negation or exception",
    "why_how": "asks for causes or mechanisms",
    "expert": "needs expert knowledge",
    "logic": "argues from premises",
    "numbers": "contains several figures",
    "number_density": "is dense with figures",
    "formula": "contains formulas",
    "formula_density": "is dense with formulas",
    "option_formula": "offers answers in figures or formulas",
    "code": "contains code",
    "code_words": "is about code",
    "asks": "asks several things at once",
    "sentence_length": "has long sentences",
    "clauses": "has nested clauses",
    "lookup": "looks up a fact",
    "rewrite": "works on the surface of a text",
    "short_copy": "asks for a line or two",
    "chat": "is small talk",
    "tiny": "is very short",
}


class Complexity(NamedTuple):
    """``score`` 0..1; ``level`` low below 0.3, high from 0.7 on; ``reasons`` in plain words,
    weightiest first; ``features`` as the weights saw them."""

    score: float
    level: str
    reasons: tuple = ()
    features: dict = {}


def level_of(score):
    """'low', 'medium' or 'high' (bounds 0.3 and 0.7).

    >>> level_of(0.29), level_of(0.3), level_of(0.7)
    ('low', 'medium', 'high')
    """
    return "low" if score < LOW else "high" if score >= HIGH else "medium"


@lru_cache(maxsize=1)
def load_weights():
    """The fitted weights: ``{'intercept': float, 'weights': {feature: float}, …}``."""
    path = Path(__file__).with_name("data") / "complexity_weights.json"
    return json.loads(path.read_text(encoding="utf-8"))


def _clip(text):
    """Both ends of a very long text, without NUL and lone surrogates."""
    if len(text) > _MAX_CHARS:
        text = text[: _MAX_CHARS // 2] + "\n\n" + text[-_MAX_CHARS // 2 :]
    return text.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")


def _score_text(text):
    text = _clip(text)
    if not text.strip():
        return 0.0, [], {}
    model = load_weights()
    values = features(text)
    parts = [(model["weights"].get(name, 0.0) * value, name) for name, value in values.items()]
    logit = model["intercept"] + sum(part for part, _name in parts)
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit)))), parts, values


def score_complexity(prompt):
    """Score a prompt: a string, or a list of messages (``{'role', 'content'}``, OpenAI shape).

    Of messages the last one of the user counts; what the system message demands adds a little,
    and a short follow-up ("and for five?") inherits most of the turn before it. Anything else
    than a string or messages scores 0. Never raises on content.
    """
    if isinstance(prompt, str):
        score, parts, values = _score_text(prompt)
        return _result(score, parts, values)
    messages = [m for m in prompt or () if isinstance(m, dict)]
    turns = [content_text(m.get("content")) for m in messages if m.get("role") == "user"]
    if not turns:
        turns = [content_text(m.get("content")) for m in messages][-1:]
    if not turns:
        return _result(0.0, [], {})
    score, parts, values = _score_text(turns[-1])
    if len(turns) > 1 and len(turns[-1]) < 60 and values and not values["chat"]:
        before, before_parts, before_values = _score_text(turns[-2])
        if before * _CARRIED > score:
            score, parts, values = before * _CARRIED, before_parts, before_values
    return _result(score, parts, values)


def _result(score, parts, values):
    level = level_of(score)
    sign = -1 if level == "low" else 1
    ranked = sorted(((sign * part, name) for part, name in parts), reverse=True)
    reasons = [_REASONS[name] for part, name in ranked if part > 0.15 and name in _REASONS]
    return Complexity(round(score, 4), level, tuple(reasons[:4]), values)
