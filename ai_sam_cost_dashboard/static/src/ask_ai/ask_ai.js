import {
    Component,
    onMounted,
    onWillStart,
    onWillUnmount,
    useEffect,
    useRef,
    useState,
} from "@odoo/owl";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useColorScheme } from "../dashboard/color_scheme";
import { Amounts } from "../dashboard/dashboard_format";
import { ChatMessage } from "./chat_message/chat_message";
import { Composer } from "./composer/composer";
import { ConversationList } from "./conversation_list/conversation_list";
import { StreamError, streamEvents } from "./event_stream";

const MODEL = "ai.conversation";
const NEAR_END_PX = 120;

/** A chat with the models, in which every answer says what it cost and why this one was asked. */
export class AskAi extends Component {
    static template = "ai_sam_cost_dashboard.AskAi";
    static components = { ChatMessage, Composer, ConversationList, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.scheme = useColorScheme();
        this.rtl = localization.direction === "rtl";
        this.display = { controlPanel: {} };
        this.thread = useRef("thread");
        this.root = useRef("root");
        this.abort = null;
        // one for the page: another one at each render would draw every message again
        this.amounts = new Amounts();
        this.state = useState({
            status: "loading",
            conversations: [],
            providers: [],
            keepsText: true,
            readsLedger: false,
            canConfigure: false,
            currentId: false,
            providerId: false,
            messages: [],
            streaming: false,
            listOpen: false,
            announcement: "",
        });
        useSetupAction({
            rootRef: this.root,
            getLocalState: () => ({ conversationId: this.state.currentId }),
        });
        onWillStart(() => this.load());
        onMounted(() => this.scrollToEnd());
        onWillUnmount(() => this.abort?.abort());
        useEffect(
            () => this.follow && this.scrollToEnd(),
            () => {
                // what stands under an answer comes after its text, and makes it longer
                const { messages } = this.state;
                const { content, state, html } = messages.at(-1) || {};
                return [messages.length, content, state, html];
            }
        );
        useEffect(
            (el) => {
                if (el) {
                    // the composer grows as one writes, and takes its place from the thread
                    const observer = new ResizeObserver(() => this.follow && this.scrollToEnd());
                    observer.observe(el);
                    return () => observer.disconnect();
                }
            },
            () => [this.thread.el]
        );
        this.follow = true;
    }

    get suggestions() {
        return [
            _t("Draft a friendly reminder for an invoice that is two weeks late."),
            _t("Summarise the pros and cons of paying suppliers within 10 days for 2% discount."),
            _t("List five questions to ask before signing a software contract."),
            _t("Explain what a token is, as if I had never used an AI model."),
        ];
    }

    /** Questions that the ledger answers, under the composer. */
    get ledgerQuestions() {
        return this.state.readsLedger
            ? [
                  _t("Who exceeded last month?"),
                  _t("Why did it rise?"),
                  _t("Who spent most this month?"),
                  _t("What would save money?"),
              ]
            : [];
    }

    get newTitle() {
        return _t("New conversation");
    }

    get current() {
        return this.state.conversations.find(({ id }) => id === this.state.currentId);
    }

    /** What the conversation cost so far, in USD and in the company's currency. */
    get total() {
        const sum = (name) =>
            this.state.messages.reduce((total, message) => total + (message[name] || 0), 0);
        return { usd: sum("cost_usd"), company: sum("cost_company") };
    }

    get totalTitle() {
        const { usd, company } = this.total;
        return `${_t("Cost of this conversation so far")}: ${this.amounts.both(usd, company)}`;
    }

    async load() {
        try {
            const data = await this.orm.silent.call(MODEL, "get_chat_data", []);
            this.amounts = new Amounts(data.currency);
            Object.assign(this.state, {
                conversations: data.conversations,
                providers: data.providers,
                keepsText: data.keeps_text,
                readsLedger: data.reads_ledger,
                canConfigure: data.can_configure,
                status: "ready",
            });
        } catch (error) {
            this.state.status = error.exceptionName?.includes("AccessError") ? "denied" : "error";
            return;
        }
        const { action, state } = this.props;
        const address = { ...action.context?.params };
        const wanted = state?.conversationId || Number(address.conversation);
        if (wanted && this.state.conversations.some(({ id }) => id === wanted)) {
            await this.open(wanted);
        }
    }

    async retryLoad() {
        this.state.status = "loading";
        await this.load();
    }

    async open(id) {
        this.stop();
        const thread = await this.orm.call(MODEL, "get_thread", [[id]]);
        this.follow = true;
        Object.assign(this.state, {
            currentId: id,
            providerId: thread.provider_id,
            messages: thread.messages,
            listOpen: false,
        });
        this.props.updateActionState?.({ conversation: id });
    }

    startNew() {
        this.stop();
        Object.assign(this.state, { currentId: false, messages: [], listOpen: false });
        this.props.updateActionState?.({ conversation: undefined });
    }

    async archive(id) {
        await this.orm.call(MODEL, "write", [[id], { active: false }]);
        this.state.conversations = this.state.conversations.filter((one) => one.id !== id);
        if (id === this.state.currentId) {
            this.startNew();
        }
        this.notification.add(_t("The conversation was archived."), { type: "info" });
    }

    async onProvider(ev) {
        this.state.providerId = Number(ev.target.value) || false;
        if (this.state.currentId) {
            const values = { provider_id: this.state.providerId };
            await this.orm.call(MODEL, "write", [[this.state.currentId], values]);
        }
    }

