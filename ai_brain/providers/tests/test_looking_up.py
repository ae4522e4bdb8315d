"""Looking AI costs up, in each vendor's format: the tools, what they gave, and the last call."""

import json

import pytest
from engine.chat.ledger_tools import INSTRUCTIONS, NAMES, TOOLS

THREAD = [
    {"role": "system", "content": INSTRUCTIONS},
    {"role": "user", "content": "Who spent most?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "call_1", "name": "ledger_costs", "arguments": '{"group_by": "user"}'},
        ],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": "- Ann: $7.07 [R2]"},
]


def _offered(api_format, body):
    if api_format == "openai":
        return [tool["function"]["name"] for tool in body["tools"]], body["tool_choice"]
    if api_format == "anthropic":
        return [tool["name"] for tool in body["tools"]], body["tool_choice"]["type"]
    (tools,) = body["tools"]
    names = [one["name"] for one in tools["functionDeclarations"]]
    return names, body["toolConfig"]["functionCallingConfig"]["mode"].lower()


@pytest.mark.parametrize("api_format", ["openai", "anthropic", "gemini"])
def test_every_format_takes_the_tools_and_their_results(api_format):
    from ai_brain.providers import ChatRequest, Endpoint, get_wire

    wire = get_wire(api_format)
    request = ChatRequest(THREAD, "some-model", 500, tools=TOOLS, tool_choice="none")
    endpoint = [Endpoint("openai")] if api_format == "openai" else []
    body = wire.payload(*endpoint, request)
    assert _offered(api_format, body) == ([*NAMES], "none")
    sent = json.dumps(body)
    assert "$7.07 [R2]" in sent
    assert "ledger_costs" in sent
    assert INSTRUCTIONS[:40] in sent


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Who exceeded last month?", "ledger_budgets"),
        ("Why did it rise?", "ledger_costs"),
        ("What would save money?", "ledger_savings"),
        ("Welche Aufrufe waren die teuersten?", "ledger_calls"),
        ("Write a poem about rain.", None),
    ],
)
def test_the_sandbox_only_chooses_the_tool(text, name):
    from ai_brain.providers import ChatRequest, Endpoint, get_wire

    wire = get_wire("sandbox")
    asked = [{"role": "user", "content": text}]
    answer = wire.complete(Endpoint("sandbox"), ChatRequest(asked, "sandbox", 500, tools=TOOLS))
    assert [call["name"] for call in answer.tool_calls] == ([name] if name else [])
    without = wire.complete(Endpoint("sandbox"), ChatRequest(asked, "sandbox", 500))
    assert not without.tool_calls
    last = ChatRequest(asked, "sandbox", 500, tools=TOOLS, tool_choice="none")
    assert not wire.complete(Endpoint("sandbox"), last).tool_calls


def test_the_sandbox_gives_what_was_looked_up_as_it_is():
    from ai_brain.providers import ChatRequest, Endpoint, get_wire

    answer = get_wire("sandbox").complete(
        Endpoint("sandbox"), ChatRequest(THREAD, "sandbox", 500, tools=TOOLS)
    )
    assert answer.content.endswith("- Ann: $7.07 [R2]")
