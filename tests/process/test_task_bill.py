"""The vendor's bill and our ledger, over vectors and recordings and all that can go wrong."""

import base64
import io
import itertools
import wave
from decimal import Decimal

import pytest

from ..vendor.faults import marker
from .parallel import outcomes
from .test_bill import disagreeing

#: What the vendor does, and the state that the ledger row must have.
FAULTS = [
    ({}, "done"),
    ({"fault": "429", "times": 1, "retry_after": 0}, "done"),
    ({"fault": "500", "times": 2, "retry_after": 0}, "done"),
    ({"delay": 0.2}, "done"),
    ({"fault": "503", "retry_after": 0}, "failed"),
    ({"fault": "529", "retry_after": 0}, "failed"),
    ({"fault": "400"}, "failed"),
    ({"fault": "401"}, "failed"),
    ({"fault": "404"}, "failed"),
    ({"fault": "429", "retry_after": 600}, "failed"),
    ({"fault": "redirect"}, "failed"),
    ({"limit": 1}, "failed"),
    ({"fault": "badjson"}, "uncertain"),
    ({"fault": "nousage"}, "answered"),
    ({"fault": "badusage"}, "answered"),
    ({"fault": "wrongtypes"}, "uncertain"),
    ({"fault": "close"}, "uncertain"),
    ({"fault": "half"}, "uncertain"),
    ({"fault": "huge"}, "uncertain"),
    ({"fault": "502"}, "uncertain"),
    ({"fault": "hang"}, "uncertain"),
]
WRONG = {
    "loop-o-embed": ("lengths", "fewer", "words"),
    "loop-o-hear": ("text", "times"),
    "loop-o-listen": ("text", "times"),
}
SECONDS = (0.3, 0.5, 1, 2.49, 2.5, 7, 59.6, 61)


def recording(seconds, rate=1000):
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(1)
        made.setframerate(rate)
        made.writeframes(b"\x80" * int(seconds * rate))
    return file.getvalue()


def plan():
    """(model, streamed, directives, expected state, options) of each call, as ``disagreeing``
    reads them."""
    rows = []
    for (told, state), model in itertools.product(FAULTS, WRONG):
        if state == "answered":
            state = "uncertain"  # its answer is read; what it cost is not known
        elif told.get("fault") == "huge" and model == "loop-o-embed":
            state = "done"  # vectors may be that many
        rows.append((model, False, told, state, {}))
    for model, kinds in WRONG.items():
        rows += [(model, False, {"wrong": kind}, "uncertain", {"texts": 2}) for kind in kinds]
    for number, seconds in enumerate(SECONDS * 3):
        options = {"seconds": seconds}
        told = {"output": 3 + number} if number % 2 else {}
        rows.append((("loop-o-hear", "loop-o-listen")[number % 2], False, told, "done", options))
    # who bills ten seconds at least, by the hour
    for seconds in (0.3, 4, 9.6, 10.4, 10.5, 61, 722.3):
        rows.append(("loop-o-hour", False, {}, "done", {"seconds": seconds}))
    rows.append(("loop-o-hour", False, {"fault": "503", "retry_after": 0}, "failed", {}))
    # the vendor takes it for shorter or longer than its file tells
    rows.append(("loop-o-hear", False, {"seconds": "1.5"}, "done", {"seconds": 9}))
    rows.append(("loop-o-hear", False, {"seconds": "33.7"}, "done", {"seconds": 9}))
    rows.append(("loop-o-listen", False, {"seconds": "33.7"}, "done", {"seconds": 9}))
    for number in range(12):
        options = {"texts": 1 + number * 3, "dimensions": (None, 3, 256)[number % 3]}
        rows.append(("loop-o-embed", False, {}, "done", options))
    return rows


def text_of(number, told):
    return f"Call {number} of the plan. {marker(id=f'c{number}', **told)}"


