"""A form with a file in it, sent from the disk as it is read."""

import re
import uuid

from .errors import InvalidRequest

_PLAIN = re.compile(r"[\w.\[\]-]+")


class Multipart:
    """A body of ``multipart/form-data`` (RFC 7578), as a file that is read from its beginning.

    Nothing of the file is held in memory but the piece that is being sent.

    >>> import io
    >>> body = Multipart([("model", "m")], "a.wav", "audio/wav", io.BytesIO(b"RIFF"), 4, "b")
    >>> body.read(20), len(body)
    (b'--b\\r\\nContent-Disposi', 164)
    >>> body.read()[-17:], body.read(1)
    (b'\\r\\n\\r\\nRIFF\\r\\n--b--\\r\\n', b'')
    """

    def __init__(self, fields, filename, mimetype, file, size, boundary=None):
        """:param fields: pairs of name and text, sent before the file
        :param file: a binary file that can be sought; ``size``: its bytes
        """
        self.boundary = boundary or uuid.uuid4().hex
        mark = f"--{self.boundary}\r\n"
        head = "".join(
            f'{mark}Content-Disposition: form-data; name="{_plain(name)}"\r\n\r\n{value}\r\n'
            for name, value in fields
        )
        head += (
            f'{mark}Content-Disposition: form-data; name="file"; filename="{_plain(filename)}"\r\n'
            f"Content-Type: {mimetype}\r\n\r\n"
        )
        self._head = head.encode()
        if self.boundary.encode() in self._head.replace(mark.encode(), b""):
            raise InvalidRequest("A text of the form holds its boundary. Send it again.")
        self._tail = f"\r\n--{self.boundary}--\r\n".encode()
        self._file, self._size = file, size
        self._place = 0

    @property
    def content_type(self):
        """What the header of that name says."""
        return f"multipart/form-data; boundary={self.boundary}"

    def __len__(self):
        return len(self._head) + self._size + len(self._tail)

    def __iter__(self):
        while piece := self.read(64 * 1024):
            yield piece

    def tell(self):
        return self._place

    def seek(self, place):
        self._place = place

    # pylint: disable-next=method-required-super
    def read(self, size=-1):
        size = len(self) - self._place if size is None or size < 0 else size
        found = b""
        while len(found) < size:
            piece = self._piece(size - len(found))
            if not piece:
                break
            self._place += len(piece)
            found += piece
        return found

    def _piece(self, most):
        place = self._place
        if place < len(self._head):
            return self._head[place : place + most]
        place -= len(self._head)
        if place < self._size:
            self._file.seek(place)
            piece = self._file.read(min(most, self._size - place))
            if not piece:
                raise InvalidRequest("The recording became shorter while it was sent.")
            return piece
        place -= self._size
        return self._tail[place : place + most]


def _plain(text):
    if not _PLAIN.fullmatch(text):
        raise InvalidRequest(f"{text[:60]!r} cannot be a name in a form.")
    return text
