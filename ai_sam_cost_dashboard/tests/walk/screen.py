"""What stands on the page itself, and in the list that a click opens there."""

import json

from ..report.test_dashboard_figures import READ_PAGE, SPEND, cell, kpi
from . import books
from .books import count

CLICK = """
(async () => {
    const expected = %s;
    const wait = async (selector) => {
        const end = Date.now() + 45000;
        while (!document.querySelector(selector)) {
            if (Date.now() > end) {
                throw new Error(`${selector} did not come: ${document.body.innerText}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return document.querySelector(selector);
    };
    await wait(".o_ai_costs[data-status=ready]");
    (await wait("%s")).click();
    await wait(".o_list_view tbody .o_group_header");
    const totals = [...document.querySelectorAll(".o_list_view tfoot td")];
    const texts = totals.map((total) => total.textContent.trim());
    if (texts.includes(expected)) {
        console.log("test successful");
    } else {
        console.error(`The list adds up ${texts.filter(Boolean)} instead of ${expected}`);
    }
})();
"""


def walk(w, login, data):
    """Read the dashboard of this month in a browser, and open two of its figures."""
    page = "screen"
    w.days = w.today.replace(day=1), w.today
    hits = 100 * w.calls(books.REUSED) / w.calls()
    quality = w.sum("quality_score::numeric * feedback_count") / w.sum("feedback_count")
    expected = {
        SPEND: w.text(w.amount()),
        ".o_ai_usd_money": w.env["res.currency"]._ai_usd_text(w.sum()),
        kpi("calls"): count(w.calls()),
        kpi("saved_usd"): w.text(w.amount("saved_usd")),
        kpi("waste_usd"): w.text(w.amount("could_have_saved_usd")),
        kpi("cost_per_call_usd"): w.text(w.amount(where="kind <> 'tuning'") / w.calls()),
        kpi("cache_hit_rate"): f"{round(hits, 1):g}%",
        kpi("quality"): f"{quality:.0f}",
        kpi("uncertain_usd"): w.text(w.amount(where="state = 'uncertain'")),
    }
    for tab, column in (("by_user", "user_id"), ("by_provider", "provider_id")):
        key = data["breakdowns"][tab][0]["key"]
        expected[cell(tab, key)] = w.text(w.amount(where=f"{column} = {key}"))
    month = data["first_actions"]["date_from"], data["first_actions"]["date_to"]
    what = "could_have_saved_usd"
    for line in data["first_actions"]["items"][:5]:
        if line["kind"] == "waste":
            what = w.found(line["waste_kind"])
            selector = f"[data-action={line['id']}] .o_ai_figure"
            expected[selector] = w.text(w.amount(what, days=month))
            waste = selector, w.amount(what, days=month)
    w.figures[page] += len(expected)
    w.case.browser_js(
        "/odoo/ai-costs", READ_PAGE % json.dumps(expected), "Boolean(document.body)",
        login=login, timeout=90,
    )  # fmt: skip
    for selector, amount in ((SPEND, w.amount()), waste):
        w.figures[page] += 1
        w.case.browser_js(
            "/odoo/ai-costs", CLICK % (json.dumps(f"{amount:,.6f}"), selector),
            "Boolean(document.body)", login=login, timeout=90,
        )  # fmt: skip
