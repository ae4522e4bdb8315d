"""The shipped list of models and their dated prices.

``ai_brain/data/price_catalogue.json`` is made by ``tools/catalogue/convert.py`` from genai-prices
(MIT) and LiteLLM (MIT), the one the second opinion on the other; ``price_disagreements.csv``
beside it lists where the two differ. It is a starting point: a contract's price, and what a vendor
returns with an answer, are better than it.

>>> [found] = lookup("gpt-4o-mini-2024-07-18", "openai", base_url="")
>>> found.entry.model, found.price.rates.input
('gpt-4o-mini', Decimal('0.15'))
>>> lookup("no-such-model")
[]

An unknown model has no price; there is no guess and no zero. :class:`Catalogue` reads any list of
this form; the functions below ask the shipped one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from ..base.lazy import regex
from .catalogue_entry import CataloguePrice, Entry, catalogue_price, read_entry

__all__ = [
    "Catalogue",
    "CatalogueError",
    "CataloguePrice",
    "Entry",
    "as_of",
    "lookup",
    "search",
    "shipped",
    "vendor_of",
]

PATH = Path(__file__).resolve().parents[2] / "data" / "price_catalogue.json"

# The vendor behind a format's usual address.
_USUAL = {"openai": "openai", "anthropic": "anthropic", "gemini": "google"}
# A host, or the end of one.
_HOSTS = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure",
    "cognitiveservices.azure.com": "azure",
    "services.ai.azure.com": "azure",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "google",
    "api.mistral.ai": "mistral",
    "api.deepseek.com": "deepseek",
    "api.cerebras.ai": "cerebras",
    "api.groq.com": "groq",
    "openrouter.ai": "openrouter",
    "api.together.xyz": "together",
    "api.together.ai": "together",
    "api.fireworks.ai": "fireworks",
    "api.x.ai": "x-ai",
    "api.cohere.ai": "cohere",
    "api.cohere.com": "cohere",
    "api.moonshot.ai": "moonshotai",
    "api.moonshot.cn": "moonshotai",
}
# Who serves the models of others: named after those who made them.
_HOSTING = {"azure", "cerebras", "fireworks", "groq", "openrouter", "together"}
_DATED = regex(r"(-\d{4}-\d\d-\d\d|[-@]\d{8})$")
_GEMINI_VERSION = regex(r"-\d{3}$")
_FINE_TUNED = regex(r"^(ft:[^:]+?)(-\d{4}|-\d{4}-\d\d-\d\d)?(:.*)?$")


class CatalogueError(ValueError):
    """A list of prices that does not have the promised form; the message says where."""


class Catalogue:
    """A list of models and their dated prices, as decoded from its JSON form."""

    def __init__(self, data, *, ours=False):
        """:param ours: the shipped list, whose entries are read when they are asked for
        :raise CatalogueError: ``data`` is no such list
        """
        self._data = data
        try:
            self.as_of = date.fromisoformat(data["date"])
            self._read = [None] * len(data["models"])
            self._names, self._refused = _index(data["models"])
            if not ours:
                self.entries  # noqa: B018 - a list from elsewhere is read to the end at once
        except CatalogueError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise CatalogueError(
                f"This is no list of prices in the form of price_catalogue.json "
                f"({type(error).__name__}: {error})."
            ) from error

    @property
    def vendors(self):
        """{id: {name, api_format, base_url, …}} of the vendors."""
        return self._data["vendors"]

    @property
    def entries(self):
        """Every Entry, in the list's order."""
        return [self._entry(place) for place in range(len(self._read))]

    def _entry(self, place):
        if self._read[place] is None:
            self._read[place] = read_entry(self._data["models"][place], self._data)
        return self._read[place]

    def lookup(self, model_name, api_format=None, when=None, *, vendor=None, base_url=None):
        """The prices of a model: a list of CataloguePrice, oldest first, empty if it is unknown.

        ``when``, a UTC datetime, leaves the one price of each vendor that holds then, at the
        rates of that hour. Several vendors may serve one model at different prices, and those who
        only host it come last: give ``vendor`` (an id of the catalogue) or ``base_url``; an empty
        ``base_url`` is the usual address of ``api_format``, an address that is no known vendor's
        has no prices. Names are exact but for a date at their end.
        """
        if vendor is None and base_url is not None:
            vendor = vendor_of(api_format, base_url)
            if vendor is None:
                return []
        found = []
        for entry in self._entries_named(model_name, vendor):
            if api_format in (None, entry.api_format):
                dated = [entry.price_at(when)] if when is not None else entry.prices
                found += [catalogue_price(entry, one) for one in dated if one is not None]
        return found

    def search(self, text="", *, limit=80, api_format=None):
        """Entries whose vendor and names contain every word of ``text``, current models first."""
        words = (text or "").lower().split()
        found = []
        for entry in self.entries:
            if api_format not in (None, entry.api_format):
                continue
            spoken = " ".join((entry.vendor_name, entry.vendor, entry.model, *entry.names)).lower()
            if all(word in spoken for word in words):
                found.append(entry)
        found.sort(
            key=lambda entry: (
                entry.deprecated,
                entry.model.lower() != (text or "").strip().lower(),
                entry.vendor == "openrouter",
                entry.vendor,
                entry.model,
            )
        )
        return found[:limit]

    def _entries_named(self, model_name, vendor):
        name = (model_name or "").strip().lower().removeprefix("models/")
        wanted = (vendor, *self._data["vendors"].get(vendor, {}).get("prices_like", ()))
        for owner in wanted:
            found = self._found(name, owner)
            if found:
                return [self._sold_by(entry, vendor) for entry in found]
        return []

    def _found(self, name, vendor):
        for candidate in _candidates(name):
            found = [
                self._entry(place)
                for place, owner in self._names.get(candidate, ())
                if vendor in (None, owner) and (owner, name) not in self._refused
            ]
            found.sort(key=lambda entry: entry.vendor in _HOSTING)
            if candidate != name and not candidate.startswith("ft:"):
                found = [entry for entry in found if _may_be_dated(entry, name)]
            if found:
                return found
        return []

    def _sold_by(self, entry, vendor):
        """``entry``, or the same as the vendor sells it who has the prices of another."""
        if vendor is None or vendor == entry.vendor:
            return entry
        seller = self._data["vendors"][vendor]
        note = f"{seller['name']} takes the prices of {entry.vendor_name}."
        prices = tuple(dated._replace(price=_batch_alone(dated.price)) for dated in entry.prices)
        return replace(
            entry,
            prices=prices,
            vendor=vendor,
            vendor_name=seller["name"],
            base_url=seller["base_url"],
            note=f"{entry.note} {note}".strip(),
        )


