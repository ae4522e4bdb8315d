from odoo.tests import tagged

from .pages import PagesCase

#: At 1024 px: no heading is cut, the calls keep their cost in view, no word of the budgets is cut,
#: when a period ends is one line, and the bar of a budget that is used up is full.
NARROW = """
        const complain = (help, cells) =>
            found.push({
                id: "layout",
                impact: "serious",
                help: `${name}: ${help}`,
                nodes: cells.map((cell) => ({ html: cell.outerHTML, failureSummary: "" })),
            });
        const cells = (selector) => [...document.querySelectorAll(`.o_list_view ${selector}`)];
        const heads = [
            ...document.querySelectorAll(".o_list_renderer thead th[data-name] span"),
        ].filter((head) => head.scrollWidth > head.clientWidth + 1);
        if (heads.length) {
            complain("headings are cut", heads);
        }
        if (name === "ai.token.usage list") {
            const costs = cells("td[name=cost_usd]");
            const hidden = costs.filter((cell) => cell.getBoundingClientRect().right > innerWidth);
            if (!costs.length || hidden.length) {
                complain("the cost is out of sight", hidden);
            }
        }
        if (name === "ai.cost.budget list") {
            const words = cells("tbody td.o_data_cell, thead th[data-name] span");
            const cut = words.filter((cell) => cell.scrollWidth > cell.clientWidth + 1);
            if (!words.length || cut.length) {
                complain("words are cut", cut);
            }
            const bars = cells("td[name=percentage_used]").filter(
                (cell) => parseFloat(cell.textContent.replace(/,/g, "")) > 100
            );
            const empty = bars.filter((cell) => {
                const bar = cell.querySelector(".o_progress");
                const filled = bar.firstElementChild.getBoundingClientRect().width;
                return filled < bar.clientWidth - 1 || !bar.querySelector(".bg-danger");
            });
            if (!bars.length || empty.length) {
                complain("the bar of a budget that is used up is not full and red", empty);
            }
            const ends = cells("td[name=end_text]");
            const high = ends.filter((cell) => {
                const range = document.createRange();
                range.selectNodeContents(cell);
                return range.getBoundingClientRect().height > 28;
            });
            if (!ends.length || high.length) {
                complain("when a period ends takes two lines", high);
            }
            const times = words.filter((cell) => cell.textContent.includes("00:00"));
            if (times.length) {
                complain("a day has a time", times);
            }
        }
"""
#: A date is one line, on cards, in lists and on forms: nothing is so narrow that one is broken.
DATES = """
        const linesOf = (node, from, to) => {
            const range = document.createRange();
            range.setStart(node, from);
            range.setEnd(node, to);
            const boxes = [...range.getClientRects()].filter(({ width }) => width);
            const rows = boxes.sort((a, b) => a.top - b.top).reduce(
                (ends, { top, bottom }) => (top < ends.at(-1) - 2 ? ends : [...ends, bottom]), []
            );
            return rows.length;
        };
        const texts = document.createTreeWalker(
            document.querySelector(".o_action_manager"), NodeFilter.SHOW_TEXT
        );
        const broken = [];
        while (texts.nextNode()) {
            const node = texts.currentNode;
            const written = /\\d\\d\\/\\d\\d\\/\\d{4}( \\d\\d:\\d\\d(:\\d\\d)?)?/g;
            for (const { 0: date, index } of node.textContent.matchAll(written)) {
                dates += 1;
                if (linesOf(node, index, index + date.length) > 1) {
                    broken.push(node.parentElement);
                }
            }
        }
        if (broken.length) {
            const nodes = broken.map(({ outerHTML }) => ({ html: outerHTML, failureSummary: "" }));
            found.push({ id: "layout", impact: "serious", help: `${name}: broken dates`, nodes });
        }
"""
#: On a phone nothing makes the page wider than the screen.
PHONE = """
        const page = document.scrollingElement;
        if (page.scrollWidth > innerWidth + 1) {
            const html = document.body.outerHTML.slice(0, 200);
            const help = `${name}: ${page.scrollWidth} px wide`;
            found.push({ id: "layout", impact: "serious", help, nodes: [{ html }] });
        }
"""


@tagged("post_install", "-at_install")
class TestPagesAccessibility(PagesCase):
    """No page or dialog of ours has a fault in the eyes of axe that Odoo's own have not."""

    def test_wide_enough_for_a_small_screen(self):
        self.browser_size = "1024x768"
        self.check_pages(NARROW + DATES, ("list", "form"), 40, dates=40)

    def test_cards_charts_and_dialogs(self):
        self.browser_size = "1024x768"
        self.check_pages(DATES, ("kanban", "graph", "pivot", "dialog"), 20, dates=5)

    def test_on_a_phone(self):
        self.browser_size = "390x844"
        self.check_pages(PHONE + DATES, ("list", "form"), 40, dates=10)

    def test_dialogs_on_a_phone(self):
        self.browser_size = "390x844"
        self.check_pages(PHONE, ("dialog",), 9)
