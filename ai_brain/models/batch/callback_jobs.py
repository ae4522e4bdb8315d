import psycopg2

from odoo import api, fields, models

from .request_callback import RACE

#: For so long a job has its callback to itself; then it is looked for, and made anew if it is gone.
LEASE_S = 3600


class AiBatchRequest(models.Model):
    """Callbacks as jobs of OCA's ``queue_job``, where it is installed and the company wants it."""

    _inherit = "ai.batch.request"

    @api.model
    def _give_to_jobs(self, numbers):
        """Make a job of each callback whose company has its callbacks run so.

        A request stays pending until its callback has run, whoever runs it: a job that was
        cancelled, failed or lost is made anew an hour later, and one that is still waiting is found
        again by its identity and not made twice.

        :param list numbers: ids of requests whose callback is due
        :return list: ids of those that stay with the scheduled action
        """
        if "queue.job" not in self.env:
            return numbers
        own = self._not_for_jobs(numbers)
        try:
            self._make_jobs([number for number in numbers if number not in own])
        except psycopg2.OperationalError as error:
            if error.pgcode not in RACE:
                raise
            # another process gave them away: they are looked up again
        return [number for number in numbers if number in own]

    @api.model
    def _not_for_jobs(self, numbers):
        """Return the ids of those whose company has no jobs made, whoever has them in hand."""
        with self._callback_cursor() as cr:
            cr.execute(
                "SELECT r.id FROM ai_batch_request r JOIN res_company c ON c.id = r.company_id"
                " WHERE r.id = ANY(%s) AND c.ai_callback_jobs IS NOT TRUE",
                (numbers,),
            )
            return {row[0] for row in cr.fetchall()}

    @api.model
    def _make_jobs(self, numbers):
        """Make a job of each that no other process has in hand."""
        with self._callback_cursor() as cr:
            cr.execute(
                "UPDATE ai_batch_request r SET callback_at = %s FROM (SELECT r.id"
                " FROM ai_batch_request r JOIN res_company c ON c.id = r.company_id"
                " WHERE r.id = ANY(%s) AND r.callback_state = 'pending' AND c.ai_callback_jobs"
                " ORDER BY r.id FOR UPDATE OF r SKIP LOCKED) due WHERE due.id = r.id"
                " RETURNING r.id",
                (fields.Datetime.add(fields.Datetime.now(), seconds=LEASE_S), numbers),
            )
            given = {row[0] for row in cr.fetchall()}
            requests = self.with_env(self.env(cr=cr, su=True)).browse()
            for number in sorted(given):
                requests.with_delay(
                    description=self.env._("Callback of AI request %s", number),
                    identity_key=f"ai_brain.callback.{number}",
                )._call_back_as_job(number)
            cr.flush()

    @api.model
    def _call_back_as_job(self, number):
        """What the job does. A callback that raises is kept with its request, and tried again by a
        further job: this one has ended well."""
        if not self.env["ai.batch"]._is_asleep():
            self._call_back_one(number)
