"""Usages in the vendors' own shapes cost what the vendors' pages say, or are unpriced.

The last 37 were written down before they were tried, from the vendors' pages. At first sight five
of them were priced as something else (Gemini's list of billed tools, counts of pieces beside the
tokens, xAI's price above 128,000 tokens) and one that has a public price was not (Groq's flex).
"""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from engine.price import catalogue
from engine.price.pricing import UNPRICED, cost
from engine.price.usage import TokenUsage, returned_cost_usd

PATH = Path(__file__).resolve().parents[4] / "benchmarks" / "data" / "vendor_usages.jsonl"
CASES = [json.loads(line) for line in PATH.read_text(encoding="utf-8").splitlines()]
READERS = {
    "openai": TokenUsage.from_openai,
    "anthropic": TokenUsage.from_anthropic,
    "gemini": TokenUsage.from_gemini,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['vendor']}, {case['case']}")
def test_a_usage_costs_what_the_page_says(case):
    when = datetime.fromisoformat(case["when"])
    found = catalogue.lookup(case["model"], vendor=case["vendor"], when=when)
    assert len(found) == 1 or case["bill"] is None
    usage = READERS[catalogue.shipped().vendors[case["vendor"]]["api_format"]](case["usage"])
    returned = returned_cost_usd(case["usage"])
    price = found[0].price if found else None
    paid = cost(usage, price, batch=case.get("batch", False), returned_usd=returned)
    if case["bill"] is None:
        assert paid is UNPRICED
    else:
        rows = (Decimal(tokens) * Decimal(rate) for tokens, rate in case["bill"])
        assert paid == sum(rows) / 1_000_000
    assert case["source"]
