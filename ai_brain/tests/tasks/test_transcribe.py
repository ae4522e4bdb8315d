import io
import os
import tracemalloc

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from ...exceptions import (
    BudgetExceededError,
    InvalidCallError,
    OutcomeUnknownError,
    TooLargeError,
    UnpricedModelError,
)
from ..common import answering
from .common import TasksCase, by_time, by_token, heard, mp4, recorded, wav, webm


@tagged("post_install", "-at_install", "every_series")
class TestTranscribe(TasksCase):
    def _attach(self, data, **vals):
        return self.env["ir.attachment"].create({"name": "Call of May.wav", "raw": data, **vals})

    def test_seconds_are_billed_at_a_sixtieth_of_the_minute(self):
        self.vendor.script = [(200, heard("Good morning.", by_time(95)))]
        result = self._hear(wav(95))
        self.assertEqual((result["content"], result["audio_seconds"]), ("Good morning.", 95))
        row = self._row(result)
        self.assertEqual(self._exact(row, "cost_usd"), "0.0095")
        self.assertEqual((row.task_type, row.audio_seconds), ("voice_to_text", 95))
        self.assertEqual((row.state, row.answer_text), ("done", "Good morning."))
        self.assertEqual(row.usage_details, {"audio_seconds": 95})
        self.assertEqual(row._engine_usage().audio_seconds, 95)

    def test_seconds_are_rounded_to_the_nearest(self):
        for said, billed in ((12.5, "0.0013"), (12.49, "0.0012"), (0.4, "0")):
            self.vendor.script = [(200, heard(usage=by_time(said)))]
            row = self._row(self._hear(wav(13), environment={"session_id": str(said)}))
            self.assertEqual(self._exact(row, "cost_usd"), billed)

    def test_an_hour_is_sold_with_ten_seconds_at_least_and_the_length_is_the_vendor_s(self):
        # as Groq's: no usage, and the duration that was heard
        price = {"unit": "hour", "unit_usd": 0.04, "least_seconds": 10, "valid_from": "2021-01-01"}
        price["provider_id"] = self.by_minute.id
        self.env["ai.provider.price"].create(price)
        for heard_s, billed in ((2.3, "0.000111111111"), (10.4, "0.000111111111"), (3600, "0.04")):
            self.vendor.script = [(200, heard(duration=heard_s))]
            where = {"session_id": str(heard_s)}
            row = self._row(self._hear(wav(3), environment=where))
            self.assertEqual((row.state, self._exact(row, "cost_usd")), ("done", billed))
        told = row.get_arithmetic()
        self.assertEqual(told["text"], "3,600 seconds of sound at $0.04 an hour = $0.04")
        first = self.env["ai.token.usage"].search([("session_id", "=", "2.3")])
        self.assertEqual(
            first.get_arithmetic()["text"],
            "10 seconds of sound (the least that is billed) at $0.04 an hour = $0.000111111111",
        )
        # the least is held, too
        error = self._fails(BudgetExceededError, self._hear, wav(1), max_budget_usd=0.0001111)
        self.assertEqual(error.details["requested"], 0.000111111111)

    def test_the_price_of_an_hour_is_checked(self):
        price = self.by_minute.price_ids
        for values, words in (
            ({"least_seconds": -1}, "between 0 and 3,600"),
            ({"least_seconds": 3601}, "between 0 and 3,600"),
            ({"unit": "hour", "unit_usd": 0}, "what a minute or an hour costs"),
        ):
            self.assertIn(words, str(self._fails(ValidationError, price.write, values)))

    def test_a_price_that_does_not_divide_is_rounded_at_the_twelfth_digit(self):
        self.by_minute.price_ids.unit_usd = 0.0037
        self.vendor.script = [(200, heard(usage=by_time(1)))]
        self.assertEqual(self._exact(self._row(self._hear(wav(1))), "cost_usd"), "0.000061666667")

    def test_tokens_are_billed_by_their_kinds(self):
        self.vendor.script = [(200, heard(usage=by_token(100, text=4, output=20)))]
        result = self._hear(wav(10), self.by_token)
        row = self._row(result)
        # 4 of text, 100 of sound, 20 of answer
        self.assertEqual(self._exact(row, "cost_usd"), "0.00081")
        self.assertEqual((row.input_tokens, row.output_tokens, row.audio_seconds), (104, 20, 10))
        self.assertEqual(result["audio_seconds"], 10)

    def test_usage_that_the_price_does_not_cover_is_uncertain(self):
        self.vendor.script = [
            (200, heard(usage=by_token(10))),
            (200, heard()),
            (200, heard(usage={"type": "duration", "seconds": "many"})),
            # who names a length of 0 has not measured it
            (200, heard(duration=0)),
            (200, heard(duration="0.0")),
        ]
        for _each in range(5):
            row = self._row(self._hear(wav(10)))
            self.assertEqual((row.state, self._exact(row, "cost_usd")), ("uncertain", "0.0011"))
        self.vendor.script = [(200, heard(usage=by_time(10)))]
        row = self._row(self._hear(wav(10), self.by_token))
        self.assertEqual(row.state, "uncertain")
        self.assertGreater(row.cost_usd, 0.0006)

    def test_a_vendor_that_counts_another_length_is_believed_and_held_for_later(self):
        self.vendor.script = [(200, heard(usage=by_time(50)))]
        result = self._hear(wav(10))
        self.assertEqual((result["cost_usd"], result["audio_seconds"]), (0.005, 50))
        factor = self.env["ai.hold.overrun"].search([("provider_id", "=", self.by_minute.id)])
        self.assertEqual(factor.ratio, round(50 / 11 + 0.00005, 4))

    def test_what_is_sent_is_the_file_and_not_its_name(self):
        data = wav(3)
        self.vendor.script = [(200, heard(usage=by_time(3), language="de", duration=3.0))]
        result = self._hear(
            self._attach(data), language="de", prompt="Müller & Söhne", temperature=0.2
        )
        self.assertEqual(result["language"], "de")
        [(headers, body)] = self.vendor.requests
        self.assertIn(data, body)
        self.assertEqual(int(headers["Content-Length"]), len(body))
        for part in (
            b'name="model"\r\n\r\nwhisper-1\r\n',
            b'name="response_format"\r\n\r\njson\r\n',
            b'name="language"\r\n\r\nde\r\n',
            'name="prompt"\r\n\r\nMüller & Söhne\r\n'.encode(),
            b'name="temperature"\r\n\r\n0.2\r\n',
            b'filename="recording.wav"\r\nContent-Type: audio/wav\r\n\r\nRIFF',
        ):
            self.assertIn(part, body)
        self.assertNotIn(b"Call of May", body)

    def test_times_are_asked_for_and_given(self):
        segment = {"id": 0, "start": 0.0, "end": 1.5, "text": " Good morning.", "seek": 0}
        said = heard(
            " Good morning.",
            by_time(2),
            segments=[segment],
            words=[{"word": "Good", "start": 0, "end": 0.5}],
        )
        self.vendor.script = [(200, said)]
        result = self._hear(wav(2), timestamps=["word", "segment"])
        # with what else the vendor says of it
        self.assertEqual(result["segments"], [segment])
        self.assertEqual(result["words"], [{"start": 0.0, "end": 0.5, "word": "Good"}])
        body = self.vendor.requests[0][1]
        self.assertIn(b"verbose_json", body)
        self.assertEqual(body.count(b"timestamp_granularities[]"), 2)
        error = self._fails(
            InvalidCallError, self._hear, wav(2), self.by_token, timestamps="segment"
        )
        self.assertIn("gives no times", str(error))

    def test_answers_of_a_wrong_form_are_uncertain(self):
        wrong = [
            {"usage": by_time(2)},
            heard(7, by_time(2)),
            heard("Hello", by_time(2), segments=[{"start": "now", "end": 1, "text": "a"}]),
            heard("Hello", by_time(2), segments=5),
            heard("Hello", by_time(2), duration=-1),
            b"not json",
        ]
        for body in wrong:
            self.vendor.script = [(200, body)]
            self._fails(OutcomeUnknownError, self._hear, wav(2))
        rows = self.env["ai.token.usage"].search([("provider_id", "=", self.by_minute.id)])
        self.assertEqual(set(rows.mapped("state")), {"uncertain"})
        # three seconds are the most that two can be
        self.assertEqual({self._exact(row, "cost_usd") for row in rows}, {"0.0003"})

    def test_an_unknown_length_is_bounded_by_the_size_or_refused(self):
        error = self._fails(BudgetExceededError, self._hear, webm(60_000), max_budget_usd=0.008)
        self.assertEqual(error.details["requested"], 0.0081)
        self.vendor.script = [(200, heard(usage=by_time(30)))]
        result = self._hear(webm(60_000), max_budget_usd=0.0081)
        self.assertEqual(result["cost_usd"], 0.003)
        self.company.ai_unknown_length = "refuse"
        error = self._fails(InvalidCallError, self._hear, webm(60_000))
        self.assertIn("does not tell how long", str(error))
        self.vendor.script = [(200, heard(usage=by_time(30)))]
        self._hear(wav(30))

    def test_what_a_browser_records_is_held_by_its_length(self):
        self.company.ai_unknown_length = "refuse"
        # twenty seconds and the second that a bound has on top
        error = self._fails(BudgetExceededError, self._hear, recorded(20), max_budget_usd=0.002)
        self.assertEqual(error.details["requested"], 0.0021)
        self.vendor.script = [(200, heard(usage=by_time(20)))]
        result = self._hear(recorded(20))
        self.assertEqual((result["cost_usd"], result["audio_seconds"]), (0.002, 20))

    def test_a_length_that_the_size_contradicts_is_not_believed(self):
        self.company.ai_unknown_length = "refuse"
        short = mp4(1) + b"\0" * 1_000_000
        self.assertIn("does not tell", str(self._fails(InvalidCallError, self._hear, short)))
        self.vendor.script = [(200, heard(usage=by_time(60)))]
        self.assertEqual(self._hear(mp4(60) + b"\0" * 1_000_000)["cost_usd"], 0.006)

    def test_the_bound_of_a_token_price_covers_the_minutes(self):
        budget = self.env["ai.cost.budget"].create(
            {"name": "Speech", "budget_amount": 1, "task_type": "voice_to_text"}
        )
        # 61 seconds: 610 tokens of sound and 16 special ones at 6, 1,525 of text at 10
        budget.budget_amount = 0.019
        error = self._fails(BudgetExceededError, self._hear, wav(60), self.by_token)
        self.assertEqual(error.details["requested"], 0.019006)
        budget.budget_amount = 0.019006
        self.vendor.script = [(200, heard(usage=by_token(600, output=200)))]
        self.assertEqual(self._hear(wav(60), self.by_token)["cost_usd"], 0.0056)

    def test_a_budget_by_the_minute(self):
        self.env["ai.cost.budget"].create(
            {"name": "Speech", "budget_amount": 0.006, "task_type": "voice_to_text"}
        )
        error = self._fails(BudgetExceededError, self._hear, wav(60))
        self.assertEqual(error.details["requested"], 0.0061)
        self.assertEqual(self.vendor.requests, [])
        self.vendor.script = [(200, heard(usage=by_time(59)))]
        self._hear(wav(59))

    def test_no_price_is_refused_or_held_at_the_ceiling(self):
        bare = self._new_provider(
            "Bare", False, base_url=self.vendor.url, task_type="voice_to_text"
        )
        self._fails(UnpricedModelError, self._hear, wav(60), bare)
        # a price without one for sound is none for a recording
        self.env["ai.provider.price"].create(
            {"provider_id": bare.id, "input_usd": 1, "output_usd": 1, "valid_from": "2020-01-01"}
        )
        self._fails(UnpricedModelError, self._hear, wav(60), bare)
        self.company.write({"ai_unpriced_policy": "ceiling", "ai_ceiling_usd": 100})
        self.vendor.script = [(200, heard(usage=by_time(60)))]
        row = self._row(self._hear(wav(60), bare))
        self.assertEqual((row.state, self._exact(row, "cost_usd")), ("uncertain", "0.2151"))

    def test_limits_are_refused_before_anything_is_sent(self):
        whole = io.BytesIO(wav(1))
        official = self._new_provider("OpenAI", task_type="voice_to_text", model_name="whisper-1")
        whole.seek(25 * 1024 * 1024)
        whole.write(b"\0")
        error = self._fails(TooLargeError, self._hear, whole, official)
        self.assertIn("26,214,400 at most", str(error))
        self.assertFalse(whole.closed, "it is the caller's")
        error = self._fails(InvalidCallError, self._hear, wav(1501, rate=1000), self.by_token)
        self.assertIn("1500 at most", str(error))
        for audio, words in (
            (b"", "empty"),
            (b"Hello, this is no sound.", "none of flac"),
            ("recording.wav", "as an attachment"),
            (None, "as an attachment"),
            (self.env["ir.attachment"], "one attachment"),
            (self.env["ir.attachment"].create({"name": "x", "type": "url", "url": "/a"}), "link"),
        ):
            self.assertIn(words, str(self._fails(InvalidCallError, self._hear, audio)))
        for options, words in (
            ({"language": "English"}, "ISO 639-1"),
            ({"temperature": 2}, "temperature"),
            ({"timestamps": "letter"}, "segment, word"),
            ({"prompt": "a" * 5000}, "prompt"),
            ({"max_tokens": 5}, "max_tokens"),
        ):
            error = self._fails(InvalidCallError, self._hear, wav(1), **options)
            self.assertIn(words, str(error))
        for form in ("anthropic", "gemini"):
            other = self._new_provider(form, api_format=form, task_type="voice_to_text")
            error = self._fails(InvalidCallError, self._hear, wav(1), other)
            self.assertIn(f"The format '{form}' has no speech to text here", str(error))
        self.assertEqual(self.vendor.requests, [])

    def test_an_attachment_is_read_by_who_may_read_it(self):
        owner = self._new_user("owner of recordings")
        stranger = self._new_user("stranger to recordings")
        attachment = (
            self.env["ir.attachment"].with_user(owner).create({"name": "Call.wav", "raw": wav(1)})
        )
        self.vendor.script = [(200, heard(usage=by_time(1)))]
        service = self.service.with_user(owner)
        service.transcribe(attachment, config=self.by_minute.id)
        service = self.service.with_user(stranger)
        self._fails(AccessError, service.transcribe, attachment.id, None, self.by_minute.id)
        portal = self._new_user("portal of recordings", "base.group_portal")
        service = self.service.with_user(portal)
        self._fails(AccessError, service.transcribe, wav(1), None, self.by_minute.id)
        self.assertEqual(len(self.vendor.requests), 1)

    def test_files_that_are_kept_in_the_database_are_read_too(self):
        self.env["ir.config_parameter"].set_param("ir_attachment.location", "db")
        attachment = self._attach(wav(2))
        self.assertFalse(attachment.store_fname)
        self.vendor.script = [(200, heard(usage=by_time(2)))]
        self.assertEqual(self._hear(attachment)["cost_usd"], 0.0002)

    def test_a_key_gets_the_same_text_and_another_recording_is_refused(self):
        self.vendor.script = [(200, heard("Once.", by_time(1)))]
        first = self._hear(wav(1), idempotency_key="k")
        again = self._hear(wav(1), idempotency_key="k")
        self.assertEqual(
            (again["content"], again["token_usage_id"]),
            (
                "Once.",
                first["token_usage_id"],
            ),
        )
        self.assertEqual(len(self.vendor.requests), 1)
        self._fails(InvalidCallError, self._hear, wav(2), idempotency_key="k")

    def test_a_retry_sends_the_whole_file_again(self):
        data = wav(1)
        busy = (503, {"error": {"message": "busy"}})
        self.vendor.script = [busy, (200, heard(usage=by_time(1)))]
        self._hear(data)
        self.assertEqual([data in sent for sent in self.vendor.sent], [True, True])

    def test_a_fallback_hears_the_same_recording(self):
        self.by_minute.fallback_provider_id = self.by_token
        refused = (400, {"error": {"message": "no"}})
        self.vendor.script = [refused, (200, heard("Here.", by_token(10)))]
        result = self._hear(wav(1))
        self.assertEqual((result["content"], result["provider_id"]), ("Here.", self.by_token.id))
        self.assertIn("did not answer", result["notices"][0])

    def test_recommend_provider_ranks_by_the_price_of_a_minute_and_quality(self):
        optimizer = self.env["ai.cost.optimizer"]
        (self.by_minute | self.by_token).quality_score = 90
        advice = optimizer.recommend_provider("voice_to_text", 0)
        # 600 tokens of sound at 6 and 240 of text at 10, against 0.006
        self.assertEqual(advice["provider_id"], self.by_minute.id)
        self.assertEqual(advice["estimated_cost"], 0.006)
        [other] = advice["alternatives"]
        self.assertEqual((other["provider_id"], other["estimated_cost"]), (self.by_token.id, 0.006))
        self.by_token.price_ids.output_usd = 5
        advice = optimizer.recommend_provider("voice_to_text", 0, audio_seconds=600)
        self.assertEqual(
            (advice["provider_id"], advice["estimated_cost"]), (self.by_token.id, 0.048)
        )
        self.by_token.quality_score = 50
        advice = optimizer.recommend_provider("voice_to_text", 0)
        self.assertEqual(advice["provider_id"], self.by_minute.id)
        self.assertIn("quality", advice["alternatives"][0]["why_not"])
        wrong = optimizer.recommend_provider("voice_to_text", 0, audio_seconds=-1)
        self.assertIn("audio_seconds", wrong["reasoning"])

    def test_a_call_goes_where_it_is_cheaper_if_its_provider_says_so(self):
        cheap = self._new_provider(
            "Cheap", False, base_url=self.vendor.url, task_type="voice_to_text", quality_score=95
        )
        self.env["ai.provider.price"].create(
            {
                "provider_id": cheap.id,
                "unit": "minute",
                "unit_usd": 0.003,
                "valid_from": "2020-01-01",
            }
        )
        self.by_token.active = False
        self.by_minute.write({"auto_switch_provider": True, "quality_score": 95})
        self.vendor.script = [(200, heard(usage=by_time(60)))]
        result = self._hear(wav(60))
        self.assertEqual((result["provider_id"], result["cost_usd"]), (cheap.id, 0.003))
        self.assertEqual(result["saved_usd"], 0.003)
        advice = self.env["ai.cost.optimizer"].browse(result["recommendation"]["recommendation_id"])
        self.assertEqual((advice.task_type, advice.estimated_cost_usd), ("voice_to_text", 0.003))

    def test_a_benchmark_knows_it(self):
        self.vendor.script = [(200, heard(usage=by_time(60)))]
        self._hear(wav(60))
        [found] = self.env["ai.provider.benchmark"].compare_providers("voice_to_text")
        self.assertEqual((found["provider_id"], found["cost"]["mean"]), (self.by_minute.id, 0.006))

    def test_tests_of_other_addons_answer_without_a_vendor(self):
        with answering(self.env, "Hello there.") as asked:
            result = self._hear(wav(10), prompt="names")
        self.assertEqual((result["content"], result["cost_usd"]), ("Hello there.", 0.001))
        self.assertEqual(asked.texts, ["names"])

    def test_the_sandbox_hears_nothing_and_costs_what_it_would(self):
        sandbox = self._new_provider("Box", False, api_format="sandbox", task_type="voice_to_text")
        self.env["ai.provider.price"].create(
            {
                "provider_id": sandbox.id,
                "unit": "minute",
                "unit_usd": 0.006,
                "valid_from": "2020-01-01",
            }
        )
        result = self._hear(wav(20), sandbox, timestamps="segment")
        self.assertIn("nothing was heard", result["content"])
        self.assertEqual((result["cost_usd"], len(result["segments"])), (0.002, 1))

    def test_a_large_recording_is_never_in_memory(self):
        attachment = self._attach(wav(1) + os.urandom(64))  # in a file that nobody else has
        path = attachment._full_path(attachment.store_fname)
        with open(path, "ab") as file:
            for _n in range(30):
                file.write(os.urandom(1024 * 1024))
        self.vendor.script = [(200, heard(usage=by_time(1966)))]
        self.patch(type(self.vendor), "keeps_bodies", False)
        tracemalloc.start()
        try:
            result = self._hear(attachment)
            _now, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        self.assertEqual(result["cost_usd"], 0.1966)
        self.assertGreater(self.vendor.sizes[-1], 30 * 1024 * 1024)
        self.assertLess(most, 6 * 1024 * 1024)

    def test_a_price_by_the_minute_is_for_speech_alone(self):
        values = {"provider_id": self.vendor_provider.id, "unit": "minute", "unit_usd": 1}
        error = self._fails(Exception, self.env["ai.provider.price"].create, values)
        self.assertIn("not billed by time", str(error))

    def test_a_minute_without_an_amount_is_no_price_of_zero(self):
        price = self.by_minute.price_ids
        self.env.cr.execute("UPDATE ai_provider_price SET unit_usd = 0 WHERE id = %s", price.ids)
        price.invalidate_recordset()
        self.assertIsNone(price._to_engine())
        values = {"provider_id": self.by_minute.id, "unit": "minute", "valid_from": "2021-01-01"}
        error = self._fails(Exception, self.env["ai.provider.price"].create, values)
        self.assertIn("what a minute or an hour costs", str(error))
