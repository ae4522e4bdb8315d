"""The vendor's bill and our ledger, over all formats and all that can go wrong."""

import itertools
from decimal import Decimal

import pytest

from ..vendor import PRICES
from ..vendor.faults import marker
from .parallel import outcomes

MODELS = {"openai": "loop-o-small", "anthropic": "loop-a-small", "gemini": "loop-g-small"}
# What the vendor does, and the state that the ledger row must have (None: no row at all).
FAULTS = [
    ({"fault": "429", "times": 1, "retry_after": 0}, "done"),
    ({"fault": "500", "times": 2, "retry_after": 0}, "done"),
    ({"fault": "503", "retry_after": 0}, "failed"),
    ({"fault": "529", "retry_after": 0}, "failed"),
    ({"fault": "400"}, "failed"),
    ({"fault": "401"}, "failed"),
    ({"fault": "404"}, "failed"),
    ({"fault": "429", "retry_after": 600}, "failed"),
    ({"fault": "redirect"}, "failed"),
    ({"fault": "badjson", "output": 60}, "uncertain"),
    ({"fault": "nousage", "output": 60}, "uncertain"),
    ({"fault": "badusage", "output": 60}, "uncertain"),
    ({"fault": "wrongtypes", "output": 60}, "uncertain"),
    ({"fault": "close"}, "uncertain"),
    ({"fault": "half", "output": 60}, "uncertain"),
    ({"fault": "huge"}, "uncertain"),
    ({"fault": "hang"}, "uncertain"),
    ({"delay": 0.2}, "done"),
    ({"tool": "lookup"}, "done"),
]
TOOL = {
    "type": "function",
    "function": {
        "name": "lookup",
        "parameters": {"type": "object", "properties": {"value": {"type": "integer"}}},
    },
}


def plan():
    """300 calls: (model, streamed, directives, expected state, options)."""
    rows = []
    for (directives, state), (_form, model), streamed in itertools.product(
        FAULTS, MODELS.items(), (False, True)
    ):
        options = {"max_tokens": 100}
        if directives.get("fault") == "hang":
            options["max_latency_ms"] = 3000
        if directives.get("tool"):
            options["tools"] = [TOOL]
        rows.append((model, streamed, directives, state, options))
    for model in MODELS.values():
        rows.append(
            (model, True, {"fault": "halfclean", "output": 60}, "uncertain", {"max_tokens": 100})
        )
    models = sorted(PRICES)
    number = 0
    while len(rows) < 300:
        model = models[number % len(models)]
        form = PRICES[model]["format"]
        directives = {"output": 3 + number * 7 % 150}
        if number % 3 == 0:
            directives["cached"] = number % 11
        if form == "anthropic" and number % 4 == 0:
            directives["written"] = 5
        if model.endswith("think"):
            directives["reasoning"] = number % 90
        if model == "loop-o-router":
            directives["cost"] = f"0.000{number:04}{number:07}"
        rows.append((model, number % 2 == 0, directives, "done", {"max_tokens": 1 + number * 3}))
        number += 1
    return rows


def disagreeing(world, planned, results):
    """(calls of a plan whose ledger row is not what the vendor's bill asks for, {id: bill})."""
    bills = {}
    for row in world.vendor.log():
        bills[row["id"]] = bills.get(row["id"], Decimal(0)) + Decimal(row["bill"])
    ledger = {}
    for prompt, state, cost, calls in world.database.rows(
        "SELECT prompt_text, state, cost_usd::text, call_count FROM ai_token_usage"
        " WHERE prompt_text LIKE 'Call % of the plan%'"
    ):
        identity = prompt.rpartition("id=")[2].partition("}")[0].split()[0]
        assert identity not in ledger, f"{identity} has two rows"
        ledger[identity] = (state, Decimal(cost), calls)

    wrong = []
    for number, (model, streamed, directives, expected, _options) in enumerate(planned):
        identity = f"c{number}"
        state, cost, _calls = ledger.get(identity, (None, None, None))
        bill = bills.get(identity, Decimal(0))
        agrees = {
            "done": cost == bill,
            "failed": cost == bill == 0,
            "uncertain": cost is not None and cost >= bill > 0,
        }.get(state, False)
        if state != expected or not agrees:
            wrong.append(
                (
                    identity,
                    model,
                    streamed,
                    directives,
                    expected,
                    state,
                    cost,
                    bill,
                    str(results[number])[:150],
                )
            )
    return wrong, bills


