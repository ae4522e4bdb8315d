import contextlib
import logging
import time

import psycopg2
from psycopg2 import errorcodes
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ...engine.base.line import one_line
from ...engine.batch import when
from ..base.ai_callback import is_callback
from ..base.transactions import Apart, Waiting, under_test

_logger = logging.getLogger(__name__)

#: Requests that are looked up at once.
LOOK_UP = 240
#: Callbacks of one transaction: so many, and no longer than so many seconds.
TOGETHER = 60
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
            numbers = self._give_to_jobs(numbers)
            for start in range(0, len(numbers) or 1, TOGETHER):
                if time.monotonic() > deadline:
                    self.env.ref("ai_brain.ir_cron_batch_call_back")._trigger()
                    return
                self._call_back_some(numbers[start : start + TOGETHER])
            if under_test():
                self.env.invalidate_all()
        self.env.invalidate_all()

    @api.model
    def _to_call_back(self):
        """Return ids of what is due, but for what another process has in hand."""
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "SELECT id FROM ai_batch_request WHERE callback_state = 'pending'"
                " AND callback_at <= now() AT TIME ZONE 'UTC' ORDER BY callback_at, id LIMIT %s"
                " FOR UPDATE SKIP LOCKED",
                (LOOK_UP,),
            )
            return [row[0] for row in cr.fetchall()]

    @api.model
    def _call_back_some(self, numbers):
        """Run callbacks in one transaction, each in a savepoint; one by one where that transaction
        loses a race, or ends for any other reason: then none of them has run."""
        tried, failed, begun = [], {}, time.monotonic()
        try:
            with self._callback_cursor() as cr:
                known, done, before = {}, [], None
                for found in self._locked_for_callback(cr, numbers):
                    if time.monotonic() - begun > LONGEST_S:
                        break  # the others have their turn later
                    tried.append(found["id"])
                    person = found["user_id"], found["company_id"]
                    if person != before:
                        cr.flush()  # what waits for the commit may be done as who was there first
                        before = person
                    try:
                        done.append(self._run_callback(cr, found, known))
                    except psycopg2.OperationalError:
                        raise
                    except Exception as error:
                        failed[found["id"]] = error
                self._called_back(cr, done)
        except Exception:
            for number in tried or numbers[:1]:
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
                    done = [
                        self._run_callback(cr, found, {})
                        for found in self._locked_for_callback(cr, [number])
                    ]
                    self._called_back(cr, done)
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
        """Yield a cursor of Odoo's pool whose transaction is committed at the end, and whose
        ``precommit`` is a ``Waiting``."""
        if under_test():
            cr, before = self.env.cr, self.env.cr.precommit
            with cr.savepoint():  # which runs what waited before
                cr.precommit = Waiting()
                try:
                    yield cr
                    cr.flush()
                finally:
                    cr.precommit = before
            return
        with self.env.registry.cursor() as cr:
            cr.precommit = Waiting()
            yield cr

    @api.model
    def _locked_for_callback(self, cr, numbers):
        """Return what of these requests is to be called back as dicts, locked; those that another
        one has in hand, or has just called back, are left out."""
        cr.execute(
            "SELECT id, user_id, company_id, callback_model, callback_method, callback_ids, answer,"
            " round FROM ai_batch_request WHERE id = ANY(%s) AND callback_state = 'pending'"
            " ORDER BY array_position(%s, id) FOR UPDATE SKIP LOCKED",
            (numbers, numbers),
        )
        return cr.dictfetchall()

    @api.model
    def _called_back(self, cr, done):
        """Say of requests, as (id, round, note or None), that their callbacks ran: what is undone
        with the callbacks need not be on disk before them. One that was sent again meanwhile, by
        another one's callback, still waits for that answer."""
        if done:
            cr.execute(
                "UPDATE ai_batch_request r SET callback_state = 'done', callback_error = d.told,"
                " answer = CASE WHEN c.ai_text_policy != 'none' THEN r.answer END"
                " FROM unnest(%s::int[], %s::int[], %s::text[]) AS d(id, round, told),"
                " res_company c WHERE r.id = d.id AND c.id = r.company_id"
                " AND COALESCE(r.round, 0) = COALESCE(d.round, 0)",
                [[*column] for column in zip(*done)],
            )

    @api.model
    def _run_callback(self, cr, found, known):
        """Run one callback, undone where it raises; return (id, round, what is to be told of it).

        :param dict found: of :meth:`_locked_for_callback`
        :param dict known: environments of the transaction, by person and company; and whether
            the savepoint of an earlier one is there
        """
        number, key = found["id"], (found["user_id"], found["company_id"])
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
        env.flush_all()
        kept = cr.precommit.kept()
        try:
            records = self._begin_callback(env[model].browse(found["callback_ids"]), known)
            getattr(records, method)(env["ai.batch.request"].browse(number), found["answer"])
            env.flush_all()
            if cr.connection.get_transaction_status() == TRANSACTION_STATUS_INERROR:
                raise RuntimeError("The callback went on after the database had refused something.")
        except psycopg2.OperationalError:
            raise  # the transaction is over
        except Exception:
            cr.execute("ROLLBACK TO SAVEPOINT ai_callback")
            env.transaction.clear()
            # what this one wanted done at the commit is undone with it
            cr.precommit.put_back(kept)
            raise
        told, gone = None, len(found["callback_ids"]) - len(records)
        if gone:
            told = self.env._("%s of the records that asked were deleted.", gone)
        return number, found["round"], told

    @api.model
    def _begin_callback(self, records, known):
        """Take a savepoint in place of the one before, and return those of the records that exist:
        in one message, for a callback itself often sends no more than one.

        :raise NobodyToCall: none of them exists
        """
        before = SQL("RELEASE SAVEPOINT ai_callback;") if known.get("savepoint") else SQL()
        known["savepoint"] = True
        cr = records.env.cr
        cr.execute(
            SQL(
                "%s SAVEPOINT ai_callback; SELECT id FROM %s AS r WHERE id IN %s",
                before,
                records._table_sql,
                tuple(records.ids) or (0,),
            )
        )
        there = {row[0] for row in cr.fetchall()}
        if not there:
            raise NobodyToCall(
                self.env._("The records that asked were deleted. The answer is kept here.")
            )
        return records.browse(number for number in records.ids if number in there)

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
