from decimal import Context
from typing import NamedTuple

from psycopg2.extras import Json

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...engine.base.money import as_decimal
from ...engine.batch import when
from ..base.own_cursor import commit_at_once
from ..base.transactions import Apart
from ..budget import sql as budget_sql
from ..budget.refusal import Refusal

#: How often one hold syncs budgets that changed under it.
TRIES = 20
#: Of a request's row what budgets go by.
TAGS = (
    "user_id",
    "provider_id",
    "model_name",
    "task_type",
    "agent_type",
    "module",
    "gateway_key",
)
RECORD = ("res_model", "res_id")

_WIDE = Context(prec=200)


class Asked(NamedTuple):
    """One request to be held: its id, the columns of its row, and the most it can cost in USD."""

    id: int
    row: dict
    worst: object


class Held(NamedTuple):
    """``usd`` is held for a request as a part of a reservation."""

    reservation_id: int
    usd: object


class AiBatch(models.Model):
    """What budgets hold for a batch: one reservation for all its requests that count in the same
    budgets. It holds in every period until the last day on which an answer can come."""

    _inherit = "ai.batch"

    @api.model
    def _hold_all(self, batch_id, company, asked, longest=when.LONGEST):
        """Hold the worst case of requests; return ``({id: Held}, {id: why not, a sentence})``.

        :param asked: list of :class:`Asked`
        :param longest: so long from now on their cost may come
        """
        held, refused, groups = {}, {}, {}
        tags = (*TAGS, *RECORD) if self._budgets_tell_records() else TAGS
        for one in asked:
            groups.setdefault(tuple(one.row.get(name) for name in tags), []).append(one)
        moment = self.env["ai.service"]._moment(company)
        for key, group in groups.items():
            row = {**dict(zip(tags, key, strict=True)), "company_id": company.id}
            parts = [group]
            while parts:
                part = parts.pop()
                found = self._hold_part(batch_id, part, row, moment, company, longest)
                if not isinstance(found, Refusal):
                    held.update(found)
                    continue
                room = found.room(sum(one.worst for one in part))
                if len(part) > 1 and (room is None or min(one.worst for one in part) <= room):
                    middle = len(part) // 2
                    parts += [part[middle:], part[:middle]]
                    continue
                error = self.env["ai.cost.budget"]._exceeded(found, moment.local_date)
                refused.update(dict.fromkeys((one.id for one in part), str(error)))
        return held, refused

    @api.model
    def _budgets_tell_records(self):
        query = "SELECT EXISTS (SELECT FROM ai_cost_budget WHERE each = 'record')"
        return self.env.execute_query(SQL(query))[0][0]

    @api.model
    def _hold_part(self, batch_id, part, row, moment, company, longest=when.LONGEST):
        """Hold some requests together; return ``{id: Held}``, or the ``Refusal``."""
        total, single = sum(one.worst for one in part), max(one.worst for one in part)
        last = company._ai_local_date(moment.create_date + longest)
        tags = {**row, **moment._asdict(), "last_date": last}
        kept = {
            **row,
            "currency_id": moment.currency_id,
            "currency_rate": str(moment.currency_rate),
        }
        values = {
            **budget_sql.call_values(tags, total, single_usd=single),
            "r_create_uid": row["user_id"],
            "r_create_date": moment.create_date,
            "r_company_id": company.id,
            "r_user_id": row["user_id"],
            "r_provider_id": row["provider_id"],
            "r_price_id": None,
            "r_sent": True,
            "r_expires_at": moment.create_date + longest,
            "r_local_date": moment.local_date,
            "r_last_date": last,
            "r_batch_key": batch_id,
            "r_call_key": None,
            "r_row": Json(kept),
            "switched": True,  # whoever waits keeps his provider; the limit holds all the same
            "person_usd": None,
            "person_calls": None,
        }
        apart = Apart(self.env)
        for _time in range(TRIES):
            with apart.cursor() as cr:
                commit_at_once(cr)
                cr.execute(budget_sql.HOLD, values, log_exceptions=False)
                rows = cr.dictfetchall()
            if rows[0]["good"]:
                factor = as_decimal(rows[0]["factor"])
                number = rows[0]["reservation_id"]
                return {one.id: Held(number, _WIDE.multiply(one.worst, factor)) for one in part}
            refusal = Refusal.of(rows)
            if not refusal.stale:
                return refusal
            try:
                with apart.env() as env:
                    env["ai.cost.budget.period"]._sync(
                        refusal.stale, moment.local_date, refusal.subjects
                    )
            except ValidationError:  # its currency has lost its rate
                return refusal
        return refusal

    # ------------------------------------------------------------------
    # Giving back, on the own cursor
    # ------------------------------------------------------------------

    @api.model
    def _free_held(self, reservation_id, held_usd=None, cost_usd=0, day=None, row=None):
        """On the own cursor: take ``held_usd`` (None: all of it) out of a reservation, and count
        ``cost_usd`` in the same budgets. Hot rows: the last thing before the commit.

        :param dict day: ``local_date``, ``currency_id`` and ``currency_rate`` of the cost
        :param dict row: tags of a call, for where the reservation is gone, and its record
        :return: whether an alert is due
        """
        cr = self.env.cr
        cr.execute(
            "SELECT local_date, last_date, row, amount_usd::text AS amount FROM ai_cost_reservation"
            " WHERE id = %s FOR UPDATE",
            (reservation_id,),
        )
        found = cr.dictfetchone()
        alert = False
        if found:
            left = as_decimal(found["amount"])
            freed = left if held_usd is None else min(held_usd, left)
            tags = {**found["row"], **{name: found[name] for name in ("local_date", "last_date")}}
            tags["currency_rate"] = as_decimal(tags["currency_rate"])
            if freed == left:
                cr.execute("DELETE FROM ai_cost_reservation WHERE id = %s", (reservation_id,))
            else:
                cr.execute(
                    "UPDATE ai_cost_reservation SET amount_usd = amount_usd - %s WHERE id = %s",
                    (freed, reservation_id),
                )
            cr.execute(budget_sql.MOVE, budget_sql.call_values(tags, freed))
        else:  # of no effect, but that a budget which is counted anew waits for this transaction
            cr.execute("DELETE FROM ai_cost_reservation WHERE id = %s", (reservation_id,))
        if cost_usd:
            # which record it is of, what is held may not tell
            own = {name: row[name] for name in RECORD if row.get(name)} if row else {}
            scope = {**found["row"], **own, **day} if found else {**row, **day}
            alert, _left = self.env["ai.service"]._move_budgets(scope, as_decimal(0), cost_usd)
        return alert
