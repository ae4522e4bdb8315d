import io
import os
import re
from contextlib import closing

from odoo import api, models
from odoo.exceptions import AccessError

from ...engine.call.checks import Number, OfType, RequestError, check_text
from ...engine.ledger.tasks import VOICE_TO_TEXT
from ...engine.tasks.recording import measure
from ...exceptions import InvalidCallError
from .speech_job import SpeechJob

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_TIMES = ("segment", "word")


def _language(key, value):
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise RequestError("task_language", key=key)
    return value


def _prompt(key, value):
    OfType(str, 4000)(key, value)
    check_text(value)
    return value


def _timestamps(key, value):
    names = (value,) if isinstance(value, str) else value
    good = isinstance(names, list | tuple) and all(name in _TIMES for name in names)
    if not good:
        raise RequestError("choice", key=key, allowed=", ".join(_TIMES))
    return tuple(name for name in _TIMES if name in names)


OPTIONS = {
    "language": _language,
    "prompt": _prompt,
    "temperature": Number(0, 1),
    "timestamps": _timestamps,
}


class AiService(models.AbstractModel):
    """Speech to text: a recording is sent from the disk, and what is said in it comes back."""

    _inherit = "ai.service"

    @api.model
    def transcribe(self, audio, language=None, config=None, environment=None, **options):
        """Return what is said in a recording, with its exact cost.

        A call like any other: budgets, the ledger, benchmarks and what is paid once. What is held
        before it is the price of the recording's length, which is read from its file; of one that
        does not tell it, the price of the longest that it can be by its size, or the call is
        refused, as the company has chosen. The vendor is not told what the file is called.

        :param audio: an ``ir.attachment`` record or id that the user may read, whose file is
            streamed from the disk; or bytes; or a binary file that can be sought. FLAC, MP3, MP4,
            Ogg, WAV or WebM; OpenAI takes 25 MB
        :param str language: of what is said, in two letters (ISO 639-1); None: the model finds out
        :param config: ``ai.service.provider`` record or id, for voice to text; None takes the
            default
        :param dict environment: tags of the call, as for :meth:`send_message`
        :param options: ``prompt`` (words that are likely, or what came before), ``temperature`` (0
            to 1), ``timestamps`` (segment, word, or both in a list), ``max_budget_usd``,
            ``max_latency_ms``, ``idempotency_key``, and those of steps that serve this task
        :return: the dict of :meth:`send_message`, the text in ``content``, with ``language`` (as
            the vendor says, or ''), ``audio_seconds`` (as it was billed or heard, else as
            measured; None: unknown), and ``segments`` and ``words``: lists of dicts with ``start``
            and ``end`` in seconds and ``text`` or ``word``, empty unless they were asked for
        :raise exceptions.TooLargeError: the file is larger than the vendor takes
        :raise exceptions.InvalidCallError: it is no recording, or too long, or of unknown length
        :raise exceptions.AiError: a subclass of UserError that says what to do
        :raise AccessError: the user may not read the attachment
        """
        call = self._check_speech(audio, language, config, environment, options)
        with closing(call.job):
            return self._whole(call)

    @api.model
    def _check_speech(self, audio, language=None, config=None, environment=None, options=None):
        """Return the checked ``Call``; its job has the recording open until it is closed."""
        self._check_caller()
        file, size = self._recording_file(audio)
        try:
            return self._check_open_speech(file, size, language, config, environment, options)
        except Exception:
            file.close()
            raise

    @api.model
    def _check_open_speech(self, file, size, language, config, environment, options):
        if not size:
            raise InvalidCallError(self.env._("The recording is empty."))
        recording = measure(file, size)
        policy = self.env.company._ai_policy()
        if recording.container and recording.seconds is None and policy.unknown_length == "refuse":
            raise InvalidCallError(
                self.env._(
                    "The file does not tell how long the recording is, and %s refuses such calls. "
                    "Convert it to MP3, M4A, FLAC or WAV, or allow it in the settings.",
                    self.env.company.name,
                )
            )
        options = {**(options or {}), **({"language": language} if language else {})}
        return self._check_task(
            VOICE_TO_TEXT,
            lambda own: _job(file, size, recording, own),
            OPTIONS,
            config,
            environment,
            options,
        )

    # ------------------------------------------------------------------
    # Where the recording lies
    # ------------------------------------------------------------------

    @api.model
    def _recording_file(self, audio):
        """Return (binary file, size) of a recording; the caller closes it.

        :raise InvalidCallError: there is none
        """
        if isinstance(audio, bytes | bytearray | memoryview):
            return io.BytesIO(audio), len(audio)
        if isinstance(audio, int) and not isinstance(audio, bool):
            audio = self.env["ir.attachment"].browse(audio)
        if isinstance(audio, models.BaseModel) and audio._name == "ir.attachment":
            return self._attached_file(audio)
        if not isinstance(audio, str) and hasattr(audio, "seek") and hasattr(audio, "read"):
            return _Lent(audio), audio.seek(0, os.SEEK_END)
        raise InvalidCallError(
            self.env._("Give the recording as an attachment, as bytes or as an open binary file.")
        )

    @api.model
    def _attached_file(self, attachment):
        if len(attachment) != 1:
            raise InvalidCallError(self.env._("Give one attachment."))
        # a search leaves out what the user may not read
        found = self.env["ir.attachment"].search([("id", "=", attachment.id)])
        if not found:
            raise AccessError(self.env._("You may not read this attachment, or it is gone."))
        stored = found.sudo()
        if stored.type != "binary":
            raise InvalidCallError(
                self.env._("“%s” is a link and no file. Attach the recording itself.", stored.name)
            )
        if stored.store_fname:
            path = stored._full_path(stored.store_fname)
            try:
                file = open(path, "rb")  # noqa: SIM115 - the job closes it
            except OSError as error:
                raise InvalidCallError(
                    self.env._("The file of “%s” is not in the file store.", stored.name)
                ) from error
            return file, os.fstat(file.fileno()).st_size
        content = stored.raw or b""  # files kept in the database, and are read whole by Odoo
        return io.BytesIO(content), len(content)


class _Lent:
    """A file of the caller's, who closes it himself."""

    def __init__(self, file):
        self.seek, self.read, self.tell = file.seek, file.read, file.tell

    def close(self):
        """Leave it open."""


def _job(file, size, recording, own):
    said = {name: own[name] for name in ("language", "prompt", "timestamps") if name in own}
    if "temperature" in own:
        said["temperature"] = float(own["temperature"])
    return SpeechJob(file, size, recording, **said)
