import os
import resource

from odoo.tests import BaseCase, get_db_name, tagged

from ...models.base import own_cursor

FILES = 1_100


@tagged("post_install", "-at_install", "every_series")
class TestOwnCursor(BaseCase):
    def setUp(self):
        super().setUp()
        self.patch(own_cursor, "_pools", {})
        self.addCleanup(lambda: [c.close() for c, _name in own_cursor._pool().connections.idle])

    def ask(self):
        """(backend, descriptor) of a short transaction."""
        with own_cursor.ledger_cursor(get_db_name()) as cr:
            cr.execute("SELECT pg_backend_pid()")
            return cr.fetchone()[0], cr.connection.fileno()

    def open_many_files(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4 * FILES, hard), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _number in range(FILES):
            self.addCleanup(os.close, os.open(os.devnull, os.O_RDONLY))

    def test_a_connection_is_kept_however_many_files_are_open(self):
        self.open_many_files()
        first, descriptor = self.ask()
        self.assertGreater(descriptor, 1_024)
        self.assertEqual(self.ask(), (first, descriptor))

    def test_a_connection_that_the_server_closed_is_not_used_again(self):
        self.open_many_files()
        first, _descriptor = self.ask()
        with own_cursor.ledger_cursor(get_db_name()) as cr:
            kept = cr.connection
            cr.execute("SELECT pg_backend_pid()")
            self.assertEqual(cr.fetchone()[0], first)
        self.assertFalse(own_cursor._readable(kept))
        own_cursor._pool().connections.idle.clear()
        with own_cursor.ledger_cursor(get_db_name()) as cr:
            other = cr.connection
            cr.execute("SELECT pg_terminate_backend(%s, 5000)", (kept.get_backend_pid(),))
            self.assertNotEqual(other, kept)
        self.assertTrue(own_cursor._readable(kept))
        own_cursor._pool().connections.idle[:] = [(kept, kept.database)]
        self.assertNotEqual(self.ask()[0], first)
