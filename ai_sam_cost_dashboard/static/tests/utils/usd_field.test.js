import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { defineModels, fields, models, mountView, onRpc } from "@web/../tests/web_test_helpers";
import "@ai_sam_cost_dashboard/utils/format_usd";

class Limit extends models.Model {
    amount = fields.Float({ digits: 0 });
    known = fields.Boolean();
    signs = fields.Json();
    _records = [
        { id: 1, amount: 1234.5, known: true },
        { id: 2, amount: 0.0042, known: true },
        { id: 3, amount: 70, known: true },
        { id: 4, amount: 0, known: false },
    ];
}

defineMailModels();
defineModels([Limit]);

const SIGNS = [["", "\u00a0€", 2, 2], ["$", "", 2, 2], ["¥\u00a0", "", 0, 0], false];

const listOf = async (column) => {
    onRpc("limit", "web_search_read", ({ parent }) => {
        const found = parent();
        found.records.forEach((record, index) => (record.signs = SIGNS[index])); // computed
        return found;
    });
    const arch = `<list>${column}<field name="known"/><field name="signs" column_invisible="1"/></list>`;
    await mountView({ type: "list", resModel: "limit", arch });
    return queryAllTexts("td[name=amount]");
};

test("each record in its own currency, with as many decimals as that has", async () => {
    const texts = await listOf(`<field name="amount" widget="usd"/>`);
    expect(texts).toEqual(["1,234.50 €", "$0.00", "¥ 70", "$0.00"]);
});

test("what is not priced is unknown", async () => {
    const texts = await listOf(
        `<field name="amount" widget="usd" options="{'priced_field': 'known'}"/>`
    );
    expect(texts.at(-1)).toBe("—");
});
