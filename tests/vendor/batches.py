"""The vendor's batch services: three ways to hand in calls that may wait, at half the price.

A batch is answered when somebody asks for it and its time has come. Every call in it obeys the
marker in its prompt as far as that makes sense: a fault that is not billed fails that call alone.
What happens to batches as a whole is set with ``Vendor.defaults(…)`` before they are asked for:

- ``batch_delay``: seconds until the answers are there;
- ``batch_end=fail``: OpenAI refuses the batch as a whole, as where too much waits already;
- ``batch_end=expire``: the batch expires instead; ``batch_part``: so many calls at its beginning
  are answered all the same, as they are when it is cancelled;
- ``batch_order=reverse``; ``batch_twice=1``: each answer comes twice; ``batch_stray=1``: beside the
  answers there is one that nobody asked for;
- ``batch_cut=half`` (the connection closes in the middle of the results) or ``clean`` (the file is
  cut, and complete as far as HTTP can tell);
- ``batch_post=close`` (the batch is taken and the connection closed instead of an answer), or a
  status such as 503 (it is not taken).
"""

import datetime
import itertools
import json
import re
import threading
import time
import urllib.parse
from decimal import Decimal

from . import formats, prices
from .faults import FAULTS, directives

_KINDS = {"400": "invalid_request_error", "401": "authentication_error", "429": "rate_limit_error"}
_GRPC = {"400": 3, "401": 16, "403": 7, "404": 5, "429": 8, "503": 14}
_LIFE_S = 24 * 3600


class Batch:
    """One batch: its calls as (id, model, body), and what became of each."""

    def __init__(self, number, form, calls, **facts):
        self.form, self.calls, self.facts = form, calls, facts
        self.id = f"{facts.pop('prefix')}{number:06d}"
        self.created = time.time()
        self.cancelled = False
        self.new = True  # until its making was answered
        self.results = None  # (custom id, kind, answer or fault), once it has ended
        self.end = ""

    def counts(self):
        found = [kind for _name, kind, _value in self.results or ()]
        return {kind: found.count(kind) for kind in ("succeeded", "errored", "expired", "canceled")}


class Batches:
    """All batches and files of a vendor."""

    def __init__(self):
        self.lock = threading.RLock()
        self.numbers = itertools.count(1)
        self.all = {}
        self.files = {}

    def add(self, form, calls, **facts):
        with self.lock:
            batch = Batch(next(self.numbers), form, calls, **facts)
            self.all[batch.id] = batch
            return batch

    def add_file(self, data, **facts):
        with self.lock:
            name = f"file-{next(self.numbers):06d}"
            self.files[name] = {"data": data, "created": int(time.time()), **facts}
            return name

    def newest_first(self, form):
        return [batch for batch in reversed(list(self.all.values())) if batch.form is form]


def settle(handler, batch):
    """Answer the batch if its time has come; every answer is billed, once."""
    state = handler.server.state
    told = state.defaults
    with state.batches.lock:
        waits = time.time() < batch.created + float(told.get("batch_delay", 0))
        if batch.new or batch.results is not None or (waits and not batch.cancelled):
            return
        ends = {"expire": "expired", "fail": "failed"}
        batch.end = "canceled" if batch.cancelled else ends.get(told.get("batch_end"), "")
        if batch.end == "failed":
            batch.results = []
            return
        answered = int(told.get("batch_part", 0)) if batch.end else len(batch.calls)
        batch.results = [
            _answer(handler, batch, *call) if place < answered else (call[0], batch.end, None)
            for place, call in enumerate(batch.calls)
        ]


