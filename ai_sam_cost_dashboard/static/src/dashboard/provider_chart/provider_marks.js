/**
 * Draws each provider's name above its point and the interval of its quality through it.
 *
 * @param {string} ink colour of the names
 * @param {string} paper colour behind them, for an edge that keeps them readable on lines
 * @returns {Object} a Chart.js plugin
 */
export function providerMarks(ink, paper) {
    return {
        id: "providerMarks",
        beforeDatasetsDraw(chart) {
            const { ctx, scales } = chart;
            ctx.save();
            ctx.globalAlpha = 0.35;
            ctx.strokeStyle = ink;
            for (const element of chart.getDatasetMeta(0).data) {
                const { provider } = element.$context.raw;
                if (provider.quality_low !== null && provider.quality_low !== undefined) {
                    ctx.beginPath();
                    ctx.moveTo(element.x, scales.y.getPixelForValue(provider.quality_low));
                    ctx.lineTo(element.x, scales.y.getPixelForValue(provider.quality_high));
                    ctx.stroke();
                }
            }
            ctx.restore();
        },
        afterDatasetsDraw(chart) {
            const { ctx, chartArea } = chart;
            ctx.save();
            ctx.fillStyle = ink;
            ctx.font = "500 12px system-ui, sans-serif";
            const points = chart.getDatasetMeta(0).data;
            const taken = [];
            for (const element of points) {
                const { name } = element.$context.raw.provider;
                const text = name.length > 24 ? `${name.slice(0, 23)}…` : name;
                const half = ctx.measureText(text).width / 2;
                const x = Math.min(
                    Math.max(element.x, chartArea.left + half),
                    chartArea.right - half
                );
                // above its point, else below; where neither is free, tooltip and table name it
                const y = [element.y - 12, element.y + 20].find(
                    (at) =>
                        !taken.some(
                            (box) =>
                                Math.abs(box.x - x) < box.half + half && Math.abs(box.y - at) < 16
                        ) &&
                        !points.some(
                            (point) =>
                                point !== element &&
                                Math.abs(point.x - x) < half + 6 &&
                                Math.abs(point.y - at + 4) < 12
                        )
                );
                if (y === undefined) {
                    continue;
                }
                taken.push({ x, y, half });
                ctx.textAlign = "center";
                ctx.lineWidth = 4;
                ctx.lineJoin = "round";
                ctx.strokeStyle = paper;
                ctx.strokeText(text, x, y);
                ctx.fillText(text, x, y);
            }
            ctx.restore();
        },
    };
}
