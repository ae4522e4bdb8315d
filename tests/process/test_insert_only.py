"""A settled row cannot be changed by any door, and the doors beside it still open."""

from decimal import Decimal

import psycopg2
import pytest

from ..harness import RpcError

CHANGES = {
    "cost_usd": 0.0,
    "saved_usd": 1.0,
    "baseline_cost_usd": 1.0,
    "input_tokens": 1,
    "output_tokens": 1,
    "state": "failed",
    "model_name": "x",
    "local_date": "2020-01-01",
    "company_id": 1,
    "provider_id": False,
    "call_count": 0,
    "cost_company": 0.0,
    "user_id": 1,
    "prompt_text": "other",
    "kind": "cache",
    "currency_rate": 2.0,
}


@pytest.fixture
def row(world):
    """The id of a settled row and its content."""
    answer = world.rpc().send("to be kept", world.providers["loop-o-small"])
    row_id = answer["token_usage_id"]

    class Row:
        id = row_id

        @staticmethod
        def content():
            return world.database.text(
                "SELECT to_jsonb(u) - 'write_uid' - 'write_date' FROM ai_token_usage u"
                f" WHERE id = {row_id}"
            )

    Row.before = Row.content()
    return Row


@pytest.mark.parametrize("login", ["admin", "manager", "user"])
@pytest.mark.parametrize("field", CHANGES)
def test_rpc_write_is_refused(world, row, login, field):
    with pytest.raises(RpcError):
        world.rpc(login)("ai.token.usage", "write", [row.id], {field: CHANGES[field]})
    assert row.content() == row.before


@pytest.mark.parametrize("login", ["admin", "manager"])
def test_other_doors_of_rpc_are_refused(world, row, login):
    rpc = world.rpc(login)
    amount = {"cost_usd": 0.0}
    for method, args in (
        ("unlink", [[row.id]]),
        ("web_save", [[row.id], amount, {"cost_usd": {}}]),
        ("create", [{"company_id": 1, "cost_usd": 1.0}]),
        ("web_save", [[], {"company_id": 1, "cost_usd": 1.0}, {"cost_usd": {}}]),
        ("copy", [[row.id]]),
        ("name_create", ["x"]),
        ("_insert", [[{"company_id": 1}]]),
        ("_drop_guard", []),
        ("_write", [[row.id], amount]),
    ):
        with pytest.raises(RpcError):
            rpc("ai.token.usage", method, *args)
    assert row.content() == row.before


def test_import_is_refused(world, row):
    rpc = world.rpc()
    count = world.database.text("SELECT count(*) FROM ai_token_usage")
    # The import's own savepoint reports what a person sees as messages, not as an exception.
    for columns, line in (
        ([".id", "cost_usd"], [str(row.id), "0"]),
        (
            ["company_id/.id", "cost_usd", "kind", "state", "local_date"],
            ["1", "5", "api", "done", "2026-01-01"],
        ),
    ):
        try:
            answer = rpc("ai.token.usage", "load", columns, [line])
        except RpcError:
            continue
        assert not answer["ids"], answer
        assert answer["messages"]
    assert row.content() == row.before
    assert world.database.text("SELECT count(*) FROM ai_token_usage") == count


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ai_token_usage SET cost_usd = 0 WHERE id = %s",
        "UPDATE ai_token_usage SET input_tokens = NULL WHERE id = %s",
        "UPDATE ai_token_usage SET state = 'failed' WHERE id = %s",
        "UPDATE ai_token_usage SET prompt_text = 'other' WHERE id = %s",
        "UPDATE ai_token_usage SET user_id = 1 WHERE id = %s",
        "UPDATE ai_token_usage SET id = -id WHERE id = %s",
        "DELETE FROM ai_token_usage WHERE id = %s",
        "INSERT INTO ai_token_usage (id, company_id, local_date, kind, state)"
        " SELECT id, company_id, local_date, kind, state FROM ai_token_usage WHERE id = %s"
        " ON CONFLICT (id) DO UPDATE SET cost_usd = 0",
        "MERGE INTO ai_token_usage t USING (SELECT %s AS id) s ON t.id = s.id"
        " WHEN MATCHED THEN UPDATE SET cost_usd = 0",
        "WITH x AS (SELECT %s) DELETE FROM ai_token_usage",
    ],
)
def test_plain_sql_is_refused(world, row, statement):
    with pytest.raises(psycopg2.Error, match="insert-only"):
        world.database.rows(statement, row.id)
    assert row.content() == row.before


