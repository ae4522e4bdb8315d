"""The README's and docs/' blocks of Python run as they stand there (but for ``INSTEAD``), and do
what the page says of them."""

import base64
import json
import subprocess
from decimal import Decimal

import pytest

from tests.harness import clients
from tests.harness.settings import TEST_ADDONS
from tests.pages import ROOT
from tests.vendor.faults import marker

from . import docs_addon
from .docs_given import NOT_RUN, RUN, block, given
from .endpoint import Caller
from .processes import Processes, wait_for

#: Runs blocks one after the other, each by itself; what its expressions were is in ``values``.
SHELL = """
import ast, json, traceback
found = {}
for key, (before, code, tells) in json.loads(%r).items():
    names = {"self": env.user, "env": env, "values": []}
    try:
        exec(before, names)
        for node in ast.parse(code).body:
            if isinstance(node, ast.Expr):
                shown = compile(ast.Expression(node.value), "page", "eval")
                names["values"].append(eval(shown, names))
            else:
                exec(compile(ast.Module([node], []), "page", "exec"), names)
        found[key] = eval(tells, names)
    except Exception:
        env.cr.rollback()
        found[key] = traceback.format_exc()
print("RESULT " + json.dumps(found, default=str))
"""


def said(text):
    """Words that make the vendor answer exactly this."""
    return marker(say=base64.urlsafe_b64encode(text.encode()).decode())


@pytest.fixture(scope="module")
def docs(stage, vendor_process, tmp_path_factory):
    """A server with an addon of what the pages show of addons; ``tested`` is what its own tests
    said when it was installed."""
    folder = tmp_path_factory.mktemp("docs")
    shown = [block(page, words) for page, words in RUN if words == "_cron_summarise"]
    docs_addon.write(
        folder,
        shown,
        block("test-your-addon.md", "class TestThanks"),
        block("test-your-addon.md", "response_schema=SCHEMA"),
    )
    path = [stage.settings.options["addons_path"], ROOT, TEST_ADDONS, folder]
    world = stage.world(vendor_process, addons_path=",".join(map(str, path)))
    name = docs_addon.NAME
    world.tested = world.server.run(
        *("-i", name, "--test-tags", f"/{name}", "--stop-after-init", "--no-http")
    )
    with world:
        rpc, provider = world.rpc(), [world.providers["loop-o-small"]]
        rpc("ai.service.provider", "write", provider, {"sequence": 0, "batch_service": "yes"})
        prices = rpc("ai.provider.price", "search", [("provider_id", "in", provider)])
        rpc("ai.provider.price", "write", prices, {"batch_factor": 0.5})
        yield world


TOTAL = "Add. " + said('{"total": 12}')
TEXTS = ["One.", "Two. " + marker(fault="400"), "Three. " + said("3")]
#: Words of a block -> (its page, what is there before it, what it is asked afterwards).
SHELLED = {
    "order.message_post": (
        "README.md",
        'order = env["res.partner"].create({"name": "An order"}); env.cr.commit()',
        """[answer["content"], str(order.message_ids[0].body), str(answer["cost_usd"]),
        answer["provider_name"], answer["token_usage_id"], order.id]""",
    ),
    "estimate_cost": ("README.md", f"text = {TOTAL!r}", "values"),
    "send_messages": (
        "spend-less.md",
        f"texts = {TEXTS!r}",
        "[type(one).__name__ for one in answers] + [answers[2]['content']]",
    ),
    "get_proven_savings": ("spend-less.md", "", "values"),
    "get_cost_bridge": (
        "what-if.md",
        """
from decimal import Decimal
env["ai.token.usage"].sudo()._insert([
    {"company_id": env.company.id, "local_date": day, "agent_type": "support_reply",
     "task_type": "chat", "cost_usd": Decimal(cost)}
    for day, cost in (("2025-03-10", "0.1"), ("2026-03-10", "0.30000000007"))
])""",
        "[values[0], bridge['start']['usd_exact'], bridge['end']['usd_exact']]",
    ),
}


def in_shell(docs, folder, blocks):
    """Run ``{key: (before, code, tells)}`` in an Odoo shell; ``{key: what it was asked}``."""
    processes = Processes(docs, folder)
    try:
        return processes.result(processes.shell(SHELL % json.dumps(blocks)))
    finally:
        processes.end()


@pytest.fixture(scope="module")
def told(docs, tmp_path_factory):
    """``{words of a block: what it was asked}`` of :data:`SHELLED`."""
    blocks = {
        words: (before, block(page, words), tells)
        for words, (page, before, tells) in SHELLED.items()
    }
    found = in_shell(docs, tmp_path_factory.mktemp("shell"), blocks)
    broken = [one for one in found.values() if isinstance(one, str)]
    assert not broken, "\n".join(broken)
    return found


