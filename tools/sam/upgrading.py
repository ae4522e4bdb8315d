"""Upgrades: of today's addons over themselves, and from the edition before them.

A database that an owner filled loses nothing: no row, no column, no external id, no change of
his own, no translation. What an upgrade may change is declared here, each with its reason.
"""

from . import contents, workbench
from .odoo_log import complaints, test_run

RENAMED = {
    ("ai_token_analytics", "recommendations"): "kept_recommendations",
    ("ai_cost_optimizer", "alternatives"): "others",
}
CHANGED = {
    ("ai_experiment", "state"): "of two that ran for one task the older one is ended",
    ("ai_experiment", "date_end"): "as its state",
    ("ai_cost_alert", "message"): "the same text, now one for each language",
    ("mail_template", "body_html"): "two lines of a budget's alert come from the alert itself",
    ("ai_service_provider", "quality_source"): "a quality by price tier has no source any more",
    ("ai_provider_stats", "since"): "the day of the first call, not of its sums",
}
# sums of the ledger are no data of their own: where a measure changed they are rolled up anew
REBUILT = ("ai_cost_rollup", "ai_cost_rollup_mark", "ai_cost_rollup_record")
LOST_COLUMNS = {}  # (table, column) -> reason
LOST_IDS = {
    "ai_brain.field_ai_cost_budget__message_has_sms_error": "a field of sms's, which an upgrade "
    "loads after ai_brain: Odoo then no longer counts it as ours",
}
# what the owner left (tests/upgrade/owner.py): without any of it nothing would be tried
FILLED = (
    *("ai_call_answer", "ai_conversation_message", "ai_cost_alert", "ai_cost_budget_period"),
    *("ai_cost_optimizer", "ai_cost_reservation", "ai_cost_rollup", "ai_experiment"),
    *("ai_provider_price", "ai_token_analytics", "ai_token_usage", "ai_usage_rating"),
    *("ir_cron", "ir_rule", "mail_template", "res_company", "res_groups_users_rel"),
)
# what the log must say of what was resolved: (times, words)
RESOLVED = (
    (2, "is archived: price"),
    (1, "is ended: experiment"),
    (1, "providers had a quality by price tier"),
)
STANDS = {
    "SELECT provider_id, unit, valid_from FROM ai_provider_price WHERE active"
    " GROUP BY 1, 2, 3 HAVING count(*) > 1": [],
    "SELECT source FROM ai_provider_price WHERE NOT active ORDER BY id": [
        ["contract"],
        ["entered at the same time"],
    ],
    # the demo's own one was done before
    "SELECT state, count(*) FROM ai_experiment GROUP BY 1 ORDER BY 1": [
        ["done", 2],
        ["running", 1],
    ],
    "SELECT name FROM ai_experiment WHERE state = 'running'": [["Newer"]],
    "SELECT message ->> 'en_US' FROM ai_cost_alert WHERE key = 'owner'": [
        ["The price of “Ours” changes."]
    ],
    "SELECT count(*) FROM ir_model_data WHERE name = 'ir_cron_cost_alerts'": [[1]],
    # in every language: the alert's own sentences, and no more the end of the month
    "SELECT count(*) FROM mail_template t, jsonb_each_text(t.body_html) body"
    " WHERE t.id = (SELECT res_id FROM ir_model_data WHERE module = 'ai_brain'"
    " AND name = 'mail_template_budget_alert') AND (body.value ~ 'forecast_monthly'"
    " OR body.value !~ 'ai_forecast' OR body.value !~ '<li t-out=.ctx.get..ai_resets')": [[0]],
    "SELECT count(*) FROM ai_cost_budget_period WHERE subject IS DISTINCT FROM ''": [[0]],
    "SELECT count(*) FROM ai_provider_stats s WHERE since > (SELECT min(timestamp)::date"
    " FROM ai_provider_benchmark b WHERE b.company_id = s.company_id"
    " AND b.provider_id = s.provider_id AND b.task_type = s.task_type"
    " AND coalesce(b.task_complexity, 'unknown') = s.task_complexity)": [[0]],
    "SELECT name, quality_score, quality_source, is_quality_given FROM ai_service_provider"
    " WHERE name LIKE 'Quality%' OR name = 'Ours' ORDER BY name": [
        ["Ours", 80.0, None, False],
        ["Quality by tier", 70.0, None, False],
        ["Quality stated", 91.0, None, True],
        ["Quality tried", 80.0, "own trial", True],
    ],
}


def run(bench, chosen, options, outcome, logs):
    """The part of `./sam test`."""
    over_itself(bench, outcome, logs)
    from_the_old_edition(bench, outcome, logs)


