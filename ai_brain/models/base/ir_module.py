from odoo import api, models, tools


class IrModule(models.Model):
    """What people call addons: the ledger has their technical names."""

    _inherit = "ir.module.module"

    @api.model
    @tools.ormcache("self.env.lang")
    def _ai_names(self):
        """Return ``{technical name: name in the reader's language}`` of every known addon."""
        found = self.sudo().search_fetch([], ["name", "shortdesc"])
        return {addon.name: addon.shortdesc for addon in found if addon.shortdesc}

    def write(self, vals):
        res = super().write(vals)
        if "shortdesc" in vals:
            self.env.registry.clear_cache()
        return res
