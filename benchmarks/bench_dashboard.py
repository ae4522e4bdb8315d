"""How long a person waits for the dashboard, and what the browser fetches for it.

    ./sam bench bench_dashboard

A browser that stands on another page clicks the dashboard's menu; the time ends when all figures
and charts are drawn. Taken with 5,000 ledger rows and again with five million (`--rows`), in one
database and one browser session.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from datetime import date

import _analytics_rows as rows
from _bench import Limits, environment, open_registry, p50, p95, print_facts
from bench_analytics import analyze, prepare, roll_up, two_months

from tests.harness.chromium import Browser

SMALL = 5_000
TIMES = 15
COMPLETE = "'.o_ai_costs[data-status=ready][aria-busy=false] .o_ai_trend canvas'"
CLICK = f"""
(async () => {{
    const action = odoo.__WOWL_DEBUG__.root.env.services.action;
    const frame = () => new Promise(requestAnimationFrame);
    await action.doAction("base.action_res_users", {{ clearBreadcrumbs: true }});
    while (!document.querySelector(".o_list_view") || document.querySelector(".o_ai_costs")) {{
        await frame();
    }}
    const start = performance.now();
    action.doAction("ai_sam_cost_dashboard.action_ai_cost_dashboard", {{ clearBreadcrumbs: true }});
    while (!document.querySelector({COMPLETE})) {{
        if (performance.now() - start > 60000) {{
            throw new Error(document.body.innerText.slice(0, 300));
        }}
        await frame();
    }}
    await frame();
    return performance.now() - start;
}})()
"""


@contextlib.contextmanager
def server():
    """The Odoo server of ODOO_RC; yields its address."""
    from odoo.tools import config

    address = f"http://127.0.0.1:{config['http_port']}"
    program = os.path.join(os.environ["ODOO_HOME"], "odoo-bin")
    process = subprocess.Popen(
        [sys.executable, program, "-c", os.environ["ODOO_RC"], "--max-cron-threads", "0",
         "--workers", "0", "--log-level", "error"]
    )  # fmt: skip
    try:
        end = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f"{address}/web/login", timeout=30).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit("The Odoo server did not start.")
                time.sleep(0.3)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def visits(browser):
    """Milliseconds of each visit after the first, which loads the bundle."""
    first = browser.run(CLICK)
    found = [browser.run(CLICK) for _ in range(TIMES)]
    print(
        f"      first visit {first:.0f} ms; then p50 {p50(found):.0f} ms, p95 {p95(found):.0f} ms"
    )
    return p50(found)


def data_requests(browser):
    """What one visit fetches that is no asset: (calls of the figures, their bytes, others)."""
    browser.forget()
    browser.run(CLICK)
    time.sleep(1)  # loadingFinished comes after the page is drawn
    found = [(url, size) for url, size in browser.requests() if "/web/dataset/" in url]
    figures = [size for url, size in found if "get_dashboard_data" in url]
    others = [url for url, _ in found if "/ai." in url and "get_dashboard_data" not in url]
    return figures, others


def backend_bytes(registry):
    """Bytes that every backend page has more because of the addon."""
    from odoo import SUPERUSER_ID, api

    from odoo.addons.ai_sam_cost_dashboard.tools.page_weight import added_bytes

    with registry.cursor() as cr:
        found = added_bytes(api.Environment(cr, SUPERUSER_ID, {}))
        cr.rollback()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    options = parser.parse_args()
    first, last, days = two_months(date.today())
    # the dashboard shows the month that runs: let the rows end today
    first += date.today() - last
    registry, database = open_registry()
    if "ai_sam_cost_dashboard" not in registry._init_modules:
        raise SystemExit(f"ai_sam_cost_dashboard is not installed in {database}")
    limits = Limits()
    print_facts(registry)
    with environment(registry) as env:
        made, _manager = prepare(env)
        rows.add(env.cr, 1, SMALL, SMALL, first, days, **made)
    analyze(registry)
    roll_up(registry)
    with server() as address, Browser() as browser:
        browser.log_in(address, database)
        # the debug mode gives the script its way to the action service
        browser.open(f"{address}/odoo/users?debug=1", ".o_list_view")
        print(f"      {SMALL:,} rows")
        small = visits(browser)
        start = time.perf_counter()
        with environment(registry) as env, rows.Loading(env.cr):
            rows.add(env.cr, SMALL + 1, options.rows, options.rows, first, days, **made)
        analyze(registry)
        roll_up(registry)
        analyze(registry)
        took = time.perf_counter() - start
        print(f"      {options.rows:,} rows, made and rolled up in {took:.0f} s")
        large = visits(browser)
        figures, others = data_requests(browser)
    limits.check(f"click to complete, {options.rows:,} rows by {SMALL:,}", large / small, 1.5)
    limits.check("data requests of a visit", len(figures), 1)
    limits.check("kB of the data", sum(figures) / 1000, 90)
    limits.check(f"other requests to our models {others or ''}", len(others), 0)
    limits.check("kB added to every backend page, minified", backend_bytes(registry) / 1000, 6)
    return limits.finish()


if __name__ == "__main__":
    sys.exit(main())
