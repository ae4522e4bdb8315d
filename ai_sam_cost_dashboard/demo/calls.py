"""Calls of the demo company that are really made, each at its own moment of the past weeks."""

import logging
import random
import threading
from collections import Counter
from datetime import datetime, time, timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.modules import module

from odoo.addons.ai_brain.exceptions import AiError

from . import talk
from .ai_cost_demo import MARKER

_logger = logging.getLogger(__name__)

SEED = 14
CALLED = "ai_sam_cost_dashboard.demo_called"
#: When the calls were planned, and how many of them were begun: committed before each of them.
BEGUN = "ai_sam_cost_dashboard.demo_calls_begun"
#: A call that was begun has its row within so long of its moment.
MADE_WITHIN = timedelta(minutes=1)
OPENS, CLOSES = 8, 18  # hours


class Planned(NamedTuple):
    """One question: of which desk, when, by whom (several ask at once), and its words."""

    desk: talk.Desk
    moment: datetime
    people: tuple
    text: str


def plan(now):
    """Return what is asked in the ``talk.DAYS`` days before ``now``, oldest first: the same for
    the same day."""
    chance = random.Random(SEED)
    found = []
    for ago in range(talk.DAYS, -1, -1):
        day = (now - timedelta(days=ago)).date()
        for desk in talk.DESKS if day.weekday() < 5 else ():
            asked = [
                chance.choice(chance.choice(desk.questions)) for _n in _times(chance, desk.a_day)
            ]
            asked += [chance.choice(desk.greetings) for _n in _times(chance, desk.greeted)]
            asked += [
                chance.choice(desk.of_own).format(number=chance.randrange(10_000, 99_999))
                for _n in _times(chance, desk.own)
            ]
            found += [
                Planned(desk, _moment(chance, day), (chance.choice(desk.users),), text)
                for text in asked
            ]
            for _n in _times(chance, desk.at_once):
                text = chance.choice(desk.news).format(day=day.strftime("%d %B"))
                found.append(Planned(desk, _moment(chance, day), desk.users[:2], text))
    return sorted((one for one in found if one.moment < now), key=lambda one: one.moment)


def _times(chance, mean):
    return range(int(mean) + (chance.random() < mean % 1))


def _moment(chance, day):
    at = time(chance.randrange(OPENS, CLOSES), chance.randrange(60), chance.randrange(60))
    return datetime.combine(day, at)


def _session(user_id, one):
    customer = f"-{one.moment:%H%M%S}" if one.desk.each_apart else ""
    return f"{one.desk.agent}-{user_id}-{one.moment:%Y-%m-%d}{customer}"


