from odoo import api, models

from .breakdown import ROW_MEASURES, Line
from .ledger_groups import group_sums

#: Records whose customers are looked up: the dearest. The others are one line.
MOST_RECORDS = 1000
#: Fields that name the customer of a record, the first that its model has.
CUSTOMER_FIELDS = ("partner_id", "partner_shipping_id", "customer_id")
RECORD = ("res_model", "res_id")


class AiTokenAnalytics(models.Model):
    """What was spent for whom: the customer of the record that a call was for."""

    _inherit = "ai.token.analytics"

    @api.model
    @api.readonly
    def get_customer_breakdown(
        self, period_type="month", user_id=None, date_from=None, date_to=None, **filters
    ):
        """Return what a period cost by the customer of the record that its calls were for.

        Of a contact that is its company, of a record the company of its contact, as far as the
        user may read both. Calls without a record are one line, and so are those of records
        without a customer, of records that are gone, and beyond the dearest thousand records.

        Parameters as of :meth:`get_cost_breakdown`.

        :return: dict with ``rows`` (as ``_breakdown_row`` returns them, with ``opens``), dearest
            first, which add up to the period's cost, and ``note`` ('' or what is left out)
        :raise UserError: an unknown period or filter; AccessError: no access to AI usage
        """
        reader = self._reader({**filters, "user_id": user_id})
        company = self._company_of(reader)
        period = self._period(company, period_type, date_from, date_to)
        money = self._money(company, period.last)
        lines, total, note = {}, Line(), ""
        records = {}
        for bucket in self._buckets(period):
            current = bucket.name == "now"
            for found in reader.sums(["total"], [bucket], ROW_MEASURES):
                total.add(current, found.values, money(found))
            for found in _record_sums(reader, bucket, list(records)):
                line = records.setdefault(found.key, Line())
                line.add(current, found.values, money(found))
            note = note or len(records) >= MOST_RECORDS
        customers = self._customers_of(list(records))
        keys = {}
        for record, line in records.items():
            customer = customers.get(record, 0)
            keys.setdefault(customer, []).append(record)
            lines.setdefault(customer, Line()).join(line)
        rest = Line()
        rest.join(total)
        for line in lines.values():
            rest.join(line, -1)
        if rest.counts and (rest.calls or rest.cost_usd or rest.previous_usd):
            lines[None] = rest
        names = self._names("res.partner", [key for key in lines if key])
        words = {0: self.env._("No customer"), None: self.env._("No record")}
        if note:
            words[None] = self.env._("No record, or one beyond the dearest %s", MOST_RECORDS)
        order = sorted(lines, key=lambda key: (-lines[key].cost_usd, str(key)))
        return {
            "rows": [
                {
                    **self._breakdown_row(
                        key if key else ("none" if key == 0 else "no_record"),
                        names[key] if key else words[key],
                        lines[key],
                        total.cost_usd,
                        _domain(keys, key),
                    ),
                    "opens": ["res.partner", key] if key else None,
                }
                for key in order
            ],
            "note": self.env._("Looked up of the %s dearest records.", MOST_RECORDS)
            if note
            else "",
        }

    @api.model
    def _customers_of(self, pairs):
        """Return ``{(res_model, res_id): id of the contact}`` of those that the user may read."""
        found = {}
        for model in {model for model, _id in pairs}:
            if model not in self.env or self.env[model]._abstract:
                continue
            there = self.env[model].with_context(active_test=False, prefetch_fields=False)
            name = "id" if model == "res.partner" else self._customer_field(model)
            if not name or not there.has_access("read"):
                continue
            ids = [res_id for one, res_id in pairs if one == model]
            for record in there.search([("id", "in", ids)]):
                partner = record if name == "id" else record.sudo()[name]
                if partner:
                    found[model, record.id] = partner.sudo().commercial_partner_id.id
        seen = self.env["res.partner"].with_context(active_test=False)
        seen = set(seen.search([("id", "in", list(set(found.values())))]).ids)
        return {pair: partner for pair, partner in found.items() if partner in seen}

    @api.model
    def _customer_field(self, model):
        fields = self.env[model]._fields
        for name in CUSTOMER_FIELDS:
            if name in fields and fields[name].comodel_name == "res.partner":
                return name
        return None


def _record_sums(reader, bucket, known):
    """Return the sums of the records that are known already, and of the dearest others as far as
    there is room: a record is compared with itself, however cheap it was before."""
    found, others = [], []
    if known:
        found = group_sums(reader, RECORD, bucket, ROW_MEASURES, _any_of(known))
        others = _negated(known)
    room = MOST_RECORDS - len(known)
    if room > 0:
        found += group_sums(reader, RECORD, bucket, ROW_MEASURES, others, limit=room)
    return found


def _domain(keys, key):
    """Return the domain of the calls of a line, by its records."""
    if key is None:
        shown = [record for records in keys.values() for record in records]
        if not shown:
            return []
        return _negated(shown)
    return _any_of(keys[key])


def _by_model(records):
    found = {}
    for model, res_id in records:
        found.setdefault(model, []).append(res_id)
    return sorted((model, sorted(ids)) for model, ids in found.items())


def _any_of(records):
    parts = [[("res_model", "=", m), ("res_id", "in", ids)] for m, ids in _by_model(records)]
    domain = ["|"] * (len(parts) - 1)
    for part in parts:
        domain += ["&", *part]
    return domain


def _negated(records):
    return ["!", *_any_of(records)]
