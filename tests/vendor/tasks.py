"""What the vendor sells besides chat: vectors by the token, recordings' text by token or time.

A recording is steered as a prompt is, by a marker in its form's ``prompt``; vectors by one in the
first text. Keys beyond those of ``faults.py``:

- ``seconds``: what the vendor takes for its length (WAV files tell theirs);
- ``wrong``: vectors of different lengths (``lengths``), one too few (``fewer``), no numbers
  (``words``); of speech, a text that is none (``text``), times that are none (``times``).
"""

import base64
import hashlib
import io
import json
import struct
import time
import wave
from decimal import ROUND_HALF_UP, Decimal
from email.parser import BytesParser

from . import prices
from .counting import compose, count
from .faults import FAULTS, directives

#: As OpenAI's; a test makes it smaller by ``limit`` among the defaults.
MOST_BYTES = 25 * 1024 * 1024
USUAL = 8
TOKENS_PER_SECOND = 10


def serve(handler, data):
    """Answer what is for here; whether it was."""
    bare = handler.path.partition("?")[0]
    if bare.endswith("/embeddings"):
        _Embedding(handler, data).serve()
    elif bare.endswith("/audio/transcriptions"):
        _Speech(handler, data).serve()
    else:
        return False
    return True


class _Task:
    kind = ""

    def __init__(self, handler, data):
        self.handler, self.state = handler, handler.server.state
        self.read(data)
        self.told = {**self.state.defaults, **directives(self.prompt)}

    def serve(self):
        """Log the request, bill it, and answer it, or misbehave."""
        handler, told = self.handler, self.told
        row = {
            "path": handler.path,
            "format": "openai",
            "model": self.model,
            "stream": False,
            "key": handler.key(),
            "id": told.get("id"),
            "fault": None,
            "bill": "0",
            "counts": None,
            "told": False,
            "at": time.time(),
            "attempt": self.state.nth(f"{self.kind} {self.prompt}"),
            **self.facts(),
        }
        refusal = self.refusal(row)
        if refusal:
            self.state.add({**row, "fault": str(refusal[0])})
            return handler.send_json(refusal[0], {"error": {"message": refusal[1]}})
        fault = told.get("fault")
        if fault and row["attempt"] >= int(told.get("times", 10**9)):
            fault = None
        row["fault"] = fault
        if fault and not FAULTS[fault]:
            self.state.add(row)
            return handler.refuse(fault, told)
        counts = self.counts()
        row.update(counts=counts, bill=prices.bill(self.model, counts), told=fault is None)
        self.state.add(row)
        if told.get("hold"):
            self.state.hold(told["hold"])
        time.sleep(float(told.get("delay", 0)))
        if fault in ("close", "hang"):
            if fault == "hang":
                self.state.hold("hang")
            return handler.hang_up()
        if fault and fault.isdigit():
            return handler.refuse(fault, told)
        answer = self.answer()
        if fault == "nousage":
            answer.pop("usage")
        elif fault == "badusage":
            answer["usage"] = "twelve"
        elif fault == "wrongtypes":
            answer.update(text=7, data="none")
        return handler.send_whole(answer, fault)

    def refusal(self, row):
        """(status, words) of what this vendor does not take, or None."""
        if not row["key"] or row["key"].startswith("wrong"):
            return 401, "no key"
        if (prices.row_of(self.model) or {}).get("task") != self.kind:
            return 404, f"no such model {self.model}"
        return None

    def facts(self):
        return {}


class _Embedding(_Task):
    kind = "embedding"

    def read(self, data):
        self.body = json.loads(data)
        self.model = self.body.get("model")
        given = self.body["input"]
        single = isinstance(given, str) or (given and isinstance(given[0], int))
        self.inputs = [given] if single else given
        texts = [one for one in self.inputs if isinstance(one, str)]
        self.prompt = texts[0] if texts else ""

    def facts(self):
        return {"keys": sorted(self.body), "inputs": len(self.inputs)}

    def refusal(self, row):
        most = int(self.told.get("limit", 8192))
        if any(self._size(one) > most for one in self.inputs):
            return 400, f"This model's maximum context length is {most} tokens"
        return super().refusal(row)

    def _size(self, one):
        return count(one, "openai") if isinstance(one, str) else len(one)

    def counts(self):
        return {"input": sum(map(self._size, self.inputs))}

    def answer(self):
        size = self.body.get("dimensions") or USUAL
        rows = [
            {"object": "embedding", "index": n, "embedding": self._vector(one, size)}
            for n, one in enumerate(self.inputs)
        ]
        wrong = self.told.get("wrong")
        if wrong == "fewer":
            rows.pop()
        elif wrong == "lengths":
            rows[0]["embedding"] = rows[0]["embedding"] + [0.5]
        elif wrong == "words":
            rows[0]["embedding"] = ["one"] * size
        sent = self.counts()["input"]
        if self.body.get("encoding_format") == "base64":
            for row in rows:
                row["embedding"] = base64.b64encode(
                    struct.pack(f"<{len(row['embedding'])}f", *row["embedding"])
                ).decode()
        return {
            "object": "list",
            "model": self.model,
            "data": rows,
            "usage": {"prompt_tokens": sent, "total_tokens": sent},
        }

    def _vector(self, one, size):
        digest = hashlib.sha256(repr(one).encode("utf-8", "replace")).digest()
        return [digest[n % 32] / 255 for n in range(size)]


