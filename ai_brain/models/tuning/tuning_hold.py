from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ...engine.base.money import as_decimal
from ...engine.tuning import training
from ..base.own_cursor import begin_again
from ..base.transactions import Apart
from ..batch.batch_hold import Asked

#: The longest that a training takes, queues included; after that its outcome counts as unknown.
LONGEST = timedelta(days=14)
#: A reservation says below 0 that it is held for a training, above it for a batch.
_SIGN = -1


class AiTuningJob(models.Model):
    """Money of a training: its worst case is held from before it is sent until it is settled, and
    one ledger row says what the vendor billed."""

    _inherit = "ai.tuning.job"

    def _hold(self, job):
        """Hold the worst case in all budgets that apply; return None, or why not, a sentence.

        :param job: a record of the job on its own, with its figures
        """
        rate = job._rate(job.price_id)
        worst = training.cost(job.training_tokens * job.rounds, rate)
        service, row = self.env["ai.batch"], self._tags(job)
        asked = [Asked(job.id, row, worst)]
        held, refused = service._hold_all(_SIGN * job.id, job.company_id, asked, LONGEST)
        if refused:
            return refused[job.id]
        one = held[job.id]
        self._store(
            reservation_key=one.reservation_id,
            held_usd=one.usd,
            sent_price_key=job.price_id.id,
            sent_rate_usd=rate,
        )
        return None

    def _tags(self, job):
        """Return what budgets and the ledger know a training by."""
        return {
            "company_id": job.company_id.id,
            "user_id": job.sender_id.id or None,
            "provider_id": job.provider_id.id,
            "model_name": None,
            "task_type": "other",
            "agent_type": job.agent_id.code,
            "module": "ai_brain",
            "res_model": self._name,
            "res_id": job.id,
        }

    def _release(self):
        """Give back what a dead sender, or one that could not send, had held; return False, and
        leave it, where somebody else has taken the job over."""
        with Apart(self.env).cursor() as cr:
            begin_again(cr)
            # the job before the budgets, as _settle_on locks them
            cr.execute(
                SQL(
                    "UPDATE ai_tuning_job SET reservation_key = NULL, held_usd = NULL,"
                    " sent_price_key = NULL, sent_rate_usd = NULL WHERE id = %s AND %s",
                    self.id,
                    self._in_hand(),
                )
            )
            if not cr.rowcount:
                return False
            cr.execute(
                "SELECT id FROM ai_cost_reservation WHERE batch_key = %s", (_SIGN * self.id,)
            )
            for (number,) in cr.fetchall():
                self.env["ai.batch"].with_env(Apart(self.env).on(cr))._free_held(number)
        return True

    def _settle(self, state, *, row_state, tokens, error=None, code=None):
        """Write the one row of a training, free what was held and close the job, once.

        :param state: of the job, one of ``OVER``
        :param row_state: of the ledger row: done, failed, or uncertain at what was held
        :param tokens: what the vendor bills, None: not known
        """
        apart = Apart(self.env)
        with apart.cursor() as cr:
            begin_again(cr)
            here = self.with_env(apart.on(cr))
            settled, due = here._settle_on(state, row_state, tokens, error, code)
        if due:
            self.env["ai.service"]._wake_alerts(apart)
        self.env.invalidate_all()
        if settled:
            self._tell_sender(state, error)

    def _settle_on(self, state, row_state, tokens, error, code):
        cr = self.env.cr
        cr.execute(
            "SELECT id, held_usd::text AS held_usd, sent_rate_usd::text AS rate, sent_price_key,"
            " reservation_key FROM ai_tuning_job WHERE id = %s AND usage_key IS NULL FOR UPDATE",
            (self.id,),
        )
        facts = cr.dictfetchone()
        if not facts:
            return False, None
        self.env.invalidate_all()
        job = self.browse(self.id)
        cost = as_decimal(facts["held_usd"] or 0)
        if row_state != "uncertain":
            cost = training.cost(tokens, as_decimal(facts["rate"]))
        day = self._day_of(job, facts["reservation_key"])
        price = self.env["ai.provider.price"].browse(facts["sent_price_key"] or []).exists()
        row = {
            **self._tags(job),
            **day,
            "model_name": job.provider_id._facts().model_name,
            "price_id": price.id or None,
            "agent_key": job.agent_id.id,
            "tuning_job_key": job.id,
            "kind": "tuning",
            "state": row_state,
            # it pays for no call
            "call_count": 0,
            "trained_tokens": tokens,
            # no price of calls says what it costs
            "usage_details": {"unknown": ["training"]},
            "cost_usd": cost,
            "baseline_cost_usd": cost,
            "error_code": code,
        }
        usage_id = self.env["ai.token.usage"]._insert([row])[0]
        cr.execute(
            "UPDATE ai_tuning_job SET state = %s, usage_key = %s, cost_usd = %s,"
            " trained_tokens = %s, ended_at = %s, error = %s, lease_until = NULL,"
            " progress = CASE WHEN %s = 'succeeded' THEN 100 ELSE progress END WHERE id = %s",
            (
                state,
                usage_id,
                cost,
                tokens,
                fields.Datetime.now(),
                error or None,
                state,
                self.id,
            ),
        )
        return True, self.env["ai.batch"]._free_held(
            facts["reservation_key"] or 0, None, cost, day, {**row, "model_name": None}
        )

    def _day_of(self, job, reservation_id):
        """On the own cursor: the day on which a training is paid, as columns of the ledger: today,
        or, where it ended later than could be, the last day on which it was held."""
        cr, now, company = self.env.cr, fields.Datetime.now(), job.company_id
        cr.execute("SELECT last_date FROM ai_cost_reservation WHERE id = %s", (reservation_id,))
        last, day = cr.fetchone(), company._ai_local_date(now)
        if last and last[0]:
            day = min(day, last[0])
        currency_id, rate = company._ai_usd_rate(day)
        return {
            "company_id": company.id,
            "user_id": job.sender_id.id or None,
            "create_date": now,
            "local_date": day,
            "currency_id": currency_id,
            "currency_rate": rate,
        }
