"""The digest of a month: one of each day, and one of these that says what was sealed.

A row counts by the SHA-256 of its canonical text, a day by the SHA-256 of the digests of its rows
in the order of their numbers (both made by the database), a month by the SHA-256 of the text below.
It names the digest of the month that was sealed before: whoever keeps one digest outside the
database can prove that month and all before it.

>>> days = {"2026-03-02": {"rows": 2, "digest": "b" * 64}}
>>> days["2026-03-01"] = {"rows": 1, "digest": "a" * 64}
>>> print(month_text(7, "2026-03", days, None).replace("a" * 64, "a…").replace("b" * 64, "b…"))
ai-ledger-seal 1
company 7
month 2026-03
before -
2026-03-01 1 a…
2026-03-02 2 b…
>>> month_digest(7, "2026-03", days, None)[:16]
'e98b06db22de99c1'
"""

import hashlib

#: Changes with the text below or with how the database writes a row.
FORM = 1


def month_text(company_id, month, days, before):
    """Return what the digest of a month is made of: lines parted by a line feed, UTF-8.

    :param str month: ``2026-03``
    :param dict days: ``{"2026-03-01": {"rows": int, "digest": hex}}``; days without rows are none
    :param before: the digest of the month that was sealed before, or None
    """
    head = (
        f"ai-ledger-seal {FORM}",
        f"company {company_id}",
        f"month {month}",
        f"before {before or '-'}",
    )
    return "\n".join((*head, *(f"{d} {days[d]['rows']} {days[d]['digest']}" for d in sorted(days))))


def month_digest(company_id, month, days, before):
    """Return the digest of a month, 64 hexadecimal digits; arguments as of ``month_text``."""
    text = month_text(company_id, month, days, before)
    return hashlib.sha256(text.encode()).hexdigest()


def differing_days(sealed, found):
    """Return the days on which two ``days`` differ, with the number of rows of each, in order.

    >>> one, other = {"rows": 1, "digest": "a"}, {"rows": 1, "digest": "b"}
    >>> differing_days({"2026-03-01": one, "2026-03-02": one}, {"2026-03-01": other})
    [('2026-03-01', 1, 1), ('2026-03-02', 1, 0)]
    >>> differing_days({"2026-03-01": one}, {"2026-03-01": dict(one)})
    []
    """
    none = {"rows": 0, "digest": ""}
    return [
        (day, sealed.get(day, none)["rows"], found.get(day, none)["rows"])
        for day in sorted({*sealed, *found})
        if sealed.get(day) != found.get(day)
    ]
