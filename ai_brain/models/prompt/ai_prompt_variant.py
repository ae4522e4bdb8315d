from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, float_compare

from ...engine.base.sentence import Sentence
from ...engine.choice import experiments
from ...engine.prompt.tokens import count_text
from ...engine.prompt.variables import mismatch, variables
from ..base.transactions import forget
from ..base.wording import reader_in
from ..choice.arm_outcomes import FAILED, MEASURES, NOBODYS, arm_outcomes
from ..report.list_totals import COMPANY, RATE_DAY
from .ai_prompt import MOST_VARIANTS, _check_wording
from .ai_prompt_version import diff_html

MOST_COMPANIES = 1_000


class AiPromptVariant(models.Model):
    """Another wording of a prompt. With a share it gets that part of the users, each of them for
    good, and is held against the current text until one of the two is surely the better choice."""

    _name = "ai.prompt.variant"
    _inherit = ["ai.audited", "ai.shown.figures"]
    _description = "AI Prompt Variant"
    _order = "prompt_id, id"
    _shown_money = {"cost_listed": "cost"}

    _audit_too = ("outcome",)

    prompt_id = fields.Many2one(
        "ai.prompt",
        required=True,
        ondelete="cascade",
        index=True,
        help="The prompt that it is another wording of.",
    )
    company_id = fields.Many2one(
        related="prompt_id.company_id", store=True, index=True, help="The prompt's company."
    )
    name = fields.Char(required=True, help="How people will recognise it.")
    active = fields.Boolean(
        default=True,
        help="An archived variant gets no calls; those that it had are told by it as before.",
    )
    text = fields.Text(required=True, help="What is sent instead of the prompt's text.")
    share = fields.Float(
        "Share (%)",
        help="Of 100 users so many get it, each of them always. What all variants leave goes to "
        "the current text. An answer may be better or worse for it: that is what is found out.",
    )
    origin = fields.Selection(
        [("own", "A person"), ("model", "A model"), ("rule", "Tightening by rule")],
        "Worded By",
        required=True,
        default="own",
        readonly=True,
        help="Who worded it.",
    )
    date_start = fields.Datetime(
        "Tried Since", readonly=True, copy=False, help="When it first got a share."
    )
    outcome = fields.Selection(
        [("kept", "Kept"), ("lost", "Lost")],
        readonly=True,
        copy=False,
        help="What became of it.",
    )
    tokens = fields.Integer(
        compute="_compute_tokens", help="Tokens of the text without its variables: estimated."
    )
    prompt_tokens = fields.Integer(
        "Tokens of the Current Text",
        related="prompt_id.tokens",
        help="Tokens of the current text without its variables: estimated.",
    )
    diff = fields.Html(
        "Changed",
        compute="_compute_diff",
        sanitize=False,
        help="What it changes in the current text.",
    )
    calls = fields.Integer(compute="_compute_verdict", help="Calls that got it, in this test.")
    ratings = fields.Integer(compute="_compute_verdict", help="Of those, how many were rated.")
    rating = fields.Float("Mean Rating", compute="_compute_verdict", help="0 to 100.")
    cost = fields.Float(
        "Cost of an Answer (USD)", compute="_compute_verdict", help="Mean of its answered calls."
    )
    cost_listed = fields.Float(
        "Cost of an Answer (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency, at today's rate.",
    )
    reached = fields.Char(
        "What It Reached in Tokens",
        compute="_compute_verdict",
        help="How many tokens fewer are sent than with the current text.",
    )
    is_decided = fields.Boolean(
        compute="_compute_verdict", help="One of the two is the better choice, as far as 95% goes."
    )
    wins = fields.Boolean(compute="_compute_verdict", help="It is surely the better choice.")
    verdict = fields.Char(
        compute="_compute_verdict",
        help="Holds whenever you look: the test is made for being looked at every day. Quality, "
        "errors, cost, tokens and speed are weighed.",
    )

    @api.depends("text")
    def _compute_tokens(self):
        for variant in self:
            variant.tokens = count_text(variant.text).tokens if variant.text else 0

    @api.depends("text", "prompt_id.text")
    def _compute_diff(self):
        for variant in self:
            variant.diff = diff_html(variant.prompt_id.text, variant.text)

    @api.constrains("text")
    def _check_text(self):
        for variant in self:
            _check_wording(self.env, variant.text)

    @api.constrains("share", "active", "prompt_id", "text")
    def _check_share(self):
        for variant in self:
            if not 0 <= variant.share <= 100:
                raise ValidationError(self.env._("A share lies between 0 and 100%."))
            if variant.share:
                variant._check_variables_kept()
        for prompt in self.prompt_id:
            tried = prompt.variant_ids.filtered("active")
            if float_compare(sum(tried.mapped("share")), 100.0, precision_digits=6) > 0:
                raise ValidationError(
                    self.env._("The shares of all variants come to 100% at most.")
                )
            if len(tried) > MOST_VARIANTS:
                raise ValidationError(
                    self.env._("A prompt has %s variants at most. Archive some.", MOST_VARIANTS)
                )

    def _check_variables_kept(self):
        """Refuse a share for a wording that has other variables than the text."""
        given = dict.fromkeys(variables(self.prompt_id.text))
        invented, lost = mismatch(self.text, given)
        if lost or invented:
            raise ValidationError(
                self.env._(
                    "“%(name)s” does not have the variables of the prompt: %(names)s. A call gets "
                    "either wording, so both need the same.",
                    name=self.name,
                    names=", ".join([*lost, *invented]),
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        forget(self.env)
        variants = super().create(vals_list)
        variants._note_start()
        return variants

    def write(self, vals):
        forget(self.env)
        if {"text", "prompt_id"} & set(vals) and any(variant.date_start for variant in self):
            raise UserError(
                self.env._("A variant that calls have got stays as it is. Make another one.")
            )
        if vals.get("active") is False:
            vals = {**vals, "share": 0.0}
        before = {variant.id: variant.share for variant in self}
        res = super().write(vals)
        self._note_start()
        for variant in self.filtered(lambda one: one.share != before[one.id]):
            share = f"{variant.share:g}"
            variant.prompt_id._message_log(
                body=self.env._(
                    "The share of the variant “%(name)s” is %(share)s%% now.",
                    name=variant.name,
                    share=share,
                )
            )
        return res

    def unlink(self):
        forget(self.env)
        return super().unlink()

    def _note_start(self):
        begun = self.filtered(lambda variant: variant.share and not variant.date_start)
        if begun:
            begun.write({"date_start": fields.Datetime.now()})

    # ------------------------------------------------------------------
    # Verdict
    # ------------------------------------------------------------------

    @api.depends("prompt_id.version_id", "date_start")
    @api.depends_context("lang", "uid", "company", "allowed_company_ids", RATE_DAY, COMPANY)
    def _compute_verdict(self):
        money = self.env["ai.token.usage"]._listed_money()
        say = reader_in(money.currency, money.rate).text
        for variant, (text, own, result) in self._verdicts().items():
            variant.update(
                {
                    "calls": own.calls,
                    "ratings": own.quality.n,
                    "rating": own.quality.mean,
                    "cost": own.cost.mean,
                    "reached": variant._reached(text, own),
                    "is_decided": result.decided,
                    "wins": result.winner == "b",
                    "verdict": " ".join(say(variant._named(one)) for one in result.said)
                    if variant.date_start
                    else False,
                }
            )

    def _named(self, said):
        """Return a sentence of the verdict with the arms by their names."""
        names = {"A": self.env._("The current text"), "B": f"“{self.name}”"}
        args = said.args
        if args.get("arm") in names:
            args["arm"] = names[args["arm"]]
        return Sentence(said.code, **args)

    def _reached(self, text, own):
        """Return in words how many tokens fewer are sent with it."""
        if text.tokens.n and own.tokens.n and text.tokens.mean:
            less = round(100 * (1 - own.tokens.mean / text.tokens.mean))
            figures = {
                "percent": abs(less),
                "own": round(own.tokens.mean),
                "text": round(text.tokens.mean),
                "calls": own.tokens.n,
            }
            if less >= 0:
                return self.env._(
                    "Sends %(percent)s%% fewer tokens: %(own)s a call instead of %(text)s (seen in "
                    "%(calls)s calls).",
                    **figures,
                )
            return self.env._(
                "Sends %(percent)s%% more tokens: %(own)s a call instead of %(text)s (seen in "
                "%(calls)s calls).",
                **figures,
            )
        return self.env._(
            "Its text has %(own)s tokens, the current one %(text)s.",
            own=self.tokens,
            text=self.prompt_id.tokens,
        )

    def _verdicts(self):
        """Return ``{variant: (Outcome of the text, Outcome of the variant, Verdict)}``.

        Each variant is held against the calls that got the current version, both since the later of
        the two began; several at once share alpha.
        """
        found, none = {}, experiments.Outcome()
        known = self._outcomes()
        for variant in self:
            text, own = known.get(variant._origin.id, (none, none))
            prompt = variant.prompt_id.sudo()
            company = prompt.company_id or self.env.company
            siblings = prompt.with_context(active_test=False).variant_ids
            rivals = len(siblings.filtered("date_start")) or 1
            found[variant] = (
                text,
                own,
                experiments.weigh(
                    text, own, company.sudo().ai_quality_medium, experiments.ALPHA / rivals
                ),
            )
        return found

    def _outcomes(self):
        """Return ``{variant id: (Outcome of the text, Outcome of the variant)}`` of the calls in
        the prompt's company, those in the user's companies where the prompt is every company's."""
        started = self.filtered(lambda one: one._origin.id and one.date_start)
        if not started:
            return {}
        self.env["ai.token.usage"].flush_model()
        self.env["ai.prompt"].flush_model()
        self.flush_model()
        found = arm_outcomes(
            self.env,
            SQL(
                """
                SELECT v.id,
                       CASE WHEN u.prompt_variant_key IS NULL THEN 'a' ELSE 'b' END AS arm,
                       NOT %(failed)s AND NOT %(nobodys)s AS answered, %(failed)s AS failed,
                       %(measures)s,
                       CASE WHEN u.state = 'done'
                            THEN COALESCE(u.input_tokens, 0) + COALESCE(u.cache_read_tokens, 0)
                                 + COALESCE(u.cache_write_tokens, 0) END::float8 AS tokens
                  FROM ai_prompt_variant v
                  JOIN ai_prompt p ON p.id = v.prompt_id
                  JOIN ai_prompt_version w ON w.id = p.version_id
                  JOIN ai_token_usage u ON u.prompt_key = p.id
                   AND u.prompt_version_key = w.id
                   AND (u.prompt_variant_key IS NULL OR u.prompt_variant_key = v.id)
                   AND u.create_date >= v.date_start
                   AND u.kind IN ('api', 'batch') AND u.call_count = 1
                 WHERE v.id IN %(ids)s AND u.company_id IN %(companies)s
                """,
                measures=MEASURES,
                failed=FAILED,
                nobodys=NOBODYS,
                ids=tuple(started._origin.ids),
                companies=tuple(self.env.companies.ids),
            ),
            more=("tokens",),
        )
        none = experiments.Outcome()
        return {
            key: tuple(found.get((key, arm), none) for arm in "ab") for key in started._origin.ids
        }

    # ------------------------------------------------------------------
    # Keeping one
    # ------------------------------------------------------------------

    def action_keep(self):
        """Make the variant's wording the prompt's text, as a new version; the variant is
        archived."""
        self.ensure_one()
        self.prompt_id.check_access("write")
        self.check_access("write")
        self._check_variables_kept()
        origin = self.env._("Variant “%s”, kept", self.name)
        prompt, text = self.prompt_id, self.text
        self.write({"active": False, "outcome": "kept"})
        prompt.with_context(ai_prompt_origin=origin).write({"text": text})
        prompt._message_log(body=self.env._("The variant “%s” is the text now.", self.name))

    def action_drop(self):
        """Archive the variant: the current text stays. Its calls keep their tag."""
        self.check_access("write")
        self.write({"active": False, "outcome": "lost"})

    def action_try(self):
        """Open the dialog that tries the variant on kept calls."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Trial of %s", self.name),
            "res_model": "ai.prompt.trial",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_variant_id": self.id},
        }

    @api.model
    def _cron_keep_winners(self, most=200):
        """Where a prompt wants it: keep the variant that won, archive those that lost."""
        tried = self.search(
            [
                ("share", ">", 0),
                ("prompt_id.keeps_winner", "=", True),
                ("prompt_id.active", "=", True),
            ],
            limit=most,
        )
        for prompt in tried.prompt_id:
            companies = prompt.company_id or self.env["res.company"].search(
                [], limit=MOST_COMPANIES
            )
            mine = (tried & prompt.variant_ids).with_context(allowed_company_ids=companies.ids)
            verdicts = mine._verdicts()
            won = [(own.cost.mean, v.id) for v, (_t, own, r) in verdicts.items() if r.winner == "b"]
            for variant, (_text, _own, result) in verdicts.items():
                if result.winner == "a":
                    variant.action_drop()
            if won:
                self.browse(min(won)[1]).action_keep()
