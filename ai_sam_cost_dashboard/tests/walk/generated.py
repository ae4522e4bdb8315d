"""A company of 100,000 calls: in EUR at three rates, in Tokyo, where days end at 15:00 in UTC."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytz

from odoo.tests import new_test_user

from odoo.addons.ai_brain.tests import generated_ledger
from odoo.addons.ai_brain.tests.common import new_provider

from . import features

CALLS = 100_000
DAYS = 100
PEOPLE = 12
MODELS = 6
CUSTOMERS = 40
#: Days ago: what 1 USD was from then on.
RATES = ((400, "0.95"), (45, "0.9137"), (9, "0.8719"))


class Made(NamedTuple):
    """A company with its people, and what their calls are about."""

    env: Any
    company: Any
    managers: Any
    people: Any
    providers: Any
    agents: Any
    today: Any

    @property
    def manager(self):
        return self.managers[0]


def make_company(case, env):
    """Return :class:`Made` with all that its pages are about."""
    company = env["res.company"].create(
        {
            "name": "Walked KK",
            "currency_id": env.ref("base.EUR").id,
            "ai_timezone": "Asia/Tokyo",
            "email": "ai@example.com",
            "ai_text_policy": "full",
        }
    )
    today = company._ai_local_date()
    quote(env, company, today)
    inside = {"company_id": company.id, "company_ids": [(6, 0, company.ids)]}
    groups = "base.group_user,base.group_allow_export,ai_brain.group_ai_manager"
    managers = new_test_user(env, "walking_manager", groups, email="w@example.com", **inside)
    managers |= new_test_user(env, "second_manager", groups, **inside)
    people = (
        env["res.users"]
        .with_context(no_reset_password=True, tracking_disable=True)
        .create([{"name": f"Walker {n}", "login": f"walker_{n}", **inside} for n in range(PEOPLE)])
    )
    providers = make_providers(env, company, today)
    agents = env["ai.agent"].create(
        [
            {"name": f"Agent {n}", "code": f"agent_{n}", "company_id": company.id,
             "holdout_share": 10 if n == 1 else 0}
            for n in range(generated_ledger.AGENTS - 1)
        ]
    )  # fmt: skip
    made = Made(env, company, managers, people, providers, agents, today)
    carried = features.before(made, DAYS)
    first = today - timedelta(days=DAYS - 1)
    env.flush_all()
    generated_ledger.add(
        env.cr,
        1,
        CALLS,
        CALLS,
        first,
        DAYS,
        company.id,
        [*people.ids, managers[0].id],
        providers.ids,
        company.currency_id.id,
        prices=[one.price_ids.sorted("valid_from")[-1].id for one in providers],
        agents=[*agents.ids, None],
        prompt=make_prompt(env, company, today),
        records=make_customers(env, company),
        res_model="res.partner",
        rates=[
            (day, str(company._ai_usd_rate(day)[1]))
            for day in (today - timedelta(days=ago) for ago, _rate in RATES)
        ],
        tz="Asia/Tokyo",
        until=datetime.now(pytz.timezone("Asia/Tokyo")).replace(tzinfo=None, microsecond=0),
        varied=True,
        **carried,
    )
    generated_ledger.correct(env.cr, company.id)
    env.cr.execute("ANALYZE ai_token_usage")
    env.invalidate_all()
    make_budgets(env, company, providers)
    features.after(case, made)
    return made


def make_budgets(env, company, providers):
    """Budgets in the company's currency, and one in USD."""
    shared = {"company_id": company.id, "currency_id": company.currency_id.id}
    env["ai.cost.budget"].with_company(company).create(
        [
            {**shared, "name": "Everything, a month", "budget_amount": 60},
            {**shared, "name": "Agent 1, a week", "agent_type": "AGENT_1", "budget_amount": 2,
             "count_untagged": False, "period_type": "weekly"},
            {**shared, "name": "A model, in USD", "provider_id": providers[2].id,
             "budget_amount": 4, "currency_id": env.ref("base.USD").id},
            {**shared, "name": "An addon, today", "module": "module_2", "budget_amount": 1,
             "count_untagged": True, "period_type": "daily"},
        ]
    )  # fmt: skip


def make_prompt(env, company, today):
    """A prompt of which half of the calls of 20 days got another wording; ids of both."""
    prompt = env["ai.prompt"].create(
        {
            "name": "Walked",
            "code": "walked",
            "text": "Be brief and exact.",
            "company_id": company.id,
        }
    )
    variant = env["ai.prompt.variant"].create(
        {"prompt_id": prompt.id, "name": "Shorter", "text": "Be brief.", "share": 50}
    )
    variant.sudo().date_start = datetime.combine(today, datetime.min.time()) - timedelta(days=20)
    return prompt.id, prompt.version_id.id, variant.id


def quote(env, company, today):
    """Enter the rates between USD and EUR: USD is the reference."""
    pair = env.ref("base.EUR") | env.ref("base.USD")
    env["res.currency.rate"].search([("currency_id", "in", pair.ids)]).unlink()
    env["res.currency.rate"].create(
        [
            {
                "name": today - timedelta(days=ago),
                "currency_id": env.ref("base.EUR").id,
                "company_id": company.id,
                "rate": float(rate),
            }
            for ago, rate in RATES
        ]
    )


def make_providers(env, company, today):
    """Providers that got cheaper a month ago, at about what the calls cost."""
    found = env["ai.service.provider"]
    for n in range(MODELS):
        rates = (1 + n) / 10, (4 + 3 * n) / 10
        price = {"input_usd": 1.5 * rates[0], "output_usd": 1.2 * rates[1]}
        price["valid_from"] = "2020-01-01"
        provider = new_provider(
            env, f"Model {n}", price, model_name=f"model-{n}", api_format="sandbox",
            company_id=company.id, quality_score=60 + 5 * n, base_url=False,
        )  # fmt: skip
        env["ai.provider.price"].create(
            {
                "provider_id": provider.id,
                "input_usd": rates[0],
                "output_usd": rates[1],
                "cache_read_priced": True,
                "cache_read_usd": 0.1 * rates[0],
                "cache_write_priced": True,
                "cache_write_usd": 1.25 * rates[0],
                "valid_from": today - timedelta(days=30),
            }
        )
        found |= provider
    return found


def make_customers(env, company):
    """Contacts that calls are made for, some of them people of one company; their ids."""
    house = env["res.partner"].create({"name": "Walked House", "is_company": True})
    contacts = env["res.partner"].create(
        [
            {"name": f"Customer {n}", **({"parent_id": house.id} if n % 4 == 0 else {})}
            for n in range(CUSTOMERS)
        ]
    )
    return contacts.ids
