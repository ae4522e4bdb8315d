import { Component, onMounted, onWillUnmount, useRef, useState } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { url } from "@web/core/utils/urls";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { BreakdownTable } from "./breakdown_table/breakdown_table";
import { BudgetBars } from "./budget_bars/budget_bars";
import { useColorScheme } from "./color_scheme";
import { clock, count, day, latency, percent, score, shortCount, usd } from "./dashboard_format";
import { ledgerAction } from "./drill_down";
import { EmptyChecklist } from "./empty_checklist/empty_checklist";
import { FilterBar } from "./filter_bar/filter_bar";
import { filterArguments, readFilters, writeFilters } from "./filter_bar/filters";
import { KpiCard } from "./kpi_card/kpi_card";
import { ProviderChart } from "./provider_chart/provider_chart";
import { RecommendationList, savingText } from "./recommendation_list/recommendation_list";
import { SpendCard } from "./spend_card/spend_card";
import { LoadingState } from "./state/loading_state";
import { MessageState } from "./state/message_state";
import { TrendChart } from "./trend_chart/trend_chart";
import { WasteReport } from "./waste_report/waste_report";

const MODEL = "ai.token.analytics";
// the server tells of a call at most every three seconds: look soon, and once more for those calls
// that followed without a word
const LIVE_DELAYS = [400, 3500];
const MAIN_BREAKDOWNS = [
    "by_module",
    "by_user",
    "by_agent",
    "by_context",
    "by_provider",
    "by_model",
];
const STEP_ACTIONS = {
    provider: "ai_sam_cost_dashboard.action_ai_service_provider",
    price: "ai_sam_cost_dashboard.action_ai_provider_price",
    budget: "ai_sam_cost_dashboard.action_ai_budget_offer",
    test_call: "ai_sam_cost_dashboard.action_ask_ai",
};

