"""LangChain's ChatOpenAI at the endpoint."""

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from said import marker, said


@tool
def look(value: int) -> str:
    """Look at a thing."""
    return f"It is {value}."


class Total(BaseModel):
    """A sum."""

    total: int


def chat(facts, name="openai", **options):
    """The chat model of a person who changed the base URL and the key."""
    return ChatOpenAI(
        model=facts["models"][name],
        base_url=facts["base_url"],
        api_key=facts["key"],
        max_retries=0,
        **options,
    )


def check_answer(facts):
    answer = chat(facts).invoke("Hello " + marker(output=12))
    assert len(answer.content.split()) == 12
    assert answer.usage_metadata["total_tokens"] > 0


def check_stream_with_usage(facts):
    chunks = list(chat(facts, stream_usage=True).stream("Tell me " + marker(output=30)))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert len(whole.content.split()) == 30
    assert whole.usage_metadata["output_tokens"] > 0


def check_tools_in_a_loop(facts):
    for name in ("openai", "anthropic"):
        model = chat(facts, name).bind_tools([look])
        messages = [HumanMessage("look " + marker(tool="look"))]
        said_first = model.invoke(messages)
        (call,) = said_first.tool_calls
        assert (call["name"], call["args"]) == ("look", {"value": 1})
        result = ToolMessage(look.invoke(call["args"]), tool_call_id=call["id"])
        again = HumanMessage("And? " + marker(output=4))
        answer = model.invoke([*messages, said_first, result, again])
        assert len(answer.content.split()) == 4


def check_structured_output(facts):
    for method in ("json_schema", "function_calling"):
        if method == "function_calling":
            continue  # the loopback vendor's tools take another argument
        model = chat(facts).with_structured_output(Total, method=method)
        assert model.invoke("Add. " + said('{"total": 7}')) == Total(total=7)
