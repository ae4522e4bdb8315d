"""The shipped catalogue: a price by name, vendor and date, or none."""

import csv
import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from engine.price import catalogue
from engine.price.catalogue import lookup, search, vendor_of
from engine.price.pricing import UNPRICED, cost
from engine.price.usage import TokenUsage

D = Decimal
LATER = datetime(2027, 1, 1)


def only(found):
    assert len(found) == 1, found
    return found[0]


def test_a_model_has_its_price_and_limits():
    found = only(lookup("gpt-4o-mini", "openai", base_url=""))
    rates = found.price.rates
    assert (rates.input, rates.output, rates.cache_read) == (D("0.15"), D("0.6"), D("0.075"))
    assert found.entry.context_window == 128_000
    assert found.entry.max_output_tokens == 16_384
    assert found.entry.tier == "efficient"
    assert "genai-prices" in found.entry.source


@pytest.mark.parametrize("name", ["no-such-model", "gpt-9", "gpt-4o-nano", "gpt", "", None, "ft:x"])
def test_an_unknown_model_has_no_price(name):
    assert lookup(name) == []


def test_a_model_to_come_is_not_taken_for_its_forerunner():
    assert lookup("claude-sonnet-4-99", "anthropic") == []
    assert lookup("gemini-2.5-pro-ultra", "gemini") == []


def test_a_dated_name_has_the_price_of_its_model():
    plain = only(lookup("claude-haiku-4-5", "anthropic", base_url=""))
    assert only(lookup("claude-haiku-4-5-20251001", "anthropic", base_url="")) == plain
    assert only(lookup("Claude-Haiku-4-5@20251001", "anthropic", base_url="")) == plain
    gemini = only(lookup("gemini-2.5-flash", "gemini", base_url=""))
    assert only(lookup("models/gemini-2.5-flash-001", "gemini", base_url="")) == gemini


def test_a_fine_tuned_model_has_the_price_of_fine_tuned_ones():
    found = only(lookup("ft:gpt-4o-2024-08-06:acme::abc", "openai", base_url="", when=LATER))
    assert found.entry.model == "ft:gpt-4o"
    assert found.price.rates.input > only(lookup("gpt-4o", vendor="openai")).price.rates.input


def test_long_inputs_have_their_tier():
    price = only(lookup("gemini-2.5-pro", "gemini", when=LATER)).price
    assert price.tiers[0].above_tokens == 200_000
    assert cost(TokenUsage(input=200_000), price) == D("0.25")
    assert cost(TokenUsage(input=200_001), price) == D("0.5000025")


def test_a_price_change_divides_at_midnight_utc():
    periods = lookup("o3", vendor="openai")
    assert [found.valid_from for found in periods] == [None, date(2025, 6, 10)]
    assert [found.valid_to for found in periods] == [date(2025, 6, 10), None]
    before = only(lookup("o3", vendor="openai", when=datetime(2025, 6, 9, 23, 59, 59)))
    after = only(lookup("o3", vendor="openai", when=datetime(2025, 6, 10)))
    assert (before.price.rates.input, after.price.rates.input) == (D(10), D(2))


def test_the_address_decides_among_vendors_of_one_model():
    rows = lookup("openai/gpt-oss-120b", "openai", base_url="https://api.groq.com/openai/v1")
    assert {row.entry.vendor for row in rows} == {"groq"}
    assert lookup("gpt-4o", "openai", base_url="http://localhost:11434/v1") == []
    assert lookup("gpt-4o", "openai", base_url="https://api.openai.com.evil.example/v1") == []
    assert lookup("gpt-4o", "gemini", base_url="") == []
    assert lookup("gpt-4o", "sandbox", base_url="") == []


def test_azure_takes_openais_prices_and_says_so():
    found = only(lookup("gpt-4o", "openai", base_url="https://acme.openai.azure.com/openai/v1"))
    assert found.entry.vendor == "azure"
    assert "OpenAI" in found.entry.note
    assert found.price.rates.input == D("2.5")


@pytest.mark.parametrize(
    ("api_format", "base_url", "vendor"),
    [
        ("openai", "", "openai"),
        ("anthropic", None, "anthropic"),
        ("gemini", "", "google"),
        ("sandbox", "", None),
        ("openai", "https://API.Mistral.ai/v1", "mistral"),
        ("openai", "https://openrouter.ai/api/v1", "openrouter"),
        ("openai", "https://notopenrouter.ai/api/v1", None),
        ("openai", "http://[bad", None),
        ("openai", "nonsense", None),
    ],
)
def test_the_vendor_of_an_address(api_format, base_url, vendor):
    assert vendor_of(api_format, base_url) == vendor


