"""Storage of a provider's key, out of the ORM's and the query log's reach."""

import logging
import os
import re

from odoo.exceptions import UserError

COLUMN = "api_key_value"
ENV_PREFIX = "env:"
ENV_NAME = re.compile(r"SAM_[A-Z0-9_]+")


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
    if key.startswith(ENV_PREFIX) and not ENV_NAME.fullmatch(key[len(ENV_PREFIX) :]):
        raise UserError(env._("A key from the environment is written env:SAM_NAME."))


def load(env, provider_id):
    """Return the key, read from the environment where it is an env: reference, or None."""
    query = "SELECT api_key_value FROM ai_service_provider WHERE id = %s"
    _execute(env.cr, query, (provider_id,))
    row = env.cr._obj.fetchone()
    key = row and row[0]
    if key and key.startswith(ENV_PREFIX):
        name = key[len(ENV_PREFIX) :]
        if not os.environ.get(name):
            raise UserError(
                env._(
                    "The key of this provider is read from %s, which is not set in the server's "
                    "environment. Set it and restart the server.",
                    name,
                )
            )
        return os.environ[name]
    return key


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
    """Odoo prints the arguments of every RPC at debug level; a key may be one of them."""

    pattern = re.compile(r"""(api_key['"]?\s*[:=]\s*)(['"])(?:\\.|(?!\2).)*\2""")

    def filter(self, record):
        if record.levelno <= logging.DEBUG:
            text = record.getMessage()
            if "api_key" in text:
                record.msg = self.pattern.sub(r"\1'***'", text)
                record.args = ()
        return True


# up to Odoo 18 the first prints them, from 19 on the second
for name in ("odoo.api", "odoo.service.model"):
    logging.getLogger(name).addFilter(RedactKeys())
