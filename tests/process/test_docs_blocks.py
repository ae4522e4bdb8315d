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
from .processes import Processes

#: Runs a block; what its expressions were is in ``values``.
SHELL = """
import ast, json
names = {"self": env.user, "env": env}
exec(%(before)r, names)
names["values"] = []
for node in ast.parse(%(code)r).body:
    if isinstance(node, ast.Expr):
        names["values"].append(eval(compile(ast.Expression(node.value), "page", "eval"), names))
    else:
        exec(compile(ast.Module([node], []), "page", "exec"), names)
print("RESULT " + json.dumps(eval(%(tells)r, names), default=str))
"""


def said(text):
    """Words that make the vendor answer exactly this."""
    return marker(say=base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))


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


@pytest.fixture
def run(docs, tmp_path):
    """Run a block of a page in Odoo's shell: ``run(page, words, before, tells)`` returns the
    expression ``tells`` after it."""
    processes = Processes(docs, tmp_path)

    def run(page, words, before, tells):
        script = SHELL % {"before": before, "code": block(page, words), "tells": tells}
        return processes.result(processes.shell(script))

    yield run
    processes.end()


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
        assert f'"{page}", "{words}"' in tests or words == "_cron_summarise", name


def test_what_is_not_run_is_given_and_covered():
    texts = {text for _page, text in given()}
    assert set(NOT_RUN) <= texts
    for why, covered in NOT_RUN.values():
        assert why
        assert (ROOT / covered).exists(), covered


def test_a_call(run):
    before = """order = env["res.partner"].create({"name": "An order"})\nenv.cr.commit()"""
    tells = """[answer["content"], str(order.message_ids[0].body), str(answer["cost_usd"]),
    answer["provider_name"], env["ai.token.usage"].browse(answer["token_usage_id"]).res_id,
    order.id]"""
    content, posted, cost, provider, res_id, order_id = run(
        "README.md", "order.message_post", before, tells
    )
    assert content
    assert content in posted
    assert Decimal(cost) > 0
    assert provider == "loop-o-small"
    assert res_id == order_id


def test_a_schema_and_an_estimate(run, docs):
    text = "Add. " + said('{"total": 12}')
    total, worst = run("README.md", "estimate_cost", f"text = {text!r}", "values")
    assert total == 12
    assert worst > 0


def test_many_at_once(run):
    texts = ["One.", "Two. " + marker(fault="400"), "Three. " + said("3")]
    tells = "[type(one).__name__ for one in answers] + [answers[2]['content']]"
    found = run("spend-less.md", "send_messages", f"texts = {texts!r}", tells)
    assert found == ["dict", "ProviderCallError", "dict", "3"]


def test_what_was_saved(run):
    (text,) = run("spend-less.md", "get_proven_savings", "", "values")
    assert "held" in text.lower(), text


def test_why_it_changed(run, docs):
    """The page says: in nine steps that sum to the last digit."""
    before = """
rows = [(day, cost) for day, cost in (("2025-03-10", "0.1"), ("2026-03-10", "0.30000000007"))]
env["ai.token.usage"].sudo()._insert([
    {"company_id": env.company.id, "local_date": day, "agent_type": "support_reply",
     "task_type": "chat", "cost_usd": __import__("decimal").Decimal(cost)} for day, cost in rows
])
"""
    tells = "[values[0], bridge['start']['usd_exact'], bridge['end']['usd_exact']]"
    steps, start, end = run("what-if.md", "get_cost_bridge", before, tells)
    assert len(steps) == 9
    assert all(label for label, _usd in steps)
    assert (Decimal(start), Decimal(end)) == (Decimal("0.1"), Decimal("0.30000000007"))
    assert sum(Decimal(usd) for _label, usd in steps) == Decimal(end) - Decimal(start)


def test_calls_that_may_wait(docs, tmp_path):
    """What both pages' scheduled actions hand in is answered in batches at half the price, and each
    record gets its answer."""
    processes = Processes(docs, tmp_path)
    handed_in = processes.shell(
        SHELL
        % {
            "before": f"said = {said('It is late.')!r}",
            "code": """
for name in ("docs.lead", "docs.ticket"):
    env[name].create([{"description": f"{said} Case {number}."} for number in range(3)])
    env[name]._cron_summarise()
env.cr.commit()
""",
            "tells": 'env["ai.batch.request"].search_count([("state", "=", "waiting")])',
        }
    )
    try:
        assert processes.result(handed_in) == 6
    finally:
        processes.end()
    for name in ("send", "poll", "call_back"):
        docs.rpc()("ai.brain.probe", "run_batches", name)
    for table in ("docs_lead", "docs_ticket"):
        assert docs.database.rows(f"SELECT DISTINCT summary FROM {table}") == [("It is late.",)]
    requests = docs.database.rows("SELECT route, cost_usd > 0, saved_usd = cost_usd FROM ai_batch_request")
    assert requests == [("batch", True, True)] * 6


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
