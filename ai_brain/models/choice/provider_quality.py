from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import format_date

from ...engine.choice import priors, quality, ranking, ranking_sentences
from ..base.wording import reader


class Judged(NamedTuple):
    """What is known of a provider: ``ability`` and ``quality`` are those of
    ``engine.choice.quality``; ``since`` is the day of the first of the calls it rests on."""

    ability: quality.Ability
    quality: quality.Chance
    since: object = None

    def as_dict(self):
        chance = self.quality
        return {
            "mean": chance.mean,
            "lower": chance.lower,
            "upper": chance.upper,
            "n": round(self.ability.rated),
        }


class AiServiceProvider(models.Model):
    """The quality of a provider: one method, read by whoever shows or uses it."""

    _inherit = "ai.service.provider"

    quality = fields.Float(
        compute="_compute_quality",
        help="Of 100 ordinary requests so many are answered well, by all that is known: published "
        "results or your own figure, and your ratings.",
    )
    quality_low = fields.Float(
        "Quality at Least", compute="_compute_quality", help="Nine in ten that it is no lower."
    )
    quality_high = fields.Float(
        "Quality at Most", compute="_compute_quality", help="Nine in ten that it is no higher."
    )
    quality_ratings = fields.Integer(
        "Ratings", compute="_compute_quality", help="Ratings that the quality rests on."
    )
    quality_basis = fields.Char(
        "Quality Known From",
        compute="_compute_quality",
        help="The quality of an ordinary request, and what it rests on.",
    )
    quality_tables = fields.Char(
        "Published Results",
        compute="_compute_quality_tables",
        help="Who published results of this model, with the day of the newest.",
    )

    def _ability_before_ratings(self):
        """Return the ``engine.choice.quality.Ability`` that is known without ratings: stated by
        somebody, else published of the model's family."""
        self.ensure_one()
        if self.is_quality_given:
            return quality.given(self.quality_score)
        return priors.prior(self.model_name or "")

    def _qualities(self, company=None, complexity=None):
        """Return ``{provider id: Judged}``: published or stated, moved by a company's ratings.

        Forms, lists, the dashboard, comparisons, advice and experiments read this; the ranking
        judges by the same ability at the difficulty of the request.

        :param company: whose ratings count (the current one)
        :param complexity: 0 to 1; None is an ordinary request
        """
        company = company or self.env.company
        stats = self.env["ai.provider.stats"].sudo()
        found = {}
        for task, providers in self.sudo().grouped("task_type").items():
            evidence = stats._evidence(company.id, task) if providers.ids else {}
            for provider in providers:
                calls, ratings = evidence.get(provider._origin.id, (ranking.NO_EVIDENCE, ()))
                ability = ranking.ability_of(provider._ability_before_ratings(), ratings)
                chance = quality.quality(ability, complexity)
                found[provider.id] = Judged(ability, chance, calls.since)
        return found

    @api.depends("model_name", "task_type", "is_quality_given", "quality_score")
    @api.depends_context("company", "lang")
    def _compute_quality(self):
        say, today = reader(self.env).text, fields.Date.today()
        found = self._qualities()
        for provider in self:
            judged = found[provider.id]
            provider.quality = judged.quality.mean
            provider.quality_low = judged.quality.lower
            provider.quality_high = judged.quality.upper
            provider.quality_ratings = round(judged.ability.rated)
            told = say(ranking_sentences.told(*judged, today))
            provider.quality_basis = told[:1].upper() + told[1:]

    @api.depends("model_name")
    @api.depends_context("lang")
    def _compute_quality_tables(self):
        for provider in self:
            provider.quality_tables = self._published_text(provider.model_name)

    @api.model
    def _published_text(self, model_name):
        """Return whose published results there are of a model, each with its day."""
        found = priors.sources(model_name or "")
        if not found:
            return self.env._("This model is in no published table.")
        return ", ".join(f"{one['origin']} ({format_date(self.env, one['date'])})" for one in found)
