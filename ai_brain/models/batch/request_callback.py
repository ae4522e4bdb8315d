import contextlib
import logging
import time

import psycopg2
from psycopg2 import errorcodes

from odoo import SUPERUSER_ID, api, fields, models

from ...engine.base.line import one_line
from ...engine.batch import when
from ..base.ai_callback import is_callback
from ..base.transactions import Apart, under_test, undone_if_failed

_logger = logging.getLogger(__name__)

#: Requests that are looked up at once.
LOOK_UP = 200
#: Callbacks of one transaction: so many, and no longer than so many seconds.
TOGETHER = 50
LONGEST_S = 5.0
#: How often a callback that lost a race with another transaction is run again at once.
RACES = 5
RACE = (
    errorcodes.SERIALIZATION_FAILURE,
    errorcodes.DEADLOCK_DETECTED,
    errorcodes.LOCK_NOT_AVAILABLE,
)


class NobodyToCall(Exception):
    """The callback cannot be run as things are; trying again by itself would not help."""


class AiBatchRequest(models.Model):
    """Give answers to whoever asked, in transactions that also say so: a callback whose changes are
    there has run, and one that was undone has not."""

    _inherit = "ai.batch.request"

    @api.model
    def _cron_call_back(self):
        """Call back with every outcome that is there."""
        if self.env["ai.batch"]._is_asleep():
            return
        deadline = time.monotonic() + self.env["ai.batch"]._run_s()
        self.env["ai.batch"]._let_go()
        while numbers := self._to_call_back():
            for start in range(0, len(numbers), TOGETHER):
                if time.monotonic() > deadline:
                    self.env.ref("ai_brain.ir_cron_batch_call_back")._trigger()
                    return
                self._call_back_some(numbers[start : start + TOGETHER])
            if under_test():
                self.env.invalidate_all()
        self.env.invalidate_all()

    @api.model
    def _to_call_back(self):
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "SELECT id FROM ai_batch_request WHERE callback_state = 'pending'"
                " AND callback_at <= now() AT TIME ZONE 'UTC' ORDER BY callback_at, id LIMIT %s",
                (LOOK_UP,),
            )
            return [row[0] for row in cr.fetchall()]

    @api.model
    def _call_back_some(self, numbers):
        """Run callbacks in one transaction, each in a savepoint; one by one where that transaction
        loses a race, or ends for any other reason: then none of them has run."""
        failed, begun = {}, time.monotonic()
        try:
            with self._callback_cursor() as cr:
                known = {}
                for place, number in enumerate(numbers):
                    if time.monotonic() - begun > LONGEST_S:
                        numbers = numbers[:place]  # the others have their turn later
                        break
                    try:
                        self._run_callback(cr, number, known)
                    except psycopg2.OperationalError:
                        raise
                    except Exception as error:
                        failed[number] = error
        except Exception:
            for number in numbers:
                self._call_back_one(number)
            return
        for number, error in failed.items():
            self._callback_failed(number, error)

    @api.model
    def _call_back_one(self, number):
        """Run one callback in a transaction of its own; where it fails, keep that, and when it is
        tried again."""
        for race in range(RACES):
            try:
                with self._callback_cursor() as cr:
                    self._run_callback(cr, number)
                return
            except psycopg2.OperationalError as error:
                if error.pgcode not in RACE or race == RACES - 1:
                    self._callback_failed(number, error)
                    return
            except Exception as error:
                self._callback_failed(number, error)
                return

    @contextlib.contextmanager
    def _callback_cursor(self):
        """Yield a cursor of Odoo's pool whose transaction is committed at the end."""
        if under_test():
            with self.env.cr.savepoint():
                yield self.env.cr
            return
        with self.env.registry.cursor() as cr:
            yield cr

    @api.model
    def _run_callback(self, cr, number, known=None):
        """Run one callback, undone where it raises, and say that it ran.

        :param dict known: environments of the transaction, by person and company
        """
        cr.execute(
            "SELECT user_id, company_id, callback_model, callback_method, callback_ids, answer"
            " FROM ai_batch_request WHERE id = %s AND callback_state = 'pending'"
            " FOR UPDATE SKIP LOCKED",
            (number,),
        )
        found = cr.dictfetchone()
        if not found:
            return  # another one has just called back
        known, key = ({} if known is None else known), (found["user_id"], found["company_id"])
        if key not in known:
            known[key] = self._environment_of(cr, *key)
        env = known[key]
        model, method = found["callback_model"], found["callback_method"]
        if model not in env or not is_callback(type(env[model]), method):
            raise NobodyToCall(
                self.env._(
                    "%(model)s.%(method)s does not exist any more, or is not marked as a callback.",
                    model=model,
                    method=method,
                )
            )
        records = env[model].browse(found["callback_ids"]).exists()
        if not records:
            raise NobodyToCall(
                self.env._("The records that asked were deleted. The answer is kept here.")
            )
        gone = len(found["callback_ids"]) - len(records)
        env.flush_all()
        try:
            with undone_if_failed(env):
                getattr(records, method)(env["ai.batch.request"].browse(number), found["answer"])
                cr.flush()  # what waits for the commit is this callback's, too
        except Exception:
            cr.precommit.clear()
            raise
        told = None
        if gone:
            told = self.env._("%s of the records that asked were deleted.", gone)
        # what is undone with the callback need not be on disk before it
        cr.execute(
            "UPDATE ai_batch_request r SET callback_state = 'done', callback_error = %s,"
            " answer = CASE WHEN c.ai_text_policy != 'none' THEN r.answer END"
            " FROM res_company c WHERE r.id = %s AND c.id = r.company_id",
            (told, number),
        )

    @api.model
    def _environment_of(self, cr, user_id, company_id):
        """Return the environment of the person and company that submitted, never superuser's.

        :raise NobodyToCall: that person was deleted or archived, or works there no more
        """
        env = api.Environment(cr, self.env.uid, {}, su=True)
        user = env["res.users"].browse(user_id or []).exists()
        if not user or (not user.active and user_id != SUPERUSER_ID):
            raise NobodyToCall(
                self.env._(
                    "Who submitted it was archived or deleted. The answer is kept here; it is "
                    "given once that person is back."
                )
            )
        # OdooBot, as whom scheduled actions submit, is listed in the first company only
        if company_id not in user.company_ids.ids and user_id != SUPERUSER_ID:
            raise NobodyToCall(
                self.env._("Who submitted it does not work for the company any more.")
            )
        context = {"lang": user.lang, "tz": user.tz, "allowed_company_ids": [company_id]}
        return api.Environment(cr, user.id, context, su=False)

    @api.model
    def _callback_failed(self, number, error):
        """Keep why a callback failed; it is tried again, five times at most."""
        final = isinstance(error, NobodyToCall)
        said = str(error) if final else f"{type(error).__name__}: {error}"
        if not final:
            _logger.warning("AI callback of request %s failed", number, exc_info=error)
        now = fields.Datetime.now()
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "SELECT COALESCE(callback_tries, 0) + 1 FROM ai_batch_request WHERE id = %s"
                " AND callback_state = 'pending' FOR UPDATE",
                (number,),
            )
            found = cr.fetchone()
            if not found:
                return
            again = None if final else when.next_callback(now, found[0])
            cr.execute(
                "UPDATE ai_batch_request SET callback_state = %s, callback_tries = %s,"
                " callback_at = %s, callback_error = %s WHERE id = %s",
                ("pending" if again else "failed", found[0], again, one_line(said, 500), number),
            )
