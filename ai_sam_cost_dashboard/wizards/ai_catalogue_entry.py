from odoo import api, fields, models

from odoo.addons.ai_brain.engine.price import catalogue

#: Most entries that one search makes records of.
MOST = 60


class AiCatalogueEntry(models.TransientModel):
    """A model of the price catalogue, made a record while a person looks for it."""

    _name = "ai.catalogue.entry"
    _description = "AI Price Catalogue Entry"

    name = fields.Char(required=True, readonly=True, help="Vendor and model.")
    vendor = fields.Char(required=True, readonly=True, help="The catalogue's id of the vendor.")
    model_name = fields.Char(required=True, readonly=True, help="The vendor's name of the model.")

    @api.model
    def name_search(self, name="", args=None, operator="ilike", limit=100):
        """Look in the shipped catalogue; every word must occur in the vendor or the model."""
        found = catalogue.search(name or "", limit=200)
        # chat first, fine-tuned models last, and last but them who has an address for each customer
        found.sort(
            key=lambda entry: (
                entry.kind != "chat",
                entry.model.startswith("ft:"),
                not entry.base_url,
            )
        )
        entries = self._for(found[: min(limit or MOST, MOST)])
        return [(entry.id, entry.name) for entry in entries]

    name_search._readonly = False  # it makes records, unlike the method it replaces

    @api.model
    def _for(self, found):
        """Return a record for each catalogue entry, in order."""
        entries = self.browse()
        for one in found:
            domain = [("vendor", "=", one.vendor), ("model_name", "=", one.model)]
            entries |= self.search(
                [*domain, ("create_uid", "=", self.env.uid)], limit=1
            ) or self.create(
                {
                    "name": f"{one.vendor_name} · {one.model}",
                    "vendor": one.vendor,
                    "model_name": one.model,
                }
            )
        return entries

    def _entry(self):
        """Return the ``engine.price.catalogue.Entry`` of this record, None if it has gone."""
        found = catalogue.lookup(self.model_name, vendor=self.vendor) if self else []
        return found[0].entry if found else None
