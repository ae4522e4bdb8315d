"""Batches against the loopback vendor's three services, over real HTTP, with every fault."""

import datetime
import subprocess
import sys
import textwrap
from decimal import Decimal
from pathlib import Path

import pytest

from tests.vendor import PRICES
from tests.vendor.faults import marker

ROOT = Path(__file__).resolve().parents[3]
KEY = "test-key-2718"
LABEL = "b1"
BEFORE = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)


def _errors():
    from ai_brain.providers import errors

    return errors


class Batched:
    """A client's batch service with the fewest words a test needs."""

    def __init__(self, client):
        self.client = client
        self.endpoint = client.endpoint
        self.service = client.wire.batch_for(client.endpoint)

    def items(self, texts, label=LABEL, **fields):
        from ai_brain.providers.batch import BatchItem

        for place, text in enumerate(texts):
            yield BatchItem(f"{label}-{place}", self.client.request(text, **fields))

    def create(self, *texts, label=LABEL, **fields):
        return self.service.create(self.endpoint, self.items(texts, label, **fields), label)

    def poll(self, state):
        return self.service.poll(self.endpoint, state.id)

    def results(self, state):
        return list(self.service.results(self.endpoint, self.poll(state)))

    def until_cut(self, state):
        """The results before the file was cut, and the error that said so."""
        rows, got = self.service.results(self.endpoint, state), []
        with pytest.raises(_errors().ResultsCut) as caught:
            got.extend(rows)
        return got, caught.value

    def find(self, label=LABEL, since=BEFORE, **known):
        return self.service.find(self.endpoint, label, since, **known)


@pytest.fixture
def batched(request, make_client):
    return Batched(make_client(request.param, has_batch=True))


def pytest_generate_tests(metafunc):
    if "batched" in metafunc.fixturenames:
        formats = ("openai", "anthropic", "gemini")
        metafunc.parametrize("batched", formats, indirect=True)


def _ask(batched, text):
    return batched.client.wire.complete(batched.endpoint, batched.client.request(text))


def test_each_call_is_answered_as_if_it_were_asked_alone(batched):
    texts = ["How are you?", "Straße, 北京", marker(tool="look_up")]
    state = batched.create(*texts)
    assert (state.label, state.total) == (LABEL, 3)
    state = batched.poll(state)
    assert (state.status, state.total, state.done, state.failed) == ("done", 3, 3, 0)
    assert state.created_at.tzinfo
    assert state.expires_at > state.created_at
    results = dict(batched.service.results(batched.endpoint, state))
    assert sorted(results) == [f"{LABEL}-{n}" for n in range(3)]
    for place, text in enumerate(texts):
        alone, answer = _ask(batched, text), results[f"{LABEL}-{place}"]
        assert (answer.content, answer.usage) == (alone.content, alone.usage)
        assert [call["name"] for call in answer.tool_calls] == [
            call["name"] for call in alone.tool_calls
        ]
        assert answer.model == alone.model


def test_the_vendor_s_bill_is_half_and_ours_is_the_same_to_the_last_digit(batched, vendor):
    from ai_brain.engine.price.pricing import cost
    from ai_brain.engine.price.rates import Price, Rates

    state = batched.create(*(f"{n} {marker(cached=3, output=9 + n)}" for n in range(20)))
    rates = PRICES[batched.client.request("").model]
    kinds = ("input", "output", "cache_read", "cache_write", "reasoning")
    rates = {kind: Decimal(rates[kind]) for kind in kinds if kind in rates}
    price = Price(Rates(**rates), batch_factor=Decimal("0.5"))
    found = [answer.usage for _name, answer in batched.results(state)]
    assert sum(cost(usage, price, batch=True) for usage in found) == vendor.bill(path="batch")
    full = sum(cost(usage, price) for usage in found)
    assert vendor.bill(path="batch") * 2 == full > 0


