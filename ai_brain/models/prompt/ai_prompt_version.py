from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine.prompt.tokens import count_text
from ...engine.prompt.word_diff import word_diff

_TAGS = {"kept": "%s", "removed": "<del>%s</del>", "added": "<ins>%s</ins>"}


def diff_html(before, after):
    """Return the difference of two texts as HTML, everything of theirs escaped."""
    return Markup('<div style="white-space: pre-wrap">%s</div>') % Markup("").join(
        Markup(_TAGS[kind]) % text for kind, text in word_diff(before or "", after or "")
    )


class AiPromptVersion(models.Model):
    """A wording that a prompt has had. It is written once and never changed."""

    _name = "ai.prompt.version"
    _description = "AI Prompt Version"
    _order = "prompt_id, number desc"

    prompt_id = fields.Many2one(
        "ai.prompt", required=True, ondelete="cascade", help="The prompt that it is a version of."
    )
    company_id = fields.Many2one(
        related="prompt_id.company_id", store=True, index=True, help="The prompt's company."
    )
    number = fields.Integer(required=True, readonly=True, help="The first version is 1.")
    text = fields.Text(required=True, readonly=True, help="What was sent.")
    origin = fields.Char(readonly=True, help="Where the wording came from, if nobody wrote it.")
    tokens = fields.Integer(
        compute="_compute_tokens", help="Tokens of the text without its variables: estimated."
    )
    diff = fields.Html(
        "Changed",
        compute="_compute_diff",
        sanitize=False,
        help="What was changed since the version before.",
    )
    is_current = fields.Boolean(compute="_compute_is_current", help="Calls get it now.")

    _sql_constraints = [
        (
            "number_unique",
            "unique(prompt_id, number)",
            "Somebody else has just changed the prompt.",
        ),
    ]

    @api.depends("prompt_id.name", "number")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(prompt)s, version %(number)s",
                prompt=version.prompt_id.name,
                number=version.number,
            )

    @api.depends("text")
    def _compute_tokens(self):
        for version in self:
            version.tokens = count_text(version.text).tokens if version.text else 0

    @api.depends("text", "number", "prompt_id")
    def _compute_diff(self):
        for version in self:
            before = self.search(
                [("prompt_id", "=", version.prompt_id.id), ("number", "=", version.number - 1)],
                limit=1,
            )
            version.diff = diff_html(before.text if before else version.text, version.text)

    @api.depends("prompt_id.version_id")
    def _compute_is_current(self):
        for version in self:
            version.is_current = version.prompt_id.version_id == version

    def write(self, vals):
        if set(vals) - {"company_id"}:
            raise UserError(
                self.env._("A version stays as it was. Change the prompt: that makes a new one.")
            )
        return super().write(vals)

    def action_put_back(self):
        """Make this wording the prompt's text again, as a new version."""
        self.ensure_one()
        prompt = self.prompt_id
        prompt.check_access("write")
        origin = self.env._("Version %s, put back", self.number)
        prompt.with_context(ai_prompt_origin=origin).write({"text": self.text})
