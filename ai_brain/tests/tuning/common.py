"""A vendor of trainings on loopback, and a case that has it and an agent's calls at hand."""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo import fields
from odoo.tools import mute_logger

from ..common import AiCase


class TuningVendor:
    """Takes files and trains for as long as ``running`` says.

    ``status``: how a job ends; ``trained``: tokens that it bills (None: it does not say);
    ``post``: what becomes of a new job: None, a status, ``lost`` (taken, and no answer given);
    ``gone``: jobs are not known any more; ``ended``: cancelling is refused.
    """

    def __init__(self):
        self.reset()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                vendor.asked.append(self.path)
                path = self.path.partition("?")[0]
                if path.endswith("/files"):
                    rows = [{"id": name, "filename": row[0]} for name, row in vendor.files.items()]
                    return self.reply(200, {"data": rows, "has_more": False})
                if vendor.gone and "/jobs/" in path:
                    return self.reply(404, {"error": {"message": "unknown"}})
                if path.endswith("/jobs"):
                    jobs = [] if vendor.gone else [vendor.view(job) for job in vendor.jobs[::-1]]
                    return self.reply(200, {"data": jobs, "has_more": False})
                if path.endswith("/events"):
                    return self.reply(200, {"data": vendor.events[::-1]})
                return self.reply(200, vendor.view(vendor.job(path.split("/")[-1])))

            def do_POST(self):
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                vendor.asked.append(self.path)
                if self.path.endswith("/files"):
                    filename = re.search(rb'filename="([^"]+)"', data)[1].decode()
                    lines = [
                        json.loads(line) for line in data.splitlines() if line.startswith(b"{")
                    ]
                    name = f"file-{len(vendor.uploads)}"
                    vendor.uploads.append(lines)
                    vendor.files[name] = (filename, lines)
                    return self.reply(200, {"id": name})
                if self.path.endswith("/cancel"):
                    if vendor.ended:
                        return self.reply(400, {"error": {"message": "it has ended"}})
                    job = vendor.job(self.path.split("/")[-2])
                    job["cancelled"] = True
                    return self.reply(200, vendor.view(job))
                if isinstance(vendor.post, int):
                    return self.reply(vendor.post, {"error": {"message": "refused by a test"}})
                job = {**json.loads(data), "id": f"ftjob-{len(vendor.jobs)}"}
                job["created_at"] = int(time.time())
                vendor.jobs.append(job)
                if vendor.post == "lost":
                    self.close_connection = True
                    return self.connection.close()
                return self.reply(200, vendor.view(job))

            def do_DELETE(self):
                vendor.files.pop(self.path.split("/")[-1], None)
                self.reply(200, {})

            def reply(self, status, reply):
                reply = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *args):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self):
        self.jobs, self.files, self.uploads, self.asked = [], {}, [], []
        self.running, self.status, self.trained, self.post = False, "succeeded", 4321, None
        self.gone, self.ended, self.model = False, False, "ft:gpt-4o-mini-2024-07-18:a:b:1"
        self.events = [
            {"id": "e1", "message": "Created", "level": "info", "created_at": 1_800_000_000},
            {"id": "e2", "message": "Step 3/10: loss=1.2", "created_at": 1_800_000_060},
        ]

    def job(self, name):
        return next(job for job in self.jobs if job["id"] == name)

    def view(self, job):
        status = "cancelled" if job.get("cancelled") else self.status
        if self.running and not job.get("cancelled"):
            status = self.running if isinstance(self.running, str) else "running"
        done = status in ("succeeded", "failed", "cancelled")
        return {
            "id": job["id"],
            "status": status,
            "created_at": job["created_at"],
            "metadata": job.get("metadata"),
            "training_file": job["training_file"],
            "validation_file": job.get("validation_file"),
            "fine_tuned_model": self.model if status == "succeeded" else None,
            "trained_tokens": self.trained if done else None,
            "error": {"message": "the file has a fault"} if status == "failed" else None,
        }

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class TuningCase(AiCase):
    """``self.base`` is a provider whose trainings go to ``self.vendors`` at $3 a million tokens;
    ``self.agent`` has calls of ``self._call``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendors = TuningVendor()
        cls.addClassCleanup(cls.vendors.close)
        cls.env["ai.cost.budget"].search([]).active = False
        cls.company.ai_text_policy = "full"
        price = {"input_usd": 1.0, "output_usd": 2.0, "valid_from": "2020-01-01"}
        cls.base = cls._new_provider(
            "Base",
            {**price, "training_usd": 3.0, "training_source": "The vendor's page"},
            base_url=cls.vendors.url,
            model_name="gpt-4o-mini-2024-07-18",
        )
        cls.agent = cls.env["ai.agent"].create({"name": "Replies", "code": "tuned_reply"})
        cls.manager = cls._new_user("tunes", "base.group_user", "ai_brain.group_ai_manager")
        cls.env["res.partner"].create({"name": "Jürgen Ångström"})

    def setUp(self):
        super().setUp()
        self.vendors.reset()

    def _call(self, question="How are you?", reply="Fine.", **columns):
        """Write the ledger row of a well-rated call; return its id."""
        messages = [{"role": "user", "content": question}]
        row = {
            "company_id": self.company.id,
            "user_id": self.env.uid,
            "provider_id": self.base.id,
            "agent_key": self.agent.id,
            "agent_type": self.agent.code,
            "task_type": "chat",
            "kind": "api",
            "state": "done",
            "finish_reason": "stop",
            "input_tokens": 100,
            "output_tokens": 50,
            "cost_usd": 0.0002,
            "answer_text": reply,
            "messages": {"messages": messages},
            "quality_score": 95.0,
            "feedback_count": 1,
            **columns,
        }
        return self.env["ai.token.usage"].sudo()._insert([self._exact_row(row)])[0]

    def _exact_row(self, row):
        return self.env["ai.token.usage"]._exact(row)

    def _calls(self, count=12):
        return [self._call(f"Question {number}?", f"Answer {number}.") for number in range(count)]

    def _job(self, user=None, **vals):
        """Create a job of the agent as a manager."""
        values = {"name": "Test", "agent_id": self.agent.id, "provider_id": self.base.id, **vals}
        return self.env["ai.tuning.job"].with_user(user or self.manager).create(values)

    def _ready(self, count=12, **vals):
        self._calls(count)
        job = self._job(share=0, **vals)
        job.action_collect()
        return job

    def _run(self):
        """Run the scheduled action as if its time had come."""
        self._sql("UPDATE ai_tuning_job SET next_at = '2020-01-01', lease_until = NULL")
        with mute_logger("odoo.addons.ai_brain.models.tuning.tuning_send"):
            self.env["ai.tuning.job"]._cron_tune()
        self.env.invalidate_all()

    def _sql(self, query, *params):
        self.env.flush_all()
        self.env.cr.execute(query, params or None)
        self.env.invalidate_all()

    def _held(self):
        """What all reservations hold, as PostgreSQL writes it."""
        self.env.flush_all()
        self.env.cr.execute("SELECT trim_scale(sum(amount_usd))::text FROM ai_cost_reservation")
        return self.env.cr.fetchone()[0]

    def _paying_row(self, job):
        return self.env["ai.token.usage"].search([("tuning_job_key", "=", job.id)])

    def _hours_later(self, hours=1):
        past = fields.Datetime.subtract(fields.Datetime.now(), hours=hours)
        self._sql("UPDATE ai_tuning_job SET sent_at = %s, create_date = %s", past, past)