/** The cost dashboard: one request brings every figure, this shows them and opens what is behind. */
export class AiCostDashboard extends Component {
    static template = "ai_sam_cost_dashboard.Dashboard";
    static components = {
        Layout,
        FilterBar,
        SpendCard,
        KpiCard,
        TrendChart,
        BudgetBars,
        BreakdownTable,
        ProviderChart,
        WasteReport,
        RecommendationList,
        EmptyChecklist,
        LoadingState,
        MessageState,
    };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.bus = useService("bus_service");
        this.keepLast = new KeepLast();
        this.scheme = useColorScheme();
        this.rtl = localization.direction === "rtl";
        this.display = { controlPanel: {} };
        this.root = useRef("root");
        const { action, state } = this.props;
        const address = { ...action.context?.params, ...action.params };
        this.filters = useState(state?.filters || readFilters(address));
        this.state = useState({
            status: "loading",
            data: null,
            refreshing: false,
            busyId: null,
        });
        this.updateAddress();
        useSetupAction({
            rootRef: this.root,
            getLocalState: () => ({ filters: { ...this.filters } }),
        });
        // fetched while the figures are, and awaited by the charts
        loadBundle("web.chartjs_lib").catch(() => {});
        onMounted(() => this.load());
        this.listen();
    }

    // ---- Data ----

    /** The breakdown of what is shown, as a file. */
    exportUrl(format) {
        return url(`/ai_costs/export/${format}`, {
            args: JSON.stringify(filterArguments(this.filters)),
        });
    }

    /**
     * Fetches the page's figures. What is shown stays until the new figures are there, unless
     * the page has none.
     */
    async load() {
        this.state.refreshing = true;
        const request = this.orm.silent.call(
            MODEL,
            "get_dashboard_data",
            [],
            filterArguments(this.filters)
        );
        try {
            this.state.data = await this.keepLast.add(request);
            this.state.status = this.state.data.empty ? "empty" : "ready";
        } catch (error) {
            if (error.exceptionName === "odoo.exceptions.AccessError") {
                this.state.status = "denied";
            } else {
                this.state.status = "error";
                this.errorText =
                    error instanceof ConnectionLostError
                        ? _t("The server could not be reached.")
                        : error.data?.message || error.message;
            }
        }
        this.state.refreshing = false;
    }

    retry() {
        this.state.status = "loading";
        return this.load();
    }

    /** Follows calls as they are made; a page that nobody sees waits until somebody does. */
    listen() {
        let timers = [];
        let stale = false;
        const forget = () => timers.forEach((timer) => browser.clearTimeout(timer));
        const refresh = () => {
            stale = document.hidden;
            if (!stale && ["ready", "empty"].includes(this.state.status)) {
                this.load();
            }
        };
        const onUsage = () => {
            forget();
            timers = LIVE_DELAYS.map((delay) => browser.setTimeout(refresh, delay));
        };
        const onVisible = () => stale && refresh();
        onMounted(() => {
            this.bus.subscribe("ai_brain/usage", onUsage);
            document.addEventListener("visibilitychange", onVisible);
        });
        onWillUnmount(() => {
            forget();
            this.bus.unsubscribe("ai_brain/usage", onUsage);
            document.removeEventListener("visibilitychange", onVisible);
        });
    }

    // ---- Filters ----

    updateAddress() {
        this.props.updateActionState?.(writeFilters(this.filters));
    }

    onFilter(changes) {
        Object.assign(this.filters, changes);
        this.updateAddress();
        return this.load();
    }

    // ---- What is shown ----

    get data() {
        return this.state.data;
    }

    get canManage() {
        return this.data.access.level !== "user";
    }

    get comparison() {
        return _t("compared with %s", this.data.previous.label);
    }

    get freshness() {
        return _t("Up to date at %s", clock(this.data.generated_at));
    }

    get providerIds() {
        const providers = this.data.options?.providers || this.data.trend.series;
        return providers
            .map((provider) => provider.provider_id ?? provider.id)
            .sort((a, b) => a - b);
    }

    get currencies() {
        return Object.fromEntries(
            [this.data.currency, this.data.usd].filter(Boolean).map((c) => [c.id, c])
        );
    }

    get kpis() {
        const { totals } = this.data;
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
        return [
            {
                name: "saved_usd",
                label: _t("Saved, estimated"),
                hint: _t("What the provider asked for would have charged, less what was paid."),
                format: usd,
                rise: "good",
                domain: [["saved_usd", "!=", 0]],
            },
            {
                name: "waste_usd",
                label: _t("Waste"),
                hint: _t("Money in tokens that were not needed."),
                format: usd,
                rise: "bad",
                domain: [["waste_detected", "=", true]],
            },
            {
                name: "calls",
                label: _t("Calls"),
                hint: _t("Every answer, from a vendor or not."),
                format: count,
                rise: "neutral",
                domain: [],
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
            },
            {
                name: "quality",
                label: _t("Quality"),
                hint: _t("Mean of the ratings, 0 to 100."),
                format: score,
                rise: "good",
                domain: [["feedback_count", ">", 0]],
            },
            {
                name: "total_tokens",
                label: _t("Tokens"),
                format: shortCount,
                rise: "neutral",
                domain: [],
            },
            {
                name: "success_rate",
                label: _t("Succeeded"),
                format: percent,
                rise: "good",
                drillLabel: _t("Failed"),
            },
            {
                name: "latency_ms",
                label: _t("Latency"),
                hint: _t("Mean time until a vendor's answer was complete."),
                format: latency,
                rise: "bad",
            },
            ...uncertain,
        ]
            .filter((kpi) => totals[kpi.name])
            .map((kpi) => ({ ...kpi, ...totals[kpi.name] }));
    }

    get breakdowns() {
        const titles = {
            by_module: _t("By module"),
            by_user: _t("By user"),
            by_agent: _t("By agent"),
            by_context: _t("By context"),
            by_provider: _t("By provider"),
            by_model: _t("By model"),
            by_kind: _t("By kind of answer"),
            by_lead: _t("By record"),
        };
        const rows = this.data.breakdowns;
        return Object.entries(titles)
            .map(([name, title]) => ({ name, title, rows: rows[name] || [] }))
            .filter(({ name, rows }) => rows.length || MAIN_BREAKDOWNS.includes(name));
    }

    get mainBreakdowns() {
        return this.breakdowns.filter(({ name }) => MAIN_BREAKDOWNS.includes(name));
    }

    get otherBreakdowns() {
        return this.breakdowns.filter(({ name }) => !MAIN_BREAKDOWNS.includes(name));
    }

    // ---- What is behind it ----

    openLedger(part) {
        const { action, options } = ledgerAction(this.data, part);
        return this.action.doAction(action, options);
    }

    openKpi(kpi) {
        const label = kpi.domain.length ? kpi.drillLabel || kpi.label : "";
        return this.openLedger({ label, domain: kpi.domain });
    }

    openTrend({ date, series }) {
        const part = {};
        if (date) {
            Object.assign(part, { day: date, dayLabel: day(date) });
        }
        if (series) {
            part.label = series.name;
            part.domain = [["provider_id", "=", series.provider_id]];
        }
        return this.openLedger(part);
    }

    openProvider({ id, name }) {
        return this.openLedger({ label: name, domain: [["provider_id", "=", id]] });
    }

    openRecord([model, id]) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openBudget(id) {
        return this.openRecord(["ai.cost.budget", id]);
    }

    openBudgets() {
        return this.action.doAction("ai_sam_cost_dashboard.action_ai_cost_budget");
    }

    openStep(key) {
        return this.action.doAction(STEP_ACTIONS[key]);
    }

    async actOnWaste({ action }) {
        if (action.method) {
            const next = await this.orm.call(
                action.res_model || MODEL,
                action.method,
                action.args || []
            );
            return next ? this.action.doAction(next) : this.load();
        }
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: action.res_model,
            res_id: action.res_id,
            views: action.res_id
                ? [[false, "form"]]
                : [
                      [false, "list"],
                      [false, "form"],
                  ],
        });
    }

    // ---- Recommendations ----

    apply(item) {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Apply this recommendation?"),
            body: _t("%(text)s\n\nExpected saving: %(saving)s. You can undo this at any time.", {
                text: item.text,
                saving: savingText(item),
            }),
            confirmLabel: _t("Apply"),
            confirm: () => this.change(item, "apply_recommendation", _t("Applied.")),
            cancel: () => {},
        });
    }

    async tryOut(item) {
        const action = await this.orm.call("ai.cost.advice", "action_try", [[item.id]]);
        return this.action.doAction(action);
    }

    undo(item) {
        return this.change(item, "undo_recommendation", _t("Undone: everything is as before."));
    }

    async change(item, method, message) {
        this.state.busyId = item.id;
        try {
            await this.orm.call(MODEL, method, [item.id]);
            await this.load();
            this.notification.add(message, { type: "success" });
        } finally {
            this.state.busyId = null;
        }
    }
}

registry.category("lazy_components").add("AiCostDashboard", AiCostDashboard);