def test_who_made_a_model_comes_before_those_who_host_it():
    vendors = [found.entry.vendor for found in lookup("deepseek-v4-pro", when=LATER)]
    assert vendors[0] == "deepseek"
    assert "azure" in vendors


def test_azure_takes_over_the_batch_and_no_other_service_or_region():
    [ours] = lookup("gpt-5-mini", vendor="openai")
    [theirs] = lookup("gpt-5-mini", vendor="azure")
    assert {one.name for one in ours.price.services} >= {"flex", "priority"}
    assert dict(ours.price.regions)
    assert (theirs.price.services, theirs.price.regions) == ((), ())
    assert theirs.price.batch_factor == ours.price.batch_factor == D("0.5")


def test_a_model_that_only_the_second_list_has_says_so():
    found = only(lookup("accounts/fireworks/models/llama-v3p1-70b-instruct", vendor="fireworks"))
    assert found.entry.source.startswith("catalogue of ")
    assert "LiteLLM" in found.entry.source
    assert "second opinion" not in found.entry.source


def test_deepseek_costs_by_the_hour_since_august_2026():
    def input_rate(*moment):
        found = lookup("deepseek-v4-pro", vendor="deepseek", when=datetime(*moment))
        return only(found).price.rates.input

    assert input_rate(2026, 8, 16, 2) == D("0.435")
    assert input_rate(2026, 8, 22, 2) == D("1.32")  # a Saturday, when weekends were no exception
    assert input_rate(2026, 11, 28, 2) == D("0.66")  # a Saturday
    assert input_rate(2026, 11, 26, 6) == D("1.32")
    assert input_rate(2026, 11, 26, 10) == D("0.66")
    assert input_rate(2026, 10, 1, 2) == D("0.66")  # a holiday in China
    [flash] = lookup("deepseek-v4-flash", vendor="deepseek", when=datetime(2026, 8, 18, 2))
    assert (flash.price.rates.input, flash.price.rates.output) == (D("0.44"), D("1.32"))
    assert "holidays" in lookup("deepseek-v4-pro", vendor="deepseek")[-1].entry.note


def test_search_finds_by_words_of_vendor_and_name():
    found = search("anthropic haiku", api_format="anthropic")
    assert found
    assert all(entry.vendor == "anthropic" and "haiku" in entry.model for entry in found)
    assert search("gpt-4o")[0].model == "gpt-4o"
    assert search("no such thing at all") == []
    assert len(search("", limit=5)) == 5
    deprecated = [entry.deprecated for entry in search("openai", limit=500)]
    assert deprecated == sorted(deprecated)


def all_entries():
    return catalogue.shipped().entries


def test_every_entry_prices_a_call_and_none_is_free_by_accident():
    for entry in all_entries():
        usage = {
            "embedding": TokenUsage(input=1000),
            "speech": TokenUsage(audio_seconds=60),
        }.get(entry.kind, TokenUsage(1000, 100))
        for dated in entry.prices:
            if entry.kind == "speech" and not dated.price.rates.by_time:
                usage = TokenUsage(input=700, input_audio=600, output=100)
            paid = cost(usage, dated.price, when=LATER)
            assert paid is not UNPRICED, entry.model
            assert paid > 0 or entry.model.endswith(":free"), entry.model


def test_speech_is_priced_by_the_minute():
    (found,) = lookup("whisper-1", "openai", base_url="")
    assert (found.entry.kind, found.price.rates.minute) == ("speech", Decimal("0.006"))
    assert found.price.rates.input is None
    (found,) = lookup("gpt-transcribe", "openai", base_url="")
    assert cost(TokenUsage(audio_seconds=90), found.price) == Decimal("0.00675")


