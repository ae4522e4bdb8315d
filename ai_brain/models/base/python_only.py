from odoo import api
from odoo.exceptions import AccessError


class python_only:
    """Decorator of a method that has a public name and is no remote procedure.

    On a record it is the method; on the class, where a remote call looks for it, it is a function
    that refuses. Odoo 19 has ``api.private`` for that, 18 goes by the name alone.
    """

    def __init__(self, method):
        self._method = method
        self.__doc__ = method.__doc__

        def refused(records, *_args, **_kwargs):
            raise AccessError(
                records.env._(
                    "“%s” is called by Python code of an addon, not from outside.",
                    method.__name__,
                )
            )

        refused.__name__, refused.__doc__ = method.__name__, method.__doc__
        refused.__module__ = method.__module__
        refused._api_private = True  # what Odoo 19 looks for
        self._refused = api.model(refused)

    def __get__(self, records, owner=None):
        if records is None:
            return self._refused
        return self._method.__get__(records, owner)
