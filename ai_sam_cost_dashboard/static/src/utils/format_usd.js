/**
 * The browser's twin of `format_usd` in ai_brain/engine/price/pricing.py: same digits, same rounding.
 * Both are tested against static/tests/utils/usd_cases.js. Part of every backend page: kept small.
 */

const formats = {};

/**
 * Writes an amount as it is, without binary rounding: `decimals` digits from one unit on, below
 * it enough for two significant ones, up to the 20 that every browser can. Rounds half up.
 *
 * @param {number|string} amount
 * @param {number} [decimals=2]
 * @returns {string} in the manner of 1,234.50
 */
export function formatAmount(amount, decimals = 2) {
    const text = String(amount).trim();
    if (!text || !isFinite(text)) {
        throw new Error(`Expected an amount of money, got ${text.slice(0, 80)}`);
    }
    const size = Number(text).toExponential().split("e")[1];
    const most = Math.min(20, Math.max(decimals, Number(text) && size < 0 ? 1 - size : 0));
    const format = (formats[[decimals, most]] ||= new Intl.NumberFormat("en-US", {
        minimumFractionDigits: decimals,
        maximumFractionDigits: most,
        signDisplay: "negative",
    }));
    return format.format(text);
}

/**
 * An amount in USD for a person: $1,234.50, and $0.0004 where it is that small.
 *
 * @param {number|string|null|undefined|false} amount empty means unknown, which is not zero
 * @returns {string}
 */
export function formatUsd(amount) {
    return (amount ?? false) === false ? "—" : formatAmount(amount).replace(/^-?/, "$&$$");
}
