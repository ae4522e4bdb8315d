from odoo import fields


class BigInteger(fields.Integer):
    """A whole number of 64 bits, for digests. No person reads one."""

    _column_type = ("int8", "int8")
