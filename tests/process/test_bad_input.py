"""What cannot be sent is refused with words that help, and costs nothing."""

import pytest

from ..harness import RpcError

OURS = "odoo.addons.ai_brain.exceptions."
USER = [{"role": "user", "content": "x"}]


@pytest.fixture
def provider(world):
    return world.providers["loop-o-small"]


@pytest.fixture(autouse=True)
def nothing_is_spent(world):
    before = world.ledger()
    yield
    assert world.ledger()[1] == before[1]
    assert world.vendor_books()[0] == 0
    assert world.reservations() == (0, 0)


def _refused(world, *args, login="user", **kwargs):
    with pytest.raises(RpcError) as caught:
        world.rpc(login)("ai.service", "send_message", *args, **kwargs)
    error = caught.value
    assert error.name.startswith(OURS) or error.name in (
        "odoo.exceptions.UserError",
        "odoo.exceptions.ValidationError",
        "odoo.exceptions.AccessError",
    ), error.debug
    assert len(error.text) > 20
    return error.text


@pytest.mark.parametrize(
    "messages",
    [
        "",
        "   ",
        [],
        None,
        False,
        7,
        {},
        {"role": "user"},
        [None],
        ["text"],
        [[]],
        [{}],
        [{"role": "user"}],
        [{"role": "user", "content": None}],
        [{"role": "user", "content": 5}],
        [{"role": "user", "content": ""}],
        [{"role": "user", "content": []}],
        [{"role": "user", "content": ["x"]}],
        [{"role": "user", "content": [{"type": "text"}]}],
        [{"role": "system", "content": "only a system message"}],
        [{"role": "wizard", "content": "x"}],
        [{"role": None, "content": "x"}],
        [{"role": ["user"], "content": "x"}],
        [{"content": "x"}],
        [{"role": "tool", "content": "no id"}],
        [{"role": "assistant", "content": "", "tool_calls": "x"}, *USER],
        [{"role": "assistant", "content": "", "tool_calls": [5]}, *USER],
        [{"role": "user", "content": [{"type": "text", "text": 5}]}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": 5}]}],
    ],
    ids=lambda value: repr(value)[:60],
)
@pytest.mark.parametrize("model", ["loop-o-small", "loop-a-small", "loop-g-small"])
def test_messages_that_cannot_be_sent(world, messages, model):
    _refused(world, messages, config=world.providers[model])


@pytest.mark.parametrize("text", ["nul \x00 inside", "half \ud83d of a pair"])
def test_characters_that_no_vendor_takes(world, provider, text):
    assert "character" in _refused(world, text, config=provider)


def test_message_of_5_mb(world, provider):
    assert "characters long" in _refused(world, "x" * 5_000_000, config=provider)


@pytest.mark.parametrize("value", [-1, 0, 10**12, 2**63, 1.5, "many", [], True])
def test_absurd_max_tokens(world, provider, value):
    assert "max_tokens" in _refused(world, USER, config=provider, max_tokens=value)


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": -1},
        {"temperature": "hot"},
        {"temperature": 10**400},
        {"task_type": "telepathy"},
        {"quality_required": "best"},
        {"mode": "magic"},
        {"tools": "x"},
        {"tools": [5]},
        {"tools": [{"type": "function"}]},
        {"max_budget_usd": -1},
        {"max_latency_ms": 0},
        {"idempotency_key": 5},
        {"idempotency_key": "k" * 300},
        {"idempotency_key": "nul\x00"},
        {"extra": []},
        {"extra": {"n": 5}},
        {"extra": {"max_tokens": 10**6}},
        {"extra": {"model": "other"}},
        {"no_such_option": 1},
        {"environment": "x"},
        {"environment": {"module": 5}},
        {"environment": {"module": "m" * 1000}},
        {"environment": {"res_id": 5}},
        {"environment": {"res_model": "res.partner", "res_id": "x"}},
        {"environment": {"res_model": "res.partner", "res_id": 2**40}},
        {"environment": {"res_model": "res.partner", "res_id": -5}},
        {"environment": {"context_type": "huge"}},
        {"environment": {"module": "nul\x00"}},
        {"environment": {"context_blocks": {"a": 5}}},
        {"environment": {"context_blocks": {"a": "nul\x00"}}},
    ],
    ids=lambda value: repr(value)[:60],
)
def test_options_that_cannot_be_kept(world, provider, options):
    _refused(world, USER, config=provider, **options)


@pytest.mark.parametrize("config", ["x", 10**9, -1, [1, 2], {"id": 1}, True, 2**70])
def test_providers_that_do_not_exist(world, config):
    _refused(world, USER, config=config)


def _provider(world, **values):
    values = {
        "name": "odd",
        "api_format": "openai",
        "model_name": "loop-o-small",
        "base_url": world.vendor.base_url("openai"),
        "api_key": "test-key",
        **values,
    }
    price = [(0, 0, {"valid_from": "2020-01-01", "input_usd": 1.0, "output_usd": 2.0})]
    return world.rpc()("ai.service.provider", "create", {"price_ids": price, **values})


def test_provider_of_another_company(world):
    company = world.rpc()("res.company", "create", {"name": "Elsewhere Ltd"})
    provider = _provider(world, company_id=company)
    _refused(world, USER, config=provider)
    assert "Elsewhere" in _refused(world, USER, config=provider, login="admin")


def test_archived_provider(world):
    assert "archive" in _refused(world, USER, config=_provider(world, active=False))


def test_unpriced_model_is_refused(world):
    provider = _provider(world, price_ids=[])
    assert "no price" in _refused(world, USER, config=provider)


@pytest.mark.parametrize("task", ["voice_to_text", "text_to_speech", "image"])
def test_task_that_is_not_served(world, task):
    _refused(world, USER, config=_provider(world, task_type=task))


def test_wrong_key(world):
    text = _refused(world, USER, config=_provider(world, api_key="wrong-key"))
    assert "key" in text
    assert "wrong-key" not in text


def test_no_key(world):
    assert "key" in _refused(world, USER, config=_provider(world, api_key=False))


def test_unknown_host_and_refused_connection(world):
    for url in ("http://no-such-host.invalid/v1", "http://127.0.0.1:9/v1"):
        text = _refused(world, USER, config=_provider(world, base_url=url))
        assert "Nothing was sent" in text


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com",
        "file:///etc/passwd",
        "example.com/v1",
        "javascript:alert(1)",
        "http://169.254.169.254/latest",
        "http://[fe80::1]/v1",
        "http://metadata.google.internal/v1",
        "http://user:secret@example.com/v1",
        "https://example.com/v1?key=secret",
    ],
)
def test_addresses_are_refused_when_they_are_entered(world, url):
    with pytest.raises(RpcError) as caught:
        _provider(world, base_url=url)
    assert caught.value.name == "odoo.exceptions.ValidationError"


def test_address_that_was_put_there_by_force_is_refused_at_the_call(world):
    provider = _provider(world)
    for url in ("http://169.254.169.254/v1", "gopher://x/", "http://2852039166/v1"):
        world.database.rows(
            "UPDATE ai_service_provider SET base_url = %s WHERE id = %s", url, provider
        )
        world.rpc()("ai.service.provider", "write", [provider], {"name": "clears the cache"})
        _refused(world, USER, config=provider)
