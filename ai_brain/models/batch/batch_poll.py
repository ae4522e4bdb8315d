import logging
import time
from datetime import timezone

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine.batch import when
from ...providers.batch import FINAL
from ...providers.errors import NotYetKnown, ProviderError, ResultsCut
from ..base.due import take_due
from ..base.transactions import Apart
from .batch_send import LEASE, _naive
from .batch_settle import CANCELLED

_logger = logging.getLogger(__name__)

#: Other batches whose numbers at the vendor are told from the one that is looked for.
MOST_KNOWN = 1000


class AiBatch(models.Model):
    """Look after batches that were sent: find what a dead sender left, ask how far they are, fetch
    and settle answers. Two schedulers never look after the same one at once."""

    _inherit = "ai.batch"

    @api.model
    def _cron_poll(self):
        """Find what a dead sender left, ask how far batches are, and settle what is answered."""
        if self._is_asleep():
            return
        deadline = time.monotonic() + self._run_s()
        self._let_go()
        while time.monotonic() < deadline:
            batch = self._take_next()
            if not batch:
                break
            try:
                batch._look_after()
            except ProviderError as error:
                _logger.info("AI batch %s: %s", batch.id, error)
                batch._trouble(error)
            except Exception as error:
                # one that cannot be looked after must not keep the others from it
                _logger.exception("AI batch %s could not be looked after.", batch.id)
                batch._trouble(error)
        self._wake_callbacks()
        self.env.invalidate_all()

    @api.model
    def _wake_callbacks(self):
        """Have what was answered called back soon."""
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "SELECT EXISTS (SELECT FROM ai_batch_request WHERE callback_state = 'pending'"
                " AND callback_at <= now() AT TIME ZONE 'UTC')"
            )
            if not cr.fetchone()[0]:
                return
        self.env.ref("ai_brain.ir_cron_batch_call_back")._trigger()

    @api.model
    def _take_next(self):
        """Take the next batch that is due in hand, or return none."""
        states = ("holding", "sending", "sent", "running")
        found, _until = take_due(self.env, self._table, states, LEASE)
        return self.browse(found)

    def _look_after(self):
        """One look at one batch, by the state it is in."""
        self.ensure_one()
        facts = self._facts()
        if facts["state"] == "holding":  # whoever made it died before he sent it
            self._take_back(self.env._("Its sender was ended; it is sent again."), final=False)
            return
        provider = self.env["ai.service.provider"].sudo().browse(facts["provider_id"])
        service = self.env["ai.service"]._batch_service(provider)
        endpoint = provider._endpoint()
        if not service:
            raise UserError(
                self.env._("“%s” has no batch service any more.", provider._facts().name)
            )
        if facts["state"] == "sending":
            self._seek(service, endpoint, facts)
            return
        self._let_go()
        state = service.poll(endpoint, facts["vendor_ref"])
        if facts["is_cancelling"] and state.status not in FINAL:
            state = self._cancel(service, endpoint, facts, state)
        now = fields.Datetime.now()
        self._store(
            state="running",
            done_count=state.done,
            failed_count=state.failed,
            expires_at=_naive(state.expires_at) or facts["expires_at"],
            next_at=when.next_look(now, facts["sent_at"] or now),
        )
        if state.status not in FINAL:
            self._store(lease_until=None, tries=0, error=None)
            return
        self._fetch(service, endpoint, state, facts)

    def _cancel(self, service, endpoint, facts, state):
        """Ask the vendor to stop; return the state after that. Vendors refuse it where a batch has
        just ended, which must not keep its answers from being fetched."""
        try:
            service.cancel(endpoint, facts["vendor_ref"])
        except ProviderError as error:
            _logger.info("AI batch %s was not cancelled: %s", self.id, error)
            return state
        return service.poll(endpoint, facts["vendor_ref"])

    def _facts(self):
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "SELECT id, name, company_id, provider_id, state, vendor_ref, input_ref, sent_at,"
                " create_date, expires_at, is_cancelling, COALESCE(tries, 0) AS tries,"
                " COALESCE(misses, 0) AS misses"
                " FROM ai_batch WHERE id = %s",
                (self.id,),
            )
            return cr.dictfetchone()

    # ------------------------------------------------------------------
    # What a dead sender left
    # ------------------------------------------------------------------

    def _seek(self, service, endpoint, facts):
        """Look for a batch in the vendor's list: go on with it, or have it sent again where it is
        certain that it never arrived."""
        self._let_go()
        since = facts["create_date"].replace(tzinfo=timezone.utc)
        state = service.find(endpoint, facts["name"], since, self._known(facts))
        if state:
            self._sent(state)
            return
        # a list may lag behind, and what is sent again too soon is paid twice
        now, misses = fields.Datetime.now(), facts["misses"]
        if (facts["sent_at"] or facts["create_date"]) + when.LISTED <= now:
            misses += 1
            self._store(misses=misses)
        if misses < when.MISSES:
            raise NotYetKnown("The vendor does not list the batch so far. It is looked for again.")
        self._take_back(self.env._("It did not reach the vendor; it is sent again."), final=False)

    def _known(self, facts):
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "SELECT vendor_ref FROM ai_batch WHERE vendor_ref IS NOT NULL AND id != %s"
                " ORDER BY id DESC LIMIT %s",
                (facts["id"], MOST_KNOWN),
            )
            return {row[0] for row in cr.fetchall()}

    def _take_back(self, told, *, final):
        """Nothing of the batch is at the vendor's: free what is held, have its requests wait again.

        :param bool final: waiting would not help; they fail
        """
        self.ensure_one()
        apart, requests = Apart(self.env), self.env["ai.batch.request"]
        ends, state = {"final": final}, "failed"
        if self._facts()["is_cancelling"]:
            told, state = CANCELLED, "cancelled"
            ends = {"final": True, "code": "Cancelled", "state": state}
        with apart.cursor() as cr:
            cr.execute("SELECT id FROM ai_cost_reservation WHERE batch_key = %s", (self.id,))
            reservations = [row[0] for row in cr.fetchall()]
        for reservation_id in reservations:
            with apart.cursor() as cr:
                batch = self.with_env(apart.on(cr))
                numbers = batch._numbers_held(reservation_id)
                requests._put_back_on(cr, self.id, dict.fromkeys(numbers, told), **ends)
                batch._free_held(reservation_id)
        with apart.cursor() as cr:  # what was claimed, and not held yet
            numbers = self.with_env(apart.on(cr))._numbers_held(None)
            requests._put_back_on(cr, self.id, dict.fromkeys(numbers, told), **ends)
            now = fields.Datetime.now()
            cr.execute(
                "UPDATE ai_batch SET state = %s, error = %s, lease_until = NULL,"
                " ended_at = %s, settled_count = CASE WHEN %s THEN total ELSE settled_count END"
                " WHERE id = %s",
                (state, told, now, ends["final"], self.id),
            )

    def _numbers_held(self, reservation_id):
        """On the own cursor: the ids of the batch's open requests of a reservation (None: all)."""
        self.env.cr.execute(
            "SELECT id FROM ai_batch_request WHERE batch_id = %s AND state = 'sent'"
            " AND (%s IS NULL OR reservation_id = %s)",
            (self.id, reservation_id, reservation_id),
        )
        return [row[0] for row in self.env.cr.fetchall()]

    # ------------------------------------------------------------------
    # Answers
    # ------------------------------------------------------------------

    def _fetch(self, service, endpoint, state, facts):
        """Settle the answers of a batch that has ended; what is missing is asked for again."""
        status = state.status
        try:
            self._settle_results(service.results(endpoint, state))
        except ResultsCut as error:
            if facts["tries"] + 1 < when.FETCHES:
                raise
            _logger.warning("AI batch %s: its results stay cut: %s", self.id, error)
            status = "unknown"  # what could not be read may have been answered, and billed
        self._settle_rest(status, state.error)
        self._store(
            state=state.status,
            ended_at=fields.Datetime.now(),
            lease_until=None,
            error=state.error or None,
        )
        if not state.input_ref and facts["input_ref"]:
            state.input_ref = facts["input_ref"]
        try:
            service.forget(endpoint, state)
        except ProviderError as error:
            _logger.info("AI batch %s was not deleted at the vendor's: %s", self.id, error)

    def _trouble(self, error):
        """Keep what went wrong; after the longest life of a batch its outcome counts as unknown."""
        facts = self._facts()
        if facts["state"] not in ("sending", "sent", "running"):
            self._note(error)
            return
        since = facts["sent_at"] or facts["create_date"]
        if fields.Datetime.now() < since + when.LONGEST + when.GIVE_UP:
            self._note(error)
            return
        self._settle_rest("unknown")
        self._store(
            state="uncertain",
            error=str(error),
            ended_at=fields.Datetime.now(),
            lease_until=None,
        )
