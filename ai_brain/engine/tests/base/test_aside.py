import threading
from types import SimpleNamespace

import pytest
from engine.base.aside import END, Aside

LONG_S = 30


class Cursor:
    dbname = "books"
    closed = False

    def __init__(self, log):
        self.log = log

    def close(self):
        self.closed = True
        self.log.append("closed")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.log.append("committed")


class Counting(Aside):
    """Yields what ``pieces`` yields, as bytes; None is a sign of silence."""

    def __init__(self, pieces, patience_s=LONG_S):
        self.log, self.made, self.patience_s = [], pieces, patience_s
        env = SimpleNamespace(cr=Cursor([]), uid=7, context={"lang": "de_DE"})
        super().__init__(env, SimpleNamespace(free=lambda: self.log.append("free")), "counting")

    def _cursor(self):
        return Cursor(self.log)

    def _pieces(self, cr):
        return self.made(self)

    def _failed(self, error):
        return str(error)

    def _read(self):
        self.thread.start()
        try:
            while (piece := self.next_piece(self.patience_s)) is not END:
                yield b"silence" if piece is None else piece.encode()
        finally:
            self.left.set()


def test_pieces_come_in_order_and_the_place_is_free_after_the_commit():
    def pieces(stream):
        yield "one"
        yield "two"

    stream = Counting(pieces)
    assert [*stream] == [b"one", b"two"]
    assert stream.log == ["committed", "free"]
    assert (stream.thread.dbname, stream.thread.uid) == ("books", 7)
    assert stream.context == {"lang": "de_DE"}


def test_what_goes_wrong_is_the_last_piece_and_nothing_is_committed():
    def pieces(stream):
        yield "one"
        raise ValueError("no room")

    stream = Counting(pieces)
    assert [*stream] == [b"one", b"no room"]
    assert stream.log == ["closed", "free"]


def test_a_cursor_that_cannot_be_had_frees_the_place():
    stream = Counting(None)
    stream._cursor = lambda: 1 / 0
    assert [*stream] == [b"division by zero"]
    assert stream.log == ["free"]


def test_silence_is_told_apart():
    goes_on = threading.Event()

    def pieces(stream):
        assert goes_on.wait(LONG_S)
        yield "one"

    stream = Counting(pieces, patience_s=0.001)
    assert next(stream) == b"silence"
    goes_on.set()
    assert [one for one in stream if one != b"silence"] == [b"one"]


def test_a_reader_that_left_ends_the_work_at_the_next_piece():
    log, goes_on = [], threading.Event()

    def pieces(stream):
        try:
            yield "one"
            assert goes_on.wait(LONG_S)
            yield "two"
            log.append("went on")
        except GeneratorExit:
            log.append("ended")
            raise

    stream = Counting(pieces)
    assert next(stream) == b"one"
    stream._events.close()
    goes_on.set()
    stream.thread.join(LONG_S)
    assert log == ["ended"]
    assert stream.log == ["committed", "free"]
    with pytest.raises(StopIteration):
        next(stream)
