import { expect, test } from "@odoo/hoot";
import { hover, queryAll, queryAllTexts } from "@odoo/hoot-dom";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";

class Cost extends models.Model {
    name = fields.Char();
    cost = fields.Float({ digits: [16, 0], aggregator: "sum" });
    small = fields.Float({ digits: [16, 0], aggregator: "sum" });
    calls = fields.Integer({ aggregator: "sum" });
    _records = [
        { id: 1, name: "A", cost: 0.3, small: 0.004, calls: 2 },
        { id: 2, name: "B", cost: 0.083, small: 0.0005, calls: 3 },
        { id: 3, name: "C", cost: 1.94, small: 0.000012, calls: 4 },
        { id: 4, name: "D", cost: 0.0045, small: 0, calls: 5 },
    ];
}
defineMailModels();
defineModels([Cost]);

const ARCH = /* xml */ `
    <pivot js_class="ai_money_pivot">
        <field name="name" type="row"/>
        <field name="cost" type="measure" widget="usd"/>
        <field name="small" type="measure" widget="usd"/>
        <field name="calls" type="measure"/>
    </pivot>`;

test("a measure in USD has the same decimals in each cell, and all digits on hover", async () => {
    await mountView({ type: "pivot", resModel: "cost", arch: ARCH });
    const cells = queryAllTexts(".o_pivot_cell_value");
    const column = (index) => cells.filter((_text, at) => at % 3 === index);
    expect(column(0)).toEqual(["$2.33", "$0.30", "$0.08", "$1.94", "< $0.01"]);
    expect(column(1)).toEqual(["$0.0045", "$0.0040", "$0.0005", "< $0.0001", "$0.0000"]);
    expect(column(2)).toEqual(["14", "2", "3", "4", "5"]);
    const cell = queryAll(".o_pivot_cell_value")[12];
    await hover(cell);
    expect(cell.title).toBe("$0.0045");
    const calls = queryAll(".o_pivot_cell_value")[14];
    await hover(calls);
    expect(calls.title).toBe("");
});

test("so has a measure in the company's own currency, which its heading names", async () => {
    const own = 'name="cost" type="measure" widget="float" string="Cost (EUR)"';
    const arch = ARCH.replace('name="cost" type="measure" widget="usd"', own);
    await mountView({ type: "pivot", resModel: "cost", arch });
    const cells = queryAllTexts(".o_pivot_cell_value");
    const cost = cells.filter((_text, at) => at % 3 === 0);
    expect(cost).toEqual(["2.33", "0.30", "0.08", "1.94", "< 0.01"]);
    const cell = queryAll(".o_pivot_cell_value")[12];
    await hover(cell);
    expect(cell.title).toBe("0.0045");
});
