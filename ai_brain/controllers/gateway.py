import contextlib
import logging
import os
import time
import urllib.parse
import uuid

from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from odoo import http
from odoo.http import request

from ..engine.base.aside import HEADERS
from ..engine.gateway import (
    anthropic_messages,
    anthropic_read,
    body,
    openai_chat,
    openai_embeddings,
    openai_transcriptions,
    openapi,
)
from ..engine.gateway.errors import invalid
from ..engine.gateway.operations import FORM, JSON
from ..engine.gateway.pieces import dump
from ..models.gateway import refused
from ..models.gateway.refused import Refused
from .admitted import admitted
from .under_way import UnderWay

_logger = logging.getLogger(__name__)

#: A body that is too large is read up to here, to say so to who sends it.
MOST_READ = 4 * body.MOST_BYTES
ROUTE = {
    "type": "http",
    "auth": "none",
    "csrf": False,
    # a replica may know of a key's end too late
    "readonly": False,
    "save_session": False,
}
#: Paths of the vendors' clients that are not served: refused by name.
NOT_SERVED = {
    "audio": "Of sound only audio/transcriptions is served here.",
    "images": "Pictures are not served here.",
    "completions": "Text completions are not served here: use chat/completions.",
    "responses": "Responses are not served here: use chat/completions.",
}


class Gateway(http.Controller):
    """The endpoint: what OpenAI's and Anthropic's clients call, answered by ``ai.service``.

    It says no more than HTTP: who asks and what may be asked is ``ai.gateway``'s, the formats are
    ``engine.gateway``'s.
    """

    @http.route("/ai/v1/chat/completions", **ROUTE)
    def chat_completions(self, **_params):
        """OpenAI's chat completions, whole or as a stream of server-sent events."""
        return _answered("/ai/v1/chat/completions", openai_chat, "chatcmpl-")

    @http.route("/ai/v1/messages", **ROUTE)
    def messages(self, **_params):
        """Anthropic's messages, whole or as a stream of server-sent events."""
        return _answered("/ai/v1/messages", anthropic_messages, "msg_")

    @http.route("/ai/v1/messages/count_tokens", **ROUTE)
    def count_tokens(self, **_params):
        """How many tokens Anthropic's messages have; nothing is sent, and nothing is paid."""
        try:
            gateway, facts = admitted("/ai/v1/messages/count_tokens")
            asked = anthropic_read.read_count(body.read(_data()))
            counted = gateway._count_tokens(facts, asked, request.httprequest.headers)
            return _json({"input_tokens": counted})
        except Exception as error:
            return _refusal(anthropic_messages, error)

    @http.route("/ai/v1/embeddings", **ROUTE)
    def embeddings(self, **_params):
        """OpenAI's embeddings, as floats or base64."""
        return _answered("/ai/v1/embeddings", openai_embeddings, "embd-")

    @http.route("/ai/v1/audio/transcriptions", **ROUTE)
    def transcriptions(self, **_params):
        """OpenAI's transcriptions of a recording in a form: JSON, text or subtitles."""
        try:
            gateway, facts = admitted("/ai/v1/audio/transcriptions")
            _check_kind(FORM)
            asked = openai_transcriptions.read(request.httprequest.form.to_dict(flat=False))
            call = gateway._call(facts, asked, request.httprequest.headers, _recording())
            with contextlib.closing(call.job), contextlib.closing(_Place(gateway, facts, call)):
                answer = gateway._whole(call)
            found = openai_transcriptions.write(answer, asked, "", 0)
            if isinstance(found, str):
                return _text(found, _told(answer))
            return _json(found, 200, _told(answer))
        except Exception as error:
            return _refusal(openai_chat, error)

    @http.route(["/ai/v1/models", "/ai/v1/models/<path:name>"], **ROUTE)
    def models(self, name=None, **_params):
        """What ``model`` may be, for this key: all, or one of it."""
        wire = _wire()
        try:
            gateway, facts = admitted("/ai/v1/models" if name is None else "/ai/v1/models/{name}")
            found = gateway._models(facts)
            if name is None:
                return _json(wire.models(found))
            one = next((one for one in found if one["id"].lower() == name.lower()), None)
            if not one:
                raise gateway._no_model(name)
            return _json(wire.model(one))
        except Exception as error:
            return _refusal(wire, error)

    @http.route("/ai/v1/openapi.json", **ROUTE)
    def openapi(self, **_params):
        """The description of all this, which holds no secret and is the same for every key."""
        try:
            admitted("/ai/v1/openapi.json")
            return _json(openapi.document())
        except Exception as error:
            return _refusal(openai_chat, error)

    @http.route(["/ai/v1/<path:other>"], **ROUTE)
    def other(self, other, **_params):
        """What is not served here, by name."""
        wire = _wire()
        try:
            admitted(None)
            first = other.split("/")[0]
            message = NOT_SERVED.get(first, "There is nothing at this path; see /ai/v1/models.")
            raise Refused(404, message, code="not_served", retry=False)
        except Exception as error:
            return _refusal(wire, error)


