import { xml } from "@odoo/owl";
import { localization } from "@web/core/l10n/localization";
import { registry } from "@web/core/registry";
import { session } from "@web/session";
import { FloatField, floatField } from "@web/views/fields/float/float_field";

/**
 * The browser's twin of `format_usd` in ai_brain/engine/base/money.py: same digits, same rounding,
 * in the manner of the reader's language. Both are tested against static/tests/utils/usd_cases.js.
 * Part of every backend page: kept small.
 */

const formats = {};

/**
 * Writes an amount as it is, without binary rounding: `decimals` digits from one unit on, below
 * it enough for two significant ones, up to the 20 that every browser can. Rounds half up.
 *
 * @param {number|string} amount
 * @param {number} [decimals=2]
 * @param {number} [most] digits at most, where not as many as the amount's size asks for
 * @returns {string} in the manner of 1,234.50
 */
export function formatAmount(amount, decimals = 2, most) {
    const text = String(amount).trim();
    if (!text || !isFinite(text)) {
        throw new Error(`Expected an amount: ${text.slice(0, 80)}`);
    }
    const size = Number(text).toExponential().split("e")[1];
    most ??= Math.min(20, Math.max(decimals, Number(text) && size < 0 ? 1 - size : 0));
    return (formats[[decimals, most]] ||= new Intl.NumberFormat("en-US", {
        minimumFractionDigits: decimals,
        maximumFractionDigits: most,
        signDisplay: "negative",
    }))
        .format(text)
        .replace(/[,.]/g, (at) => localization[at > "," ? "decimalPoint" : "thousandsSep"]);
}

/**
 * An amount in USD for a person: $1,234.50, and $0.0004 where it is that small.
 *
 * @param {number|string|null|undefined|false} amount empty means unknown, which is not zero
 * @param {number} [decimals] as of {@link formatAmount}
 * @param {number} [most] as of {@link formatAmount}
 * @param {[string, string]} [signs] what stands before and after it, if it is not in USD
 * @returns {string}
 */
export function formatUsd(amount, decimals, most, signs) {
    if ((amount ?? false) === false) {
        return "—";
    }
    const [before, after] = signs || session.ai_usd || ["$", ""];
    return formatAmount(amount, decimals, most).replace(/^-?/, (sign) => sign + before) + after;
}

/**
 * An exact amount in USD, however small.
 *
 * Options: `priced_field`, a boolean of the same record that tells "free" from "not priced";
 * `signs`, what stands before and after an amount in another currency, its decimals and the most
 * of them; where records differ, they have them in a field of that name; `usd`, the field of the
 * same amount in USD, which is told on hover.
 */
export class UsdField extends FloatField {
    static template = xml`<span t-if="props.readonly" t-att-title="exact" t-esc="formattedValue"/><t t-else="" t-call="web.FloatField"/>`;
    static props = ["*"];

    get formattedValue() {
        // Digits as they are stored: what is edited must not be rounded by looking at it.
        return this.props.readonly
            ? this.write(this.props.digits?.[1])
            : formatAmount(this.value || 0, 0, 20);
    }

    get exact() {
        const { usd } = this.props.options;
        const exact = this.write(null, 20);
        return usd ? exact + " · " + formatUsd(this.props.record.data[usd], 2, 20) : exact;
    }

    /** With as many decimals as the `digits` of its column, or as its size asks for. */
    write(decimals, most = decimals) {
        const { options, record } = this.props;
        const { priced_field: priced, signs = record.data.signs } = options;
        const amount = (!priced || record.data[priced]) && this.value;
        return formatUsd(amount, decimals ?? signs?.[2], most ?? signs?.[3], signs);
    }
}

// Sums of lists, cells of pivots and labels of graphs find it under the widget's name.
registry
    .category("formatters")
    .add("usd", (amount, { digits } = {}) => formatUsd(amount, digits?.[1], digits?.[1]));
registry.category("fields").add("usd", {
    ...floatField,
    component: UsdField,
    listViewWidth: 90,
    extractProps: (info, more) => ({
        ...floatField.extractProps(info, more),
        options: info.options,
    }),
    fieldDependencies: ({ options: { usd } }) => usd && [{ name: usd, type: "float" }],
});
