from decimal import Decimal
from pathlib import Path

from odoo.tests import tagged

from ...engine.choice import CompanyRatings, rating_features
from ...engine.price import catalogue
from ..common import AiCase, answer

DATA = Path(__file__).parents[2] / "engine" / "tests" / "choice"


def rows_of(name):
    """Return the rows of a frozen list of prompts, each a list of its columns."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def plan_prompts():
    """Return [kind, language, where it goes, prompt] of the prompts that the plans are held to."""
    return rows_of("plan_prompts.tsv")


class CatalogueCase(AiCase):
    """gpt-4o-mini and gpt-4o as the catalogue brings them, unrated, asked on loopback."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for table in ("ai_provider_benchmark", "ai_provider_stats", "ai_routing_ratings"):
            cls.env.cr.execute(f"DELETE FROM {table}")
        cls.providers = cls.env["ai.service.provider"]
        cls.providers.search([]).active = False
        cls.mini, cls.large = (cls._from_catalogue(n) for n in ("gpt-4o-mini", "gpt-4o"))
        cls.benchmarks = cls.env["ai.provider.benchmark"]

    @classmethod
    def _from_catalogue(cls, model):
        entry = catalogue.lookup(model, vendor="openai")[-1].entry
        return cls.providers.create(
            {
                **cls.providers._catalogue_values(entry),
                "base_url": cls.vendor.url,
                "company_id": cls.company.id,
            }
        )


@tagged("post_install", "-at_install")
class TestRouter(CatalogueCase):
    def _routed(self, text, asked=None):
        return self.service.send_message(text, config=asked or self.large, mode="smart_router")

    def test_the_plans_prompts_go_where_the_plans_say(self):
        self._go_where_the_plans_say(plan_prompts())

    def test_prompts_of_another_hand_go_where_the_plans_say(self):
        self._go_where_the_plans_say(rows_of("plan_prompts_second.tsv"))

    def _go_where_the_plans_say(self, prompts):
        right, mini = 0, {}
        self.assertEqual(len(prompts), 60)
        for kind, _language, goes, text in prompts:
            result = self.service._recommend_provider_before_call(
                self.large, [{"role": "user", "content": text}], {"mode": "smart_router"}
            )
            chosen = self.providers.browse(result["provider_id"])
            right += chosen == (self.mini if goes == "mini" else self.large)
            mini.setdefault(kind, []).append(chosen == self.mini)
        self.assertGreaterEqual(right, 54)
        self.assertTrue(all(mini["greeting"] + mini["product_title"]))
        self.assertFalse(any(mini["strategic_planning"]))

    def test_most_of_what_a_business_asks_goes_to_the_efficient_model(self):
        """98 of 120 when it was first read: seven of eight strategies went up, five of eight
        analyses, seven of sixteen extractions, three of sixteen summaries. 86 of a stranger's 100,
        seven of whose eight hard ones went up."""
        self.env["ai.agent"].create(
            {
                "name": "Desk",
                "code": "desk",
                "provider_id": self.large.id,
                "efficient_provider_id": self.mini.id,
                "mode": "smart_router",
            }
        )
        prompts, small = rows_of("business_mix.tsv"), {}
        self.assertEqual(len(prompts), 120)
        for _language, kind, text in prompts:
            asked = text.replace("\\n", "\n")
            result = self.service.send_message(asked, None, {"agent_type": "desk"})
            small.setdefault(kind, []).append(result["provider_id"] == self.mini.id)
        share = sum(map(sum, small.values())) / len(prompts)
        self.assertGreaterEqual(share, 0.75)
        self.assertTrue(all(small["reply"] + small["howto"] + small["translation"]))
        self.assertLess(sum(small["strategy"]), 2)
        theirs = [
            self.service.send_message(text.replace("\\n", "\n"), None, {"agent_type": "desk"})
            for _language, _kind, text in rows_of("business_mix_stranger.tsv")
        ]
        stayed = [result["provider_id"] == self.mini.id for result in theirs]
        self.assertEqual(len(stayed), 100)
        self.assertGreaterEqual(sum(stayed), 75)

    def test_a_call_of_each_kind_is_sent_there(self):
        for text, provider in (
            ("Hi there!", self.mini),
            ("Product title for a hiking jacket in navy blue, please.", self.mini),
            ("Write a short product description for a wooden desk lamp.", self.mini),
            ("Give me a market analysis for reusable water bottles in Germany.", self.mini),
            ("Suggest ten SEO keywords for an online shop that sells candles.", self.mini),
            (
                "Develop a three-year strategic plan for our expansion into France and Italy, "
                "with milestones, budget, risks and how we respond to them.",
                self.large,
            ),
            (
                "Write an in-depth comparison of three ERP systems for a wholesaler, analyze "
                "total cost of ownership over five years, and justify a recommendation.",
                self.large,
            ),
        ):
            self.assertEqual(self._routed(text)["provider_id"], provider.id, text)
            row = self.env["ai.token.usage"].search([], order="id desc", limit=1)
            self.assertEqual(row.provider_id, provider)

    def test_asked_for_mini_a_greeting_never_goes_up(self):
        for kind, _language, _goes, text in plan_prompts() + rows_of("plan_prompts_second.tsv"):
            if kind == "greeting":
                self.assertEqual(self._routed(text, self.mini)["provider_id"], self.mini.id)

    def test_a_switch_up_says_why(self):
        text = next(t for kind, _l, _g, t in plan_prompts() if kind == "strategic_planning")
        result = self._routed(text, self.mini)
        self.assertEqual(result["provider_id"], self.large.id)
        self.assertIn("reaches only", result["notices"][0])

    def test_a_stated_need_stands_above_the_complexity(self):
        asked = {"config": self.large, "mode": "smart_router"}
        hard = "Prove that there are infinitely many primes and derive a bound on their density."
        low = self.service.send_message(hard, quality_required="low", **asked)
        self.assertEqual(low["provider_id"], self.mini.id)
        self.assertEqual(self.service.send_message(hard, **asked)["provider_id"], self.large.id)

    def test_ratings_move_the_router_by_level_and_errors_never(self):
        hard = "Draft a reasoned three-year strategy with risks, budget, scenarios and milestones."
        self.assertEqual(self._routed(hard)["provider_id"], self.large.id)
        for _i in range(40):
            self.benchmarks.log_benchmark(
                self.mini, "chat", quality_score=92, task_complexity="high"
            )
            self.benchmarks.log_benchmark(self.large, "chat", error_occurred=True)
        self.assertEqual(self._routed(hard + " Now.")["provider_id"], self.mini.id)

    def test_advice_of_an_unrated_catalogue_install_saves_money(self):
        today = self.company._ai_local_date()
        row = {
            "company_id": self.company.id,
            "local_date": today,
            "provider_id": self.large.id,
            "input_tokens": 1000,
            "output_tokens": 300,
            "cost_usd": Decimal("0.0055"),
        }
        self.env["ai.token.usage"].sudo()._insert([row] * 30)
        advice = self.env["ai.cost.advice"].sudo()._refresh(self.company)
        mine = advice.filtered(lambda one: one.provider_id == self.large)
        self.assertEqual(mine.recommended_provider_id, self.mini)
        self.assertGreater(mine.saving_usd, 0.1)
        text = mine._text()
        self.assertRegex(
            text, r"quality \d+ of 100 \(\d+ to \d+\) on an ordinary request, based on"
        )
        self.assertRegex(text, r"\d+ published tables of \d+ publishers, as no call was rated yet")
        self.assertFalse(advice.filtered(lambda one: one.provider_id == self.mini))


