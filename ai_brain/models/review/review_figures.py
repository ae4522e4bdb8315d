from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.choice.ranking import wilson
from ...engine.review.agreement import agreement
from ..base.arguments import is_days

#: Agents, and models, that are told apart.
MOST_GROUPS = 100
Z = 1.96


class AiAnswerReview(models.Model):
    """What reviewers found: said here once, for screens, mails and exports."""

    _inherit = "ai.answer.review"

    @api.model
    def get_review_figures(self, days=90):
        """Return what was found of the answers of so many days that the user may read.

        The share of right answers is that of the drawn ones alone: those that somebody doubted
        were chosen because they looked wrong, and are counted beside them.

        :param int days: 1 to 3660
        :return: ``{"days", "agents", "models": [{"id" (False: no agent; of a model its name),
            "name", "drawn" (judged), "right", "wrong", "split" (two opinions), "share" (of right
            ones, a split one counting half; 0 to 1, None without any), "low", "high" (its 95 %
            interval, Wilson's), "doubted" (judged), "confirmed" (of these wrong)}], "agreement":
            {"pairs", "agreed", "raw", "kappa", "low", "high"} (:func:`engine.review.agreement`)}``
        :raise AccessError: the user is no manager of AI costs
        """
        self._check_reviewer()
        if not is_days(days):
            raise UserError(self.env._("A number of days is a whole number from 1 to 3660."))
        self.env.flush_all()
        since = fields.Date.subtract(self.env.company._ai_local_date(), days=days)
        where = SQL(
            "r.state = 'done' AND r.local_date > %s AND r.company_id = ANY(%s)"
            " AND r.token_usage_id IN %s",
            since,
            self.env.companies.ids,
            self.env["ai.token.usage"]._search([]).subselect(),
        )
        agents = self._found_by(where, SQL("r.agent_id"))
        known = self.env["ai.agent"].with_context(active_test=False)
        named = known.search([("id", "in", [one["id"] for one in agents if one["id"]])])
        names = {agent.id: agent.name for agent in named}
        for one in agents:
            one["name"] = names.get(one["id"], "") if one["id"] else self.env._("No agent")
        models_found = self._found_by(where, SQL("r.model_name"))
        for one in models_found:
            one["name"] = one["id"] or ""
        return {
            "days": days,
            "agents": agents,
            "models": models_found,
            "agreement": self._agreement(where)._asdict(),
        }

    @api.model
    def _found_by(self, where, key):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT key, %(counts)s
                  FROM (SELECT %(key)s AS key, r.reason = 'sample' AS drawn,
                               bool_and(v.verdict = 'right') AS good,
                               bool_and(v.verdict = 'wrong') AS bad
                          FROM ai_answer_review r
                          JOIN ai_answer_review_verdict v ON v.review_id = r.id
                         WHERE %(where)s GROUP BY r.id) judged
                 GROUP BY key ORDER BY count(*) DESC, key LIMIT %(most)s
                """,
                key=key,
                where=where,
                most=MOST_GROUPS,
                counts=SQL(
                    "count(*) FILTER (WHERE drawn), count(*) FILTER (WHERE drawn AND good),"
                    " count(*) FILTER (WHERE drawn AND bad),"
                    " count(*) FILTER (WHERE drawn AND NOT good AND NOT bad),"
                    " count(*) FILTER (WHERE NOT drawn), count(*) FILTER (WHERE NOT drawn AND bad)"
                ),
            )
        )
        found = []
        for name, drawn, right, wrong, split, doubted, confirmed in rows:
            good = right + split / 2
            low, high = wilson(good, drawn, Z) if drawn else (None, None)
            found.append(
                {
                    "id": name or False,
                    "drawn": drawn,
                    "right": right,
                    "wrong": wrong,
                    "split": split,
                    "share": good / drawn if drawn else None,
                    "low": low,
                    "high": high,
                    "doubted": doubted,
                    "confirmed": confirmed,
                }
            )
        return found

    @api.model
    def _agreement(self, where):
        """Return the ``Agreement`` of those that two judged; of each two people the one with the
        lower number counts as the first, whoever was quicker."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FILTER (WHERE one = 'right' AND other = 'right'),
                       count(*) FILTER (WHERE one = 'right' AND other = 'wrong'),
                       count(*) FILTER (WHERE one = 'wrong' AND other = 'right'),
                       count(*) FILTER (WHERE one = 'wrong' AND other = 'wrong')
                  FROM (SELECT (array_agg(v.verdict ORDER BY v.user_id, v.id))[1] AS one,
                               (array_agg(v.verdict ORDER BY v.user_id, v.id))[2] AS other
                          FROM ai_answer_review r
                          JOIN ai_answer_review_verdict v ON v.review_id = r.id
                         WHERE %s GROUP BY r.id HAVING count(*) = 2) twice
                """,
                where,
            )
        )
        return agreement(*rows[0])
