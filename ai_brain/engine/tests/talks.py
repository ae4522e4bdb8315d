"""A conversation, and what of one is called unneeded history, for tests."""

from decimal import Decimal

from engine.waste import Exchange, History, analyze
from engine.waste.history import UnnecessaryHistory

PALLETS = [
    ("Which carriers bring pallets to Lyon?", "Geodis and Kuehne bring pallets to Lyon. " * 6),
    ("Which of them is cheapest?", "Geodis, at 84 € for a pallet. " * 6),
    ("How long do pallets to Lyon take?", "Geodis takes two days, Kuehne three. " * 6),
    ("Do they take pallets of 900 kg?", "Both carriers take pallets of up to 1,000 kg. " * 6),
]


def turns_named(exchanges):
    """The places of the exchanges that ``unnecessary_history`` names."""
    messages = []
    for asked, answered in exchanges[:-1]:
        messages += [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": answered},
        ]
    question, answer = exchanges[-1]
    messages.append({"role": "user", "content": question})
    size = sum(len(m["content"]) for m in messages) // 4
    call = Exchange(Decimal("0.01"), Decimal("0.01"), size, len(answer) // 4, messages, answer)
    report = analyze(call, History(), rules=(UnnecessaryHistory(),))
    return sorted({place // 2 for f in report.findings for place in f.target["turns"]})
