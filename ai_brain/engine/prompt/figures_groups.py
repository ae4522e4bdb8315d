"""Lines and records that share a name or a month: what belongs to each, and how many there are."""

from ..base.lazy import regex

_MOST_RECORDS, _MOST_KEYS = 60, 60
_LEAST_RECORDS = 3
_WORD = regex(r"[^\W\d_]{2,40}")
_RECORD = regex(r"[;\n}]|\.\s")


def groups(text, figures, terms_of):
    """Yield for each name or month the terms of each record that it stands in.

    Lines are records where there are three with figures, else what semicolons and braces part.

    :param terms_of: function from figures to their terms
    :return: iterator of lists of lists of terms, two or more records in each, never all
    """
    for bound in (regex(r"\n"), _RECORD):
        records = [one for one in _records(text, figures, bound) if one[1]]
        if not _LEAST_RECORDS <= len(records) <= _MOST_RECORDS:
            continue
        by_key = {}
        for words, those in records:
            keys = {word.casefold() for word in _WORD.findall(words)}
            keys |= {f"-{value[1]}" for one in those if one.kind == "date" for value in one.values}
            for key in keys:
                by_key.setdefault(key, []).append(terms_of(those))
        for found in list(by_key.values())[:_MOST_KEYS]:
            if 1 < len(found) < len(records):
                yield found
        return


def _records(text, figures, bound):
    start, place = 0, 0
    ends = [match.start() for match in bound.finditer(text)]
    for end in [*ends, len(text)]:
        those = []
        while place < len(figures) and figures[place].start < end:
            those.append(figures[place])
            place += 1
        yield text[start:end], those
        start = end


def places(records):
    """Return the terms that stand in one place of each record, one list a place.

    >>> places([[1, 2], [3, 4]])
    [[1, 3], [2, 4]]
    """
    if len({len(record) for record in records}) != 1:
        return [[term for record in records for term in record]]
    return [list(column) for column in zip(*records, strict=True)]
