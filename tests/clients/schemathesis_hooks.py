"""What schemathesis has to know of the endpoint beyond its document, and how much it asks.

A document cannot say how two values go together, nor what a model answers. Where a request is meant
to be right, these are put right: a model is mostly one that there is, the days of a period are in
order, a record's id has its model, a recording is one, and the vendor behind the endpoint answers
in JSON where a schema is asked for. Nothing is put right of what is meant to be wrong, and no check
is left out.
"""

import copy
import io
import os
import wave
from collections import Counter

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.transport.serialization import Binary

#: Of the bodies that the coverage phase makes by thousands, every so manieth is sent.
EVERY = int(os.environ.get("SAM_EVERY", "1"))
#: An answer {} fits whatever schema these are in.
_EASY = ("type", "title", "description", "$comment")
_JSON = {"role": "user", "content": "{{vendor say=e30=}}"}
_made = Counter()


@schemathesis.hook
def filter_case(context, case):
    """Take every so manieth body of the coverage phase."""
    where = getattr(case.meta.phase.data, "parameter_location", None) if case.meta else None
    if case.meta is None or case.meta.phase.name.name != "COVERAGE" or not where:
        return True
    if where.name != "BODY":
        return True
    _made[case.operation.label] += 1
    return _made[case.operation.label] % EVERY == 1 % EVERY


@schemathesis.hook
def before_call(context, case, kwargs):
    """Put right what a document cannot say."""
    if case.meta is None:
        return
    if case.meta.generation.mode.is_positive:
        _together(case.query or {}, case.headers or {})
    part, mode = case.meta.components.get(ParameterLocation.BODY), case.meta.generation.mode
    if part and part.mode.is_positive and isinstance(case.body, dict):
        body = copy.deepcopy(case.body)
        _made["right"] += 1
        if _made["right"] % 8:  # few names are those of a model; others are tried, too
            body["model"] = "auto"
        if "transcriptions" in case.path:
            _put_recording(body)
        else:
            _put_right(body)
        if "chat" in case.path:
            _shorten(body)
        case.body = body
        # what has been changed is judged anew, and a recording's bytes would be no text; as it was
        # meant before, so it is now
        meta = case.meta
        meta.components[ParameterLocation.BODY], meta.generation.mode = part, mode


def _together(query, headers):
    days = query.get("start_date"), query.get("end_date")
    if all(days):
        query["start_date"] = f"{days[1][:8]}01"
    elif days[0]:
        query["end_date"] = days[0]
    if "x-sam-res-id" in headers:
        headers.setdefault("x-sam-res-model", "res.partner")


def _put_recording(form):
    held = io.BytesIO()
    with wave.open(held, "wb") as made:
        made.setparams((1, 2, 8000, 0, "NONE", ""))
        made.writeframes(b"\0\0" * 8000)
    form["file"] = Binary(held.getvalue())
    if form.get("timestamp_granularities[]"):
        form["response_format"] = "verbose_json"
    else:
        form.pop("timestamp_granularities[]", None)


def _shorten(value):
    """Of OpenAI's format no vendor keeps a prompt for an hour."""
    for one in value.values() if isinstance(value, dict) else value:
        if isinstance(one, dict | list):
            _shorten(one)
    if isinstance(value, dict) and value.get("ttl") == "1h":
        value["ttl"] = "5m"


def _put_right(body):
    held = body.get("response_format")
    held = held.get("json_schema") if isinstance(held, dict) else None
    config = body.get("output_config")
    for holder in (held, body.get("output_format"), (config or {}).get("format")):
        if isinstance(holder, dict) and isinstance(holder.get("schema"), dict):
            easy = holder["schema"]
            holder["schema"] = {name: easy[name] for name in _EASY if name in easy}
            body.pop("thinking", None)
            body["messages"] = [*body["messages"], _JSON]
    tags = body.get("metadata")
    if isinstance(tags, dict) and tags.get("res_id") and not tags.get("res_model"):
        tags["res_model"] = "res.partner"