def _batch_alone(price):
    """The part of a price that another seller takes over: no further service, no region."""
    services = tuple(one for one in price.services if one.name == "batch")
    return replace(price, services=services, regions=())


def _index(models):
    """{name: [(place, vendor)]}; and the names that look like a model's variant but are not."""
    names, refused = {}, set()
    for place, raw in enumerate(models):
        for name in {raw["model"].lower(), *(name.lower() for name in raw.get("names", ()))}:
            names.setdefault(name, []).append((place, raw["vendor"]))
        refused.update((raw["vendor"], name.lower()) for name in raw.get("not", ()))
    return names, refused


def _candidates(name):
    yield name
    if fine_tuned := _FINE_TUNED.match(name):
        yield fine_tuned.group(1)
    yield _DATED.sub("", name)
    yield _GEMINI_VERSION.sub("", name)


def _may_be_dated(entry, name):
    return bool(_DATED.search(name)) or entry.vendor == "google"


def vendor_of(api_format, base_url):
    """The catalogue's id of the vendor at ``base_url``, or None.

    >>> vendor_of("openai", "https://api.groq.com/openai/v1"), vendor_of("gemini", "")
    ('groq', 'google')
    """
    if not base_url:
        return _USUAL.get(api_format)
    try:
        host = urlsplit(base_url.strip()).hostname or ""
    except ValueError:
        return None
    parts = host.split(".")
    ends = (".".join(parts[start:]) for start in range(len(parts)))
    return next((_HOSTS[end] for end in ends if end in _HOSTS), None)


@lru_cache(maxsize=1)
def shipped():
    """The Catalogue that comes with the addon."""
    return Catalogue(json.loads(PATH.read_text(encoding="utf-8")), ours=True)


def lookup(*args, **kwargs):
    """:meth:`Catalogue.lookup` in the shipped list."""
    return shipped().lookup(*args, **kwargs)


def search(*args, **kwargs):
    """:meth:`Catalogue.search` in the shipped list."""
    return shipped().search(*args, **kwargs)


def as_of():
    """The day of the shipped list's facts."""
    return shipped().as_of
