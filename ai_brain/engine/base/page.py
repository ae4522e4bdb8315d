"""Which record a page of Odoo's backend shows, by its address."""

import re
from urllib.parse import unquote, urlsplit

_ID = re.compile(r"[1-9]\d{0,9}\Z", re.ASCII)
_LONGEST = 2_000


def shown_record(address):
    """Return (action, id) of the form that an address shows, or None where it shows no record.

    The action is as Odoo writes it: the path of an action, ``action-`` and its id or name, or
    ``m-`` and the name of a model.

    :param address: the address of a page, a str or None

    >>> shown_record("https://odoo.example/odoo/crm/7")
    ('crm', 7)
    >>> shown_record("/odoo/action-12/3/action-sale.action_orders/45?debug=1")
    ('action-sale.action_orders', 45)
    >>> shown_record("/odoo/m-res.partner/8")
    ('m-res.partner', 8)
    >>> shown_record("/odoo/crm") is shown_record("/odoo/crm/new") is shown_record(None) is None
    True
    """
    if not isinstance(address, str) or len(address) > _LONGEST:
        return None
    try:
        parts = [unquote(part) for part in urlsplit(address).path.split("/") if part]
    except ValueError:
        return None
    if len(parts) < 3 or parts[0] not in ("odoo", "scoped_app") or not _ID.match(parts[-1]):
        return None
    return parts[-2], int(parts[-1])
