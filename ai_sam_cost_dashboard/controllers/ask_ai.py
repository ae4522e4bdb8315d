import json
import logging

from odoo import api, http
from odoo.exceptions import AccessError, UserError
from odoo.http import request
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.ai_brain.engine.base.aside import END, HEADERS, Aside
from odoo.addons.ai_brain.exceptions import ServerBusyError

_logger = logging.getLogger(__name__)

#: A comment is sent after so many silent seconds: proxies stay patient, and a reader that left
#: is noticed.
HEARTBEAT_S = 5


class AskAi(http.Controller):
    @http.route("/ai_costs/ask", type="http", auth="user", methods=["POST"])
    def ask(self, conversation_id=None, text="", history="[]", refresh="", **_unknown):
        """Answer a question as server-sent events: start, delta …, end; or error (message).

        The events are those of ``ai.conversation.stream_answer``. What is refused before that is
        JSON with a ``message``: 400 for what cannot be asked, 403 for what is somebody else's, 429
        for one question too many, 503 for a server that is busy. With ``refresh`` no kept answer is
        given.
        """
        try:
            conversation = self._conversation(conversation_id)
            history = self._history(history)
            slot = conversation._claim_slot()
        except ServerBusyError as error:
            return _refused(error, 503)
        except AccessError as error:
            return _refused(error, 403)
        except UserError as error:
            return _refused(error, 400)
        if not slot:
            return _refused(self._too_many(conversation), 429)
        # what undoes this request, or runs it again, gives the place back
        request.env.cr.postrollback.add(slot.free)
        try:
            answer = Answer(request.env, conversation.id, text, history, slot, bool(refresh))
            response = request.make_response(answer, headers=[*HEADERS])
        except BaseException:
            slot.free()
            raise
        response.direct_passthrough = True
        return response

    def _conversation(self, conversation_id):
        conversation = request.env["ai.conversation"]._of_text(conversation_id)
        if not conversation:
            raise UserError(request.env._("This conversation was deleted. Begin a new one."))
        conversation.check_access("write")
        return conversation

    def _history(self, history):
        try:
            found = json.loads(history)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list):
            raise UserError(request.env._("A history is a list of messages."))
        return found

    def _too_many(self, conversation):
        return request.env._(
            "You have %s questions under way, as many as one person may have at once. Wait for an "
            "answer, then ask again.",
            conversation.company_id.sudo()._ai_policy().chats_at_once,
        )


def _refused(why, status):
    return request.make_json_response({"message": str(why)}, status=status)


class Answer(Aside):
    """A question under way: its events as bytes.

    The place (``Claimed``) is given back at the end, and by ``close`` where nobody ever read.
    """

    def __init__(self, env, conversation_id, text, history, slot, refresh=False):
        super().__init__(env, slot, "ai_costs.ask")
        self.conversation_id, self.text, self.history = conversation_id, text, history
        self.refresh = refresh
        self.busy = env._("The server was busy. Please ask again.")
        self.wrong = env._("Something went wrong on the server.")
        env["ai.service"]._hand_on_time(self.thread)

    def close(self):
        """What the server calls when it is done with the answer, also where the client is gone
        before the first event: then no thread was started."""
        if self._events is None:
            self.place.free()
        else:
            self._events.close()

    def _read(self):
        """Yield the events as bytes; when the reader leaves, the call is ended and settled."""
        try:
            self.thread.start()
        except BaseException:
            self.place.free()
            raise
        try:
            while (event := self.next_piece(HEARTBEAT_S)) is not END:
                yield b": waiting\n\n" if event is None else _encode(event)
        finally:
            self.left.set()

    def _cursor(self):
        return Registry(self.dbname).cursor()

    def _pieces(self, cr):
        context = {**self.context, "ai_give_back_cursor": True, "ai_place": self.place}
        conversations = api.Environment(cr, self.uid, context)["ai.conversation"]
        conversation = conversations.browse(self.conversation_id)
        return conversation.stream_answer(self.text, self.history, self.refresh)

    def _failed(self, error):
        if isinstance(error, UserError):
            message = str(error)
        elif isinstance(error, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            # Nothing of ours is written on this cursor; what was paid is settled.
            _logger.info("Ask AI: interrupted by another transaction.", exc_info=True)
            message = self.busy
        else:
            _logger.exception("Ask AI: no answer")
            message = self.wrong
        return {"type": "error", "message": message}


def _encode(event):
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