    async ask(text, refresh = false) {
        if (this.state.streaming) {
            return;
        }
        this.state.streaming = true;
        this.follow = true;
        const history = this.history();
        try {
            if (!this.state.currentId) {
                await this.begin(text);
            }
            await this.stream(text, history, refresh);
        } catch (error) {
            if (error instanceof StreamError) {
                this.fail(error.message);
                return;
            }
            if (error.name !== "AbortError") {
                this.fail(_t("The connection broke. What was asked is kept; open it again."));
                throw error;
            }
            await this.showStopped();
        } finally {
            this.abort = null;
            this.state.streaming = false;
        }
    }

    estimate(text) {
        const { providerId, currentId } = this.state;
        const args = [text, providerId, currentId, this.history()];
        return this.orm.silent.call(MODEL, "estimate_question", args);
    }

    /** What was said, for a company that keeps no text on its server. */
    history() {
        return this.state.keepsText
            ? []
            : this.state.messages
                  .filter(
                      ({ state, content, set_aside }) =>
                          content && !set_aside && ["done", "stopped"].includes(state)
                  )
                  .map(({ role, content }) => ({ role, content }));
    }

    async begin(text) {
        const args = [text.slice(0, 60), this.state.providerId];
        const conversation = await this.orm.call(MODEL, "start_chat", args);
        this.state.conversations.unshift(conversation);
        this.state.currentId = conversation.id;
        this.props.updateActionState?.({ conversation: conversation.id });
    }

    async stream(text, history, refresh) {
        const id = this.state.currentId;
        this.abort = new AbortController();
        const values = { conversation_id: id, text, history: JSON.stringify(history) };
        if (refresh) {
            values.refresh = "1";
        }
        await streamEvents(
            "/ai_costs/ask",
            values,
            (event) => id === this.state.currentId && this.onEvent(event),
            this.abort.signal
        );
    }

    onEvent(event) {
        if (event.type === "start") {
            this.state.messages.push(event.question, event.answer);
            if (this.current) {
                this.current.name = event.name;
            }
        } else if (event.type === "delta") {
            this.state.messages.at(-1).content += event.text;
        } else if (event.type === "end" && event.answer) {
            this.replaceLast(event.answer);
        } else if (event.type === "error") {
            this.fail(event.message);
        }
    }

    replaceLast(answer) {
        this.state.messages.splice(-1, 1, answer);
        if (this.current) {
            this.current.cost_usd = this.total.usd;
            this.current.cost_company = this.total.company;
        }
        this.state.announcement = answer.error || _t("The answer is complete.");
    }

    fail(message) {
        const last = this.state.messages.at(-1);
        if (last?.role === "assistant" && last.state === "streaming") {
            Object.assign(last, { state: "failed", error: message });
        } else {
            this.notification.add(message, { type: "danger" });
        }
    }

    stop() {
        this.abort?.abort();
    }

    /** The server settles what was stopped; show its figure as soon as it is there. */
    async showStopped() {
        const id = this.state.currentId;
        const last = this.state.messages.at(-1);
        if (last?.state === "streaming") {
            last.state = "stopped";
        }
        for (const pause of [150, 600, 2000]) {
            await new Promise((resolve) => setTimeout(resolve, pause));
            const thread = id && (await this.orm.silent.call(MODEL, "get_thread", [[id]]));
            const answer = thread && thread.messages.at(-1);
            if (id !== this.state.currentId || !answer) {
                return;
            }
            if (answer.state !== "streaming") {
                const content = answer.content || this.state.messages.at(-1).content;
                this.replaceLast({ ...answer, content });
                return;
            }
        }
    }

    async rate(message, rating) {
        const before = message.rating;
        message.rating = rating;
        try {
            await this.orm.call("ai.conversation.message", "rate", [[message.id], rating]);
        } catch (error) {
            message.rating = before;
            throw error;
        }
    }

    askAgain(message) {
        const index = this.state.messages.indexOf(message);
        const question = this.state.messages[index - 1];
        if (question?.role === "user") {
            this.ask(question.content);
        }
    }

    /** The kept answer of another question: it does not serve this one again, and it is asked. */
    async notWhatIAsked(message) {
        const question = this.state.messages[this.state.messages.indexOf(message) - 1];
        const args = [[message.id]];
        const text = await this.orm.call("ai.conversation.message", "not_what_i_asked", args);
        message.set_aside = question.set_aside = true;
        await this.ask(text || question.content, true);
    }

    async askForMore(message, note) {
        const args = [message.refusal.budget_id, note];
        await this.orm.call("ai.cost.budget", "request_more", args);
        message.asked = true;
    }

    /** What a figure of an answer is from: its calls, or its budget. */
    openSource({ label, domain, record }) {
        const [res_model, res_id] = record || ["ai.token.usage", false];
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: label,
            res_model,
            res_id,
            domain: domain || [],
            views: record
                ? [[false, "form"]]
                : [
                      [false, "list"],
                      [false, "form"],
                  ],
        });
    }

    openLedger(message) {
        if (message.usage_ids?.length > 1) {
            const domain = [["id", "in", message.usage_ids]];
            return this.openSource({ label: _t("Calls of this answer"), domain });
        }
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "ai.token.usage",
            res_id: message.token_usage_id,
            views: [[false, "form"]],
        });
    }

    addProvider() {
        this.action.doAction("ai_sam_cost_dashboard.action_ai_service_provider");
    }

    onScroll() {
        const { scrollHeight, scrollTop, clientHeight } = this.thread.el;
        this.follow = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    }

    scrollToEnd() {
        const el = this.thread.el;
        if (el) {
            el.scrollTop = el.scrollHeight;
        }
    }
}

registry.category("lazy_components").add("ai_ask_ai", AskAi);