def _answer(handler, batch, name, model, body):
    form, state = batch.form, handler.server.state
    prompt = form.prompt(body)
    told = {**state.defaults, **directives(prompt)}
    fault = told.get("fault")
    row = {
        "path": "batch",
        "batch": batch.id,
        "custom_id": name,
        "format": form.name,
        "model": model,
        "stream": False,
        "key": batch.facts["key"],
        "id": told.get("id"),
        "fault": fault,
        "bill": "0",
        "counts": None,
        "told": False,
        "attempt": state.nth(prompt),
        "at": time.time(),
    }
    if model not in prices.PRICES:
        fault = "404"
    if fault and not FAULTS[fault]:
        state.add(row)
        return name, "errored", fault if fault.isdigit() else "400"
    text, counts, finish = handler.answer(form, body, prompt, told)
    usage = form.usage(counts)
    usage.update(form.said("", ""))
    bill = Decimal(prices.bill(model, counts)) / 2
    row.update(counts=counts, bill=f"{bill:f}", told=fault is None)
    state.add(row)
    answer = form.whole(row["n"], model, text, usage, finish, told.get("tool"))
    if fault == "nousage":
        answer = {key: value for key, value in answer.items() if "usage" not in key}
    if fault == "wrongtypes":
        answer.update(choices=None, content=7, candidates="none")
    return name, "succeeded", answer


def listed(handler, batch):
    """The results in the order, and as often, as the vendor gives them."""
    told = handler.server.state.defaults
    rows = list(batch.results or ())
    if told.get("batch_order") == "reverse":
        rows.reverse()
    if told.get("batch_twice"):
        rows += rows
    if told.get("batch_stray") and rows:
        rows.insert(1, ("nobody-asked", *rows[0][1:]))
    return rows


