from contextlib import suppress
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ...engine.agent.presets import PRESETS
from ...engine.choice.experiments import assign
from ..common import answer
from .test_agents import AgentCase

ALL = 99.999999
NONE = 0.000001


class _Watched:
    """Stands in for a field and notes that somebody reads it."""

    def __init__(self, field, read):
        self.field, self.read = field, read

    def __get__(self, record, owner=None):
        if record is None:
            return self.field
        self.read.append(self.field.name)
        return self.field.__get__(record, owner)


class TrialCase(AgentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trials = cls.env["ai.agent.trial"]
        cls.other = cls._new_provider(
            "Other",
            {"input_usd": 0.5, "output_usd": 1.0, "valid_from": "2020-01-01"},
            api_format="sandbox",
        )
        cls.agent = cls.agents.create(
            {"name": "Support", "code": "support", "provider_id": cls.strong.id}
        )
        cls.manager = cls._new_user("trial-boss", "base.group_user", "ai_brain.group_ai_manager")

    def _trial(self, start=True, **values):
        kind = {"tries": "provider"} if "provider_id" in values else {"preset": "thrifty"}
        values = {"agent_id": self.agent.id, "share": ALL, **kind, **values}
        trial = self.trials.with_user(self.manager).create(values)
        if start:
            trial.action_start()
        return trial

    def _rows(self, trial, arm, calls, cost, rating=None, failed=0, ms=1000):
        """Write the ledger of an arm: half of the calls cost a tenth less, half a tenth more."""
        rows = [
            {
                "company_id": self.company.id,
                "user_id": self.user.id,
                "provider_id": self.strong.id,
                "agent_key": trial.agent_id.id,
                "trial_key": trial.id,
                "trial_arm": arm,
                "choice_reason": "agent",
                "cost_usd": 0 if number < failed else cost * (0.9 + 0.2 * (number % 2)),
                "latency_ms": ms + number % 7,
                "state": "failed" if number < failed else "done",
                "error_code": "VendorError" if number < failed else None,
                "quality_score": None if rating is None else rating + number % 2,
                "feedback_count": 0 if rating is None else 1,
            }
            for number in range(calls)
        ]
        return self.env["ai.token.usage"].create(rows)


@tagged("post_install", "-at_install", "every_series")
class TestTrialCalls(TrialCase):
    """What a call on trial follows, and who takes part."""

    def test_the_share_on_trial_goes_to_the_provider_that_is_tried(self):
        trial = self._trial(provider_id=self.other.id)
        result = self._send()
        row = self._row(result)
        self.assertEqual((row.provider_id, row.choice_reason), (self.other, "trial"))
        self.assertEqual((row.trial_id, row.trial_arm), (trial, "b"))
        self.assertEqual(row.agent_id, self.agent)
        # what the agent's own provider would have charged is what it is measured against
        self.assertEqual(row.configured_provider_id, self.strong)
        self.assertGreater(row.saved_usd, 0)
        self.assertIn("Other", " ".join(result["notices"]))

    def test_the_other_calls_go_as_before_and_are_what_it_is_compared_with(self):
        trial = self._trial(provider_id=self.other.id, share=NONE)
        row = self._row(self._send())
        self.assertEqual((row.provider_id, row.choice_reason), (self.strong, "agent"))
        self.assertEqual((row.trial_key, row.trial_arm), (trial.id, "a"))

    def test_a_person_stays_where_he_is_drawn(self):
        trial = self._trial(provider_id=self.other.id, share=40, split="person")
        people = [self._new_user(f"person-{n}") for n in range(6)]
        shares = [("a", 60), ("b", 40)]
        drawn = [assign(person.id, f"trial {trial.id}", shares) for person in people]
        for _time in range(2):
            arms = [self._row(self._send(user=person)).trial_arm for person in people]
            self.assertEqual(arms, drawn)

    def test_conversations_of_one_person_are_drawn_each_by_itself(self):
        trial = self._trial(provider_id=self.other.id, share=50)
        self.assertEqual(trial.split, "conversation")  # one person is no fair share of any
        sends = [
            self.service.with_user(self.user).send_message(
                "Hello", None, {"agent_type": "support", "session_id": f"chat {n % 20}"}
            )
            for n in range(40)
        ]
        arms = [self._row(sent).trial_arm for sent in sends]
        self.assertEqual(arms[:20], arms[20:])
        self.assertEqual(set(arms), {"a", "b"})
        alone = {self._row(self._send()).trial_arm for _n in range(20)}
        self.assertEqual(alone, {"a", "b"})

    def test_a_summary_stands_on_the_side_of_the_call_that_it_is_made_for(self):
        self.agent.write({"provider_id": self.vendor_provider.id, "keep_messages": 0})
        trial = self._trial(preset="thrifty")
        talk = [
            {"role": ("user", "assistant")[n % 2], "content": f"{n}: as was said. " * 20}
            for n in range(41)
        ]
        self.vendor.script = [
            (200, answer("They repeated it.", 900, 30)),
            (200, answer("Fine.", 500, 5)),
        ]
        for messages in (talk, "And now?"):  # what was summarised once costs once
            self.service.with_user(self.user).send_message(
                messages, None, {"agent_type": "support", "session_id": "s"}
            )
        rows = self.env["ai.token.usage"].search([("trial_key", "=", trial.id)])
        self.assertEqual(sorted(rows.mapped("kind")), ["api", "api", "summary"])
        self.assertEqual(set(rows.mapped("trial_arm")), {"b"})
        outcome = trial._outcomes()[trial.id, "b"]
        self.assertEqual((outcome.calls, outcome.cost.n), (2, 2))
        self.assertAlmostEqual(outcome.cost.total, sum(rows.mapped("cost_usd")), 12)
        first = sum(rows.sorted("id")[:2].mapped("cost_usd"))
        last = rows.sorted("id")[2].cost_usd
        self.assertAlmostEqual(outcome.cost.squares, first**2 + last**2, 15)

    def test_every_field_that_a_preset_sets_is_followed_on_trial(self):
        for preset in ("careful", "balanced", "thrifty"):
            with self.subTest(preset=preset):
                self.agent.preset = "careful" if preset != "careful" else "thrifty"
                trial = self._trial(preset=preset)
                call = self.service._check("Hello", None, {"agent_type": "support"}, {})
                for _done in self.env["ai.step"]._run("_open", call):
                    pass
                for name, value in trial.tried.items():
                    self.assertEqual(call.policy.get(name) or False, value or False, name)
                trial.action_stop()

    def test_no_step_reads_what_a_preset_sets_past_the_trial(self):
        """The agent's facts are read once; a step takes such a field from ``call.policy``."""
        self._trial(preset="thrifty")
        self.agents.with_user(self.user)._of_call("support", self.company.id)
        read, model = [], self.env.registry["ai.agent"]
        for name in PRESETS["careful"]:
            field = self.agents._fields[name]
            self.patch(model, name, _Watched(field, read))
        tool = {"type": "function", "function": {"name": "weather", "parameters": {}}}
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
        self.service.with_user(self.user).send_message(
            messages, self.provider.id, {"agent_type": "support", "session_id": "s"}, tools=[tool]
        )
        self.assertEqual(read, [])

    def test_a_policy_on_trial_decides_as_if_it_were_applied(self):
        cheap = self._new_provider(
            "Cheap",
            {"input_usd": 0.001, "output_usd": 0.001, "valid_from": "2020-01-01"},
            base_url=self.vendor.url,
            quality_score=95,
            quality_source="test",
        )
        self.agent.provider_id = self.vendor_provider
        self.assertEqual(self._row(self._send()).provider_id, self.vendor_provider)
        trial = self._trial(preset="balanced")
        row = self._row(self._send())
        self.assertEqual((row.provider_id, row.choice_reason), (cheap, "router"))
        self.assertEqual((row.trial_id, row.trial_arm), (trial, "b"))
        trial.action_apply()
        row = self._row(self._send())
        self.assertEqual((row.provider_id, row.choice_reason), (cheap, "router"))
        self.assertFalse(row.trial_key)

    def test_a_provider_is_tried_without_the_router_which_would_choose_else(self):
        self.agent.preset = "balanced"
        trial = self._trial(provider_id=self.other.id)
        row = self._row(self._send())
        self.assertEqual((row.provider_id, row.choice_reason), (self.other, "trial"))
        self.assertEqual(trial.tried, {"provider_id": self.other.id, "mode": "passthrough"})

    def test_a_passthrough_of_the_call_is_nobody_s_trial(self):
        self._trial(provider_id=self.other.id)
        row = self._row(self._send(config=self.provider, mode="passthrough"))
        self.assertEqual((row.provider_id, row.choice_reason), (self.provider, "mode"))
        self.assertFalse(row.trial_key)

    def test_a_message_type_s_provider_answers_in_both_arms_alike(self):
        self.agent.write({"message_set": "coaching", "efficient_provider_id": self.provider.id})
        self._trial(provider_id=self.other.id)
        row = self._row(self._send(text="Good morning!"))
        self.assertEqual((row.provider_id, row.choice_reason), (self.provider, "type"))
        self.assertEqual(row.trial_arm, "b")

    def test_what_one_of_the_providers_cannot_take_is_not_split(self):
        small = self._new_provider("Small", api_format="sandbox", context_window=5)
        self._trial(provider_id=small.id)
        row = self._row(self._send(text="word " * 50))
        self.assertEqual((row.provider_id, row.trial_key), (self.strong, 0))
        small.active = False
        self.assertEqual(self._row(self._send()).trial_key, 0)

    def test_no_experiment_splits_what_is_on_trial_and_both_are_told_apart(self):
        experiment = self.env["ai.experiment"].create(
            {
                "name": "Small or large",
                "provider_a_id": self.strong.id,
                "provider_b_id": self.provider.id,
                "share_b": 99.99,
            }
        )
        experiment.action_start()
        draft = self._trial(start=False, provider_id=self.other.id, share=NONE)
        self.assertIn("Small or large", draft.conflict)
        self.assertNotEqual(self._row(self._send(config=self.strong)).choice_reason, "agent")
        draft.action_start()
        self.assertIn("Small or large", self.agent.message_ids[0].body)
        row = self._row(self._send(config=self.strong))
        self.assertEqual((row.choice_reason, row.trial_arm), ("agent", "a"))
        experiment.action_stop()
        draft.invalidate_recordset(["conflict"])
        self.assertFalse(draft.conflict)

    def test_calls_of_other_agents_are_none_of_it(self):
        self._trial(provider_id=self.other.id)
        self._agent("sales", provider_id=self.strong.id)
        row = self._row(self._send("sales"))
        self.assertEqual((row.provider_id, row.trial_key), (self.strong, 0))

    def test_after_its_end_no_call_is_on_trial_though_nobody_stopped_it(self):
        trial = self._trial(provider_id=self.other.id)
        with freeze_time(trial.date_end + timedelta(minutes=1)):
            self.assertEqual(self._row(self._send()).trial_key, 0)

    def test_a_call_under_way_survives_its_agent_and_its_trial(self):
        trial = self._trial(provider_id=self.other.id)
        call, attempt = self._reserve("Hi", environment={"agent_type": "support"})
        for _done in self.env["ai.step"]._run("_open", call):
            pass
        key = trial.id
        self.agent.unlink()
        self.assertFalse(trial.exists())
        self.service._settle(call, attempt)
        row = self.env["ai.token.usage"].browse(attempt.token_usage_id)
        self.assertEqual((row.trial_key, row.trial_arm, row.trial_id.id), (key, "b", False))
        self.assertEqual(self._row(self._send()).choice_reason, "configured")

    def test_an_agent_without_a_trial_costs_its_calls_no_statement(self):
        step = self.env["ai.step.trial"].with_user(self.user)
        call = self.service.with_user(self.user)._check(
            "Hello", self.provider.id, {"agent_type": "support"}, {}
        )
        step._open(call)
        with self.assertQueryCount(0):
            step._open(call)
            step._choose(call)
        self.assertEqual(step._columns(call, None), {})


@tagged("post_install", "-at_install")
class TestTrialLife(TrialCase):
    """Starting, ending, applying and undoing, and who may."""

    def test_a_tenth_for_a_fortnight_is_the_default(self):
        trial = self.trials.create({"agent_id": self.agent.id, "preset": "thrifty"})
        days = (trial.date_end - fields.Datetime.now()).total_seconds() / 86_400
        self.assertEqual((trial.share, round(days), trial.state), (10.0, 14, "draft"))
        self.assertEqual(trial.display_name, "Support: Thrifty")

    def test_one_trial_an_agent_at_a_time(self):
        first = self._trial(provider_id=self.other.id)
        with self.assertRaises(ValidationError):
            self._trial()
        first.action_stop()
        self._trial()

    def test_what_makes_no_sense_is_refused_in_words(self):
        for values in (
            {"share": 0},
            {"share": 100},
            {"tries": "preset", "preset": False},
            {"tries": "provider", "provider_id": False},
            {"date_end": fields.Datetime.now() + timedelta(days=400)},
        ):
            with self.assertRaises(ValidationError, msg=str(values)), self.env.cr.savepoint():
                self._trial(start=False, **values)
        past = self._trial(start=False, date_end=fields.Datetime.now() - timedelta(days=1))
        with self.assertRaisesRegex(UserError, "lies ahead"):
            past.action_start()
        with self.assertRaisesRegex(UserError, "already"):
            self._trial(provider_id=self.strong.id)
        self.agent.active = False
        with self.assertRaisesRegex(UserError, "archived"):
            self._trial()

    def test_a_started_trial_keeps_its_terms_and_its_state_is_the_buttons(self):
        trial = self._trial(provider_id=self.other.id)
        with self.assertRaises(UserError):
            trial.share = 50
        with self.assertRaises(UserError):
            trial.state = "done"
        trial.date_end = fields.Datetime.now() + timedelta(days=30)
        with self.assertRaises(UserError):
            trial.unlink()
        self.assertEqual(trial.copy().state, "draft")

    def test_at_its_end_it_stops_by_itself_and_says_what_was_seen(self):
        trial = self._trial(provider_id=self.other.id)
        going = self._trial(
            agent_id=self._agent("second", provider_id=self.strong.id).id,
            provider_id=self.other.id,
            date_end=fields.Datetime.now() + timedelta(days=60),
        )
        self._rows(trial, "a", 200, 0.01, rating=80)
        self._rows(trial, "b", 100, 0.004, rating=80)
        with freeze_time(trial.date_end + timedelta(hours=1)):
            self.trials._cron_end_trials()
            self.trials._cron_end_trials()
        self.assertEqual((trial.state, going.state), ("done", "running"))
        said = self.agent.message_ids.filtered(lambda m: "is over" in (m.body or ""))
        self.assertEqual(len(said), 1)
        self.assertNotIn("$", said.body)  # everybody who sees the agent reads its thread
        told = self.env["mail.message"].search(
            [("notified_partner_ids", "in", self.manager.partner_id.ids), ("body", "ilike", "$")]
        )
        self.assertEqual(len(told), 1)
        self.assertIn("On trial a call cost $0.004 on average (100 calls)", told.body)
        self.assertIn("What is on trial is the better choice.", told.body)
        row = self._row(self._send())
        self.assertEqual((row.provider_id, row.trial_key), (self.strong, 0))

    def test_one_that_cannot_be_ended_takes_no_other_along(self):
        first = self._trial(provider_id=self.other.id)
        second = self._trial(
            agent_id=self._agent("second", provider_id=self.strong.id).id,
            provider_id=self.other.id,
        )
        tell_end = type(self.trials)._tell_end

        def fail(trial):
            if trial == first:
                raise ValueError("no mail")
            tell_end(trial)

        self.patch(type(self.trials), "_tell_end", fail)
        with freeze_time(first.date_end + timedelta(hours=1)), self.assertLogs(level="ERROR"):
            self.trials._cron_end_trials()
        self.assertEqual((first.state, second.state), ("running", "done"))

    def test_the_trial_of_an_archived_agent_ends(self):
        trial = self._trial(provider_id=self.other.id)
        self.agent.active = False
        self.assertNotEqual(self._row(self._send(config=self.provider)).trial_key, trial.id)
        self.trials._cron_end_trials()
        self.assertEqual(trial.state, "done")

    def test_undo_puts_back_what_was_there_before_it_was_applied(self):
        self.agent.write({"mode": "passthrough", "quality_required": "high"})
        trial = self._trial()
        trial.action_apply()
        self.assertEqual((trial.state, self.agent.preset), ("applied", "thrifty"))
        self.assertEqual(trial.applied_by_id, self.manager)
        self.agent.max_tokens = 500  # none of the trial's
        trial.action_undo()
        self.assertEqual(
            (self.agent.mode, self.agent.quality_required, self.agent.max_tokens, trial.state),
            ("passthrough", "high", 500, "undone"),
        )
        with self.assertRaises(UserError):
            trial.action_undo()

    def test_a_provider_that_was_applied_is_undone_too(self):
        self.agent.preset = "balanced"
        trial = self._trial(provider_id=self.other.id)
        trial.action_stop()
        trial.action_apply()
        self.assertEqual((self.agent.provider_id, self.agent.mode), (self.other, "passthrough"))
        trial.action_undo()
        self.assertEqual((self.agent.provider_id, self.agent.mode), (self.strong, "smart_router"))

    def test_what_was_changed_since_is_said_and_asked(self):
        trial = self._trial()
        trial.action_apply()
        self.agent.quality_required = "high"
        with suppress(UserError):  # without the screens, which ask in a dialog
            trial.action_undo()
        self.assertEqual((trial.state, self.agent.preset), ("applied", "custom"))
        self.assertEqual(
            trial._changed_since(),
            [
                {
                    "name": "quality_required",
                    "label": "Quality Needed",
                    "before": "",
                    "applied": "Low",
                    "now": "High",
                }
            ],
        )
        with self.env.cr.savepoint() as point:
            trial.action_undo("keep")
            self.assertEqual((self.agent.mode, self.agent.quality_required), (False, "high"))
            point.rollback()
        self.env.invalidate_all()
        trial.action_undo("restore")
        self.assertEqual((self.agent.mode, self.agent.quality_required), (False, False))

    def _stored(self):
        """Return every stored field of the agent but when it was changed, and its thread."""
        names = [
            name
            for name, field in self.agent._fields.items()
            if field.store and not name.startswith(("message_", "write_", "activity_"))
        ]
        self.env.flush_all()
        self.env.invalidate_all()
        return self.agent.sudo().read(names)[0]

    def test_undo_puts_every_field_back_whatever_was_there_and_was_tried(self):
        types = self.env["ai.message.type"].search([("collection", "=", "business")])
        own = {
            "mode": "smart_router",
            "quality_required": "high",
            "vendor_cache": True,
            "reuse": "exact",
            "keep_messages": 7,
            "tool_policy": "needed",
            "max_tokens": 321,
            "sets_temperature": True,
            "temperature": 0.3,
            "first_strong_messages": 2,
            "efficient_provider_id": self.provider.id,
            "message_type_ids": [(6, 0, types[:3].ids)],
            "apology": "Sorry.",
        }
        for start in (*PRESETS.values(), own, {"provider_id": False, "mode": False}):
            self.agent.write({**PRESETS["careful"], "provider_id": self.strong.id, **start})
            for tried in ({"preset": code} for code in PRESETS):
                self._try_and_undo(tried)
            self._try_and_undo({"provider_id": self.other.id})
            self._try_and_undo({"provider_id": self.vendor_provider.id})

    def _try_and_undo(self, tried):
        before = self._stored()
        with self.subTest(tried=tried, before=before):
            try:
                trial = self._trial(**tried)
            except UserError:
                return  # it is set like this already
            self.assertEqual(self._stored(), before, "a trial changes nothing of the agent")
            trial.action_apply()
            self.assertNotEqual(self._stored(), before)
            trial.action_undo()
            self.assertEqual(self._stored(), before)

    def test_a_provider_that_was_deleted_since_cannot_be_put_back_and_is_named(self):
        gone = self._new_provider("Gone", api_format="sandbox")
        self.agent.provider_id = gone
        trial = self._trial(provider_id=self.other.id)
        trial.action_apply()
        gone.unlink()
        trial.action_undo()
        self.assertEqual((self.agent.provider_id, trial.state), (self.other, "undone"))
        self.assertIn("Left as they are: Provider", self.agent.message_ids[0].body)

    def test_managers_of_its_company_alone_try_and_read(self):
        company = self.env["res.company"].create({"name": "B"})
        stranger = self._new_user(
            "trial-stranger",
            "base.group_user",
            "ai_brain.group_ai_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        trial = self._trial(provider_id=self.other.id)
        for user in (self.user, stranger):
            mine = trial.with_user(user)
            for act in (mine.action_stop, mine.action_apply, mine.action_undo, mine.action_start):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    act()
            with self.assertRaises(AccessError):
                mine.read(["result"])
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.trials.with_user(user).create(
                    {"agent_id": self.agent.id, "tries": "provider", "provider_id": self.other.id}
                )
        row = self._row(self._send())
        self.assertNotIn("trial_id", row.with_user(self.user).read()[0])
        self.assertEqual(row.with_user(self.manager).trial_id, trial)

    def test_a_shared_agent_is_the_administrator_s_to_try_something_on(self):
        shared = self._agent("shared", company_id=False)
        with self.assertRaises(AccessError):
            self.trials.with_user(self.manager).create({"agent_id": shared.id, "preset": "thrifty"})
        trial = self.trials.create({"agent_id": shared.id, "preset": "thrifty", "share": ALL})
        trial.action_start()
        self.assertFalse(self.trials.with_user(self.manager).search([("id", "=", trial.id)]))
        company = self.env["res.company"].create({"name": "B"})
        theirs = self._new_user(
            "shared-user", company_id=company.id, company_ids=[(6, 0, company.ids)]
        )
        provider = self._new_provider("Theirs", api_format="sandbox", company_id=company.id)
        for user, config in ((self.user, self.provider), (theirs, provider)):
            row = self._row(self._send("shared", user=user, config=config))
            self.assertEqual((row.trial_key, row.trial_arm), (trial.id, "b"))
        self.assertEqual(trial.calls_b, 2)

    def test_a_provider_of_another_company_is_not_tried(self):
        company = self.env["res.company"].create({"name": "B"})
        theirs = self._new_provider("Theirs", api_format="sandbox", company_id=company.id)
        with self.assertRaises(UserError):
            self.trials.create(
                {"agent_id": self.agent.id, "tries": "provider", "provider_id": theirs.id}
            )


@tagged("post_install", "-at_install")
class TestTrialResult(TrialCase):
    """What it came to, in words and figures."""

    def test_both_arms_stand_side_by_side_with_their_intervals(self):
        trial = self._trial(provider_id=self.other.id)
        self._rows(trial, "a", 200, 0.01, rating=80)
        self._rows(trial, "b", 100, 0.004, failed=2)
        self.assertEqual((trial.calls_a, trial.calls_b), (200, 100))
        self.assertEqual(trial.cost_a, "$0.01, between $0.0099 and $0.01")
        self.assertEqual(trial.cost_b, "$0.004, between $0.0039 and $0.0041")
        self.assertEqual(trial.quality_a, "80 of 100, between 80 and 81 (200 ratings)")
        self.assertFalse(trial.quality_b)
        self.assertEqual(trial.errors_b, "2.0%, between 0.6% and 7.0%")
        self.assertEqual(trial.time_a, "1.0 s, between 1.0 s and 1.0 s")

    def test_a_difference_in_cost_is_told_in_money_a_month_and_nobody_wins_unrated(self):
        trial = self._trial(provider_id=self.other.id)
        self._rows(trial, "a", 200, 0.01)
        self._rows(trial, "b", 100, 0.004)
        trial.sudo().date_start = fields.Datetime.now() - timedelta(days=10)
        self.assertIn("about $5.40 a month less (estimated)", trial.result)
        self.assertIn("Neither is shown to be the better choice yet.", trial.result)
        self.assertIn("B costs 60% less: $0.004 a call, against $0.01.", trial.result)
        self.assertFalse(trial.winner)

    def test_a_worse_one_is_said_to_be_left(self):
        trial = self._trial(provider_id=self.other.id)
        self._rows(trial, "a", 300, 0.01, rating=90)
        self._rows(trial, "b", 300, 0.009, rating=50)
        self.assertEqual(trial.winner, "a")
        self.assertIn("The agent is better left as it is.", trial.result)

    def test_without_calls_it_says_so(self):
        trial = self._trial(provider_id=self.other.id)
        self.assertEqual(trial.result, "No call has been on trial yet.")
        self._rows(trial, "b", 3, 0.01)
        trial.invalidate_recordset()
        self.assertIn("nothing to compare them with", trial.result)

    def test_what_another_provider_took_over_counts_once_and_as_failed(self):
        self.strong.fallback_provider_id = self.provider
        trial = self._trial(provider_id=self.vendor_provider.id)
        self.vendor.script += [(400, {"error": {"message": "no"}})]
        result = self._send()
        self.assertEqual(result["provider_id"], self.strong.id)
        self.assertEqual((trial.calls_b, trial.cost_b), (1, ""))
        self.assertIn("100.0%", trial.errors_b)
