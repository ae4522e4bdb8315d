"""A day as short as an axis wants it."""

from babel.dates import format_skeleton

from odoo.tools.misc import babel_locale_parse, get_lang


def short_day(env, day):
    """Return "Nov 28", "28. Nov.": a ``date`` as the reader's language writes it without a year."""
    return format_skeleton("MMMd", day, locale=babel_locale_parse(get_lang(env).code))