def send_file(handler, data):
    """Send results, cut where that was asked for."""
    cut = handler.server.state.defaults.get("batch_cut")
    half = data[: len(data) * 2 // 5]
    if cut != "half":
        return handler.send_json(200, half if cut == "clean" else data)
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(half)
    return handler.hang_up()


def jsonl(rows):
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def stamp(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat().replace("+00:00", "Z")


def taken(handler, batch, view):
    """Answer the request that made a batch, or not."""
    if handler.server.state.defaults.get("batch_post") == "close":
        batch.new = False
        return handler.hang_up()
    answer = view(handler, batch)
    batch.new = False
    return handler.send_json(200, answer)


def page(rows, query, after, size):
    """(rows of the page, are there more) after the id that the query names."""
    names = [row.id for row in rows]
    start = names.index(query[after]) + 1 if query.get(after) in names else 0
    size = min(int(query.get(size, 20)), 100)
    return rows[start : start + size], len(rows) > start + size


def serve(handler, method, data=b""):
    """Answer a request to one of the services; False if it is none."""
    parts = urllib.parse.urlsplit(handler.path)
    query = dict(urllib.parse.parse_qsl(parts.query))
    for pattern, methods, view in _ROUTES:
        match = re.fullmatch(pattern, parts.path)
        if match and method in methods:
            if not handler.key():
                handler.send_json(401, {"error": {"message": "no key"}})
                return True
            try:
                view(handler, method, data, query, *match.groups())
            except KeyError as missing:
                handler.send_json(404, {"error": {"message": f"there is no {missing}"}})
            except (ValueError, TypeError) as wrong:
                handler.send_json(400, {"error": {"message": f"bad request: {wrong}"}})
            return True
    return False


def refuses(handler):
    """Refuse a new batch where that was asked for."""
    status = handler.server.state.defaults.get("batch_post", "")
    if status.isdigit():
        handler.send_json(int(status), {"error": {"message": f"simulated {status}"}})
    return status.isdigit()


# -- OpenAI ------------------------------------------------------------------------------------


def _files(handler, method, data, query):
    if method == "GET":
        files = handler.server.state.batches.files
        names = [name for name in reversed(files) if _has_purpose(files[name], query)]
        views = [_file_view(name, files[name]) for name in names]
        return handler.send_json(200, {"object": "list", "data": views, "has_more": False})
    boundary = re.search(r'boundary="?([^";]+)', handler.headers["Content-Type"])[1].encode()
    fields = {}
    for piece in data.split(b"--" + boundary)[1:-1]:
        head, _blank, content = piece.partition(b"\r\n\r\n")
        fields[re.search(rb'name="(\w+)"', head)[1].decode()] = content.removesuffix(b"\r\n")
    purpose = fields.get("purpose", b"").decode()
    if purpose not in ("batch", "fine-tune"):
        raise ValueError("purpose is not batch, nor fine-tune")
    filename = re.search(rb'filename="([^"]*)"', data)[1].decode()
    files = handler.server.state.batches
    name = files.add_file(fields["file"], purpose=purpose, filename=filename)
    return _file(handler, "GET", b"", {}, name)


def _file(handler, method, _data, _query, name):
    files = handler.server.state.batches.files
    if method == "DELETE":
        del files[name]
        return handler.send_json(200, {"id": name, "object": "file", "deleted": True})
    return handler.send_json(200, _file_view(name, files[name]))


def _has_purpose(file, query):
    return query.get("purpose") in (None, file["purpose"])


def _file_view(name, file):
    return {
        "id": name,
        "object": "file",
        "bytes": len(file["data"]),
        "created_at": file["created"],
        "filename": file.get("filename", "answers.jsonl"),
        "purpose": file["purpose"],
        "status": "processed",
    }


def _content(handler, _method, _data, _query, name):
    return send_file(handler, handler.server.state.batches.files[name]["data"])


def _openai_batches(handler, method, data, query):
    batches = handler.server.state.batches
    if method == "GET":
        rows, more = page(batches.newest_first(formats.OpenAI), query, "after", "limit")
        views = [_openai_view(handler, row) for row in rows]
        ends = {"first_id": rows[0].id, "last_id": rows[-1].id} if rows else {}
        return handler.send_json(200, {"object": "list", "data": views, "has_more": more, **ends})
    if refuses(handler):
        return None
    body = json.loads(data)
    if body["completion_window"] != "24h" or body["endpoint"] != "/v1/chat/completions":
        raise ValueError("completion_window or endpoint")
    lines = [json.loads(line) for line in batches.files[body["input_file_id"]]["data"].splitlines()]
    calls = [(line["custom_id"], line["body"]["model"], line["body"]) for line in lines]
    batch = batches.add(
        formats.OpenAI,
        calls,
        prefix="batch_",
        key=handler.key(),
        file=body["input_file_id"],
        metadata=body.get("metadata"),
    )
    return taken(handler, batch, _openai_view)


def ended(handler, batch):
    """Refuse to cancel a batch that has ended, as the vendors do; False if it has not."""
    settle(handler, batch)
    if batch.results is None:
        return False
    handler.send_json(409, {"error": {"message": "a batch that has ended cannot be cancelled"}})
    return True


def _openai_batch(handler, _method, _data, _query, name, verb):
    batch = handler.server.state.batches.all[name]
    if verb:
        if ended(handler, batch):
            return None
        batch.cancelled = True
    return handler.send_json(200, _openai_view(handler, batch))


def _openai_view(handler, batch):
    settle(handler, batch)
    counts = batch.counts()
    status = {"canceled": "cancelled", "expired": "expired", "failed": "failed", "": "completed"}
    status = status[batch.end]
    if batch.results is None:
        status = "validating" if batch.new else "in_progress"
    elif "output" not in batch.facts:
        rows = [_openai_row(batch, n, *row) for n, row in enumerate(listed(handler, batch))]
        files = handler.server.state.batches
        for kind, failed in (("output", False), ("error", True)):
            some = [row for row in rows if _has_failed(row) == failed]
            name = files.add_file(jsonl(some), purpose="batch_output") if some else None
            batch.facts[kind] = name
    refused = {"code": "token_limit_exceeded", "message": f"simulated {batch.facts['key']}"}
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": "/v1/chat/completions",
        "input_file_id": batch.facts["file"],
        "completion_window": "24h",
        "status": status,
        "output_file_id": batch.facts.get("output"),
        "error_file_id": batch.facts.get("error"),
        "created_at": int(batch.created),
        "expires_at": int(batch.created) + _LIFE_S,
        "request_counts": {
            "total": len(batch.calls),
            "completed": counts["succeeded"],
            "failed": counts["errored"] + counts["expired"] + counts["canceled"],
        },
        "metadata": batch.facts["metadata"],
        "errors": {"object": "list", "data": [refused]} if status == "failed" else None,
    }


def _has_failed(row):
    return bool(row["error"]) or row["response"]["status_code"] != 200


def _openai_row(batch, number, name, kind, value):
    row = {"id": f"batch_req_{number}", "custom_id": name, "response": None, "error": None}
    if kind in ("expired", "canceled"):
        code = {"expired": "batch_expired", "canceled": "batch_cancelled"}[kind]
        return {**row, "error": {"code": code, "message": f"simulated {code}"}}
    status, body = 200, value
    if kind == "errored":
        status = int(value)
        body = {"error": {"message": f"simulated {value} {batch.facts['key']}", "code": None}}
    return {**row, "response": {"status_code": status, "request_id": f"r{number}", "body": body}}


# -- Anthropic ---------------------------------------------------------------------------------


def _anthropic_batches(handler, method, data, query):
    batches = handler.server.state.batches
    if method == "GET":
        rows, more = page(batches.newest_first(formats.Anthropic), query, "after_id", "limit")
        views = [_anthropic_view(handler, row) for row in rows]
        ends = [rows[0].id, rows[-1].id] if rows else [None, None]
        return handler.send_json(
            200, {"data": views, "has_more": more, "first_id": ends[0], "last_id": ends[1]}
        )
    if refuses(handler):
        return None
    calls = [
        (row["custom_id"], row["params"]["model"], row["params"])
        for row in json.loads(data)["requests"]
    ]
    if not all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", call[0]) for call in calls):
        raise ValueError("custom_id")
    batch = batches.add(formats.Anthropic, calls, prefix="msgbatch_", key=handler.key())
    return taken(handler, batch, _anthropic_view)


def _anthropic_batch(handler, method, _data, _query, name, verb):
    batches = handler.server.state.batches
    batch = batches.all[name]
    if method == "DELETE":
        del batches.all[name]
        return handler.send_json(200, {"id": name, "type": "message_batch_deleted"})
    if verb == "/results":
        rows = [
            {"custom_id": custom_id, "result": _anthropic_result(batch, kind, value)}
            for custom_id, kind, value in listed(handler, batch)
        ]
        return send_file(handler, jsonl(rows))
    if verb:
        if ended(handler, batch):
            return None
        batch.cancelled = True
    return handler.send_json(200, _anthropic_view(handler, batch))


def _anthropic_view(handler, batch):
    settle(handler, batch)
    ended = batch.results is not None
    url = f"http://{handler.headers['Host']}/v1/messages/batches/{batch.id}/results"
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": "ended" if ended else "in_progress",
        "request_counts": {"processing": 0 if ended else len(batch.calls), **batch.counts()},
        "created_at": stamp(batch.created),
        "expires_at": stamp(batch.created + _LIFE_S),
        "ended_at": stamp(time.time()) if ended else None,
        "cancel_initiated_at": stamp(time.time()) if batch.cancelled else None,
        "archived_at": None,
        "results_url": url if ended else None,
    }


