"""Findings of waste of the demo's calls, in the words of the engine's rules."""

from odoo.addons.ai_brain.engine.base.sentence import Sentence
from odoo.addons.ai_brain.engine.waste import Finding

from . import scenario


def finding(rule, row, tokens, wasted, cheaper):
    """Return the finding of a rule about a ledger row.

    :param tokens: tokens wasted
    :param Decimal wasted: USD wasted
    :param cheaper: (id, model name) of the provider that would have done
    """
    target = {"kind": "agent", "name": row["agent_type"]}
    said = None, None
    if rule == "redundant_context":
        target = {"kind": "context_block", "name": "order history", "names": ["order history"]}
        said = (
            Sentence("redundant.one", target=target["name"], tokens=tokens),
            Sentence("redundant.omit.one", target=target["name"]),
        )
    elif rule == "duplicate_query":
        said = (
            Sentence("duplicate.same", age_s=260),
            Sentence("duplicate.keep.agent", target=target["name"]),
        )
    elif rule == "oversized_context":
        size = row["context_size_tokens"]
        said = (
            Sentence("oversized.size", size=size, calls=184, median=size // 3, high=size - tokens),
            Sentence("oversized.select.agent", target=target["name"]),
        )
    elif rule == "unnecessary_history":
        target = {"kind": "conversation", "name": ""}
        said = Sentence("history.many", count=8, tokens=tokens), Sentence("history.begin")
    elif rule == "wrong_model":
        target = {"kind": "provider", "id": cheaper[0], "name": cheaper[1]}
        said = (
            Sentence(
                "model.record",
                used=row["model_name"],
                cost_usd=float(row["cost_usd"]),
                target=cheaper[1],
                less_usd=float(row["cost_usd"] - wasted),
                quality=scenario.PROVIDERS[scenario.CHEAPER][3],
                needed=scenario.QUALITY_NEEDED,
            ),
            Sentence("model.instead", target=cheaper[1]),
        )
    return Finding(rule, *said, tokens, wasted, target=target)
