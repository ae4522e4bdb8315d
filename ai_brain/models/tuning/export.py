import base64
import io
import re

from odoo import models
from odoo.exceptions import UserError

from ...engine.tuning import examples
from ...providers.tuning import MAX_FILE_BYTES

#: Examples that are read at once.
CHUNK = 200


class AiTuningJob(models.Model):
    """The examples as JSONL, for a person and for the vendor: one line each, masked."""

    _inherit = "ai.tuning.job"

    def action_export_training(self):
        """Download the examples that are learnt, as OpenAI's chat fine-tuning takes them."""
        return self._export("training")

    def action_export_validation(self):
        """Download the examples that check what was learnt."""
        return self._export("validation")

    def _export(self, part):
        self.ensure_one()
        self._check_may_change()
        file = io.BytesIO()
        if not self._write_lines(file, part):
            raise UserError(self.env._("There are no examples of this kind. Find some first."))
        if file.tell() > MAX_FILE_BYTES:
            raise UserError(
                self.env._(
                    "The file would be larger than %s MB, which vendors do not take. Choose fewer "
                    "examples.",
                    MAX_FILE_BYTES // 1000**2,
                )
            )
        self._forget_exports(part)
        name = re.sub(r"\W+", "-", self.name).strip("-")[:60] or "examples"
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": f"{name}-{part}.jsonl",
                    "res_model": self._name,
                    "res_id": self.id,
                    "company_id": self.company_id.id,
                    "mimetype": "application/jsonl",
                    "datas": base64.b64encode(file.getvalue()),
                }
            )
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "download",
        }

    def _forget_exports(self, part=None):
        """As superuser: delete the files that were exported, of a part or (None) of both."""
        domain = [("res_model", "=", "ai.tuning.job"), ("res_id", "in", self.ids)]
        if part:
            domain.append(("name", "=like", f"%-{part}.jsonl"))
        self.env["ir.attachment"].sudo().search(domain).unlink()

    def _write_lines(self, file, part):
        """Write the examples of a part that were not struck; return how many."""
        domain = [("job_id", "=", self.id), ("part", "=", part), ("is_struck", "=", False)]
        found, count, after = self.env["ai.tuning.example"].sudo(), 0, 0
        while True:
            rows = found.search([*domain, ("id", ">", after)], order="id", limit=CHUNK)
            for row in rows:
                file.write(examples.line(row.messages))
            count += len(rows)
            if len(rows) < CHUNK:
                return count
            after = rows[-1].id
            rows.invalidate_recordset(["messages"], flush=False)
