"""Entries of the models that LiteLLM has and genai-prices has not."""

import re

from entry_parts import as_text_too, bounded, limits, reason_to_leave_out, with_services
from second_opinion import Opinion, differences
from vendors import FOLLOWS, REACHED, VENDORS

SOURCE = 1  # its place in the catalogue's list of sources
# As the lookup takes it from the end of a name.
A_DATE = re.compile(r"(-\d{4}-\d\d-\d\d|[-@]\d{8})$")


def entry_of_litellm(vendor, name, raw, today, report):
    """The entry of a model that LiteLLM alone has, or None."""
    opinion = Opinion(raw)
    price = {"from": None, **opinion.price()}
    embedding = opinion.mode == "embedding"
    why = reason_to_leave_out(vendor, name, price, embedding)
    if "off_peak_pricing" in raw:
        why = why or "priced by the hour, without dates"
    if why:
        report.setdefault(why, []).append(f"{vendor}/{name}")
        return None
    entry = {"vendor": vendor, "model": name, "source": SOURCE}
    entry["kind"] = "embedding" if embedding else "chat"
    limits(entry, opinion.context_window, opinion, price)
    if opinion.retires and opinion.retires <= today.isoformat():
        entry["deprecated"] = True
    if regions := opinion.regions(vendor):
        price["regions"] = regions
    as_text_too(vendor, opinion, price)
    bounded(vendor, entry, price)
    with_services(vendor, price, opinion.services(price))
    entry["prices"] = [price]
    return entry


def missing(models, opinion, entries, today, report):
    """Entries of LiteLLM's models of our vendors whose price no entry has."""
    named = {
        (entry["vendor"], name.lower()): entry
        for entry in entries
        for name in (entry["model"], *entry.get("names", ()))
    }
    for key, raw in models.items():
        for vendor, (*_rest, prefixes, names) in VENDORS.items():
            if raw.get("litellm_provider") not in names or raw.get("mode") not in REACHED:
                continue
            prefix = max((p for p in prefixes if key.startswith(p)), key=len, default=None)
            if prefix is None or (vendor, key[len(prefix) :].lower()) in named:
                continue
            name = key[len(prefix) :]
            entry = entry_of_litellm(vendor, name, raw, today, report)
            if entry and not is_found_anyway(named, opinion, vendor, name, raw):
                named[vendor, name.lower()] = entry
                yield entry


def is_found_anyway(named, opinion, vendor, name, raw):
    """Does the lookup find its price by another name: the plain one, or at whom it follows?"""
    plain_name = A_DATE.sub("", name.lower())
    if plain_name != name.lower() and (vendor, plain_name) in named:
        plain = opinion.find(vendor, plain_name)
        if plain and plain.rates() == Opinion(raw).rates():
            return True
        return not differences(named[vendor, plain_name]["prices"][-1], Opinion(raw))
    model = named.get((FOLLOWS.get(vendor), name.lower()))
    return bool(model) and not differences(model["prices"][-1], Opinion(raw))
