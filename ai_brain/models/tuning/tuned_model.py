import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine.price import pricing
from ..base.transactions import Apart
from ..price import secret
from ..report.list_totals import COMPANY, RATE_DAY

_logger = logging.getLogger(__name__)

#: What a tuned provider takes over from its base.
LIKE_BASE = (
    "api_format",
    "base_url",
    "tier",
    "context_window",
    "max_output_tokens",
    "default_max_tokens",
    "timeout_s",
    "supports_tools",
    "enable_cost_optimization",
    "enable_waste_detection",
    "batch_service",
)
#: Behind all others: whoever is first is the default.
LAST = 1000
SHARE_B = 10.0
#: Calls that the estimate of what it saves reads.
MOST_ESTIMATED = 1000


class AiTuningJob(models.Model):
    """What came of a training: a provider with its price, to be tried against its base."""

    _inherit = "ai.tuning.job"

    tuned_provider_id = fields.Many2one(
        "ai.service.provider",
        "Tuned Model",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The model that came of it.",
    )
    experiment_id = fields.Many2one(
        "ai.experiment",
        "A/B Test",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The tuned model against its base. It sends no call anywhere until it is started.",
    )
    is_tuned_priced = fields.Boolean(
        compute="_compute_estimate", help="The tuned model has a price, so it can be used."
    )
    tuned_calls = fields.Integer(
        "Calls of the Tuned Model", compute="_compute_estimate", help="Calls that it answered."
    )
    saved_usd = fields.Float(
        "Saved (USD, Estimated)",
        digits=0,
        compute="_compute_estimate",
        help="What the providers asked for would have charged more for its calls: the ledger's "
        "estimate.",
    )
    saved_listed = fields.Float(
        "Saved (Company Currency)",
        digits=0,
        compute="_compute_estimate",
        help="The same in the company's currency, at the rates of these days.",
    )
    is_saving_known = fields.Boolean(
        "Saving by a Call Is Known",
        compute="_compute_estimate",
        help="The tuned model has a price, and calls of the examples can be read.",
    )
    saved_per_call_usd = fields.Float(
        "Saved by a Call (USD, Estimated)",
        digits=0,
        compute="_compute_estimate",
        help="What the calls of the examples cost on the average, less what the tuned model would "
        "have charged for the same tokens. Below 0 it costs more. An estimate: an answer of "
        "another length costs something else.",
    )

    saved_per_call_listed = fields.Float(
        "Saved by a Call (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency.",
    )

    @api.depends("tuned_provider_id", "example_ids")
    @api.depends_context("company", RATE_DAY, COMPANY)
    def _compute_estimate(self):
        usages = self.env["ai.token.usage"]
        for job in self:
            tuned = job.tuned_provider_id
            job.is_tuned_priced = bool(tuned and tuned._price_at())
            job.tuned_calls, job.saved_usd, job.saved_per_call_usd = 0, 0.0, 0.0
            job.is_saving_known, job.saved_listed = False, 0.0
            if not tuned:
                continue
            [(job.tuned_calls, job.saved_usd, job.saved_listed)] = usages._read_group(
                [("provider_id", "=", tuned.id)],
                [],
                ["call_count:sum", "saved_usd:sum", "saved_company:sum"],
            )
            saving = job._estimated_saving()
            job.is_saving_known, job.saved_per_call_usd = saving is not None, saving or 0.0

    def _estimated_saving(self):
        """Return the mean saving of a call in USD, by the calls of the examples; None: unknown.
        Calls that the current user may not read are left out."""
        _price_id, price = self.tuned_provider_id._engine_price()
        examples = self.env["ai.tuning.example"].search_fetch(
            [("job_id", "=", self.id)], ["usage_key"], limit=MOST_ESTIMATED
        )
        rows = self.env["ai.token.usage"].search([("id", "in", examples.mapped("usage_key"))])
        now, savings = fields.Datetime.now(), []
        for row in rows:
            cost = pricing.cost(row._engine_usage(), price, when=now)
            if cost is not pricing.UNPRICED:
                savings.append(row.cost_usd - float(cost))
        return sum(savings) / len(savings) if savings else None

    def _arrive(self, model_name):
        """Make the tuned model a provider, once; return what is left to do, a sentence or None."""
        if not model_name:
            return self.env._("The vendor says that it has succeeded and names no model.")
        try:
            with Apart(self.env).env() as env:
                told = self.with_env(env)._make_provider(model_name)
                env.flush_all()
        except Exception:
            # what was trained is paid, whatever becomes of it
            _logger.exception(
                "AI training %s: “%s” did not become a provider.", self.id, model_name
            )
            told = self.env._("Add the tuned model “%s” as a provider yourself.", model_name)
        self.env.invalidate_all()
        return told

    def _make_provider(self, model_name):
        """On the own cursor: the provider with its key and price, and the experiment."""
        from ...engine.price import catalogue

        self.env.cr.execute(
            "SELECT tuned_provider_id FROM ai_tuning_job WHERE id = %s FOR UPDATE", (self.id,)
        )
        made = self.env.cr.fetchone()[0]
        self.invalidate_recordset()
        if made:
            return self._left_to_do()
        job = self.with_company(self.company_id)
        base = job.provider_id
        tuned = job.env["ai.service.provider"].create(
            {
                **{name: base[name] for name in LIKE_BASE},
                "name": self.env._("%(base)s, tuned: %(name)s", base=base.name, name=job.name),
                "model_name": model_name,
                "task_type": "chat",
                "sequence": LAST,
                # nor is it asked before its test is started
                "active": False,
                # it has learnt this company's texts
                "company_id": job.company_id.id,
            }
        )
        tuned.flush_recordset()
        if job._may_share_key():
            secret.share(self.env.cr, base.id, tuned.id)
        found = catalogue.lookup(model_name, base.api_format, base_url=base.base_url or "")
        tuned._add_catalogue_prices(found)
        experiment = job.env["ai.experiment"].create(
            {
                "name": self.env._("%s: tuned or not", job.name),
                "company_id": job.company_id.id,
                "provider_a_id": base.id,
                "provider_b_id": tuned.id,
                "share_b": SHARE_B,
            }
        )
        job.write({"tuned_provider_id": tuned.id, "experiment_id": experiment.id})
        return job._left_to_do()

    def _may_share_key(self):
        """Return whether the tuned model may get the key of its base: a key for all companies is
        the system administrator's, and who manages one company may change the tuned model."""
        base = self.provider_id
        own = bool(base.company_id) and base.company_id == self.company_id
        return own or self.sender_id.has_group("base.group_system")

    def _lacks_key(self):
        """Return whether the tuned model has no key while its base has one."""
        base, tuned = self.provider_id, self.tuned_provider_id
        return secret.stored_ids(self.env.cr, (base | tuned).ids) == {base.id}

    def _left_to_do(self):
        """Return what is to be done before the tuned model can be used, sentences, or None."""
        told = []
        if self._lacks_key():
            told.append(self._wants_key())
        if not self.tuned_provider_id._price_at():
            told.append(
                self.env._(
                    "What calls of the tuned model cost is not known. Enter its price; until then "
                    "it is not used."
                )
            )
        return " ".join(told) or None

    def _wants_key(self):
        return self.env._(
            "The tuned model has no key, as its base has one for all companies. Ask the system "
            "administrator to enter a key for it; until then it is not used."
        )

    def _check_may_be_tried(self):
        """Raise UserError where the tuned model lacks a price or a key."""
        self.ensure_one()
        if not self.tuned_provider_id._price_at():
            raise UserError(
                self.env._(
                    "Enter the price of “%s” first: a model without a price is not used.",
                    self.tuned_provider_id.name,
                )
            )
        if self._lacks_key():
            raise UserError(self._wants_key())

    def action_start_experiment(self):
        """Begin to try the tuned model against its base.

        :raise UserError: there is none, or it has no price
        """
        self.ensure_one()
        self._check_may_change()
        if not self.experiment_id or not self.tuned_provider_id:
            raise UserError(self.env._("There is no tuned model to try."))
        self._check_may_be_tried()
        self.experiment_id.action_start()

    def action_view_tuned(self):
        """Open the tuned model."""
        return self._open(self.tuned_provider_id)

    def action_view_experiment(self):
        """Open the A/B test."""
        return self._open(self.experiment_id)

    def _open(self, record):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }
