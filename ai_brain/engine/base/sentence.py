"""A sentence as a code and its figures, put into words for whoever reads it.

``str()`` of a :class:`Sentence` is English. Kept (:func:`kept`) it is its code and its figures
alone, and a :class:`Reader` of another language, who has the templates' translations, words it
in that. Templates are whole sentences, or phrases that a sentence takes in whole; one and many have
templates of their own. The ``target`` of a code that ends in ``.module`` or ``.agent`` is a
technical name, which a reader may know by another one. What an argument is says the end of its
name: ``_usd`` an amount,
``_exact`` an amount with every digit, ``_day``
and ``_date`` (with its year) a day in ISO form, ``_s`` a duration in seconds, ``_ms`` a time in
milliseconds that is told in seconds; other numbers are grouped, lists of names quoted.

>>> _doc = declare({"doc.cost": "%(name)s cost %(cost_usd)s for %(tokens)s tokens."})
>>> said = Sentence("doc.cost", name="Mini", cost_usd=0.0004, tokens=1200)
>>> str(said)
'Mini cost $0.0004 for 1,200 tokens.'
>>> kept(said)
['doc.cost', {'name': 'Mini', 'cost_usd': 0.0004, 'tokens': 1200}]
>>> ENGLISH.text(kept(said)) == str(said)
True
"""

from __future__ import annotations

from datetime import date

from .money import exact_usd, format_usd

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_UNITS = (("hour", 3600), ("minute", 60), ("second", 1))

_templates = {}


def _lt(source):
    """Mark a template as a term to translate; it is translated when it is read."""
    return source


def declare(templates, addon="ai_brain"):
    """Make templates known by their codes.

    :param dict templates: code to English template, marked by ``_lt``; an addon's codes begin with
        its name
    :param addon: the addon whose .po files translate them
    """
    _templates.update((code, (addon, source)) for code, source in templates.items())
    return templates


class Sentence:
    """A ``code`` and its ``args`` (str, numbers, lists of names, other sentences); immutable.

    It is worded when it is asked for: most are never read.
    """

    __slots__ = ("_args", "_code")

    def __init__(self, code, /, **args):
        self._code, self._args = code, args

    @property
    def code(self):
        return self._code

    @property
    def args(self):
        return dict(self._args)

    def __str__(self):
        return ENGLISH.words(self._code, self._args)

    def __repr__(self):
        return f"Sentence({self._code!r}, **{self._args!r})"

    def __eq__(self, other):
        if not isinstance(other, Sentence):
            return NotImplemented
        return (self._code, self._args) == (other._code, other._args)

    def __hash__(self):
        return hash(self._code)


def kept(said):
    """A sentence as it is stored: ``[code, args]``; any other text is stored as it is."""
    if not isinstance(said, Sentence):
        return said
    return [said._code, {name: kept(value) for name, value in said._args.items()}]


class _Words(dict):
    def __missing__(self, name):
        return "—"  # stored before the template named it


class Reader:
    """Words sentences in English. One for another language overrides what it does otherwise."""

    code = "en_US"

    def text(self, said):
        """The text of a Sentence, of what :func:`kept` made of it, or of a plain text."""
        if isinstance(said, Sentence):
            return self.words(said._code, said._args)
        if isinstance(said, str) or not said:
            return said or ""
        code, args = said
        return self.words(code, args)

    def words(self, code, args):
        """The words of a code with its arguments; the code itself if nobody declared it."""
        addon, source = _templates.get(code, ("", ""))
        if not source:
            return str(code)
        words = _Words()
        for name, value in args.items():
            words[name] = self._word(name, value)
        if words.get("target"):
            words["target"] = self.called(code.rpartition(".")[2], words["target"])
        translated = self.template(addon, source)
        try:
            return translated % words
        except (TypeError, ValueError):  # a broken translation
            return source % words

    def _word(self, name, value):
        if name.endswith("_usd"):
            return self.usd(value)
        if name.endswith("_exact"):
            return self.exact(value)
        if isinstance(value, Sentence):
            return self.words(value._code, value._args)
        if isinstance(value, str):
            if name.endswith(("_day", "_date")):
                return self.day(date.fromisoformat(value), name.endswith("_date"))
            return value
        if isinstance(value, (list, tuple)):
            if len(value) == 2 and isinstance(value[1], dict):
                return self.words(*value)
            return self.names(value)
        if name.endswith("_ms"):
            return "—" if value is None else self.seconds(value)
        if name.endswith("_s"):
            return self.duration(value)
        return "—" if value is None else self.number(value)

    def template(self, addon, source):
        """The template in the reader's language."""
        return source

    def called(self, kind, name):
        """What people call a ``target`` of a kind: module, agent, cron…"""
        return name

    def usd(self, amount):
        """An amount in USD."""
        return format_usd(amount)

    def number(self, value, decimals=1):
        """An int, or a float of one decimal, in groups of thousands."""
        if isinstance(value, float):
            return f"{value:,.{decimals}f}"
        return f"{value:,}" if value > 999 or value < -999 else str(value)

    def exact(self, amount):
        """An amount in USD with every digit."""
        return exact_usd(amount)

    def day(self, day, with_year):
        """A ``date`` with its month in letters."""
        return f"{day.day} {MONTHS[day.month - 1]}" + (f" {day.year}" if with_year else "")

    def duration(self, seconds):
        """About how long, in the largest unit that it has more than one and a half of.

        >>> [ENGLISH.duration(s) for s in (0, 45, 89, 90, 3600, 5400, 80_000)]
        ['1 second', '45 seconds', '89 seconds', '2 minutes', '60 minutes', '2 hours', '22 hours']
        """
        unit, size = next((u for u in _UNITS if seconds >= 1.5 * u[1]), _UNITS[-1])
        count = max(1, round(seconds / size))
        return f"{count} {unit}" + ("" if count == 1 else "s")

    def seconds(self, ms):
        """A time in milliseconds, told in seconds; below one with two decimals.

        >>> [ENGLISH.seconds(ms) for ms in (40, 850, 7379, 1_003_000)]
        ['0.04 s', '0.85 s', '7.4 s', '1,003.0 s']
        """
        one = self.template("ai_brain", _SECONDS)
        return one % {"seconds": self.number(ms / 1000, 2 if ms < 1000 else 1)}

    def names(self, names):
        """Names one after the other."""
        one = self.template("ai_brain", _QUOTED)
        return ", ".join(one % {"name": name} for name in names)


_QUOTED = _lt("“%(name)s”")
_SECONDS = _lt("%(seconds)s s")
ENGLISH = Reader()
