import time
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine.batch import joined
from ..base.transactions import Apart, under_test

#: How often it is looked whether a like one has come.
PAUSE_S = 0.2
#: As long as other requests that are sent singly are in hand.
LEASE = timedelta(minutes=30)


class AiBatchRequest(models.Model):
    """What is sent singly and is alike: up to five in one call, which none of them waits for longer
    than two seconds."""

    _inherit = "ai.batch.request"

    @api.model
    def _with_alike(self, number):
        """Take more requests in hand that may be sent with one; the ids of all, that one first."""
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "SELECT r.id, r.user_id, r.company_id, r.provider_id, r.agent_type, r.tries,"
                " extract(epoch FROM now() AT TIME ZONE 'UTC' - r.create_date)::float AS age"
                "  FROM ai_batch_request r WHERE r.id = %s",
                (number,),
            )
            first = cr.dictfetchone()
        if first["tries"] != 1 or not self._is_joined(first):
            return [number]
        wait_s = 0 if under_test() else min(joined.PATIENCE_S - first["age"], joined.PATIENCE_S)
        deadline, taken = time.monotonic() + wait_s, [number]
        while True:
            taken += self._take_alike(first, joined.MOST - len(taken))
            if len(taken) == joined.MOST or time.monotonic() >= deadline:
                return taken
            time.sleep(PAUSE_S)

    @api.model
    def _is_joined(self, first):
        """Does the agent of a request allow like questions in one call?"""
        person = self.with_user(first["user_id"]) if first["user_id"] else self
        agents = person.env["ai.agent"]
        agent = agents._of_call(first["agent_type"], first["company_id"])
        return bool(agent and agents._joins(agent.id))

    @api.model
    def _take_alike(self, first, most):
        """Take in hand what waits with a request, of its person, model and agent; their ids."""
        now = fields.Datetime.now()
        with Apart(self.env).cursor() as cr:
            cr.execute(
                SQL(
                    """
                    UPDATE ai_batch_request SET state = 'sent', lease_until = %(lease)s, tries = 1
                     WHERE id IN (
                        SELECT id FROM ai_batch_request
                         WHERE route = 'single' AND state = 'waiting' AND COALESCE(tries, 0) = 0
                           AND user_id = %(user)s AND company_id = %(company)s
                           AND provider_id = %(provider)s
                           AND agent_type IS NOT DISTINCT FROM %(agent)s
                         ORDER BY send_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
                    RETURNING id
                    """,
                    lease=now + LEASE,
                    user=first["user_id"],
                    company=first["company_id"],
                    provider=first["provider_id"],
                    agent=first["agent_type"],
                    most=most,
                )
            )
            return sorted(row[0] for row in cr.fetchall())

    @api.model
    def _send_some(self, numbers):
        """Send requests that were taken in hand, and close each with its own outcome."""
        requests = [self._single_of(number) for number in numbers]
        try:
            outcomes = self._answer_alike(requests)
        except Exception as error:
            outcomes = [error] * len(requests)
        for request, outcome in zip(requests, outcomes, strict=True):
            self._conclude(request, partial(_given, outcome))

    @api.model
    def _answer_alike(self, requests):
        """Return the result of ``send_message``, or its error, for each request of one person."""
        first = requests[0]
        with self._single_cursor() as cr:
            env = self._environment_of(cr, first["user_id"], first["company_id"])
            # its connection is given back while the vendor is waited for
            service = env["ai.service"].with_context(ai_give_back_cursor=True)
            return service._send_in_turn([self._item_of(one) for one in requests])


def _given(outcome):
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
