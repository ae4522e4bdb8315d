"""The vendor's fine-tuning jobs, as OpenAI's: files go up, a job runs, a model comes of it.

A job is as far as its time says whenever somebody asks; when it ends it is billed, once: the tokens
of its training file, as the vendor counts them, times its rounds. What happens is set with
``Vendor.defaults(…)``:

- ``tune_delay``: seconds until it ends; before that it is queued, then running;
- ``tune_end``: ``failed`` (in training), ``invalid`` (its file is refused, before training),
  ``cancelled`` (by the vendor); otherwise it succeeds;
- ``tune_part=N``: of 100 tokens so many were trained when it failed or was cancelled;
- ``tune_silent=1``: the job does not say how many tokens it bills;
- ``tune_gone=1``: jobs are not known any more, neither in the list nor by number;
- ``tune_post=close`` (the job is taken and the connection closed instead of an answer), ``hang``
  (taken, and held at the gate ``tune``), or a status such as 503 (it is not taken).
"""

import itertools
import json
import re
import threading
import time
import urllib.parse
from decimal import Decimal

from . import prices
from .batches import page
from .counting import count_prompt

LEAST = 10


class Job:
    """One training."""

    def __init__(self, number, body, lines, key):
        self.id = f"ftjob-{number:06d}"
        self.body, self.lines, self.key = body, lines, key
        self.created = time.time()
        self.cancelled = False
        self.end = ""
        self.trained = None
        self.events = []
        self.tell("Created fine-tuning job")

    def tell(self, message, level="info", **data):
        self.events.append(
            {
                "object": "fine_tuning.job.event",
                "id": f"ftevent-{self.id[6:]}-{len(self.events):04d}",
                "created_at": int(time.time()),
                "level": level,
                "message": message,
                "type": "metrics" if data else "message",
                "data": data,
            }
        )

    @property
    def rounds(self):
        asked = self.body.get("method", {}).get("supervised", {}).get("hyperparameters", {})
        found = asked.get("n_epochs", "auto")
        return 3 if found == "auto" else int(found)

    @property
    def tokens(self):
        """Tokens of the training file, each example as if it were sent."""
        return sum(
            count_prompt([message["content"] for message in line["messages"]], "openai")
            for line in self.lines
        )


class Tunings:
    """All jobs of a vendor."""

    def __init__(self):
        self.lock = threading.RLock()
        self.numbers = itertools.count(1)
        self.all = {}


def settle(handler, job):
    """Bring a job as far as its time says; what was trained is billed, once."""
    state = handler.server.state
    told = state.defaults
    with state.tunings.lock:
        if job.end:
            return
        waits = time.time() < job.created + float(told.get("tune_delay", 0))
        if waits and not job.cancelled:
            if len(job.events) < 2:
                job.tell("Step 1/10: training loss=1.20", step=1, total_steps=10)
            return
        ends = {"failed": "failed", "invalid": "failed", "cancelled": "cancelled"}
        job.end = "cancelled" if job.cancelled else ends.get(told.get("tune_end"), "succeeded")
        part = 100 if job.end == "succeeded" else int(told.get("tune_part", 0))
        part = 0 if told.get("tune_end") == "invalid" else part
        job.trained = job.tokens * job.rounds * part // 100
        if job.end == "succeeded":
            job.tell("Step 10/10: training loss=0.31", step=10, total_steps=10)
        job.tell(f"The job ended: {job.end}", "error" if job.end == "failed" else "info")
        price = Decimal(prices.PRICES[job.body["model"]]["training"])
        state.add(
            {
                "path": "tuning",
                "job": job.id,
                "model": job.body["model"],
                "key": job.key,
                "tokens": job.trained,
                "bill": f"{price * job.trained / 1_000_000:f}",
                "told": not told.get("tune_silent"),
                "at": time.time(),
            }
        )