def _wire():
    return anthropic_messages if "anthropic-version" in request.httprequest.headers else openai_chat


def _answered(path, wire, prefix):
    """Answer a request in a vendor's format."""
    with contextlib.ExitStack() as undo:
        try:
            gateway, facts = admitted(path)
            asked = wire.read(body.read(_data()))
            call = gateway._call(facts, asked, request.httprequest.headers)
            place = gateway._place(facts, call)
            undo.callback(place.free)
            answer_id = prefix + uuid.uuid4().hex
            if asked.stream:
                writer = wire.StreamWriter(asked, answer_id, int(time.time()))
                response = _streamed(gateway, call, writer, place)
                undo.pop_all()  # the stream gives it back
                return response
            answer = gateway._whole(call)
            found = wire.write(answer, asked, answer_id, int(time.time()))
            told = wire.told(answer) if wire is openai_embeddings else {}
            return _json(found, 200, {**_told(answer), **told})
        except Exception as error:
            # what is no chat has OpenAI's errors
            return _refusal(wire if hasattr(wire, "error") else openai_chat, error)


class _Place:
    """A place of the key for a call, as what is closed."""

    def __init__(self, gateway, facts, call):
        self.close = gateway._place(facts, call).free


def _recording():
    """Return the file of a form, which is on the disk where it is large.

    :raise Refused: 413
    :raise BadRequest: there is none
    """
    found = request.httprequest.files.get("file")
    if not found:
        raise invalid("file", "a recording")
    size = found.stream.seek(0, os.SEEK_END)
    if size > openai_transcriptions.MOST_BYTES:
        raise Refused(
            413,
            f"The file is larger than {openai_transcriptions.MOST_BYTES} bytes, which is the most "
            "that can be sent.",
            code="file_too_large",
            param="file",
            retry=False,
        )
    return found.stream


def _data():
    """Return the body's bytes.

    What is somewhat too large is read all the same: a client that is still sending would take a
    closed connection for a fault of the line, and send it again.

    :raise Refused: 413, 415
    """
    http_request, data = request.httprequest, None
    if (http_request.content_length or 0) <= MOST_READ:
        http_request.max_content_length = MOST_READ
        with contextlib.suppress(RequestEntityTooLarge):
            data = http_request.get_data(cache=False)
    if data is None or len(data) > body.MOST_BYTES:
        raise Refused(
            413,
            f"The body is larger than {body.MOST_BYTES} bytes, which is the most that can be sent.",
            code="body_too_large",
            param="body",
            retry=False,
        )
    if http_request.mimetype and not http_request.mimetype.endswith("+json"):
        _check_kind(JSON)
    return data


def _check_kind(wanted):
    """Refuse a body that says to be of another kind.

    :raise Refused: 415
    """
    kind = request.httprequest.mimetype
    if kind != wanted:
        raise Refused(
            415,
            f"Send the body as Content-Type: {wanted}, not as {kind[:60] or 'none'}.",
            code="wrong_content_type",
            param="Content-Type",
            retry=False,
        )


def _streamed(gateway, call, writer, place):
    """Return the response that streams an answer; it begins when the vendor's answer does.

    What goes wrong before is a status of its own.
    """
    under_way = UnderWay(gateway, call, writer, place)
    request.env.cr.close()
    under_way.begin()
    response = request.make_response(under_way, headers=[*HEADERS])
    response.direct_passthrough = True
    return response


def _told(answer):
    """Return the headers that say what an answer cost."""
    return {
        "x-sam-cost-usd": f"{answer['cost_usd']:.10f}",
        "x-sam-saved-usd": f"{answer['saved_usd']:.10f}",
        "x-sam-kind": answer["kind"],
        # a header is Latin-1: other letters are percent-encoded
        "x-sam-provider": urllib.parse.quote(answer["provider_name"] or "", safe=" ()+,-./:"),
    }


def _json(found, status=200, headers=None):
    # a path or a vendor may bring halves of surrogate pairs
    data = dump(found).encode("utf-8", "replace")
    told = {"Content-Type": f"{JSON}; charset=utf-8", "Cache-Control": "no-store"}
    return request.make_response(data, [*{**told, **(headers or {})}.items()], status=status)


def _text(found, headers):
    told = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", **headers}
    return request.make_response(found.encode("utf-8", "replace"), [*told.items()])


def _refusal(wire, error):
    """Return the response to what was refused or failed, in the vendor's shape."""
    if isinstance(error, NotFound):
        raise error
    told = refused.of(error)
    if not told:
        _logger.exception("AI endpoint: no answer")
        told = Refused(500, "Something went wrong on the server.", code="server_error", retry=False)
    found = wire.error(told.status, None, told.message, told.param, told.code, told.extra)
    return _json(found, told.status, told.headers)
