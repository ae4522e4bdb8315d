"""Which addresses a provider may have: http(s), and never a cloud's metadata service.

The text of the URL is checked before anything happens, and the address that the socket really
reached is checked again before a byte is sent (names can resolve to anything, twice differently).
"""

import contextlib
import ipaddress
import urllib.parse

from .errors import ConfigurationError

# Metadata services of AWS, Azure, GCP, Oracle (link-local), AWS over IPv6, Alibaba, and Oracle's
# older one. Documented by each cloud under "instance metadata".
_METADATA_HOSTS = {"metadata", "metadata.google.internal", "metadata.goog", "instance-data"}
_METADATA_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::254/128",
        "100.100.100.200/32",
        "192.0.0.192/32",
    )
]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SECRET_PARAMETERS = {"key", "api_key", "api-key", "apikey", "token", "access_token", "sig", "code"}


def _unwrapped(address):
    """The IPv4 address inside a mapped, 6to4 or NAT64 one; else the address."""
    if address.version == 6:
        if address in _NAT64:
            return ipaddress.ip_address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def check_address(text, allow_private=True):
    """Refuse an IP address that no vendor has. ``text`` is a literal, as from a socket."""
    address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
    if address.is_link_local or any(
        address in network for network in _METADATA_NETWORKS if network.version == address.version
    ):
        raise ConfigurationError(
            "The base URL points to a link-local or metadata address, which could give away this "
            "server's own credentials. Enter the vendor's address."
        )
    if not allow_private and not address.is_global:
        raise ConfigurationError(
            "The base URL points to a private address, which this provider may not use."
        )


def check_url(url, allow_private=True):
    """Return the parsed URL, or raise :class:`ConfigurationError` saying what to change.

    >>> check_url('https://api.openai.com/v1').hostname
    'api.openai.com'
    >>> check_url('http://169.254.169.254/latest')
    Traceback (most recent call last):
    ...
    ai_brain.providers.errors.ConfigurationError: The base URL points to a link-local or metadata \
address, which could give away this server's own credentials. Enter the vendor's address.
    """
    try:
        parts = urllib.parse.urlsplit((url or "").strip())
        host = parts.hostname
        parts.port  # noqa: B018 - raises ValueError on a bad port
    except ValueError:
        parts, host = urllib.parse.urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigurationError(
            "The base URL must be a complete http:// or https:// address, such as "
            "https://api.openai.com/v1."
        )
    if parts.username or parts.password:
        raise ConfigurationError(
            "The base URL must not contain a user name or password: put the key in its own field."
        )
    named = {name.lower() for name, _value in urllib.parse.parse_qsl(parts.query)}
    if named & _SECRET_PARAMETERS:
        raise ConfigurationError(
            "The base URL must not contain a key: addresses are logged. Put the key in its field."
        )
    host = host.rstrip(".").lower()
    if host in _METADATA_HOSTS:
        check_address("169.254.169.254")
    with contextlib.suppress(ValueError):  # a name: what it resolves to is seen on the socket
        check_address(host, allow_private)
    return parts
