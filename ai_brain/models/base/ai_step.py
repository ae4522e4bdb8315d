import logging

from odoo import api, models

from .transactions import undone_if_failed

_logger = logging.getLogger(__name__)


class AiStep(models.AbstractModel):
    """One feature of the call: it implements the phases that it takes part in, and no other.

    A step is a model of its own that inherits this one. It is found by the phases that it
    implements and runs in the order of ``_rank``, then of its name; the order in which files are
    imported says nothing. Another addon extends a step by ``_inherit = "ai.step.waste"``.

    ``call`` and ``attempt`` are those of ``models/call/call.py``. What a step needs to remember
    from one phase to the next it keeps under ``call.memory[self._name]``.
    """

    _name = "ai.step"
    _description = "AI Step of a Call"

    #: Order within a phase; steps of equal rank go by their names.
    _rank = 50
    #: ``skip``: where the step raises, it is passed over and what it changed is undone.
    #: ``refuse``: where it raises, the call fails. For limits, and for what was asked for by name.
    _fails = "skip"
    #: Phases in which it makes calls cheaper, and that a call which is held out runs without.
    _optimises = ()
    #: Columns that are summed over calls, which a correction of a row must not bring once more.
    _once = ()
    #: Task types of the calls that it takes part in: what was made for conversations touches no
    #: recording and no vector. A limit names all of ``engine.ledger.tasks.SERVED``.
    _tasks = ("chat",)

    # ------------------------------------------------------------------
    # Phases, in the order in which they come
    # ------------------------------------------------------------------

    def _call_options(self):
        """Return ``{option of send_message: its check}`` (``engine.call.checks``)."""
        return {}

    def _open(self, call):
        """Cheap and sure: read what applies to the call. Nothing is chosen yet."""

    def _answer(self, call):
        """Return a ``call.Outcome`` that costs nothing, or None.

        One that waits for long closes the caller's cursor where his context says so
        (``ai.service._give_back_cursor``), and is the last of the phase."""

    def _cached(self, call):
        """Return ``{provider id: tokens}``: how much of the call lies in that vendor's prompt
        cache, where a call now would find it. Asked before a provider is recommended."""
        return {}

    def _choose(self, call):
        """Return a ``call.Claim`` on the call for a provider, or None. The steps' claims are heard
        in the order of ``engine.choice.deciding``, whatever the steps' ranks."""

    def _shrink(self, call):
        """Make what is sent smaller, for the provider that was chosen, where it pays."""

    def _make_room(self, call, attempt, refusal):
        """A budget does not allow the attempt. Return True if it shall be tried as it is now."""
        return False

    def _rescue(self, call, attempt):
        """No vendor answered; ``attempt`` is the first that failed. Return a ``call.Outcome`` to
        give instead, or None. The caller's cursor may be closed: read through ``call.apart``."""

    def _columns(self, call, attempt):
        """Return columns of the ledger row.

        Asked twice: before the call is sent (``attempt.response`` is None), for a worker that
        dies, and after. The caller's cursor may be closed then: read through ``call.apart``.
        """
        return {}

    def _evidence(self, call, attempt):
        """Return statements for the short transaction after the row, a list of ``Evidence``.

        It does not wait for the disk, and gives up on a lock that another one holds.
        """
        return ()

    def _after(self, call):
        """Keep, notify. The caller's cursor may be closed: use ``call.apart``."""

    def _end(self, call):
        """The call is over, however it ended: refused, failed, answered, or left by its reader.
        Give back what was taken. The caller's cursor may be closed: use ``call.apart``."""

    def _fingerprint(self, call):
        """Return what makes two calls differ besides messages, tools and the usual options."""
        return ()

    def _result(self, call):
        """Return keys of the dict that ``send_message`` returns."""
        return {}

    def _tell(self, usage):
        """Return what the step did to a call, from its ledger row alone: a list of (text in the
        reader's language, USD saved or None where it saves nothing or nobody knows). The reader may
        see the row; names that the row points at are read as superuser."""
        return ()

    @api.model
    def _summed_columns(self):
        """Return the columns that are summed over calls, of all steps."""
        return {
            column
            for name in self._of_phase("_columns")
            for column in self.env.registry[name]._once
        }

    # ------------------------------------------------------------------
    # Running them
    # ------------------------------------------------------------------

    @api.model
    def _of_phase(self, phase):
        """Return the names of the steps that implement a phase, in their order."""
        registry = self.env.registry
        base = registry[AiStep._name]
        if "_phases" not in vars(base):
            base._phases = {}  # goes with the class when the registry is set up anew
        found = base._phases.get(phase)
        if found is None:
            names = [
                name
                for name, cls in registry.items()
                if name != AiStep._name
                and issubclass(cls, base)
                and getattr(cls, phase) is not getattr(base, phase)
            ]
            found = tuple(sorted(names, key=lambda name: (registry[name]._rank, name)))
            base._phases[phase] = found
        return found

    @api.model
    def _taking_part(self, phase, call):
        """Yield the steps of a phase that a call's task has, as models: here, and nowhere else,
        what optimises is kept from a call that is held out."""
        for name in self._of_task(phase, call.task_type):
            step = self.env[name]
            if not (call.held_out and phase in step._optimises):
                yield step

    @api.model
    def _run(self, phase, call, *args):
        """Run a phase before the call is sent; yields what each step returns.

        A step that fails leaves the call, and the caller's transaction, as they were before it.
        """
        for step in self._taking_part(phase, call):
            if step._fails == "refuse":
                yield getattr(step, phase)(call, *args)
                continue
            before = call.snapshot()
            try:
                with undone_if_failed(self.env):
                    found = getattr(step, phase)(call, *args)
            except Exception:
                call.restore(before)
                _logger.warning("AI call: %s%s was passed over", step._name, phase, exc_info=True)
            else:
                yield found

    @api.model
    def _run_apart(self, phase, call, *args):
        """Run a phase that must not touch the caller's cursor; yields what each step returns."""
        for step in self._taking_part(phase, call):
            try:
                found = getattr(step, phase)(call, *args)
            except Exception:
                _logger.warning("AI call: %s%s was passed over", step._name, phase, exc_info=True)
            else:
                yield found

    @api.model
    def _of_task(self, phase, task_type):
        """Return the names of the steps that implement a phase for a task, in their order."""
        registry = self.env.registry
        base = registry[AiStep._name]
        found = vars(base).get("_phases", {}).get((phase, task_type))
        if found is None:
            names = self._of_phase(phase)
            found = tuple(name for name in names if task_type in registry[name]._tasks)
            base._phases[phase, task_type] = found
        return found

    @api.model
    def _options(self, task_type="chat"):
        """Return the options of all steps of a task and their checks."""
        known = {}
        for name in self._of_task("_call_options", task_type):
            known.update(self.env[name]._call_options())
        return known
