import { expect, test } from "@odoo/hoot";
import { click, edit, press, queryAll, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { reactive } from "@odoo/owl";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
    models,
    mountView,
    mountWithCleanup,
} from "@web/../tests/web_test_helpers";
import { BurnDown } from "@ai_sam_cost_dashboard/budget/burn_down/burn_down";
import { SpendBars } from "@ai_sam_cost_dashboard/budget/spend_bars/spend_bars";
import { Thresholds } from "@ai_sam_cost_dashboard/budget/thresholds/thresholds";

class Price extends models.Model {
    cost = fields.Float({ digits: [16, 0], aggregator: "sum" });
    own = fields.Float();
    priced = fields.Boolean();
    _records = [
        { id: 1, cost: 0.0004, own: 1.23456, priced: true },
        { id: 2, cost: 0.00012, own: 2, priced: false },
    ];
}
defineMailModels();
defineModels([Price]);

const BURN_DOWN = {
    labels: ["1 Jan", "2 Jan"],
    remaining: [9, null],
    remaining_texts: ["$9.00", ""],
    expected: [9, 8],
    expected_texts: ["$9.00", "$8.00"],
    even: [5, 0],
    even_texts: ["$5.00", "$0.00"],
    names: { remaining: "Left", expected: "Expected", even: "Even" },
    currency: "USD",
};

/** Mount a field on a record that holds `value` and takes updates. */
async function mountField(component, value) {
    const record = reactive({
        data: { field: value },
        update(changes) {
            Object.assign(record.data, changes);
        },
    });
    await mountWithCleanup(component, { props: { name: "field", record } });
    return record;
}

async function enter(text) {
    await click(".o_ai_thresholds input");
    await edit(text);
    await press("Enter");
    await animationFrame();
}

test("thresholds are kept in order and without doubles", async () => {
    const record = await mountField(Thresholds, [50, 100]);
    expect(queryAll(".o_ai_threshold")).toHaveLength(2);
    await enter("80");
    await enter("50 %");
    expect(record.data.field).toEqual([50, 80, 100]);
    await click(".o_ai_threshold:first button");
    expect(record.data.field).toEqual([80, 100]);
});

test("what is no percentage stays in the field, marked", async () => {
    const record = await mountField(Thresholds, [50]);
    for (const wrong of ["0", "101", "x"]) {
        await enter(wrong);
        expect(".o_ai_thresholds input").toHaveAttribute("aria-invalid", "true");
        expect(".o_ai_thresholds input").toHaveValue(wrong);
    }
    expect(record.data.field).toEqual([50]);
});

test("Backspace in the empty field takes the last threshold away", async () => {
    const record = await mountField(Thresholds, [50, 80]);
    await click(".o_ai_thresholds input");
    await press("Backspace");
    expect(record.data.field).toEqual([50]);
});

test("the small chart has a bar a day with its amount in words", async () => {
    await mountField(SpendBars, {
        labels: ["1 Jan", "2 Jan"],
        values: [0, 0.0004],
        texts: ["$0.00", "$0.0004"],
        title: "Days",
    });
    expect(queryAll(".o_ai_spend_bars rect")).toHaveLength(2);
    expect(queryAll(".o_ai_spend_bars title")[1].textContent).toBe("2 Jan: $0.0004");
    expect(".o_ai_spend_bars").toHaveAttribute("aria-label", "Days");
});

test("the small chart of nothing is empty", async () => {
    await mountField(SpendBars, false);
    expect(queryAll(".o_ai_spend_bars rect")).toHaveLength(0);
});

test("the burn-down says in words what is left", async () => {
    await mountField(BurnDown, BURN_DOWN);
    expect("canvas").toHaveAttribute(
        "aria-label",
        "Burn-down of the budget: on 1 Jan $9.00 were left."
    );
});

test("a new budget has no burn-down yet", async () => {
    await mountField(BurnDown, false);
    expect("canvas").toHaveCount(0);
    expect("span.text-700").toHaveText(/Save the budget/);
});

test("small amounts read as such in a list, and so does their sum", async () => {
    await mountView({
        type: "list",
        resModel: "price",
        arch: `<list><field name="cost" widget="usd" sum="Cost"/></list>`,
    });
    expect(queryAllTexts(".o_data_cell")).toEqual(["$0.0004", "$0.00012"]);
    expect("tfoot").toHaveText(/\$0\.00052/);
});

test("what is not priced is a dash", async () => {
    await mountView({
        type: "form",
        resModel: "price",
        resId: 2,
        arch: `<form><field name="priced"/>
            <field name="cost" widget="usd" options="{'priced_field': 'priced'}" readonly="1"/></form>`,
    });
    expect("[name=cost]").toHaveText("—");
});

test("editing shows all digits", async () => {
    await mountView({
        type: "form",
        resModel: "price",
        resId: 2,
        arch: `<form><field name="cost" widget="usd"/></form>`,
    });
    expect("[name=cost] input").toHaveValue("0.00012");
});

test("an amount in the company's currency tells USD on hover, which no view names", async () => {
    const options = JSON.stringify({ signs: ["", "\u00a0€", 2], usd: "cost" });
    await mountView({
        type: "kanban",
        resModel: "price",
        arch: `<kanban><templates><t t-name="card">
            <field name="own" widget="usd" options='${options}'/>
        </t></templates></kanban>`,
    });
    expect(queryAllTexts(".o_kanban_record:not(.o_kanban_ghost)")).toEqual(["1.23 €", "2.00 €"]);
    expect(".o_kanban_record:first span[title]").toHaveAttribute(
        "title",
        "1.23456\u00a0€ · $0.0004"
    );
});

test("an amount that is entered is shown with all its digits", async () => {
    await mountView({
        type: "form",
        resModel: "price",
        resId: 1,
        arch: `<form><field name="own" widget="usd"/></form>`,
    });
    expect("input").toHaveValue("1.23456");
});
