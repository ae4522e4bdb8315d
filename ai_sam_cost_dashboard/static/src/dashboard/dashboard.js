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
import { BudgetBars } from "./budget_bars/budget_bars";
import { useColorScheme } from "./color_scheme";
import { CostBridge } from "./cost_bridge/cost_bridge";
import { Amounts, clock } from "./dashboard_format";
import { ledgerAction } from "./drill_down";
import { EmptyChecklist } from "./empty_checklist/empty_checklist";
import { FilterBar } from "./filter_bar/filter_bar";
import { filterArguments, readFilters, writeFilters } from "./filter_bar/filters";
import { FinanceTable, SHORT } from "./finance_table/finance_table";
import { FirstActions } from "./first_actions/first_actions";
import { KpiCard } from "./kpi_card/kpi_card";
import { kpisOf } from "./kpi_card/kpis";
import { ProviderChart } from "./provider_chart/provider_chart";
import { SpendCard } from "./spend_card/spend_card";
import { LoadingState } from "./state/loading_state";
import { MessageState } from "./state/message_state";
import { TrendChart } from "./trend_chart/trend_chart";

const MODEL = "ai.token.analytics";
// the server tells of a call at most every three seconds: look soon, and once more for those calls
// that followed without a word
const LIVE_DELAYS = [400, 3500];
/** By which filter of the ledger's search the calls of a row are grouped: by what explains it. */
const EXPLAINED_BY = {
    by_user: "agent_type",
    by_agent: "user",
    by_module: "user",
    by_context: "user",
    by_provider: "agent_type",
    by_model: "agent_type",
    by_kind: "agent_type",
    by_task: "agent_type",
    by_key: "agent_type",
    by_lead: "agent_type",
    by_customer: "agent_type",
};
const HIDDEN = "ai_costs.first_steps_hidden";
const STEP_ACTIONS = {
    provider: "ai_sam_cost_dashboard.action_ai_service_provider",
    price: "ai_sam_cost_dashboard.action_ai_provider_price",
    budget: "ai_sam_cost_dashboard.action_ai_budget_offer",
    test_call: "ai_sam_cost_dashboard.action_ask_ai",
    saving: "ai_sam_cost_dashboard.action_ai_agent",
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
        CostBridge,
        FinanceTable,
        ProviderChart,
        FirstActions,
        EmptyChecklist,
        LoadingState,
        MessageState,
    };
    static props = { ...standardActionServiceProps };

    setup() {
        this.kept = {};
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
        // what Back returns to is there at once, where it was left, and is brought up to date
        this.state = useState({
            status: state?.data ? "ready" : "loading",
            data: state?.data || null,
            tab: state?.tab || "by_user",
            why: Boolean(state?.why),
            refreshing: false,
            busyId: null,
            showsAllActions: false,
            hidesFirstSteps: Boolean(browser.localStorage.getItem(HIDDEN)),
        });
        this.updateAddress();
        useSetupAction({
            rootRef: this.root,
            getLocalState: () => ({
                filters: { ...this.filters },
                data: this.state.status === "ready" ? this.state.data : undefined,
                tab: this.state.tab,
                why: this.state.why,
                scroll: this.scrolled?.scrollTop,
            }),
        });
        // fetched while the figures are, and awaited by the charts
        loadBundle("web.chartjs_lib").catch(() => {});
        onMounted(() => {
            if (state?.scroll && this.scrolled) {
                this.scrolled.scrollTop = state.scroll;
            }
            this.load();
        });
        this.listen();
    }

    get scrolled() {
        return this.root.el?.querySelector(".o_content");
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
        const request = this.orm.silent.call(MODEL, "get_dashboard_data", [], {
            ...filterArguments(this.filters),
            breakdown_rows: SHORT,
        });
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

    /** Until the first saving, for who can take the steps, unless they were hidden here. */
    get showsFirstSteps() {
        const ends = this.data.checklist.at(-1);
        return !ends.done && this.canManage && !this.state.hidesFirstSteps;
    }

    hideFirstSteps() {
        browser.localStorage.setItem(HIDDEN, "1");
        this.state.hidesFirstSteps = true;
    }

    get comparison() {
        const { label, whole } = this.data.previous;
        return whole ? _t("compared with %s, the whole day", label) : _t("compared with %s", label);
    }

    get amounts() {
        return new Amounts(this.data.currency);
    }

    get freshness() {
        return _t("Up to date at %s", clock(this.data.generated_at));
    }

    get currencies() {
        return Object.fromEntries(
            [this.data.currency, this.data.usd].filter(Boolean).map((c) => [c.id, c])
        );
    }

    get kpis() {
        return kpisOf(this.data, this.amounts);
    }

    get breakdowns() {
        const titles = {
            by_user: _t("User"),
            by_agent: _t("Agent"),
            by_customer: _t("Customer"),
            by_module: _t("Addon"),
            by_context: _t("Context"),
            by_provider: _t("Provider"),
            by_model: _t("Model"),
            by_kind: _t("Kind of answer"),
            by_task: _t("Task"),
            by_key: _t("Endpoint key"),
            by_lead: _t("Record"),
        };
        const { breakdowns: rows, breakdown_counts: counts = {}, has_keys: hasKeys } = this.data;
        return (
            Object.entries(titles)
                .map(([name, title]) => ({
                    name,
                    title,
                    // of customers the server asks their records, of keys the ledger: when
                    // somebody wants to know
                    rows: ["by_customer", "by_key"].includes(name) ? undefined : rows[name] || [],
                    count: counts[name],
                }))
                // where all is chat there is nothing to break down
                .filter(({ name, rows }) => name !== "by_task" || rows.length > 1)
                .filter(({ name }) => name !== "by_key" || hasKeys)
        );
    }

    /** The same object for the same figures: the table asks anew for what it has of others. */
    get total() {
        // in an object of the component: a template reads this on one that inherits from it
        const { data, kept } = this;
        if (kept.data !== data) {
            const { cost_usd: cost, calls } = data.totals;
            const total = {
                cost_usd: cost.value,
                cost_company: cost.company,
                previous_usd: cost.previous,
                previous_company: cost.previous_company,
                change_usd: cost.change_usd,
                change_company: cost.change_company,
                change_pct: cost.change_pct,
                change_company_pct: cost.change_company_pct,
                calls: calls.value,
            };
            Object.assign(kept, { data, total });
        }
        return kept.total;
    }

    loadBreakdown(name) {
        const [method, args] =
            name === "by_customer"
                ? ["get_customer_breakdown", []]
                : ["get_breakdown_rows", [name]];
        return this.orm.silent.call(MODEL, method, args, filterArguments(this.filters));
    }

    loadBridge() {
        return this.orm.silent.call(MODEL, "get_cost_bridge", [], filterArguments(this.filters));
    }

    // ---- What is behind it ----

    openLedger(part) {
        const { action, options } = ledgerAction(this.data, part);
        return this.action.doAction(action, options);
    }

    openKpi(kpi) {
        if (kpi.action) {
            return this.action.doAction(kpi.action);
        }
        const label = kpi.domain.length ? kpi.drillLabel || kpi.label : "";
        const { about, group } = kpi;
        return this.openLedger({ label, domain: kpi.domain, about, group });
    }

    openTrend({ series, ...part }) {
        if (series) {
            part.label = series.name;
            part.domain = [["provider_id", "=", series.provider_id]];
            part.group = "user";
        }
        return this.openLedger(part);
    }

    openRow(row) {
        return this.openLedger({ ...row, group: EXPLAINED_BY[row.breakdown] });
    }

    /** The calls of a step of the bridge: its domain has the period and the filters already. */
    openStepOfBridge(part) {
        const { action, options } = ledgerAction({ ...this.data, domain: [] }, part);
        return this.action.doAction(action, options);
    }

    setBudget(context) {
        return this.action.doAction(
            {
                type: "ir.actions.act_window",
                name: _t("New budget"),
                res_model: "ai.cost.budget",
                views: [[false, "form"]],
                target: "new",
                context,
            },
            { onClose: () => this.load() }
        );
    }

    openProvider({ name, domain }) {
        return this.openLedger({ label: name, domain, group: "agent_type" });
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

    // ---- Do this first ----

    /** The calls of the days that the list is of, whatever the page shows. */
    openAction(item) {
        const { date_from, date_to } = this.data.first_actions;
        const days = [
            ["local_date", ">=", date_from],
            ["local_date", "<=", date_to],
        ];
        const rest = this.data.domain.filter(([field]) => field !== "local_date");
        const label = _t("Last 30 days");
        const data = { ...this.data, domain: [...days, ...rest] };
        data.period = { date_to, label };
        const { action, options } = ledgerAction(data, {
            label: item.title,
            domain: item.domain,
            about: item.waste_kind ? "waste" : "cost",
            wasteKind: item.waste_kind,
            group: "agent_type",
        });
        return this.action.doAction(action, options);
    }

    /** Does what a button says: it opens something, or changes something, confirmed where it asks. */
    act(item, button) {
        if (button.res_model) {
            return this.openRecord([button.res_model, button.res_id]);
        }
        if (!button.confirm) {
            return this.change(item, button);
        }
        return this.dialog.add(ConfirmationDialog, {
            title: _t("Apply this recommendation?"),
            body: _t(
                "%(text)s\n\nExpected saving: %(saving)s a month. You can undo this at any time.",
                {
                    text: button.confirm,
                    saving: this.amounts.text(
                        this.amounts.pick(item.saving_usd, item.saving_company)
                    ),
                }
            ),
            confirmLabel: button.label,
            confirm: () => this.change(item, button),
            cancel: () => {},
        });
    }

    async change(item, { model, method, args, done }) {
        this.state.busyId = item.id;
        try {
            const next = await this.orm.call(model, method, args);
            if (next?.type) {
                return await this.action.doAction(next);
            }
            await this.load();
            if (done) {
                this.notification.add(done, { type: "success" });
            }
        } finally {
            this.state.busyId = null;
        }
    }
}

registry.category("lazy_components").add("ai_cost_dashboard", AiCostDashboard);
