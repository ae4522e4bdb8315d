from odoo import api, models
from odoo.exceptions import AccessError

from ..base.wording import usd_signs

#: Dimension whose keys are ids -> the model that names them.
NAMED = {"provider": "ai.service.provider", "user": "res.users", "key": "ai.gateway.key"}


class AiTokenAnalytics(models.Model):
    """What the keys of sums are called, as far as the calling user may read the names."""

    _inherit = "ai.token.analytics"

    @api.model
    def _usd_signs(self):
        """Return what stands before and after the digits of USD in the reader's language."""
        return usd_signs(self.env)

    @api.model
    def _labels(self, dimension, keys):
        """Return ``{key: label}`` of the keys of a dimension."""
        if dimension in NAMED:
            names = self._names(NAMED[dimension], [key for key in keys if key])
            nobody = {
                "provider": self.env._("No provider"),
                "user": self.env._("Deleted user"),
                "key": self.env._("No endpoint key"),
            }
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
        if dimension in (*NAMED, "kind", "task", "context"):
            opens = self._opened(dimension, [key for key in keys if key])
            return {
                key: (label, opens.get(key)) for key, label in self._labels(dimension, keys).items()
            }
        agents = self.env["ai.agent"]._names_of_codes(keys) if dimension == "agent" else {}
        addons = self.env["ir.module.module"]._ai_names() if dimension == "module" else {}
        nothing = self.env._("Not stated")
        found = {key: (addons.get(key) or key or nothing, None) for key in keys}
        for code, (agent_id, name) in agents.items():
            found[code] = name, ["ai.agent", agent_id]
        return found

    @api.model
    def _opened(self, dimension, ids):
        """Return ``{id: [model, id]}`` of providers and keys; of users, that of their contact."""
        model = NAMED.get(dimension)
        if dimension in ("provider", "key") and self.env[model].has_access("read"):
            found = self.env[model].with_context(active_test=False)
            return {one.id: [model, one.id] for one in found.search([("id", "in", ids)])}
        if dimension == "user" and self.env["res.partner"].has_access("read"):
            users = self.env["res.users"].sudo().with_context(active_test=False)
            partners = {user.partner_id.id: user.id for user in users.browse(ids).exists()}
            seen = self.env["res.partner"].with_context(active_test=False)
            seen = seen.search([("id", "in", list(partners))])
            return {partners[one.id]: ["res.partner", one.id] for one in seen}
        return {}

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
    def _readable_records(self, pairs):
        """Return those of ``[(res_model, res_id)]`` that are there and that the user may read."""
        found = set()
        for model in {model for model, _id in pairs}:
            if model not in self.env or self.env[model]._abstract:
                continue
            if not self.env[model].has_access("read"):
                continue
            ids = [res_id for one, res_id in pairs if one == model]
            records = self.env[model].with_context(active_test=False).search([("id", "in", ids)])
            found.update((model, record.id) for record in records)
        return found

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
