import {
    Amounts,
    money,
    percent,
    shortCount,
} from "@ai_sam_cost_dashboard/dashboard/dashboard_format";
import { formatUsd } from "@ai_sam_cost_dashboard/utils/format_usd";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { localization } from "@web/core/l10n/localization";
import { session } from "@web/session";
import { USD_CASES } from "./usd_cases";

describe.current.tags("headless");

const ENGLISH = { code: "en_US", decimalPoint: ".", thousandsSep: ",", grouping: [3, 0] };
const GERMAN = { ...ENGLISH, code: "de_DE", decimalPoint: ",", thousandsSep: "." };

/** A language, and what the page brought of how it writes USD. */
function speak(language, signs) {
    patchWithCleanup(localization, language);
    patchWithCleanup(session, { ai_usd: signs });
}

beforeEach(() => speak(ENGLISH, ["$", ""]));

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
    const yen = { symbol: "¥", position: "before", digits: 0 };
    expect(money(12345.4, yen)).toBe("¥\u00a012,345");
    expect(money(0.04, yen)).toBe("¥\u00a00.04");
    speak(GERMAN, ["", "\u00a0$"]);
    expect(money(1234.5, euro)).toBe("1.234,50\u00a0€");
    expect(money(0.0004, euro)).toBe("0,0004\u00a0€");
    expect(money(-0.0004, euro)).toBe("-0,0004\u00a0€");
});

test("USD, percent and large counts follow the language too", () => {
    expect(shortCount(14_800_000)).toBe("14.8M");
    speak(GERMAN, ["", "\u00a0$"]);
    expect(shortCount(14_800_000)).toBe("14,8\u00a0Mio.");
    expect(shortCount(null)).toBe("—");
    expect(formatUsd(1234.5)).toBe("1.234,50\u00a0$");
    expect(formatUsd(-0.0004)).toBe("-0,0004\u00a0$");
    expect(percent(79.4)).toBe("79,4\u00a0%");
});

test("another dollar is not taken for one of the United States", () => {
    const canadian = { name: "CAD", symbol: "$", position: "before", digits: 2 };
    expect(money(5, canadian)).toBe("CAD\u00a05.00");
});

test("a column has as many decimals as its largest amount needs", () => {
    const amounts = new Amounts();
    const write = (values) => values.map(amounts.column(values));
    expect(write([12.345, 0.5, 0, 0.0004])).toEqual(["$12.35", "$0.50", "$0.00", "< $0.01"]);
    expect(write([0.0123, 0.004, null])).toEqual(["$0.012", "$0.004", "—"]);
    expect(amounts.exact(12.345678)).toBe("$12.345678");
});

test("an amount in another currency has that one's signs, and no more decimals than it has", () => {
    expect(formatUsd(1234.5, 2, 2, ["", "\u00a0€"])).toBe("1,234.50\u00a0€");
    expect(formatUsd(-0.0004, undefined, undefined, ["¥\u00a0", "", 0])).toBe("-¥\u00a00.0004");
});
