"""A memo of paid calls that outlives Odoo's own retries.

Odoo runs a request again, up to five times, when its transaction fails to serialise. The answers
paid in the first try are given again in the next: the n-th equal call of a try is the n-th of the
one before. Two equal calls in one try stay two.
"""

from collections import Counter

from odoo.http import request

_KEY = "ai_brain.call_scope"


class CallScope:
    """Answers of one unit of work (a request or job), by content and ordinal."""

    def __init__(self):
        self.ordinals = Counter()
        self.outcomes = {}
        self.cursor = None
        self.cursor_was_readonly = False

    def slot(self, content_hash):
        """Return the answers, and the key in them of the next call with this content in the
        current try."""
        self.ordinals[content_hash] += 1
        return self.outcomes, (content_hash, self.ordinals[content_hash])

    def attach(self, cr):
        """Have a new try begin when ``cr`` rolls back, and the memo end when it commits."""
        if self.cursor is cr:
            return
        if self.cursor is not None and self.cursor.closed and self.cursor_was_readonly:
            self.ordinals.clear()  # a readonly route tries again with a cursor that may write
        self.cursor = cr
        self.cursor_was_readonly = cr.readonly
        cr.postrollback.add(self._on_rollback)
        cr.postcommit.add(self._on_commit)

    def _on_rollback(self):
        self.ordinals.clear()
        self.cursor = None  # hooks run once: the next call hangs itself on again

    def _on_commit(self):
        self.ordinals.clear()
        self.outcomes.clear()
        self.cursor = None


def current_scope(cr):
    """Return the scope of the running HTTP request, else of the cursor."""
    if request and request.env is not None and request.env.cr is cr:
        store = request.httprequest.environ
    else:
        store = cr.cache
    scope = store.setdefault(_KEY, CallScope())
    scope.attach(cr)
    return scope