def _anthropic_result(batch, kind, value):
    if kind == "succeeded":
        return {"type": kind, "message": value}
    if kind != "errored":
        return {"type": kind}
    error = {
        "type": _KINDS.get(value, "api_error"),
        "message": f"simulated {value} {batch.facts['key']}",
    }
    return {"type": kind, "error": {"type": "error", "error": error}}


# -- Gemini ------------------------------------------------------------------------------------


def _gemini_create(handler, _method, data, _query, model):
    if refuses(handler):
        return None
    told = json.loads(data)["batch"]
    config = told.get("input_config") or told["inputConfig"]
    calls = [
        ((row.get("metadata") or {}).get("key"), model, row["request"])
        for row in config["requests"]["requests"]
    ]
    label = told.get("display_name") or told["displayName"]
    batch = handler.server.state.batches.add(
        formats.Gemini, calls, prefix="", key=handler.key(), label=label, model=model
    )
    return taken(handler, batch, _gemini_view)


def _gemini_list(handler, _method, _data, query):
    rows = handler.server.state.batches.newest_first(formats.Gemini)
    rows, more = page(rows, query, "pageToken", "pageSize")
    views = [_gemini_view(handler, row) for row in rows]
    token = {"nextPageToken": rows[-1].id} if more else {}
    return handler.send_json(200, {"operations": views, **token})