def test_a_batch_runs_until_its_time_has_come(batched, vendor):
    vendor.defaults(batch_delay=3600)
    state = batched.create("a", "b")
    assert batched.poll(state).status in ("sent", "running")
    assert batched.results(state) == []
    vendor.defaults()
    assert batched.poll(state).status == "done"
    assert len(batched.results(state)) == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [("400", "InvalidRequest"), ("429", "RateLimited"), ("503", "ServerError")],
)
def test_a_call_that_fails_fails_alone_and_is_not_billed(batched, vendor, fault, error):
    state = batched.create("fine", marker(fault=fault), "fine too")
    state = batched.poll(state)
    assert (state.status, state.done, state.failed) == ("done", 2, 1)
    results = dict(batched.results(state))
    failed = results[f"{LABEL}-1"]
    assert type(failed).__name__ == error
    assert failed.billing == "none"
    assert KEY not in failed.message
    assert f"simulated {fault}" in failed.message
    assert results[f"{LABEL}-0"].content
    assert results[f"{LABEL}-2"].content
    assert len([row for row in vendor.log() if Decimal(row["bill"])]) == 2


def test_an_answer_of_wrong_types_is_an_error_of_its_own_call(batched):
    results = dict(batched.results(batched.create("a", marker(fault="wrongtypes"))))
    assert results[f"{LABEL}-0"].content
    assert isinstance(results[f"{LABEL}-1"], _errors().BadAnswer)
    assert results[f"{LABEL}-1"].billing == "unknown"


def test_what_expired_was_not_billed_and_what_was_done_is_kept(batched, vendor):
    vendor.defaults(batch_end="expire", batch_part=1)
    state = batched.create("a", "b", "c")
    assert batched.poll(state).status == "expired"
    results = dict(batched.results(state))
    assert results[f"{LABEL}-0"].content
    for place in (1, 2):
        assert type(results[f"{LABEL}-{place}"]) is _errors().RequestExpired
    assert len(vendor.log(path="batch")) == 1


def test_why_a_batch_failed_as_a_whole_is_told_without_the_key(make_client, vendor):
    batched = Batched(make_client("openai", has_batch=True))
    vendor.defaults(batch_end="fail")
    state = batched.poll(batched.create("a", "b"))
    assert (state.status, state.error) == ("failed", "simulated [key]")
    assert list(batched.service.results(batched.endpoint, state)) == []
    assert not vendor.log(path="batch")


def test_what_has_ended_cannot_be_cancelled(batched, vendor):
    state = batched.create("a")
    with pytest.raises(_errors().ProviderError) as caught:
        batched.service.cancel(batched.endpoint, state.id)
    assert caught.value.status == 409
    assert batched.poll(state).status == "done"


def test_a_batch_can_be_cancelled(batched, vendor):
    vendor.defaults(batch_delay=3600, batch_part=1)
    state = batched.create("a", "b", "c")
    assert batched.service.cancel(batched.endpoint, state.id).status in ("running", "cancelled")
    assert batched.poll(state).status == "cancelled"
    results = dict(batched.results(state))
    assert results[f"{LABEL}-0"].content
    assert type(results[f"{LABEL}-1"]) is _errors().RequestCancelled
    assert results[f"{LABEL}-1"].billing == "none"


def test_results_out_of_order_twice_and_unasked_are_passed_on(batched, vendor):
    vendor.defaults(batch_order="reverse", batch_twice=1, batch_stray=1)
    names = [name for name, _answer in batched.results(batched.create("a", "b"))]
    assert names == ["b1-1", "nobody-asked", "b1-0", "b1-1", "b1-0"]
    assert len(vendor.log(path="batch")) == 2


@pytest.mark.parametrize("cut", ["half", "clean"])
def test_of_a_file_that_is_cut_the_good_lines_come_and_then_an_error(batched, vendor, cut):
    state = batched.create(*(f"{n} {marker(output=200)}" for n in range(40)))
    state = batched.poll(state)
    whole = batched.results(state)
    vendor.defaults(batch_cut=cut)
    got, error = batched.until_cut(state)
    assert 0 < len(got) < 40
    assert got == whole[: len(got)]
    assert error.billing == "unknown"
    vendor.defaults()
    assert len(batched.results(state)) == 40


