"""Over TLS, as with every real vendor: answers, streams, time limits and wrong certificates."""

import datetime
import ipaddress
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.vendor.faults import marker
from tests.vendor.server import Server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1: the path of its PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.datetime.now(datetime.timezone.utc)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "loopback.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture(scope="module")
def tls_vendor(certificate):
    """The loopback vendor behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Server()
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(tls_vendor, make_client, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    tls_vendor.state.reset()
    return make_client(base_url=f"https://127.0.0.1:{tls_vendor.server_port}/v1")


def test_answers_arrive_over_tls(client, tls_vendor, streamed):
    assert client.call(streamed, marker(output=40)).usage.output == 40
    assert client.call(streamed, marker(output=41)).usage.output == 41
    assert len(tls_vendor.state.log) == 2


def test_time_limit_holds_over_tls(client, tls_vendor, streamed):
    from ai_brain.providers import errors

    client.endpoint.timeout_s = 1
    started = time.monotonic()
    with pytest.raises(errors.AnswerTimeout):
        client.call(streamed, marker(fault="hang"))
    tls_vendor.state.release("hang")
    assert time.monotonic() - started < 20


def test_unknown_certificate_gets_no_request(client, tls_vendor, monkeypatch):
    from ai_brain.providers import errors, transport

    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.setattr(transport, "_session", None)  # no connection that was trusted before
    with pytest.raises(errors.ConnectionFailed, match="TLS"):
        client.ask("x")
    assert tls_vendor.state.log == []
