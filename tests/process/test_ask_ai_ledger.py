"""Ask AI answers from the ledger on a real server, where the cursor of who asks is given back."""

import json

from .test_ask_ai_load import Browser


def test_a_question_on_costs_is_looked_up_and_answered(world):
    admin = world.rpc()
    price = {"input_usd": 1.0, "output_usd": 2.0, "valid_from": "2020-01-01"}
    values = {"name": "Box", "model_name": "sandbox", "api_format": "sandbox"}
    box = admin("ai.service.provider", "create", {**values, "price_ids": [[0, 0, price]]})
    admin("res.company", "write", [1], {"ai_ledger_tools": True})
    try:
        person = Browser(world, "manager")
        person.rpc("ai.conversation", "write", [person.chat], {"provider_id": box})
        status, body = person.ask("Who spent most this month?")
        assert status == 200
        lines = [line for line in body.splitlines() if line.startswith("data: ")]
        answer = json.loads(lines[-1].removeprefix("data: "))["answer"]
        assert answer["state"] == "done", answer
        assert len(answer["usage_ids"]) == 2
        assert "[R1]" in answer["content"]
        assert answer["sources"][0]["ref"] == "R1"
        ids = ", ".join(map(str, answer["usage_ids"]))
        found = world.database.rows(
            f"SELECT agent_type, state FROM ai_token_usage WHERE id IN ({ids})"
        )
        assert set(found) == {("ask_ai", "done")}
    finally:
        admin("res.company", "write", [1], {"ai_ledger_tools": False})
        admin("ai.service.provider", "write", [box], {"active": False})
