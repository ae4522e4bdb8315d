import time

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ...engine.call.request import MAX_REQUEST_BYTES
from ...engine.prompt.variables import fill, mismatch, read_back
from ...engine.waste.kept import read_exchange
from ...exceptions import AiError, BudgetExceededError
from ..report.list_totals import COMPANY, RATE_DAY

MOST_CALLS = 50
#: Rows that are read to find so many whose variables are known.
MOST_READ = 500
#: After so many seconds the rest waits for another click: a request has its time limit.
PATIENCE_S = 40


class AiPromptTrial(models.TransientModel):
    """A variant on calls that were kept: the answers then and now, side by side. The calls are made
    through the same door as any other, as the person who clicks."""

    _name = "ai.prompt.trial"
    _inherit = "ai.shown.figures"
    _description = "Trial of an AI Prompt Variant"
    _shown_money = {"cost_listed": "cost_usd"}

    variant_id = fields.Many2one(
        "ai.prompt.variant", required=True, ondelete="cascade", help="The wording that is tried."
    )
    agent_id = fields.Many2one(
        "ai.agent",
        ondelete="cascade",
        help="Take calls of this agent. Empty: calls that began with the prompt.",
    )
    count = fields.Integer(
        "Calls", default=10, help="How many kept calls are asked again: 1 to 50."
    )
    line_ids = fields.One2many("ai.prompt.trial.line", "trial_id", "Answers", help="Then and now.")
    waiting = fields.Integer(compute="_compute_standing", help="Calls that are still to be asked.")
    cost_usd = fields.Float(
        "Cost (USD)", compute="_compute_standing", digits=0, help="What the trial has cost so far."
    )
    cost_listed = fields.Float(
        "Cost (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency.",
    )
    note = fields.Char(readonly=True, help="Why it stopped, or why there are fewer calls.")
    company_keeps_text = fields.Boolean(
        compute="_compute_company_keeps_text", help="Texts of calls are kept in full somewhere."
    )

    @api.depends("line_ids.state", "line_ids.new_cost_usd")
    def _compute_standing(self):
        for trial in self:
            trial.waiting = len(trial.line_ids.filtered(lambda line: line.state == "waiting"))
            trial.cost_usd = sum(trial.line_ids.mapped("new_cost_usd"))

    @api.depends("variant_id", "agent_id")
    def _compute_company_keeps_text(self):
        for trial in self:
            trial.company_keeps_text = self.env.company.sudo().ai_text_policy != "none"

    def action_run(self):
        """Ask the calls that wait, the first time after having chosen them."""
        self.ensure_one()
        self.check_access("write")
        self.variant_id.check_access("write")
        if not self.line_ids:
            self._choose()
        self.note = False
        until = time.monotonic() + PATIENCE_S
        for line in self.line_ids.filtered(lambda line: line.state == "waiting"):
            try:
                line._ask()
            except BudgetExceededError as error:
                self.note = str(error)
                break
            except AiError as error:
                line.write({"state": "failed", "new_answer": str(error)})
            if time.monotonic() > until:
                break
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Trial of %s", self.variant_id.name),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _choose(self):
        """Make a line of each kept call that can be asked again."""
        if not 1 <= self.count <= MOST_CALLS:
            raise UserError(self.env._("A trial takes 1 to %s calls.", MOST_CALLS))
        if not self.company_keeps_text:
            raise UserError(
                self.env._(
                    "The company keeps no texts of AI calls, so there is nothing to try on. Choose "
                    "“The full text” under Settings ▸ AI Costs, or another company."
                )
            )
        lines = []
        for usage in self._kept_calls():
            messages = self._messages(usage)
            if messages:
                lines.append(Command.create({"usage_id": usage.id, "messages": messages}))
            if len(lines) == self.count:
                break
        if not lines:
            raise UserError(
                self.env._(
                    "No call is kept with its full text that this variant could be tried on. "
                    "Choose “The full text” under Kept Text of the agent, and wait for calls."
                )
            )
        self.line_ids = lines

    def _kept_calls(self):
        usages = self.env["ai.token.usage"]
        of = [("prompt_key", "=", self.variant_id.prompt_id.id)]
        if self.agent_id:
            of = [("agent_key", "=", self.agent_id.id)]
        return usages.search(
            [
                *of,
                ("company_id", "=", self.env.company.id),
                ("kind", "=", "api"),
                ("state", "=", "done"),
                ("call_count", "=", 1),
                ("messages", "!=", False),
            ],
            order="id desc",
            limit=MOST_READ,
        )

    def _messages(self, usage):
        """Return what would have been sent with the variant; None where that is not known."""
        messages, _blocks = read_exchange(usage.messages)
        if not messages or len(repr(messages)) > MAX_REQUEST_BYTES:
            return None
        text, values = self.variant_id.text, {}
        first = messages[0]
        if usage.prompt_key:
            before = usage.prompt_variant_id.text or usage.prompt_version_id.text
            if first.get("role") != "system" or not isinstance(first.get("content"), str):
                return None
            values = read_back(before, first["content"]) if before else None
            messages = messages[1:]
        if values is None or mismatch(text, values)[0]:
            return None
        return [{"role": "system", "content": fill(text, values)}, *messages]


