from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...engine.call.request import MAX_TAG
from ...engine.choice import experiments
from ...engine.prompt import variables as naming
from ...engine.prompt.tokens import count_text
from ..base.quick_cache import quick_cache

MOST_VARIANTS = 20


class PromptFacts(NamedTuple):
    """A prompt as a call needs it; ``variants``: (id, share, text) of those that get calls."""

    id: int
    name: str
    company_id: int | None
    version_id: int
    text: str
    variants: tuple

    def arm(self, user_id):
        """Return (id of the variant or None, text) that calls of a user get, today as tomorrow."""
        if not self.variants:
            return None, self.text
        shares = [((key, text), share) for key, share, text in self.variants]
        left = max(0.0, 100.0 - sum(share for _arm, share in shares))
        return experiments.assign(
            user_id, f"prompt {self.id}", [*shares, ((None, self.text), left)]
        )


class AiPrompt(models.Model):
    """A system prompt with named variables. Each wording of it is kept as a version; variants of it
    may get a share of the calls."""

    _name = "ai.prompt"
    _inherit = ["ai.shared.record", "ai.audited.thread"]
    _description = "AI Prompt"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True, help="How people will recognise it.")
    code = fields.Char(
        required=True,
        copy=False,
        index=True,
        tracking=True,
        help="What calls name it by (prompt=…), whatever the case.",
    )
    active = fields.Boolean(
        default=True,
        tracking=True,
        help="An archived prompt is put before no call, and a call that names it is refused.",
    )
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        index=True,
        tracking=True,
        help="The company whose calls may use it. Empty: every company's, unless it has a prompt "
        "of that code itself.",
    )
    text = fields.Text(
        required=True,
        tracking=True,
        help="The first system message of the calls that use it. {customer} stands for what a call "
        "gives as the variable customer; a call that gives none is refused. A change is kept as a "
        "new version.",
    )
    version_id = fields.Many2one(
        "ai.prompt.version",
        "Current Version",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The version that calls get now.",
    )
    version_ids = fields.One2many(
        "ai.prompt.version", "prompt_id", "Versions", help="Every wording that it has had."
    )
    variant_ids = fields.One2many(
        "ai.prompt.variant", "prompt_id", "Variants", help="Wordings that are being tried."
    )
    agent_ids = fields.One2many(
        "ai.agent", "prompt_id", "Agents", help="Agents whose calls begin with it."
    )
    type_ids = fields.One2many(
        "ai.message.type", "prompt_id", "Message Types", help="Types whose messages come after it."
    )
    variables = fields.Char(
        compute="_compute_variables", help="What a call that uses the prompt has to give."
    )
    tokens = fields.Integer(
        compute="_compute_tokens", help="Tokens of the text without its variables: estimated."
    )
    keeps_winner = fields.Boolean(
        "Keep the Winner by Itself",
        tracking=True,
        help="Once a day a variant whose win is sure becomes the text, and one that surely lost is "
        "archived. It saves the click, and what is sent changes without a person having looked. "
        "Off: the form says who won, and a person decides.",
    )

    @api.depends("text")
    def _compute_variables(self):
        for prompt in self:
            prompt.variables = ", ".join(naming.variables(prompt.text or ""))

    @api.depends("text")
    def _compute_tokens(self):
        for prompt in self:
            prompt.tokens = count_text(prompt.text).tokens if prompt.text else 0

    @api.constrains("code")
    def _check_code(self):
        for prompt in self:
            if not prompt.code.strip() or len(prompt.code) > MAX_TAG:
                raise ValidationError(
                    self.env._("The code of a prompt has 1 to %s characters.", MAX_TAG)
                )

    @api.constrains("code", "company_id", "active")
    def _check_one_of_a_code(self):
        for prompt in self.filtered("active"):
            others = [
                ("id", "!=", prompt.id),
                ("code", "=ilike", _literal(prompt.code)),
                ("company_id", "=", prompt.company_id.id),
            ]
            if self.sudo().search_count(others, limit=1):
                raise ValidationError(
                    self.env._("There is a prompt with the code “%s” already.", prompt.code)
                )

    @api.constrains("text")
    def _check_text(self):
        for prompt in self:
            _check_wording(self.env, prompt.text)
            for variant in prompt.variant_ids.filtered("share"):
                variant._check_variables_kept()

    @api.constrains("company_id")
    def _check_users(self):
        """What uses the prompt must be able to after it has moved to another company."""
        for prompt in self.sudo().filtered("company_id"):
            users = prompt.agent_ids.company_id | prompt.type_ids.company_id
            shared = any(not user.company_id for user in (*prompt.agent_ids, *prompt.type_ids))
            if shared or users - prompt.company_id:
                raise ValidationError(
                    self.env._(
                        "Agents or message types of other companies use “%s”. Give them another "
                        "prompt first.",
                        prompt.name,
                    )
                )

    # ------------------------------------------------------------------
    # Versions
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        prompts = super().create([_stripped(vals) for vals in vals_list])
        for prompt in prompts:
            prompt._add_version()
        return prompts

    def write(self, vals):
        before = {prompt.id: prompt.text for prompt in self} if "text" in vals else {}
        res = super().write(_stripped(vals))
        for prompt in self:
            if prompt.id in before and before[prompt.id] != prompt.text:
                prompt._add_version()
        return res

    def unlink(self):
        self.check_access("unlink")
        self._unlink_unused()
        self.sudo().write({"version_id": False})  # versions go with their prompt
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_unused(self):
        for prompt in self.sudo():
            if prompt.agent_ids or prompt.type_ids:
                raise UserError(
                    self.env._(
                        "Agents or message types use “%s”. Give them another prompt first, or "
                        "archive it.",
                        prompt.name,
                    )
                )

    def copy_data(self, default=None):
        return [
            {**vals, "code": self.env._("%s copy", prompt.code)[:MAX_TAG], **(default or {})}
            for prompt, vals in zip(self, super().copy_data(default), strict=True)
        ]

    def _add_version(self):
        """Keep the text as the newest version."""
        versions = self.env["ai.prompt.version"].sudo()
        last = versions.search([("prompt_id", "=", self.id)], order="number desc", limit=1)
        self.sudo().version_id = versions.create(
            {
                "prompt_id": self.id,
                "number": last.number + 1,
                "text": self.text,
                "origin": self.env.context.get("ai_prompt_origin") or False,
            }
        )

    # ------------------------------------------------------------------
    # What calls go by
    # ------------------------------------------------------------------

    @api.model
    @quick_cache("code", "company_id")
    def _id_of_code(self, code, company_id):
        """Return the id of the active prompt with a code: the company's own, else a shared one;
        None without one."""
        found = self.sudo().search(
            [("code", "=ilike", _literal(code)), ("company_id", "in", [False, company_id])], limit=2
        )
        return found.sorted(lambda prompt: not prompt.company_id)[:1].id or None

    @api.model
    @quick_cache("prompt_id")
    def _facts_of(self, prompt_id):
        """Return the ``PromptFacts`` of a prompt, None for one that is archived or gone."""
        prompt = self.sudo().browse(prompt_id).exists()
        if not prompt.active:
            return None
        tried = prompt.variant_ids.filtered(lambda one: one.active and one.share > 0)
        return PromptFacts(
            id=prompt.id,
            name=prompt.name,
            company_id=prompt.company_id.id or None,
            version_id=prompt.version_id.id,
            text=prompt.text,
            variants=tuple((one.id, one.share, one.text) for one in tried.sorted("id")),
        )

    def action_view_usage(self):
        """Open the calls that began with this prompt."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Calls of %s", self.name),
            "res_model": "ai.token.usage",
            "view_mode": "list,form,pivot,graph",
            "domain": [("prompt_key", "=", self.id)],
        }


def _check_wording(env, text):
    """Refuse a text that could not be sent."""
    if not (text or "").strip():
        raise ValidationError(env._("A prompt says something: its text is empty."))
    if len(text) > naming.MOST_TEXT:
        raise ValidationError(env._("A prompt has %s characters at most.", naming.MOST_TEXT))
    if len(naming.variables(text)) > naming.MOST_VARIABLES:
        raise ValidationError(env._("A prompt has %s variables at most.", naming.MOST_VARIABLES))


def _stripped(vals):
    return {**vals, "code": vals["code"].strip()} if vals.get("code") else vals


def _literal(code):
    """Return a code for ``=ilike``: its signs mean themselves."""
    return code.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
