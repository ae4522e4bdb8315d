"""What the features leave at the generated company, made by their own code.

Keys, patterns, kept answers and a trial are there before the ledger, whose rows carry them; what
else there is comes from calls that are really made: of batches, of a training, of an experiment.
"""

from datetime import timedelta

from odoo import fields

from odoo.addons.ai_brain.engine.reuse import asked
from odoo.addons.ai_brain.tests.batch.common import BatchVendor
from odoo.addons.ai_brain.tests.common import answering, new_provider, on_one_cursor, reserve
from odoo.addons.ai_brain.tests.tuning.common import TuningVendor

KEYS = 3
PATTERNS = 5
ANSWERS = 6
#: Days ago that the trial began.
TRIED_DAYS = 25
#: Days whose calls have a benchmark each.
MEASURED_DAYS = 2


def before(made, days):
    """Make what the rows of the ledger carry; return it as arguments of ``generated_ledger.add``.

    :param made: ``generated.Made``
    :param int days: days of the ledger
    """
    return {
        "keys": make_keys(made).ids,
        "patterns": make_patterns(made).ids,
        "answers": keep_answers(made),
        "trial": (start_trial(made).id, days - 1 - TRIED_DAYS),
    }


def make_keys(made):
    """Return keys of the first people; the second of them is limited, too."""
    keys = made.env["ai.gateway.key"].create(
        [
            {"name": f"Script {n}", "user_id": person.id, "company_id": made.company.id}
            for n, person in enumerate(made.people[:KEYS])
        ]
    )
    for key in keys:
        key._issue__key()
    keys[1].month_usd = 900
    return keys


def make_patterns(made):
    values = {"company_id": made.company.id, "agent_ids": [(6, 0, made.agents.ids)]}
    return made.env["ai.answer.pattern"].create(
        [
            {"name": f"Pattern {n}", "triggers_en": f"hello {n}", "answers_en": "Hello!", **values}
            for n in range(PATTERNS)
        ]
    )


def keep_answers(made):
    """Keep some answers of each agent, as the calls that paid for them would; return their ids."""
    answers, found = made.env["ai.answer"], []
    for agent in made.agents:
        for n in range(ANSWERS):
            question = f"What does {agent.name} do in case {n}?"
            scope = asked.digest(["walked", agent.id])
            text = asked.text_hash(question)
            kept = answers._keep_sql(
                {
                    "company_id": made.company.id,
                    "agent_id": agent.id,
                    "user_id": made.people[n].id,
                    "provider_id": made.providers[n].id,
                    "model_name": made.providers[n].model_name,
                    "question": question,
                    "answer": f"It does {n}.",
                    "usage": {"input": 20, "output": 4},
                    "created_at": fields.Datetime.subtract(fields.Datetime.now(), days=120),
                    "hits": 0,
                    "saved_usd": 0,
                    "scope_hash": scope[0],
                    "scope_rest": scope[1],
                    "key_hash": text,
                    "text_hash": text,
                },
                None,
            )
            found += [row[0] for row in made.env.execute_query(kept)]
    return found


def start_trial(made):
    """Return a running trial of the last agent, which began some days ago."""
    trial = made.env["ai.agent.trial"].create(
        {
            "agent_id": made.agents[-1].id,
            "tries": "provider",
            "provider_id": made.providers[0].id,
            "split": "conversation",
        }
    )
    trial.action_start()
    trial._keep(date_start=fields.Datetime.subtract(fields.Datetime.now(), days=TRIED_DAYS))
    return trial


def after(case, made):
    """Make what calls leave besides their rows."""
    count_served(made)
    measure(made)
    with on_one_cursor():
        work_at_the_desk(made)
        small_talk(made)
        experiment(made)
        batches(case, made)
        training(case, made)
        in_progress(made)


