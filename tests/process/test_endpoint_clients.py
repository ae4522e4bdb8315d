"""The vendors' own clients call the endpoint: a base URL and a key are all that they change.

Each of their scripts (``tests/clients``) runs once, in an environment and a process of its own.
"""

import functools

import pytest

from tests.harness import clients
from tests.vendor.load import engine

SCRIPTS = ("with_openai", "with_anthropic", "with_litellm", "with_langchain")
MODELS = {"openai": "loop-o-small", "anthropic": "loop-a-small", "gemini": "loop-g-small"}


def _table(module, begins=""):
    """What is done with each parameter of a format."""
    found = engine(f"gateway.{module}")
    return {
        kind.lower(): sorted(getattr(found, begins + kind))
        for kind in ("HONOURED", "PASSED", "REFUSED")
    }


@pytest.fixture(scope="module")
def facts(shared_world):
    """What the scripts are told."""
    rpc = shared_world.rpc()
    _id, key = rpc("ai.brain.probe", "endpoint_key", "user")
    _id, poor_key = rpc("ai.brain.probe", "endpoint_key", "other")
    embedder = shared_world.providers["loop-o-embed"]
    rpc("ai.service.provider", "write", [embedder], {"context_window": 400})
    other = rpc("res.users", "search", [("login", "=", "other")])
    rpc(
        "ai.cost.budget",
        "create",
        {"name": "Nothing", "budget_amount": 0.0000001, "user_id": other[0]},
    )
    return {
        "base_url": f"http://127.0.0.1:{shared_world.server.port}/ai/v1",
        "key": key,
        "poor_key": poor_key,
        "wrong_key": "sam_" + "x" * 43,
        "models": MODELS,
        "tables": {
            "openai": _table("openai_read"),
            "anthropic": _table("anthropic_read"),
            "anthropic_count": _table("anthropic_params", "COUNT_"),
            "embeddings": _table("openai_embeddings"),
            "transcriptions": _table("openai_transcriptions"),
        },
    }


@pytest.fixture(scope="module")
def found(facts, shared_world):
    """What each script found, run when it is first asked for."""
    shared_world.vendor.reset()
    return functools.cache(lambda script: clients.run(script, **facts))


@pytest.mark.parametrize(
    ("script", "check"), [(one, check) for one in SCRIPTS for check in clients.checks(one)]
)
def test_client(found, script, check):
    error = found(script)[check]
    assert error is None, error


def test_what_openai_s_client_asks_for_reaches_the_vendor(found, shared_world):
    found("with_openai")
    (row,) = shared_world.vendor.log(id="openai-all")
    assert set(_table("openai_read")["passed"]) <= set(row["keys"])
    assert "metadata" in row["keys"]
    rows = shared_world.database.rows(
        "SELECT module, gateway_key IS NOT NULL, res_users.login FROM ai_token_usage"
        " JOIN res_users ON res_users.id = user_id WHERE prompt_text LIKE %s",
        "%openai-all%",
    )
    assert rows == [("sale", True, "user")], "tagged by metadata, and the key's user's"


def test_vectors_and_recordings_reach_the_vendor_and_the_ledger(found, shared_world):
    found("with_openai")
    (row,) = shared_world.vendor.log(id="openai-embed")
    assert row["keys"] == ["dimensions", "input", "model", "user"]
    (row,) = shared_world.vendor.log(id="openai-hear")
    assert {"language", "prompt", "temperature", "timestamp_granularities[]"} <= set(row["keys"])
    rows = shared_world.database.rows(
        "SELECT task_type, module, gateway_key IS NOT NULL, state FROM ai_token_usage"
        " WHERE prompt_text LIKE '%openai-embed%' OR prompt_text LIKE '%openai-hear%'"
        " ORDER BY task_type"
    )
    assert rows == [
        ("embedding", "gateway", True, "done"),
        ("voice_to_text", "gateway", True, "done"),
    ]


def test_what_anthropic_s_client_asks_for_reaches_the_vendor(found, shared_world):
    found("with_anthropic")
    (row,) = shared_world.vendor.log(id="anthropic-marks")
    assert row["marks"] == 3, "in system, tools and messages, and no other"
    (row,) = shared_world.vendor.log(id="anthropic-all")
    asked = "metadata output_config stop_sequences temperature thinking top_k top_p cache_control"
    assert set(asked.split()) <= set(row["keys"])
