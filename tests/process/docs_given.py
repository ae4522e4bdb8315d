"""What the README and docs/ give to be typed, what runs each of it, and what does not."""

from tests.harness.prometheus import SCRAPE_S
from tests.pages import PAGES, code_blocks, commands

#: What stands on a page -> what stands for it in a test; {odoo} and {own} are ports.
INSTEAD = {
    "https://odoo.example.com": "http://127.0.0.1:{odoo}",
    "127.0.0.1:8069": "127.0.0.1:{odoo}",
    "127.0.0.1:8072": "127.0.0.1:{odoo}",  # a threaded server has one port for all
    "scrape_interval: 30s": f"scrape_interval: {SCRAPE_S}s",
    "prometheus --config.file": "prometheus --web.listen-address=127.0.0.1:{own} --config.file",
    "crm.lead": "docs.lead",
    "helpdesk.ticket": "docs.ticket",
    "TestThanks(TransactionCase)": "TestThanks(LeadCase)",  # which makes the lead
}
#: Command that is not run -> (why not, what covers it instead).
NOT_RUN = {
    "./sam": ("it is no command by itself", "tests/sam/test_docs.py"),
    "./sam demo": ("it serves until Ctrl-C what takes minutes to make", "tests/test_sam_demo.py"),
    "./sam shell": ("it works on the demo's database", "tests/test_sam_demo.py"),
    "./sam pictures": ("it writes into the sources", "tests/sam/test_docs.py"),
    "./sam test": ("it is what runs this", "tests/sam/test_sam_counts.py"),
    "./sam test addons -k budget": ("minutes, within itself", "tests/sam/test_sam_selection.py"),
    "./sam lint": ("minutes; it runs beside the tests", "tests/sam/test_sam_lint.py"),
    "./sam build --series 19.0": ("it writes into the sources", "tests/sam/test_port.py"),
    "./sam bench": ("hours", "benchmarks"),
    "./sam bench bench_start": ("minutes", "benchmarks/bench_start.py"),
    "./sam bench bench_scrape": ("minutes", "benchmarks/bench_scrape.py"),
    "./sam bench bench_what_if": ("minutes", "benchmarks/bench_what_if.py"),
    "odoo-bin scaffold -t scaffold/provider my_addon DIR": (
        "what it writes is installed elsewhere",
        "tests/test_scaffold.py",
    ),
    "pip install --no-deps odoo-addon-queue-job": (
        "it downloads another addon",
        "tests/process/test_callback_jobs.py",
    ),
    "grafana server --config monitoring/grafana.ini --homepath /usr/share/grafana": (
        "Debian has no Grafana",
        "tests/process/test_prometheus.py",
    ),
}
#: (page, words of the block or command) -> the test that runs it.
RUN = {
    ("README.md", "./sam COMMAND --help"): "test_each_command_explains_itself",
    ("README.md", "pip install requests"): "test_the_packages_are_those_that_odoo_asks_for",
    ("README.md", "order.message_post"): "test_a_call",
    ("README.md", "estimate_cost"): "test_a_schema_and_an_estimate",
    ("calls-that-may-wait.md", "_cron_summarise"): "test_calls_that_may_wait",
    ("endpoint.md", "from openai"): "test_openai_s_client",
    ("endpoint.md", "curl"): "test_curl_gets_the_costs",
    ("endpoint.md", "location /ai/v1/"): "test_nginx_passes_streams_on_as_they_come",
    ("monitoring.md", "read -rs KEY"): "test_prometheus_watches_by_the_commands",
    ("monitoring.md", "prometheus --config.file"): "test_prometheus_watches_by_the_commands",
    ("spend-less.md", "_cron_summarise"): "test_calls_that_may_wait",
    ("spend-less.md", "send_messages"): "test_many_at_once",
    ("spend-less.md", "get_proven_savings"): "test_what_was_saved",
    ("test-your-addon.md", "class TestThanks"): "test_tests_of_an_addon",
    ("test-your-addon.md", "response_schema=SCHEMA"): "test_tests_of_an_addon",
    ("what-if.md", "get_cost_bridge"): "test_why_it_changed",
}
#: Path of the endpoint that a page names -> the body that it is asked with; None: a GET.
ASKED = {
    "/ai/metrics": None,
    "/ai/v1/analytics/costs": None,
    "/ai/v1/models": None,
    "/ai/v1/openapi.json": None,
    "/api/analytics/ai-costs": None,
    "/ai/v1/audio/transcriptions": {"model": "auto"},
    "/ai/v1/embeddings": {"model": "auto", "input": "Hello"},
    "/ai/v1/messages/count_tokens": {
        "model": "auto",
        "messages": [{"role": "user", "content": "Hello"}],
    },
}


def filled(text, **ports):
    """A text of a page with what stands for its names and addresses in a test."""
    for there, here in INSTEAD.items():
        if there in text:
            text = text.replace(there, here.format(**ports))
    return text


def given():
    """``[(page, text)]`` of all blocks of code and commands."""
    return [
        (page.name, text)
        for page in PAGES
        for text in [*(code for _language, code in code_blocks(page)), *commands(page)]
    ]


def block(page, words, **ports):
    """The one block or command of a page that has these words, filled."""
    (found,) = {text for of, text in given() if of == page and words in text}
    return filled(found, **ports)
