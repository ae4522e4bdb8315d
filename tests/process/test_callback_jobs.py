"""Callbacks as jobs of OCA's real queue_job, whose runner works in the same server."""

import sys
from pathlib import Path

import pytest
from sam.environment import install_into
from sam.paths import cache_dir

from .processes import wait_for
from .test_batches import Batches

# the last that runs on every Odoo 18.0: later ones want api.private
PACKAGE = "odoo-addon-queue-job==18.0.1.3.0.1"


@pytest.fixture(scope="session")
def queue_addons():
    """The folder that holds the addon, as its wheel lays it: without Odoo beside it."""
    folder = cache_dir() / "addons" / PACKAGE.replace("==", "-")
    addons = folder / "odoo" / "addons"
    if not (addons / "queue_job" / "__manifest__.py").exists():
        install_into(folder, PACKAGE, Path(sys.executable))
    return addons


@pytest.fixture
def batches(make_world, stage, queue_addons):
    own = stage.settings.write(stage.folder / "paths.conf", "none", 1).read_text(encoding="utf-8")
    (paths,) = (line.partition("=")[2] for line in own.splitlines() if "addons_path" in line)
    world = make_world(
        addons_path=f"{paths.strip()},{queue_addons}", server_wide_modules="base,web,queue_job"
    )
    world.server.run("-i", "queue_job", "--stop-after-init", "--no-http")
    with world:
        world.rpc()("res.company", "write", [1], {"ai_callback_jobs": True})
        yield Batches(world)


def test_callbacks_run_as_jobs_once_each(batches):
    world = batches.world
    ids = batches.submit(9)
    batches.run("send", "poll", "call_back")
    # two schedulers have made one job of each
    jobs = world.database.rows("SELECT identity_key FROM queue_job")
    assert sorted(jobs) == sorted((f"ai_brain.callback.{number}",) for number in ids)
    wait_for(lambda: not batches.open(), limit=90)
    states = "SELECT DISTINCT state FROM queue_job"  # a job ends after its callback
    wait_for(lambda: world.database.rows(states) == [("done",)])
    called = world.database.rows(
        "SELECT split_part(name, ' ', 2)::int, create_uid FROM ai_brain_probe"
        " WHERE name ~ ' [0-9]+$'"
    )
    admin = int(world.database.text("SELECT id FROM res_users WHERE login = 'admin'"))
    assert sorted(called) == [(number, admin) for number in ids]


def test_what_another_scheduler_has_in_hand_becomes_its_job_and_is_not_run_beside_it(batches):
    world = batches.world
    (number,) = batches.submit(1)
    batches.run("send", "poll")
    with world.database.connection() as other, other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT FROM ai_batch_request FOR UPDATE")
        batches.run("call_back")
        assert world.database.rows("SELECT 1 FROM queue_job") == []
        assert batches.open() == 1
    batches.run("call_back")
    made = world.database.rows("SELECT identity_key FROM queue_job")
    assert made == [(f"ai_brain.callback.{number}",)]


def test_a_job_that_was_cancelled_is_made_anew_and_one_that_waits_is_not_doubled(batches):
    world = batches.world
    world.database.rows("UPDATE queue_job_channel SET removal_interval = 30")
    ids = batches.submit(2)
    batches.run("send", "poll")
    # nobody works on the queue: its jobs are due in a day
    world.database.rows(
        "CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.eta := now() + interval '1 day'; RETURN NEW; END $$"
    )
    world.database.rows(
        "CREATE TRIGGER later BEFORE INSERT ON queue_job FOR EACH ROW EXECUTE FUNCTION later()"
    )
    batches.run("call_back")
    world.database.rows(
        "UPDATE queue_job SET state = 'cancelled' WHERE identity_key = %s",
        f"ai_brain.callback.{ids[0]}",
    )
    world.database.rows("UPDATE ai_batch_request SET callback_at = '2020-01-01'")
    batches.run("call_back")
    made = dict(world.database.rows("SELECT identity_key, count(*) FROM queue_job GROUP BY 1"))
    assert made == {f"ai_brain.callback.{ids[0]}": 2, f"ai_brain.callback.{ids[1]}": 1}
    # switched off, the scheduled action runs what is left
    world.rpc()("res.company", "write", [1], {"ai_callback_jobs": False})
    world.database.rows("UPDATE ai_batch_request SET callback_at = '2020-01-01'")
    batches.run("call_back")
    assert not batches.open()