def test_a_batch_whose_answer_was_lost_is_found_and_not_sent_twice(batched, vendor):
    vendor.defaults(batch_post="close")
    with pytest.raises(_errors().AnswerCut) as caught:
        batched.create("a", "b")
    assert caught.value.billing == "unknown"
    vendor.defaults()
    other = batched.create("x", label="b12")
    found = batched.find()
    assert (found.label, found.total, found.status) == (LABEL, 2, "done")
    assert found.id != other.id
    assert sorted(name for name, _answer in batched.results(found)) == ["b1-0", "b1-1"]
    assert batched.find("b2") is None
    assert batched.find("b12").id == other.id


def test_a_search_reads_page_after_page(batched):
    first = batched.create("a")
    for number in range(105):
        batched.create("x", label=f"c{number}")
    assert batched.find().id == first.id
    assert batched.find("nothing") is None


def test_a_running_batch_is_found_or_nobody_says_that_there_is_none(batched, vendor):
    vendor.defaults(batch_delay=3600)
    state = batched.create("a")
    if batched.client.api_format != "anthropic":
        assert batched.find().id == state.id
        return
    with pytest.raises(_errors().NotYetKnown):
        batched.find()
    assert batched.find(known=[state.id]) is None
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    assert batched.find(since=later) is None


@pytest.mark.parametrize(("status", "billing"), [("503", "unknown"), ("429", "none")])
def test_a_batch_that_is_refused_is_not_sent_again(batched, vendor, status, billing):
    vendor.defaults(batch_post=status)
    with pytest.raises(_errors().ProviderError) as caught:
        batched.create("a")
    assert caught.value.status == int(status)
    assert caught.value.billing == billing
    vendor.defaults()
    assert batched.find() is None


def test_what_was_sent_and_answered_is_deleted_at_the_vendor(batched):
    state = batched.poll(batched.create("a", marker(fault="400")))
    batched.service.forget(batched.endpoint, state)
    batched.service.forget(batched.endpoint, state)  # gone already is as good
    with pytest.raises(_errors().InvalidRequest):
        list(batched.service.results(batched.endpoint, state))


def test_bad_batches_are_refused_before_anything_is_sent(batched):
    from ai_brain.providers.batch import BatchItem, BatchLimits

    invalid = _errors().InvalidRequest
    request = batched.client.request("a")
    for items in (
        [],
        [BatchItem("other-1", request)],
        [BatchItem("b1-1", request), BatchItem("b1-1", request)],
        [BatchItem("b1-" + "x" * 70, request)],
        [BatchItem("b1-a/b", request)],
    ):
        with pytest.raises(invalid):
            batched.service.create(batched.endpoint, items, LABEL)
    with pytest.raises(invalid):
        batched.create("a", label="no hyphen-or space")
    for limits in (BatchLimits(2, 10**6), BatchLimits(100, 200)):
        service = type(batched.service)(batched.client.wire)
        service.limits = limits
        with pytest.raises(invalid):
            service.create(batched.endpoint, batched.items("abc"), LABEL)
    assert batched.find() is None


def test_a_batch_is_for_one_model_where_the_vendor_wants_it(batched):
    from ai_brain.providers.batch import BatchItem

    models = [name for name in PRICES if PRICES[name]["format"] == batched.client.api_format]
    items = [
        BatchItem(f"b1-{place}", batched.client.request("a", model=model))
        for place, model in enumerate(models[:2])
    ]
    if batched.service.one_model:
        with pytest.raises(_errors().InvalidRequest):
            batched.service.create(batched.endpoint, items, LABEL)
    else:
        assert batched.service.create(batched.endpoint, items, LABEL).total == 2


def test_ids_that_would_lead_elsewhere_are_never_asked_for(batched):
    for bad in ("../models", "a/b", "", "x?y", "..", "a\nb"):
        with pytest.raises(_errors().BadAnswer):
            batched.service.poll(batched.endpoint, bad)


