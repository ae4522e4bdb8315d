import { _t } from "@web/core/l10n/translation";
import { count, latency, percent, score, shortCount } from "../dashboard_format";

/**
 * What held-out calls have shown: the figure before the estimate of the same. Where this period's
 * calls do not show it, what was shown since the holdouts began.
 */
function provenKpi({ proof }, amounts) {
    if (proof?.ever) {
        const { ever } = proof;
        const isLoss = ever.state === "loss";
        const [low, high] = isLoss ? [-ever.high, -ever.low] : [ever.low, ever.high];
        return [
            {
                name: "proven_percent",
                label: isLoss ? _t("Costs more, proven") : _t("Saved, proven"),
                hint: ever.text,
                value: isLoss ? -ever.percent : ever.percent,
                note: _t("%(low)s to %(high)s, for %(count)s of %(agents)s agents", {
                    low: percent(low),
                    high: percent(high),
                    count: ever.count,
                    agents: ever.agents,
                }),
                format: percent,
                action: "ai_sam_cost_dashboard.action_ai_savings",
            },
        ];
    }
    if (!["proven", "loss"].includes(proof?.state)) {
        return [];
    }
    const isLoss = proof.state === "loss";
    const [least, most] = isLoss ? ["high", "low"] : ["low", "high"];
    const value = (name) => {
        const amount = amounts.pick(proof[`${name}usd`], proof[`${name}company`]);
        return isLoss ? -amount : amount;
    };
    return [
        {
            name: "proven_usd",
            label: isLoss ? _t("Costs more, proven") : _t("Saved, proven"),
            hint: proof.text,
            value: value(""),
            note: _t("between %(low)s and %(high)s", {
                low: amounts.text(value(`${least}_`)),
                high: amounts.text(value(`${most}_`)),
            }),
            format: amounts.text,
            exact: amounts.exact,
            rise: isLoss ? "bad" : "good",
            domain: [["holdout_arm", "!=", false]],
            about: "saved",
        },
    ];
}

/**
 * The figures in the row under the spend.
 *
 * @param {Object} data as get_dashboard_data returns it
 * @param {Amounts} amounts of the page
 * @returns {Object[]} the props of a KpiCard each, and what the figure opens
 */
export function kpisOf(data, amounts) {
    const { totals } = data;
    const usd = amounts.text;
    const uncertain = totals.uncertain_usd?.value
        ? [
              {
                  name: "uncertain_usd",
                  label: _t("Uncertain"),
                  hint: _t(
                      "The vendor may have billed these calls and did not say: counted at the worst case."
                  ),
                  format: usd,
                  rise: "bad",
                  domain: [["state", "=", "uncertain"]],
              },
          ]
        : [];
    const figures = [
        {
            name: "saved_usd",
            label: _t("Saved, estimated"),
            hint: _t("What the provider asked for would have charged, less what was paid."),
            format: usd,
            rise: "good",
            domain: [["saved_usd", "!=", 0]],
            about: "saved",
            group: "agent_type",
            note: ["open", "loss"].includes(data.proof?.state) ? data.proof.text : undefined,
        },
        {
            name: "waste_usd",
            label: _t("Waste"),
            hint: _t("Money in tokens that were not needed."),
            format: usd,
            rise: "bad",
            domain: [["waste_detected", "=", true]],
            about: "waste",
            group: "waste",
        },
        {
            name: "calls",
            label: _t("Calls"),
            hint: _t("Every answer, from a vendor or not."),
            format: count,
            rise: "neutral",
            domain: [],
            about: "calls",
            group: "kind",
        },
        {
            name: "cost_per_call_usd",
            label: _t("Cost per call"),
            format: usd,
            rise: "bad",
            domain: [],
        },
        {
            name: "cache_hit_rate",
            label: _t("From cache"),
            hint: _t("Share of the calls that needed no vendor."),
            format: percent,
            rise: "good",
            about: "calls",
            group: "kind",
        },
        {
            name: "quality",
            label: _t("Quality"),
            hint: _t("Mean of the ratings, 0 to 100."),
            format: score,
            rise: "good",
            domain: [["feedback_count", ">", 0]],
            about: "quality",
        },
        {
            name: "total_tokens",
            label: _t("Tokens"),
            format: shortCount,
            rise: "neutral",
            domain: [],
            about: "tokens",
        },
        {
            name: "success_rate",
            label: _t("Succeeded"),
            format: percent,
            rise: "good",
            drillLabel: _t("Failed"),
            about: "speed",
            group: "error",
        },
        {
            name: "latency_ms",
            label: _t("Latency"),
            hint: _t("Mean time until a vendor's answer was complete."),
            format: latency,
            rise: "bad",
            about: "speed",
        },
        ...uncertain,
    ]
        .filter((kpi) => totals[kpi.name])
        .map((kpi) => ({ ...kpi, ...totals[kpi.name] }))
        .map((kpi) =>
            kpi.format === usd
                ? {
                      ...kpi,
                      exact: amounts.exact,
                      value: amounts.pick(kpi.value, kpi.company),
                      previous: amounts.pick(kpi.previous, kpi.previous_company),
                      change_pct: amounts.pick(kpi.change_pct, kpi.change_company_pct),
                  }
                : kpi
        );
    return [...provenKpi(data, amounts), ...figures];
}
