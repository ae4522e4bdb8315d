"""What an owner did with the edition before this one, before he upgrades. Runs in its Odoo shell.

Called by `Workbench.filled_template`. It may use nothing that only the current edition has, and it
holds for every series of Odoo.
"""

# ruff: noqa: F821  env is the shell's

from odoo import fields

admin = env.ref("base.user_admin")
company = env.ref("base.main_company")
us = env(user=admin.id, context={"allowed_company_ids": company.ids, "lang": "en_US"})
today = company._ai_local_date()

# -- changed records that came with the addons -------------------------------------------------
env.ref("ai_brain.ir_cron_retention").write(
    {"interval_number": 3, "interval_type": "weeks", "active": False}
)
env.ref("ai_brain.ir_cron_budget_alerts").write({"interval_number": 45, "priority": 9})
env.ref(
    "ai_brain.rule_usage_own"
).domain_force = "['|', ('user_id', '=', user.id), ('agent_type', '=', 'shared_agent')]"
template = env.ref("ai_brain.mail_template_budget_alert")
template.subject = "Careful: {{ object.name }}"
template.with_context(lang="de_DE").subject = "Vorsicht: {{ object.name }}"
menu = env.ref("ai_sam_cost_dashboard.menu_root")
menu.with_context(lang="de_DE").name = "Unsere KI"

# -- settings ----------------------------------------------------------------------------------
company.write(
    {
        "ai_timezone": "Europe/Berlin",
        "ai_text_policy": "full",
        "ai_text_retention_days": 30,
        "ai_unpriced_policy": "ceiling",
        "ai_ceiling_usd": 12.5,
        "ai_quality_low": 55.0,
        "ai_quality_medium": 70.0,
        "ai_quality_high": 88.0,
    }
)
manager_group = env.ref("ai_brain.group_ai_manager")
users = "user_ids" if "user_ids" in manager_group._fields else "users"
manager_group.write({users: [(4, env.ref("base.user_demo").id)]})

# -- providers and prices ----------------------------------------------------------------------
providers = us["ai.service.provider"]


def new_provider(name, **values):
    price = {"valid_from": "2020-01-01", "input_usd": 2.0, "output_usd": 6.0, "source": "contract"}
    return providers.create(
        {
            "name": name,
            "model_name": "our-model",
            "api_format": "sandbox",
            "company_id": company.id,
            "price_ids": [(0, 0, price)],
            **values,
        }
    )


ours, spare, closed = (new_provider(name) for name in ("Ours", "Spare", "Closed"))
closed.active = False
new_provider("Quality stated", quality_score=91.0)
new_provider("Quality tried", quality_source="own trial")
new_provider("Quality by tier", quality_score=70.0, quality_source="tier default")
us["ai.provider.price"].create(
    {
        "provider_id": spare.id,
        "valid_from": fields.Date.add(today, days=30),
        "input_usd": 1.25,
        "cache_read_usd": 0.0,
        "cache_read_priced": True,
        "source": "entered by hand",
        "tier_ids": [(0, 0, {"above_tokens": 100_000, "input_usd": 2.5})],
    }
)
first = ours.price_ids
second = first.copy({"valid_from": "2021-01-01", "input_usd": 3.0})

# -- a budget, calls with and without a key, a rating, a chat ----------------------------------
budget = us["ai.cost.budget"].create(
    {
        "name": "Our own limit",
        "company_id": company.id,
        "owner_id": admin.id,
        "currency_id": env.ref("base.USD").id,
        "provider_id": ours.id,
        "budget_amount": 5,
    }
)
env.cr.commit()  # a call has a connection of its own,
service = us["ai.service"]
answers = [
    service.send_message(f"What did we sell in week {week}?", config=ours.id) for week in (1, 2)
]
answers.append(service.send_message("Once only", config=ours.id, idempotency_key="owner-1"))
env.cr.commit()  # and what it wrote is seen from now on
# the ledger now has calls billed at the second price: it is the one in effect
rows = us["ai.token.usage"].browse([answer["token_usage_id"] for answer in answers])
assert rows.price_id == second, rows.price_id
rows[0].action_rate("up")
rows[1].action_rate("down")
chat = us["ai.conversation"].create({"name": "Costs of May", "provider_id": ours.id})
env.cr.commit()
assert list(chat.stream_answer("What did May cost?"))[-1]["type"] == "end"
env.cr.commit()

# -- experiments, an alert, sums, analyses -----------------------------------------------------
arms = {"company_id": company.id, "provider_a_id": ours.id, "provider_b_id": spare.id}
older, newer = (us["ai.experiment"].create({"name": n, **arms}) for n in ("Older", "Newer"))
newer.action_start()
env["ai.cost.budget"]._tell_managers(
    company, "price", today, "owner", "The price of “Ours” changes.", "info"
)
env["ai.cost.rollup"]._cron_roll_up()
env["ai.token.analytics"]._analyze_company(company)
env.cr.commit()

# -- what only two people at once, a dead worker or an edition of the first days leaves --------
env.cr.execute(
    """
    UPDATE ai_experiment SET state = 'running', date_start = now() AT TIME ZONE 'UTC'
     WHERE id = %(older)s;
    UPDATE ai_provider_price SET valid_from = '2020-01-01' WHERE id = %(second)s;
    INSERT INTO ai_provider_price (provider_id, unit, valid_from, input_usd, output_usd,
                                   input_priced, output_priced, batch_factor, source)
    VALUES (%(spare)s, 'token', '2020-01-01', 4, 12, TRUE, TRUE, 1, 'entered at the same time');
    INSERT INTO ai_cost_reservation (company_id, user_id, provider_id, price_id, amount_usd, sent,
                                     expires_at, local_date, create_date)
    SELECT %(company)s, %(user)s, provider_id, id, 0.25, TRUE, now() + interval '1 year',
           current_date, now()
      FROM ai_provider_price WHERE source = 'entered at the same time';
    ALTER TABLE ai_token_analytics RENAME kept_recommendations TO recommendations;
    ALTER TABLE ai_cost_optimizer RENAME others TO alternatives;
    """,
    {
        "older": older.id,
        "second": second.id,
        "spare": spare.id,
        "company": company.id,
        "user": admin.id,
    },
)
env.cr.commit()
