import re

from odoo import api, fields, models

from ...engine.base.sentence import Sentence
from ..base.wording import reader

#: What was kept: a word for the kind, its name, its share.
KEPT = re.compile(r"(\w+) (.+?)\s?: (\d+)\s?%", re.S)
#: Terms that begin with the word for a kind, and the one for addons in English until 18.0.1.2.0.
KINDS = {"agent %(name)s: %(share)s%%": "agent", "addon %(name)s: %(share)s%%": "module"}
EARLIER = {"module": "module"}


class AiTokenAnalytics(models.Model):
    """The addon or agent that cost most, called as people call it."""

    _inherit = "ai.token.analytics"

    cost_driver = fields.Char(
        "Top Cost Driver",
        compute="_compute_cost_driver",
        help="The addon or agent that cost most, and its share.",
    )

    @api.depends("top_cost_driver")
    @api.depends_context("lang", "allowed_company_ids")
    def _compute_cost_driver(self):
        """Told anew: earlier editions kept technical names, and none knows a language that came
        later."""
        mine = reader(self.env)
        kinds = {**EARLIER}
        for term, kind in KINDS.items():
            for said in (term, mine.template("ai_brain", term)):
                kinds[said.split(" ")[0]] = kind
        found = {one: KEPT.fullmatch(one.top_cost_driver or "") for one in self}
        codes = {kind: set() for kind in kinds.values()}
        for match in filter(None, found.values()):
            if match[1] in kinds:
                codes[kinds[match[1]]].add(match[2])
        names = {kind: self._names_of_kept(kind, kept) for kind, kept in codes.items()}
        for one, match in found.items():
            kind = match and kinds.get(match[1])
            if not kind:
                one.cost_driver = one.top_cost_driver
                continue
            name = names[kind].get(match[2], match[2])
            said = Sentence(f"driver.{kind}", name=name, share=int(match[3]))
            one.cost_driver = mine.text(said)

    @api.model
    def _names_of_kept(self, kind, kept):
        """Return ``{technical name: display name}`` of those of some names that are technical."""
        if kind == "module":
            known = self.env["ir.module.module"]._ai_names() if kept else {}
            return {code: known[code] for code in kept if code in known}
        agents = self.env["ai.agent"]
        called = agents.with_context(active_test=False).search([("name", "in", list(kept))])
        codes = kept - {*called.mapped("name")}
        return {code: name for code, (_id, name) in agents._names_of_codes(codes).items()}
