"""Fields of the user and of the record in an answer: which may stand there, and what they hold."""

from datetime import datetime

from odoo.exceptions import ValidationError
from odoo.tools import format_date, format_datetime

from ...engine.reuse.placeholders import MOST, PlaceholderError, parse
from ..base.wording import reader

#: Of the person who asks: what colleagues know of one another anyway.
USER_FIELDS = ("name", "login", "email", "phone", "function", "company_id")
SIMPLE = ("char", "selection", "integer", "float", "monetary", "date", "datetime", "many2one")


def check_answer(env, text, model):
    """Refuse an answer with a field that cannot stand in it.

    :param model: name of the model of the record, '' where calls are about any or none
    :raise ValidationError: which one, and what is possible
    """
    try:
        parts = parse(text)
    except PlaceholderError as error:
        raise ValidationError(
            env._(
                "“%(text)s” is no field. Braces hold user, record or var, a point and a name, at "
                "most %(most)s in an answer: {user.name}",
                text=error,
                most=MOST,
            )
        ) from error
    for part in parts:
        if isinstance(part, str) or part.source == "var":
            continue
        if part.source == "record" and not model:
            raise ValidationError(
                env._("Name the record model that {record.%s} is a field of.", part.name)
            )
        named = "res.users" if part.source == "user" else model
        if not may_stand(env, named, part.name, part.source):
            raise ValidationError(
                env._(
                    "{%(of)s.%(name)s} cannot stand in an answer: it has to be a field of "
                    "%(model)s that holds one value and that no group is needed for. Of the user: "
                    "%(allowed)s.",
                    of=part.source,
                    name=part.name,
                    model=named,
                    allowed=", ".join(USER_FIELDS),
                )
            )


def may_stand(env, model, name, source):
    """May the field of a model stand in an answer?"""
    if source == "user" and name not in USER_FIELDS:
        return False
    cls = env.registry.get(model)
    field = cls and not cls._abstract and cls._fields.get(name)
    # what is not stored may compute anything, but for the name that a record is shown by
    return bool(
        field
        and field.type in SIMPLE
        and not field.groups
        and (field.store or field.related or name == "display_name")
    )


def values_of(env, placeholders, tags, variables):
    """Return ``{placeholder: text}`` of those that hold something the caller may read.

    :param env: the environment of the calling user, not of a superuser
    :param dict tags: of the call: its ``res_model`` and ``res_id``
    """
    records, values = {"user": env.user}, {}
    for one in placeholders:
        if one.source == "record" and one.source not in records:
            records[one.source] = _record(env, tags)
        if one.source == "var":
            found = _text(env, variables.get(one.name))
        else:
            found = _field_text(env, records[one.source], one)
        if found:
            values[one] = found
    return values


def _record(env, tags):
    model, record_id = tags.get("res_model"), tags.get("res_id")
    cls = env.registry.get(model)
    if not record_id or cls is None or cls._abstract or cls._transient:
        return None
    record = env[model].browse(record_id).exists()
    return record if record and record.has_access("read") else None


def _field_text(env, record, placeholder):
    name = placeholder.name
    if not record or not may_stand(env, record._name, name, placeholder.source):
        return ""
    field, value = record._fields[name], record[name]
    if field.type == "many2one":
        return value.display_name if value and value.has_access("read") else ""
    if field.type == "selection":
        return dict(field._description_selection(env)).get(value, "")
    return _text(env, value) if value or field.type in ("integer", "float", "monetary") else ""


def _text(env, value):
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int | float):
        return reader(env).number(round(value, 2))
    if isinstance(value, str):
        return value.strip()
    return format_datetime(env, value) if isinstance(value, datetime) else format_date(env, value)
