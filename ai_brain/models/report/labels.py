from odoo import api, models
from odoo.exceptions import AccessError


class AiTokenAnalytics(models.Model):
    """What the keys of sums are called, as far as the calling user may read the names."""

    _inherit = "ai.token.analytics"

    @api.model
    def _labels(self, dimension, keys):
        """Return ``{key: label}`` of the keys of a dimension."""
        if dimension in ("provider", "user"):
            model = {"provider": "ai.service.provider", "user": "res.users"}[dimension]
            names = self._names(model, [key for key in keys if key])
            nobody = {"provider": self.env._("No provider"), "user": self.env._("Deleted user")}
            return {key: names[key] if key else nobody[dimension] for key in keys}
        if dimension in ("kind", "task"):
            name = "kind" if dimension == "kind" else "task_type"
            field = self.env["ai.token.usage"]._fields[name]
            labels = dict(field._description_selection(self.env))
            return {key: labels.get(key) or key or self.env._("Not stated") for key in keys}
        if dimension == "context":
            return {key: self._model_label(key) for key in keys}
        return {key: label for key, (label, _opens) in self._opening(dimension, keys).items()}

    @api.model
    def _opening(self, dimension, keys):
        """Return ``{key: (label, opens)}`` of the keys of a dimension; ``opens`` is the [model, id]
        of what it names, None where that is no record of ours or the user may not read it."""
        if dimension in ("provider", "user", "kind", "task", "context"):
            return {key: (label, None) for key, label in self._labels(dimension, keys).items()}
        agents = self.env["ai.agent"]._names_of_codes(keys) if dimension == "agent" else {}
        found = {key: (key or self.env._("Not stated"), None) for key in keys}
        for code, (agent_id, name) in agents.items():
            found[code] = name, ["ai.agent", agent_id]
        return found

    @api.model
    def _model_label(self, model):
        if not model:
            return self.env._("Not stated")
        return self.env["ir.model"]._get(model).name or model if model in self.env else model

    @api.model
    def _names(self, model, ids):
        """Return ``{id: display name}``; what is gone or hidden is called by its number."""
        records = self.env[model].with_context(active_test=False, prefetch_fields=False)
        try:
            found = records.search([("id", "in", ids)])
            names = {record.id: record.display_name for record in found}
        except AccessError:
            names = {}
        return {key: names.get(key) or self.env._("No. %s", key) for key in ids}

    @api.model
    def _record_labels(self, pairs):
        """Return ``{(res_model, res_id): label}``."""
        by_model = {}
        for model, res_id in pairs:
            by_model.setdefault(model, []).append(res_id)
        labels = {}
        for model, ids in by_model.items():
            known = model in self.env and not self.env[model]._abstract
            readable = known and self.env[model].has_access("read")
            names = self._names(model, ids) if readable else {}
            kind = self._model_label(model)
            for res_id in ids:
                labels[model, res_id] = names.get(res_id) or f"{kind} {res_id}"
        return labels
