from odoo.tests import tagged

from ...models.base.transactions import undone_if_failed
from ..common import AiCase


@tagged("post_install", "-at_install")
class TestUndone(AiCase):
    """What a failed step of the caller is undone with, one within another."""

    def setUp(self):
        super().setUp()
        self.partner = self.env["res.partner"].create({"name": "Before"})
        self.env.flush_all()

    def _rename(self, name):
        self.partner.name = name
        self.env.flush_all()

    def test_the_outer_body_is_undone_where_an_inner_one_sent_the_first_statement(self):
        with self.assertRaises(ValueError), undone_if_failed(self.env):
            with undone_if_failed(self.env):
                self._rename("Within")
            raise ValueError
        self.assertEqual(self.partner.name, "Before")

    def test_the_outer_body_is_undone_where_an_inner_one_sent_nothing(self):
        with self.assertRaises(ValueError), undone_if_failed(self.env):
            with undone_if_failed(self.env):
                pass
            self._rename("After")
            raise ValueError
        self.assertEqual(self.partner.name, "Before")

    def test_the_inner_body_alone_is_undone(self):
        with undone_if_failed(self.env):
            self._rename("Outside")
            with self.assertRaises(ValueError), undone_if_failed(self.env):
                self._rename("Within")
                raise ValueError
        self.assertEqual(self.partner.name, "Outside")
        self.assertNotIn("execute", vars(self.env.cr))
