from prometheus_client.parser import text_string_to_metric_families

from odoo.tests import tagged

from ..common import AiCase, answer

REFUSED = (400, {"error": {"message": "no"}})
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
CALLS = """
    SELECT model_name, count(*) FROM ai_token_usage
     WHERE company_id = %s AND correction_of_id IS NULL AND attempt_after IS NULL GROUP BY 1
"""
ATTEMPTS = "SELECT count(*) FROM ai_token_usage WHERE company_id = %s AND correction_of_id IS NULL"


@tagged("post_install", "-at_install", "every_series")
class TestCalls(AiCase):
    """A call that took several attempts is one call for operators."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ai.service.provider"].search([("id", "!=", cls.vendor_provider.id)]).active = False
        price = {"input_usd": 0.1, "output_usd": 0.1, "valid_from": "2020-01-01"}
        cls.second = cls._new_provider(
            "Second", price, base_url=cls.vendor.url, model_name="second-model"
        )
        cls.vendor_provider.fallback_provider_id = cls.second
        cls.env["ai.agent"].create(
            {
                "name": "Keeper",
                "code": "keeper",
                "reuse": "same_question",
                "reuse_check_share": 0,
            }
        )

    def counted(self):
        text = self.env["ai.metrics"]._text(self.company).decode()
        found = {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        self.env.cr.execute(CALLS, (self.company.id,))
        by_sql = dict(self.env.cr.fetchall())
        asked = {key[1]: n for key, n in found.items() if key[0] == "llm_requests_total"}
        self.assertEqual(asked, by_sql)
        self.env.cr.execute(ATTEMPTS, (self.company.id,))
        attempts = sum(n for key, n in found.items() if key[0] == "llm_calls_total")
        self.assertEqual(attempts, self.env.cr.fetchone()[0])
        hits = sum(n for key, n in found.items() if key[0] == "semantic_cache_hits_total")
        return {
            "first": asked.get(self.vendor_provider.model_name, 0),
            "second": asked.get("second-model", 0),
            "attempts": attempts,
            "hits": hits,
            "misses": found["semantic_cache_misses_total",],
        }

    def grown(self, *script, text="Hello", **options):
        before = self.counted()
        self.vendor.script[:] = script
        try:
            self.service.send_message(
                text,
                config=self.vendor_provider,
                environment={"agent_type": "keeper"},
                **options,
            )
        except Exception as error:
            self.error = error
        return {name: n - before[name] for name, n in self.counted().items() if n != before[name]}

    def test_one_attempt(self):
        grown = self.grown((200, answer("Here.")))
        self.assertEqual(grown, {"first": 1, "attempts": 1, "misses": 1})
        self.assertEqual(self.grown(), {"first": 1, "attempts": 1, "hits": 1})

    def test_a_fallback(self):
        grown = self.grown(REFUSED, (200, answer("Here.")), text="With a fallback")
        self.assertEqual(grown, {"first": 1, "attempts": 2, "misses": 1})
        rows = self.env["ai.token.usage"].search([], order="id desc", limit=2)
        self.assertEqual(rows.mapped("attempt_after"), ["unpaid", False])

    def test_all_failed(self):
        grown = self.grown(REFUSED, REFUSED, text="All failed")
        self.assertEqual(grown, {"first": 1, "attempts": 2})

    def test_an_answer_that_did_not_fit(self):
        grown = self.grown(
            (200, answer("none")),
            (200, answer('{"n": 1}')),
            text="To a schema",
            response_schema=SCHEMA,
        )
        self.assertEqual((grown["first"], grown["attempts"]), (1, 2))
        rows = self.env["ai.token.usage"].search([], order="id desc", limit=2)
        self.assertEqual(rows.mapped("attempt_after"), ["paid", False])
        self.assertLessEqual(grown.get("misses", 0), 1)

    def test_a_correction_is_no_call(self):
        self.grown((200, answer("Here.")), text="Corrected")
        before = self.counted()
        row = self.env["ai.token.usage"].search([], order="id desc", limit=1)
        self.env["ai.token.usage"]._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": row.user_id.id,
                    "model_name": row.model_name,
                    "local_date": row.local_date,
                    "call_count": 0,
                    "correction_of_id": row.id,
                }
            ]
        )
        text = self.env["ai.metrics"]._text(self.company).decode()
        self.assertIn(
            f'llm_requests_total{{model="{row.model_name}"}} {float(before["first"])}', text
        )
