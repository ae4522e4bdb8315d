from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine.batch import when
from ..base.transactions import Apart

#: Columns that are written where a request ends, in this order, and their types.
CLOSING = {
    "state": "varchar",
    "answer": "jsonb",
    "error": "varchar",
    "error_code": "varchar",
    "cost_usd": "numeric",
    "saved_usd": "numeric",
    "token_usage_id": "int",
    "keeps_body": "bool",
}


class AiBatchRequest(models.Model):
    """What becomes of requests: put back to wait, or closed with their answer."""

    _inherit = "ai.batch.request"

    @api.model
    def _put_back(self, batch_id, told):
        """Have requests of a batch wait again, or fail where that was so for a day.

        Nothing is held for them by now; none has been sent.

        :param dict told: why not, a sentence by the request's id
        """
        if not told:
            return
        with Apart(self.env).cursor() as cr:
            self._put_back_on(cr, batch_id, told)

    @api.model
    def _put_back_on(
        self,
        cr,
        batch_id,
        told,
        *,
        final=False,
        settled=False,
        code="NotSent",
        state="failed",
        moment_of=when.next_try,
    ):
        """On the own cursor; see :meth:`_put_back`.

        :param bool final: waiting would not help; it ends as ``state``
        :param bool settled: the vendor had it and gave it back, a day later as a rule; how often
            it is sent is bounded elsewhere, and it has a day to be sent once more
        """
        now = fields.Datetime.now()
        cr.execute(
            "SELECT r.id, r.send_at, r.tries, c.ai_text_policy != 'none'"
            "  FROM ai_batch_request r JOIN res_company c ON c.id = r.company_id"
            " WHERE r.id = ANY(%s) AND r.state = 'sent' AND r.batch_id IS NOT DISTINCT FROM %s"
            " ORDER BY r.id FOR UPDATE OF r",
            ([*told], batch_id),
        )
        ended, again = [], {}
        for number, send_at, tries, keeps in cr.fetchall():
            if final or (not settled and send_at + when.GIVE_UP <= now):
                why = {"error": told[number], "error_code": code}
                ended.append({"id": number, "state": state, "keeps_body": keeps, **why})
            else:
                moment = moment_of(now, tries or 1)
                again.setdefault((moment, told[number]), []).append(number)
        for (moment, text), ids in again.items():
            cr.execute(
                "UPDATE ai_batch_request SET state = 'waiting', batch_id = NULL, held_usd = NULL,"
                " reservation_id = NULL, lease_until = NULL, error = %s, not_before = %s,"
                " send_at = CASE WHEN %s THEN %s ELSE send_at END WHERE id = ANY(%s)",
                (text, moment, settled, now, ids),
            )
        self._close(cr, ended)

    @api.model
    def _close(self, cr, ended):
        """On the own cursor: write the outcome of requests whose rows it has locked.

        :param ended: dicts with ``id``, ``state``, and of ``error``, ``error_code``, ``answer``,
            ``cost_usd``, ``saved_usd``, ``token_usage_id``, ``keeps_body`` what there is
        """
        if not ended:
            return
        for one in ended:
            one["answer"] = Json(one.get("answer") or self._no_answer(one))
        rows = SQL(", ").join(
            SQL("(%s, %s)", one["id"], SQL(", ").join(SQL("%s", one.get(name)) for name in CLOSING))
            for one in ended
        )
        typed = SQL(", ").join(
            SQL("v.%s::%s AS %s", SQL.identifier(name), SQL(kind), SQL.identifier(name))
            for name, kind in CLOSING.items()
        )
        cr.execute(
            SQL(
                """
                UPDATE ai_batch_request r
                   SET state = v.state, answer = v.answer, error = v.error,
                       error_code = v.error_code, cost_usd = v.cost_usd, saved_usd = v.saved_usd,
                       token_usage_id = v.token_usage_id, held_usd = NULL, lease_until = NULL,
                       not_before = NULL, answered_at = %(now)s, write_date = %(now)s,
                       body = CASE WHEN v.keeps_body THEN r.body END,
                       callback_at = CASE WHEN r.callback_state = 'pending' THEN %(now)s END
                  FROM (SELECT v.id, %(typed)s FROM (VALUES %(rows)s) v(id, %(names)s)) v
                 WHERE r.id = v.id
                """,
                now=fields.Datetime.now(),
                typed=typed,
                rows=rows,
                names=SQL(", ").join(map(SQL.identifier, CLOSING)),
            )
        )

    @api.model
    def _no_answer(self, ended):
        """Return what a callback gets of a request that has no answer."""
        return {
            "content": "",
            "state": ended["state"],
            "error": ended.get("error"),
            "error_code": ended.get("error_code"),
            "usage": {},
            "cost_usd": float(ended.get("cost_usd") or 0),
            "baseline_cost_usd": float(ended.get("cost_usd") or 0),
            "saved_usd": 0.0,
            "kind": None,
            "token_usage_id": ended.get("token_usage_id"),
            "tool_calls": [],
            "finish_reason": "",
        }