def view(handler, job):
    settle(handler, job)
    told = handler.server.state.defaults
    early = time.time() < job.created + float(told.get("tune_delay", 0)) / 2
    status = job.end or ("queued" if early else "running")
    name = f"ft:{job.body['model']}:loop:{job.body.get('suffix', '')}:{job.id[6:]}"
    silent = told.get("tune_silent") or not job.end or (job.end == "failed" and not job.trained)
    return {
        "object": "fine_tuning.job",
        "id": job.id,
        "model": job.body["model"],
        "created_at": int(job.created),
        "finished_at": int(time.time()) if job.end else None,
        "fine_tuned_model": name if job.end == "succeeded" else None,
        "organization_id": "org-loop",
        "result_files": [],
        "status": status,
        "training_file": job.body["training_file"],
        "validation_file": job.body.get("validation_file"),
        "metadata": job.body.get("metadata"),
        "trained_tokens": None if silent else job.trained,
        "estimated_finish": None if job.end else int(time.time()) + 60,
        "error": {"code": "simulated", "message": f"simulated failure {job.key}"}
        if job.end == "failed"
        else None,
        "hyperparameters": {"n_epochs": job.rounds},
    }


def serve(handler, method, data=b""):
    """Answer a request to the service; False if it is none."""
    parts = urllib.parse.urlsplit(handler.path)
    match = re.fullmatch(r"/v1/fine_tuning/jobs(?:/([\w-]+)(/events|/cancel)?)?", parts.path)
    if not match:
        return False
    if not handler.key():
        handler.send_json(401, {"error": {"message": "no key"}})
        return True
    query = dict(urllib.parse.parse_qsl(parts.query))
    try:
        if match[1]:
            _one(handler, method, match[1], match[2], query)
        elif method == "GET":
            _list(handler, query)
        else:
            _create(handler, json.loads(data))
    except KeyError as missing:
        handler.send_json(404, {"error": {"message": f"there is no {missing}"}})
    except (ValueError, TypeError) as wrong:
        handler.send_json(400, {"error": {"message": f"bad request: {wrong}"}})
    return True


def _create(handler, body):
    state = handler.server.state
    told = state.defaults.get("tune_post", "")
    if told.isdigit():
        return handler.send_json(int(told), {"error": {"message": f"simulated {told}"}})
    for name in (body["training_file"], body.get("validation_file")):
        if name and state.batches.files[name]["purpose"] != "fine-tune":
            raise ValueError("the purpose of the file is not fine-tune")
    lines = state.batches.files[body["training_file"]]["data"].splitlines()
    lines = [json.loads(line) for line in lines]
    if len(lines) < LEAST or body["method"]["type"] != "supervised":
        raise ValueError(f"{len(lines)} examples")
    for line in lines:
        if line["messages"][-1]["role"] != "assistant":
            raise ValueError("an example ends with the assistant")
    if "training" not in prices.PRICES[body["model"]]:
        raise ValueError("this model cannot be tuned")
    with state.tunings.lock:
        job = Job(next(state.tunings.numbers), body, lines, handler.key())
        state.tunings.all[job.id] = job
    if told == "hang":
        state.hold("tune")
    if told in ("close", "hang"):
        return handler.hang_up()
    return handler.send_json(200, view(handler, job))


def _list(handler, query):
    state = handler.server.state
    jobs = [] if state.defaults.get("tune_gone") else list(state.tunings.all.values())[::-1]
    rows, more = page(jobs, query, "after", "limit")
    views = [view(handler, job) for job in rows]
    return handler.send_json(200, {"object": "list", "data": views, "has_more": more})


def _one(handler, method, name, verb, query):
    state = handler.server.state
    if state.defaults.get("tune_gone"):
        raise KeyError(name)
    job = state.tunings.all[name]
    if verb == "/events":
        settle(handler, job)
        rows = job.events[::-1][: int(query.get("limit", 20))]
        return handler.send_json(200, {"object": "list", "data": rows, "has_more": False})
    if verb and method == "POST":
        settle(handler, job)
        if job.end:
            return handler.send_json(400, {"error": {"message": "the job has ended"}})
        job.cancelled = True
    return handler.send_json(200, view(handler, job))