def over_itself(bench, outcome, logs):
    """Install with demo data, then upgrade over it: nothing to complain of, nothing changed."""
    odoo = bench.odoo
    database = bench.database("upgrade", template=workbench.BASE_DEMO)
    config = bench.configure(database)
    modules = ",".join(odoo.modules)
    states = []
    for flag, title in (("-i", "installing with demo data"), ("-u", "upgrading over that data")):
        arguments = (flag, modules, *workbench.QUIET)
        code, lines = odoo.run(
            config, title, logs / f"upgrade{flag}.log", *arguments, timeout_s=900
        )
        _check(outcome, title, _log_problems(code, lines))
        if code:
            return
        states.append(bench.contents(database))
    before, after = states
    if [list(row) for row in before["ir_module_module"]] != [
        [n, True] for n in sorted(odoo.modules)
    ]:
        outcome.fail(f"Not installed with demo data: {modules}; {before['ir_module_module']}")
    if not before.get("ai_token_usage", [0])[0]:
        outcome.fail("The demo data holds no calls: the upgrade was not tried over any data.")
    changed = {table for table in before | after if before.get(table) != after.get(table)}
    problems = [f"{t} {before.get(t)} -> {after.get(t)}" for t in sorted(changed)]
    _check(outcome, "The upgrade changed data", problems)
    bench.server.drop(database)


def from_the_old_edition(bench, outcome, logs):
    """Upgrade what an owner did with the edition before this one, twice."""
    filled = bench.filled_template(logs)
    before = contents.read(bench.server, filled, without=CHANGED)
    _check(outcome, "Nothing was left in", [t for t in FILLED if not before.rows.get(t)])
    speaks = {german for _english, german in before.german.values()}
    _check(outcome, "The old edition spoke no German", {"Unsere KI", "Anbieter"} - speaks)
    upgraded = bench.upgraded_template(logs)
    lines = bench.upgrade_lines
    _check(outcome, "The upgrade from the edition before complains", _log_problems(0, lines))
    _check_losses(
        outcome,
        before,
        contents.read(bench.server, upgraded, like=before, renamed=RENAMED, without=CHANGED),
    )
    answers = bench.server.run(*STANDS, database=upgraded)
    for (query, expected), answer in zip(STANDS.items(), answers):
        _check(outcome, query, [] if answer == expected else [f"{answer}, not {expected}"])
    silent = [words for times, words in RESOLVED if sum(words in line for line in lines) != times]
    _check(outcome, "The log does not say what was resolved", silent)
    access_tests(bench, outcome, logs, upgraded)
    _upgrade_again(bench, outcome, logs, upgraded)


def access_tests(bench, outcome, logs, upgraded):
    """Run in the upgraded database the tests of who may do what, which are tagged `upgraded`:
    rules and scheduled actions are not written again by an upgrade, so a new one shows nothing."""
    database = bench.database("upgraded_access", template=upgraded)
    code, lines = bench.odoo.run(
        bench.configure(database),
        "access tests in the upgraded database",
        logs / "upgraded-access.log",
        *("--test-tags", "upgraded", *workbench.QUIET),
        timeout_s=300,
    )
    found = test_run(lines)
    outcome.passed += found.passed
    outcome.skipped += len(found.skipped)
    for text in found.failed.values():
        outcome.fail(text)
    if (code and not found.failed) or not found.started:
        outcome.fail(f"Odoo ended with exit code {code}, {len(found.started)} tests ran.")
    bench.server.drop(database)


def _check_losses(outcome, before, after):
    """What was there is there, and is what it was."""
    _check(outcome, "Columns are gone", sorted(after.missing - LOST_COLUMNS.keys()))
    changed = contents.changed_rows(before, after)
    changed = [one for one in changed if one.split(":")[0] not in REBUILT]
    _check(outcome, "Rows are not what they were", changed)
    lost = {
        name: (target, after.ids.get(name))
        for name, target in before.ids.items()
        if after.ids.get(name) != target and name not in LOST_IDS
    }
    _check(outcome, "External ids are gone, or name another record", sorted(lost.items()))
    german = contents.changed_german(before, after, without=LOST_IDS)
    _check(outcome, "German was lost", german)


def _upgrade_again(bench, outcome, logs, upgraded):
    """A second upgrade finds nothing to do."""
    database = bench.database("upgraded_twice", template=upgraded)
    before = contents.read(bench.server, database)
    code, lines = bench.odoo.run(
        bench.configure(database),
        "upgrading once more",
        logs / "upgraded-twice.log",
        *("-u", ",".join(bench.odoo.modules), *workbench.QUIET),
        timeout_s=900,
    )
    _check(outcome, "The second upgrade complains", _log_problems(code, lines))
    after = contents.read(bench.server, database)
    different = [
        f"{part}: {len(was)} then, {len(now)} now"
        for part in ("tables", "rows", "ids", "german")
        if (was := getattr(before, part)) != (now := getattr(after, part))
    ]
    found = contents.changed_rows(before, after) or different
    _check(outcome, "The second upgrade changed something", found)
    bench.server.drop(database)


def _log_problems(code, lines):
    found = complaints(lines)
    problems = [f"{record.level} {record.logger}: {record.text}" for record in found]
    return ([f"exit code {code}"] if code else []) + problems


def _check(outcome, title, problems):
    """One check: passed without problems, else one failure that names the first of them."""
    if not problems:
        outcome.passed += 1
        return
    texts = "\n".join(f"  {problem}" for problem in problems[:20])
    outcome.fail(f"{title} ({len(problems)}):\n{texts}")
