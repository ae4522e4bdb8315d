import { localization } from "@web/core/l10n/localization";
import { registry } from "@web/core/registry";
import { FloatField, floatField } from "@web/views/fields/float/float_field";
import { formatUsd } from "../utils/format_usd";

/**
 * An exact amount in USD, however small.
 *
 * Options: `priced_field`, a boolean of the same record that tells "free" from "not priced".
 */
export class UsdField extends FloatField {
    static props = { ...FloatField.props, pricedField: { type: String, optional: true } };

    get formattedValue() {
        const { pricedField, readonly, record } = this.props;
        if (readonly) {
            return formatUsd(pricedField && !record.data[pricedField] ? null : this.value);
        }
        // Digits as they are stored: what is edited must not be rounded by looking at it.
        return (this.value || 0)
            .toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 20 })
            .replace(".", localization.decimalPoint);
    }
}

// Sums of lists, cells of pivots and labels of graphs find it under the widget's name.
registry.category("formatters").add("usd", (amount) => formatUsd(amount));
registry.category("fields").add("usd", {
    ...floatField,
    component: UsdField,
    supportedTypes: ["float", "monetary"],
    extractProps: (fieldInfo, dynamicInfo) => ({
        ...floatField.extractProps(fieldInfo, dynamicInfo),
        pricedField: fieldInfo.options.priced_field,
    }),
    listViewWidth: 90,
});
