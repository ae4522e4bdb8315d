import { formatAmount, formatUsd } from "@ai_sam_cost_dashboard/utils/format_usd";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { formatFloat, humanNumber } from "@web/core/utils/numbers";

const { DateTime } = luxon;

/** Every text that the dashboard makes of a number; the numbers themselves come computed. */

export const usd = formatUsd;

/**
 * An amount in a company's currency, with as many digits as {@link usd} would show.
 *
 * @param {number|string|null|undefined} amount empty means unknown, which is not zero
 * @param {{symbol: string, position: string, digits: number}} currency as get_dashboard_data gives
 * @param {{decimalPoint: string, thousandsSep: string}} [locale]
 * @returns {string}
 */
export function money(amount, currency, locale = localization) {
    if (amount === null || amount === undefined) {
        return "—";
    }
    const marks = { ",": locale.thousandsSep, ".": locale.decimalPoint };
    const digits = formatAmount(amount, currency.digits).replace(/[,.]/g, (mark) => marks[mark]);
    const parts = [currency.symbol, digits];
    return (currency.position === "after" ? parts.reverse() : parts).join("\u00a0");
}

export function count(value) {
    return value === null || value === undefined ? "—" : formatFloat(value, { digits: [0, 0] });
}

export function shortCount(value) {
    return value === null || value === undefined ? "—" : humanNumber(value, { decimals: 1 });
}

/** @param {number|null} value percent, 0 to 100 */
export function percent(value, decimals = 1) {
    return value === null || value === undefined
        ? "—"
        : `${formatFloat(value, { digits: [0, decimals], trailingZeros: false })}%`;
}

export function score(value) {
    return value === null || value === undefined ? "—" : formatFloat(value, { digits: [0, 0] });
}

export function latency(value) {
    return value === null || value === undefined ? "—" : _t("%s ms", count(value));
}

/** A day as the server writes periods: "Nov 3, 2026". */
export function day(value) {
    return value ? DateTime.fromISO(value).toLocaleString(DateTime.DATE_MED) : "";
}

/** A day as short as an axis wants it: "3 Nov". */
export function shortDay(value) {
    return DateTime.fromISO(value).toLocaleString({ month: "short", day: "numeric" });
}

/** @param {string} value ISO, UTC */
export function clock(value) {
    return deserializeDateTime(value.replace("T", " ").slice(0, 19)).toLocaleString(
        DateTime.TIME_SIMPLE
    );
}
