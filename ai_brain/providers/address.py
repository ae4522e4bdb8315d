"""Which addresses a provider may have: http(s), and never a cloud's metadata service.

The text of the URL is checked before anything happens, and the address that the socket really
reached is checked again before a byte is sent (names can resolve to anything, twice differently).
"""

import contextlib
import functools
import ipaddress
import urllib.parse

from .errors import ConfigurationError

# Where clouds give a machine its own credentials, by each cloud's documentation of "instance
# metadata", read in November 2026. Link-local ones (169.254.169.254 of nearly all, AWS ECS
# 169.254.170.2, Tencent 169.254.0.23, Scaleway 169.254.42.42) are covered by their network.
_METADATA_HOSTS = {
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "metadata.tencentyun.com",
    "api.metadata.cloud.ibm.com",
    "metadata.platformequinix.com",
    "metadata.packet.net",
    "instance-data",
    "instance-data.ec2.internal",
}
_METADATA_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",
        "fe80::/10",  # OpenStack answers on fe80::a9fe:a9fe
        "fd00:ec2::/32",  # AWS: ::254 metadata, ::23 EKS Pod Identity
        "fd20:ce::254/128",  # Google Cloud
        "168.63.129.16/32",  # Azure's WireServer, publicly routable in form
        "100.100.100.200/32",  # Alibaba Cloud, IPv4
        "fd00:100::100:200/128",  # Alibaba Cloud, IPv6
        "192.0.0.192/32",  # Oracle Cloud Classic
        "fd00:c1::a9fe:a9fe/128",  # Oracle Cloud
        "fd00:a9fe:a9fe::1/128",  # Akamai (Linode)
        "fd00:42::42/128",  # Scaleway
    )
]
_SECRET_PARAMETERS = {"key", "api_key", "api-key", "apikey", "token", "access_token", "sig", "code"}


# Prefixes of which the last 32 bits are an IPv4 address: IPv4-compatible (RFC 4291), translated
# (RFC 2765), NAT64 (RFC 6052), local NAT64 (RFC 8215).
_LAST_32 = [
    ipaddress.ip_network(network)
    for network in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
]
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
_ISATAP = {0x00005EFE, 0x02005EFE}  # RFC 5214


def _meant(address):
    """The address, and every IPv4 address that an IPv6 one carries to where it is unpacked."""
    if address.version == 4:
        return [address]
    value, found = int(address), [address.ipv4_mapped, address.sixtofour]
    last = ipaddress.IPv4Address(value & 0xFFFFFFFF)
    if any(address in network for network in _LAST_32) or value >> 32 & 0xFFFFFFFF in _ISATAP:
        found.append(last)
    if address in _LOCAL_NAT64:  # a /48: 16 bits before the octet that stays zero, 16 after it
        found.append(ipaddress.IPv4Address(value >> 64 << 16 & 0xFFFF0000 | value >> 40 & 0xFFFF))
    found += address.teredo or ()
    return [address, *(inner for inner in found if inner is not None)]


def check_address(text, allow_private=True):
    """Refuse an IP address that no vendor has. ``text`` is a literal, as from a socket.

    :raise ConfigurationError: the address, or one packed into it, is link-local or a cloud's
        metadata service; or it is not public and ``allow_private`` is off
    """
    meant = _meant(ipaddress.ip_address(text.partition("%")[0]))
    if any(
        address.version == network.version and address in network
        for address in meant
        for network in _METADATA_NETWORKS
    ):
        raise ConfigurationError(
            "The base URL points to a link-local or metadata address, which could give away this "
            "server's own credentials. Enter the vendor's address."
        )
    # of a packed address only what is inside tells whether it is public
    if not allow_private and not all(address.is_global for address in meant[1:] or meant):
        raise ConfigurationError(
            "The base URL points to a private address, which this provider may not use."
        )


@functools.lru_cache(maxsize=256)  # every request asks, and providers are few
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


def join_url(base_url, path):
    """The URL of an API path, the base's query (Azure's api-version) kept at its end.

    >>> join_url('https://x.openai.azure.com/openai/deployments/d?api-version=1', 'chat')
    'https://x.openai.azure.com/openai/deployments/d/chat?api-version=1'
    """
    parts = urllib.parse.urlsplit(base_url.strip())
    return urllib.parse.urlunsplit(
        parts._replace(
            path=parts.path.rstrip("/") + path
            if path.startswith("/")
            else f"{parts.path.rstrip('/')}/{path}",
            fragment="",
        )
    )
