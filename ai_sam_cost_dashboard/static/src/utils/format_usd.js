/**
 * The browser's twin of `format_usd` in ai_brain/engine/pricing.py: same digits, same rounding.
 * Both are tested against static/tests/utils/usd_cases.js.
 */

const UNKNOWN = "—";

/**
 * Reads an amount exactly as it is written, without binary rounding.
 *
 * @param {number|string} amount
 * @returns {{negative: boolean, digits: bigint, exponent: number, size: number}} the amount is
 *  digits × 10^exponent; `size` is the power of ten of its first digit
 */
function readAmount(amount) {
    const match = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(String(amount).trim());
    if (!match || !(match[2] + match[3])) {
        throw new Error(`Expected an amount of money, got ${String(amount).slice(0, 80)}`);
    }
    const [, sign, whole, fraction, power] = match;
    const digits = (whole + fraction).replace(/^0+(?=\d)/, "");
    const exponent = Number(power || 0) - fraction.length;
    return {
        negative: sign === "-",
        digits: BigInt(digits),
        exponent,
        size: digits.length + exponent - 1,
    };
}

/**
 * Splits an amount into the digits that a person should see: `minDecimals` from one unit on,
 * below it enough for two significant digits. Rounds half up.
 *
 * @param {number|string} amount
 * @param {number} [minDecimals=2]
 * @returns {{negative: boolean, whole: string, fraction: string}}
 */
export function splitAmount(amount, minDecimals = 2) {
    const { negative, digits, exponent, size } = readAmount(amount);
    const decimals = digits && size < 0 ? Math.max(minDecimals, 1 - size) : minDecimals;
    const shift = exponent + decimals;
    let scaled;
    if (shift >= 0) {
        scaled = digits * 10n ** BigInt(shift);
    } else {
        const unit = 10n ** BigInt(-shift);
        scaled = (2n * digits + unit) / (2n * unit);
    }
    const text = scaled.toString().padStart(decimals + 1, "0");
    const point = text.length - decimals;
    const fraction = text.slice(point).replace(/0+$/, "").padEnd(minDecimals, "0");
    return { negative: negative && scaled > 0n, whole: text.slice(0, point), fraction };
}

/**
 * @param {string} whole digits
 * @param {string} separator
 * @returns {string} the digits in groups of three
 */
function inThousands(whole, separator) {
    return whole.replace(/\B(?=(\d{3})+$)/g, separator);
}

/**
 * An amount in USD for a person: $1,234.50, and $0.0004 where it is that small.
 *
 * @param {number|string|null|undefined|false} amount empty means unknown, which is not zero
 * @returns {string}
 */
export function formatUsd(amount) {
    if (amount === null || amount === undefined || amount === false) {
        return UNKNOWN;
    }
    const { negative, whole, fraction } = splitAmount(amount);
    return `${negative ? "-" : ""}$${inThousands(whole, ",")}.${fraction}`;
}

/**
 * An amount in a company's currency, with as many digits as {@link formatUsd} would show.
 *
 * @param {number|string|null|undefined|false} amount
 * @param {{symbol: string, position: string, digits: number}} currency
 * @param {{decimalPoint: string, thousandsSep: string}} locale
 * @returns {string}
 */
export function formatMoney(amount, currency, locale) {
    if (amount === null || amount === undefined || amount === false) {
        return UNKNOWN;
    }
    const { negative, whole, fraction } = splitAmount(amount, currency.digits ?? 2);
    const digits =
        (negative ? "-" : "") +
        inThousands(whole, locale.thousandsSep) +
        (fraction && locale.decimalPoint + fraction);
    const parts = [currency.symbol, digits];
    return (currency.position === "after" ? parts.reverse() : parts).join("\u00a0");
}
