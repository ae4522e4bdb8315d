import random
import time

from odoo import models

from ..base.places import Claimed
from ..base.transactions import under_test
from . import leases

#: The first look after so many seconds, the later ones less often.
FIRST_PAUSE_S = 0.03
LONGEST_PAUSE_S = 0.4


class AiStepSharedAnswer(models.AbstractModel):
    """The same question of the same scope is being asked: wait for its answer instead of paying
    twice. Whoever is first says that he lives; where he fails, one of those who wait asks.

    Who waits holds nothing of a budget and counts among nobody's calls at once, nor among his own
    chats, if his context names the place that he has there (``ai_place``). He gives his connection
    back, where his caller says so, as for the wait for a vendor.
    """

    _name = "ai.step.shared_answer"
    _inherit = "ai.step"
    _description = "AI Step: Shared Answer"
    _rank = 95  # the last: what else could answer has been asked, and the cursor may be closed here
    _optimises = ("_answer",)

    def _answer(self, call):
        asked = call.memory.get("ai.step.kept_answer")
        if not asked or asked.refreshed or asked.checked or not asked.is_known or call.deferred:
            return None
        facts = self.env["ai.service.provider"].browse(call.target.provider_id)._facts()
        wait_s = self._patience_s(call, facts.timeout_s)
        claims, started, pause = self.env["ai.answer.claim"], time.monotonic(), FIRST_PAUSE_S
        seconds = leases.lease_s(facts.timeout_s)
        is_asked, aside = asked.is_awaited, None
        place = self.env.context.get("ai_place")
        while not asked.token:  # else it was claimed when no kept answer was found
            if is_asked:
                if time.monotonic() - started > wait_s:
                    if aside:
                        aside.come_back()
                    return None  # he asks himself, and nobody waits for him
                if not aside and isinstance(place, Claimed):
                    place.step_aside()
                    aside = place
                self.env["ai.service"]._give_back_cursor()
                time.sleep(pause * random.uniform(0.5, 1.5))
                pause = min(pause * 1.5, LONGEST_PAUSE_S)
                call.evidence = None  # whoever is waited for may fail
                is_asked, found = claims._look(call.apart, asked)
            else:
                asked.token, found, _evidence = claims._claim(call.apart, asked, seconds)
                is_asked = not asked.token
            outcome = found and self._outcome(call, asked, found)
            if outcome:
                self._give_back(call, asked)
                return outcome
        if aside:
            aside.come_back()
        if not under_test():
            leases.hold(self.env.cr.dbname, asked.token, seconds)
        return None

    def _outcome(self, call, asked, found):
        # the caller's cursor may be closed by now, and many wake at once: on the cursors that one
        # can wait for
        with call.apart.env() as env:
            step = env["ai.step.kept_answer"]
            kept = step._first(call, asked, found)
            return kept and step._outcome(call, asked, kept, "dedup")

    def _patience_s(self, call, timeout_s):
        """Return how long the call may wait for another one's answer, in seconds."""
        if under_test() or call.together:
            return 0  # he who is first may be waiting for this one
        wait_s = timeout_s + leases.PATIENCE_S
        if call.max_latency_ms:
            wait_s = min(wait_s, call.max_latency_ms / 1000)
        left = self.env["ai.service"]._time_left_s(call)
        # as much is left to ask oneself
        return wait_s if left is None else min(wait_s, max(0, left / 2))

    def _give_back(self, call, asked):
        if asked.token:
            token, asked.token = asked.token, None
            self.env["ai.answer.claim"]._free(call.apart, token)

    def _end(self, call):
        asked = call.memory.get("ai.step.kept_answer")
        if asked:
            self._give_back(call, asked)
