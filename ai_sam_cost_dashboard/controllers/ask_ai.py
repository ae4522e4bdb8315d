import contextlib
import json
import logging
import queue
import threading

from odoo import api, http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

#: A comment is sent after so many silent seconds: proxies stay patient, and a reader that left
#: is noticed.
HEARTBEAT_S = 5
_END = object()


class AskAi(http.Controller):
    @http.route("/ai_costs/ask", type="http", auth="user", methods=["POST"])
    def ask(self, conversation_id, text, history="[]"):
        """Answer a question as server-sent events: start, delta …, end; or error (message).

        The events are those of ``ai.conversation.stream_answer``.
        """
        conversation = request.env["ai.conversation"].browse(int(conversation_id)).exists()
        if not conversation:
            raise UserError(request.env._("This conversation was deleted. Begin a new one."))
        conversation.check_access("write")
        slot = request.env["ai.conversation.slot"]._claim(conversation._timeout_s())
        if not slot:
            return request.make_json_response({"message": self._too_many()}, status=429)
        answer = Answer(request.env, conversation.id, text, json.loads(history), slot)
        response = request.make_response(
            answer.events(),
            headers=[
                ("Content-Type", "text/event-stream; charset=utf-8"),
                ("Cache-Control", "no-cache, no-store"),
                ("X-Accel-Buffering", "no"),
            ],
        )
        response.direct_passthrough = True
        return response

    def _too_many(self):
        return request.env._(
            "You have %s questions under way, as many as one person may have at once. Wait for an "
            "answer, then ask again.",
            request.env.company._ai_policy().chats_at_once,
        )


class Answer:
    """A question under way: asked in a thread of its own, so that silence can be told apart.

    The request's cursor is closed when the events are read, hence a cursor of the thread's own; it
    is given back too while the vendor is waited for.
    """

    def __init__(self, env, conversation_id, text, history, slot):
        self.slot = slot
        self.dbname, self.uid, self.context = env.cr.dbname, env.uid, dict(env.context)
        self.conversation_id, self.text, self.history = conversation_id, text, history
        self.queue = queue.SimpleQueue()
        self.left = threading.Event()

    def events(self):
        """Yield the events as bytes; when the reader leaves, the call is ended and settled."""
        thread = threading.Thread(target=self._run, name="ai_costs.ask", daemon=False)
        thread.dbname, thread.uid = self.dbname, self.uid
        thread.start()
        try:
            while True:
                try:
                    event = self.queue.get(timeout=HEARTBEAT_S)
                except queue.Empty:
                    yield b": waiting\n\n"
                    continue
                if event is _END:
                    return
                yield _encode(event)
        finally:
            self.left.set()

    def _run(self):
        try:
            with _maybe_closed(Registry(self.dbname).cursor()) as cr:
                self._ask(api.Environment(cr, self.uid, self.context))
        except UserError as error:
            self.queue.put({"type": "error", "message": str(error)})
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Nothing of ours is written on this cursor; what was paid is settled.
            _logger.info("Ask AI: interrupted by another transaction.", exc_info=True)
            self.queue.put({"type": "error", "message": "The server was busy. Please ask again."})
        except Exception:
            _logger.exception("Ask AI: no answer")
            self.queue.put({"type": "error", "message": "Something went wrong on the server."})
        finally:
            self._free_slot()
            self.queue.put(_END)

    def _free_slot(self):
        with Registry(self.dbname).cursor() as cr:
            slots = api.Environment(cr, self.uid, self.context)["ai.conversation.slot"]
            slots.browse(self.slot)._free()

    def _ask(self, env):
        conversations = env["ai.conversation"].with_context(ai_give_back_cursor=True)
        conversation = conversations.browse(self.conversation_id)
        stream = conversation.stream_answer(self.text, self.history)
        try:
            for event in stream:
                self.queue.put(event)
                if self.left.is_set():
                    return
        finally:
            stream.close()


@contextlib.contextmanager
def _maybe_closed(cr):
    """Like ``with cr``, for a cursor that its user may have closed by the end."""
    try:
        yield cr
    except BaseException:
        if not cr.closed:
            cr.close()
        raise
    if not cr.closed:
        with cr:
            pass


def _encode(event):
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
