"""Vendors' prompt caches by the vendors' rules: what is read and written is billed, and the ledger
says the same to the last digit."""

from decimal import Decimal

import pytest

from ..vendor import Vendor

# about 5,000 tokens: more than any model's least
RULES = "You answer for the shop in Ghent and you never promise a date of delivery. " * 360
HOUR = {"type": "ephemeral", "ttl": "1h"}
MODELS = ("loop-a-large", "loop-a-small", "loop-o-small", "loop-g-small")


def said(system, *turns):
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]
    return [{"role": "system", "content": system}, *messages]


@pytest.mark.usefixtures("world")
def test_bill_equals_ledger_with_marks_on(world):
    rpc, vendor = world.rpc(), world.vendor
    before = len(vendor.log())
    vendor.defaults(caches="rules")
    agent = {"name": "Shop", "code": "cache_shop", "vendor_cache": True}
    rpc("ai.agent", "create", agent)

    def ask(model, messages, **tags):
        environment = {"agent_type": "cache_shop", "module": "cache_bill", **tags}
        return rpc.send(messages, world.providers[model], environment=environment)

    try:
        for number in range(6):  # the step's own marks, from the ledger's gaps
            ask("loop-a-large", said(RULES, f"Do you open at {number}?"))
        talk = []
        for number in range(6):  # a conversation, whose growing tail is marked, too
            talk.append(f"Question {number}: is the answer before right? " + "Please check. " * 900)
            talk.append(ask("loop-a-large", said(RULES, *talk), session_id="cache-talk")["content"])
        own = [{"type": "text", "text": RULES, "cache_control": HOUR}]
        for number in range(4):  # marks of the caller: an hour
            ask("loop-a-small", said(own, f"Do you open at {number}?"))
        vendor.later(3700)  # everything is forgotten
        ask("loop-a-small", said(own, "And now?"))
        ask("loop-a-large", said(RULES, "And now?"))
        for model in MODELS[2:]:
            for number in range(4):
                ask(model, said(RULES, f"Do you open at {number}?"))
    finally:
        vendor.defaults()

    log = vendor.log()[before:]
    counted = {model: {} for model in MODELS}
    for model in MODELS:
        rows = [row for row in log if row["model"] == model]
        bill = sum(Decimal(row["bill"]) for row in rows)
        for row in rows:
            for kind, tokens in row["counts"].items():
                counted[model][kind] = counted[model].get(kind, 0) + tokens
        calls, cost = world.ledger(
            f"module = 'cache_bill' AND provider_id = {world.providers[model]}"
        )
        assert (calls, cost) == (len(rows), bill), model
    # what each is there for has happened
    large, hour = counted["loop-a-large"], counted["loop-a-small"]
    assert large["cache_write"] > 5_000, large
    assert large["cache_read"] > 3 * 4_000, large
    assert hour["cache_write_1h"] > 2 * 4_000, hour  # twice: the vendor forgot it after an hour
    assert hour["cache_read"] > 3 * 4_000
    assert not hour["cache_write"]
    for model in MODELS[2:]:
        assert counted[model]["cache_read"] > 3 * 4_000, counted[model]
    marked = [row for row in log if row["model"] == "loop-a-large" and row["marks"] > 1]
    assert marked, "the tail of a conversation was never marked"


@pytest.fixture
def asked():
    """A vendor of its own, and what one request to it is billed: {kind: tokens}."""
    import requests

    with Vendor() as vendor:
        vendor.defaults(caches="rules", output=5)

        def ask(path, body, status=200):
            found = requests.post(
                vendor.url + path, json=body, headers={"x-api-key": "k"}, timeout=60
            )
            assert found.status_code == status, found.text
            counts = vendor.log()[-1]["counts"] or {}
            return {k: n for k, n in counts.items() if n and k.startswith("cache")}

        ask.vendor = vendor
        yield ask


