"""The endpoint does what its description says: schemathesis asks a running server."""

import re
from collections import defaultdict

import pytest
import requests

from tests.harness import contract
from tests.vendor.load import engine

#: Each format is asked of a vendor that speaks it: what another one has no word for, it refuses.
GROUPS = {
    "openai": (("loop-o-small", "loop-o-embed", "loop-o-hear"), r"^/(?!ai/v1/messages)"),
    "anthropic": (("loop-a-small",), r"^/ai/v1/messages"),
}
LINE = re.compile(r'"(?P<method>[A-Z]+) (?P<path>/a[^ ?"]*)[^"]*" (?P<status>\d{3})')


@pytest.fixture(scope="module")
def keys(shared_world):
    """A key of each group, with all scopes."""
    rpc = shared_world.rpc()
    rpc("res.company", "write", [1], {"ai_person_usd": 0, "ai_person_calls": 0})
    return {
        name: rpc(
            "ai.brain.probe",
            "endpoint_key",
            "manager",
            may_read_figures=True,
            may_read_metrics=True,
            provider_ids=[(6, 0, [shared_world.providers[model] for model in models])],
        )[1]
        for name, (models, _paths) in GROUPS.items()
    }


def _url(world, path):
    return f"http://127.0.0.1:{world.server.port}{path}"


def _document(world, key):
    headers = {"Authorization": f"Bearer {key}"}
    return requests.get(_url(world, "/ai/v1/openapi.json"), headers=headers, timeout=30)


@pytest.mark.parametrize("group", GROUPS)
def test_schemathesis_finds_nothing(shared_world, keys, group):
    _models, paths = GROUPS[group]
    shared_world.server.stop()  # wrong keys are counted by address, and forgotten with the process
    shared_world.server.start()
    before = len(shared_world.server.log())
    found = contract.ask(
        _url(shared_world, "/ai/v1/openapi.json"), keys[group], paths, examples=5, every=200
    )
    assert found.code == 0, found.said[-12_000:]
    assert found.cases > 100, found.said[-3_000:]
    log = shared_world.server.log()[before:]
    assert "Traceback" not in log
    answered = defaultdict(set)
    for line in LINE.finditer(log):
        answered[line["path"].partition("/models/")[0]].add(int(line["status"]))
    served = {
        path.partition("/models/")[0]
        for path, _method in engine("gateway.operations").OPERATIONS
        if re.search(paths, path)
    }
    # answered, without a key, by a wrong method
    assert all({200, 401, 405} <= answered[path] for path in served), dict(answered)
    bodies = {
        path
        for path in served
        if path.endswith(("completions", "messages", "tokens", "embeddings", "transcriptions"))
    }
    assert all({400, 415} <= answered[path] for path in bodies), dict(answered)


def test_the_document_is_what_the_engine_makes_of_its_tables(shared_world, keys):
    response = _document(shared_world, keys["openai"])
    assert response.json() == engine("gateway.openapi").document()
    assert response.headers["Cache-Control"] == "no-store"
    assert requests.get(response.url, timeout=30).status_code == 401
    assert response.text == _document(shared_world, keys["anthropic"]).text, "the same for all"
