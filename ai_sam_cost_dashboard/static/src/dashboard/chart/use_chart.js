import { onWillStart, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";

/**
 * A Chart.js chart on the canvas `refName`. It is made once and then updated in place and without
 * animation, so that a live update does not flicker.
 *
 * @param {string} refName
 * @param {(canvas: HTMLCanvasElement) => Object} makeConfig
 * @param {() => any[]} dependencies what the chart shows
 */
export function useChart(refName, makeConfig, dependencies) {
    const canvas = useRef(refName);
    let chart = null;
    let drawnOn = null;
    onWillStart(() => loadBundle("web.chartjs_lib"));
    useEffect(
        (el) => {
            if (chart && drawnOn !== el) {
                chart.destroy();
                chart = null;
            }
            if (!el) {
                return;
            }
            const config = makeConfig(el);
            if (chart) {
                chart.data = config.data;
                chart.options = config.options;
                chart.update("none");
            } else {
                chart = new Chart(el, config);
                drawnOn = el;
            }
        },
        () => [canvas.el, ...dependencies()]
    );
    useEffect(
        () => () => chart?.destroy(),
        () => []
    );
}

/**
 * @param {HTMLElement} el
 * @param {string} name of a custom property of the dashboard's theme
 * @returns {string} its value where `el` stands
 */
export function themeColor(el, name) {
    return getComputedStyle(el).getPropertyValue(`--ai-${name}`).trim() || "#888888";
}

/** Colours that colour-blind people tell apart; as many as the stylesheet defines. */
export const SERIES_COLORS = 8;

/**
 * @param {number} id of a provider
 * @param {number[]} ids of all providers, so that each keeps its colour whatever is filtered
 * @returns {string} name of a colour of the theme
 */
export function seriesColor(id, ids) {
    const index = ids.indexOf(id);
    return index < 0 ? "c-other" : `c${(index % SERIES_COLORS) + 1}`;
}
