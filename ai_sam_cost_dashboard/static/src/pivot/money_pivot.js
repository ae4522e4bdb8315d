import { formatAmount, formatUsd } from "@ai_sam_cost_dashboard/utils/format_usd";
import { registry } from "@web/core/registry";
import { PivotRenderer } from "@web/views/pivot/pivot_renderer";
import { pivotView } from "@web/views/pivot/pivot_view";
import { fixedDecimals } from "./fixed_decimals";

/** How a measure of money is written, by its widget: the company's own currency is in its heading. */
const WRITERS = {
    usd: formatUsd,
    float: (amount, decimals, most) => formatAmount(amount || 0, decimals, most),
};

/**
 * A pivot whose measures of money have the same decimals in each cell, and all digits on hover.
 * It comes with Odoo's own pivot: pages of other views do not load it.
 */
class MoneyPivotRenderer extends PivotRenderer {
    write(measure) {
        return WRITERS[this.model.metaData.widgets[measure]];
    }

    isMoney({ measure, originIndexes }) {
        const isChange = originIndexes?.length > 1; // per cent, where Odoo 18 compares periods
        return Boolean(this.write(measure)) && !isChange;
    }

    /** What writes a measure of the table that is shown. */
    writer(measure) {
        if (this.writtenTable !== this.table) {
            this.writtenTable = this.table;
            this.writers = {};
        }
        return (this.writers[measure] ||= fixedDecimals(
            this.table.rows
                .flatMap((row) => row.subGroupMeasurements)
                .filter((cell) => cell.measure === measure && this.isMoney(cell))
                .map((cell) => cell.value),
            2,
            (amount, decimals) => this.write(measure)(amount, decimals, decimals)
        ));
    }

    getFormattedValue(cell) {
        const found = super.getFormattedValue(cell);
        if (!this.isMoney(cell)) {
            return found;
        }
        const value = this.writer(cell.measure)(cell.value);
        return found?.value ? { ...found, value } : value; // as Odoo 19 and as Odoo 18 has it
    }

    onMouseEnter(ev) {
        super.onMouseEnter(ev);
        const td = ev.currentTarget;
        const row = this.table.rows[td.parentNode.rowIndex - this.table.headers.length];
        const cell = row?.subGroupMeasurements[td.cellIndex - 1];
        if (cell?.value !== undefined && this.isMoney(cell)) {
            td.title = this.write(cell.measure)(cell.value, 2, 20);
        }
    }
}

registry.category("views").add("ai_money_pivot", { ...pivotView, Renderer: MoneyPivotRenderer });
