"""Make the pictures of the README, the documentation and the addon's page from the demo company.

./sam pictures runs it, with SAM_ADDRESS and SAM_DATABASE of a demo that is served.
"""

import base64
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.harness.chromium import Browser  # noqa: E402  the root is no package's

DESCRIPTION = "ai_sam_cost_dashboard/static/description"
#: Charts move for a moment after they are drawn, and dialogs fade in.
STILL_S = 1.5


class Picture(NamedTuple):
    """A page as a reader sees it: its address, what it waits for, clicks on the way, its size."""

    page: str
    ready: str
    height: int
    clicks: tuple = ()
    width: int = 1440


PICTURES = {
    f"{DESCRIPTION}/dashboard.png": Picture(
        "ai-costs", ".o_ai_costs[data-status=ready] canvas", 1552
    ),
    f"{DESCRIPTION}/budgets.png": Picture("ai-budgets", ".o_kanban_record svg", 560),
    f"{DESCRIPTION}/ask_ai.png": Picture("ask-ai", ".o_ask_main .o_answer", 900, (".o_ask_open",)),
    "docs/pictures/first-day.png": Picture(
        "ai-providers",
        ".modal .o_form_view",
        640,
        (".o_control_panel button[name]:not(.o_kanban-button-new)",),
        1100,
    ),
    "docs/pictures/budget.png": Picture(
        "ai-budgets?view_type=kanban",
        ".o_ai_burn_down canvas",
        1330,
        (".o_kanban_record:nth-child(6)",),
        1100,
    ),
    "docs/pictures/call.png": Picture(
        "ai-usage",
        ".o_form_view .o_notebook",
        1400,
        # the dearest first
        (*["th[data-name=cost_usd]"] * 2, ".o_data_row .o_data_cell[name=cost_usd]"),
        1100,
    ),
}


def take(browser, address, picture):
    """Return the picture as the bytes of a PNG."""
    size = {"width": picture.width, "height": picture.height, "deviceScaleFactor": 1}
    browser.call("Emulation.setDeviceMetricsOverride", mobile=False, **size)
    browser.call("Page.navigate", url=f"{address}/odoo/{picture.page}")
    for target in picture.clicks:
        browser.wait(f"document.querySelector({target!r})", 60)
        time.sleep(STILL_S)
        browser.run(f"document.querySelector({target!r}).click()")
    browser.wait(f"document.querySelector({picture.ready!r})", 60)
    time.sleep(STILL_S)
    return base64.b64decode(browser.call("Page.captureScreenshot")["data"])


def main():
    address, database = os.environ["SAM_ADDRESS"], os.environ["SAM_DATABASE"]
    with Browser() as browser:
        browser.log_in(address, database)
        for name, picture in PICTURES.items():
            path = ROOT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(take(browser, address, picture))
            print(f"  {name}", flush=True)


if __name__ == "__main__":
    main()
