import { money } from "@ai_sam_cost_dashboard/dashboard/dashboard_format";
import { formatUsd } from "@ai_sam_cost_dashboard/utils/format_usd";
import { describe, expect, test } from "@odoo/hoot";
import { USD_CASES } from "./usd_cases";

describe.current.tags("headless");

test("amounts in USD read as Python's format_usd writes them", () => {
    for (const [amount, text] of USD_CASES) {
        expect(formatUsd(amount)).toBe(text, { message: `${amount} reads ${text}` });
    }
});

test("what is no amount is refused", () => {
    for (const amount of ["", "abc", "1,5", NaN, Infinity, {}, []]) {
        expect(() => formatUsd(amount)).toThrow(/Expected an amount/);
    }
});

test("an empty amount is unknown, not zero", () => {
    expect(formatUsd(undefined)).toBe("—");
    expect(formatUsd(false)).toBe("—");
});

test("a company's currency keeps small amounts and follows the language", () => {
    const euro = { symbol: "€", position: "after", digits: 2 };
    const german = { decimalPoint: ",", thousandsSep: "." };
    expect(money(1234.5, euro, german)).toBe("1.234,50\u00a0€");
    expect(money(0.0004, euro, german)).toBe("0,0004\u00a0€");
    expect(money(-0.0004, euro, german)).toBe("-0,0004\u00a0€");
    const yen = { symbol: "¥", position: "before", digits: 0 };
    const english = { decimalPoint: ".", thousandsSep: "," };
    expect(money(12345.4, yen, english)).toBe("¥\u00a012,345");
    expect(money(0.04, yen, english)).toBe("¥\u00a00.04");
});
