import { registry } from "@web/core/registry";

function selectText() {
    const paragraph = document.querySelector(".o_field_html .odoo-editor-editable p");
    paragraph.closest(".odoo-editor-editable").focus();
    document.getSelection().selectAllChildren(paragraph);
}

function otherWording(outcome) {
    return [
        {
            content: "The notes of the person",
            trigger: ".o_form_view .o_notebook a[name=internal_notes]",
            run: "click",
        },
        {
            content: "Select what is written",
            trigger: ".o_field_html .odoo-editor-editable p:contains(Dear customer)",
            run: selectText,
        },
        {
            content: "Ask for another wording",
            trigger: ".o-we-toolbar [name=chatgpt]",
            run: "click",
        },
        ...outcome,
    ];
}

registry.category("web_tour.tours").add("ai_text_generator", {
    steps: () =>
        otherWording([
            {
                content: "The answer of our provider",
                trigger: ".modal button.o-chatgpt-alternative:contains(A wording of ours)",
                run: "click",
            },
            { content: "Take it", trigger: ".modal-footer .btn-primary:enabled", run: "click" },
            {
                content: "It is in the text",
                trigger: ".o_field_html .odoo-editor-editable p:contains(A wording of ours)",
            },
            { content: "Save", trigger: ".o_form_button_save", run: "click" },
            { content: "Saved", trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_dirty))" },
        ]),
});

registry.category("web_tour.tours").add("ai_text_generator_refused", {
    steps: () =>
        otherWording([
            {
                content: "Which budget refuses, in the dialog",
                trigger: ".modal .o-message-error:contains(No writing)",
            },
        ]),
});
