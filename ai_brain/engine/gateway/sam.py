"""What an answer says beside the vendor's own shape: cost, provider, kind, savings."""


def told(answer):
    """Return it as a dict for JSON.

    >>> told({"cost_usd": 0.0012, "provider_name": "GPT", "kind": "api", "saved_usd": 0.0})
    {'cost_usd': 0.0012, 'provider': 'GPT', 'kind': 'api', 'saved_usd': 0.0}
    """
    return {
        "cost_usd": answer.get("cost_usd"),
        "provider": answer.get("provider_name"),
        "kind": answer.get("kind"),
        "saved_usd": answer.get("saved_usd"),
    }
