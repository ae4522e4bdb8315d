import logging
from datetime import timezone

from odoo import fields, models

from ...engine.batch import when
from ...engine.tuning import training
from ...providers.errors import InvalidRequest, NotYetKnown, ProviderError
from ...providers.tuning import FINAL
from ..base.transactions import Apart
from .tuning_hold import LONGEST

_logger = logging.getLogger(__name__)

#: Lines of a vendor's log that a job keeps.
MOST_EVENTS = 1000
GONE = (404, 410)


class AiTuningJob(models.Model):
    """Look after jobs that were sent: find what a dead sender left, ask how far they are, keep what
    the vendor tells, settle what is over. Two schedulers never look after the same one at once."""

    _inherit = "ai.tuning.job"

    def _seek(self, service, endpoint):
        """Look for a job in the vendor's list and go on with it. It is never sent again: one that
        cannot be found may be trained all the same, so it is uncertain, at its worst case."""
        since = self.create_date.replace(tzinfo=timezone.utc)
        files, label = (self.file_refs or "").split(), self.label
        sent_at, misses = self.sent_at or self.create_date, self.misses
        self._see_anew()
        state = service.find(endpoint, label, since, files[0] if files else "")
        if state:
            self._sent(state)
            return
        if sent_at + when.LISTED <= fields.Datetime.now():
            misses += 1
            self._store(misses=misses)
        if misses < when.MISSES:
            raise NotYetKnown(
                "The vendor does not list the training so far. It is looked for again."
            )
        self._end_unknown(
            "uncertain",
            self.env._(
                "Whether it reached the vendor cannot be found out: it is not in the vendor's "
                "list. Its highest possible cost is counted; look at the vendor's site before "
                "you train again."
            ),
        )

    def _follow(self, service, endpoint):
        """Ask how far a job is."""
        vendor_ref, sent_at = self.vendor_ref, self.sent_at or self.create_date
        cancelling, was_running = self.is_cancelling, self.was_running
        self._see_anew()
        try:
            state = service.poll(endpoint, vendor_ref)
        except InvalidRequest as error:
            if error.status not in GONE:
                raise
            self._missed()
            return
        if cancelling and state.status not in FINAL:
            state = self._stop(service, endpoint, vendor_ref, state)
        steps = self._keep_events(service, endpoint, vendor_ref)
        was_running = was_running or state.status == "running" or bool(steps)
        if state.status in FINAL:
            self._finish(service, endpoint, state, was_running)
            return
        now = fields.Datetime.now()
        self._store(
            state=state.status,
            was_running=was_running,
            expected_end=_naive(state.expected_end),
            next_at=when.next_look(now, sent_at),
            lease_until=None,
            tries=0,
            misses=0,
            error=None,
        )
        if now > sent_at + LONGEST:
            self._end_unknown(
                "uncertain",
                self.env._("It has not ended in two weeks; its highest possible cost is counted."),
            )

    def _stop(self, service, endpoint, vendor_ref, state):
        """Ask the vendor to stop. Vendors refuse it where a job has just ended."""
        try:
            service.cancel(endpoint, vendor_ref)
        except ProviderError as error:
            _logger.info("AI training %s was not cancelled: %s", self.id, error)
            return state
        return service.poll(endpoint, vendor_ref)

    def _missed(self):
        """The vendor does not know the job: once may be a hiccup, after that it is lost."""
        misses = self.misses + 1
        self._store(misses=misses)
        if misses < when.MISSES:
            self._note(NotYetKnown("The vendor does not know the training now. It is asked again."))
            return
        self._end_unknown(
            "lost",
            self.env._(
                "The vendor does not know it any more. What it cost is not known, so its highest "
                "possible cost is counted."
            ),
        )

    def _end_unknown(self, state, told):
        self._settle(state, row_state="uncertain", tokens=None, error=told, code="TrainingLost")

    def _finish(self, service, endpoint, state, was_running):
        """The job is over: what came of it arrives, what it cost is settled, its files go."""
        told = state.error or None
        if state.status == "succeeded":
            told = self._arrive(state.tuned_model)
        row_state, tokens = training.billable(state.status, state.trained_tokens, was_running)
        if row_state == "uncertain":
            more = self.env._("What it cost is not known; its highest possible cost is counted.")
            told = f"{told} {more}" if told else more
        files = [*state.file_refs, *(self.file_refs or "").split()]
        code = "TrainingFailed" if row_state == "failed" else None
        self._settle(state.status, row_state=row_state, tokens=tokens, error=told, code=code)
        self._see_anew()
        try:
            service.forget(endpoint, dict.fromkeys(files))
        except ProviderError as error:
            _logger.info("AI training %s: files stay at the vendor: %s", self.id, error)

    def _trouble(self, error):
        """Keep what went wrong; after the longest time that a training takes it is uncertain."""
        self._see_anew()
        since = self.sent_at or self.create_date
        late = fields.Datetime.now() > since + LONGEST
        if self.state in ("sending", "sent", "running") and late:
            self._end_unknown("uncertain", str(error))
            return
        self._note(error)

    def _keep_events(self, service, endpoint, vendor_ref):
        """Keep what the vendor tells; return the number of the newest step, 0 for none."""
        try:
            events = service.events(endpoint, vendor_ref)
        except ProviderError as error:  # a log is no reason not to settle
            _logger.info("AI training %s: its events were not told: %s", self.id, error)
            return 0
        newest = max(events, key=lambda event: event.step, default=None)
        with Apart(self.env).cursor() as cr:
            cr.execute("SELECT count(*) FROM ai_tuning_event WHERE job_id = %s", (self.id,))
            room = MOST_EVENTS - cr.fetchone()[0]
            for event in events[-room:] if room > 0 else ():
                cr.execute(
                    "INSERT INTO ai_tuning_event"
                    " (job_id, company_id, vendor_ref, told_at, level, message)"
                    " SELECT id, company_id, %s, %s, %s, %s FROM ai_tuning_job WHERE id = %s"
                    " ON CONFLICT (job_id, vendor_ref) DO NOTHING",
                    (event.id, _naive(event.at), event.level, event.message, self.id),
                )
            if newest and newest.step and newest.steps:
                cr.execute(
                    "UPDATE ai_tuning_job SET progress = %s WHERE id = %s",
                    (min(100.0 * newest.step / newest.steps, 99.0), self.id),
                )
        self.env.invalidate_all()
        return newest.step if newest else 0


def _naive(moment):
    return moment.replace(tzinfo=None, microsecond=0) if moment else None
