"""What every waste rule builds on."""

from __future__ import annotations

from ..base.sentence import Sentence

MIN_CHARS = 160  # a shorter block or turn is not worth a person's time


class Rule:
    """Base of the rules. ``type`` names its findings; ``needs_text`` if it reads the exchange.

    A rule that loops over what a caller sent calls ``call.tick()`` in each round: it raises once
    the time is up, and the rule is then named among those that were not assessed.
    """

    type = ""
    needs_text = True

    def __call__(self, call, history):
        raise NotImplementedError


def source(tags):
    """What made the call, as a target."""
    if tags.get("cron_id"):
        return {"kind": "cron", "id": tags["cron_id"], "name": tags.get("cron_name") or ""}
    for kind, tag in (("agent", "agent_type"), ("module", "module")):
        if tags.get(tag):
            return {"kind": kind, "name": tags[tag]}
    return {"kind": "provider", "id": tags.get("provider_id"), "name": tags.get("provider_name")}


def ask_source(code, tags):
    """The sentence of ``code`` that is addressed to what made the call; its templates are
    ``code`` with ``.agent``, ``.module``, ``.cron``, ``.some_cron`` and ``.caller``."""
    target = source(tags)
    kind = target["kind"]
    if kind == "cron" and not target["name"]:
        kind = "some_cron"
    elif kind == "provider":
        kind = "caller"
    return Sentence(f"{code}.{kind}", target=target["name"])
