"""Vectors and recordings at the endpoint: the vendor's bill, and what is told of what failed."""

import json

import pytest
import requests

from .endpoint import Caller, places
from .parallel import outcomes
from .test_task_bill import WRONG, check_bill, plan, recording, text_of


@pytest.mark.usefixtures("world")
def test_the_endpoint_s_agree_too(world):
    caller = Caller(world)
    providers = [world.providers[model] for model in WRONG]
    world.rpc()("ai.service.provider", "write", providers, {"timeout_s": 20})
    calls = plan()
    url = f"http://127.0.0.1:{caller.port}/ai/v1"
    headers = {"Authorization": f"Bearer {caller.key}"}

    def call(number, model, told, options):
        text = text_of(number, told)
        if model == "loop-o-embed":
            body = {"model": model, "input": [text] + ["More."] * (options.get("texts", 1) - 1)}
            if options.get("dimensions"):
                body["dimensions"] = options["dimensions"]
            response = requests.post(f"{url}/embeddings", json=body, headers=headers, timeout=60)
        else:
            files = {"file": ("a.wav", recording(options.get("seconds", 3)))}
            form = {"model": model, "prompt": text}
            response = requests.post(
                f"{url}/audio/transcriptions", data=form, files=files, headers=headers, timeout=60
            )
        return response.status_code, response.text

    results = outcomes(
        [
            lambda number=number, row=row: call(number, row[0], row[2], row[4])
            for number, row in enumerate(calls)
        ],
        at_once=12,
    )
    check_bill(world, calls, results)
    for (_model, _streamed, told, state, _options), (status, text) in zip(calls, results):
        answered = state == "done" or told.get("fault") in ("nousage", "badusage")
        assert (status == 200) == answered, (told, state, status, text[:300])
        if not answered:
            assert "error" in json.loads(text)
    assert world.ledger(f"gateway_key = {caller.key_id}")[0] == len(calls)
    assert places(world) == 0
