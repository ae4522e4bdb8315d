"""Benchmarks, running sums, recommendations, ratings and waste, over real transactions."""

import pytest

from ..harness import RpcError
from ..vendor.faults import marker
from .parallel import outcomes

SUMS = """
    SELECT provider_id, coalesce(task_complexity, 'unknown'), count(*),
           count(*) FILTER (WHERE error_occurred),
           coalesce(sum(output_tokens) FILTER (WHERE NOT error_occurred), 0),
           count(*) FILTER (WHERE is_rated)
      FROM ai_provider_benchmark GROUP BY 1, 2 ORDER BY 1, 2
"""
STATS = """
    SELECT provider_id, task_complexity, sum(calls), sum(errors), sum(output_sum), sum(rated)
      FROM ai_provider_stats GROUP BY 1, 2 ORDER BY 1, 2
"""


@pytest.mark.parametrize("workers", [0, 2], ids=["threaded", "prefork"])
def test_running_sums_equal_the_rows_when_calls_come_at_once(make_world, workers):
    with make_world(workers=workers) as world:
        rpc = world.rpc()
        providers = [world.providers["loop-o-small"], world.providers["loop-a-small"]]
        rpc("ai.service.provider", "write", providers, {"enable_cost_optimization": True})
        calls = [
            lambda n=n: rpc.send(f"letter {n} " + marker(id=f"e{n}"), providers[n % 2])
            for n in range(40)
        ]
        calls += [
            lambda n=n: rpc.send(f"broken {n} " + marker(id=f"f{n}", fault="400"), providers[n % 2])
            for n in range(6)
        ]
        done = [r for r in outcomes(calls, at_once=10) if not isinstance(r, Exception)]
        assert len(done) == 40
        rows = [tuple(map(float, row[2:])) for row in world.database.rows(SUMS)]
        stats = [tuple(map(float, row[2:])) for row in world.database.rows(STATS)]
        assert rows == stats
        assert sum(row[0] for row in rows) == world.ledger()[0]
        assert world.database.text("SELECT count(*) FROM ai_cost_optimizer WHERE is_used") == str(
            world.ledger()[0]
        )
        ids = [result["token_usage_id"] for result in done]
        ratings = [lambda i=i: rpc("ai.token.usage", "action_rate", [i], "up") for i in ids]
        ratings += [lambda i=i: rpc("ai.token.usage", "action_rate", [i], 40) for i in ids]
        outcomes(ratings, at_once=10)
        assert world.database.rows("SELECT sum(feedback_count) FROM ai_token_usage") == [(40,)]
        assert world.database.rows("SELECT sum(rated) FROM ai_provider_stats") == [(40,)]
        total = world.database.rows("SELECT sum(rating_sum) FROM ai_provider_stats")[0][0]
        kept = world.database.rows("SELECT sum(score) FROM ai_usage_rating")[0][0]
        assert total == kept


def test_evidence_survives_the_callers_rollback(world):
    provider = world.providers["loop-g-small"]
    with pytest.raises(RpcError):
        world.rpc()("ai.brain.probe", "send_then_raise", "raise", provider)
    found = world.database.text(
        "SELECT count(*) FROM ai_provider_benchmark WHERE provider_id = %s", provider
    )
    assert found == "1"


def test_the_waste_report_is_on_the_row_that_settles(world):
    """One INSERT writes the row with its report: no update, so no dead row is left behind."""
    provider = world.providers["loop-g-small"]  # the cheapest: the model is not wrong
    rpc = world.rpc()
    rpc("ai.service.provider", "write", [provider], {"enable_waste_detection": True})
    first = rpc.send("Which hinges fit the oak door?", provider)
    again = rpc.send("Which hinges fit the oak door?", provider)
    assert first["waste_report"]["findings"] == []
    assert [f["type"] for f in again["waste_report"]["findings"]] == ["duplicate_query"]
    row = "SELECT waste_detected, waste_reason, xmax::text FROM ai_token_usage WHERE id = %s"
    assert world.database.rows(row, first["token_usage_id"]) == [(None, None, "0")]
    assert world.database.rows(row, again["token_usage_id"]) == [(True, "duplicate_query", "0")]
    report = rpc("ai.token.analytics", "analyze_waste", again["token_usage_id"])
    assert report == again["waste_report"]
    assert world.database.rows(row, again["token_usage_id"]) == [(True, "duplicate_query", "0")]


def test_a_table_that_somebody_locked_delays_no_call(world):
    """Evidence waits a quarter of a second for a lock and is then given up; the call is not."""
    provider = world.providers["loop-o-small"]
    with world.database.connection() as connection:
        connection.autocommit = False
        with connection.cursor() as cr:
            cr.execute("LOCK TABLE ai_provider_stats IN ACCESS EXCLUSIVE MODE")
            cr.execute("LOCK TABLE ai_provider_benchmark IN ACCESS EXCLUSIVE MODE")
            before = world.ledger()[0]
            answer = world.rpc().send("locked out", provider)
        connection.rollback()
    assert answer["content"]
    assert world.ledger()[0] == before + 1


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("options", "errors"), [({"max_latency_ms": 1}, 0), ({}, 1)], ids=["hurried", "in its own time"]
)
def test_a_time_that_its_caller_cut_short_is_no_error_of_the_provider(
    world, streamed, options, errors
):
    provider = world.providers["loop-o-small"]
    rpc = world.rpc()
    rpc("ai.service.provider", "write", [provider], {"timeout_s": 2})
    before = _errors(world, provider)
    call = ("ai.brain.probe", "stream") if streamed else ("ai.service", "send_message")
    with pytest.raises(RpcError, match="may have been billed"):
        rpc(*call, f"late {streamed} {errors} " + marker(delay=3), provider, **options)
    assert _errors(world, provider) - before == errors
    ((state, cost),) = world.database.rows(
        "SELECT state, cost_usd > 0 FROM ai_token_usage ORDER BY id DESC LIMIT 1"
    )
    assert (state, cost) == ("uncertain", True)


def _errors(world, provider):
    return world.database.rows(
        "SELECT coalesce(sum(errors), 0)::int FROM ai_provider_stats WHERE provider_id = %s",
        provider,
    )[0][0]
