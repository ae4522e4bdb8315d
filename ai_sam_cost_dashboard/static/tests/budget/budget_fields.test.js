import { expect, test } from "@odoo/hoot";
import { click, edit, press, queryAll, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";
import { registry } from "@web/core/registry";
import { BurnDown } from "@ai_sam_cost_dashboard/budget/burn_down/burn_down";
import { SpendBars } from "@ai_sam_cost_dashboard/budget/spend_bars/spend_bars";
import { Thresholds } from "@ai_sam_cost_dashboard/budget/thresholds/thresholds";

class Budget extends models.Model {
    marks = fields.Json();
    bars = fields.Json();
    burn = fields.Json();
    cost = fields.Float({ digits: [16, 0], aggregator: "sum" });
    name = fields.Char();
    priced = fields.Boolean();
    _records = [
        {
            id: 1,
            name: "One",
            marks: [50, 100],
            bars: { labels: ["1 Jan", "2 Jan"], values: [0, 0.0004], texts: ["$0.00", "$0.0004"], title: "Days" },
            burn: {
                labels: ["1 Jan", "2 Jan"],
                remaining: [9, null],
                remaining_texts: ["$9.00", ""],
                expected: [9, 8],
                expected_texts: ["$9.00", "$8.00"],
                even: [5, 0],
                even_texts: ["$5.00", "$0.00"],
                names: { remaining: "Left", expected: "Expected", even: "Even" },
                currency: "USD",
            },
            cost: 0.0004,
            priced: true,
        },
        { id: 2, name: "Two", marks: false, bars: false, burn: false, cost: 0.00012, priced: false },
    ];
}
defineModels([Budget]);

for (const [name, component] of Object.entries({ BurnDown, SpendBars, Thresholds })) {
    registry.category("fields").add(`test_${name}`, { component, supportedTypes: ["json"] });
}

const form = (arch, resId = 1) =>
    mountView({ type: "form", resModel: "budget", resId, arch: `<form>${arch}</form>` });

test("thresholds are tags, kept in order and without doubles", async () => {
    await form('<field name="marks" widget="test_Thresholds"/><field name="name"/>');
    expect(queryAllTexts(".o_ai_threshold")).toEqual(["50 %\nRemove 50 %", "100 %\nRemove 100 %"]);
    await click(".o_ai_thresholds input");
    await edit("80");
    await press("Enter");
    await animationFrame();
    await edit("50 %");
    await press("Enter");
    await animationFrame();
    expect(queryAll(".o_ai_threshold")).toHaveLength(3);
    await click(".o_ai_threshold:first button");
    await animationFrame();
    expect(queryAllTexts(".o_ai_threshold")[0]).toMatch(/^80 %/);
});

test("what is no percentage stays in the field, marked", async () => {
    await form('<field name="marks" widget="test_Thresholds"/>');
    await click(".o_ai_thresholds input");
    for (const wrong of ["0", "101", "x"]) {
        await edit(wrong);
        await press("Enter");
        await animationFrame();
        expect(".o_ai_thresholds input").toHaveAttribute("aria-invalid", "true");
        expect(".o_ai_thresholds input").toHaveValue(wrong);
    }
    expect(queryAll(".o_ai_threshold")).toHaveLength(2);
});

test("the small chart has a bar a day with its amount in words", async () => {
    await form('<field name="bars" widget="test_SpendBars"/>');
    expect(queryAll(".o_ai_spend_bars rect")).toHaveLength(2);
    expect(queryAllTexts(".o_ai_spend_bars title")[1]).toBe("2 Jan: $0.0004");
    expect(".o_ai_spend_bars").toHaveAttribute("aria-label", "Days");
});

test("the small chart of nothing is empty", async () => {
    await form('<field name="bars" widget="test_SpendBars"/>', 2);
    expect(queryAll(".o_ai_spend_bars rect")).toHaveLength(0);
});

test("the burn-down says in words what is left", async () => {
    await form('<field name="burn" widget="test_BurnDown"/>');
    expect("canvas").toHaveAttribute(
        "aria-label",
        "Burn-down of the budget: on 1 Jan $9.00 were left."
    );
});

test("a new budget has no burn-down yet", async () => {
    await form('<field name="burn" widget="test_BurnDown"/>', 2);
    expect("canvas").toHaveCount(0);
    expect(".o_field_widget").toHaveText(/Save the budget/);
});

test("small amounts read as such in a list, and so does their sum", async () => {
    await mountView({
        type: "list",
        resModel: "budget",
        arch: `<list><field name="priced" column_invisible="1"/>
            <field name="cost" widget="usd" sum="Cost"/></list>`,
    });
    expect(queryAllTexts("[name=cost].o_data_cell")).toEqual(["$0.0004", "$0.00012"]);
    expect("tfoot").toHaveText(/\$0\.00052/);
});

test("what is not priced is a dash, and an edited amount keeps its digits", async () => {
    await form(
        `<field name="priced"/>
         <field name="cost" widget="usd" options="{'priced_field': 'priced'}" readonly="1"/>`,
        2
    );
    expect("[name=cost]").toHaveText("—");
});

test("editing shows all digits", async () => {
    await form('<field name="cost" widget="usd"/>', 2);
    expect("[name=cost] input").toHaveValue("0.00012");
});
