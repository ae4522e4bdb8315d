"""Storage of a provider's key, out of the ORM's and the query log's reach."""

import logging
import os
import re
import urllib.parse

from odoo.exceptions import UserError

COLUMN = "api_key_value"
ENV_PREFIX = "env:"
ENV_NAME = re.compile(r"SAM_[A-Z0-9_]+")
#: Beside the variable with the key: the hosts that may get it, separated by commas.
HOST_SUFFIX = "_HOST"


def _execute(cr, query, params):
    # Odoo's cursor prints a query with its values at debug level, and when it fails.
    cr._obj.execute(query, params)


def store(env, provider_id, key):
    """Keep ``key`` (None clears it). Raise UserError if it cannot be a key."""
    if key:
        key = key.strip()
        check(env, key)
    # The row is locked first, by a statement without the key: the second one cannot fail.
    env.cr.execute("SELECT 1 FROM ai_service_provider WHERE id = %s FOR UPDATE", (provider_id,))
    _execute(
        env.cr,
        "UPDATE ai_service_provider SET api_key_value = %s WHERE id = %s",
        (key or None, provider_id),
    )


def check(env, key):
    """Raise UserError if ``key`` cannot be a key."""
    if not key.isascii() or not key.isprintable() or " " in key or len(key) > 4096:
        raise UserError(
            env._(
                "The API key holds characters that no key has. Copy it again from the vendor's "
                "page."
            )
        )
    name = key[len(ENV_PREFIX) :] if key.startswith(ENV_PREFIX) else None
    if name is not None and (not ENV_NAME.fullmatch(name) or name.endswith(HOST_SUFFIX)):
        raise UserError(env._("A key from the environment is written env:SAM_NAME."))


def load(env, provider_id, base_url):
    """Return the key, read from the environment where it is an env: reference, or None.

    :param str base_url: where it will be sent
    :raise UserError: the variable is not set, or the environment does not bind it to that host
    """
    query = "SELECT api_key_value FROM ai_service_provider WHERE id = %s"
    _execute(env.cr, query, (provider_id,))
    row = env.cr._obj.fetchone()
    key = row and row[0]
    if key and key.startswith(ENV_PREFIX):
        return _from_environment(env, key[len(ENV_PREFIX) :], base_url)
    return key


def _from_environment(env, name, base_url):
    """The key belongs to who runs the server: it says where the key may go, and no form does."""
    if not ENV_NAME.fullmatch(name) or not os.environ.get(name):
        raise UserError(
            env._(
                "The key of this provider is read from %s, which is not set in the server's "
                "environment. Set it and restart the server.",
                name,
            )
        )
    host = (urllib.parse.urlsplit(base_url or "").hostname or "").rstrip(".").lower()
    bound = {part.strip().lower() for part in os.environ.get(name + HOST_SUFFIX, "").split(",")}
    if not host or host not in bound:
        raise UserError(
            env._(
                "The key in %(name)s may not be sent to %(host)s. If it is that vendor's key, "
                "whoever runs the server sets %(variable)s=%(host)s in its environment and "
                "restarts it.",
                name=name,
                host=host or "?",
                variable=name + HOST_SUFFIX,
            )
        )
    return os.environ[name]


def share(cr, from_id, to_id):
    """Give a provider the key of another one at the same address, without reading it."""
    _execute(
        cr,
        "UPDATE ai_service_provider SET api_key_value = (SELECT api_key_value"
        " FROM ai_service_provider WHERE id = %s) WHERE id = %s",
        (from_id, to_id),
    )


def stored_ids(cr, ids):
    """Return the ids of those providers that have a key, as a set."""
    if not ids:
        return set()
    cr.execute(
        "SELECT id FROM ai_service_provider WHERE id = ANY(%s) AND api_key_value IS NOT NULL",
        (list(ids),),
    )
    return {row[0] for row in cr.fetchall()}


class RedactKeys(logging.Filter):
    """Odoo prints the arguments of every RPC at debug level; a key may be one of them.

    Where a key stands cannot be told (``load`` takes names and rows apart), so none of the
    arguments is printed in whose midst the field is named.
    """

    called = re.compile(r"call [\w.]+(?:\([\d, ]*\))?\.\w+")

    def filter(self, record):
        if record.levelno <= logging.DEBUG:
            text = record.getMessage()
            if "api_key" in text:
                head = self.called.match(text)
                record.msg = "%s(***: an API key may be among the arguments)"
                record.args = (head[0] if head else "A message",)
        return True


# up to Odoo 18 the first prints them, from 19 on the second
for name in ("odoo.api", "odoo.service.model"):
    logging.getLogger(name).addFilter(RedactKeys())
