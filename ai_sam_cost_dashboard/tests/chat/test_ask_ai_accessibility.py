from odoo.tests import tagged

from ..common import PAYLOAD, DashboardCase
from ..report import test_dashboard_accessibility as dashboard

#: Writes a question and asks what it would cost.
ESTIMATE = """
    const input = document.querySelector("#o_ask_input");
    input.value = "What is a token?";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await appears(".o_ask_estimate:enabled");
    document.querySelector(".o_ask_estimate").click();
    await appears(".o_ask_estimated:not(.o_empty)");
"""
#: A conversation that is longer than the window opens at its end, all of it above the composer.
AT_THE_END = """
    await later(300);
    const answers = document.querySelectorAll(".o_ask_thread .o_answer");
    const last = answers[answers.length - 1].getBoundingClientRect();
    const thread = document.querySelector(".o_ask_thread");
    const composer = document.querySelector("#o_ask_input").getBoundingClientRect();
    if (thread.scrollHeight <= thread.clientHeight) {
        throw new Error("The conversation has to be longer than the window.");
    }
    if (last.bottom > composer.top) {
        throw new Error(`The last answer is ${last.bottom - composer.top} px under the composer`);
    }
"""
CHAT = {"root": ".o_ask_ai", "ready": ".o_ask_ai .o_answer"}


@tagged("post_install", "-at_install")
class TestAskAiAccessibility(DashboardCase):
    """No axe rule complains of the chat, whatever its answers hold."""

    check = dashboard.TestDashboardAccessibility.check

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        chat = cls.env["ai.conversation"].create(
            {"name": PAYLOAD, "user_id": cls.manager.id, "company_id": cls.company.id}
        )
        row = cls.env["ai.token.usage"].search([("company_id", "=", cls.company.id)], limit=1)
        answer = {"role": "assistant", "token_usage_id": row.id, "provider_name": PAYLOAD}
        cls.env["ai.conversation.message"].create(
            [
                {"conversation_id": chat.id, **values}
                for values in (
                    {"role": "user", "content": PAYLOAD},
                    {
                        **answer,
                        "content": f"# {PAYLOAD}\n\n|a|b|\n|-|-|\n|1|2|" + "\n\nLine" * 40,
                        "why": PAYLOAD,
                    },
                    {"role": "assistant", "state": "failed", "error": PAYLOAD},
                    {
                        "role": "assistant",
                        "state": "refused",
                        "error": PAYLOAD,
                        "refusal": {"budget_id": 1},
                    },
                )
            ]
        )
        cls.url = f"/odoo/ask-ai?conversation={chat.id}"

    def test_light_and_the_last_answer_above_the_composer(self):
        self.check(self.url, before=AT_THE_END, **CHAT)

    def test_dark(self):
        self.check(self.url, cookies={"color_scheme": "dark"}, **CHAT)

    def test_an_estimate_light_and_dark_and_on_a_phone(self):
        self.check(self.url, before=ESTIMATE, **CHAT)
        self.browser_size = "360x740"
        self.check(self.url, before=ESTIMATE, cookies={"color_scheme": "dark"}, **CHAT)
