"""The key goes into one header and nowhere else; addresses that could give things away are none."""

import logging
import traceback

import pytest

from tests.vendor.faults import marker

KEY = "test-key-2718"


def _errors():
    from ai_brain.providers import errors

    return errors


@pytest.fixture
def debug_log(caplog):
    """Everything that is logged, http.client's prints included."""
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "requests", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def test_key_arrives_and_is_in_no_address(client, vendor):
    client.ask("x")
    (row,) = vendor.log()
    assert row["key"] == KEY
    assert KEY not in row["path"]


@pytest.mark.parametrize(
    "fault", ["echo", "401", "500", "close", "badjson", "huge", "redirect", "429", "half"]
)
def test_key_is_in_no_error_and_no_log(client, streamed, fault, debug_log, capsys):
    with pytest.raises(_errors().ProviderError) as caught:
        client.call(streamed, marker(fault=fault, retry_after=0))
    told = "".join(traceback.format_exception(caught.value))
    seen = told + repr(caught.value) + debug_log.text + "".join(capsys.readouterr())
    assert KEY not in seen
    if fault == "500":
        assert "urllib3" in debug_log.text  # the debug log was really on


def test_key_is_not_in_the_endpoint_s_repr(client):
    assert KEY not in repr(client.endpoint)


def test_key_is_in_nothing_that_a_template_can_print(client):
    endpoint = client.endpoint
    assert endpoint.read__key() == KEY
    for text in ("{0.api_key}", "{0.api_key!r}", "{0.__dict__}", "{0!a}"):
        assert KEY not in text.format(endpoint)
    for text in ("{0.api_key._text}", "{0.api_key.__class__}", "{0.api_key[0]}"):
        with pytest.raises((AttributeError, TypeError)):
            text.format(endpoint)
    assert KEY not in str(vars(endpoint))
    assert endpoint.api_key != KEY


def test_http_client_s_debug_level_prints_no_headers(client, monkeypatch, capsys):
    import http.client as stdlib

    from ai_brain.providers import transport

    monkeypatch.setattr(stdlib.HTTPConnection, "debuglevel", 1)
    monkeypatch.setattr(transport, "_session", None)  # a new connection, made under that level
    client.ask("x")
    assert KEY not in "".join(capsys.readouterr())


def test_redirect_carries_no_key_away(client, vendor, streamed):
    with pytest.raises(_errors().Redirected):
        client.call(streamed, "{{vendor fault=redirect}}")
    assert vendor.trapped() == []


def test_netrc_does_not_replace_the_key(make_client, vendor, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    make_client().ask("x")
    assert vendor.log()[0]["key"] == KEY


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel", "\x00"])
def test_key_that_cannot_be_a_header_is_refused_without_being_quoted(make_client, vendor, key):
    client = make_client(api_key=key)
    with pytest.raises(_errors().ConfigurationError) as caught:
        client.ask("x")
    assert key not in str(caught.value)
    assert vendor.log() == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.openai.com/v1",
        "ftp://example.com",
        "file:///etc/passwd",
        "https://",
        "http://[::1",
        "http://example.com:port/v1",
        "http://user:pass@example.com/v1",
        "https://example.com/v1?key=abc",
        "http://169.254.169.254/v1",
        "http://[fe80::1]/v1",
        "http://[fd00:ec2::254]/v1",
        "http://100.100.100.200/v1",
        "http://metadata.google.internal/v1",
        "http://METADATA.google.internal./v1",
        "http://[::ffff:169.254.169.254]/v1",
        "http://[64:ff9b::a9fe:a9fe]/v1",
        "http://[64:ff9b:1::a9fe:a9fe]/v1",
        "http://[64:ff9b:1:a9fe:a9:fe00::]/v1",
        "http://[2002:a9fe:a9fe::1]/v1",
        "http://[::169.254.169.254]/v1",
        "http://[::ffff:0:169.254.169.254]/v1",
        "http://[2001:0:a9fe:a9fe::1]/v1",
        "http://[2001:db8::5efe:a9fe:a9fe]/v1",
        "http://[::ffff:168.63.129.16]/v1",
        "http://[2002:a83f:8110::]/v1",
        "http://168.63.129.16/v1",
        "http://192.0.0.192/v1",
        "http://169.254.170.2/v1",
        "http://169.254.42.42/v1",
        "http://[fd00:ec2::23]/v1",
        "http://[fd20:ce::254]/v1",
        "http://[fd00:100::100:200]/v1",
        "http://[fd00:c1::a9fe:a9fe]/v1",
        "http://[fd00:a9fe:a9fe::1]/v1",
        "http://[fd00:42::42]/v1",
        "http://metadata.tencentyun.com/v1",
    ],
)
def test_addresses_that_are_refused(url):
    from ai_brain.providers.address import check_url

    with pytest.raises(_errors().ConfigurationError):
        check_url(url)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "::1", "fd12:3456::1", "8.8.8.8", "2606:4700::1", "64:ff9b::808:808"],
)
def test_addresses_of_local_servers_and_of_vendors_are_none_of_them(address):
    from ai_brain.providers.address import check_address

    check_address(address)


@pytest.mark.parametrize(
    "address", ["64:ff9b::a00:1", "2002:a00:1::", "::ffff:10.0.0.1", "10.0.0.1"]
)
def test_a_private_address_is_one_in_every_wrapping(address):
    from ai_brain.providers.address import check_address

    with pytest.raises(_errors().ConfigurationError, match="private"):
        check_address(address, allow_private=False)
    check_address("64:ff9b::808:808", allow_private=False)


@pytest.mark.parametrize("host", ["2852039166", "0xA9FEA9FE", "0251.0376.0251.0376"])
def test_metadata_address_in_disguise_is_never_written_to(make_client, host, monkeypatch):
    """Other spellings of 169.254.169.254 are caught on the socket, before a byte is sent."""
    import socket

    from ai_brain.providers import transport

    ours, theirs = socket.socketpair()

    class Fake:
        def getpeername(self):
            return (socket.inet_ntoa(socket.inet_aton(host)), 80)

        def __getattr__(self, name):
            return getattr(ours, name)

    parent = transport._HTTPConnection.__mro__[2]
    monkeypatch.setattr(parent, "_new_conn", lambda self: Fake())
    client = make_client(base_url=f"http://{host}/v1")
    with pytest.raises(_errors().ConfigurationError, match="metadata"):
        client.ask("x")
    theirs.setblocking(False)
    assert theirs.recv(10) == b""  # closed, and nothing was written
    theirs.close()


def test_name_that_resolves_to_metadata_is_refused(make_client, monkeypatch):
    import socket

    from ai_brain.providers import transport

    class Fake:
        closed = False

        def getpeername(self):
            return ("169.254.169.254", 80)

        def close(self):
            Fake.closed = True

    parent = transport._HTTPConnection.__mro__[2]
    monkeypatch.setattr(parent, "_new_conn", lambda self: Fake())
    monkeypatch.setattr(socket, "getaddrinfo", None)  # not asked: the socket's peer decides
    with pytest.raises(_errors().ConfigurationError, match="metadata"):
        make_client(base_url="http://innocent.example/v1").ask("x")
    assert Fake.closed


def test_private_addresses_can_be_forbidden(make_client):
    client = make_client(allow_private=False)
    with pytest.raises(_errors().ConfigurationError, match="private"):
        client.ask("x")
