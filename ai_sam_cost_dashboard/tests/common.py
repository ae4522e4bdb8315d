"""A ledger with known figures, for tests that look at it in a browser."""

from datetime import timedelta
from decimal import Decimal

from odoo.tests import HttpCase, new_test_user

from odoo.addons.ai_brain.engine.base.money import format_usd
from odoo.addons.ai_brain.tests.common import new_provider

from ..demo.ai_cost_demo import MARKER
from ..demo.calls import BEGUN, CALLED

#: Text that would be noticed if it were taken for markup; ends with a right-to-left override.
PAYLOAD = '<img src=x onerror="window.aiPwned=1"><svg onload="window.aiPwned=1">\u202egnp'


def fill_demo(env):
    """Fill the demo data, in a database that has some already too."""
    env["ir.config_parameter"].search([("key", "in", (MARKER, CALLED, BEGUN))]).unlink()
    for user in env["res.users"].search([("login", "=like", r"ai\_costs\_%")]):
        user.login = f"earlier_{user.login}"
    env["ai.cost.budget"].search([]).active = False
    return env["ai.cost.demo"]._fill()


class DashboardCase(HttpCase):
    """Two providers, a manager and a user, and calls in this month and in the one before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Watched"})
        in_company = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        cls.user = new_test_user(
            cls.env, "ai_user", "base.group_user", name=f"Ann {PAYLOAD}", **in_company
        )
        cls.manager = new_test_user(
            cls.env, "ai_manager", "base.group_user,ai_brain.group_ai_manager", **in_company
        )
        nowhere = {"base_url": "http://127.0.0.1:9", "company_id": cls.company.id}
        cls.fast, cls.careful = (
            new_provider(cls.env, name, model_name=model, **nowhere)
            for name, model in ((f"Fast {PAYLOAD}", "fast-1"), ("Careful", "careful-1"))
        )
        cls.today = cls.company._ai_local_date()
        cls.month_before = cls.today.replace(day=1) - timedelta(days=1)
        cls.month_before = cls.month_before.replace(day=1)
        cls.env["ai.token.usage"].sudo()._insert(cls.ledger_rows())
        cls.env["ai.cost.budget"].create(
            {"name": "All calls", "company_id": cls.company.id, "budget_amount": 100.0}
        )

    @classmethod
    def ledger_rows(cls):
        """Values of the rows: amounts with many digits, and names that are no plain words."""

        def row(cost, provider=cls.fast, user=cls.user, **more):
            return {
                "company_id": cls.company.id,
                "user_id": user.id,
                "provider_id": provider.id,
                "model_name": provider.model_name,
                "local_date": cls.today,
                "task_type": "chat",
                "module": "crm",
                "agent_type": "sales_bot",
                "context_model": "res.partner",
                "input_tokens": 900,
                "output_tokens": 100,
                "latency_ms": 1200,
                "cost_usd": Decimal(cost),
                "prompt_text": PAYLOAD,
                "answer_text": PAYLOAD,
                **more,
            }

        findings = {
            "findings": [
                {
                    "type": "duplicate_query",
                    "cost_wasted": 0.0003,
                    "target": {"kind": "provider", "id": cls.fast.id, "name": PAYLOAD[:40]},
                }
            ]
        }
        return [
            row("0.0004"),
            row("1.2345678", module=PAYLOAD, agent_type=PAYLOAD, model_name=PAYLOAD),
            row("2.50", cls.careful),
            row("0.75", cls.careful, cls.manager, module="sale", agent_type="support_bot"),
            row("0", kind="cache", saved_usd=Decimal("0.31"), baseline_cost_usd=Decimal("0.31")),
            row("0", state="failed", error_code="ServerError"),
            row("0.02", state="uncertain"),
            row(
                "0.0007",
                waste_analyzed=True,
                waste_detected=True,
                waste_reason="duplicate_query",
                waste_report=findings,
                could_have_saved_usd=Decimal("0.0003"),
            ),
            row("0.10", quality_score=80.0, feedback_count=1),
            row("1.10", local_date=cls.month_before),
            row("0.90", cls.careful, cls.manager, local_date=cls.month_before),
        ]

    def ledger_sum(self, what="sum(cost_usd)", where="TRUE", first=None, last=None):
        """Return what SQL says of the company's rows of this month, or of the days given."""
        self.env.flush_all()
        self.env.cr.execute(
            f"SELECT COALESCE({what}, 0) FROM ai_token_usage"
            f" WHERE company_id = %s AND local_date BETWEEN %s AND %s AND {where}",
            (self.company.id, first or self.today.replace(day=1), last or self.today),
        )
        return self.env.cr.fetchone()[0]

    def ledger_usd(self, *args, **kwargs):
        """Return the sum as a person reads it."""
        return format_usd(self.ledger_sum(*args, **kwargs))