@tagged("post_install", "-at_install")
class TestQualityEverywhere(CatalogueCase):
    def _figures(self, provider):
        """Return the quality of a provider by every screen that shows one."""
        self.env.flush_all()
        self.env.invalidate_all()
        found = {"form": provider.quality}
        self.benchmarks.log_benchmark(provider, "chat", cost_usd=0.001)
        compared = self.benchmarks.compare_providers("chat", 30)
        compared = next(c for c in compared if c["provider_id"] == provider.id)
        found["comparison"] = compared["quality"]["mean"]
        row = {
            "company_id": self.company.id,
            "local_date": self.company._ai_local_date(),
            "provider_id": provider.id,
            "task_type": "chat",
            "cost_usd": Decimal("0.001"),
        }
        self.env["ai.token.usage"].sudo()._insert([row])
        data = self.env["ai.token.analytics"].get_dashboard_data(provider_id=provider.id)
        (shown,) = data["providers"]
        found["dashboard"] = shown["quality"]
        ranked, _need = self.env["ai.cost.optimizer"]._rank("chat", 1000, {}, self.company)
        options = (ranked.choice, *ranked.alternatives)
        option = next(o for o in options if o.candidate.key == provider.id)
        found["recommendation"] = option.quality.mean
        other = (self.mini | self.large) - provider
        experiment = self.env["ai.experiment"].create(
            {"name": "A and B", "provider_a_id": provider.id, "provider_b_id": other.id}
        )
        found["experiment"] = experiment.quality_a
        intervals = {
            (provider.quality_low, provider.quality_high, provider.quality_ratings),
            (shown["quality_low"], shown["quality_high"], shown["n_ratings"]),
            (
                compared["quality"]["lower"],
                compared["quality"]["upper"],
                compared["quality"]["n"],
            ),
            (option.quality.lower, option.quality.upper, round(option.ability.rated)),
        }
        self.assertEqual(len(intervals), 1)
        return found

    def test_every_screen_shows_the_same_quality(self):
        before = self._figures(self.mini)
        self.assertEqual(set(before.values()), {self.mini.quality})
        self.assertAlmostEqual(self.mini.quality, 75)
        for level, score in (("low", 95), ("medium", 90), ("high", 85)):
            for _i in range(5):
                self.benchmarks.log_benchmark(
                    self.mini, "chat", quality_score=score, task_complexity=level
                )
        after = self._figures(self.mini)
        self.assertEqual(len(set(after.values())), 1, after)
        self.assertGreater(self.mini.quality, 75)
        self.assertEqual(self.mini.quality_ratings, 15)

    def test_the_form_says_what_the_quality_rests_on(self):
        self.assertIn("published tables", self.mini.quality_basis)
        self.assertIn("as no call was rated yet", self.mini.quality_basis)
        self.assertRegex(self.mini.quality_tables, r"[a-z-]+ \(\d\d/\d\d/20\d\d\)")
        ours = self._new_provider("Ours", model_name="a-model-of-our-own")
        self.assertIn("an assumption", ours.quality_basis)
        self.assertEqual(ours.quality_tables, "This model is in no published table.")
        ours.quality_score = 91
        self.assertTrue(ours.is_quality_given)
        self.assertAlmostEqual(ours.quality, 91)
        self.assertIn("the figure stated on its form", ours.quality_basis)
        ours.is_quality_given = False
        self.assertIn("an assumption", ours.quality_basis)

    def test_a_quality_that_stands_on_the_form_unticked_is_not_stated(self):
        values = {"quality_score": 80.0, "is_quality_given": False}
        self.assertFalse(self._new_provider("New", **values).is_quality_given)

    def test_ratings_of_another_company_do_not_count(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.mini.company_id = False
        self.benchmarks.log_benchmark(self.mini, "chat", quality_score=5)
        elsewhere = self.mini.with_company(other)
        self.assertEqual(elsewhere.quality_ratings, 0)
        self.assertEqual(self.mini.with_company(self.company).quality_ratings, 1)

    def test_a_ranking_of_many_asks_the_database_once(self):
        self.providers.create(
            [
                {"name": f"P{i}", "model_name": "gpt-4o-mini", "company_id": self.company.id}
                for i in range(60)
            ]
        )
        optimizer = self.env["ai.cost.optimizer"]
        optimizer._rank("chat", 1000, {}, self.company)
        with self.assertQueryCount(1):
            optimizer._rank("chat", 1000, {"complexity": 0.7}, self.company)


@tagged("post_install", "-at_install")
class TestRoutingRatings(CatalogueCase):
    def setUp(self):
        super().setUp()
        self.env.cr.execute("DELETE FROM ai_usage_rating")
        self.learnt = self.env["ai.routing.ratings"]

    def _rated(self, text, provider, score):
        self.vendor.script = [(200, answer())]
        result = self.service.send_message(text, config=provider)
        self._row(result).action_rate(score)

    def test_ratings_of_kept_texts_are_added_once_by_model(self):
        self.company.ai_text_policy = "excerpt"
        self._rated("Sum up this contract in two lines", self.mini, 20)
        self._rated("Sum up that contract in two lines", self.large, 100)
        self.learnt._cron_learn()
        kept = self.learnt.search([("company_id", "=", self.company.id)])
        self.assertEqual(kept.ratings, 2)
        self.assertEqual((kept.state["weak"][0], kept.state["strong"][0]), (1, 1))
        self.learnt._cron_learn()
        self.assertEqual(kept.ratings, 2)
        self.assertEqual(self.learnt._of(self.company.id).count, 2)

    def test_the_whole_text_and_its_excerpt_say_the_same(self):
        states = []
        for policy in ("excerpt", "full"):
            self.env.cr.execute("DELETE FROM ai_routing_ratings")
            self.env.cr.execute("DELETE FROM ai_usage_rating")
            self.learnt.invalidate_model()
            self.company.ai_text_policy = policy
            self._rated("Compare the two offers and give reasons", self.mini, 40)
            self.learnt._cron_learn()
            states.append(self.learnt.search([]).state)
        self.assertEqual(states[0], states[1])

    def test_where_no_text_is_kept_nothing_is_learnt(self):
        self.company.ai_text_policy = "none"
        self._rated("Sum up this contract", self.mini, 20)
        self.learnt._cron_learn()
        self.assertIsNone(self.learnt._of(self.company.id))

    def test_without_ratings_the_router_is_as_it_was(self):
        self.assertIsNone(self.learnt._of(self.company.id))

    def test_own_ratings_move_the_router_to_the_model_that_pays(self):
        text = "Sort these supplier notes into themes: delivery late, price high, quality fine."
        ask = [{"role": "user", "content": text}], {"mode": "smart_router"}
        before = self.service._recommend_provider_before_call(self.large, *ask)
        self.assertEqual(before["provider_id"], self.mini.id)
        sums = CompanyRatings()
        for _i in range(400):
            sums.add(rating_features(text), False, 0.2)
            sums.add(rating_features(text), True, 0.95)
        self.learnt.create({"company_id": self.company.id, "state": sums.state()})
        self.env.registry.clear_cache()
        after = self.service._recommend_provider_before_call(self.large, *ask)
        self.assertGreater(after.need.shift, before.need.shift)
        self.assertEqual(after["provider_id"], self.large.id)
