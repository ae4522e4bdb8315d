"""Nobody reads a key: not by any role, door, error, log or copy of the database."""

import pytest

from ..harness import Database, OdooServer, RpcError
from ..harness.stage import KEY
from ..vendor.faults import marker

ENVIRONMENT = {
    "SAM_WIRE_KEY": "test-key-environment",
    "SAM_WIRE_KEY_HOST": "127.0.0.1",
    "SAM_UNBOUND_KEY": "test-key-unbound",
}


@pytest.fixture(scope="module")
def debug_world(stage, vendor_process):
    """A server that logs everything."""
    with stage.world(
        vendor_process, env=ENVIRONMENT, log_level="debug_sql", log_handler=":DEBUG"
    ) as world:
        yield world


def _doors(provider_id):
    """Every way to ask for a key that the web client has: (method, args, kwargs)."""
    fields = ["name", "api_key", "has_api_key"]
    domain = [("id", "=", provider_id)]
    for field in ("api_key", "api_key_value"):
        yield "read", [[provider_id], [field]], {}
        yield "search", [[(field, "=", KEY)]], {}
        yield "search", [[(field, "like", KEY[:3])]], {}
        yield "search_count", [[(field, "!=", False)]], {}
        yield "search", [domain], {"order": f"{field} desc"}
        yield "read_group", [domain, ["id"], [field]], {}
        yield "web_read_group", [domain, ["id"], [field]], {}
        yield "export_data", [[provider_id], ["id", field]], {}
        yield "mapped", [[provider_id], field], {}
        yield "filtered_domain", [[provider_id], [(field, "like", KEY)]], {}
        yield "web_search_read", [domain, {field: {}}], {}
        yield "web_read", [[provider_id], {field: {}, "name": {}}], {}
    yield "read", [[provider_id]], {}
    yield "read", [[provider_id], fields], {}
    yield "search_read", [domain], {}
    yield "copy", [[provider_id]], {}
    yield "copy_data", [[provider_id]], {}
    yield "export_data", [[provider_id], ["id", "name", "has_api_key"]], {}
    yield "onchange", [[provider_id], {}, [], {"api_key": {}, "base_url": {}}], {}
    yield "default_get", [fields], {}
    yield "fields_get", [], {}
    yield "get_metadata", [[provider_id]], {}
    yield "_endpoint", [[provider_id]], {}
    yield "action_fetch_models", [[provider_id]], {}


@pytest.mark.parametrize("login", ["user", "manager", "admin"])
def test_no_door_of_rpc_gives_the_key(world, login):
    provider_id = world.providers["loop-a-large"]
    rpc = world.rpc(login)
    answered = 0
    for method, args, kwargs in _doors(provider_id):
        try:
            answer = repr(rpc("ai.service.provider", method, *args, **kwargs))
            answered += 1
        except RpcError as error:
            answer = f"{error} {error.debug}"
            if KEY in repr(args):  # an error may quote the question, which named the key itself
                answer = answer.replace(repr(KEY), "")
        assert KEY not in answer, (method, args)
    assert answered > 3  # some doors are open, and lead to everything else


def test_search_cannot_probe_the_key_letter_by_letter(world):
    """What the search answers must not depend on whether the guess is right."""
    for login in ("user", "manager", "admin"):
        rpc = world.rpc(login)
        for field in ("api_key", "api_key_value"):
            told = []
            for guess in (KEY, KEY[:4], "wrong-guess"):
                try:
                    told.append(
                        repr(rpc("ai.service.provider", "search", [(field, "=like", f"{guess}%")]))
                    )
                except RpcError as error:
                    told.append(error.name)
            assert len(set(told)) == 1, (login, field, told)


def test_other_addresses_cannot_be_given_the_key(world):
    """Who may not read the key may not send it elsewhere either."""
    provider_id = world.providers["loop-a-large"]
    elsewhere = {"base_url": "http://127.0.0.1:9/v1"}
    for login in ("user", "manager"):
        with pytest.raises(RpcError, match=r"administrator|allowed|access"):
            world.rpc(login)("ai.service.provider", "write", [provider_id], elsewhere)
        with pytest.raises(RpcError):
            world.rpc(login)("ai.service.provider", "write", [provider_id], {"api_key": "x"})
    admin = world.rpc()
    copy = admin("ai.service.provider", "copy", [provider_id])
    copy = copy[0] if isinstance(copy, list) else copy
    assert admin("ai.service.provider", "read", [copy], ["has_api_key"])[0]["has_api_key"] is False
    admin("ai.service.provider", "write", [copy], {"api_key": "test-key-moved"})
    assert admin("ai.service.provider", "read", [copy], ["has_api_key"])[0]["has_api_key"] is True
    admin("ai.service.provider", "write", [copy], elsewhere)
    assert admin("ai.service.provider", "read", [copy], ["has_api_key"])[0]["has_api_key"] is False


