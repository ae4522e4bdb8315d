from odoo import api, fields, models, tools

#: Many2many values that are named; more are counted.
MOST_NAMED = 50
#: Fields of a mixin that no policy is made of.
NO_POLICY = ("activity_", "message_", "website_message", "my_activity", "rating_")


class AiAudited(models.AbstractModel):
    """A record whose changes an auditor asks about: each is written to ``ai.audit.log``.

    What people can change is logged: stored fields that are not read-only, found by themselves, so
    that a new one is never forgotten. Counters are read-only, so calls that move them cost nothing.
    """

    _name = "ai.audited"
    _description = "AI Record with a Log of Changes"

    #: Read-only fields that are logged all the same.
    _audit_too = ()
    #: Secrets: that one was set or taken away is logged, its value nowhere.
    _audit_secrets = ()
    #: Are making and deleting logged too?
    _audit_life = True

    @api.model
    @tools.ormcache()
    def _audit_fields(self):
        """Return the names of the fields that are logged."""
        return frozenset(
            name
            for name, field in self._fields.items()
            if name in self._audit_too
            or (
                field.store
                and not field.readonly
                and (not field.compute or field.inverse)
                and not field.related
                and field.type not in ("one2many", "binary")
                and name not in models.MAGIC_COLUMNS
                and not name.startswith(NO_POLICY)
            )
        )

    def _audits(self):
        """Is what is done now logged? What an installation or an upgrade of the addon brings is
        not: nobody did it."""
        return self.env.registry.ready

    def _audit_company(self):
        return self.company_id if "company_id" in self._fields else self.env["res.company"]

    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if self._audit_life and records._audits():
            names = sorted(records._audit_fields())
            self.env["ai.audit.log"].sudo()._add(
                [
                    {**one._audit_row("create"), "new_value": one._audit_summary(names)}
                    for one in records
                ]
            )
        return records

    def write(self, vals):
        # what a computed field sets comes here again by itself
        names = self._audit_fields() & vals.keys() if self._audits() else ()
        before = self._audit_values(names) if names else {}
        res = super().write(vals)
        if names:
            after = self._audit_values(names)
            self._audit_changes(before, after)
        return res

    def unlink(self):
        rows = self._audit_deleted() if self._audit_life and self._audits() else []
        res = super().unlink()
        self.env["ai.audit.log"].sudo()._add(rows)
        return res

    # ------------------------------------------------------------------

    def _audit_changes(self, before, after):
        """Log what differs between two ``{id: {field: text}}``."""
        rows = []
        for record in self:
            for name, new in after.get(record.id, {}).items():
                old = before.get(record.id, {}).get(name)
                if old != new:
                    changed = {"field_name": name, "old_value": old, "new_value": new}
                    rows.append({**record._audit_row("write"), **changed})
        self.env["ai.audit.log"].sudo()._add(rows)

    def _audit_secret(self, name, had, has):
        """Log that a secret was set, replaced or taken away."""
        if self._audits() and (had or has):
            old, new = "set" if had else None, ("new" if had else "set") if has else None
            self._audit_changes(
                {record.id: {name: old} for record in self},
                {record.id: {name: new} for record in self},
            )

    def _audit_deleted(self):
        """Return the rows that tell of the end of these records, and of those that the database
        deletes along with them."""
        self = self.sudo().with_context(active_test=False)
        names = sorted(self._audit_fields())
        rows = [
            {**one._audit_row("delete"), "old_value": one._audit_summary(names)} for one in self
        ]
        for model_name in self.env.registry.descendants(["ai.audited"], "_inherit"):
            model = self.env[model_name].sudo().with_context(active_test=False)
            for name, field in model._fields.items() if model._auto and not model._abstract else ():
                if (
                    field.type == "many2one"
                    and field.store
                    and field.comodel_name == self._name
                    and field.ondelete == "cascade"
                ):
                    rows += model.search([(name, "in", self.ids)])._audit_deleted()
        return rows

    def _audit_row(self, action):
        record = self.sudo()
        return {
            "res_model": self._name,
            "res_id": self.id,
            "record_name": record.display_name,
            "company_id": record._audit_company().id,
            "action": action,
        }

    def _audit_summary(self, names):
        """Return what a record says, in one text: the fields that are not as a new one's."""
        usual = self.sudo().default_get(names)
        found = [
            (self._fields[name].get_description(self.env, ["string"])["string"], text)
            for name, text in self.sudo()._audit_values(names)[self.id].items()
            if text and not (self._fields[name].type == "boolean" and usual.get(name) == self[name])
        ]
        return "\n".join(f"{label}: {text}" for label, text in found)

    def _audit_values(self, names):
        """Return ``{id: {field: text or None}}``."""
        return {
            record.id: {name: record._audit_text(name) for name in names} for record in self.sudo()
        }

    def _audit_text(self, name):
        value, field = self[name], self._fields[name]
        if field.type == "boolean":
            return "true" if value else "false"
        if field.type in ("integer", "float", "monetary"):
            return _number(value)
        if value is False or value is None or value == "":
            return None
        if field.type == "many2one":
            return value.display_name or None
        if field.type == "many2many":
            named = sorted(value[:MOST_NAMED].mapped("display_name"))
            more = len(value) - MOST_NAMED
            return ", ".join([*named, *([f"+{more}"] if more > 0 else [])]) or None
        if field.type == "datetime":
            return f"{fields.Datetime.to_string(value)} UTC"
        return str(value)


def _number(value):
    return repr(value)[:-2] if isinstance(value, float) and value.is_integer() else repr(value)


class AiAuditedThread(models.AbstractModel):
    """A record that shows its changes under its form besides."""

    _name = "ai.audited.thread"
    _inherit = ["ai.audited", "mail.thread"]
    _description = "AI Record with Chatter of Changes"

    def _track_get_fields(self):
        # what mail keeps no values of is in the log of changes alone
        found = {
            *super()._track_get_fields(),
            *(name for name in self._audit_fields() if self._fields[name].type != "json"),
        }
        in_seconds = self.env["ai.audit.log"]._in_seconds(self._name)
        return {in_seconds.get(name, name) for name in found}
