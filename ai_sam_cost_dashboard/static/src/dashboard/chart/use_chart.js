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
 * The colour of a provider, for good: whatever is filtered, and with no other one's beside it.
 *
 * @param {number} place of the provider among all that there are; -1: none of them
 * @param {(name: string) => string} theme the value of a colour of the theme
 * @returns {string} a colour of CSS
 */
export function seriesColor(place, theme) {
    if (place < 0) {
        return theme("c-other");
    }
    if (place < SERIES_COLORS) {
        return theme(`c${place + 1}`);
    }
    // beyond the theme: hues by the golden angle, which come near no earlier one for long
    const hue = Math.round((place * 137.508) % 360);
    return `hsl(${hue} ${place % 2 ? 45 : 60}% ${place % 3 ? 48 : 62}%)`;
}
