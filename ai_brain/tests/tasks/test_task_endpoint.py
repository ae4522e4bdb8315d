import base64
import struct

from odoo.tests import tagged

from ...engine.gateway import openai_transcriptions
from ..common import answering, new_provider
from ..gateway.common import EndpointCase
from .common import wav


@tagged("post_install", "-at_install", "every_series")
class TestTaskEndpoint(EndpointCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        at = {"base_url": "http://127.0.0.1:9/v1"}
        day = {"valid_from": "2020-01-01"}
        cls.vectors = new_provider(
            cls.env,
            "Vectors",
            {"input_usd": 1, "output_priced": False, **day},
            task_type="embedding",
            model_name="text-embedding-3-small",
            **at,
        )
        cls.ear = new_provider(
            cls.env, "Ear", False, task_type="voice_to_text", model_name="whisper-1", **at
        )
        price = {"provider_id": cls.ear.id, "unit": "minute", "unit_usd": 0.006, **day}
        cls.env["ai.provider.price"].create(price)

    def embed(self, *answers, **body):
        body = {"model": "Vectors", "input": "Hello", **body}
        with answering(self.env, *answers):
            return self.post("embeddings", body)

    def hear(self, *answers, audio=None, secret=None, headers=None, **fields):
        fields = {"model": "Ear", **fields}
        files = {"file": ("call.wav", wav(60) if audio is None else audio, "audio/wav")}
        headers = {"Authorization": f"Bearer {secret or self.secret}", **(headers or {})}
        with answering(self.env, *answers):
            return self.url_open(
                "/ai/v1/audio/transcriptions", data=fields, files=files, headers=headers
            )

    def refused(self, response, status, code):
        self.assertEqual(response.status_code, status, response.text[:500])
        found = response.json()["error"]
        self.assertEqual(found["code"], code)
        return found

    # ------------------------------------------------------------------
    # Embeddings
    # ------------------------------------------------------------------

    def test_vectors_as_floats_and_as_base64(self):
        response = self.embed([[0.5, -2.0]])
        self.assertEqual(response.status_code, 200, response.text)
        found = response.json()
        self.assertEqual(found["object"], "list")
        self.assertEqual(
            found["data"], [{"object": "embedding", "index": 0, "embedding": [0.5, -2.0]}]
        )
        self.assertEqual(found["usage"], {"prompt_tokens": 1, "total_tokens": 1})
        self.assertEqual(response.headers["x-sam-cost-usd"], "0.0000010000")
        self.assertEqual(response.headers["x-sam-provider"], "Vectors")
        short = self.embed([[0.5, -2.0]], encoding_format="base64").json()
        data = base64.b64decode(short["data"][0]["embedding"])
        self.assertEqual(struct.unpack("<2f", data), (0.5, -2.0))
        row = self.rows()[-1]
        self.assertEqual((row.task_type, row.module), ("embedding", "gateway"))
        self.assertEqual(row.gateway_key_id, self.key)

    def test_a_list_token_numbers_and_dimensions_reach_the_provider(self):
        asked = []

        def reply(request):
            asked.append(request)
            return [[1.0]] * len(request.inputs)

        for given, sent in (
            (["One.", "Two."], ["One.", "Two."]),
            ([5, 6], [[5, 6]]),
            ([[5], [6, 7]], [[5], [6, 7]]),
        ):
            with answering(self.env, reply):
                body = {"model": "text-embedding-3-small", "input": given, "dimensions": 1}
                response = self.post("embeddings", {**body, "user": "u-1"})
            self.assertEqual(response.status_code, 200, response.text)
            self.assertEqual((asked[-1].inputs, asked[-1].dimensions), (sent, 1))
            self.assertEqual(asked[-1].user, "u-1")

    def test_what_is_wrong_is_named(self):
        for body, param in (
            ({"input": None}, "input"),
            ({"input": []}, "input"),
            ({"input": {"a": 1}}, "input"),
            ({"encoding_format": "int8"}, "encoding_format"),
            ({"dimensions": 0}, "dimensions"),
            ({"user": 5}, "user"),
            ({"model": 7}, "model"),
            ({"seed": 3}, "seed"),
        ):
            response = self.embed([[1.0]], **body)
            self.assertEqual(response.status_code, 400, response.text)
            self.assertEqual(response.json()["error"]["param"], param)
        for given in (["One.", ""], [["a"]], [None]):
            self.refused(self.embed([[1.0]], input=given), 400, "invalid_value")

    def test_a_text_that_is_too_long_is_refused_or_split_by_header(self):
        self.vectors.context_window = 20
        long = "One two three four five six. " * 6
        found = self.refused(self.embed([[1.0]], input=["Short.", long]), 400, "invalid_request")
        self.assertIn("x-sam-too-long: split", found["message"])
        body = {"model": "Vectors", "input": ["Short.", long]}

        def reply(request):
            return [[1.0, 0.0]] * len(request.inputs)

        with answering(self.env, reply) as asked:
            response = self.post("embeddings", body, headers={"x-sam-too-long": "split"})
        self.assertEqual(response.status_code, 200, response.text)
        self.assertGreater(len(asked[0].inputs), 3)
        self.assertEqual(len(response.json()["data"]), 2)
        self.assertEqual(response.headers["x-sam-split"], "1")
        with answering(self.env, reply):
            response = self.post(
                "embeddings", {**body, "input": "Short."}, headers={"x-sam-too-long": "split"}
            )
        self.assertNotIn("x-sam-split", response.headers)
        wrong = self.post("embeddings", body, headers={"x-sam-too-long": "cut"})
        self.assertEqual(self.refused(wrong, 400, "invalid_value")["param"], "x-sam-too-long")

    def test_budgets_keys_and_names_hold_here_too(self):
        self.key.day_usd = 0.0000005
        found = self.refused(self.embed([[1.0]]), 402, "budget_exceeded")
        self.assertIn("limit_usd", found)
        self.key.day_usd = 0
        self.refused(self.embed([[1.0]], model="Vendor One"), 404, "model_not_found")
        self.refused(self.embed([[1.0]], model="Ear"), 404, "model_not_found")
        self.assertEqual(self.embed([[1.0]], model="auto").status_code, 200)
        self.refused(self.post("embeddings", {}, secret="wrong"), 401, "invalid_api_key")
        self.key.provider_ids = self.provider
        self.refused(self.embed([[1.0]]), 404, "model_not_found")
        self.refused(self.embed([[1.0]], model="auto"), 404, "model_not_found")

    def test_a_keyed_request_is_paid_once(self):
        headers = {"Idempotency-Key": "v-1"}
        body = {"model": "Vectors", "input": "Hello"}
        with answering(self.env, [[0.25]], [[0.75]]):
            first = self.post("embeddings", body, headers=headers).json()
            again = self.post("embeddings", body, headers=headers).json()
        self.assertEqual(first["data"], again["data"])
        self.assertEqual(len(self.rows()), 1)

    def test_the_list_of_models_names_them(self):
        found = [one["id"] for one in self.get("models").json()["data"]]
        for name in ("Vectors", "text-embedding-3-small", "Ear", "whisper-1", "Vendor One"):
            self.assertIn(name, found)
        with answering(self.env, "Hello."):
            response = self.post(model="whisper-1")
        self.refused(response, 404, "model_not_found")

    # ------------------------------------------------------------------
    # Transcriptions
    # ------------------------------------------------------------------

    def test_a_recording_as_json_and_as_text(self):
        response = self.hear("Good morning.")
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(
            response.json(),
            {"text": "Good morning.", "usage": {"type": "duration", "seconds": 60}},
        )
        self.assertEqual(response.headers["x-sam-cost-usd"], "0.0060000000")
        text = self.hear("Good morning.", response_format="text")
        self.assertEqual(text.text, "Good morning.\n")
        self.assertTrue(text.headers["Content-Type"].startswith("text/plain"))
        row = self.rows()[-1]
        self.assertEqual((row.task_type, row.audio_seconds), ("voice_to_text", 60))
        self.assertEqual(row.gateway_key_id, self.key)

    def test_subtitles_and_times(self):
        from ...engine.price.usage import TokenUsage
        from ...providers import Transcript

        asked = []

        def reply(request):
            asked.append(request)
            return Transcript(
                content="Hello there.",
                usage=TokenUsage(audio_seconds=2),
                model="whisper-1",
                language="english",
                duration=2.1,
                segments=[{"start": 0.0, "end": 2.1, "text": " Hello there.", "id": 0}],
                words=[{"start": 0.0, "end": 1.0, "word": "Hello"}],
            )

        srt = self.hear(reply, response_format="srt").text
        self.assertEqual(srt, "1\n00:00:00,000 --> 00:00:02,100\nHello there.\n")
        vtt = self.hear(reply, response_format="vtt").text
        self.assertTrue(vtt.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:02.100\n"))
        fields = {"timestamp_granularities[]": ["word", "segment"]}
        found = self.hear(reply, response_format="verbose_json", **fields).json()
        self.assertEqual((found["language"], found["task"]), ("english", "transcribe"))
        self.assertEqual(found["segments"][0]["end"], 2.1)
        self.assertEqual(found["words"][0]["word"], "Hello")
        self.assertEqual([one.timestamps for one in asked][-1], ("segment", "word"))

    def test_options_reach_the_provider(self):
        asked = []
        response = self.hear(
            lambda request: asked.append(request) or "Ja.",
            language="de",
            prompt="Müller",
            temperature="0.3",
        )
        self.assertEqual(response.status_code, 200, response.text)
        [one] = asked
        self.assertEqual((one.language, one.prompt, one.temperature), ("de", "Müller", 0.3))
        self.assertEqual((one.container, one.seconds), ("wav", 60.0))

    def test_what_cannot_be_served_is_named(self):
        for fields, param in (
            ({"stream": "true"}, "stream"),
            ({"include[]": "logprobs"}, "include"),
            ({"chunking_strategy": "auto"}, "chunking_strategy"),
            ({"known_speaker_names[]": "Anna"}, "known_speaker_names"),
            ({"response_format": "diarized_json"}, "response_format"),
            ({"response_format": "docx"}, "response_format"),
            ({"temperature": "warm"}, "temperature"),
            ({"timestamp_granularities[]": "word"}, "timestamp_granularities"),
            ({"seed": "3"}, "seed"),
            ({"model": ""}, "model"),
        ):
            response = self.hear("Hello.", **fields)
            self.assertEqual(response.status_code, 400, (fields, response.text))
            self.assertEqual(response.json()["error"]["param"], param)
        self.assertEqual(self.hear("Hello.", stream="false").status_code, 200)
        headers = {"Authorization": f"Bearer {self.secret}"}
        for files, status, param in (
            (None, 415, "Content-Type"),
            ({"other": b"RIFF"}, 400, "file"),
        ):
            response = self.url_open(
                "/ai/v1/audio/transcriptions", data={"model": "Ear"}, headers=headers, files=files
            )
            self.assertEqual(response.status_code, status, response.text)
            self.assertEqual(response.json()["error"]["param"], param)
        self.refused(self.hear("Hello.", language="english"), 400, "invalid_request")
        self.refused(self.hear("Hello.", audio=b"no sound"), 400, "invalid_request")

    def test_sizes_budgets_and_keys(self):
        self.key.day_usd = 0.006
        self.refused(self.hear("Hello."), 402, "budget_exceeded")
        self.key.day_usd = 0
        self.refused(self.hear("Hello.", secret="wrong"), 401, "invalid_api_key")
        self.refused(self.hear("Hello.", model="Vectors"), 404, "model_not_found")
        self.patch(openai_transcriptions, "MOST_BYTES", 1000)
        self.refused(self.hear("Hello."), 413, "file_too_large")
        self.patch(openai_transcriptions, "MOST_BYTES", 10**9)
        # OpenAI's own limit
        self.ear.write({"base_url": False})
        large = wav(60) + b"\0" * 26_214_400
        found = self.refused(self.hear("Hello.", audio=large), 413, "file_too_large")
        self.assertIn("26,214,400", found["message"])
        self.assertFalse(self.rows())

    def test_speech_and_pictures_are_refused_by_name(self):
        for path, words in (
            ("audio/speech", "audio/transcriptions"),
            ("audio/translations", "audio/transcriptions"),
            ("images/generations", "Pictures"),
        ):
            found = self.refused(self.post(path, {}), 404, "not_served")
            self.assertIn(words, found["message"])
