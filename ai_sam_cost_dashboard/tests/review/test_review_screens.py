from odoo.tests import Form, HttpCase, tagged

from odoo.addons.ai_brain.tests.common import answering

from ..common import PAYLOAD, DashboardCase
from ..report import test_dashboard_accessibility as dashboard

REVIEW = {"root": ".o_ai_review", "ready": ".o_ai_review_right"}
OPEN_FIGURES = """
    document.querySelector(".o_ai_review_figures").click();
    await appears(".o_ai_review_found table");
"""


def queue(env, **values):
    """Have an answer of the company wait; return its review."""
    row = {
        "company_id": env.company.id,
        "user_id": env.uid,
        "prompt_text": "Question",
        "answer_text": "Answer",
        "model_name": "test-model",
        **values,
    }
    reason = row.pop("reason", "sample")
    usage = env["ai.token.usage"].browse(env["ai.token.usage"].sudo()._insert([row]))
    reviews = env["ai.answer.review"].sudo()
    reviews._queue(env.cr, usage.ids, reason, "key")
    review = reviews.search([("token_usage_id", "=", usage.id)])
    review.people = 1
    return review


@tagged("post_install", "-at_install", "every_series")
class TestReviewTour(HttpCase):
    def test_two_keys_judge_and_undo(self):
        self.env["ai.answer.review"].search([]).unlink()
        self.env["ai.answer.judgement"].search([]).unlink()
        agent = self.env["ai.agent"].create({"name": "Desk", "code": "desk"})
        with answering(self.env, "Any"):
            provider = self.env["ai.service.provider"].search([], limit=1)
        whose = {"agent_key": agent.id, "provider_id": provider.id}
        drawn = queue(self.env, prompt_text="Drawn question", **whose)
        doubted = queue(self.env, prompt_text="Doubted question", reason="rating", **whose)
        self.start_tour("/odoo/ai-review", "ai_review_two_keys", login="admin")
        self.env.invalidate_all()
        self.assertEqual((drawn.verdict, doubted.verdict), ("right", "wrong"))
        rows = self.env["ai.token.usage"].browse((drawn + doubted).mapped("token_usage_id"))
        self.assertEqual(rows.mapped("quality_score"), [100.0, 0.0])
        self.assertEqual(rows.mapped("feedback_count"), [1, 1])


@tagged("post_install", "-at_install")
class TestReviewAccessibility(DashboardCase):
    """No axe rule complains of Review, whatever the answers hold."""

    check = dashboard.TestDashboardAccessibility.check

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids})
        text = "\n".join([PAYLOAD] * 60)
        values = {"provider_id": cls.fast.id, "prompt_text": text, "answer_text": text}
        for _time in range(2):
            queue(cls.env, model_name=PAYLOAD, reason="figures", **values)

    def test_light_dark_and_on_a_phone(self):
        self.check("/odoo/ai-review", **REVIEW)
        self.check("/odoo/ai-review", cookies={"color_scheme": "dark"}, **REVIEW)
        self.browser_size = "360x740"
        self.check("/odoo/ai-review", before=OPEN_FIGURES, **REVIEW)

    def test_what_was_found_and_a_kept_answer(self):
        self.env["ai.answer.review"].search([])[:1].with_user(self.manager)._give("wrong")
        self.check("/odoo/ai-review", before=OPEN_FIGURES, **REVIEW)
        self.env["ai.answer.review"].search([]).unlink()
        agent = self.env["ai.agent"].create({"name": PAYLOAD, "code": "a"})
        self.env["ai.answer.judgement"].create(
            {
                "company_id": self.company.id,
                "agent_id": agent.id,
                "source": "sample",
                **dict.fromkeys(("asked", "kept_question", "kept_answer", "new_answer"), PAYLOAD),
                "created_at": "2026-01-01 00:00:00",
            }
        )
        self.check("/odoo/ai-review", **REVIEW)

    def test_nothing_waits(self):
        self.env["ai.answer.review"].search([]).unlink()
        self.check("/odoo/ai-review", root=".o_ai_review", ready=".o_ai_review_empty")


@tagged("post_install", "-at_install", "every_series")
class TestAuditScreens(DashboardCase):
    def test_the_form_of_each_audited_record_has_its_log(self):
        for model in (
            "ai.agent",
            "ai.answer.pattern",
            "ai.cost.budget",
            "ai.gateway.key",
            "ai.message.type",
            "ai.prompt",
            "ai.provider.price",
            "ai.service.provider",
        ):
            arch = self.env[model].get_view(view_type="form")["arch"]
            self.assertRegex(arch, r"<chatter|oe_chatter", model)

    def test_a_manager_reads_what_was_changed_in_his_language(self):
        budget = self.env["ai.cost.budget"].search([("company_id", "=", self.company.id)])
        budget.with_user(self.manager).active = False
        self.env["res.lang"]._activate_lang("de_DE")
        changes = self.env["ai.audit.log"].with_user(self.manager)
        change = changes.search([("res_model", "=", budget._name), ("field_name", "=", "active")])
        self.assertEqual((change.old_text, change.new_text), ("Yes", "No"))
        action = self.env.ref("ai_sam_cost_dashboard.action_ai_audit_log")
        self.assertEqual(action.path, "ai-changes")

    def test_the_analysis_says_what_the_seal_found(self):
        analysis = (
            self.env["ai.token.analytics"]
            .sudo()
            .create(
                {
                    "name": "March",
                    "company_id": self.company.id,
                    "period_type": "month",
                    "period_start": "2026-03-01",
                    "period_end": "2026-03-31",
                    "sealed_at": "2026-04-06 01:00:00",
                    "seal_state": "differs",
                    "differing_days": [["2026-03-12", 40, 39]],
                }
            )
        )
        text = analysis.with_user(self.manager).seal_text
        self.assertIn("03/12/2026: 40 rows were sealed, 39 are there.", text)
        analysis.write({"seal_state": "agrees", "differing_days": []})
        self.assertIn("agrees", analysis.seal_text)

    def test_an_agent_of_a_company_without_texts_says_that_nothing_can_be_reviewed(self):
        self.company.ai_text_policy = "none"
        agent = self.env["ai.agent"].with_company(self.company).create({"name": "A", "code": "a"})
        with Form(agent) as form:
            form.review_share = 5
            self.assertFalse(form.company_keeps_text)
        self.assertIn("Nothing can be reviewed", agent.get_view(view_type="form")["arch"])
