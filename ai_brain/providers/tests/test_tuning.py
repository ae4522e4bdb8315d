"""Files and fine-tuning jobs against the loopback vendor, over real HTTP, with every state."""

import datetime
import io
import json
from decimal import Decimal

import pytest

from tests.vendor import PRICES

LABEL = "sam_1"
BEFORE = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
MODEL = "loop-o-small"


def _errors():
    from ai_brain.providers import errors

    return errors


class Tuned:
    """The service at the vendor, with the fewest words a test needs."""

    def __init__(self, client):
        self.client, self.endpoint = client, client.endpoint
        self.service = client.wire.tuning

    def upload(self, count=12, name=f"{LABEL}-training"):
        row = {
            "messages": [
                {"role": "user", "content": "Größe?"},
                {"role": "assistant", "content": "4"},
            ]
        }
        line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
        return self.service.upload(self.endpoint, io.BytesIO(line * count), name)

    def create(self, file=None, **fields):
        from ai_brain.providers.tuning import TuningRequest

        request = TuningRequest(MODEL, file or self.upload(), LABEL, epochs=4, **fields)
        return self.service.create(self.endpoint, request)

    def poll(self, state):
        return self.service.poll(self.endpoint, state.id)

    def find(self, label=LABEL, file=""):
        return self.service.find(self.endpoint, label, BEFORE, file)


@pytest.fixture
def tuned(make_client):
    return Tuned(make_client("openai"))


def test_only_the_openai_format_trains(make_client):
    assert [bool(make_client(name).wire.tuning) for name in ("openai", "anthropic", "gemini")] == [
        True,
        False,
        False,
    ]


def test_a_job_is_trained_and_billed_by_its_tokens(tuned, vendor):
    vendor.defaults(tune_delay=3600)
    checked = tuned.upload(1, f"{LABEL}-validation")
    state = tuned.create(validation_file=checked, suffix="sales", batch_size=2, learning_rate=0.5)
    assert (state.status, state.label, state.tuned_model) == ("sent", LABEL, "")
    assert state.trained_tokens is None
    assert len(state.file_refs) == 2
    [event, step] = tuned.service.events(tuned.endpoint, state.id)
    assert (event.level, event.step) == ("info", 0)
    assert (step.step, step.steps) == (1, 10)
    vendor.defaults()
    state = tuned.poll(state)
    assert state.status == "succeeded"
    assert state.tuned_model.startswith("ft:loop-o-small:loop:sales:")
    assert state.trained_tokens > 0
    price = Decimal(PRICES[MODEL]["training"])
    assert vendor.bill(path="tuning") == price * state.trained_tokens / 1_000_000


def test_the_body_names_what_was_chosen_and_nothing_else(tuned, monkeypatch):
    from ai_brain.providers import http

    bodies, ask = [], http.request

    def request(endpoint, method, url, headers, body=None, **options):
        if url.endswith("/fine_tuning/jobs") and method == "POST":
            bodies.append(json.loads(body))
        return ask(endpoint, method, url, headers, body, **options)

    monkeypatch.setattr(http, "request", request)
    file = tuned.upload()
    tuned.create(file)
    tuned.create(file, learning_rate=0.1, suffix="a-b")
    assert bodies[0] == {
        "model": MODEL,
        "training_file": file,
        "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4}}},
        "metadata": {"ai_brain_label": LABEL},
    }
    chosen = bodies[1]["method"]["supervised"]["hyperparameters"]
    assert chosen == {"n_epochs": 4, "learning_rate_multiplier": 0.1}
    assert bodies[1]["suffix"] == "a-b"


def test_a_job_whose_answer_was_lost_is_found_by_its_label_or_its_file(tuned, vendor):
    assert tuned.find() is None
    vendor.defaults(tune_post="close")
    file = tuned.upload()
    with pytest.raises(_errors().AnswerCut) as caught:
        tuned.create(file)
    assert caught.value.billing == "unknown"
    vendor.defaults(tune_delay=3600)
    for number in range(3):
        other = tuned.upload(name=f"other-{number}")
        tuned.create(other)
    assert tuned.find("another") is None
    assert tuned.find("another", file).file_refs == (file,)
    assert tuned.find().label == LABEL


@pytest.mark.parametrize(("status", "billing"), [("503", "unknown"), ("400", "none")])
def test_a_job_that_is_not_taken_is_sent_once(tuned, vendor, status, billing):
    vendor.defaults(tune_post=status)
    with pytest.raises(_errors().ProviderError) as caught:
        tuned.create()
    assert caught.value.billing == billing
    vendor.defaults()
    assert tuned.find() is None


@pytest.mark.parametrize(
    ("told", "status", "trained"),
    [
        ({"tune_end": "failed", "tune_part": 50}, "failed", True),
        ({"tune_end": "invalid"}, "failed", False),
        ({"tune_end": "cancelled", "tune_part": 50}, "cancelled", True),
        ({"tune_silent": 1}, "succeeded", False),
    ],
)
def test_every_end_is_told(tuned, vendor, told, status, trained):
    vendor.defaults(**told)
    state = tuned.poll(tuned.create())
    assert state.status == status
    assert bool(state.trained_tokens) == trained
    assert bool(state.error) == (status == "failed")
    assert "test-key" not in state.error


def test_a_job_is_cancelled_and_may_be_gone(tuned, vendor):
    vendor.defaults(tune_delay=3600)
    state = tuned.create()
    assert tuned.service.cancel(tuned.endpoint, state.id).status == "cancelled"
    with pytest.raises(_errors().InvalidRequest):
        tuned.service.cancel(tuned.endpoint, state.id)
    vendor.defaults(tune_gone=1)
    with pytest.raises(_errors().InvalidRequest) as caught:
        tuned.poll(state)
    assert caught.value.status == 404
    assert tuned.find() is None


def test_files_are_found_by_their_label_and_deleted(tuned):
    first, other = tuned.upload(), tuned.upload(name="other")
    assert tuned.service.leftovers(tuned.endpoint, LABEL) == [first]
    tuned.service.forget(tuned.endpoint, [first, "", first])
    assert tuned.service.leftovers(tuned.endpoint, LABEL) == []
    assert tuned.service.leftovers(tuned.endpoint, "other") == [other]


def test_a_file_goes_up_as_it_is_and_one_that_is_too_large_does_not(tuned, monkeypatch):
    from ai_brain.providers import tuning

    lines = "".join(f'{{"n": {n}, "text": "Größe"}}\n' for n in range(5000)).encode()
    sent = tuned.service.upload(tuned.endpoint, io.BytesIO(lines), "big")
    url = f"{tuned.endpoint.base_url}/files/{sent}/content"
    from ai_brain.providers import http

    response = http.request(tuned.endpoint, "GET", url, tuned.client.wire.headers(tuned.endpoint))
    assert response.content == lines
    monkeypatch.setattr(tuning, "MAX_FILE_BYTES", 100)
    with pytest.raises(_errors().InvalidRequest, match="fewer examples"):
        tuned.service.upload(tuned.endpoint, io.BytesIO(lines), "big")


def test_a_suffix_that_is_none_is_refused_before_it_is_sent(tuned, vendor):
    with pytest.raises(_errors().InvalidRequest, match="suffix"):
        tuned.create("file-1", suffix="ä b")
    assert vendor.log(path="tuning") == []
