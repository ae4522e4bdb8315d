"""The engine's sentences in the language of an Odoo user."""

from copy import copy
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date, format_skeleton, format_timedelta
from psycopg2.extras import Json

from odoo.tools import SQL, babel_locale_parse, get_lang
from odoo.tools.translate import code_translations

from ...engine.base.money import Manner, as_decimal, exact_usd, format_usd
from ...engine.base.sentence import ENGLISH, Reader


class LangReader(Reader):
    """Words sentences in a language: its translations, its dates, its separators and its money."""

    def __init__(self, lang):
        """:param lang: ``LangData`` of ``res.lang``"""
        self.code = lang.code
        self._separators = str.maketrans({",": lang.thousands_sep or "", ".": lang.decimal_point})
        self._usd = usd_manner(lang)

    def template(self, addon, source):
        return code_translations.get_python_translations(addon, self.code).get(source, source)

    def usd(self, amount):
        return format_usd(amount, self._usd)

    def number(self, value, decimals=1):
        return super().number(value, decimals).translate(self._separators)

    def exact(self, amount):
        return exact_usd(amount, self._usd)

    def day(self, day, with_year):
        return _day(day, with_year, self.code)

    def duration(self, seconds):
        return _duration(max(1, round(seconds)), self.code)


def usd_manner(lang):
    """Return how a language (``LangData``) writes USD: its separators, and the sign where CLDR has
    it."""
    before, after = _signs(lang.code)
    return Manner(lang.decimal_point, lang.thousands_sep or "", before, after)


def usd_signs(env):
    """Return (before, after) the digits of USD in the language of the environment."""
    return _signs(get_lang(env).code)


def reader(env):
    """Return the reader for the language of an environment."""
    return reader_of(env, env.lang)


def reader_of(env, code):
    """Return the reader for a language; English where it is not installed."""
    if not code or code == "en_US":
        return ENGLISH
    lang = env["res.lang"]._get_data(code=code)
    return LangReader(lang) if lang else ENGLISH


def naming_reader(env):
    """Return the reader for the language of an environment who calls addons and agents by their
    names, where kept sentences have their technical names."""
    found = copy(reader(env))

    def called(kind, name):
        if kind == "module":
            return env["ir.module.module"]._ai_names().get(name) or name
        if kind == "agent":
            _id, known = env["ai.agent"]._names_of_codes([name]).get(name) or (None, name)
            return known
        return name

    found.called = called
    return found


def reader_in(currency, rate):
    """Return the reader for the language of a currency's environment who tells what the engine
    says in USD in that currency.

    :param rate: what 1 USD is in it
    """
    found = copy(reader(currency.env))
    rate = as_decimal(rate)

    def usd(amount):
        own = None if amount is None else (as_decimal(amount) * rate).quantize(_SMALLEST)
        return currency._ai_text(own)

    found.usd = usd
    return found


#: Amounts are converted to so much; beyond lie the last digits of a float.
_SMALLEST = Decimal("1e-12")


def in_languages(env, text):
    """Return the column of a translated field: ``text(reader)`` in each installed language."""
    return Json({code: text(reader_of(env, code)) for code in _installed(env)})


def in_each_language(records, words):
    """Return ``{language: words(records in it)}``, English among them."""
    return {code: words(records.with_context(lang=code)) for code in _installed(records.env)}


def _installed(env):
    return {"en_US", *(code for code, _name in env["res.lang"].get_installed())}


@lru_cache(maxsize=128)
def _signs(code):
    pattern = babel_locale_parse(code).currency_formats["standard"].pattern.split(";")[0]
    sign = pattern.replace("¤", "$").strip("\u200e\u200f")
    digits = "".join(char for char in sign if char in "#,0.")
    before, _digits, after = sign.partition(digits)
    return before, after


@lru_cache(maxsize=1024)
def _day(day, with_year, code):
    locale = babel_locale_parse(code)
    if with_year:
        return format_date(day, "long", locale=locale)
    return format_skeleton("MMMMd", day, locale=locale)


@lru_cache(maxsize=1024)
def _duration(seconds, code):
    # up to one and a half of a unit, the smaller one says it better, as in the engine
    return format_timedelta(
        timedelta(seconds=seconds), threshold=1.5, locale=babel_locale_parse(code)
    )


def name_in_languages(record, names):
    """Keep a record's name in every language of ours, installed or to be installed later.

    :param dict names: two letters of a language to the name in it
    """
    languages = record.env["res.lang"].with_context(active_test=False)
    languages = languages.search([("code", "not like", "en\\_%")])
    known = {one.code: names[one.code[:2]] for one in languages if one.code[:2] in names}
    record.flush_recordset(["name"])
    record.env.execute_query(
        SQL(
            "UPDATE %s SET name = %s::jsonb || name WHERE id = %s RETURNING id",
            SQL.identifier(record._table),
            Json(known),
            record.id,
        )
    )
    record.invalidate_recordset(["name"])
