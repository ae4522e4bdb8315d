"""What goes wrong, what it means for the bill, and how often the vendor was asked."""

import socket
import threading
import time

import pytest

from tests.vendor.faults import marker


def _errors():
    from ai_brain.providers import errors

    return errors


def _fails(client, streamed, text, **fields):
    with pytest.raises(_errors().ProviderError) as caught:
        client.call(streamed, text, **fields)
    return caught.value


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("400", "InvalidRequest"),
        ("404", "InvalidRequest"),
        ("401", "AuthenticationFailed"),
        ("403", "AuthenticationFailed"),
        ("redirect", "Redirected"),
    ],
)
def test_refusals_are_not_billed_and_not_repeated(client, vendor, streamed, fault, error):
    failure = _fails(client, streamed, marker(fault=fault))
    assert type(failure).__name__ == error
    assert failure.billing == "none"
    assert len(vendor.log()) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("429", "RateLimited"),
        ("500", "ServerError"),
        ("503", "ServerError"),
        ("529", "ServerError"),
    ],
)
def test_busy_vendor_is_asked_three_times_and_no_more(client, vendor, streamed, fault, error):
    failure = _fails(client, streamed, marker(fault=fault, retry_after=0))
    assert type(failure).__name__ == error
    assert failure.billing == "none"
    assert failure.status == int(fault)
    assert len(vendor.log()) == 3


@pytest.mark.parametrize("fault", ["502", "504", "520", "524"])
def test_a_gateway_that_gave_up_may_have_been_answered_and_is_not_asked_again(
    client, vendor, streamed, fault
):
    failure = _fails(client, streamed, marker(fault=fault, retry_after=0))
    assert type(failure) is _errors().GatewayError
    assert isinstance(failure, _errors().ServerError)
    assert failure.billing == "unknown"
    assert failure.status == int(fault)
    assert len(vendor.log()) == 1


@pytest.mark.parametrize(
    ("fault", "blamed"),
    [
        ("400", False),
        ("404", True),
        ("401", True),
        ("429", True),
        ("503", True),
        ("504", True),
        ("close", True),
        ("badjson", True),
    ],
)
def test_what_was_asked_wrongly_is_no_evidence_against_the_provider(make_client, fault, blamed):
    failure = _fails(make_client(), False, marker(fault=fault, retry_after=0))
    assert failure.blames_provider is blamed


def test_a_vendor_s_words_are_one_line_and_cut(make_client, monkeypatch):
    """A line break in a log begins an entry that nobody wrote."""
    from tests.vendor.server import Handler

    words = "no\r\n2026-01-01 00:00:00,000 7 INFO db odoo: forged\u2028\x1b[2J" + "x" * 2000
    answer = {"error": {"message": words}}
    monkeypatch.setattr(
        Handler, "refuse", lambda self, fault, told: self.send_json(int(fault), answer)
    )
    for fault in ("400", "401", "429", "504"):
        told = str(_fails(make_client(), False, marker(fault=fault)))
        assert "forged [2J" in told
        assert len(told) <= 1000
        assert told.isprintable()


def test_own_refusals_and_readers_who_leave_blame_nobody(make_client):
    assert _fails(make_client(), False, "half \ud83d of a pair").blames_provider is False
    assert (
        _fails(make_client(base_url="http://[fd20:ce::254]/v1"), False, "x").blames_provider
        is False
    )
    left = _errors().ReaderLeft("The reader left.")
    assert (left.blames_provider, left.billing) == (False, "unknown")
    assert isinstance(left, _errors().StreamCut)


def test_third_try_may_succeed_and_is_billed_once(client, vendor, streamed):
    response = client.call(streamed, "{{vendor fault=503 times=2 retry_after=0}}")
    assert response.usage
    assert [row["bill"] != "0" for row in vendor.log()] == [False, False, True]


def test_retry_after_is_honoured(make_client, vendor):
    make_client().ask("{{vendor fault=429 times=1 retry_after=1}}")
    first, second = vendor.log()
    assert 1 <= second["at"] - first["at"] < 20


def test_waits_stay_within_the_provider_s_timeout(make_client, vendor):
    started = time.monotonic()
    client = make_client(timeout_s=2)
    failure = _fails(client, False, marker(fault="503", retry_after=15))
    assert time.monotonic() - started < 10
    assert isinstance(failure, _errors().ServerError)
    assert len(vendor.log()) == 1


def test_long_retry_after_is_passed_on_and_not_sat_out(make_client, vendor):
    started = time.monotonic()
    failure = _fails(make_client(), False, "{{vendor fault=429 retry_after=3600}}")
    assert failure.retry_after == 3600
    assert time.monotonic() - started < 60
    assert len(vendor.log()) == 1


