"""What the statements of ``sql`` say of the budgets that do not allow a call."""

from typing import NamedTuple

from ...engine.base.money import as_decimal

AMOUNTS = ("spent", "reserved", "ask", "limit_amount", "per_request", "switch_amount")


class Refusal(NamedTuple):
    """``stale``: ids of budgets to sync first; else ``rows`` of the periods that apply.

    ``subjects``: those of the stale budgets, in their order.

    A row is a dict: ``budget_id``, ``subject``, and Decimals of the budget's currency: ``spent``,
    ``reserved``, ``ask`` (what the call may cost), ``limit_amount``, ``per_request`` and
    ``switch_amount`` (None: none).
    """

    rows: list
    stale: list | None = None
    subjects: list | None = None

    @classmethod
    def of(cls, rows):
        """Read the rows of HOLD or LOOK; Odoo's cursors make floats of numerics."""
        stale = rows[0].get("stale_ids") if rows else None
        found = [row for row in rows if row["id"] and row["active"]]
        for row in found:
            row.update({n: as_decimal(row[n]) for n in AMOUNTS if row[n] is not None})
        return cls(found, stale, rows[0].get("stale_subjects") if stale else None)

    @property
    def is_of_person(self):
        """Is it no budget, but all that this person holds at once?"""
        return not self.stale and not self.rows

    @property
    def is_over(self):
        """Does a limit stand against the call as things are now?"""
        return any(map(_over, self.rows))

    @property
    def is_final(self):
        """Would it do so even if the calls under way should cost nothing?"""
        return any(_too_dear(row) or _over_for_good(row) for row in self.rows)

    @property
    def row(self):
        """The row to name: of a limit a request, else of one that waiting does not help."""
        for test in (_too_dear, _over_for_good, _over):
            found = next(filter(test, self.rows), None)
            if found:
                return found
        return self.rows[0]

    @property
    def switch(self):
        """The row whose switch threshold is reached, or None."""
        return next(
            (
                row
                for row in self.rows
                if row["switch_amount"] is not None and row["spent"] >= row["switch_amount"]
            ),
            None,
        )

    def room(self, held_usd):
        """Return what is left in USD for a call that was to hold ``held_usd``; None: any."""
        room = None
        for row in self.rows:
            limits = [row["per_request"]]
            if row["limit_amount"] is not None:
                limits.append(row["limit_amount"] - row["spent"] - row["reserved"])
            for limit in limits:
                if limit is not None and row["ask"] > 0:
                    fits = limit * held_usd / row["ask"]
                    room = fits if room is None else min(room, fits)
        return room


def _too_dear(row):
    return row["per_request"] is not None and row["ask"] > row["per_request"]


def _over(row):
    limit = row["limit_amount"]
    return limit is not None and row["spent"] + row["reserved"] + row["ask"] > limit


def _over_for_good(row):
    return row["limit_amount"] is not None and row["spent"] + row["ask"] > row["limit_amount"]