def test_truncate_is_refused(world, row):
    with pytest.raises(psycopg2.Error, match=r"insert-only|foreign key"):
        world.database.rows("TRUNCATE ai_token_usage")
    with pytest.raises(psycopg2.Error, match="insert-only"):
        world.database.rows("TRUNCATE ai_token_usage CASCADE")
    assert row.content() == row.before


def test_correction_is_a_row_of_its_own(world, row):
    before = world.ledger()
    correction = world.rpc()("ai.brain.probe", "correct", row.id, -0.00000125)
    calls, cost = world.ledger()
    assert calls == before[0]
    assert cost == before[1] - Decimal("0.00000125")
    assert row.content() == row.before
    with pytest.raises(psycopg2.Error, match="insert-only"):
        world.database.rows("DELETE FROM ai_token_usage WHERE id = %s", correction)


def test_notes_may_be_written_and_texts_cleared(world, row):
    world.database.rows(
        "UPDATE ai_token_usage SET waste_detected = true, quality_score = 80, feedback_count = 1"
        " WHERE id = %s",
        row.id,
    )
    world.database.rows("UPDATE ai_token_usage SET prompt_text = NULL WHERE id = %s", row.id)
    assert (
        world.database.text(
            f"SELECT prompt_text IS NULL AND waste_detected FROM ai_token_usage WHERE id = {row.id}"
        )
        == "true"
    )


def test_amounts_are_exact_to_people_who_read_them(world, row):
    exact = world.database.text(f"SELECT cost_usd FROM ai_token_usage WHERE id = {row.id}")
    (read,) = world.rpc()("ai.token.usage", "read", [row.id], ["cost_usd"])
    assert read["cost_usd"] == float(exact)
    assert float(exact) > 0


def test_users_see_their_own_rows_only(world):
    provider = world.providers["loop-o-small"]
    own = world.rpc("user").send("mine", provider)["token_usage_id"]
    theirs = world.rpc("other").send("theirs", provider)["token_usage_id"]
    seen = world.rpc("user")("ai.token.usage", "search", [("id", "in", [own, theirs])])
    assert seen == [own]
    with pytest.raises(RpcError):
        world.rpc("user")("ai.token.usage", "read", [theirs], ["prompt_text"])
    managed = world.rpc("manager")("ai.token.usage", "search", [("id", "in", [own, theirs])])
    assert sorted(managed) == sorted([own, theirs])


def test_user_can_be_deleted_and_the_row_stays(world):
    admin = world.rpc()
    user_id = admin(
        "res.users",
        "create",
        {
            "name": "Leaver",
            "login": "leaver",
            "password": "leaver",
        },
    )
    row_id = world.rpc("leaver").send("bye", world.providers["loop-o-small"])["token_usage_id"]
    before = world.ledger(f"id = {row_id}")
    partner = admin("res.users", "read", [user_id], ["partner_id"])[0]["partner_id"][0]
    assert admin("res.users", "unlink", [user_id]) is True
    admin("res.partner", "unlink", [partner])
    assert world.ledger(f"id = {row_id}") == before
    assert (
        world.database.text(f"SELECT user_id IS NULL FROM ai_token_usage WHERE id = {row_id}")
        == "true"
    )


def test_upgrade_keeps_the_ledger_and_uninstall_removes_the_guard(make_world):
    with make_world() as world:
        world.rpc().send("kept over the upgrade", world.providers["loop-o-small"])
        before = world.database.rows("SELECT md5(u::text) FROM ai_token_usage u")
        world.server.stop()
        world.server.run("-u", "ai_brain", "--stop-after-init", "--no-http")
        assert world.database.rows("SELECT md5(u::text) FROM ai_token_usage u") == before
        with pytest.raises(psycopg2.Error, match="insert-only"):
            world.database.rows("DELETE FROM ai_token_usage")
        world.server.start()
        rpc = world.rpc()
        (module,) = rpc("ir.module.module", "search", [("name", "=", "ai_brain")])
        rpc("ir.module.module", "button_immediate_uninstall", [module])
        assert (
            world.database.text(
                "SELECT count(*) FROM pg_class WHERE relname LIKE 'ai\\_%%' AND relkind = 'r'"
                " AND relname != 'ai_brain_probe'"
            )
            == "0"
        )
        assert (
            world.database.text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'ai\\_%%'") == "0"
        )