def test_without_a_key_nothing_is_done(batched):
    batched.endpoint.api_key = type(batched.endpoint.api_key)("")
    with pytest.raises(_errors().AuthenticationFailed):
        batched.create("a")


@pytest.mark.parametrize(
    ("api_format", "base_url", "expected"),
    [
        ("openai", "", True),
        ("openai", "https://eu.api.openai.com/v1", True),
        ("openai", "https://api.openai.com.example.org/v1", False),
        ("openai", "https://openrouter.ai/api/v1", False),
        ("openai", "http://localhost:11434", False),
        ("openai", "https://x.openai.azure.com/openai/v1", False),
        ("anthropic", "https://api.anthropic.com", True),
        ("anthropic", "https://gateway.example.org", False),
        ("gemini", "", True),
        ("gemini", "https://evilgenerativelanguage.googleapis.com", False),
        ("sandbox", "", False),
    ],
)
def test_only_the_vendors_themselves_have_a_batch_service(api_format, base_url, expected):
    from ai_brain.providers import Endpoint, get_wire

    wire = get_wire(api_format)
    assert bool(wire.batch_for(Endpoint(api_format, base_url))) is expected
    assert wire.batch_for(Endpoint(api_format, base_url, has_batch=False)) is None
    assert wire.batch_for(Endpoint(api_format, base_url, has_batch=True)) is wire.batch


def test_an_array_is_read_wherever_the_pieces_end():
    import io

    from ai_brain.providers.batch import ArrayReader

    text = '{"m": "ü", "rows" : [ {"t": "\\"rows\\": [ü北😀"} , {"n": {"rows": [1]}} ], "x": 1}'

    class Slow(io.BytesIO):
        def read(self, _size=-1):
            return super().read(1)

    reader = ArrayReader(Slow(text.encode()), "rows")
    assert list(reader) == [{"t": '"rows": [ü北😀'}, {"n": {"rows": [1]}}]
    assert reader.rest == {"m": "ü", "rows": [], "x": 1}
    for end in range(len(text.encode())):
        reader = ArrayReader(Slow(text.encode()[:end]), "rows")
        assert len(list(reader)) <= 2
        assert reader.cut


_FLAT = """
    import sys, tracemalloc
    sys.path.insert(0, {root!r})
    from tests.vendor.load import bare_addon
    bare_addon()
    from ai_brain.providers import ChatRequest, Endpoint, get_wire
    from ai_brain.providers.batch import BatchItem
    wire = get_wire({form!r})
    endpoint = Endpoint({form!r}, {url!r}, "test-key-2718", has_batch=True)
    text = " ".join(["invoice"] * 240)
    def items(count):
        for n in range(count):
            messages = [{{"role": "user", "content": f"{{n}} {{text}}"}}]
            yield BatchItem(f"b1-{{n}}", ChatRequest(messages, {model!r}, 50))
    def run(count):
        state = wire.batch.create(endpoint, items(count), "b1")
        state = wire.batch.poll(endpoint, state.id)
        return sum(1 for _row in wire.batch.results(endpoint, state))
    run(10)
    tracemalloc.start()
    done = run({count})
    print(done, tracemalloc.get_traced_memory()[1])
"""


@pytest.mark.parametrize("api_format", ["openai", "anthropic", "gemini"])
def test_ten_thousand_calls_need_no_more_memory_than_their_ids(api_format):
    """20 MB (Gemini, which takes no more: 9,000 calls) up and some 5 MB down in a few MB."""
    from tests.vendor import Vendor

    count = 9_000 if api_format == "gemini" else 10_000
    model = {"openai": "loop-o-small", "anthropic": "loop-a-small", "gemini": "loop-g-small"}
    with Vendor.spawn() as vendor:
        script = textwrap.dedent(_FLAT).format(
            root=str(ROOT),
            form=api_format,
            url=vendor.base_url(api_format),
            model=model[api_format],
            count=count,
        )
        output = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False
        )
    assert not output.returncode, output.stderr
    done, peak = map(int, output.stdout.split())
    assert done == count
    assert peak < 5_000_000, peak