@pytest.mark.parametrize("fault", ["close", "half", "hang", "badjson", "wrongtypes", "huge"])
def test_answers_that_do_not_arrive_may_be_billed_and_are_not_asked_for_again(
    client, vendor, streamed, fault
):
    if fault == "hang":
        client.endpoint.timeout_s = 1
    failure = _fails(client, streamed, marker(fault=fault, output=60))
    vendor.release("hang")
    assert failure.billing == "unknown"
    (row,) = vendor.log()
    assert row["bill"] != "0"
    errors = _errors()
    expected = {
        "close": errors.AnswerCut,
        "half": errors.AnswerCut,
        "hang": errors.AnswerTimeout,
        "badjson": errors.BadAnswer,
        "wrongtypes": errors.BadAnswer,
        "huge": errors.BadAnswer,
    }[fault]
    assert isinstance(failure, expected)


@pytest.mark.parametrize("fault", ["half", "halfclean"])
def test_half_a_stream_is_cut_and_gives_what_came(client, vendor, fault):
    errors = _errors()
    stream = client.stream(marker(fault=fault, output=200))
    pieces = []
    with pytest.raises(errors.StreamCut) as caught:
        pieces.extend(stream)
    assert len("".join(pieces)) > 100
    assert caught.value.partial.content == "".join(pieces)
    assert caught.value.partial.usage is None
    assert caught.value.billing == "unknown"
    assert stream.response is None


@pytest.mark.parametrize("fault", ["nousage", "badusage"])
def test_missing_or_wrong_usage_is_none_and_the_answer_is_kept(client, streamed, fault):
    response = client.call(streamed, marker(fault=fault, output=20))
    assert len(response.content.split()) == 20
    assert response.usage is None


def test_whole_answer_has_the_time_limit_not_each_piece(make_client):
    """A vendor that sends a byte now and then must not hold a worker for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip():
        connection, _peer = listener.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not stop.wait(0.05):
            try:
                connection.sendall(b" ")
            except OSError:
                break
        connection.close()

    thread = threading.Thread(target=drip)
    thread.start()
    client = make_client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1", timeout_s=1)
    started = time.monotonic()
    failure = _fails(client, False, "x")
    taken = time.monotonic() - started
    stop.set()
    thread.join()
    listener.close()
    assert isinstance(failure, _errors().AnswerTimeout)
    assert taken < 20


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_refused_connection_was_not_sent(make_client, streamed):
    failure = _fails(make_client(base_url=f"http://127.0.0.1:{_free_port()}/v1"), streamed, "x")
    assert isinstance(failure, _errors().ConnectionFailed)
    assert failure.billing == "none"


def test_unknown_name_was_not_sent(make_client):
    failure = _fails(make_client(base_url="http://no-such-host.invalid/v1"), False, "x")
    assert isinstance(failure, _errors().ConnectionFailed)
    assert "no-such-host.invalid" in str(failure)


def test_tls_against_a_plain_server_was_not_sent(make_client, vendor):
    failure = _fails(make_client(base_url=vendor.url.replace("http", "https") + "/v1"), False, "x")
    assert isinstance(failure, _errors().ConnectionFailed)
    assert "TLS" in str(failure)
    assert vendor.log() == []


def test_text_that_is_not_unicode_is_refused_before_it_is_sent(client, vendor, streamed):
    failure = _fails(client, streamed, "half \ud83d of a pair")
    assert isinstance(failure, _errors().InvalidRequest)
    assert failure.billing == "none"
    assert vendor.log() == []


def test_connections_are_kept(make_client, vendor, streamed):
    from ai_brain.providers import transport

    client = make_client()
    client.call(streamed, "one")
    pool = (
        transport.get_session().get_adapter(vendor.url).poolmanager.connection_from_url(vendor.url)
    )
    made = pool.num_connections
    for n in range(5):
        client.call(streamed, f"again {n}")
    assert pool.num_connections == made


def test_connection_that_the_vendor_dropped_meanwhile_is_made_anew(make_client):
    """Vendors close idle connections; the next call must not be taken for a cut one."""
    listener = socket.create_server(("127.0.0.1", 0))
    body = b'{"choices": [{"message": {"content": "here"}}]}'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)

    def answer_once():
        connection, _peer = listener.accept()
        connection.recv(65536)
        connection.sendall(head + body)
        connection.close()

    client = make_client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
    for _time in range(3):
        thread = threading.Thread(target=answer_once)
        thread.start()
        assert client.ask("x").content == "here"
        thread.join()
    listener.close()


def test_many_threads_share_the_session(make_client, vendor):
    client = make_client()
    answers = []

    def work(n):
        answers.append(client.ask(marker(id=f"t{n}")).usage.total)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 64
    assert sorted(row["id"] for row in vendor.log()) == sorted(f"t{n}" for n in range(64))
