from odoo import models
from odoo.exceptions import UserError

from ...engine.prompt import shorter
from ...engine.prompt.tighten import tighten
from ...engine.prompt.tokens import count_text


class AiPrompt(models.Model):
    _inherit = "ai.prompt"

    def action_make_variants(self):
        """Ask a model for shorter wordings; each that keeps every variable becomes a variant
        without a share. The call is a row of the ledger like any other."""
        self.ensure_one()
        self.check_access("write")
        company = self.company_id or self.env.company
        answer = (
            self.env["ai.service"]
            .with_company(company)
            ._send_apart(
                shorter.question(self.text),
                None,
                {"module": "ai_brain", "res_model": self._name, "res_id": self.id},
                "trial",
                response_schema=shorter.SCHEMA,
                max_tokens=shorter.MOST_TOKENS,
            )
        )
        known = self.with_context(active_test=False).variant_ids.mapped("text")
        judged = shorter.judge(self.text, (answer["data"] or {}).get("prompts", []), known)
        made, said = self.env["ai.prompt.variant"], []
        for text, problem, names in judged:
            if problem:
                said.append(self._refused_text(problem, names))
                continue
            number = len(self.with_context(active_test=False).variant_ids) + 1
            made += made.create(
                {
                    "prompt_id": self.id,
                    "name": self.env._("Shorter %s", number),
                    "text": text,
                    "origin": "model",
                }
            )
            tokens = {"before": self.tokens, "after": count_text(text).tokens}
            said.append(self.env._("%(before)s tokens became %(after)s.", **tokens))
        if not said:
            said.append(self.env._("The model suggested nothing."))
        return self._told(" ".join(said), bool(made))

    def _refused_text(self, problem, names):
        words = {
            "lost": self.env._("A suggestion was refused: it lost %s.", ", ".join(names)),
            "invented": self.env._("A suggestion was refused: it invented %s.", ", ".join(names)),
            "longer": self.env._("A suggestion was refused: it is no shorter."),
            "known": self.env._("A suggestion was refused: it is there already."),
            "empty": self.env._("A suggestion was refused: it is empty."),
        }
        return words[problem]

    def action_tighten(self):
        """Make a variant of what the rules leave of the text; nothing is sent differently until it
        gets a share or is kept."""
        self.ensure_one()
        self.check_access("write")
        text = tighten(self.text).text
        known = self.with_context(active_test=False).variant_ids.mapped("text")
        if text == self.text or text in known:
            raise UserError(
                self.env._("The rules find nothing more in this text that could be left out.")
            )
        self.env["ai.prompt.variant"].create(
            {"prompt_id": self.id, "name": self.env._("Tightened"), "text": text, "origin": "rule"}
        )
        saved = self.tokens - count_text(text).tokens
        return self._told(
            self.env._("%s tokens fewer. What was left out is shown at the variant.", saved), True
        )

    def _told(self, message, good):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "success" if good else "warning",
                "sticky": not good,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
