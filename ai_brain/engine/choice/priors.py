"""What is known of a model before anybody here rated it: its ability by published results.

``data/abilities.json`` (made by tools/abilities/convert.py, which names its sources) has one
family of models a line: ability in logits above gpt-4o-mini, its standard deviation, and what each
publisher's tables say by themselves, with their number and date. Read when first asked for.

>>> prior("gpt-4o-mini-2024-07-18").mean
0.0
>>> prior("openai/gpt-4o").mean > 0.2, prior("groq/llama-3.1-8b-instant").mean < -0.5
(True, True)
>>> prior("a-model-of-our-own").basis
'unknown'
"""

import json
from functools import lru_cache
from pathlib import Path

from .model_family import family, line, undated
from .quality import Ability

_PATH = Path(__file__).with_name("data") / "abilities.json"
# A question of one company is no table's: what it adds to the sd of a published ability. Between
# two tables of the same ability the sd is .35 (tools/abilities prints it); the rest is raters.
OWN_QUESTIONS = 0.5
# In no table: as the reference, within what the models in the tables spread around it.
UNKNOWN = Ability(0.0, 1.0, "unknown")


@lru_cache(maxsize=1)
def load():
    """The file: ``{'about', 'date', 'sources': {origin: {…}}, 'kin': [step, sd], 'models': {family:
    {'ability', 'sd', 'from': {origin: [tables, ability, date]}}}}``."""
    return json.loads(_PATH.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _lines():
    """{line: [(version, family)] sorted}, to find predecessors in."""
    lines = {}
    for name in load()["models"]:
        what, version = line(name)
        if version:
            lines.setdefault(what, []).append((version, name))
    return {what: sorted(found) for what, found in lines.items()}


def _record(name):
    """(family, record) of a family, or of the newest month of a name without one; else None."""
    models = load()["models"]
    for key in (name, undated(name)):
        if key in models:
            return key, models[key]
    what, version = line(name.removesuffix("-latest"))
    if not version and (found := _lines().get(what)):
        return found[-1][1], models[found[-1][1]]
    return None


@lru_cache(maxsize=1024)
def prior(model_name):
    """The :class:`~.quality.Ability` of a model by its API name, however a host spells it.

    In no table, but of a line whose earlier version is in one: that version's, with
    the step and the scatter that successors have had ('kin', ``like`` says which). Else
    :data:`UNKNOWN`. Never raises.
    """
    name = family(model_name)
    if found := _record(name):
        _key, record = found
        return _ability(record, "published")
    what, version = line(name)
    before = [known for known in _lines().get(what, ()) if version and known[0] < version]
    if before:
        like = before[-1][1]
        record = load()["models"][like]
        step, sd = load()["kin"]
        # In no table itself: what the predecessor's tables were is told by `sources(like)`.
        return _ability(record, "kin", sd, step)._replace(like=like, tables=0, origins=0)
    return UNKNOWN


def _ability(record, basis, more=0.0, step=0.0):
    sd = (record["sd"] ** 2 + OWN_QUESTIONS**2 + more**2) ** 0.5
    tables = sum(told[0] for told in record["from"].values())
    return Ability(record["ability"] + step, sd, basis, tables, len(record["from"]))


def sources(model_name):
    """Where a model's figure comes from, for people: a list of dicts ``origin, repository,
    commit, published, licence, tables, ability, date``; empty for a model in no table."""
    found = _record(family(model_name))
    if not found:
        return []
    about = load()["sources"]
    return [
        {"origin": origin, **about[origin], "tables": tables, "ability": ability, "date": day}
        for origin, (tables, ability, day) in found[1]["from"].items()
    ]
