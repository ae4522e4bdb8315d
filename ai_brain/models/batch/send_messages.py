import contextlib
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from odoo import api, models
from odoo.exceptions import UserError

from ... import exceptions
from ...engine.batch import joined
from ..base.transactions import under_test
from ..call.call_scope import current_scope
from ..call.send import ENDS

_logger = logging.getLogger(__name__)

#: Calls of one list, and how many of them (or groups that are sent as one) are under way at once.
MOST_CALLS = 500
AT_ONCE = 5
#: Keys of an item that are no options.
ARGUMENTS = ("messages", "config", "environment")


class AiService(models.AbstractModel):
    """Many calls at once: each its own, on a connection of its own, given back while it waits."""

    _inherit = "ai.service"

    @api.model
    def send_messages(self, calls):
        """Send many calls at once and return their answers in the same order.

        Each is a call as by :meth:`send_message`, with its own budget, ledger row and error: one
        that fails stops no other. Five are under way at a time, each in a transaction of its own,
        so what the caller has written and not committed is not seen by them. They come back when
        the last is answered. Where an agent allows it (``joins_questions``), and the vendor has no
        batch service, up to five like questions share one call.

        :param list calls: dicts of what :meth:`send_message` takes: ``messages``, and if wanted
            ``config``, ``environment`` and options; 500 at most
        :return: a list: for each the dict of :meth:`send_message`, or the exception that it would
            have raised (over RPC its text)
        :raise exceptions.InvalidCallError: no list of dicts, or more than 500
        :raise AccessError: for who may not call models at all
        """
        self._check_caller()
        if not isinstance(calls, list | tuple) or not all(isinstance(one, dict) for one in calls):
            raise exceptions.InvalidCallError(
                self.env._("Give a list of dicts, each with messages and what else the call takes.")
            )
        if len(calls) > MOST_CALLS:
            raise exceptions.InvalidCallError(
                self.env._("At most %s calls can be sent at once.", MOST_CALLS)
            )
        outcomes, checked = [None] * len(calls), {}
        for n, item in enumerate(calls):
            try:
                checked[n] = self._checked_item(item)
            except UserError as error:
                outcomes[n] = error
        units = self._units(checked)
        for unit, found in zip(units, self._run_units(checked, units), strict=True):
            for n, outcome in zip(unit, found, strict=True):
                outcomes[n] = outcome
        return outcomes

    @api.model
    def _send_in_turn(self, items):
        """Like :meth:`send_messages` for a few that may be alike, without threads."""
        outcomes, checked = [None] * len(items), {}
        for n, item in enumerate(items):
            try:
                checked[n] = self._checked_item(item)
            except UserError as error:
                outcomes[n] = error
        found = self._run_together([*checked.values()], "_once")
        for n, outcome in zip(checked, found, strict=True):
            outcomes[n] = outcome
        return outcomes

    @api.model
    def _checked_item(self, item):
        options = {name: value for name, value in item.items() if name not in ARGUMENTS}
        call = self._check(*map(item.get, ARGUMENTS), options)
        if not call.idempotency_key:
            # what an earlier try of the same request paid is not paid again
            call.slot = current_scope(self.env.cr).slot(call.content_hash)
        return call

    @api.model
    def _units(self, checked):
        """Return lists of numbers of calls: those of one list may be sent as one."""
        alike, units = {}, []
        for n, call in checked.items():
            if not self._is_joinable(call):
                units.append([n])
                continue
            agent = call.tags.get("agent_type")
            key = (call.configured_id, agent, repr(call.messages[:-1]), call.temperature)
            alike.setdefault(key, []).append(n)
        for numbers in alike.values():
            steps = range(0, len(numbers), joined.MOST)
            units += [numbers[start : start + joined.MOST] for start in steps]
        return units

    @api.model
    def _run_units(self, checked, units):
        """Return the outcomes of each unit, in order."""
        lists = [[checked[n] for n in unit] for unit in units]
        if under_test() or len(lists) < 2:
            # a test has one cursor only, and one unit needs no thread
            return [self._run_together(calls, "_once") for calls in lists]
        most = self.env.company._ai_policy().person_calls or AT_ONCE
        at_once = max(1, min(AT_ONCE, most, len(lists)))
        left = self._time_left_s(lists[0][0])
        ends = None if left is None else time.monotonic() + left
        values = dict(self.env.context, ai_give_back_cursor=True)
        self._give_back_cursor()
        with ThreadPoolExecutor(at_once, thread_name_prefix="ai.send_messages") as pool:
            tasks = [pool.submit(self._run_apart, calls, values, ends) for calls in lists]
            return [task.result() for task in tasks]

    def _run_apart(self, calls, values, ends):
        """In a thread of its own: run calls on a cursor of its own."""
        thread = threading.current_thread()
        thread.dbname, thread.uid = self.env.cr.dbname, self.env.uid
        setattr(thread, ENDS, ends)
        try:
            cr = self._new_cursor()
            with contextlib.closing(cr):
                service = self.with_env(self.env(cr=cr, context=values))
                found = service._run_together(calls, "_once")
                if not cr.closed:
                    cr.commit()  # pylint: disable=invalid-commit
        except Exception as error:
            found = [error] * len(calls)
        for outcome in found:
            if isinstance(outcome, Exception) and not isinstance(outcome, UserError):
                _logger.error("AI: a call of many failed", exc_info=outcome)
        return found
