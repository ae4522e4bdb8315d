"""Which price a replayed call would have had, and who would have answered it."""

from decimal import Decimal

from ...engine.price.dated import DatedPrice, price_at
from ...engine.price.pricing import UNPRICED, Price
from ...engine.savings import replay
from ...engine.savings.what_if import Move, Offer, Policy


class Replayer:
    """What a what-if says of calls; reads each price once. Nothing is written, nobody is asked.

    ::

        replayer = Replayer(what_if)
        replayer.then(row, group)   # (cost, answerer's id, reason), None: look at each call
    """

    def __init__(self, what_if):
        self.what_if = what_if
        self.env = what_if.sudo().env
        self._own, self._listed, self._on, self._dated = {}, {}, {}, {}
        self.providers = self.env["ai.service.provider"].with_context(active_test=False)
        for line in what_if.price_ids if what_if.price_basis == "list" else ():
            factor = Decimal(repr(line.batch_factor))
            self._listed[line.provider_id.id] = Price(line._rates(), batch_factor=factor)
        self.policy = self._policy()
        self.texts = None  # kept by ``what_if_texts``, for as long as this is
        self.ability_of = what_if._abilities()
        self.tasks = {provider.id: provider.task_type for provider in self._possible()}
        self.windows = {provider.id: provider.context_window or 0 for provider in self._possible()}

    def _policy(self):
        what_if, only = self.what_if, self.what_if.only_provider_ids
        offers = tuple(Offer(one.id, one.tier) for one in only.sorted("sequence"))
        everybody = self.providers.search([]) if offers else self.providers
        return Policy(
            moves=tuple(
                Move(
                    line.agent_id.id or None,
                    line.old_provider_id.id or None,
                    line.new_provider_id.id,
                )
                for line in what_if.change_ids
            ),
            only=offers,
            tiers=tuple((one.id, one.tier) for one in everybody),
        )

    def _possible(self):
        """Providers that may answer in place of others."""
        what_if = self.what_if
        found = what_if.change_ids.new_provider_id | what_if.only_provider_ids
        if what_if.router == "on":
            company = what_if.company_id.id
            found |= self.providers.search(
                [("company_id", "in", [False, company]), ("active", "=", True)]
            )
        return found

    # ------------------------------------------------------------------
    # Prices
    # ------------------------------------------------------------------

    def own(self, price_id):
        """The price that a row names."""
        if price_id not in self._own:
            record = self.env["ai.provider.price"].browse(price_id).exists()
            self._own[price_id] = record._to_engine() if record else None
        return self._own[price_id]

    def _read(self, price_ids):
        """Read prices together that would be read one by one."""
        missing = [one for one in price_ids if one not in self._own]
        for record in self.env["ai.provider.price"].browse(missing).exists():
            self._own[record.id] = record._to_engine()

    def on(self, provider_id, day):
        """The price of a provider on a day (UTC), None where nobody knows one."""
        key = provider_id, day
        if key not in self._on:
            prices = self._prices_of(provider_id)
            found = price_at(prices, day)
            self._on[key] = found and self.own(found.price)
        return self._on[key]

    def _prices_of(self, provider_id):
        if provider_id not in self._dated:
            prices = self.providers.browse(provider_id)._billed_prices()
            self._read(prices.ids)
            self._dated[provider_id] = [DatedPrice(one.id, one.valid_from) for one in prices]
        return self._dated[provider_id]

    def new(self, provider_id, row):
        """The price that holds in the what-if for a call at a provider."""
        basis = self.what_if.price_basis
        if basis == "date":
            return self.on(provider_id, self.what_if.price_date)
        if provider_id in self._listed:
            return self._listed[provider_id]
        if provider_id == row["provider_id"] and row["price_id"]:
            return self.own(row["price_id"])
        return self.on(provider_id, row["asked_on"])

    def prepare(self, pairs):
        """Read the prices that may hold on some days; return (steps, by_hour).

        :param pairs: (provider id, price id, day) of the rows
        """
        found = []
        pairs = list(pairs)
        possible = [*self.windows]
        self._read({price_id for _provider, price_id, _day in pairs if price_id})
        for provider_id, price_id, day in pairs:
            row = {"provider_id": provider_id, "price_id": price_id, "asked_on": day}
            found.append(self.own(price_id) if price_id else None)
            found += [self.new(one, row) for one in (provider_id, *possible) if one]
        windows = [self.windows[one] for one in possible]
        by_hour = any(price and price.hours for price in found)
        return replay.steps(found, windows), by_hour

    # ------------------------------------------------------------------
    # One call, or calls that are billed alike
    # ------------------------------------------------------------------

    def is_assessable(self, row, group):
        """None where calls can be priced anew, else the reason; False: not as a group."""
        verdict = row["verdict"]
        if verdict not in ("priced", "reused"):
            return verdict
        if group.usage is None:
            return replay.RETURNED if group.least is None else False
        if group.usage.audio_seconds and group.least is not None:
            return False  # an amount by time is rounded call by call
        if verdict == "priced":
            paid = replay.own_cost(group, self.own(row["price_id"]))
            if paid is UNPRICED or paid != group.cost:
                return replay.RETURNED if group.least is None else False
        return None

    def then(self, row, group, answerer=None, cut=0, reason=...):
        """Return ``(cost, answerer's id, reason)`` of a call, or of calls that are billed alike.

        :param answerer: who answers by a router; None: by the policy
        :param reason: what :meth:`is_assessable` said, where it was asked already
        :param int cut: input tokens that are not sent
        :return: the answerer is 0 where a kept answer served; the reason is None where the cost was
            computed anew, else the cost is the one that it has. None: look at each call.
        """
        provider_id = row["provider_id"]
        reason = self.is_assessable(row, group) if reason is ... else reason
        if reason is False:
            return None
        if reason:
            return group.cost, self.who_did(row), reason
        if row["verdict"] == "reused" and not self._is_asked_anew(row):
            return group.cost, 0, None
        if not provider_id:
            return group.cost, 0, replay.NO_PRICE
        length = group.usage.input_total if group.least is None else group.least
        target, price, reason = self._goes_to(row, length, answerer)
        if reason:
            return group.cost, self.who_did(row), reason
        moved = target != provider_id
        batch = True if self.what_if.batches and row["waits"] else None
        cost = replay.then_cost(group, price, moved=moved, batch=batch, cut=cut)
        if cost is UNPRICED:
            if group.least is not None and row["detailed"]:
                return None
            return group.cost, self.who_did(row), replay.NOT_PRICED_THERE
        return cost, target, None

    def who_did(self, row):
        """Return the id of who answered a call that keeps its cost, 0 for a kept answer."""
        return 0 if row["verdict"] == "reused" else row["provider_id"]

    def _goes_to(self, row, length, answerer=None):
        """Return (provider's id, its price, None), or why calls of ``length`` go to nobody."""
        provider_id = row["provider_id"]
        target = answerer or self.policy.answerer(row["agent_key"], provider_id)
        if target in self.tasks and self.tasks[target] != row["task_type"]:
            target = provider_id  # whoever chats transcribes nothing
        price = self.new(target, row)
        if price is None:
            return target, None, replay.NO_PRICE
        window = self.windows.get(target)
        if target != provider_id and window and length > window:
            return target, price, replay.TOO_LONG
        return target, price, None

    def answerer_of(self, row, steps):
        """Return the id of who would have answered a row of ``replay_sql.quality_rows``: who did,
        where calls keep their cost."""
        if row["verdict"] != "priced":
            return row["provider_id"]
        least = steps[row["step"] - 1] if row["step"] else 0
        target, _price, reason = self._goes_to(row, least)
        return row["provider_id"] if reason else target

    def _is_asked_anew(self, row):
        return self.what_if.reuse != "same" and row["kind"] in ("cache", "dedup")