@pytest.mark.every_series
def test_key_is_in_no_error_and_in_no_debug_log(debug_world, vendor):
    world = debug_world
    admin = world.rpc()
    secret = "test-key-for-the-log"
    told = []
    for model in ("loop-o-small", "loop-a-small", "loop-g-small"):
        provider_id = world.providers[model]
        admin("ai.service.provider", "write", [provider_id], {"api_key": secret})
        admin("ai.service.provider", "web_save", [provider_id], {"api_key": secret}, {"name": {}})
        admin("ai.service.provider", "action_test_connection", [provider_id])
        admin.send("fine", provider_id)
        for fault in ("echo", "401", "500", "close", "badjson", "redirect", "half"):
            with pytest.raises(RpcError) as caught:
                admin.send(marker(fault=fault, retry_after=0), provider_id)
            told.append(caught.value.text + caught.value.debug)
    imported = admin(
        "ai.service.provider",
        "load",
        ["name", "api_format", "model_name", "api_key"],
        [["imported", "OpenAI and compatible", "m", secret]],
    )
    assert admin("ai.service.provider", "read", imported["ids"], ["has_api_key"])[0]["has_api_key"]
    created = admin(
        "ai.service.provider",
        "create",
        {
            "name": "made",
            "api_format": "openai",
            "model_name": "m",
            "api_key": secret,
        },
    )
    for bad in ("test key with spaces", "test-key\nbroken"):
        with pytest.raises(RpcError) as caught:
            admin("ai.service.provider", "write", [created], {"api_key": bad})
        assert bad not in caught.value.text
        told.append(caught.value.debug.replace(bad, "") if bad in caught.value.debug else "")
    with pytest.raises(RpcError) as caught:
        admin(
            "ai.service.provider",
            "create",
            {"name": "broken", "api_key": secret, "api_format": "no such format"},
        )
    told.append(caught.value.text + caught.value.debug)
    assert {row["key"] for row in vendor.log()} == {secret}
    log = world.server.log()
    assert "ai_service_provider" in log  # the debug log was really on
    assert "urllib3" in log
    for place in (*told, log):
        assert secret not in place
        assert "test key with spaces" not in place


def test_key_from_the_environment_is_used_and_never_stored(debug_world, vendor):
    world = debug_world
    before = world.ledger()
    admin = world.rpc()
    provider_id = world.providers["loop-o-small"]
    admin("ai.service.provider", "write", [provider_id], {"api_key": "env:SAM_WIRE_KEY"})
    admin.send("from the environment", provider_id)
    assert vendor.log()[-1]["key"] == "test-key-environment"
    for name in ("env:PATH", "env:HOME", "env:SAM_", "env:sam_x", "env:SAM_WIRE_KEY_HOST"):
        with pytest.raises(RpcError):
            admin("ai.service.provider", "write", [provider_id], {"api_key": name})
    admin("ai.service.provider", "write", [provider_id], {"api_key": "env:SAM_NOT_SET"})
    with pytest.raises(RpcError, match="SAM_NOT_SET"):
        admin.send("no key", provider_id)
    admin("ai.service.provider", "write", [provider_id], {"api_key": "env:SAM_UNBOUND_KEY"})
    with pytest.raises(RpcError, match=r"SAM_UNBOUND_KEY_HOST=127\.0\.0\.1"):
        admin.send("to a host that nobody bound it to", provider_id)
    assert len({row["key"] for row in vendor.log()} & {"test-key-unbound"}) == 0
    assert world.ledger()[0] - before[0] == 1
    assert "test-key-environment" not in world.server.log()
    tables = world.database.rows(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_name LIKE 'ai\\_%%' AND column_name = 'id'"
    )
    assert len(tables) > 3
    for (table,) in tables:
        found = world.database.text(
            f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%test-key-environment%'"
        )
        assert found == "0", table


def test_neutralised_copy_has_no_keys_and_calls_nobody(stage, vendor, tmp_path):
    copy = stage.database.copy("wire_neutral")
    try:
        assert (
            copy.text(f"SELECT count(*) FROM ai_service_provider p WHERE p::text LIKE '%{KEY}%'")
            != "0"
        )
        server = OdooServer(stage.settings, Database(stage.settings, copy.name), tmp_path)
        server.run("neutralize")
        tables = copy.rows(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in tables:
            assert (
                copy.text(f"SELECT count(*) FROM \"{table}\" t WHERE t::text LIKE '%{KEY}%'") == "0"
            ), table
        assert (
            copy.text(
                "SELECT count(*) FROM ai_service_provider WHERE active AND api_format != 'sandbox'"
            )
            == "0"
        )
        patterns = "SELECT count(*) FILTER (WHERE active), count(*) >= 7 FROM ai_answer_pattern"
        assert copy.rows(patterns) == [(0, True)]
    finally:
        copy.drop()
