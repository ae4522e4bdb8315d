import { fixedDecimals } from "@ai_sam_cost_dashboard/pivot/fixed_decimals";
import { formatAmount, formatUsd } from "@ai_sam_cost_dashboard/utils/format_usd";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/core/utils/numbers";

const { DateTime } = luxon;

/** Every text that the dashboard makes of a number; the numbers themselves come computed. */

export const usd = formatUsd;

const MOST_DIGITS = 20;
const unknown = (value) => value === null || value === undefined;

/**
 * An amount in a company's currency, with as many digits as {@link usd} would show.
 *
 * @param {number|string|null|undefined} amount empty means unknown, which is not zero
 * @param {{name: string, symbol: string, position: string, digits: number}} currency as
 *  get_dashboard_data gives it
 * @param {number} [decimals] another number of digits than the currency's
 * @param {number} [most] digits at most, where not as many as the amount's size asks for
 * @returns {string}
 */
export function money(amount, currency, decimals = currency.digits, most) {
    if (unknown(amount)) {
        return "—";
    }
    if (currency.name === "USD") {
        return formatUsd(amount, decimals, most);
    }
    // another dollar is not taken for one of the United States
    const symbol = currency.symbol === "$" ? currency.name : currency.symbol;
    const parts = [symbol, formatAmount(amount, decimals, most)];
    return (currency.position === "after" ? parts.reverse() : parts).join("\u00a0");
}

/**
 * The amounts of a page: first in the company's currency where it has one of its own.
 *
 * @param {Object} [currency] the company's
 */
export class Amounts {
    constructor(currency) {
        this.currency = currency || { name: "USD", digits: 2 };
        this.own = this.currency.name !== "USD";
    }

    /** Of an amount in both currencies the one to show. */
    pick(inUsd, inOwn) {
        return this.own && !unknown(inOwn) ? inOwn : this.own && !unknown(inUsd) ? null : inUsd;
    }

    text = (amount) => money(amount, this.currency);

    /** All digits: what a figure says when one hovers over it. */
    exact = (amount) => money(amount, this.currency, this.currency.digits, MOST_DIGITS);

    /** What hovering over an amount says: all digits, in USD besides. */
    both(inUsd, inOwn) {
        const exact = this.exact(this.pick(inUsd, inOwn));
        return this.own ? `${exact} · ${formatUsd(inUsd, 2, MOST_DIGITS)}` : exact;
    }

    /**
     * How a column of amounts is written, as of {@link fixedDecimals}.
     *
     * @param {Array<number|null>} amounts
     * @returns {(amount: number|null) => string}
     */
    column(amounts) {
        return fixedDecimals(amounts, this.currency.digits, (amount, decimals) =>
            money(amount, this.currency, decimals, decimals)
        );
    }
}

export function count(value) {
    return unknown(value) ? "—" : formatFloat(value, { digits: [0, 0] });
}

const inLanguage = {};

/** A number in the manner of the reader's language, which Odoo has no settings for. */
function intl(options) {
    const { code } = localization;
    return (inLanguage[[code, ...Object.values(options)]] ||= (() => {
        try {
            return new Intl.NumberFormat(code.replace("_", "-"), options);
        } catch {
            return new Intl.NumberFormat("en", options);
        }
    })());
}

/** A count of some size: "14.8M", "14,8 Mio.". */
export function shortCount(value) {
    return unknown(value)
        ? "—"
        : intl({ notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** The sign of percent as the language writes it, with the space before it where it has one. */
function percentSign() {
    const parts = intl({ style: "percent" }).formatToParts(1).slice(1);
    return parts.map(({ value }) => value).join("");
}

/** @param {number|null} value percent, 0 to 100 */
export function percent(value, decimals = 1) {
    return unknown(value)
        ? "—"
        : formatFloat(value, { digits: [0, decimals], trailingZeros: false }) + percentSign();
}

/** @param {number|null} value percent, with as many decimals as its neighbours in a column */
export function fixedPercent(value) {
    return unknown(value) ? "—" : formatFloat(value, { digits: [0, 1] }) + percentSign();
}

/** The same of a change, which has a sign. */
export function signedPercent(value) {
    return value > 0 ? `+${fixedPercent(value)}` : fixedPercent(value);
}

export function score(value) {
    return unknown(value) ? "—" : formatFloat(value, { digits: [0, 0] });
}

/** @param {number|null} value milliseconds, told in seconds */
export function latency(value) {
    return unknown(value)
        ? "—"
        : _t("%s s", formatFloat(value / 1000, { digits: [0, value < 1000 ? 2 : 1] }));
}

/** A day of the calendar: no zone moves it to another one. */
const calendarDay = (value) => DateTime.fromISO(value, { zone: "utc" });

/** A day as the server writes periods: "Nov 3, 2026". */
export function day(value) {
    return value ? calendarDay(value).toLocaleString(DateTime.DATE_MED) : "";
}

/** A day as short as an axis wants it: "3 Nov"; of a month its name and year. */
export function shortDay(value, unit = "day") {
    const format =
        unit === "month" ? { month: "short", year: "numeric" } : { month: "short", day: "numeric" };
    return calendarDay(value).toLocaleString(format);
}

/** A day with its weekday, on one line: "Tue, Nov 3". */
export function weekDay(value) {
    return calendarDay(value).toLocaleString({
        weekday: "short",
        month: "short",
        day: "numeric",
    });
}

/** @param {string} value ISO, UTC */
export function clock(value) {
    return deserializeDateTime(value.replace("T", " ").slice(0, 19)).toLocaleString(
        DateTime.TIME_SIMPLE
    );
}