class _Speech(_Task):
    kind = "voice_to_text"

    def read(self, data):
        head = f"Content-Type: {self.handler.headers['Content-Type']}\r\n\r\n".encode()
        self.form, self.file, self.filename = {}, b"", ""
        for part in BytesParser().parsebytes(head + data).get_payload():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            if name == "file":
                self.file, self.filename = content, part.get_filename()
            else:
                self.form.setdefault(name, []).append(content.decode())
        self.model = self._one("model")
        self.prompt = self._one("prompt") or ""

    def _one(self, name):
        return self.form.get(name, [None])[0]

    def facts(self):
        return {
            "keys": sorted(self.form),
            "bytes": len(self.file),
            "digest": hashlib.sha256(self.file).hexdigest(),
            "filename": self.filename,
            "seconds": str(self._seconds()),
        }

    def refusal(self, row):
        most = int(self.told.get("limit", MOST_BYTES))
        if len(self.file) > most:
            return 413, f"Maximum content size limit ({most}) exceeded"
        if self._by_token() and self._one("response_format") not in (None, "json"):
            return 400, "response_format is not compatible with this model"
        return super().refusal(row)

    def _by_token(self):
        return not {"minute", "hour"} & set(prices.row_of(self.model) or ())

    def _seconds(self):
        if "seconds" in self.told:
            return Decimal(self.told["seconds"])
        try:
            with wave.open(io.BytesIO(self.file)) as made:
                return Decimal(made.getnframes()) / made.getframerate()
        except (wave.Error, EOFError):
            return Decimal(60)

    def _text(self):
        size = int(self.told.get("output", 5 + int(self._seconds()) % 40))
        return compose(self.filename + self.prompt, size)

    def counts(self):
        if not self._by_token():
            return {"seconds": int(self._seconds().quantize(Decimal(1), ROUND_HALF_UP))}
        heard = int(self._seconds() * TOKENS_PER_SECOND)
        said = count(self.prompt, "openai") if self.prompt else 0
        return {
            "input": heard + said,
            "input_audio": heard,
            "output": count(self._text(), "openai"),
        }

    def answer(self):
        counts, text = self.counts(), self._text()
        if self._by_token():
            usage = {
                "type": "tokens",
                "input_tokens": counts["input"],
                "input_token_details": {
                    "text_tokens": counts["input"] - counts["input_audio"],
                    "audio_tokens": counts["input_audio"],
                },
                "output_tokens": counts["output"],
                "total_tokens": counts["input"] + counts["output"],
            }
        else:
            # as it was measured; what is billed of it is rounded
            usage = {"type": "duration", "seconds": float(self._seconds())}
        found = {"text": text, "usage": usage}
        if self.model == "loop-o-hour":
            # who sells hours tells no usage, but how long it was
            found = {"text": text, "duration": usage["seconds"]}
        if self._one("response_format") == "verbose_json":
            end = float(self._seconds())
            found.update(task="transcribe", language="english", duration=end)
            wanted = self.form.get("timestamp_granularities[]", ["segment"])
            if "segment" in wanted:
                found["segments"] = [{"id": 0, "start": 0.0, "end": end, "text": " " + text}]
            if "word" in wanted:
                found["words"] = [{"word": text.split()[0], "start": 0.0, "end": end}]
        wrong = self.told.get("wrong")
        if wrong == "text":
            found["text"] = None
        elif wrong == "times":
            found["segments"] = [{"start": "now", "end": 1, "text": "a"}]
        return found
