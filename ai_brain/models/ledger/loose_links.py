from odoo import api, models
from odoo.tools import SQL

#: An operator that excludes -> the one that it is the contrary of.
NEGATIVE = {
    "!=": "=",
    "not in": "in",
    "not like": "like",
    "not ilike": "ilike",
    "not any": "any",
}
#: Field of a row -> (the column with the number, the model): what a person may delete, so that the
#: row has no foreign key. Each room adds its own.
LOOSE = {}


class AiTokenUsage(models.Model):
    """Links of a row to what may be deleted: empty then, and found and grouped all the same."""

    _inherit = "ai.token.usage"

    @api.model
    def _search_loose(self, name, operator, value):
        """Return the domain of a link's search: by records or ids, by nothing (none, or a deleted
        one), or by name."""
        number, model = LOOSE[name]
        kind = NEGATIVE.get(operator, operator)
        records = self.env[model].with_context(active_test=False)
        if hasattr(value, "get_result_ids"):
            value = value.get_result_ids()  # a query of records
        empty = False
        if kind in ("=", "in"):
            wanted = [*value] if kind == "in" or isinstance(value, list | tuple) else [value]
            names = [one for one in wanted if isinstance(one, str)]
            ids = [one for one in wanted if one and not isinstance(one, str)]
            empty = not all(wanted)
            ids += records.search([("name", "in", names)]).ids if names else []
        else:
            ids = records.search(value if kind == "any" else [("name", kind, value)]).ids
        domain = [(number, "in", ids)]
        if empty:
            there = records.sudo()._search([])
            domain = ["|", *domain, "|", (number, "=", False), (number, "not in", there)]
        return domain if kind == operator else ["!", *domain]

    def _field_to_sql(self, alias, fname, *args, **kwargs):
        """Group calls by what they link to; those of deleted ones are of none."""
        if fname not in LOOSE:
            return super()._field_to_sql(alias, fname, *args, **kwargs)
        number, model = LOOSE[fname]
        key = super()._field_to_sql(alias, number, *args, **kwargs)
        table = SQL.identifier(self.env[model]._table)
        return SQL("CASE WHEN %s = ANY(ARRAY(SELECT id FROM %s)) THEN %s END", key, table, key)
