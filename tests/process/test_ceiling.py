"""A model without a price costs the company's ceiling, if the company set one; never nothing."""

from decimal import Decimal


def test_unpriced_model_is_billed_at_the_company_s_ceiling(world):
    admin = world.rpc()
    admin("res.company", "write", [1], {"ai_unpriced_policy": "ceiling", "ai_ceiling_usd": 50.0})
    try:
        provider = admin(
            "ai.service.provider",
            "create",
            {
                "name": "unpriced",
                "api_format": "openai",
                "model_name": "loop-o-small",
                "base_url": world.vendor.base_url("openai"),
                "api_key": "test-key",
            },
        )
        answer = admin.send("what do you cost?", provider, max_tokens=100)
    finally:
        admin("res.company", "write", [1], {"ai_unpriced_policy": "refuse"})
    cost = Decimal(
        world.database.text(
            f"SELECT cost_usd FROM ai_token_usage WHERE id = {answer['token_usage_id']}"
        )
    )
    tokens = world.vendor.log()[0]["counts"]
    assert cost == Decimal(50) * (tokens["input"] + tokens["output"]) / 10**6
    assert cost > world.vendor_books()[1]
