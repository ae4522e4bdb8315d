from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import file_open

from ...engine.tuning import training
from ...providers.errors import AuthenticationFailed
from ..common import answering
from .common import TuningCase


@tagged("post_install", "-at_install", "every_series")
class TestTrainings(TuningCase):
    """From the examples to the tuned model, through the vendor's files and jobs."""

    def _sent(self, **vals):
        job = self._ready(**vals)
        job.action_send()
        self._run()
        return job

    def test_a_model_is_trained_and_arrives_with_its_price_beside_its_base(self):
        self.vendors.running = True
        job = self._sent(epochs=2, batch_size=4, learning_rate=0.5, suffix="replies")
        self.assertEqual((job.state, job.vendor_ref, job.error), ("sent", "ftjob-0", False))
        [sent] = self.vendors.jobs
        self.assertEqual(sent["model"], "gpt-4o-mini-2024-07-18")
        self.assertEqual(
            sent["method"]["supervised"]["hyperparameters"],
            {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 0.5},
        )
        self.assertEqual(sent["suffix"], "replies")
        self.assertEqual(len(self.vendors.uploads), 1)  # nothing was kept for validation
        self.assertEqual(len(self.vendors.uploads[0]), 12)
        self._run()
        self.assertEqual((job.state, job.progress), ("running", 30.0))
        self.assertEqual(job.event_ids.mapped("message"), ["Step 3/10: loss=1.2", "Created"])
        self._run()
        self.assertEqual(len(job.event_ids), 2)
        self.vendors.running = False
        self._run()
        self.assertEqual((job.state, job.progress), ("succeeded", 100.0))
        tuned = job.tuned_provider_id
        self.assertEqual(tuned.model_name, "ft:gpt-4o-mini-2024-07-18:a:b:1")
        self.assertEqual((tuned.base_url, tuned.company_id), (self.base.base_url, self.company))
        self.assertEqual(self.vendors.files, {})
        experiment = job.experiment_id
        arms = (experiment.provider_a_id, experiment.provider_b_id, experiment.state)
        self.assertEqual(arms, (self.base, tuned, "draft"))
        self.assertFalse(tuned.active)  # no call goes there before the test is started

    def test_what_it_saves_is_called_an_estimate(self):
        for name in ("saved_usd", "saved_per_call_usd"):
            told = self.env["ai.tuning.job"].fields_get([name], ["string", "help"])[name]
            self.assertIn("Estimated", told["string"])
            self.assertIn("estimate", told["help"])

    def test_the_row_pays_the_vendor_s_trained_tokens_to_the_last_digit(self):
        self.vendors.trained = 4321
        job = self._sent(epochs=2)
        self._run()
        row = self._paying_row(job)
        self.assertEqual((row.kind, row.state, row.call_count), ("tuning", "done", 0))
        self.assertEqual(self._exact(row, "cost_usd"), "0.012963")  # 4321 × 3 / 1e6
        told = row.get_arithmetic()
        self.assertEqual(
            (told["shown"], told["text"]),
            (True, "4,321 trained tokens at $3.00 a million = $0.012963"),
        )
        self.assertEqual((row.trained_tokens, row.provider_id), (4321, self.base))
        self.assertEqual((row.agent_id, row.user_id), (self.agent, self.manager))
        self.assertEqual((row.model_name, row.price_id), (self.base.model_name, job.price_id))
        self.assertEqual((job.cost_usd, job.trained_tokens), (0.012963, 4321))
        self.assertEqual(row.tuning_job_id, job)
        self.assertIsNone(self._held())
        for _time in range(2):
            self._run()
        self.assertEqual(len(self._paying_row(job)), 1)

    def test_the_worst_case_is_held_until_it_is_settled(self):
        budget = self.env["ai.cost.budget"].create(
            {
                "name": "All",
                "company_id": self.company.id,
                "currency_id": self.env.ref("base.USD").id,
                "budget_amount": 1.0,
                "period_type": "total",
            }
        )
        self.vendors.running = True
        job = self._sent(epochs=2)
        worst = training.cost(job.training_tokens * 2, job._rate(job.price_id))
        self.assertEqual(self._held(), f"{worst.normalize():f}")
        self.assertEqual(job.worst_usd, float(worst))
        period = budget.period_ids
        self.assertAlmostEqual(sum(period.mapped("reserved")), float(worst), 12)
        self.vendors.running = False
        self._run()
        period.invalidate_recordset()
        self.assertEqual(sum(period.mapped("reserved")), 0)
        calls = 12 * 0.0002
        self.assertAlmostEqual(sum(period.mapped("spent")), 0.012963 + calls, 12)

    def test_a_budget_that_does_not_allow_it_is_named_and_nothing_is_sent(self):
        self.env["ai.cost.budget"].create(
            {
                "name": "Tight",
                "company_id": self.company.id,
                "currency_id": self.env.ref("base.USD").id,
                "budget_amount": 0.0001,
                "period_type": "total",
            }
        )
        job = self._sent()
        self.assertEqual(job.state, "ready")
        self.assertIn("Tight", job.error)
        self.assertEqual((self.vendors.uploads, self.vendors.jobs), ([], []))
        self.assertIsNone(self._held())

    def test_an_unknown_price_is_refused_and_never_zero(self):
        self.base.price_ids.training_priced = False
        job = self._ready()
        self.assertFalse(job.is_priced)
        with self.assertRaisesRegex(UserError, "is not known. Enter the price"):
            job.action_send()
        self.base.price_ids.training_usd = 0.0  # said to be free
        self.assertTrue(self.base.price_ids.training_priced)
        job.invalidate_recordset()
        job.action_send()
        self.assertEqual(job.state, "waiting")

    def test_a_price_of_calls_may_get_one_for_training_and_keeps_it_then(self):
        self._call(price_id=self.base.price_ids.id)
        self.base.price_ids.training_usd = 5.0
        with self.assertRaises(UserError):
            self.base.price_ids.input_usd = 9.0
        self._sent()
        with self.assertRaisesRegex(UserError, "Training was billed at this price"):
            self.base.price_ids.training_usd = 6.0

    def test_too_few_examples_or_no_base_are_told(self):
        self._calls(9)
        job = self._job(share=0)
        with self.assertRaisesRegex(UserError, "Find the examples first"):
            job.action_send()
        job.action_collect()
        with self.assertRaisesRegex(UserError, "9 examples are too few"):
            job.action_send()
        self._call("One more?", "Yes.")
        job.action_collect()
        job.provider_id = False
        with self.assertRaisesRegex(UserError, "Choose the base model"):
            job.action_send()
        job.provider_id = self.provider
        with self.assertRaisesRegex(UserError, "OpenAI format"):
            job.action_send()

    def test_rounds_by_the_rule_are_sent_as_a_number(self):
        self._sent()
        hyper = self.vendors.jobs[0]["method"]["supervised"]["hyperparameters"]
        self.assertEqual(hyper, {"n_epochs": training.epochs(12)})
        self.assertEqual(training.epochs(12), 8)

    def test_two_schedulers_look_after_a_job_once(self):
        job = self._ready()
        job.action_send()
        first = self.env["ai.tuning.job"]._take_next()
        self.assertEqual(first, job)
        self.assertFalse(self.env["ai.tuning.job"]._take_next())

    def test_a_copy_that_is_neutralised_sends_and_asks_nothing(self):
        job = self._ready()
        job.action_send()
        self.env["ir.config_parameter"].sudo().set_param("database.is_neutralized", True)
        self._run()
        self.assertEqual((job.state, self.vendors.asked), ("waiting", []))

    def test_a_neutralised_copy_has_no_texts_and_nothing_at_the_vendor(self):
        self.vendors.running = True
        job = self._ready()
        job.action_export_training()
        job.action_send()
        self._run()
        self.assertEqual((job.state, job.vendor_ref), ("sent", "ftjob-0"))
        with file_open("ai_brain/data/neutralize.sql") as file:
            self._sql(file.read())
        found = (job.state, job.vendor_ref, job.label, job.file_refs)
        self.assertEqual(found, ("uncertain", False, False, False))
        files = self.env["ir.attachment"].search([("res_model", "=", "ai.tuning.job")])
        self.assertEqual((len(job.example_ids), len(files)), (0, 0))

    # -- what goes wrong -------------------------------------------------------------------------

    def test_a_job_whose_answer_was_lost_is_found_before_anything_is_sent_again(self):
        self.vendors.post = "lost"
        job = self._sent()
        self.assertEqual(job.state, "sending")
        self.vendors.post = None
        self._run()
        self.assertEqual((job.state, job.vendor_ref), ("sent", "ftjob-0"))
        self.assertEqual(len(self.vendors.jobs), 1)
        self._run()
        self.assertEqual(job.state, "succeeded")

    def test_a_job_that_cannot_be_found_is_uncertain_at_its_worst_case(self):
        self.vendors.post = 503
        job = self._sent(epochs=2)
        self.assertEqual(job.state, "sending")
        self._run()
        self.assertEqual((job.state, job.misses), ("sending", 0))  # a list may lag behind
        for _time in range(2):
            self._hours_later()
            self._run()
        self.assertEqual(job.state, "uncertain")
        row = self._paying_row(job)
        self.assertEqual((row.state, row.error_code), ("uncertain", "TrainingLost"))
        self.assertEqual(row.cost_usd, job.held_usd)
        self.assertFalse(row.trained_tokens)
        self.assertIsNone(self._held())
        self.assertEqual(self.vendors.jobs, [])

    def test_a_dead_sender_s_hold_and_files_go_before_it_is_sent(self):
        job = self._ready()
        job.action_send()
        with patch.object(type(job), "_begin", side_effect=KeyboardInterrupt):
            self._fails(KeyboardInterrupt, self._run)
        self.assertTrue(self._held())
        self.assertEqual(len(self.vendors.files), 1)
        self.vendors.running = True
        self._run()
        self.assertEqual(job.state, "sent")
        self.assertEqual(len(self.vendors.jobs), 1)
        self.assertEqual(list(self.vendors.files), [self.vendors.jobs[0]["training_file"]])
        self.env.cr.execute("SELECT count(*) FROM ai_cost_reservation")
        self.assertEqual(self.env.cr.fetchone()[0], 1)

    def test_what_the_vendor_refuses_comes_back_to_its_examples(self):
        self.vendors.post = 400
        job = self._sent()
        self.assertEqual(job.state, "ready")
        self.assertIn("refused by a test", job.error)
        self.assertIsNone(self._held())
        self.assertEqual(self.vendors.files, {})
        self.assertFalse(self._paying_row(job))

    def test_what_the_vendor_has_no_time_for_is_sent_again_a_few_times(self):
        self.vendors.post = 429
        job = self._sent()
        self.assertEqual((job.state, job.tries), ("waiting", 1))
        self.assertIsNone(self._held())
        for _time in range(4):
            self._run()
        self.assertEqual(job.state, "ready")

    def test_a_failed_job_says_why_and_costs_what_was_trained(self):
        self.vendors.status, self.vendors.trained = "failed", None
        self.vendors.running = "queued"
        self.vendors.events = []
        job = self._sent()
        self.vendors.running = False
        self._run()
        self.assertEqual((job.state, job.error), ("failed", "the file has a fault"))
        row = self._paying_row(job)
        self.assertEqual((row.state, self._exact(row, "cost_usd")), ("failed", "0"))
        self.assertFalse(job.tuned_provider_id)

    def test_a_job_that_failed_in_training_and_bills_nothing_known_is_uncertain(self):
        self.vendors.running = True
        job = self._sent()
        self._run()
        self.vendors.running, self.vendors.status, self.vendors.trained = False, "failed", None
        self._run()
        self.assertEqual(job.state, "failed")
        self.assertIn("What it cost is not known", job.error)
        row = self._paying_row(job)
        self.assertEqual((row.state, row.cost_usd), ("uncertain", job.held_usd))

    def test_a_job_is_cancelled_before_it_is_sent_and_after(self):
        job = self._ready()
        job.action_send()
        job.action_cancel()
        self._run()
        self.assertEqual((job.state, self.vendors.uploads), ("cancelled", []))
        self.vendors.running = True
        second = self._job(share=0)
        second.action_collect()
        second.action_send()
        self._run()
        second.action_cancel()
        self.vendors.trained = 1000
        self._run()
        self.assertEqual((second.state, second.trained_tokens), ("cancelled", 1000))
        self.assertEqual(self._exact(self._paying_row(second), "cost_usd"), "0.003")
        self.assertIsNone(self._held())

    def test_a_job_waiting_is_cancelled_though_the_vendor_refuses_the_key(self):
        self.vendors.post = 429
        job = self._sent()
        self.assertEqual((job.state, bool(job.label)), ("waiting", True))
        job.action_cancel()
        refused = AuthenticationFailed("the key was revoked")
        with patch.object(type(job._service()), "leftovers", side_effect=refused):
            self._run()
        self.assertEqual((job.state, job.is_cancelling), ("cancelled", False))
        self.assertIsNone(self._held())

    def test_a_job_whose_senders_die_is_not_sent_for_ever(self):
        job = self._ready()
        job.action_send()
        with patch.object(type(job), "_upload", side_effect=KeyboardInterrupt):
            for _time in range(5):
                self._fails(KeyboardInterrupt, self._run)
            self._run()
        self.assertEqual(job.state, "ready")
        self.assertIn("5 times", job.error)
        self.assertIsNone(self._held())

    def test_a_sender_whose_job_was_taken_over_leaves_it_alone(self):
        job = self._ready()
        job.action_send()

        def taken_over(*_args):
            self._sql("UPDATE ai_tuning_job SET lease_until = '2099-01-01'")
            return ["file-9", ""]

        with patch.object(type(job), "_upload", taken_over):
            self._run()
        self.assertEqual((job.state, self.vendors.jobs), ("waiting", []))
        self.assertTrue(self._held())

    def test_a_cancel_that_comes_too_late_settles_what_came(self):
        self.vendors.running = True
        job = self._sent()
        job.action_cancel()
        self.vendors.ended, self.vendors.running = True, False
        self._run()
        self.assertEqual(job.state, "succeeded")

    def test_a_job_that_the_vendor_does_not_know_any_more_is_lost(self):
        self.vendors.running = True
        job = self._sent()
        self.vendors.gone = True
        self._run()
        self.assertEqual((job.state, job.misses), ("sent", 1))
        self._run()
        self.assertEqual(job.state, "lost")
        self.assertIn("does not know it any more", job.error)
        self.assertEqual(self._paying_row(job).state, "uncertain")
        self.assertIsNone(self._held())

    def test_a_job_under_way_is_not_deleted_and_a_paid_one_leaves_its_row(self):
        job = self._sent()
        with self.assertRaisesRegex(UserError, "Cancel it first"):
            job.unlink()
        self._run()
        row = self._paying_row(job)
        job.unlink()
        self.assertEqual(row.cost_usd, 0.012963)
        self.assertFalse(row.tuning_job_id)

    def test_who_had_it_sent_is_told_what_became_of_it(self):
        def told():
            found = self.env["mail.message"].search(
                [("partner_ids", "in", self.manager.partner_id.ids), ("subject", "like", "Test")],
                order="id desc",
            )
            return found.mapped("subject"), found[:1].body

        job = self._sent()
        self.assertEqual(told()[0], [])
        self._run()
        self.assertEqual(told()[0], ["Fine-tuning “Test”: Trained"])
        self._run()  # once
        self.assertEqual(len(told()[0]), 1)
        self.vendors.running = True
        for state, change in (
            ("Failed", {"running": False, "status": "failed"}),
            ("Lost", {"gone": True}),
            ("Cancelled", {}),
        ):
            self.vendors.reset()
            self.vendors.running = True
            job = self._job(share=0)
            job.action_collect()
            job.action_send()
            self._run()
            for name, value in change.items():
                setattr(self.vendors, name, value)
            if not change:
                job.action_cancel()
            self._run()
            self._run()
            subjects, body = told()
            self.assertEqual(subjects[0], f"Fine-tuning “Test”: {state}")
            self.assertIn((job.error or subjects[0])[:20], body)
        self.manager.lang = self.env["res.lang"]._activate_lang("fr_FR").code
        self.vendors.reset()
        self.vendors.post = 400
        job = self._job(share=0)
        job.action_collect()
        job.action_send()
        self._run()
        self.assertEqual(job.state, "ready")
        self.assertIn("refused by a test", told()[1])

    def test_budgets_of_the_agent_and_of_each_person_hold_it_too(self):
        budget = {
            "company_id": self.company.id,
            "currency_id": self.env.ref("base.USD").id,
            "period_type": "total",
        }
        for name, scope in (
            ("Of the agent", {"agent_type": self.agent.code}),
            ("Of each person", {"each": "user"}),
            ("Of the base", {"provider_id": self.base.id}),
        ):
            one = self.env["ai.cost.budget"].create(
                {**budget, **scope, "name": name, "budget_amount": 0.0001}
            )
            job = self._sent()
            self.assertEqual((job.state, self.vendors.uploads), ("ready", []), name)
            self.assertIn(name, job.error)
            one.budget_amount = 100.0
            job.action_send()
            self._run()
            self._run()
            self.assertEqual(job.state, "succeeded", name)
            self.vendors.reset()
            one.active = False

    # -- the tuned model -------------------------------------------------------------------------

    def test_the_catalogue_prices_a_tuned_model_of_a_known_base(self):
        self.base.sudo().write({"base_url": False})
        with patch.object(type(self.base), "_endpoint", self._loopback_endpoint):
            job = self._sent()
            self._run()
        tuned = job.tuned_provider_id
        self.assertEqual(tuned._engine_price()[1].rates.input, Decimal("0.3"))
        self.assertTrue(job.is_tuned_priced)
        self.assertFalse(job.error)

    def _loopback_endpoint(self, *_args):
        from ... import providers

        return providers.Endpoint("openai", base_url=TestTrainings.vendors.url, timeout_s=10)

    def test_a_tuned_model_without_a_price_asks_for_one_and_is_not_tried(self):
        job = self._sent()  # at an address that the catalogue does not know
        self._run()
        self.assertEqual(job.state, "succeeded")
        self.assertIn("Enter its price", job.error)
        with self.assertRaisesRegex(UserError, "a model without a price is not used"):
            job.action_start_experiment()
        self.env["ai.provider.price"].create(
            {
                "provider_id": job.tuned_provider_id.id,
                "input_usd": 0.5,
                "output_usd": 1.0,
                "valid_from": "2020-01-01",
            }
        )
        job.invalidate_recordset()
        job.action_start_experiment()
        self.assertEqual(job.experiment_id.state, "running")
        self.assertTrue(job.tuned_provider_id.active)
        # (100 × 1 + 50 × 2 - 100 × 0.5 - 50 × 1) / 1e6
        self.assertAlmostEqual(job.saved_per_call_usd, 0.0001, 12)
        self.assertTrue(job.is_saving_known)
        self._sql("UPDATE ai_tuning_example SET usage_key = 0")
        self.assertFalse(job.is_saving_known)

    def test_the_a_b_test_sends_some_people_s_calls_to_the_tuned_model(self):
        job = self._sent()
        self._run()
        price = {"input_usd": 0.5, "output_usd": 1.0, "valid_from": "2020-01-01"}
        tuned = job.tuned_provider_id
        self.env["ai.provider.price"].create({"provider_id": tuned.id, **price})
        people = [self._new_user(f"asks_{number}", "base.group_user") for number in range(12)]

        def asked():
            with answering(self.env, lambda _request: "Fine.") as requests:
                for person in people:
                    self.env["ai.service"].with_user(person).send_message(
                        "Hello", config=self.base.id, environment={"agent_type": self.agent.code}
                    )
            return [request.model for request in requests]

        self.assertEqual(set(asked()), {self.base.model_name})
        job.experiment_id.share_b = 50.0
        job.action_start_experiment()
        first = asked()
        self.assertEqual(set(first), {self.base.model_name, tuned.model_name})
        self.assertEqual(asked(), first)  # a person stays in his arm
        rows = self.env["ai.token.usage"].search([("provider_id", "=", tuned.id)])
        self.assertEqual(len(rows), 2 * first.count(tuned.model_name))
        known = self.env["ai.cost.optimizer"].search([("experiment_id", "=", job.experiment_id.id)])
        self.assertEqual(len(known), 2 * len(people))
        arm_b = known.filtered(lambda one: one.experiment_arm == "b")
        self.assertEqual(arm_b.used_provider_id, tuned)
        self.assertEqual(set(arm_b.mapped("token_usage_id")), set(rows.ids))
        job.invalidate_recordset()
        self.assertEqual(job.tuned_calls, len(rows))
        self.assertGreater(job.saved_usd, 0)
        job.experiment_id.action_stop()
        self.assertEqual(set(asked()), {self.base.model_name})

    def test_the_tuned_model_has_the_key_of_its_base(self):
        self.base.api_key = "test-key-1"
        job = self._sent()
        self._run()
        endpoint = job.tuned_provider_id._endpoint()
        self.assertEqual(endpoint.read__key(), "test-key-1")

    def test_a_key_for_all_companies_is_not_given_to_one_company_s_model(self):
        self.base.company_id = False
        self.base.api_key = "test-key-1"
        job = self._sent()
        self._run()
        tuned = job.tuned_provider_id
        self.assertFalse(tuned._endpoint().read__key())
        self.assertIn("Ask the system administrator", job.error)
        price = {"provider_id": tuned.id, "input_usd": 0.5, "output_usd": 1.0}
        self.env["ai.provider.price"].create({**price, "valid_from": "2020-01-01"})
        job.invalidate_recordset()
        for start in (job.action_start_experiment, job.experiment_id.action_start):
            with self.assertRaisesRegex(UserError, "Ask the system administrator"):
                start()
        self.assertFalse(tuned.active)
        # a manager may not enter one
        tuned.with_env(self.env).api_key = "test-key-2"
        job.action_start_experiment()
        self.assertTrue(tuned.active)
