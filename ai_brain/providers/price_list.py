"""A list of prices from an address of the company's choice, in the form of the shipped one."""

from . import http
from .base import Endpoint

TIMEOUT_S = 30


def fetch(url):
    """Return the decoded list (a dict) at ``url``: at most 8 MB, no redirect followed, no key sent.

    :raise errors.ProviderError: the address is bad, or nothing that is JSON came from it
    """
    endpoint = Endpoint(api_format="openai", base_url=url, api_key="", timeout_s=TIMEOUT_S)
    return http.read_json(http.request(endpoint, "GET", url, {}), endpoint)