def count_served(made):
    """Move the counters of kept answers, as each call does that one served."""
    made.env.cr.execute(
        "SELECT answer_key, saved_usd FROM ai_token_usage"
        " WHERE company_id = %s AND answer_key IS NOT NULL ORDER BY id",
        (made.company.id,),
    )
    for answer_id, saved in made.env.cr.fetchall():
        made.env.execute_query(made.env["ai.answer"]._served_sql(answer_id, saved))
    made.env["ai.answer"].invalidate_model()


def measure(made):
    """Write the benchmark of the last days' calls and its running sums, as each call does."""
    made.env.cr.execute(
        """
        SELECT company_id, user_id, provider_id, task_type, context_size_tokens AS input_tokens,
               COALESCE(output_tokens, 0) + COALESCE(reasoning_tokens, 0) AS output_tokens,
               cost_usd, latency_ms AS response_time_ms, error_code IS NOT NULL AS error_occurred,
               create_date AS timestamp, id AS token_usage_id,
               CASE WHEN feedback_count > 0 THEN quality_score END AS quality_score
          FROM ai_token_usage
         WHERE company_id = %s AND local_date >= %s AND kind IN ('api', 'summary')
           AND correction_of_id IS NULL AND state <> 'failed'
        """,
        (made.company.id, made.today - timedelta(days=MEASURED_DAYS - 1)),
    )
    for row in made.env.cr.dictfetchall():
        made.env["ai.provider.benchmark"]._append(row)


def ask(made, person, text, provider, **environment):
    """Make a call; return its row."""
    service = made.env["ai.service"].with_user(person)
    service = service.with_context(allowed_company_ids=made.company.ids)
    result = service.send_message(text, config=provider.id, environment=environment)
    return made.env["ai.token.usage"].browse(result["token_usage_id"]).with_user(person)


def work_at_the_desk(made):
    """An agent whose answers are rated, kept, reviewed, and now and then a pattern's."""
    made.env["ai.agent"].create(
        {
            "name": "Desk",
            "code": "desk",
            "company_id": made.company.id,
            "review_share": 100,
            "reuse": "exact",
            "reuse_check_share": 0,
        }
    )
    for n in range(24):
        person, provider = made.people[n % 8], made.providers[n % 3]
        question = f"What is written in paragraph {n} of the contract?"
        row = ask(made, person, question, provider, agent_type="desk", module="sale")
        row.action_rate("down" if n % 6 == 0 else 70 + n)
        if n % 4 == 0:
            again = ask(made, person, question, provider, agent_type="desk", module="sale")
            if n % 8 == 0:
                again.action_not_what_i_asked()
    made.env["ai.cost.rollup"]._roll_up()  # draws answers for review
    second = made.managers[1]
    for reviewer, verdicts in ((made.manager, "rrwrrrwrrr"), (second, "rwrrr")):
        reviews = made.env["ai.answer.review"].with_user(reviewer)
        reviews = reviews.with_context(allowed_company_ids=made.company.ids)
        for verdict in verdicts:
            item = reviews.get_review()["item"]
            reviews.judge(item["kind"], item["id"], "right" if verdict == "r" else "wrong")


def small_talk(made):
    """Short messages that many people send, and that no pattern answers."""
    for text in ("Many thanks for that", "See you then", "All is well here", "One moment please"):
        for person in made.people[: 6 + len(text) % 3]:
            ask(made, person, text, made.providers[len(text) % 3])


def experiment(made):
    """Two models side by side until today: everybody asks, most of the answers are rated."""
    one = made.env["ai.experiment"].create(
        {
            "name": "Is the small one good enough?",
            "company_id": made.company.id,
            "provider_a_id": made.providers[4].id,
            "provider_b_id": made.providers[5].id,
        }
    )
    one.action_start()
    for n in range(72):
        person = made.people[n % len(made.people)]
        text = f"Summarise order {n} in {1 + n % 7} sentences."
        row = ask(made, person, text, made.providers[4], module="stock")
        if n % 5:
            row.action_rate(60 + n % 23)
    one.action_stop()


