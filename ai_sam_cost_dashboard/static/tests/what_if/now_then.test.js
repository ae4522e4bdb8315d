import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { queryAll, queryAllTexts } from "@odoo/hoot-dom";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { NowThen } from "@ai_sam_cost_dashboard/what_if/now_then";

defineMailModels();

const DATA = {
    title: "Cost a day, now and then",
    names: { now: "Now", then: "Then" },
    highest: "$4.00",
    labels: ["1 Jan", "2 Jan"],
    now: [4, 0],
    then: [1, 0],
    texts: ["1 Jan: $4.00, then $1.00", "2 Jan: $0.00, then $0.00"],
};

async function mountField(value) {
    const record = { data: { field: value } };
    await mountWithCleanup(NowThen, { props: { name: "field", record } });
}

test("each day has two bars on one scale, and says its amounts", async () => {
    await mountField(DATA);
    const bars = queryAll(".o_ai_now_then rect");
    expect(bars.map((bar) => Number(bar.getAttribute("height")))).toEqual([160, 40, 0, 0]);
    expect(queryAll(".o_ai_now_then title")[0].textContent).toBe("1 Jan: $4.00, then $1.00");
    expect(queryAllTexts(".o_ai_now_then figcaption span")).toEqual(["Now", "Then", "$4.00"]);
    expect(".o_ai_now_then svg").toHaveAttribute("aria-label", "Cost a day, now and then");
});

test("without a result there is no chart", async () => {
    await mountField(false);
    expect(".o_ai_now_then").toHaveCount(0);
});
