import { ConversationList } from "@ai_sam_cost_dashboard/ask_ai/conversation_list/conversation_list";
import { ChartSwitch } from "@ai_sam_cost_dashboard/dashboard/chart/chart_switch";
import { Panel } from "@ai_sam_cost_dashboard/dashboard/panel/panel";
import { LoadingState } from "@ai_sam_cost_dashboard/dashboard/state/loading_state";
import { MessageState } from "@ai_sam_cost_dashboard/dashboard/state/message_state";
import { expect, test } from "@odoo/hoot";
import { queryAllTexts, queryAttribute, queryText } from "@odoo/hoot-dom";
import { mockDate } from "@odoo/hoot-mock";
import { Component, xml } from "@odoo/owl";
import { contains, mountWithCleanup } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

defineMailModels();

test("Panel: each is a region that is named by its own heading", async () => {
    class Two extends Component {
        static components = { Panel };
        static props = {};
        static template = xml`
            <Panel title="'First'" hint="'What it shows'">
                <t t-set-slot="actions"><a href="#">All</a></t>
                <p class="inner">Inside</p>
            </Panel>
            <Panel title="'Second'"><p/></Panel>`;
    }
    await mountWithCleanup(Two);
    const [first, second] = document.querySelectorAll(".o_ai_panel");
    for (const [panel, title] of [
        [first, "First"],
        [second, "Second"],
    ]) {
        const heading = document.getElementById(panel.getAttribute("aria-labelledby"));
        expect(heading).toHaveText(title);
        expect(panel.contains(heading)).toBe(true);
    }
    expect(first.querySelector(".o_ai_hint")).toHaveText("What it shows");
    expect(first.querySelector(".o_ai_panel_actions")).toHaveText("All");
    expect(first.querySelector(".inner")).toHaveText("Inside");
    expect(second.querySelector(".o_ai_hint, .o_ai_panel_actions")).toBe(null);
});

test("ChartSwitch: which one is shown is told by pressed, and a click asks for the other", async () => {
    const onChange = (table) => expect.step(table ? "table" : "chart");
    await mountWithCleanup(ChartSwitch, { props: { table: false, label: "Trend", onChange } });
    expect(queryAttribute(".o_ai_switch", "aria-label")).toBe("Trend");
    expect("button[title=Chart]").toHaveAttribute("aria-pressed", "true");
    expect("button[title=Table]").toHaveAttribute("aria-pressed", "false");
    await contains("button[title=Table]").click();
    await contains("button[title=Chart]").click();
    expect.verifySteps(["table", "chart"]);
});

test("LoadingState: it is said that costs are on their way", async () => {
    await mountWithCleanup(LoadingState);
    expect("[role=status] .visually-hidden").toHaveText("Loading costs…");
});

test("MessageState: why there are no figures, and a button only where something can be done", async () => {
    const props = { kind: "denied", icon: "fa-lock", title: "No access", text: "Ask <b>Joe</b>." };
    await mountWithCleanup(MessageState, { props });
    expect("[role=alert][data-kind=denied] h2").toHaveText("No access");
    expect("[role=alert] p").toHaveText("Ask <b>Joe</b>.");
    expect("[role=alert] button").toHaveCount(0);
    const more = { kind: "error", button: "Try again", onClick: () => expect.step("again") };
    await mountWithCleanup(MessageState, { props: { ...props, ...more } });
    await contains("[data-kind=error] button:contains(Try again)").click();
    expect.verifySteps(["again"]);
});

test("ConversationList: age and cost of each, the open one marked, and three things to do", async () => {
    mockDate("2026-11-20 12:00:00");
    const chat = (id, name, date, cost_usd) => ({ id, name, date, cost_usd });
    await mountWithCleanup(ConversationList, {
        props: {
            conversations: [
                chat(1, "<b>Rates</b>", "2026-11-20 11:57:00", 0.0034),
                chat(2, "Older", "2026-11-18 11:00:00", null),
            ],
            currentId: 2,
            onOpen: (id) => expect.step(`open ${id}`),
            onNew: () => expect.step("new"),
            onArchive: (id) => expect.step(`archive ${id}`),
        },
    });
    expect(queryAllTexts(".o_ask_name")).toEqual(["<b>Rates</b>", "Older"]);
    expect(queryText("li:first-child .o_ask_meta")).toInclude("$0.0034");
    expect(queryText("li:last-child .o_ask_meta")).toInclude("2 days ago");
    expect(queryText("li:last-child .o_ask_meta")).toInclude("—");
    expect(".o_ask_open[aria-current=true] .o_ask_name").toHaveText("Older");
    await contains("li:first-child .o_ask_open").click();
    await contains("li:first-child .o_ask_archive").click();
    await contains(".o_ask_new").click();
    expect.verifySteps(["open 1", "archive 1", "new"]);
});
