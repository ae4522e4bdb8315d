from odoo import fields


class LooseMany2one(fields.Many2one):
    """A reference without a foreign key, from rows that are insert-only to records that a person
    may delete: ON DELETE SET NULL would have to change the row. What is gone reads as nothing."""

    def update_db_foreign_key(self, model, column):
        """None is made."""
