import logging
import secrets
import tempfile
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.batch import when
from ...engine.tuning import training
from ...providers.errors import (
    AuthenticationFailed,
    ConfigurationError,
    InvalidRequest,
    ProviderError,
    Redirected,
)
from ...providers.tuning import TuningRequest
from ..base.due import take_due
from ..base.transactions import Apart

_logger = logging.getLogger(__name__)

#: Who works on a job counts as dead after so long without a word: two files go up in that time.
LEASE = timedelta(minutes=40)
#: So often a job is sent that the vendor has no time for.
SENDINGS = 5
#: What another try does not mend.
FINAL_ERRORS = (AuthenticationFailed, ConfigurationError, InvalidRequest, Redirected)


class Lease:
    """Until when a scheduler has a job in hand: as long as the job's row says the same, nobody
    else has taken it over. Kept in the context of his record."""

    def __init__(self, until):
        self.until = until


class AiTuningJob(models.Model):
    """Send: hold the worst case, bring the files up, write down that the job is sent, send it.

    Each of these is a transaction of its own, and none is open while the vendor is waited for.
    Whoever dies before the job is written down as ``sending`` has trained nothing: what he held is
    given back and the files are taken away. After that the job may be at the vendor's, and is
    looked for there (``tuning_poll.py``).
    """

    _inherit = "ai.tuning.job"

    @api.model
    def _cron_tune(self):
        """Send what is to be sent, ask how far the others are, and settle what is over."""
        batches = self.env["ai.batch"]
        if batches._is_asleep():
            return
        deadline = time.monotonic() + batches._run_s()
        batches._let_go()
        while time.monotonic() < deadline:
            job = self._take_next()
            if not job:
                break
            try:
                job._look_after()
            except ProviderError as error:
                _logger.info("AI training %s: %s", job.id, error)
                job._trouble(error)
            except Exception as error:
                # one that cannot be looked after must not keep the others from it
                _logger.exception("AI training %s could not be looked after.", job.id)
                job._trouble(error)
        self.env.invalidate_all()

    @api.model
    def _take_next(self):
        """Take the next job that is due in hand, or return none."""
        states = ("waiting", "sending", "sent", "running")
        found, until = take_due(self.env, self._table, states, LEASE)
        return self.with_context(ai_tuning_lease=Lease(until)).browse(found).sudo()

    def _look_after(self):
        """One look at one job, by the state it is in."""
        self.ensure_one()
        self._see_anew()
        if self.state == "waiting" and (self.is_cancelling or self.tries >= SENDINGS):
            self._give_up()
            return
        service, endpoint = self._service(), self.provider_id._endpoint()
        {"waiting": self._start, "sending": self._seek}.get(self.state, self._follow)(
            service, endpoint
        )

    def _see_anew(self):
        """End the scheduled action's transaction, and read what others have committed."""
        self.env["ai.batch"]._let_go()
        self.env.invalidate_all()

    # ------------------------------------------------------------------
    # Send
    # ------------------------------------------------------------------

    def _give_up(self):
        """Not to be sent: cancelled, or tried too often. Here that needs no vendor, whose key may
        be revoked; files that a dead sender left there go if they can."""
        if not self._release():
            return
        state = "cancelled" if self.is_cancelling else "ready"
        told = self.error or self.env._("It was tried %s times and not sent.", SENDINGS)
        self._back(state, None if self.is_cancelling else told)
        if not self.label:
            return
        try:
            endpoint = self.provider_id._endpoint()
            self._forget_files(self._service(), endpoint)
        except UserError as error:
            _logger.info("AI training %s: files stay at the vendor: %s", self.id, error)

    def _start(self, service, endpoint):
        if not self._release():
            return
        if self.label:
            service.forget(endpoint, service.leftovers(endpoint, self.label))
        # counted before it is tried: who dies of it is not asked again and again
        self._store(
            label=self.label or f"sam_{secrets.token_hex(12)}",
            file_refs=None,
            tries=self.tries + 1,
        )
        self._see_anew()
        refused = self._why_not() or self._hold(self)
        if refused:
            self._back("ready", refused)
            return
        self._see_anew()
        try:
            files = self._upload(service, endpoint)
            if files is None:
                return
            if self._begin(files):
                self._post(service, endpoint, files)
            elif self._release():
                # still in hand here, so somebody has cancelled it
                self._back("cancelled", None)
                self._forget_files(service, endpoint)
        except ProviderError as error:
            if error.billing == "unknown" and self._state_now() == "sending":
                self._note(error, sent_at=fields.Datetime.now())
                return
            self._unsend(service, endpoint, error)

    def _why_not(self):
        """Return why it cannot be sent any more, a sentence, or None."""
        if not self.provider_id.active:
            return self.env._("“%s” is archived.", self.provider_id.name)
        if not self.is_priced:
            return self.env._(
                "What training “%s” costs is not known any more.", self.provider_id.name
            )
        if self.training_count < training.LEAST_EXAMPLES:
            return self.env._("There are too few examples to train with.")
        return None

    def _upload(self, service, endpoint):
        """Bring the examples up; return the vendor's names of the two files ('' for none), or None
        where somebody else has taken the job over."""
        names = []
        for part in ("training", "validation"):
            with tempfile.TemporaryFile() as file:
                count = self._write_lines(file, part)
                self.env["ai.batch"]._let_go()
                if not self._hold_on():
                    return None
                name = f"{self.label}-{part}"
                names.append(service.upload(endpoint, file, name) if count else "")
        return names

    def _begin(self, files):
        """Write down that it is being sent, from which moment on the vendor may have it; return
        False where somebody has cancelled it meanwhile, or has taken it over."""
        now, lease = fields.Datetime.now(), self.env.context["ai_tuning_lease"]
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "UPDATE ai_tuning_job SET state = 'sending', sent_at = %s, file_refs = %s,"
                " lease_until = %s, next_at = %s"
                " WHERE id = %s AND state = 'waiting' AND lease_until = %s"
                " AND NOT COALESCE(is_cancelling, FALSE)",
                (
                    now,
                    " ".join(filter(None, files)),
                    now + LEASE,
                    now + LEASE,
                    self.id,
                    lease.until,
                ),
            )
            begun = bool(cr.rowcount)
        if begun:
            lease.until = now + LEASE
        self.env.invalidate_all()
        return begun

    def _hold_on(self):
        """Have the job in hand for longer; return False where somebody else has taken it over."""
        lease = self.env.context["ai_tuning_lease"]
        until = fields.Datetime.now() + LEASE
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "UPDATE ai_tuning_job SET lease_until = %s"
                " WHERE id = %s AND state = 'waiting' AND lease_until = %s",
                (until, self.id, lease.until),
            )
            held = bool(cr.rowcount)
        if held:
            lease.until = until
        return held

    def _forget_files(self, service, endpoint):
        """Take the files away from the vendor, if he lets us."""
        try:
            service.forget(endpoint, service.leftovers(endpoint, self.label))
        except ProviderError as error:
            _logger.info("AI training %s: files stay at the vendor: %s", self.id, error)

    def _post(self, service, endpoint, files):
        request = TuningRequest(
            model=self.provider_id._facts().model_name,
            training_file=files[0],
            validation_file=files[1],
            label=self.label,
            epochs=self.rounds,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            suffix=self.suffix or "",
        )
        self._see_anew()
        self._sent(service.create(endpoint, request))

    def _unsend(self, service, endpoint, error):
        """Nothing is trained: give back what was held, take the files away, and wait or stop."""
        _logger.info("AI training %s was not sent: %s", self.id, error)
        if not self._release():
            return
        self._see_anew()
        final = isinstance(error, FINAL_ERRORS) or self.tries >= SENDINGS
        self._forget_files(service, endpoint)
        if final:
            self._back("ready", str(error))
        else:
            self._note(error, tried=0, state="waiting", file_refs=None)

    def _back(self, state, told):
        """To its examples, or to its end: nothing of it is at the vendor's, and it is in hand."""
        ended = fields.Datetime.now() if state == "cancelled" else None
        stored = self._store_mine(
            state=state,
            error=told,
            ended_at=ended,
            sent_at=None,
            file_refs=None,
            lease_until=None,
            is_cancelling=False,
        )
        if stored:
            self._tell_sender(state, told)

    def _sent(self, state):
        """Keep that the vendor has the job, and where."""
        now = fields.Datetime.now()
        self._store(
            state="sent",
            vendor_ref=state.id,
            file_refs=" ".join(state.file_refs) or self.file_refs or None,
            lease_until=None,
            next_at=when.next_look(now, now),
            tries=0,
            misses=0,
            error=None,
        )

    # ------------------------------------------------------------------
    # Writing, in transactions of its own
    # ------------------------------------------------------------------

    def _state_now(self):
        with Apart(self.env).cursor() as cr:
            cr.execute("SELECT state FROM ai_tuning_job WHERE id = %s", (self.id,))
            return cr.fetchone()[0]

    def _in_hand(self):
        """Return the condition that the job was not sent and nobody else has taken it over."""
        return SQL(
            "state IN ('waiting', 'sending') AND lease_until = %s",
            self.env.context["ai_tuning_lease"].until,
        )

    def _store_mine(self, **values):
        """Like :meth:`_store`, as long as the job is in hand."""
        return self._store(self._in_hand(), **values)

    def _store(self, _where=None, **values):
        """Write columns of a job in a transaction of its own; return whether it was written."""
        self.ensure_one()
        with Apart(self.env).cursor() as cr:
            cr.execute(
                SQL(
                    "UPDATE ai_tuning_job SET %s WHERE id = %s AND %s",
                    SQL(", ").join(
                        SQL("%s = %s", SQL.identifier(name), value)
                        for name, value in values.items()
                    ),
                    self.id,
                    _where or SQL("TRUE"),
                )
            )
            written = bool(cr.rowcount)
        self.env.invalidate_all()
        return written

    def _note(self, error, tried=1, **values):
        """Keep what went wrong; it is looked after again a little later.

        :param tried: 0: the try was counted before
        """
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "SELECT COALESCE(tries, 0) + %s FROM ai_tuning_job WHERE id = %s", (tried, self.id)
            )
            tries = cr.fetchone()[0]
        again = when.next_try(fields.Datetime.now(), tries)
        self._store(error=str(error), tries=tries, next_at=again, lease_until=None, **values)
