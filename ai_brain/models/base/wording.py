"""The engine's sentences in the language of an Odoo user."""

from datetime import timedelta
from functools import lru_cache

from babel.dates import format_date, format_skeleton, format_timedelta
from psycopg2.extras import Json

from odoo.tools import SQL, babel_locale_parse
from odoo.tools.translate import code_translations

from ...engine.base.sentence import ENGLISH, Reader


class LangReader(Reader):
    """Words sentences in a language: its translations, its dates and its separators.

    Amounts in USD are the same for everybody, as everywhere in these addons.
    """

    def __init__(self, lang):
        """:param lang: ``LangData`` of ``res.lang``"""
        self.code = lang.code
        self._separators = str.maketrans({",": lang.thousands_sep or "", ".": lang.decimal_point})

    def template(self, addon, source):
        return code_translations.get_python_translations(addon, self.code).get(source, source)

    def number(self, value):
        return super().number(value).translate(self._separators)

    def day(self, day, with_year):
        return _day(day, with_year, self.code)

    def duration(self, seconds):
        return _duration(max(1, round(seconds)), self.code)


def reader(env):
    """Return the reader for the language of an environment."""
    return reader_of(env, env.lang)


def reader_of(env, code):
    """Return the reader for a language; English where it is not installed."""
    if not code or code == "en_US":
        return ENGLISH
    lang = env["res.lang"]._get_data(code=code)
    return LangReader(lang) if lang else ENGLISH


def in_languages(env, text):
    """Return the column of a translated field: ``text(reader)`` in each installed language."""
    return Json({code: text(reader_of(env, code)) for code in _installed(env)})


def in_each_language(records, words):
    """Return ``{language: words(records in it)}``, English among them."""
    return {code: words(records.with_context(lang=code)) for code in _installed(records.env)}


def _installed(env):
    return {"en_US", *(code for code, _name in env["res.lang"].get_installed())}


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