class AiCostDemo(models.AbstractModel):
    """Patterns, kept answers and shared answers of the demo: nothing of them is written by hand.

    A call writes its row beside the transaction it is made in, so that users, providers and agents
    have to be committed: they come from the installation, the calls after it. ``./sam demo`` makes
    them at once; elsewhere the scheduled action of ``ai_cost_demo.xml`` does.
    """

    _inherit = "ai.cost.demo"

    @api.model
    def _switch_on(self):
        """What the company switched on at its agents: part of the installation."""
        agents = self.env["ai.agent"]
        patterns = self.env["ai.answer.pattern"].search([("company_id", "=", False)])
        for code, values in talk.AGENTS.items():
            agent = agents.search([("code", "=", code)], limit=1)
            agent.write(values)
            if code in talk.WITH_PATTERNS:
                agent.pattern_ids = patterns

    @api.model
    def _make_calls(self):
        """Make the calls of the past weeks, once, in a database that :meth:`_fill` has filled.
        What was ended in between goes on where it was: no call is made twice.

        :return: number of answers by kind, of this run; {} where there is nothing to do
        """
        demo = self.sudo()
        parameters = demo.env["ir.config_parameter"]
        if not parameters.get_param(MARKER) or parameters.get_param(CALLED):
            return {}
        parameters.set_param(CALLED, fields.Date.to_string(fields.Date.today()))
        company = self.env.ref("base.main_company")
        demo = demo.with_company(company)
        asks = demo._asks()
        kinds = Counter()
        planned_at, begun = demo._begun()
        # of the last one that was begun nobody knows whether it was made
        first = max(begun - 1, 0)
        for number, one in enumerate(plan(planned_at)[first:] if asks else (), first + 1):
            demo._note_begun(planned_at, number)
            kinds.update(demo._ask_all(one, *asks, begun_before=number == begun))
        demo._analyses(company)
        _logger.info("AI Costs demo: calls made, by kind of answer: %s", dict(kinds))
        return dict(kinds)

    @api.model
    def _asks(self):
        """Return ``(key to id of the users, key to id of the providers)`` that :meth:`_fill` made;
        None where they are not those of this edition."""
        logins = self.env["res.users"].search([("login", "=like", r"ai\_costs\_%")])
        users = {user.login.removeprefix("ai_costs_"): user.id for user in logins}
        models = {desk.provider: self._demo_name(desk.provider) for desk in talk.DESKS}
        made = self.env["ai.service.provider"].search([("api_format", "=", "sandbox")], order="id")
        by_name = {provider.name: provider.id for provider in made}
        providers = {key: by_name[name] for key, name in models.items() if name in by_name}
        people = {person for desk in talk.DESKS for person in desk.users}
        switched_on = self.env["ai.agent"].search_count(
            [("code", "in", list(talk.AGENTS)), ("reuse", "!=", "off")]
        )
        whole = people <= users.keys() and len(providers) == len(models) and switched_on
        return (users, providers) if whole else None

    @api.model
    def _begun(self):
        """Return (moment of the plan, number of its calls that were begun); (now, 0) at first."""
        # beside the caches of parameters, which each note would have every process read anew
        self.env.cr.execute("SELECT value FROM ir_config_parameter WHERE key = %s", (BEGUN,))
        found = self.env.cr.fetchone()
        if not found:
            return fields.Datetime.now(), 0
        moment, _, number = found[0].rpartition(" ")
        return fields.Datetime.to_datetime(moment), int(number)

    @api.model
    def _note_begun(self, planned_at, number):
        value = f"{fields.Datetime.to_string(planned_at)} {number}"
        with self.env["ai.service"]._own_cursor() as cr:
            cr.execute(
                "INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)"
                " ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
                (BEGUN, value),
            )

    @api.model
    def _is_made(self, user_id, one):
        """Does the ledger know a planned call of a person?"""
        return bool(
            self.env["ai.token.usage"].search(
                [
                    ("session_id", "=", _session(user_id, one)),
                    ("create_date", ">=", one.moment),
                    ("create_date", "<", one.moment + MADE_WITHIN),
                ],
                limit=1,
            )
        )

    @api.model
    def _ask_all(self, one, users, providers, begun_before=False):
        """Make one planned call; return the kinds of its answers, one a person.

        :param bool begun_before: leave out whose call is in the ledger
        """
        asked = [
            (users[person], providers[one.desk.provider], one)
            for person in one.people
            if not (begun_before and self._is_made(users[person], one))
        ]
        if module.current_test or len(asked) < 2:  # a test has one cursor, and so nobody beside it
            return [self._ask(self.env, *some) for some in asked]
        registry, start, kinds = self.env.registry, threading.Barrier(len(asked)), []

        def ask_beside(*some):
            with registry.cursor() as cr:
                env = api.Environment(cr, self.env.uid, dict(self.env.context))
                start.wait()
                kinds.append(self._ask(env, *some))

        threads = [threading.Thread(target=ask_beside, args=some) for some in asked]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return kinds

    @api.model
    def _ask(self, env, user_id, provider_id, one):
        """Ask as a person, at the planned moment; return the kind of the answer."""
        desk = one.desk
        messages = [{"role": "system", "content": desk.handbook}] if desk.handbook else []
        messages.append({"role": "user", "content": one.text})
        environment = {
            "agent_type": desk.agent,
            "module": desk.module,
            "session_id": _session(user_id, one),
        }
        company = env.ref("base.main_company").id
        service = env["ai.service"].with_user(user_id).with_context(allowed_company_ids=[company])
        try:
            with env["ai.clock"]._set_back(one.moment):
                return service.send_message(messages, provider_id, environment)["kind"]
        except AiError:  # a budget of that week was used up: part of the picture
            return "refused"
