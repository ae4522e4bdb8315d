import functools

from odoo import api
from odoo.exceptions import AccessError


class python_only:
    """Decorator of a method that has a public name and is no remote procedure.

    Whoever calls a method for somebody outside reads its ``_api`` first (Odoo 18), or looks for
    ``_api_private`` on the class (Odoo 19): there it refuses. Python code just calls it.
    """

    def __init__(self, method):
        self._method = method
        functools.update_wrapper(self, method)

        def refused(records, *_args, **_kwargs):
            raise _refusal(records, method)

        functools.update_wrapper(refused, method)
        del refused.__wrapped__
        refused._api_private = True
        self._refused = api.model(refused)

    def __get__(self, records, owner=None):
        return self._refused if records is None else _Bound(records, self._method)


class _Bound:
    """The method of a record."""

    def __init__(self, records, method):
        self._records, self._method = records, method
        functools.update_wrapper(self, method)

    def __call__(self, *args, **kwargs):
        return self._method(self._records, *args, **kwargs)

    @property
    def _api(self):
        raise _refusal(self._records, self._method)


def _refusal(records, method):
    return AccessError(
        records.env._("“%s” is called by an addon's code, not from outside.", method.__name__)
    )