def test_whatever_is_given_to_be_typed_is_run_or_said_why_not():
    for page, text in given():
        ways = [name for (of, words), name in RUN.items() if of == page and words in text]
        ways += ["not run"] * (text in NOT_RUN)
        assert len(ways) == 1, f"{page}: {ways} run this:\n{text}"
    tests = "".join(
        (ROOT / "tests" / "process" / f"test_docs_{name}.py").read_text(encoding="utf-8")
        for name in ("blocks", "commands")
    )
    for (page, words), name in RUN.items():
        assert block(page, words, odoo=1, own=1)
        assert f"def {name}(" in tests


def test_what_is_not_run_is_given_and_covered():
    texts = {text for _page, text in given()}
    assert set(NOT_RUN) <= texts
    for why, covered in NOT_RUN.values():
        assert why
        assert (ROOT / covered).exists(), covered


def test_a_call(told, docs):
    content, posted, cost, provider, usage_id, order_id = told["order.message_post"]
    assert content
    assert content in posted
    assert provider == "loop-o-small"
    ((module, model, record, usd),) = docs.database.rows(
        "SELECT module, res_model, res_id, cost_usd::text FROM ai_token_usage WHERE id = %s",
        usage_id,
    )
    assert (module, model, record) == ("sale", "sale.order", order_id)
    assert Decimal(usd) == Decimal(cost) > 0


def test_a_schema_and_an_estimate(told):
    total, worst = told["estimate_cost"]
    assert total == 12
    assert Decimal(worst) > 0


def test_many_at_once(told):
    assert told["send_messages"] == ["dict", "ProviderCallError", "dict", "3"]


def test_what_was_saved(told):
    (text,) = told["get_proven_savings"]
    assert "held out" in text.lower()


def test_why_it_changed(told):
    """The page says: in nine steps that sum to the last digit."""
    steps, start, end = told["get_cost_bridge"]
    assert len(steps) == 9
    assert all(label for label, _usd in steps)
    assert (Decimal(start), Decimal(end)) == (Decimal("0.1"), Decimal("0.30000000007"))
    assert sum(Decimal(usd) for _label, usd in steps) == Decimal(end) - Decimal(start)


def test_calls_that_may_wait(docs, tmp_path):
    """What both pages' scheduled actions hand in is answered in batches at half the price, and each
    record gets its answer."""
    code = f"""
for name in ("docs.lead", "docs.ticket"):
    texts = [f"Case {{number}}. " + {said("It is late.")!r} for number in range(3)]
    env[name].create([{{"description": text}} for text in texts])
    env[name]._cron_summarise()
env.cr.commit()
"""
    tells = 'env["ai.batch.request"].search_count([("state", "=", "waiting")])'
    assert in_shell(docs, tmp_path, {"both": ("", code, tells)}) == {"both": 6}
    late = "SELECT count(*) FROM ai_batch_request WHERE callback_state = 'pending'"

    def called_back():
        docs.rpc()("ai.brain.probe", "run_batches", "send", "poll", "call_back")
        return docs.database.text(late) == "0"

    wait_for(called_back)
    for table in ("docs_lead", "docs_ticket"):
        assert docs.database.rows(f"SELECT DISTINCT summary FROM {table}") == [("It is late.",)]
    asked = "SELECT route, cost_usd > 0, saved_usd = cost_usd FROM ai_batch_request"
    assert docs.database.rows(asked) == [("batch", True, True)] * 6
    keys = "SELECT DISTINCT jsonb_object_keys(answer) FROM ai_batch_request"
    told = {key for (key,) in docs.database.rows(keys)}
    assert {"content", "state", "error", "cost_usd", "saved_usd", "token_usage_id"} <= told


def test_tests_of_an_addon(docs):
    assert "0 failed, 0 error(s) of 2 tests" in docs.tested, docs.tested[-4000:]


def test_openai_s_client(docs):
    caller = Caller(docs)
    code = block("endpoint.md", "from openai", odoo=docs.server.port)
    done = subprocess.run(
        [clients.python(), "-c", f"key = {caller.key!r}\n{code}\nprint(answer.model_dump_json())"],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": "/usr/bin:/bin", "NO_PROXY": "*"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout)["choices"][0]["message"]["content"]
    rows = docs.database.rows(
        "SELECT module, res_model, res_id FROM ai_token_usage WHERE gateway_key = %s", caller.key_id
    )
    assert rows == [("sale", "sale.order", 7)]
