"""A vendor of batches on loopback, in Anthropic's format, and a case that has it at hand."""

import json
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo import fields

from ...callbacks import ai_callback
from ..common import AiCase


class BatchVendor:
    """Answers every call of a batch with ``Re: `` and its question, once it is asked how far it is.

    ``ends``: how batches end (done, expired, canceled); ``running``: they do not end; a question
    that begins with a word of ``outcomes`` gets that outcome instead (a status or ``expired``);
    ``post``: what becomes of a new batch: None, a status, ``lost`` (taken, and no answer given);
    ``cut``: so many results come, then the file ends; ``twice``: each result comes twice.
    """

    def __init__(self):
        self.reset()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                vendor.asked.append(self.path)
                parts = self.path.partition("?")[0].split("/")
                if parts[-1] == "batches":
                    rows = [vendor.view(batch, self) for batch in reversed(vendor.batches)]
                    return self.reply(200, {"data": rows, "has_more": False})
                batch = vendor.batch(parts[-2] if parts[-1] == "results" else parts[-1])
                if parts[-1] == "results":
                    rows = vendor.results(batch)
                    text = "".join(json.dumps(row) + "\n" for row in rows)
                    if vendor.cut is not None:
                        text += '{"custom_id": "half a'
                    return self.reply(200, text.encode())
                return self.reply(200, vendor.view(batch, self))

            def do_POST(self):
                data = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
                if self.path.endswith("/cancel"):
                    batch = vendor.batch(self.path.split("/")[-2])
                    if not vendor.running or batch.get("cancelled"):
                        return self.reply(409, {"error": {"message": "it has ended"}})
                    batch["cancelled"] = True
                    return self.reply(200, vendor.view(batch, self))
                if isinstance(vendor.post, int):
                    return self.reply(vendor.post, {"error": {"message": "refused by a test"}})
                batch = {"id": f"msgbatch_{len(vendor.batches):04d}", "calls": data["requests"]}
                batch["at"] = datetime.now(timezone.utc).isoformat()
                vendor.batches.append(batch)
                if vendor.post == "lost":
                    self.close_connection = True
                    return self.connection.close()
                return self.reply(200, vendor.view(batch, self))

            def do_DELETE(self):
                vendor.deleted.append(self.path.split("/")[-1])
                self.reply(200, {})

            def reply(self, status, reply):
                reply = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *args):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self):
        self.batches, self.asked, self.deleted = [], [], []
        self.ends, self.running, self.post, self.cut = "done", False, None, None
        self.outcomes, self.twice = {}, False

    def batch(self, name):
        return next(batch for batch in self.batches if batch["id"] == name)

    def questions(self):
        """The questions of each batch that was taken."""
        return [[_question(call) for call in batch["calls"]] for batch in self.batches]

    def view(self, batch, handler):
        ended = not self.running or batch.get("cancelled")
        host = handler.headers["Host"]
        return {
            "id": batch["id"],
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": self.counts(batch) if ended else {"processing": len(batch["calls"])},
            "created_at": batch["at"],
            "expires_at": batch["at"],
            "results_url": f"http://{host}/v1/messages/batches/{batch['id']}/results"
            if ended
            else None,
        }

    def counts(self, batch):
        counts = {}
        for row in self.results(batch, whole=True):
            counts[row["result"]["type"]] = counts.get(row["result"]["type"], 0) + 1
        return counts

    def results(self, batch, whole=False):
        rows = []
        for call in batch["calls"]:
            question = _question(call)
            outcome = self.outcomes.get(question.split(" ")[0])
            if batch.get("cancelled"):
                outcome = outcome or "canceled"
            if self.ends != "done":
                outcome = outcome or self.ends
            rows.append({"custom_id": call["custom_id"], "result": self.result(question, outcome)})
        if self.twice:
            rows += rows
        return rows if whole or self.cut is None else rows[: self.cut]

    def result(self, question, outcome):
        if outcome in ("expired", "canceled"):
            return {"type": outcome}
        if outcome:
            kinds = {400: "invalid_request_error", 529: "overloaded_error"}
            error = {"type": kinds[outcome], "message": "refused by a test"}
            return {"type": "errored", "error": {"type": "error", "error": error}}
        message = {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": "test-model",
            "content": [{"type": "text", "text": f"Re: {question}"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 10, "output_tokens": 5},
        }
        return {"type": "succeeded", "message": message}

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def _question(call):
    content = call["params"]["messages"][-1]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


CALLED, FAILING = [], []


@ai_callback
def _on_test_answer(self, request, answer):
    CALLED.append((self, request, answer, self.env))
    self.comment = answer["content"]
    if FAILING:
        raise ValueError(FAILING[-1])


def _no_callback(self, request, answer):
    return


class BatchCase(AiCase):
    """``self.batched`` is a provider whose batches go to ``self.vendors``, at $1 and $2 a million
    tokens and half of that in a batch."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendors = BatchVendor()
        cls.addClassCleanup(cls.vendors.close)
        price = {"input_usd": 1.0, "output_usd": 2.0, "valid_from": "2020-01-01"}
        cls.batched = cls._new_provider(
            "Batches",
            {**price, "batch_factor": 0.5},
            api_format="anthropic",
            base_url=cls.vendors.url,
            batch_service="yes",
            enable_cost_optimization=False,
            enable_waste_detection=False,
        )
        cls.env["ai.cost.budget"].search([]).active = False
        cls._extend_partner()
        cls.user = cls._new_user("waits", "base.group_user", "base.group_partner_manager")
        cls.partner = cls.env["res.partner"].create({"name": "Asks"})

    @classmethod
    def _extend_partner(cls):
        """Give partners callbacks for the time of the tests."""
        owner = cls.registry["res.partner"]
        for function in (_on_test_answer, _no_callback):
            setattr(owner, function.__name__, function)
            cls.addClassCleanup(delattr, owner, function.__name__)

    def setUp(self):
        super().setUp()
        self.vendors.reset()
        CALLED.clear()
        FAILING.clear()

    def _submit(self, text="How are you?", callback=True, user=None, **options):
        """Submit a question as ``self.user``, with a callback on ``self.partner``."""
        options.setdefault("config", self.batched.id)
        if callback is True:
            callback = ("res.partner", "_on_test_answer", self.partner.ids)
        service = self.service.with_user(user or self.user)
        return service.submit(text, callback=callback, **options).sudo()

    def _due(self, hours_ago=1):
        """As if the time of waiting were over, by so many hours."""
        past = fields.Datetime.subtract(fields.Datetime.now(), hours=hours_ago)
        self._sql("UPDATE ai_batch_request SET send_at = %s, not_before = NULL", past)

    def _sql(self, query, *params):
        self.env.flush_all()
        self.env.cr.execute(query, params or None)
        self.env.invalidate_all()

    def _send(self, hours_ago=1):
        self._due(hours_ago)
        self.env["ai.batch"]._cron_send()

    def _poll(self):
        self._sql("UPDATE ai_batch SET next_at = '2020-01-01', lease_until = NULL")
        self.env["ai.batch"]._cron_poll()

    def _call_back(self):
        self._sql(
            "UPDATE ai_batch_request SET callback_at = '2020-01-01' WHERE callback_at IS NOT NULL"
        )
        self.env["ai.batch.request"]._cron_call_back()

    def _all(self):
        self._send()
        self._poll()
        self._call_back()

    def _held(self):
        """What all reservations hold, as PostgreSQL writes it."""
        self.env.flush_all()
        self.env.cr.execute("SELECT trim_scale(sum(amount_usd))::text FROM ai_cost_reservation")
        return self.env.cr.fetchone()[0]
