from odoo.tests import tagged

from .pages import PagesCase

#: At 1024 px: the calls keep their cost in view, no word of the budgets is cut, and the bar of one
#: that is used up is full.
NARROW = """
        const complain = (help, cells) =>
            found.push({
                id: "layout",
                impact: "serious",
                help: `${name}: ${help}`,
                nodes: cells.map((cell) => ({ html: cell.outerHTML, failureSummary: "" })),
            });
        const cells = (selector) => [...document.querySelectorAll(`.o_list_view ${selector}`)];
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
            const times = words.filter((cell) => cell.textContent.includes("00:00"));
            if (times.length) {
                complain("a day has a time", times);
            }
        }
"""
#: A date is one line, in lists and in the trend's table: no column of dates is narrower than a date.
DATES = """
        const linesOf = (cell) => {
            const range = document.createRange();
            range.selectNodeContents(cell);
            const boxes = [...range.getClientRects()].filter(({ width }) => width);
            const bottoms = boxes.sort((a, b) => a.top - b.top).reduce(
                (ends, { top, bottom }) => (top < ends.at(-1) - 2 ? ends : [...ends, bottom]), []
            );
            return bottoms.length;
        };
        const kinds = await services.field.loadFields(name.split(" ")[0]);
        const dated = [...document.querySelectorAll(".o_list_view tbody td[name]")].filter(
            (cell) => /^date/.test(kinds[cell.getAttribute("name")]?.type)
        );
        const broken = dated.filter((cell) => linesOf(cell) > 1);
        dates += dated.length;
        if (broken.length) {
            const nodes = broken.map((cell) => ({ html: cell.outerHTML, failureSummary: "" }));
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
        self.check_pages("", ("kanban", "graph", "pivot", "dialog"), 20)

    def test_on_a_phone(self):
        self.browser_size = "390x844"
        self.check_pages(PHONE + DATES, ("list", "form"), 40, dates=10)

    def test_dialogs_on_a_phone(self):
        self.browser_size = "390x844"
        self.check_pages(PHONE, ("dialog",), 9)