def batches(case, made):
    """Two batches that were answered, one that is at the vendor, and requests that wait."""
    vendor = BatchVendor()
    case.addCleanup(vendor.close)
    price = {"input_usd": 1.0, "output_usd": 2.0, "batch_factor": 0.5, "valid_from": "2020-01-01"}
    provider = new_provider(
        made.env, "Batches", price, model_name="batched", api_format="anthropic",
        base_url=vendor.url, batch_service="yes", company_id=made.company.id,
    )  # fmt: skip
    service = made.env["ai.service"].with_user(made.manager)
    service = service.with_context(allowed_company_ids=made.company.ids)

    def submit(*texts):
        for text in texts:
            service.submit(text, config=provider.id)

    def send():
        _set(made, "ai_batch_request", "send_at = '2020-01-01', not_before = NULL")
        made.env["ai.batch"]._cron_send()

    def poll():
        _set(made, "ai_batch", "next_at = '2020-01-01', lease_until = NULL")
        made.env["ai.batch"]._cron_poll()

    for words in ("one two three four", "five six seven"):
        submit(*(f"What is {word}?" for word in words.split()))
        send()
        poll()
    vendor.running = True
    submit("What is eight?", "What is nine?")
    send()
    poll()
    submit("What is ten?", "What is eleven, and what would be twelve?")
    made.env.invalidate_all()


def training(case, made):
    """A model that was tuned on an agent's well-rated answers, and has answered since."""
    vendor = TuningVendor()
    case.addCleanup(vendor.close)
    price = {"input_usd": 1.0, "output_usd": 2.0, "valid_from": "2020-01-01"}
    base = new_provider(
        made.env, "Base", {**price, "training_usd": 3.0, "training_source": "The vendor's page"},
        base_url=vendor.url, model_name="gpt-4o-mini-2024-07-18", company_id=made.company.id,
    )  # fmt: skip
    agent = made.env["ai.agent"].create(
        {"name": "Replies", "code": "replies", "company_id": made.company.id, "keep_text": "full"}
    )
    jobs = made.env["ai.tuning.job"].with_user(made.manager)
    jobs = jobs.with_context(allowed_company_ids=made.company.ids)
    with answering(made.env, lambda request: f"Answer to {request.messages[-1]['content']}"):
        for n in range(16):
            row = ask(made, made.people[n % 6], f"Question {n}?", base, agent_type="replies")
            row.action_rate(95 if n % 4 else 40)
        job = jobs.create(
            {
                "name": "Walked",
                "company_id": made.company.id,
                "agent_id": agent.id,
                "provider_id": base.id,
                "epochs": 2,
                "share": 10,
            }
        )
        job.action_collect()
    job.action_send()
    for _time in range(3):
        _set(made, "ai_tuning_job", "next_at = '2020-01-01', lease_until = NULL")
        made.env["ai.tuning.job"]._cron_tune()
        made.env.invalidate_all()
    tuned = job.tuned_provider_id.sudo()
    tuned.active = True
    tuned.price_ids.unlink()
    made.env["ai.provider.price"].create({**price, "input_usd": 0.4, "provider_id": tuned.id})
    with answering(made.env, lambda request: "As you like."):
        for n in range(3):
            ask(made, made.people[n], f"Question {20 + n}?", tuned, agent_type="replies")


def in_progress(made):
    """Calls that hold the most that they can cost, and have no answer yet."""
    for n in range(4):
        service = made.env["ai.service"].with_user(made.people[n])
        service = service.with_context(allowed_company_ids=made.company.ids)
        reserve(service, f"How many are {n} and {n}?", made.providers[n])


def _set(made, table, values):
    """Have scheduled actions find that the time of a company's rows has come."""
    made.env.flush_all()
    made.env.cr.execute(f"UPDATE {table} SET {values} WHERE company_id = %s", (made.company.id,))
    made.env.invalidate_all()
