import contextlib
import logging
import time
import urllib.parse
import uuid

from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from odoo import http
from odoo.http import request

from ..engine.gateway import anthropic_messages, body, openai_chat
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
    "embeddings": "Embeddings are not served here yet: only chat is.",
    "audio": "Speech is not served here yet: only chat is.",
    "completions": "Text completions are not served here: use chat/completions.",
    "responses": "Responses are not served here: use chat/completions.",
}


class Gateway(http.Controller):
    """The endpoint: what OpenAI's and Anthropic's clients call, answered by ``ai.service``.

    It says no more than HTTP: who asks and what may be asked is ``ai.gateway``'s, the formats are
    ``engine.gateway``'s.
    """

    @http.route("/ai/v1/chat/completions", methods=["POST"], **ROUTE)
    def chat_completions(self, **_params):
        """OpenAI's chat completions, whole or as a stream of server-sent events."""
        return _answered(openai_chat, "chatcmpl-")

    @http.route("/ai/v1/messages", methods=["POST"], **ROUTE)
    def messages(self, **_params):
        """Anthropic's messages, whole or as a stream of server-sent events."""
        return _answered(anthropic_messages, "msg_")

    @http.route(["/ai/v1/models", "/ai/v1/models/<path:name>"], methods=["GET"], **ROUTE)
    def models(self, name=None, **_params):
        """What ``model`` may be, for this key: all, or one of it."""
        wire = _wire()
        try:
            gateway, facts = admitted("may_call")
            found = gateway._models(facts)
            if name is None:
                return _json(wire.models(found))
            one = next((one for one in found if one["id"].lower() == name.lower()), None)
            if not one:
                raise gateway._no_model(name)
            return _json(wire.model(one))
        except Exception as error:
            return _refusal(wire, error)

    @http.route(["/ai/v1/<path:other>"], methods=["GET", "POST", "PUT", "DELETE", "PATCH"], **ROUTE)
    def other(self, other, **_params):
        """What is not served here, by name."""
        wire = _wire()
        try:
            admitted("may_call")
            first = other.split("/")[0]
            message = NOT_SERVED.get(first, "There is nothing at this path; see /ai/v1/models.")
            raise Refused(404, message, code="not_served", retry=False)
        except Exception as error:
            return _refusal(wire, error)


def _wire():
    return anthropic_messages if "anthropic-version" in request.httprequest.headers else openai_chat


def _answered(wire, prefix):
    """Answer a request in a vendor's format."""
    with contextlib.ExitStack() as undo:
        try:
            gateway, facts = admitted("may_call")
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
            return _json(found, 200, _told(answer))
        except Exception as error:
            return _refusal(wire, error)


def _data():
    """Return the body's bytes.

    What is somewhat too large is read all the same: a client that is still sending would take a
    closed connection for a fault of the line, and send it again.

    :raise Refused: 413
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
    return data


def _streamed(gateway, call, writer, place):
    """Return the response that streams an answer; it begins when the vendor's answer does.

    What goes wrong before is a status of its own.
    """
    under_way = UnderWay(gateway, call, writer, place)
    request.env.cr.close()
    under_way.begin()
    response = request.make_response(
        under_way,
        headers=[
            ("Content-Type", "text/event-stream; charset=utf-8"),
            ("Cache-Control", "no-cache, no-store"),
            ("X-Accel-Buffering", "no"),
        ],
    )
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
    told = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
    return request.make_response(data, [*{**told, **(headers or {})}.items()], status=status)


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