def claude(*blocks, turns=(("Hello?", None),), tools=()):
    def block(text, life):
        mark = {"type": "ephemeral", **({"ttl": life} if life == "1h" else {})}
        return {"type": "text", "text": text, **({"cache_control": mark} if life else {})}

    return {
        "model": "loop-a-small",
        "max_tokens": 50,
        "system": [block(*one) for one in blocks],
        "messages": [
            {"role": ("user", "assistant")[n % 2], "content": [block(*one)]}
            for n, one in enumerate(turns)
        ],
        **({"tools": [*tools]} if tools else {}),
    }


def test_anthropic_writes_once_and_reads_while_it_is_used(asked):
    body = claude((RULES, "5m"))
    written = asked("/messages", body)["cache_write"]
    for _n in range(3):
        asked.vendor.later(250)
        assert asked("/messages", body) == {"cache_read": written}  # each use renews it
    asked.vendor.later(350)
    assert asked("/messages", body) == {"cache_write": written}


def test_anthropic_keeps_nothing_unmarked_small_or_different(asked):
    assert asked("/messages", claude((RULES, None))) == {}
    assert asked("/messages", claude(("Be short.", "5m"))) == {}
    asked("/messages", claude((RULES, "5m")))
    assert "cache_read" not in asked("/messages", claude((f"12 May. {RULES}", "5m")))
    tool = {"name": "look_up", "input_schema": {"type": "object"}}
    assert "cache_read" not in asked("/messages", claude((RULES, "5m"), tools=[tool]))


def test_anthropic_reads_the_hour_and_writes_the_tail(asked):
    first = asked("/messages", claude((RULES, "1h"), turns=[("One? " * 400, "5m")]))
    assert first["cache_write_1h"] > 4_000
    assert first["cache_write"] > 300
    turns = [("One? " * 400, None), ("Yes.", None), ("Two? " * 400, "5m")]
    second = asked("/messages", claude((RULES, "1h"), turns=turns))
    # the earlier tail is read although it is not marked any more
    assert second["cache_read"] == first["cache_write_1h"] + first["cache_write"]
    assert 300 < second["cache_write"] < 900
    assert "cache_write_1h" not in second
    asked.vendor.later(400)  # five minutes are over, the hour is not
    third = asked("/messages", claude((RULES, "1h"), turns=turns))
    assert third["cache_read"] == first["cache_write_1h"]
    assert third["cache_write"] > 600


def test_anthropic_refuses_marks_out_of_order_and_five_of_them(asked):
    asked("/messages", claude((RULES, "5m"), ("Also.", "1h")), status=400)
    asked("/messages", claude(*[(f"{n} {RULES}", "5m") for n in range(5)]), status=400)


def test_openai_reads_steps_of_128_from_1024_on(asked):
    def body(text, **more):
        messages = [{"role": "system", "content": text}, {"role": "user", "content": "Open?"}]
        return {"model": "loop-o-small", "messages": messages, **more}

    path = "/v1/chat/completions"
    assert asked(path, body(RULES)) == {}
    read = asked(path, body(RULES))["cache_read"]
    assert read > 4_000
    assert read % 128 == 0
    assert asked(path, body(f"12 May. {RULES}")) == {}
    half = asked(path, body(RULES[: len(RULES) // 2] + "And now something else."))["cache_read"]
    assert 2_000 < half < read
    assert half % 128 == 0
    assert asked(path, body("Be short.")) == asked(path, body("Be short.")) == {}
    assert asked(path, body(RULES, prompt_cache_key="other")) == {}
    asked.vendor.later(700)
    assert asked(path, body(RULES)) == {}


def test_gemini_reads_what_it_has_seen(asked):
    def body(text):
        user = {"role": "user", "parts": [{"text": "Open?"}]}
        return {"systemInstruction": {"parts": [{"text": text}]}, "contents": [user]}

    path = "/v1beta/models/loop-g-small:generateContent"
    assert asked(path, body(RULES)) == {}
    assert asked(path, body(RULES))["cache_read"] > 4_000
    assert asked(path, body("Be short.")) == asked(path, body("Be short.")) == {}
