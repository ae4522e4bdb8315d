from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .wording import in_each_language, reader

#: Characters that are kept of a value.
MOST_CHARS = 2000


class AiAuditLog(models.Model):
    """Who changed which policy, price, budget, key or setting, from what to what.

    One list beside the records' own logs, because it outlives them: a record takes its chatter
    along when it is deleted, and whoever saves a record can switch chatter off. Rows are written
    with the change, in its transaction, and the database refuses to change or delete one.
    """

    _name = "ai.audit.log"
    _description = "AI Change"
    _order = "id desc"
    _rec_name = "record_name"
    _log_access = False

    changed_at = fields.Datetime("When", required=True, readonly=True, help="When it was saved.")
    user_id = fields.Many2one(
        "res.users", "Person", readonly=True, ondelete="set null", help="Who changed it."
    )
    user_name = fields.Char(
        "Name of the Person", readonly=True, help="Stays when the user is deleted."
    )
    company_id = fields.Many2one(
        "res.company",
        readonly=True,
        ondelete="restrict",
        index=True,
        help="Whose it is. Empty: it is shared by all companies.",
    )
    action = fields.Selection(
        [("create", "Made"), ("write", "Changed"), ("delete", "Deleted")],
        required=True,
        readonly=True,
        help="What was done to the record.",
    )
    res_model = fields.Char("Model", required=True, readonly=True, help="Kind of the record.")
    res_id = fields.Integer("Number", required=True, readonly=True, help="It may be gone by now.")
    model_label = fields.Char(
        "Kind", compute="_compute_in_words", help="What kind of record it is."
    )
    record_name = fields.Char("Record", readonly=True, help="As it was called then.")
    field_name = fields.Char("Field's Name", readonly=True, help="As the database calls it.")
    field_label = fields.Char("Field", compute="_compute_in_words", help="What was changed.")
    old_value = fields.Text(readonly=True, help="As it was, in the database's form.")
    new_value = fields.Text(readonly=True, help="As it was saved, in the database's form.")
    old_text = fields.Text("Before", compute="_compute_in_words", help="What it was before.")
    new_text = fields.Text("After", compute="_compute_in_words", help="What it is since.")

    def init(self):
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS ai_audit_log_record_idx ON ai_audit_log (res_model, res_id);
            CREATE OR REPLACE FUNCTION ai_audit_log_guard() RETURNS trigger AS $$
            BEGIN
                IF TG_OP = 'UPDATE' AND NEW.user_id IS NULL
                   AND (to_jsonb(NEW) - 'user_id') = (to_jsonb(OLD) - 'user_id')
                THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION 'The log of changes is insert-only.'
                    USING ERRCODE = 'restrict_violation';
            END $$ LANGUAGE plpgsql;
            DROP TRIGGER IF EXISTS ai_audit_log_guard_row ON ai_audit_log;
            CREATE TRIGGER ai_audit_log_guard_row BEFORE UPDATE OR DELETE ON ai_audit_log
                FOR EACH ROW EXECUTE FUNCTION ai_audit_log_guard();
            DROP TRIGGER IF EXISTS ai_audit_log_guard_table ON ai_audit_log;
            CREATE TRIGGER ai_audit_log_guard_table BEFORE TRUNCATE ON ai_audit_log
                FOR EACH STATEMENT EXECUTE FUNCTION ai_audit_log_guard();
            """
        )

    @api.model
    def _drop_guard(self):
        self.env.cr.execute("DROP FUNCTION IF EXISTS ai_audit_log_guard() CASCADE")

    @api.model
    def _add(self, rows):
        """Write rows in this transaction.

        :param list rows: dicts of ``res_model``, ``res_id``, ``record_name``, ``company_id`` (or
            None), ``action``, and of a change ``field_name``, ``old_value``, ``new_value`` (texts)
        """
        if not rows:
            return
        now, user = fields.Datetime.now(), self.env.user.sudo()
        names = ("field_name", "old_value", "new_value")
        self.env.cr.execute(
            SQL(
                "INSERT INTO ai_audit_log (changed_at, user_id, user_name, res_model, res_id,"
                " record_name, company_id, action, field_name, old_value, new_value) VALUES %s",
                SQL(", ").join(
                    SQL(
                        "%s",
                        (
                            now,
                            user.id,
                            user.name,
                            row["res_model"],
                            row["res_id"],
                            row["record_name"],
                            row["company_id"] or None,
                            row["action"],
                            *(_cut(row.get(name)) for name in names),
                        ),
                    )
                    for row in rows
                ),
            )
        )

    @api.depends("res_model", "field_name", "old_value", "new_value")
    @api.depends_context("lang")
    def _compute_in_words(self):
        labels = {
            name: self.env["ir.model"]._get(name).name for name in set(self.mapped("res_model"))
        }
        worded = {
            name: self._worded_fields(name)
            for name in set(self.filtered(lambda row: not row.field_name).mapped("res_model"))
        }
        for row in self:
            row.model_label = labels[row.res_model] or row.res_model
            field = row.res_model in self.env and self.env[row.res_model]._fields.get(
                row.field_name or ""
            )
            shown = self._in_seconds(row.res_model).get(row.field_name, row.field_name)
            named = field and self.env[row.res_model]._fields[shown]
            row.field_label = named and named.get_description(self.env, ["string"])["string"]
            row.field_label = row.field_label or row.field_name
            for text, value in (("old_text", row.old_value), ("new_text", row.new_value)):
                if row.field_name:
                    row[text] = row._in_words(row.field_name, value)
                else:
                    row[text] = value and row._summary_in_words(value, worded[row.res_model])

    def _in_words(self, name, value):
        """Return a kept value in the reader's words; of a change, nothing has a word too."""
        model = self.env.get(self.res_model)
        field = model._fields.get(name) if model is not None else None
        if not value:
            return self.env._("Nothing") if self.action == "write" else value
        kind = field.type if field else "boolean"
        setting = self.res_model == "ir.config_parameter"
        if value.lower() in ("true", "false") and (kind == "boolean" or setting):
            return self.env._("Yes") if value.lower() == "true" else self.env._("No")
        if field and field.type == "selection":
            choices = field.get_description(self.env, ["selection"])["selection"]
            return dict(choices).get(value, value)
        if field and name in self._in_seconds(self.res_model):
            return reader(self.env).seconds(float(value))
        if value in ("set", "new") and name in self._secrets_of(self.res_model):
            return self.env._("A key, not shown") if value == "set" else self.env._("Another key")
        return value

    def _summary_in_words(self, text, names):
        """Return what a new or deleted record said, in the reader's words where values have some.

        :param dict names: of :meth:`_worded_fields`
        """
        lines = []
        for line in text.split("\n"):
            label, _colon, value = line.partition(": ")
            if value and label in names:
                field = self.env[self.res_model]._fields[names[label]]
                label = field.get_description(self.env, ["string"])["string"]
                line = f"{label}: {self._in_words(field.name, value)}"
            lines.append(line)
        return "\n".join(lines)

    @api.model
    def _worded_fields(self, model_name):
        """Return ``{label: name}`` of the logged fields whose values have words, in all languages:
        a summary has the labels of the language of who did it."""
        model = self.env.get(model_name)
        if not hasattr(model, "_audit_fields"):
            return {}
        worded = [
            model._fields[name]
            for name in model._audit_fields()
            if model._fields[name].type in ("boolean", "selection")
        ]
        labels = in_each_language(
            model,
            lambda one: {
                field.get_description(one.env, ["string"])["string"]: field.name for field in worded
            },
        )
        return {label: name for found in labels.values() for label, name in found.items()}

    @api.model
    def _in_seconds(self, model_name):
        """Return ``{field in milliseconds: field in seconds}``, where people enter those."""
        shown = getattr(self.env.get(model_name), "_shown_seconds", {})
        return {ms: seconds for seconds, ms in shown.items()}

    @api.model
    def _secrets_of(self, model_name):
        return getattr(self.env.get(model_name), "_audit_secrets", ())

    def action_open_record(self):
        """Open the record that was changed.

        :raise UserError: it is gone
        """
        self.ensure_one()
        self.check_access("read")
        record = self.res_model in self.env and self.env[self.res_model].browse(self.res_id)
        if not record or not record.exists():
            raise UserError(
                self.env._("“%s” was deleted. What is left of it is this log.", self.record_name)
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }


def _cut(text):
    if text is None or text is False or text == "":
        return None
    return text if len(text) <= MOST_CHARS else text[: MOST_CHARS - 1] + "…"
