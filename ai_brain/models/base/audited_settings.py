from odoo import api, models

PREFIX = "ai_brain."


class ResCompany(models.Model):
    """The settings of a company that AI costs go by."""

    _name = "res.company"
    _inherit = ["res.company", "ai.audited"]

    _audit_life = False

    @api.model
    def _audit_fields(self):
        return frozenset(name for name in super()._audit_fields() if name.startswith("ai_"))

    def _audit_company(self):
        return self


class IrConfigParameter(models.Model):
    """The settings that hold for the whole database, such as whether the endpoint is on."""

    _inherit = "ir.config_parameter"

    @api.model_create_multi
    def create(self, vals_list):
        parameters = super().create(vals_list)
        parameters._ai_log("create")
        return parameters

    def write(self, vals):
        before = {one.id: (one.key, one.value) for one in self.sudo()}
        res = super().write(vals)
        self._ai_log("write", before)
        return res

    def unlink(self):
        ours = self.sudo().filtered(lambda one: one.key.startswith(PREFIX))
        rows = [ours._ai_log_row(one.id, one.key, "delete", one.value, None) for one in ours]
        res = super().unlink()
        self._ai_add(rows)
        return res

    def _ai_log(self, action, before=None):
        rows = []
        for one in self.sudo():
            key, value = (before or {}).get(one.id, (one.key, None))
            if not (key.startswith(PREFIX) or one.key.startswith(PREFIX)):
                continue
            if (key, value) != (one.key, one.value):
                rows.append(self._ai_log_row(one.id, one.key, action, value, one.value))
        self._ai_add(rows)

    @api.model
    def _ai_log_row(self, number, key, action, old, new):
        return {
            "res_model": self._name,
            "res_id": number,
            "record_name": key,
            "company_id": None,
            "action": action,
            "field_name": "value",
            "old_value": old,
            "new_value": new,
        }

    @api.model
    def _ai_add(self, rows):
        if self.env.registry.ready:
            self.env["ai.audit.log"].sudo()._add(rows)
