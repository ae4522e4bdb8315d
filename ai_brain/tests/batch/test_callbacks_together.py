import contextlib

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...callbacks import ai_callback
from .common import CALLED, BatchCase

AT_COMMIT = []


@ai_callback
def _on_told(self, request, answer):
    """Does what its question says."""
    said = answer["content"]
    CALLED.append(said)
    self.comment = said
    waiting = self.env.cr.precommit
    told = waiting.data.setdefault("ai_brain.test", {"said": []})["said"]
    if not told:
        waiting.add(lambda: AT_COMMIT.append(list(told)))
    told.append(said)
    if "nested" in said:
        with contextlib.suppress(ValueError), self.env.cr.savepoint():
            self.env.cr.precommit.add(lambda: AT_COMMIT.append("of the nested one"))
            raise ValueError("only the nested one")
    if "refused" in said:
        self.env.flush_all()
        with contextlib.suppress(psycopg2.Error):
            self.env.cr.execute("SELECT 1 / 0")
    if "asks" in said:
        self.env["ai.service"].submit("More", config=request.sudo().provider_id.id)
    if "raises" in said:
        raise ValueError("no room")


@tagged("post_install", "-at_install", "every_series")
class TestCallbacksTogether(BatchCase):
    """Callbacks of one transaction: what one of them does wrong is its own affair."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        owner = cls.registry["res.partner"]
        owner._on_told = _on_told
        cls.addClassCleanup(delattr, owner, "_on_told")

    def _answered(self, *questions):
        """Partners with an answer each that waits for its callback, and the requests."""
        AT_COMMIT.clear()
        partners = self.env["res.partner"].create([{"name": text} for text in questions])
        requests = self.env["ai.batch.request"].browse()
        for partner in partners:
            requests += self._submit(
                partner.name, callback=("res.partner", "_on_told", partner.ids)
            )
        self._send()
        self._poll()
        self._call_back()
        return partners, requests

    @mute_logger("odoo.addons.ai_brain.models.batch.request_callback")
    def test_one_that_raises_undoes_nothing_of_the_others_and_has_none_run_again(self):
        partners, requests = self._answered("first", "raises", "last")
        self.assertEqual(CALLED, ["Re: first", "Re: raises", "Re: last"])
        self.assertEqual(requests.mapped("callback_state"), ["done", "pending", "done"])
        comments = [partner.comment or "" for partner in partners]
        self.assertEqual(["Re: " in comment for comment in comments], [True, False, True])
        # what it wanted done at the commit is undone with it, and done together for the others
        self.assertEqual(AT_COMMIT, [["Re: first", "Re: last"]])

    @mute_logger("odoo.addons.ai_brain.models.batch.request_callback")
    def test_a_savepoint_of_a_callback_does_what_waits_and_forgets_its_own(self):
        first, nested = "Re: first", "Re: nested"
        _partners, requests = self._answered("first", "nested", "last")
        self.assertEqual(requests.mapped("callback_state"), ["done"] * 3)
        self.assertEqual(AT_COMMIT, [[first, nested], ["Re: last"]])

        _partners, requests = self._answered("first", "nested raises", "last")
        self.assertEqual(requests.mapped("callback_state"), ["done", "pending", "done"])
        # what its savepoint did for the first is undone with it, and so waits again
        self.assertEqual(AT_COMMIT, [[first, "Re: nested raises"], [first, "Re: last"]])

    @mute_logger("odoo.addons.ai_brain.models.batch.request_callback", "odoo.sql_db")
    def test_one_that_goes_on_after_the_database_refused_something_has_failed(self):
        partners, requests = self._answered("first", "refused", "last")
        self.assertEqual(CALLED, ["Re: first", "Re: refused", "Re: last"])
        self.assertEqual(requests.mapped("callback_state"), ["done", "pending", "done"])
        self.assertIn("the database had refused", requests[1].callback_error)
        self.assertFalse(partners[1].comment)
        self.assertIn("Re: last", partners[2].comment)

    @mute_logger("odoo.addons.ai_brain.models.batch.request_callback")
    def test_what_a_callback_that_raises_has_submitted_is_undone_with_it(self):
        _partners, requests = self._answered("asks", "asks and raises")
        self.assertEqual(requests.mapped("callback_state"), ["done", "pending"])
        waiting = self.env["ai.batch.request"].search([("state", "=", "waiting")])
        self.assertEqual(waiting.mapped("question"), ["More"])

    def test_what_waits_for_the_commit_is_done_as_the_person_whose_callback_it_was(self):
        other = self._new_user("waits-too", "base.group_user", "base.group_partner_manager")
        AT_COMMIT.clear()
        callback = ("res.partner", "_on_told", self.partner.ids)
        for text, user in (("a", self.user), ("b", self.user), ("c", other)):
            self._submit(text, callback=callback, user=user)
        self._all()
        self.assertEqual(AT_COMMIT, [["Re: a", "Re: b"], ["Re: c"]])