def test_speech_by_token_has_the_vendor_s_price_of_sound_and_says_who_differs():
    for name, rates in (
        ("gpt-4o-transcribe", ("2.5", "10", "2.5")),
        ("gpt-4o-mini-transcribe-2025-12-15", ("1.25", "5", "1.25")),
    ):
        (found,) = lookup(name, "openai", base_url="")
        own = found.price.rates
        assert (own.input, own.output, own.input_audio) == tuple(map(Decimal, rates))
        assert found.entry.kind == "speech"
        assert found.entry.disputed == ("input_audio",)
        assert "genai-prices 0.2.3 has another input_audio" in found.entry.note
    azure = "https://ours.openai.azure.com/openai/v1"
    (found,) = lookup("gpt-4o-mini-transcribe", "openai", base_url=azure)
    assert found.price.rates.input_audio == Decimal(3)
    # what tells speakers apart wants an option that is not sent
    assert lookup("gpt-4o-transcribe-diarize", "openai", base_url="") == []


def test_an_hour_at_groq_has_ten_seconds_at_least():
    for name, hour in (("whisper-large-v3", "0.111"), ("whisper-large-v3-turbo", "0.04")):
        (found,) = lookup(name, "openai", base_url="https://api.groq.com/openai/v1")
        assert found.price.rates.by_time == (Decimal(hour), 3600)
        assert cost(TokenUsage(audio_seconds=3600), found.price) == Decimal(hour)
        short = [cost(TokenUsage(audio_seconds=heard), found.price) for heard in (0, 1, 10)]
        assert len(set(short)) == 1
        assert short[0] < cost(TokenUsage(audio_seconds=11), found.price)


def test_periods_follow_each_other_without_gaps():
    for entry in all_entries():
        assert entry.prices[0].valid_from is None
        for earlier, later in zip(entry.prices, entry.prices[1:]):
            assert earlier.valid_to == later.valid_from
            assert later.valid_from > (earlier.valid_from or datetime.min)


def test_no_vendor_lists_a_name_twice():
    seen = set()
    for entry in all_entries():
        for name in {entry.model.lower(), *(n.lower() for n in entry.names)}:
            assert (entry.vendor, name) not in seen, name
            seen.add((entry.vendor, name))


def test_disputed_models_are_those_of_the_disagreements_file():
    with (catalogue.PATH.parent / "price_disagreements.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    kept = {(row["vendor"], row["model"]) for row in rows if row["action"].endswith(", disputed")}
    for entry in all_entries():
        named = {(entry.vendor, name) for name in (entry.model, *entry.names)}
        assert bool(entry.disputed) == bool(named & kept), entry.model
    disputed = next(entry for entry in all_entries() if entry.disputed)
    assert "LiteLLM" in disputed.note


def test_the_file_is_one_model_a_line_for_reviews():
    lines = catalogue.PATH.read_text(encoding="utf-8").splitlines()
    models = [line for line in lines if line.startswith('  {"vendor"')]
    assert len(models) == len(all_entries()) > 500
    assert json.loads(models[0].rstrip(","))["model"]
    assert catalogue.as_of() >= date(2026, 1, 1)


def a_list(**changes):
    model = {
        "vendor": "acme", "model": "acme-1", "kind": "chat",
        "prices": [{"from": None, "input": "1", "output": "2"}],
    }  # fmt: skip
    vendor = {"name": "Acme", "api_format": "openai", "base_url": ""}
    data = {"date": "2026-11-01", "sources": ["a test"], "vendors": {"acme": vendor}}
    return {**data, "models": [{**model, **changes}]}


def test_another_list_is_read_by_the_same_rules():
    other = catalogue.Catalogue(a_list())
    found = only(other.lookup("acme-1", vendor="acme"))
    assert (found.price.rates.input, found.price.rates.output) == (D(1), D(2))
    assert found.entry.source == "catalogue of 2026-11-01: a test"
    assert lookup("acme-1") == []


@pytest.mark.parametrize(
    "broken",
    [
        {},
        [],
        {"date": "2026-11-01"},
        {**a_list(), "date": "yesterday"},
        a_list(vendor="nobody"),
        a_list(prices=[{"from": None, "input": "-1"}]),
        a_list(prices=[{"from": None, "input": "cheap"}]),
        a_list(prices=[{"from": None, "input": "NaN"}]),
        a_list(prices=[{"from": "soon", "input": "1"}]),
        a_list(prices=[]),
        a_list(model=None),
    ],
)
def test_a_list_of_another_form_is_refused(broken):
    with pytest.raises(catalogue.CatalogueError, match=r"price_catalogue\.json"):
        catalogue.Catalogue(broken)