class AiPromptTrialLine(models.TransientModel):
    """One call, answered with the old wording and with the new one."""

    _name = "ai.prompt.trial.line"
    _inherit = "ai.shown.figures"
    _description = "Call in a Trial"
    _order = "id"
    _shown_money = {"new_cost_listed": "new_cost_usd"}
    _shown_sums = {"old_cost_listed": "old_cost_usd"}

    trial_id = fields.Many2one(
        "ai.prompt.trial", required=True, ondelete="cascade", help="The trial that it is part of."
    )
    usage_id = fields.Many2one(
        "ai.token.usage", "Call", readonly=True, ondelete="cascade", help="The call that was kept."
    )
    messages = fields.Json(readonly=True, help="What is sent with the new wording.")
    question = fields.Char(compute="_compute_old", help="What was asked.")
    old_answer = fields.Text(compute="_compute_old", help="What was answered then.")
    new_answer = fields.Text(readonly=True, help="What is answered with the variant.")
    old_tokens = fields.Integer(compute="_compute_old", help="Input and output tokens then.")
    new_tokens = fields.Integer(readonly=True, help="Input and output tokens with the variant.")
    old_cost_usd = fields.Float(
        "Old Cost (USD)", compute="_compute_old", digits=0, help="What the call cost then."
    )
    new_cost_usd = fields.Float(
        "New Cost (USD)", readonly=True, digits=0, help="What it cost with the variant."
    )
    old_cost_listed = fields.Float(
        "Old Cost (Company Currency)",
        digits=0,
        compute="_compute_old",
        help="The same in the company's currency, as it was counted.",
    )
    new_cost_listed = fields.Float(
        "New Cost (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency.",
    )
    state = fields.Selection(
        [("waiting", "Waiting"), ("done", "Answered"), ("failed", "Failed")],
        default="waiting",
        readonly=True,
        help="Whether it was asked with the variant.",
    )

    @api.depends("usage_id")
    @api.depends_context("company", RATE_DAY, COMPANY)
    def _compute_old(self):
        for line in self:
            usage = line.usage_id
            asked = [m for m in line.messages or [] if m.get("role") == "user"]
            said = asked[-1].get("content") if asked else ""
            line.question = said[:300] if isinstance(said, str) else False
            line.old_answer = usage.answer_text
            line.old_tokens = _tokens(usage)
            line.old_cost_usd, line.old_cost_listed = usage.cost_usd, usage.cost_listed

    def _ask(self):
        """Ask the call with the variant, at the provider that answered it then."""
        usage = self.usage_id
        service = self.env["ai.service"]
        facts = usage.provider_id.sudo()._facts()
        answer = service._send_apart(
            self.messages,
            facts.id if facts and facts.active else None,
            {"agent_type": usage.agent_type or "", "module": "ai_brain"},
            "trial",
            mode="passthrough",
            no_cache=True,  # what is asked is how the vendor answers it
        )
        self.write(
            {
                "state": "done",
                "new_answer": answer["content"],
                "new_tokens": _tokens(self.env["ai.token.usage"].browse(answer["token_usage_id"])),
                "new_cost_usd": answer["cost_usd"],
            }
        )


def _tokens(usage):
    return (
        usage.input_tokens
        + usage.cache_read_tokens
        + usage.cache_write_tokens
        + usage.output_tokens
        + usage.reasoning_tokens
    )
