import threading
from unittest.mock import patch

from odoo import api, models
from odoo.sql_db import Cursor


class AiBrainProbe(models.Model):
    _inherit = "ai.brain.probe"

    @api.model
    def statements_of_a_call(self, text, provider_id, same=False, **options):
        """Return the statements that one call sends, in order, each cut to its first words.

        Each call has an environment of its own, as in a request; the first ones fill the caches.
        All have the same text with ``same``.
        """
        for number in range(3):
            with self.env.registry.cursor() as cr:
                env = api.Environment(cr, self.env.uid, dict(self.env.context))
                service = env["ai.service"]
                with _listening() as found:
                    asked = text if same else f"{text} {number}"
                    service.send_message(asked, config=provider_id, **options)
        return found


class _listening:
    """Collects what this thread executes."""

    def __enter__(self):
        found, thread, execute = [], threading.get_ident(), Cursor.execute

        def listen(cursor, query, *args, **kwargs):
            if threading.get_ident() == thread:
                words = query if isinstance(query, str) else getattr(query, "code", str(query))
                found.append(" ".join(words.split())[:90])
            return execute(cursor, query, *args, **kwargs)

        self._patch = patch.object(Cursor, "execute", listen)
        self._patch.start()
        return found

    def __exit__(self, *error):
        self._patch.stop()
