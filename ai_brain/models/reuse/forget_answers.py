from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..base.arguments import is_id

#: Answers that are deleted in one batch; the scheduled action comes back for the rest.
BATCH = 5000
MOST_KEPT = 10_000_000
TEXTS = ("asked", "kept_question", "kept_answer", "new_answer")


class AiAnswer(models.Model):
    """Forgetting: by agent, record and person at once, by age and number on schedule."""

    _inherit = "ai.answer"

    @api.model
    def forget(self, agent=None, record=None, user=None):
        """Forget all answers of an agent, about a record, or of a person; of several, those that
        are all of it.

        Managers forget what is their company's, everybody else his own.

        :param agent: ``ai.agent`` record or id
        :param record: record of any model, or ``(model, id)``
        :param user: ``res.users`` record or id
        :return: int, how many
        :raise UserError: nothing was named
        """
        domain = [
            (field, "in", _ids_of(given))
            for field, given in (("agent_id", agent), ("user_id", user))
            if given
        ]
        if record:
            pair = _pair_of(record)
            domain.append(("id", "in", pair and self._about(*pair)))
        if not domain or any(ids is None for _field, _in, ids in domain):
            raise UserError(self.env._("Say whose answers: an agent's, a record's or a person's."))
        answers = self.search(domain)  # by the rules of the person who asks for it
        answers.unlink()
        return len(answers)

    def action_forget(self):
        """Forget these answers."""
        self.unlink()
        return True

    def unlink(self):
        ids = self.ids
        res = super().unlink()
        self._clear_judged(SQL("answer_key = ANY(%s)", ids))
        return res

    @api.model
    def _clear_judged(self, where):
        """Clear the texts of judgements; who judged what, and how, stays to be counted."""
        judgements = self.env["ai.answer.judgement"]
        judgements.flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE ai_answer_judgement SET %s WHERE %s",
                SQL(", ").join(SQL("%s = NULL", SQL.identifier(name)) for name in TEXTS),
                where,
            )
        )
        judgements.invalidate_model([*TEXTS])

    @api.model
    def _about(self, model_name, ids):
        """Return the ids of the answers that rest on some records."""
        if not ids:
            return []
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM ai_answer WHERE res_model = %(model)s AND res_id = ANY(%(ids)s)
                 UNION
                SELECT a.id FROM ai_answer a
                 WHERE a.depends IS NOT NULL AND jsonb_exists(a.depends, %(model)s)
                   AND EXISTS (SELECT 1 FROM jsonb_array_elements_text(a.depends -> %(model)s) e
                                WHERE e::int = ANY(%(ids)s))
                """,
                model=model_name,
                ids=list(ids),
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _forget_about(self, model_name, ids):
        self.sudo().browse(self._about(model_name, ids)).unlink()

    # ------------------------------------------------------------------
    # Bounds
    # ------------------------------------------------------------------

    @api.model
    def _cron_bound(self, batch=BATCH):
        """Delete answers that cannot serve any more, and those above the company's number: the
        ones that have not served for longest. In batches, safe to run twice at once."""
        self.env.flush_all()
        more = self._delete(self._outdated(batch), batch)
        for company in self._keeping_companies():
            more |= self._delete(self._too_many(company, batch), batch)
            if company.ai_text_policy == "none":
                self._clear_judged(SQL("company_id = %s AND asked IS NOT NULL", company.id))
            elif company.ai_text_retention_days > 0:
                days = company.ai_text_retention_days
                limit = fields.Datetime.subtract(fields.Datetime.now(), days=days)
                self._clear_judged(
                    SQL(
                        "company_id = %s AND created_at < %s AND asked IS NOT NULL",
                        company.id,
                        limit,
                    )
                )
        if more:
            self.env.ref("ai_brain.ir_cron_bound_answers")._trigger()

    @api.model
    def _keeping_companies(self):
        """Return the companies of which there are answers or judgements."""
        rows = self.env.execute_query(
            SQL(
                "SELECT company_id FROM ai_answer GROUP BY 1"
                " UNION SELECT company_id FROM ai_answer_judgement GROUP BY 1"
            )
        )
        return self.env["res.company"].sudo().browse([row[0] for row in rows])

    @api.model
    def _outdated(self, batch):
        """Return a SELECT of answers that are older than their agent or company keeps them, whose
        agent or company keeps none, or whose provider is gone."""
        return SQL(
            """
            SELECT a.id FROM ai_answer a
              JOIN ai_agent g ON g.id = a.agent_id JOIN res_company c ON c.id = a.company_id
             WHERE a.created_at < %(now)s - make_interval(hours => g.reuse_ttl_h)
                OR g.reuse = 'off' OR NOT g.active OR a.provider_id IS NULL
                OR c.ai_text_policy = 'none'
                OR c.ai_text_retention_days > 0
                   AND a.created_at < %(now)s - make_interval(days => c.ai_text_retention_days)
             LIMIT %(batch)s FOR UPDATE OF a SKIP LOCKED
            """,
            now=fields.Datetime.now(),
            batch=batch,
        )

    @api.model
    def _too_many(self, company, batch):
        return SQL(
            """
            SELECT a.id FROM ai_answer a
             WHERE a.company_id = %(company)s
             ORDER BY COALESCE(a.hit_at, a.created_at), a.id
             LIMIT LEAST(%(batch)s, GREATEST(0, (
                SELECT count(*) FROM ai_answer WHERE company_id = %(company)s) - %(most)s))
               FOR UPDATE SKIP LOCKED
            """,
            company=company.id,
            most=company.ai_kept_answers,
            batch=batch,
        )

    @api.model
    def _delete(self, found, batch):
        """Delete what a SELECT finds; return whether there may be more."""
        rows = self.env.execute_query(
            SQL("DELETE FROM ai_answer WHERE id IN (%s) RETURNING id", found)
        )
        if rows:
            self.invalidate_model()
            self._clear_judged(
                SQL("answer_key = ANY(%s) AND verdict != 'pending'", [row[0] for row in rows])
            )
        return len(rows) >= batch


def _ids_of(given):
    """Return the ids of a record or an id; None where it is neither."""
    if isinstance(given, models.BaseModel):
        return given.ids
    return [given] if is_id(given) else None


def _pair_of(record):
    """Return (model, ids) of records or of (model, id); None where it is neither."""
    if isinstance(record, models.BaseModel):
        return record._name, record.ids
    if isinstance(record, list | tuple) and len(record) == 2 and isinstance(record[0], str):
        return (record[0], [record[1]]) if is_id(record[1]) else None
    return None


class AiAgent(models.Model):
    _inherit = "ai.agent"

    def action_view_answers(self):
        """Open the answers that are kept of this agent."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Kept answers of %s", self.name),
            "res_model": "ai.answer",
            "view_mode": "list,form",
            "domain": [("agent_id", "=", self.id)],
        }

    def action_forget_answers(self):
        """Forget all answers that are kept of these agents, as far as one manages them."""
        self.check_access("write")
        self.env["ai.answer"].search([("agent_id", "in", self.ids)]).unlink()
        return True


