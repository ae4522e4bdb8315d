from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models

from ..base.wording import reader as sentence_reader

#: What was applied is shown for so long.
APPLIED_DAYS = 90
MOST_LINES = 10
MOST_NAMED = 3


class AiTokenAnalytics(models.Model):
    """The lines of "Do this first": what was recommended, found or tried, made ready to show."""

    _inherit = "ai.token.analytics"

    # ------------------------------------------------------------------
    # Recommended providers
    # ------------------------------------------------------------------

    @api.model
    def _advice_items(self, company, provider_id=None):
        items = []
        advices = self.env["ai.cost.advice"]
        lines = self._recommendations_of(company)
        found = advices.browse([line["id"] for line in lines])
        qualities = (found.provider_id | found.recommended_provider_id)._qualities(company)
        for advice, line in zip(found, lines, strict=True):
            if provider_id is not None and advice.provider_id.id != provider_id:
                continue
            paid, other = advice.provider_id, advice.recommended_provider_id
            _currency, worth = advice._own_currency()
            items.append(
                self._item(
                    f"advice-{advice.id}",
                    "advice",
                    self.env._("Let calls of “%s” switch", paid.name),
                    line["text"],
                    cost_usd=advice.cost_usd,
                    cost_company=advice.cost_usd * worth,
                    after_usd=advice.alternative_usd,
                    after_company=advice.alternative_usd * worth,
                    saving_usd=advice.saving_usd,
                    saving_company=advice.saving_usd * worth,
                    calls=advice.calls,
                    affected=self._affected_by(advice),
                    before=_quality(paid, qualities[paid.id]),
                    after=_quality(other, qualities[other.id]),
                    conflicts=self._conflicts_of(advice),
                    applied=line["applied"],
                    can_undo=line["can_undo"],
                    result=self._saved_by(advice) if line["applied"] else "",
                    domain=advice._domain(),
                    group="model",
                    buttons=self._advice_buttons(line),
                )
            )
        return items

    @api.model
    def _advice_buttons(self, line):
        buttons, record = [], [[line["id"]]]
        if line["can_undo"]:
            buttons.append(
                {
                    "key": "undo",
                    "label": self.env._("Undo"),
                    "model": self._name,
                    "method": "undo_recommendation",
                    "args": [line["id"]],
                    "done": self.env._("Undone: everything is as before."),
                }
            )
        if line["can_apply"]:
            buttons.append(
                {
                    "key": "apply",
                    "label": self.env._("Apply"),
                    "model": self._name,
                    "method": "apply_recommendation",
                    "args": [line["id"]],
                    "confirm": line["text"],
                    "done": self.env._("Applied."),
                }
            )
        if line["can_try"]:
            buttons.append(
                {
                    "key": "try",
                    "label": self.env._("Try on 10%"),
                    "model": "ai.cost.advice",
                    "method": "action_try",
                    "args": record,
                }
            )
        return buttons

    @api.model
    def _affected_by(self, advice):
        """Return whose calls it concerns, in words."""
        agents = self.env["ai.agent"].search(
            [
                ("provider_id", "=", advice.provider_id.id),
                ("company_id", "in", [False, advice.company_id.id]),
            ],
            limit=MOST_NAMED,
        )
        number = sentence_reader(self.env).number
        calls, people = number(advice.calls), number(advice.people)
        if advice.calls == 1:
            said = self.env._("one call")
        elif not advice.people:
            said = self.env._("%s calls", calls)
        elif advice.people == 1:
            said = self.env._("%s calls of one person", calls)
        else:
            said = self.env._("%(calls)s calls of %(people)s people", calls=calls, people=people)
        if not agents:
            return said
        return self.env._(
            "%(said)s; agents: %(names)s", said=said, names=", ".join(agents.mapped("name"))
        )

    @api.model
    def _conflicts_of(self, advice):
        """Return sentences on experiments and trials that run on the same calls."""
        both = advice.provider_id | advice.recommended_provider_id
        experiments = self.env["ai.experiment"].search(
            [
                ("state", "=", "running"),
                ("company_id", "=", advice.company_id.id),
                "|",
                ("provider_a_id", "in", both.ids),
                ("provider_b_id", "in", both.ids),
            ],
            limit=MOST_NAMED,
        )
        said = [
            self.env._("The experiment “%s” compares one of these providers.", one.name)
            for one in experiments
        ]
        trials = self.env["ai.agent.trial"]
        if trials.has_access("read"):
            running = trials.search(
                [
                    ("state", "=", "running"),
                    ("company_id", "in", [False, advice.company_id.id]),
                    "|",
                    ("agent_id.provider_id", "in", both.ids),
                    ("provider_id", "in", both.ids),
                ],
                limit=MOST_NAMED,
            )
            said += [
                self.env._("A trial runs on the same calls: %s.", one.display_name)
                for one in running
            ]
        return said

    @api.model
    def _saved_by(self, advice):
        """Return what applied advice has really saved, in words."""
        if not advice.saved_until:
            return self.env._("What it saves is added up once a day.")
        day = self._day_of(advice.saved_until)
        amount = advice._reader().usd(advice.saved_since_usd)
        if advice.saved_calls == 1:
            return self.env._(
                "It has saved %(amount)s in one call until %(day)s.",
                amount=amount,
                day=day,
            )
        return self.env._(
            "It has saved %(amount)s in %(calls)s calls until %(day)s.",
            amount=amount,
            calls=sentence_reader(self.env).number(advice.saved_calls),
            day=day,
        )

    @api.model
    def _day_of(self, moment):
        return sentence_reader(self.env).day(self.env.company._ai_local_date(moment), False)

    # ------------------------------------------------------------------
    # Calls that could wait
    # ------------------------------------------------------------------

    @api.model
    def _waiting_items(self, company):
        """What scheduled actions could hand in: a change of code, so there is nothing to undo."""
        may_open = self.env["ir.cron"].has_access("write")
        return [
            self._item(
                f"waiting-{line['cron_id']}",
                "waiting",
                self.env._("Let a scheduled action wait"),
                line["text"],
                code=line["code"],
                saving_usd=line["saving_usd"],
                saving_company=line["saving_company"],
                calls=line["calls"],
                domain=[
                    ["company_id", "=", company.id],
                    ["waiting_cron", "=", line["cron_id"]],
                ],
                waste_kind="could_wait",
                group="wait",
                buttons=[self._opening_button("ir.cron", line["cron_id"])] if may_open else [],
            )
            for line in self._waiting_recommendations(company)
        ]

    @api.model
    def _opening_button(self, model, res_id):
        return {
            "key": "open",
            "label": self.env._("Open the scheduled action"),
            "res_model": model,
            "res_id": res_id,
        }

    # ------------------------------------------------------------------
    # Found once a day: patterns, prompt caches
    # ------------------------------------------------------------------

    @api.model
    def _found_items(self, company, told):
        """:param told: the reader who tells amounts in the company's currency"""
        found = self.env["ai.cost.finding"].search(
            [("company_id", "=", company.id)], limit=MOST_LINES
        )
        return [getattr(self, f"_{one.kind}_item")(one, told) for one in found]

    @api.model
    def _pattern_item(self, found, _told):
        number = sentence_reader(self.env).number
        return self._item(
            f"finding-{found.id}",
            "pattern",
            self.env._("Answer frequent messages with patterns"),
            self.env._(
                "%(messages)s short messages that no pattern answers were sent %(calls)s times. "
                "A pattern answers at once, and costs nothing; which of them it may answer, a "
                "person decides. As of %(day)s.",
                messages=number(found.messages),
                calls=number(found.calls),
                day=self._day_of(found.found_at),
            ),
            cost_usd=found.cost_usd,
            after_usd=found.cost_usd - found.saving_usd if found.saving_usd else None,
            saving_usd=found.saving_usd or None,
            calls=found.calls,
            group="repeat",
            buttons=self._pattern_buttons(),
        )

    @api.model
    def _pattern_buttons(self):
        """Return what opens the list of these messages: a screen's to say."""
        return []

    @api.model
    def _prompt_cache_item(self, found, told):
        return self._item(
            f"finding-{found.id}",
            "prompt_cache",
            self.env._("Keep no prompts that nobody reads again"),
            self.env._(
                "What “%(provider)s” wrote to its prompt cache and no call read within the hour "
                "cost %(amount)s more than sending it plainly. Calls that come seldom are better "
                "off without cache marks. As of %(day)s.",
                provider=found.provider_id.name,
                amount=told.usd(found.saving_usd),
                day=self._day_of(found.found_at),
            ),
            saving_usd=found.saving_usd,
            calls=found.calls,
            domain=[
                ["provider_id", "=", found.provider_id.id],
                ["cache_write_tokens", ">", 0],
            ],
            group="prefix",
            buttons=[
                {
                    "key": "open",
                    "label": self.env._("Open the provider"),
                    "res_model": "ai.service.provider",
                    "res_id": found.provider_id.id,
                }
            ],
        )

    # ------------------------------------------------------------------
    # Agents
    # ------------------------------------------------------------------

    @api.model
    def _no_agent_items(self, company, found):
        """Calls with a tag that no agent has: nobody decides anything for them.

        :param found: ``{tag: sums}``
        """
        agents = self.env["ai.agent"].with_company(company)
        dearest = sorted(found, key=lambda code: (-found[code]["cost_usd"], code))
        without = agents._codes_without_agent(code for code in dearest if found[code]["calls"])
        if not without or not agents.has_access("create"):
            return []
        spent, own = (
            sum((found[code][name] for code in without), Decimal(0))
            for name in ("cost_usd", "cost_company")
        )
        names = ", ".join(f"“{code}”" for code in without[:MOST_NAMED])
        names = f"{names}, …" if len(without) > MOST_NAMED else names
        return [
            self._item(
                "no-agent",
                "no_agent",
                self.env._("Give these calls an agent"),
                self.env._(
                    "Calls named %(names)s follow no agent of their own, so nobody has decided "
                    "what they may cost. What an agent would save is not known yet.",
                    names=names,
                ),
                cost_usd=float(spent),
                cost_company=float(own),
                calls=sum(found[code]["calls"] for code in without),
                domain=[["agent_type", "in", without]],
                buttons=[
                    {
                        "key": "agents",
                        "label": self.env._("Make agents"),
                        "model": "ai.agent",
                        "method": "action_agents_from_usage",
                        "args": [[]],
                    }
                ],
            )
        ]

    @api.model
    def _trial_items(self, company):
        """What is being tried, and what was applied after a trial."""
        trials = self.env["ai.agent.trial"]
        if not trials.has_access("write"):
            return []
        since = fields.Datetime.now() - timedelta(days=APPLIED_DAYS)
        found = trials.search(
            [
                ("company_id", "in", [False, company.id]),
                "|",
                ("state", "=", "running"),
                "&",
                ("state", "=", "applied"),
                ("applied_at", ">=", since),
            ],
            limit=MOST_LINES,
        )
        return [self._trial_item(trial) for trial in found]

    @api.model
    def _trial_item(self, trial):
        shown = {
            "key": "open",
            "label": self.env._("What was seen"),
            "res_model": trial._name,
            "res_id": trial.id,
        }
        if trial.state == "running":
            share = f"{trial.share:g}"
            text = self.env._(
                "It is tried on %(share)s%% of the calls until %(day)s.",
                share=share,
                day=self._day_of(trial.date_end),
            )
            buttons = [shown]
        else:
            text = self.env._("It was applied on %s.", self._day_of(trial.applied_at))
            undo = {
                "key": "undo",
                "label": self.env._("Undo"),
                "model": trial._name,
                "method": "action_undo",
                "args": [trial.ids],
                "done": self.env._("Undone: everything is as before."),
            }
            buttons = [undo, shown]
        return self._item(
            f"trial-{trial.id}",
            "trial",
            trial.display_name,
            text,
            conflicts=[trial.conflict] if trial.conflict else [],
            applied=trial.state == "applied",
            can_undo=trial.state == "applied",
            domain=[["trial_key", "=", trial.id]],
            buttons=buttons,
        )


def _quality(provider, judged):
    """A provider's quality with its interval and all the ratings that it rests on."""
    ability, quality = judged[:2]
    return {
        "name": provider.name,
        "mean": quality.mean,
        "low": quality.lower,
        "high": quality.upper,
        "ratings": round(ability.rated),
    }
