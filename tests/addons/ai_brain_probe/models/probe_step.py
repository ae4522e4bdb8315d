"""One file adds a step with an option, a column of the ledger and a key of the answer, and extends
a step that ai_brain ships."""

from odoo import fields, models

from odoo.addons.ai_brain.engine.call.checks import OneOf


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    probe_mood = fields.Char(readonly=True, help="What the caller said of its mood.")


class AiStepProbe(models.AbstractModel):
    """What the mood asks of it: ``fail`` raises after writing, ``late`` writes and does not flush,
    ``close`` closes the caller's cursor as soon as the call is sent."""

    _name = "ai.step.probe"
    _inherit = "ai.step"
    _description = "AI Step: Probe"
    _rank = 55

    def _call_options(self):
        return {**super()._call_options(), "mood": OneOf(("calm", "fail", "late", "long"))}

    def _choose(self, call):
        mood = call.options.get("mood")
        if mood in ("fail", "late"):
            call.notices.append("never said")
            probe = self.env["ai.brain.probe"].create({"name": f"written by {mood}"})
            probe.name += " again"
            if mood == "fail":
                probe.flush_recordset()
            raise ValueError(mood)

    def _shrink(self, call):
        if call.options.get("mood") == "long":
            call.messages = [{"role": "system", "content": "word " * 500}, *call.messages]

    def _columns(self, call, attempt):
        return {"probe_mood": call.options.get("mood")}

    def _result(self, call):
        phases = ("_open", "_choose", "_columns", "_evidence", "_after", "_result")
        return {
            "mood": call.options.get("mood"),
            "order": {phase: self._of_phase(phase) for phase in phases},
        }


class AiStepProbeLimit(models.AbstractModel):
    """A step that refuses: what it raises is what the caller sees."""

    _name = "ai.step.probe_limit"
    _inherit = "ai.step"
    _description = "AI Step: Probe's Limit"
    _rank = 5
    _fails = "refuse"

    def _open(self, call):
        if call.tags.get("session_id") == "refuse me":
            raise ValueError("refused by a step")


class AiStepWaste(models.AbstractModel):
    _inherit = "ai.step.waste"

    def _result(self, call):
        return {**super()._result(call), "waste_extended": True}
