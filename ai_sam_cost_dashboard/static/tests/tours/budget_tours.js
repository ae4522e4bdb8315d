import { registry } from "@web/core/registry";

const DIALOG = ".modal .o_form_view";
const row = (name) => `${DIALOG} .o_data_row:contains(${name})`;

function check(condition, message) {
    if (!condition) {
        throw new Error(message);
    }
}

const boxes = () =>
    [...document.querySelectorAll(`${DIALOG} .o_data_row [name=ticked] input`)].map((box) =>
        box.checked ? "on" : "off"
    );

registry.category("web_tour.tours").add("ai_offered_budgets", {
    steps: () => [
        {
            content: "The step of the checklist",
            trigger: ".o_ai_checklist [data-step=budget] button",
            run: "click",
        },
        {
            content: "What is offered; what never resets is not ticked",
            trigger: row("Each person, in total"),
            run() {
                const names = [
                    "Each person, per day",
                    "Each person, per month",
                    "Single request",
                    "Each agent, per day",
                    "Each person, in total",
                ];
                const found = [...document.querySelectorAll(`${DIALOG} td[name=name]`)];
                check(
                    JSON.stringify(found.map((cell) => cell.textContent.trim())) ===
                        JSON.stringify(names),
                    found.map((cell) => cell.textContent).join()
                );
                check(boxes().join() === "on,on,on,on,off", boxes().join());
                const total = document.querySelectorAll(`${DIALOG} .o_data_row`)[4].textContent;
                check(total.includes("never resets") && total.includes("$50.00"), total);
            },
        },
        {
            content: "Leave the agents out: one click",
            trigger: `${row("Each agent, per day")} [name=ticked] input`,
            run: "click",
        },
        {
            content: "It is not ticked any more",
            trigger: `${row("Each agent, per day")} [name=ticked] input:not(:checked)`,
        },
        {
            content: "Switch on the rest",
            trigger: ".modal footer button[name=action_switch_on]",
            run: "click",
        },
        {
            content: "They are there",
            trigger: ".o_kanban_view .o_kanban_record:contains(Each person, per month)",
        },
        {
            content: "Once more, from the budgets",
            trigger: ".o_control_panel button:contains(Offered Budgets)",
            run: "click",
        },
        {
            content: "Those that are on are shown as on",
            trigger: `${row("Single request")}:contains(already on)`,
            run() {
                const notes = [...document.querySelectorAll(`${DIALOG} td[name=note] .badge`)];
                const on = notes.filter((badge) => badge.textContent.trim() === "already on");
                check(on.length === 3, `${on.length} are on`);
            },
        },
        {
            content: "The agents are still to be had",
            trigger: `${row("Each agent, per day")}:not(:contains(already on))`,
        },
        {
            content: "Close it",
            trigger: ".modal footer button[special=cancel], .modal footer .o_form_button_cancel",
            run: "click",
        },
        {
            content: "A budget's form",
            trigger: ".o_kanban_record:contains(Each person, per day)",
            run: "click",
        },
        {
            content: "It is one for each person",
            trigger: ".o_form_view .o_field_widget[name=each]",
            run() {
                // a select on Odoo 18, a text box with a menu on 19
                const [box] = document.querySelectorAll(
                    ".o_form_view [name=each] select, .o_form_view [name=each] input"
                );
                const chosen = box.selectedOptions?.[0].textContent ?? box.value;
                check(chosen.trim() === "Person", chosen);
                check(!document.querySelector(".o_form_view [name=user_id] input"), "No user");
            },
        },
    ],
});

registry.category("web_tour.tours").add("ai_offered_budgets_on_a_phone", {
    steps: () => [
        {
            content: "The step of the checklist",
            trigger: ".o_ai_checklist [data-step=budget] button",
            run: "click",
        },
        {
            content: "The company's currency stands over USD, and nothing goes beyond the screen",
            trigger: `${row("Each person, in total")}:contains(40.00)`,
            async run() {
                const list = document.querySelector(`${DIALOG} .o_list_renderer`);
                for (let n = 0; list.scrollWidth > list.clientWidth && n < 100; n++) {
                    await new Promise(requestAnimationFrame); // the app's styles are on their way
                }
                check(list.scrollWidth <= list.clientWidth, `${list.scrollWidth} px wide`);
                const place = (name) =>
                    document.querySelector(`${DIALOG} td[name=${name}]`).getBoundingClientRect();
                const [own, usd] = [place("amount_listed"), place("amount_usd")];
                check(own.bottom <= usd.top + 1, `${own.bottom} over ${usd.top}`);
                check(usd.right <= innerWidth && own.right <= innerWidth, "Cut");
            },
        },
        {
            content: "Leave the agents out",
            trigger: `${row("Each agent, per day")} [name=ticked] input`,
            run: "click",
        },
        {
            content: "Another amount",
            trigger: `${row("Single request")} td[name=amount_usd]`,
            run: "click",
        },
        {
            content: "It is typed where it stood",
            trigger: `${DIALOG} td[name=amount_usd] input`,
            run: "edit 0.25",
        },
        {
            content: "Switch on the rest",
            trigger: ".modal footer button[name=action_switch_on]",
            run: "click",
        },
        {
            content: "They are there",
            trigger: ".o_kanban_view .o_kanban_record:contains(Each person, per month)",
        },
    ],
});
