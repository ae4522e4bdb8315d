import contextlib
import json
import logging
import time
from datetime import timedelta
from types import SimpleNamespace

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ... import exceptions
from ...engine.batch import when
from ..base.transactions import Apart, under_test
from .request_callback import NobodyToCall

_logger = logging.getLogger(__name__)

#: A worker that sends one singly counts as dead after so long: longer than any call takes.
LEASE = timedelta(minutes=30)
#: Beside the time that a vendor may take: to hold, and to settle.
MARGIN_S = 10
#: A scheduled action that has used less of its time has done nothing so far.
BEGUN_S = 5
#: What passes by itself.
PASSING = (
    exceptions.BudgetExceededError,
    exceptions.TooManyCallsError,
    exceptions.ServerBusyError,
    exceptions.CallInProgressError,
)


class AiBatchRequest(models.Model):
    """What is sent singly: a call like any other, as the user and company that submitted it, under
    a key of its own, so that a restart does not pay twice."""

    _inherit = "ai.batch.request"

    @api.model
    def _seconds_left(self):
        """Return the seconds until Odoo would end this scheduled action; None without a limit."""
        return self.env["ai.service"]._time_left_s(SimpleNamespace(started=time.monotonic()))

    @api.model
    def _send_singly(self, deadline, whole_s=None):
        """Send what goes singly, until ``deadline`` on the monotonic clock. What its vendor may
        take longer for than is left waits for a run that begins with it.

        :param whole_s: seconds that the scheduled action had when it began; None: any
        """
        while time.monotonic() < deadline:
            most_s, left = None, self._seconds_left()
            if left is not None and whole_s is not None and left < whole_s - BEGUN_S:
                most_s = left - MARGIN_S
            number = self._take_single(most_s)
            if not number:
                return
            self._send_some(self._with_alike(number))
            self.env["ai.service"]._wake_batches("call_back")

    @api.model
    def _take_single(self, most_s=None):
        """Take the next one in hand, one whose worker died before included; its id or None.

        :param most_s: only of providers that are waited for no longer
        """
        now = fields.Datetime.now()
        with Apart(self.env).cursor() as cr:
            cr.execute(
                SQL(
                    """
                    UPDATE ai_batch_request SET state = 'sent', lease_until = %(lease)s,
                           tries = COALESCE(tries, 0) + (state = 'waiting')::int
                     WHERE id = (
                        SELECT r.id FROM ai_batch_request r
                          JOIN ai_service_provider p ON p.id = r.provider_id
                         WHERE r.route = 'single'
                           AND (r.state = 'waiting'
                                AND (r.not_before IS NULL OR r.not_before <= %(now)s)
                                OR r.state = 'sent' AND r.lease_until <= %(now)s)
                           AND (%(most)s::float8 IS NULL OR p.timeout_s <= %(most)s::float8)
                         ORDER BY r.send_at, r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED)
                    RETURNING id
                    """,
                    now=now,
                    lease=now + LEASE,
                    most=most_s,
                )
            )
            found = cr.fetchone()
            return found and found[0]

    @api.model
    def _single_of(self, number):
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "SELECT id, user_id, company_id, body, tries, send_at, provider_id,"
                " COALESCE(round, 0) AS round FROM ai_batch_request WHERE id = %s",
                (number,),
            )
            return cr.dictfetchone()

    @api.model
    def _conclude(self, request, answer):
        """Close a request with what ``answer()`` returns or raises, or have it wait again."""
        try:
            result = answer()
        except NobodyToCall as error:
            self._end_single(request, error=error)
        except PASSING as error:
            self._retry_single(request, error)
        except exceptions.OutcomeUnknownError as error:
            self._end_single(request, error=error, state="uncertain")
        except exceptions.ProviderCallError as error:
            passing = not getattr(error.provider_error, "final", False)
            if passing and (request["tries"] or 0) < when.SENDINGS:
                self._retry_single(request, error)
            else:
                self._end_single(request, error=error)
        except (UserError, AccessError) as error:
            self._end_single(request, error=error)
        except Exception as error:
            _logger.exception("AI request %s could not be sent.", request["id"])
            self._retry_single(request, error)
        else:
            self._end_single(request, result=result)

    @api.model
    def _item_of(self, request):
        """Return what ``send_message`` is given for a request."""
        body = json.loads(request["body"])
        # the same at every try: whoever died after it was answered does not pay again
        key = f"ai.batch.request,{request['id']},{request['round']}"
        names = ("messages", "config", "environment")
        return {
            **{name: body[name] for name in names},
            **body["options"],
            "idempotency_key": key,
        }

    @contextlib.contextmanager
    def _single_cursor(self):
        """Yield a cursor of Odoo's pool that the call may close."""
        if under_test():
            yield self.env.cr
            return
        with contextlib.closing(self.env.registry.cursor()) as cr:
            yield cr
            if not cr.closed:
                cr.commit()  # pylint: disable=invalid-commit

    @api.model
    def _retry_single(self, request, error):
        """Have it wait a little; whoever could not be sent for a day fails."""
        with Apart(self.env).cursor() as cr:
            told = {request["id"]: str(error)}
            self._put_back_on(cr, None, told, code=type(error).__name__)

    @api.model
    def _end_single(self, request, result=None, error=None, state=None):
        with Apart(self.env).cursor() as cr:
            cr.execute(
                "SELECT r.id, c.ai_text_policy AS policy FROM ai_batch_request r"
                "  JOIN res_company c ON c.id = r.company_id"
                " WHERE r.id = %s AND r.state = 'sent' FOR UPDATE OF r",
                (request["id"],),
            )
            found = cr.dictfetchone()
            if not found:
                return
            policy = found["policy"]
            if result:
                ended = self._ended_by(result)
                ended["keeps_body"] = policy == "full"
            else:
                ended = {
                    "state": state or "failed",
                    "error": str(error),
                    "error_code": type(error).__name__,
                    "token_usage_id": getattr(error, "token_usage_id", None) or None,
                    "keeps_body": policy != "none",
                }
            self._close(cr, [{**ended, "id": request["id"]}])

    @api.model
    def _ended_by(self, result):
        """Return what closes a request that ``send_message`` answered."""
        names = ("content", "usage", "cost_usd", "baseline_cost_usd", "saved_usd", "provider_id",
                 "provider_name", "model", "kind", "token_usage_id", "tool_calls",
                 "finish_reason")  # fmt: skip
        answer = {"state": result["state"], "error": None, "error_code": None}
        answer.update((name, result[name]) for name in names)
        if "data" in result:
            answer.update(data=result["data"], problems=[])
        return {
            "state": result["state"],
            "answer": answer,
            "cost_usd": result["cost_usd"],
            "saved_usd": result["saved_usd"],
            "token_usage_id": result["token_usage_id"] or None,
        }
