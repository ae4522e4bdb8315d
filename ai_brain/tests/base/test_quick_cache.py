from unittest.mock import patch

from odoo.tests import tagged

from ...models.base import quick_cache
from ..common import AiCase


@tagged("post_install", "-at_install")
class TestQuickCache(AiCase):
    def test_what_is_read_stays_and_what_is_not_is_dropped(self):
        self.assertTrue(quick_cache._BINDS, "of Odoo 18 alone: 19 has a quick one itself")
        cache = self.env.registry._Registry__caches["default"]
        self.env.registry.clear_cache()
        provider = self.vendor_provider
        facts = provider._facts()
        cache["idle"] = "never read again"
        with patch.object(cache, "count", len(cache) + 3):
            for n in range(20):
                cache["newer", n] = n
                self.assertIs(provider._facts(), facts)
            self.assertNotIn("idle", cache)
            # unread it goes like any other
            for n in range(40):
                cache["newest", n] = n
            self.assertIsNot(provider._facts(), facts)
            self.assertEqual(provider._facts(), facts)

    def test_who_finds_the_lock_taken_reads_all_the_same(self):
        cache = self.env.registry._Registry__caches["default"]
        facts = self.vendor_provider._facts()
        with patch.object(cache, "_lock") as lock:
            lock.acquire.return_value = False
            self.assertIs(self.vendor_provider._facts(), facts)
            lock.acquire.assert_called_once_with(blocking=False)
            lock.release.assert_not_called()