def check_bill(world, calls, results):
    """The ledger has what the vendor's bill asks for, call by call and as a sum."""
    world.vendor.release("hang")
    wrong, bills = disagreeing(world, calls, results)
    assert not wrong, "\n".join(map(str, wrong))
    paid = [f"c{n}" for n, row in enumerate(calls) if row[3] == "done"]
    assert world.ledger("state = 'done' AND prompt_text LIKE 'Call % of the plan%'") == (
        len(paid),
        sum(bills[identity] for identity in paid),
    )
    assert world.reservations() == (0, 0)
    seconds = world.database.rows(
        "SELECT u.audio_seconds, u.usage_details->>'audio_seconds' FROM ai_token_usage u"
        " WHERE u.model_name = 'loop-o-hear' AND u.state = 'done'"
    )
    assert seconds
    # what lasts less than half a second is billed as none, and shown as it was measured
    assert all(billed is None or float(shown) == float(billed) for shown, billed in seconds)


@pytest.mark.every_series
@pytest.mark.usefixtures("world")
def test_vectors_and_recordings_agree_with_the_vendor_s_bill(world):
    rpc = world.rpc()
    calls = plan()

    def call(number, model, told, options):
        text, provider_id = text_of(number, told), world.providers[model]
        limit = {"max_latency_ms": 3000} if told.get("fault") == "hang" else {}
        if model == "loop-o-embed":
            texts = [text, *(f"Text {n}." for n in range(1, options.get("texts", 1)))]
            more = {"dimensions": options["dimensions"]} if options.get("dimensions") else {}
            return rpc("ai.service", "embed", texts, config=provider_id, **more, **limit)
        data = base64.b64encode(recording(options.get("seconds", 3))).decode()
        return rpc("ai.brain.probe", "hear", data, provider_id, prompt=text, **limit)

    results = outcomes(
        [
            lambda number=number, row=row: call(number, row[0], row[2], row[4])
            for number, row in enumerate(calls)
        ],
        at_once=12,
    )
    check_bill(world, calls, results)


@pytest.mark.usefixtures("world")
def test_a_recording_of_30_mb_in_flat_memory(world, processes):
    """Measured in a process of its own: what it holds at most grows by no copy of the file."""
    script = SCRIPT % (world.providers["loop-o-hear"],)
    told = processes.result(processes.shell(script))
    assert told["state"] == "done"
    (row,) = world.vendor.log(id="large")
    assert row["bytes"] == told["size"] > 30 * 1024 * 1024
    assert row["digest"] == told["digest"]
    assert Decimal(row["bill"]) == Decimal(told["cost"]) > 0
    grown = told["after_kb"] - told["before_kb"]
    print(f"30 MB were sent; the process' peak grew by {grown} kB")
    assert grown < 8 * 1024


#: Sends a small recording, so that all is imported and the words of the prompt are counted by a
#: vocabulary that is loaded, then one of 30 MB from the file store.
SCRIPT = """
import hashlib, json, resource, shutil, struct

def attached(size):
    rate = 16000
    head = b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16) + b"data" + struct.pack("<I", size)
    made = env["ir.attachment"].create({"name": f"{size}.wav", "raw": head + str(size).encode()})
    path = made._full_path(made.store_fname)
    with open(path, "wb") as file:
        file.write(head)
        for _n in range(size // 32000):
            file.write(bytes(range(250)) * 128)
    return made, path

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

env["ai.service.provider"].browse(%d).write({"timeout_s": 60})
small, _path = attached(32000)
large, path = attached(31 * 1024 * 1024 // 32000 * 32000)
env.cr.commit()
service = env["ai.service"]
service.transcribe(small, prompt="Hello there", config=env["ai.service.provider"].search(
    [("model_name", "=", "loop-o-hear")], limit=1))
before = peak()
answer = service.transcribe(large, prompt="{{vendor id=large limit=99000000}}",
    config=env["ai.service.provider"].search([("model_name", "=", "loop-o-hear")], limit=1))
after = peak()
with open(path, "rb") as file:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = file.seek(0, 2)
env.cr.commit()  # the row was written by another cursor, after this one began to look
env.cr.execute("SELECT cost_usd::text FROM ai_token_usage WHERE id = %%s" %% answer[
    "token_usage_id"])
print("RESULT " + json.dumps({"before_kb": before, "after_kb": after, "digest": digest,
    "size": size, "state": answer["state"], "cost": env.cr.fetchone()[0]}))
"""