class ResCompany(models.Model):
    _inherit = "res.company"

    ai_kept_answers = fields.Integer(
        "Kept AI Answers at Most",
        default=100_000,
        help="Above this number, the answers that have not served for longest are forgotten. Ten "
        "thousand answers of a page take about 30 MB.",
    )

    @api.constrains("ai_kept_answers")
    def _check_ai_kept_answers(self):
        if any(not 0 <= company.ai_kept_answers <= MOST_KEPT for company in self):
            most = f"{MOST_KEPT:,}"
            raise ValidationError(self.env._("A company keeps 0 to %s answers.", most))

    def write(self, vals):
        res = super().write(vals)
        if vals.get("ai_text_policy") == "none":
            self.env.ref("ai_brain.ir_cron_bound_answers").sudo()._trigger()
        return res


class ResUsers(models.Model):
    _inherit = "res.users"

    def action_forget_ai_answers(self):
        """Forget all kept answers to what these people asked."""
        if not self.env.user.has_group("ai_brain.group_ai_manager"):
            raise AccessError(self.env._("Managers of AI costs forget the answers of a person."))
        for user in self:
            self.env["ai.answer"].forget(user=user.id)
        self.env["ai.answer.review"].search([("user_id", "in", self.ids)])._leave()
        return True

    def write(self, vals):
        if vals.get("active") is False:
            self._forget_ai_answers()
        return super().write(vals)

    def unlink(self):
        self._forget_ai_answers()
        return super().unlink()

    def _forget_ai_answers(self):
        """A person who leaves takes along what was answered to him, and about him."""
        answers = self.env["ai.answer"].sudo()
        answers.search([("user_id", "in", self.ids)]).unlink()
        answers._forget_about("res.users", self.ids)
        answers._clear_judged(SQL("user_id = ANY(%s)", self.ids))
        self.env["ai.thread.summary"]._forget([("user_id", "in", self.ids)])
        self.env["ai.answer.review"].sudo().search([("user_id", "in", self.ids)])._leave()


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        if vals.get("active") is False:
            self.env["ai.answer"]._forget_about("res.partner", self.ids)
        return super().write(vals)

    def unlink(self):
        self.env["ai.answer"]._forget_about("res.partner", self.ids)
        return super().unlink()
