from odoo import api, fields, models

from ...engine.base.clock import FIRST_DAY
from ...engine.budget.subject import parse

#: Days after its end for which the part of one subject is kept; the ledger keeps its figures.
KEPT_DAYS = 60
#: Days for which it is remembered who was alerted.
ALERTS_KEPT_DAYS = 400


class AiCostBudgetPeriod(models.Model):
    """Whom a period row is for, where each person, agent, addon or record has one."""

    _inherit = "ai.cost.budget.period"

    user_id = fields.Many2one(
        "res.users",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        help="Whose part of a budget for each person it is.",
    )
    subject_name = fields.Char(
        "For", compute="_compute_subject_name", help="Whom or what this part of a budget is for."
    )

    @api.depends("subject")
    @api.depends_context("lang", "uid")
    def _compute_subject_name(self):
        names = self._subject_names(set(self.mapped("subject")))
        for period in self:
            period.subject_name = names[period.subject]

    @api.model
    def _subject_names(self, subjects):
        """Return ``{subject: name}``, '' for ''.

        As the reader may see it, also where superuser's rights are used on his behalf: what is
        hidden from him is called by its number.
        """
        found = {text: parse(text or "") for text in subjects}
        nobody = {
            "user": self.env._("Deleted user"),
            "agent": self.env._("No agent"),
            "module": self.env._("No addon"),
            "record": self.env._("No record"),
        }
        labels = self.env(su=False)["ai.token.analytics"]
        of_kind = {
            kind: {subject.value for subject in found.values() if subject and subject.kind == kind}
            for kind in nobody
        }
        names = {kind: {value: value for value in values} for kind, values in of_kind.items()}
        if of_kind["user"]:
            names["user"] = labels._labels("user", of_kind["user"])
        for kind in ("agent", "module"):
            if of_kind[kind]:
                names[kind] = labels._labels(kind, of_kind[kind] - {None})
        if of_kind["record"]:
            names["record"] = labels._record_labels(of_kind["record"] - {None})
        return {
            text: "" if not one else names[one.kind].get(one.value) or nobody[one.kind]
            for text, one in found.items()
        }

    @api.autovacuum
    def _gc_subjects(self):
        """Parts of ended periods, and parts in which nothing was spent, need no row: who calls
        again is counted anew from the ledger."""
        today = fields.Date.today()
        with self.env["ai.service"]._own_cursor() as cr:
            cr.execute(
                """
                DELETE FROM ai_cost_budget_period WHERE id IN (
                       SELECT id FROM ai_cost_budget_period
                        WHERE subject != '' AND reserved = 0 AND (date_to < %s OR spent = 0)
                          FOR UPDATE SKIP LOCKED)
                """,
                (fields.Date.subtract(today, days=KEPT_DAYS),),
            )
        self.env.cr.execute(
            "DELETE FROM ai_cost_alert WHERE COALESCE(subject, '') != '' AND day < %s AND day > %s",
            (fields.Date.subtract(today, days=ALERTS_KEPT_DAYS), FIRST_DAY),
        )
        self.invalidate_model()
