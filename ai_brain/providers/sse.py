"""Server-sent events, as the HTML standard parses them (section 9.2.6), over chunks of bytes.

>>> chunks = [b'event: a\\r\\ndata: 1\\r', b'\\ndata: 2\\n\\n: x\\n\\ndata: \\xc3', b'\\xa9\\n\\n']
>>> list(parse_events(chunks))
[('a', '1\\n2'), ('message', 'é')]

An event that the stream's end cuts off is dropped, as the standard says:

>>> list(parse_events([b'data: whole\\n\\ndata: half']))
[('message', 'whole')]
"""

import codecs


def _lines(chunks):
    """Lines of a byte stream; CR, LF and CRLF end a line, also across two chunks."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    rest, after_cr = [], False
    for chunk in chunks:
        text = decoder.decode(chunk)
        if after_cr and text:
            if text[0] == "\n":
                text = text[1:]
            after_cr = False
        after_cr = after_cr or text.endswith("\r")
        pieces = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        rest.append(pieces[0])
        for piece in pieces[1:]:
            yield "".join(rest)
            rest = [piece]


def parse_events(chunks):
    """Yield ``(event name, data)`` for each event in an iterable of byte chunks."""
    name, data = "", []
    for line in _lines(chunks):
        if not line:
            if data:
                yield name or "message", "\n".join(data)
            name, data = "", []
            continue
        key, _colon, value = line.partition(":")
        if value.startswith(" "):
            value = value[1:]
        if key == "data":
            data.append(value)
        elif key == "event":
            name = value