def _gemini_batch(handler, method, _data, _query, name, verb):
    batches = handler.server.state.batches
    batch = batches.all[name]
    if method == "DELETE":
        del batches.all[name]
        return handler.send_json(200, {})
    if verb:
        if ended(handler, batch):
            return None
        batch.cancelled = True
        return handler.send_json(200, {})
    data = json.dumps(_gemini_view(handler, batch), ensure_ascii=False).encode()
    return handler.send_json(200, data) if batch.results is None else send_file(handler, data)


def _gemini_view(handler, batch):
    settle(handler, batch)
    ended, counts = batch.results is not None, batch.counts()
    failed = len(batch.calls) - counts["succeeded"]
    state = {"canceled": "CANCELLED", "expired": "EXPIRED", "": "SUCCEEDED"}[batch.end]
    rows = [
        {**_gemini_result(batch, kind, value), "metadata": {"key": name}}
        for name, kind, value in listed(handler, batch)
    ]
    output = {"inlinedResponses": {"inlinedResponses": rows}}
    return {
        "name": f"batches/{batch.id}",
        "metadata": {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
            "model": f"models/{batch.facts['model']}",
            "displayName": batch.facts["label"],
            "createTime": stamp(batch.created),
            "state": f"BATCH_STATE_{state if ended else 'PENDING'}",
            "batchStats": {
                "requestCount": str(len(batch.calls)),
                **({"successfulRequestCount": str(counts["succeeded"])} if ended else {}),
                **({"failedRequestCount": str(failed)} if ended and failed else {}),
            },
            "name": f"batches/{batch.id}",
            **({"output": output} if ended else {}),
        },
        **({"done": True, "response": output} if ended else {}),
    }


def _gemini_result(batch, kind, value):
    if kind == "succeeded":
        return {"response": value}
    if kind == "errored":
        message = f"simulated {value} {batch.facts['key']}"
        return {"error": {"code": _GRPC.get(value, 13), "message": message}}
    return {"error": {"code": {"expired": 4, "canceled": 1}[kind], "message": kind}}


_ROUTES = (
    (r"/v1/files", ("GET", "POST"), _files),
    (r"/v1/files/([\w-]+)", ("GET", "DELETE"), _file),
    (r"/v1/files/([\w-]+)/content", ("GET",), _content),
    (r"/v1/batches", ("GET", "POST"), _openai_batches),
    (r"/v1/batches/(\w+)()", ("GET",), _openai_batch),
    (r"/v1/batches/(\w+)(/cancel)", ("POST",), _openai_batch),
    (r"/v1/messages/batches", ("GET", "POST"), _anthropic_batches),
    (r"/v1/messages/batches/(\w+)(/results)?", ("GET", "DELETE"), _anthropic_batch),
    (r"/v1/messages/batches/(\w+)(/cancel)", ("POST",), _anthropic_batch),
    (r"/v1beta/models/([^/:]+):batchGenerateContent", ("POST",), _gemini_create),
    (r"/v1beta/batches", ("GET",), _gemini_list),
    (r"/v1beta/batches/(\w+)()", ("GET", "DELETE"), _gemini_batch),
    (r"/v1beta/batches/(\w+)(:cancel)", ("POST",), _gemini_batch),
)
