"""Trainings over real servers and the loopback vendor, with every end and with SIGKILL between the
vendor's taking a job and our writing it down: what the vendor billed is what the ledger says."""

from decimal import Decimal

import pytest

from .parallel import Background
from .processes import wait_for
from .test_batches import kill_workers

MODEL = "loop-o-small"
MESSAGES = '[{"role": "user", "content": "Question %s of our customers?"}]'


class Trainings:
    """A world with an agent whose calls are well rated, and its books."""

    def __init__(self, world):
        self.world = world
        rpc = world.rpc()
        provider = world.providers[MODEL]
        [price] = rpc("ai.provider.price", "search", [("provider_id", "=", provider)])
        rpc("ai.provider.price", "write", [price], {"training_usd": 3.0007})
        rpc("res.company", "write", [1], {"ai_text_policy": "full"})
        [self.agent] = rpc("ai.agent", "create", [{"name": "Replies", "code": "replies"}])
        for number in range(14):
            world.database.rows(
                "INSERT INTO ai_token_usage (company_id, user_id, provider_id, agent_key,"
                " agent_type, task_type, kind, state, finish_reason, call_count, cost_usd,"
                " local_date, create_date, answer_text, messages, quality_score,"
                " feedback_count) VALUES"
                f" (1, 2, {provider}, {self.agent}, 'replies', 'chat', 'api', 'done', 'stop', 1, 0,"
                " CURRENT_DATE, now() AT TIME ZONE 'UTC', %s, %s::jsonb, 100, 1)",
                f"The answer to it is {number}, as we said before.",
                '{"messages": ' + MESSAGES % number + "}",
            )

    def make(self, **vals):
        """Choose, find and send; return the id of the job."""
        rpc = self.world.rpc()
        values = {
            "name": "Test",
            "agent_id": self.agent,
            "provider_id": self.world.providers[MODEL],
            "company_id": 1,
            **vals,
        }
        [job] = rpc("ai.tuning.job", "create", [values])
        rpc("ai.tuning.job", "action_collect", [job])
        rpc("ai.tuning.job", "action_send", [job])
        return job

    def run(self, at_once=2):
        """Run the scheduled action in so many processes at the same time."""
        calls = [lambda: self.world.rpc()("ai.brain.probe", "run_trainings")] * at_once
        for result in Background(calls).results():
            assert result is True, result

    def state(self, job):
        return self.world.database.text(f"SELECT state FROM ai_tuning_job WHERE id = {job}")

    def later(self):
        """As if the time had passed after which whoever works on a job counts as dead."""
        self.world.database.rows(
            "UPDATE ai_tuning_job SET lease_until = '2020-01-01', next_at = '2020-01-01',"
            " sent_at = sent_at - interval '1 hour'"
        )

    def check(self, jobs):
        """The books agree to the last digit, one row a job."""
        world, text = self.world, self.world.database.text
        rows = world.vendor.log(path="tuning")
        told = sum((Decimal(row["bill"]) for row in rows if row["told"]), Decimal(0))
        exact = "SELECT sum(cost_usd) FROM ai_token_usage WHERE kind = 'tuning' AND state = 'done'"
        assert Decimal(text(exact)) == told > 0
        assert text("SELECT count(*) FROM ai_token_usage WHERE kind = 'tuning'") == str(jobs)
        untold = sum((Decimal(row["bill"]) for row in rows if not row["told"]), Decimal(0))
        uncertain = (
            "SELECT COALESCE(sum(cost_usd), 0) FROM ai_token_usage"
            " WHERE kind = 'tuning' AND state = 'uncertain'"
        )
        assert Decimal(text(uncertain)) >= untold
        assert world.reservations() == (0, 0)
        differing = world.database.rows(
            "SELECT id FROM ai_cost_budget_period WHERE reserved != 0"
            " OR spent != (SELECT sum(cost_usd) FROM ai_token_usage)"
        )
        assert differing == []
        # what the vendor trains is never more than what was held
        assert text("SELECT count(*) FROM ai_tuning_job WHERE cost_usd > held_usd") == "0"


@pytest.fixture
def trainings(make_world):
    with make_world(workers=3) as world:
        world.rpc()(
            "ai.cost.budget",
            "create",
            {
                "name": "All",
                "company_id": 1,
                "currency_id": world.rpc()("res.currency", "search", [("name", "=", "USD")])[0],
                "budget_amount": 1000,
                "period_type": "total",
                "alert_thresholds": [],
            },
        )
        yield Trainings(world)


def test_every_end_is_billed_as_the_vendor_bills_it(trainings):
    vendor = trainings.world.vendor
    ends = (
        ("succeeded", {}),
        ("failed", {"tune_end": "failed", "tune_part": 37}),
        ("failed", {"tune_end": "invalid"}),
        ("cancelled", {"tune_end": "cancelled", "tune_part": 61}),
        ("succeeded", {"tune_silent": 1}),
    )
    for number, (state, told) in enumerate(ends):
        vendor.defaults(tune_delay=3600)
        job = trainings.make(epochs=number + 1, share=10 * (number % 2))
        trainings.run()
        assert trainings.state(job) == "sent"
        assert trainings.world.reservations()[0] == 1
        trainings.later()
        trainings.run()
        vendor.defaults(**told)
        trainings.later()
        trainings.run()
        assert trainings.state(job) == state
    vendor.defaults(tune_delay=3600)
    job = trainings.make()
    trainings.run()
    vendor.defaults(tune_gone=1)
    for _time in range(2):
        trainings.later()
        trainings.run()
    assert trainings.state(job) == "lost"
    trainings.check(len(ends) + 1)
    text = trainings.world.database.text
    assert text("SELECT count(*) FROM ai_service_provider WHERE model_name LIKE 'ft:%'") == "2"
    assert text("SELECT count(*) FROM ai_experiment WHERE state = 'draft'") == "2"


def test_a_server_killed_between_post_and_commit_finds_its_job(trainings):
    world, vendor = trainings.world, trainings.world.vendor
    vendor.defaults(tune_post="hang", tune_delay=3600)
    job = trainings.make(epochs=3)
    running = Background([lambda: world.rpc()("ai.brain.probe", "run_trainings")])
    vendor.wait("tune", 1)
    kill_workers(world)
    vendor.release("tune")
    running.results()
    assert trainings.state(job) == "sending"
    vendor.defaults(tune_delay=3600)
    trainings.run()  # whoever has it in hand may still live
    assert trainings.state(job) == "sending"
    trainings.later()
    trainings.run()
    assert trainings.state(job) == "sent"
    vendor.defaults()
    trainings.later()
    trainings.run()
    wait_for(lambda: trainings.state(job) == "succeeded")
    assert len(vendor.log(path="tuning")) == 1
    trainings.check(1)
