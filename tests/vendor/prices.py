"""The vendor's own price list and bill, apart from the engine on purpose.

Prices are invented, with awkward digits so that rounding anywhere shows. USD per million tokens,
as strings; a kind that is missing is billed as ``input`` (cache) or ``output`` (reasoning).
``services``: rates of other ways of processing; ``regions``: factors; ``web_search``: USD for
1,000. ``training``: USD for a million tokens that a model is trained with.
"""

from decimal import ROUND_HALF_UP, Decimal, localcontext

PRICES = {
    "loop-o-small": {
        "format": "openai",
        "input": "0.1537",
        "output": "0.6113",
        "cache_read": "0.0751",
        "input_audio": "5.0003",
        "training": "3.0007",
        "services": {"flex": {"input": "0.0769", "output": "0.3057", "cache_read": "0.0376"}},
    },
    "loop-o-think": {
        "format": "openai",
        "input": "1.1007",
        "output": "4.4003",
        "cache_read": "0.2749",
        "reasoning": "4.9001",
    },
    "loop-o-router": {"format": "openai", "input": "0.5", "output": "1.5"},
    "loop-a-small": {
        "format": "anthropic",
        "input": "0.8003",
        "output": "4.0007",
        "cache_read": "0.0801",
        "cache_write": "1.0009",
        "cache_write_1h": "1.6011",
        "web_search": "10.0009",
        "regions": {"us": "1.1"},
        "services": {"fast": {"input": "1.6007", "output": "8.0011"}},
    },
    "loop-a-large": {
        "format": "anthropic",
        "input": "3.0011",
        "output": "15.0013",
        "cache_read": "0.3001",
        "cache_write": "3.7517",
        "cache_write_1h": "6.0029",
    },
    "loop-g-small": {
        "format": "gemini",
        "input": "0.0751",
        "output": "0.3007",
        "cache_read": "0.0187",
        "input_audio": "0.7007",
        "services": {"priority": {"input": "0.1357", "output": "0.5413"}},
    },
    "loop-g-think": {
        "format": "gemini",
        "input": "0.3001",
        "output": "2.5003",
        "cache_read": "0.0751",
        "reasoning": "3.5009",
    },
}
#: What is no chat has its own ``task``; ``minute``, ``hour``: USD for so much sound, billed by the
#: second, ``least`` of them at least, and rounded half up at the twelfth digit.
TASKS = {
    "loop-o-embed": {"format": "openai", "task": "embedding", "input": "0.0203"},
    "loop-o-hear": {"format": "openai", "task": "voice_to_text", "minute": "0.0061"},
    "loop-o-hour": {"format": "openai", "task": "voice_to_text", "hour": "0.0397", "least": 10},
    "loop-o-listen": {
        "format": "openai",
        "task": "voice_to_text",
        "input": "2.5003",
        "input_audio": "6.0007",
        "output": "10.0009",
    },
}
KINDS = ("input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning")


def row_of(model):
    """What is sold by that name, or None."""
    return PRICES.get(model) or TASKS.get(model)


def bill(model, counts, service="", region=""):
    """What the vendor charges for disjoint counts of tokens, exact, as decimal text.

    ``counts["input_audio"]`` are part of ``input``; ``counts["web_searches"]`` are searches. A
    service or region that has no price is charged as if it were the usual one.
    """
    whole = row_of(model)
    for unit, size in (("minute", 60), ("hour", 3600)):
        if unit in whole:
            seconds = max(counts["seconds"], whole.get("least", 0))
            usd = Decimal(whole[unit]) * seconds / size
            return f"{usd.quantize(Decimal('1e-12'), ROUND_HALF_UP):f}"
    prices = whole.get("services", {}).get(service, whole)
    fallback = {
        "cache_read": "input",
        "cache_write": "input",
        "cache_write_1h": "input",
        "reasoning": "output",
    }
    sound = counts.get("input_audio", 0)
    with localcontext() as context:
        context.prec = 60
        millionths = sum(
            Decimal(prices.get(kind) or prices[fallback[kind]]) * counts[kind]
            for kind in KINDS
            if counts.get(kind)
        )
        if sound and "input_audio" in prices:
            millionths += sound * (Decimal(prices["input_audio"]) - Decimal(prices["input"]))
        millionths *= Decimal(whole.get("regions", {}).get(region, "1"))
        fee = Decimal(whole.get("web_search", "0")) * counts.get("web_searches", 0)
        return f"{millionths.scaleb(-6) + fee.scaleb(-3):f}"