@pytest.mark.every_series
@pytest.mark.usefixtures("world")
def test_300_calls_agree_with_the_vendor_s_bill(world):
    calls = plan()
    assert len(calls) == 300
    rpc = world.rpc()

    def call(number, model, streamed, directives, options):
        text = f"Call {number} of the plan. {marker(id=f'c{number}', **directives)}"
        provider_id = world.providers[model]
        if streamed:
            return rpc("ai.brain.probe", "stream", text, provider_id, **options)
        return rpc.send(text, provider_id, **options)

    results = outcomes(
        [
            lambda number=number, row=row: call(number, row[0], row[1], row[2], row[4])
            for number, row in enumerate(calls)
        ],
        at_once=12,
    )
    world.vendor.release("hang")

    wrong, bills = disagreeing(world, calls, results)
    assert not wrong, "\n".join(map(str, wrong))

    # A stream that broke off is recorded with what had come of it.
    assert (
        world.database.text(
            "SELECT bool_and(tokens_estimated AND output_tokens > 0 AND answer_text > '')"
            " FROM ai_token_usage WHERE prompt_text LIKE '%fault=halfclean%'"
            " OR (error_code = 'StreamCut' AND prompt_text LIKE '%fault=half %')"
        )
        == "true"
    )

    paid = [f"c{n}" for n, row in enumerate(calls) if row[3] == "done"]
    assert world.ledger("state = 'done' AND prompt_text LIKE 'Call % of the plan%'") == (
        len(paid),
        sum(bills[identity] for identity in paid),
    )


# model, what the vendor says beside the counts of tokens, and the state of the row
SAID = [
    ("loop-o-small", {"service": "flex"}, "done"),
    ("loop-o-small", {"service": "flex", "cached": 5}, "done"),
    ("loop-o-small", {"service": "scale"}, "uncertain"),
    ("loop-o-small", {"sound": 2}, "done"),
    ("loop-o-small", {"sound": 2, "cached": 5}, "uncertain"),
    ("loop-o-think", {"sound": 2}, "uncertain"),
    ("loop-a-small", {"region": "us"}, "done"),
    ("loop-a-small", {"region": "us", "service": "fast"}, "done"),
    ("loop-a-small", {"region": "eu"}, "uncertain"),
    ("loop-a-small", {"searches": 2}, "done"),
    ("loop-a-large", {"region": "us"}, "uncertain"),
    ("loop-a-small", {"service": "priority"}, "uncertain"),
    ("loop-g-small", {"service": "priority"}, "done"),
    ("loop-g-small", {"service": "flex"}, "uncertain"),
    ("loop-g-small", {"sound": 3}, "done"),
]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.usefixtures("world")
def test_what_a_usage_names_beside_its_tokens_is_billed_or_uncertain(world, streamed):
    rpc = world.rpc()
    wrong = []
    for number, (model, said, expected) in enumerate(SAID):
        identity = f"said{number}{streamed}"
        text = f"Said {number}. {marker(id=identity, output=20, **said)}"
        before = world.ledger(f"state = '{expected}'")
        if streamed:
            rpc("ai.brain.probe", "stream", text, world.providers[model])
        else:
            rpc.send(text, world.providers[model])
        rows, cost = (
            now - then for now, then in zip(world.ledger(f"state = '{expected}'"), before)
        )
        bill = sum(Decimal(row["bill"]) for row in world.vendor.log() if row["id"] == identity)
        agrees = cost == bill if expected == "done" else cost >= bill
        if rows != 1 or not agrees or not bill:
            wrong.append((model, said, expected, rows, cost, bill))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.every_series
@pytest.mark.usefixtures("world")
def test_reader_who_leaves_a_stream_still_pays(world):
    before = world.ledger("state = 'uncertain'")
    answer = world.rpc()(
        "ai.brain.probe",
        "stream",
        marker(output=300),
        world.providers["loop-o-small"],
        2,
        max_tokens=400,
    )
    assert answer["left"] is True
    calls, cost = world.ledger("state = 'uncertain'")
    assert calls - before[0] == 1
    assert cost - before[1] >= world.vendor_books()[1] > 0
    assert world.reservations() == (0, 0)


@pytest.mark.every_series
@pytest.mark.usefixtures("world")
def test_fallback_is_asked_when_the_first_does_not_answer(world):
    rpc = world.rpc()
    first, second = world.providers["loop-o-small"], world.providers["loop-a-small"]
    rpc("ai.service.provider", "write", [first], {"fallback_provider_id": second})
    before = world.ledger()
    try:
        answer = rpc.send("fall back " + marker(fault="503", times=3, retry_after=0), first)
    finally:
        rpc("ai.service.provider", "write", [first], {"fallback_provider_id": False})
    assert answer["provider_id"] == second
    assert world.ledger()[0] - before[0] == 2
    assert world.ledger()[1] - before[1] == world.vendor_books()[1]
