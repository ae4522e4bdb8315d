"""What one transaction cannot see of another: two of what there may be one of."""

import contextlib
import time

import psycopg2
import pytest

from ..harness import RpcError
from .parallel import Background, outcomes

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"


@pytest.fixture
def provider(world):
    """A provider of one's own, without a price."""
    values = {"name": "Raced", "model_name": "raced", "api_format": "sandbox"}
    return world.rpc()("ai.service.provider", "create", values)


@pytest.fixture
def experiments(world):
    """Eight drafts for one task."""
    rpc = world.rpc()
    arms = {
        "provider_a_id": world.providers["loop-o-small"],
        "provider_b_id": world.providers["loop-a-small"],
    }
    drafts = rpc("ai.experiment", "create", [{"name": f"Trial {n}", **arms} for n in range(8)])
    yield drafts
    running = rpc("ai.experiment", "search", [("state", "=", "running")])
    rpc("ai.experiment", "action_stop", running)


@contextlib.contextmanager
def another_transaction(world, query, *params):
    """Another person's statement, not yet committed; yields the connection."""
    settings = world.server.settings
    connection = psycopg2.connect(**settings.dsn(world.database.name))
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, params)
        yield connection
    finally:
        connection.close()


def until_it_waits(world, limit=30):
    deadline = time.monotonic() + limit
    while not world.database.rows(WAITS, world.database.name)[0][0]:
        assert time.monotonic() < deadline, "nobody waits for the other transaction"
        time.sleep(0.02)


def enter_price(world, provider, day):
    values = {"provider_id": provider, "valid_from": day, "input_usd": 3}
    rpc = world.rpc()
    return lambda: rpc("ai.provider.price", "create", values)


def refusals(results, words):
    """The refusals among results; each is one for a person, in these words."""
    refused = [result for result in results if isinstance(result, Exception)]
    for error in refused:
        assert isinstance(error, RpcError)
        assert error.name == "odoo.exceptions.ValidationError", error.debug
        assert words in error.text
    return refused


@pytest.mark.usefixtures("vendor")
@pytest.mark.parametrize("wins", [True, False])
def test_who_waits_for_another_price_is_refused_or_enters_it(world, provider, wins):
    insert = (
        "INSERT INTO ai_provider_price (provider_id, unit, valid_from, active, batch_factor)"
        " VALUES (%s, 'token', '2026-05-01', TRUE, 1)"
    )
    with another_transaction(world, insert, provider) as other:
        mine = Background([enter_price(world, provider, "2026-05-01")])
        until_it_waits(world)
        if wins:
            other.commit()
        else:
            other.rollback()
        results = mine.results()
    refused = refusals(results, "Raced already has a price from 2026-05-01. Change that one")
    assert len(refused) == wins
    query = "SELECT count(*) FROM ai_provider_price WHERE provider_id = %s"
    assert world.database.rows(query, provider) == [(1,)]


@pytest.mark.usefixtures("vendor")
def test_of_eight_who_enter_a_price_at_once_one_succeeds(world, provider):
    results = outcomes([enter_price(world, provider, "2026-05-01")] * 8, at_once=8)
    assert len(refusals(results, "Raced already has a price from 2026-05-01.")) == 7
    query = "SELECT count(*) FROM ai_provider_price WHERE provider_id = %s"
    assert world.database.rows(query, provider) == [(1,)]


@pytest.mark.usefixtures("vendor")
def test_a_price_is_not_moved_onto_one_that_another_person_is_entering(world, provider):
    price = enter_price(world, provider, "2026-04-01")()
    rpc = world.rpc()
    insert = (
        "INSERT INTO ai_provider_price (provider_id, unit, valid_from, active, batch_factor)"
        " VALUES (%s, 'token', '2026-05-01', TRUE, 1)"
    )
    with another_transaction(world, insert, provider) as other:
        move = {"valid_from": "2026-05-01"}
        mine = Background([lambda: rpc("ai.provider.price", "write", price, move)])
        until_it_waits(world)
        other.commit()
        (error,) = refusals(mine.results(), "already has a price from 2026-05-01.")
    assert error


@pytest.mark.usefixtures("vendor")
def test_of_eight_experiments_started_at_once_one_runs(world, experiments):
    rpc = world.rpc()
    starts = [
        lambda draft=draft: rpc("ai.experiment", "action_start", draft) for draft in experiments
    ]
    results = outcomes(starts, at_once=8)
    assert len(refusals(results, "Another experiment of this task is running. End it first.")) == 7
    states = world.database.rows(
        "SELECT state, count(*) FROM ai_experiment WHERE id = ANY(%s) GROUP BY 1 ORDER BY 1",
        experiments,
    )
    assert states == [("draft", 7), ("running", 1)]


@pytest.mark.usefixtures("vendor")
def test_who_waits_for_another_experiment_to_start_is_refused(world, experiments):
    rpc = world.rpc()
    first, second = experiments[:2]
    start = "UPDATE ai_experiment SET state = 'running' WHERE id = %s"
    with another_transaction(world, start, first) as other:
        mine = Background([lambda: rpc("ai.experiment", "action_start", second)])
        until_it_waits(world)
        other.commit()
        results = mine.results()
    assert refusals(results, "Another experiment of this task is running. End it first.")


@pytest.mark.usefixtures("vendor")
def test_of_four_trials_of_an_agent_started_at_once_one_runs(world):
    rpc = world.rpc()
    agent = rpc("ai.agent", "create", {"name": "Raced", "code": "raced"})
    one = {"agent_id": agent, "preset": "thrifty"}
    trials = rpc("ai.agent.trial", "create", [one] * 4)
    starts = [lambda trial=trial: rpc("ai.agent.trial", "action_start", trial) for trial in trials]
    results = outcomes(starts, at_once=4)
    refused = refusals(
        results, "Another trial of this agent is running. Stop it first, or wait for its end."
    )
    assert len(refused) == 3
    states = world.database.rows(
        "SELECT state, count(*) FROM ai_agent_trial WHERE id = ANY(%s) GROUP BY 1 ORDER BY 1",
        trials,
    )
    assert states == [("draft", 3), ("running", 1)]
    world.database.rows(
        "UPDATE ai_agent_trial SET date_end = now() - interval '1 day' RETURNING id"
    )
    for _time in range(2):
        rpc("ai.brain.probe", "run_cron", "ai_brain.ir_cron_agent_trials")
    (told,) = world.database.rows(
        "SELECT count(*) FROM mail_message WHERE model = 'ai.agent' AND res_id = %s"
        " AND message_type != 'user_notification' AND body LIKE '%%is over%%'",
        agent,
    )
    assert told == (1,)
