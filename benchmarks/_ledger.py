"""Providers, calls and ledger rows for the benchmarks of the pipeline and the ledger."""

import random
import time

WORDS = [
    "invoice",
    "customer",
    "payment",
    "order",
    "delivery",
    "reminder",
    "contract",
    "quarter",
    "revenue",
    "supplier",
    "stock",
    "please",
    "summarise",
    "answer",
    "the",
    "following",
    "letter",
    "and",
    "say",
    "what",
    "is",
    "due",
    "when",
    "by",
    "whom",
    "for",
    "how",
    "much",
    "discount",
    "terms",
    "days",
    "net",
    "warehouse",
    "Brussels",
    "lead",
    "meeting",
    "proposal",
    "follow",
    "up",
    "next",
    "week",
]
MODEL = "loop-o-small"
AGENT = "everything_on"
#: The same with a holdout.
HOLDING = "holds_out"


def prose(rng, characters):
    """Text of words, exactly so long."""
    text = ""
    while len(text) < characters:
        text += rng.choice(WORDS) + " "
    return text[:characters]


def make_provider(env, base_url, **values):
    """A provider at the loopback vendor, priced and with a key; those of earlier runs retire."""
    env["ai.service.provider"].search([("name", "=", "Benchmark")]).active = False
    provider = env["ai.service.provider"].create(
        {
            "name": "Benchmark",
            "model_name": MODEL,
            "base_url": base_url,
            "sequence": 0,
            "price_ids": [
                (0, 0, {"input_usd": 0.15, "output_usd": 0.6, "valid_from": "2020-01-01"})
            ],
            **values,
        }
    )
    provider.api_key = "test-key"
    return provider


def make_agent(env, provider, code=AGENT, **values):
    """An agent with every switch on, none of which changes a plain call to the provider."""
    env["ai.agent"].search([("code", "=", code)]).active = False
    types = env["ai.message.type"].search([("is_none", "=", False)])
    return env["ai.agent"].create(
        {
            "name": "Everything On",
            "code": code,
            "provider_id": provider.id,
            "efficient_provider_id": provider.id,
            "message_type_ids": [(6, 0, types.ids)],
            "mode": "smart_router",
            "quality_required": "low",
            "max_tokens": 1000,
            "sets_temperature": True,
            "temperature": 0.5,
            "max_latency_ms": 600_000,
            "first_strong_messages": 1,
            "keep_text": "full",
            "apology": "Please ask again later.",
            "reuse": "same_question",
            "pattern_ids": [(6, 0, env["ai.answer.pattern"].search([]).ids)],
            "keep_messages": 20,
            "tool_policy": "needed",
            "vendor_cache": True,
            **values,
        }
    )


def tags(rng, record=True):
    """The tags of a call as an addon would give them."""
    about = {"res_model": "res.partner", "res_id": rng.randint(1, 5000)} if record else {}
    return {
        "module": rng.choice(["crm", "sale", "account", "helpdesk"]),
        "context_model": rng.choice(["crm.lead", "sale.order", "account.move"]),
        "context_type": rng.choice(["full", "selective", "minimal"]),
        "agent_type": rng.choice(["writer", "sorter", "summary"]),
        **about,
        "session_id": f"{rng.getrandbits(48):012x}",
    }


def messages(rng, characters=400):
    return [
        {"role": "system", "content": "You answer letters of customers in three sentences."},
        {"role": "user", "content": prose(rng, characters)},
    ]


def finished_call(env, provider, rng, characters=400):
    """(service, call) of a real call that was sent, answered and settled."""
    service = env["ai.service"]
    call = service._check(messages(rng, characters), provider, tags(rng), {})
    for _text in service._life(call):
        pass
    return service, call


def fresh_random():
    """Random texts that no earlier run has sent: repeated ones would be found as duplicates."""
    return random.Random(time.time_ns())


WASTE = (
    "waste_analyzed",
    "waste_detected",
    "waste_reason",
    "waste_report",
    "could_have_saved_usd",
    "optimization_score",
)


def row_of_call(service, call):
    """The ledger row of a finished call, with what was found of its waste at the time."""
    # Judged again, the call would be found to repeat itself.
    call.memory.pop("ai.step.waste", None)
    row = service._ledger_row(call, call.attempt)
    # On a cursor of its own: this one's snapshot is older than the row.
    with service.env.registry.cursor() as cr:
        usage = service.with_env(service.env(cr=cr)).env["ai.token.usage"]
        found = usage.browse(call.attempt.token_usage_id)
        return {**row, **{name: found[name] or None for name in WASTE}}
